"""Inspection periods and lives of cylinders by kind and medium, from dated rows (domain 6.3).

`Book` is read once a file or request; everything else here is pure.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from config.errors import RuleBroken
from cylinders.enums import Origin
from cylinders.models import CylinderKind, CylinderRule, Medium
from cylinders.words import plain

JOINED_BY = "、"
_SEPARATORS = re.compile(r"[、，,;；+＋/／&]|和|与|及")


@dataclass(frozen=True, slots=True)
class Found:
    """The rule of a kind with a medium; of a mixture the strictest of its components.

    `names` is the medium as it is stored: canonical names, several joined by 、.
    """

    kind: CylinderKind
    names: str
    nature: str
    inspection_months: int
    life_years: int
    extension_years: int

    @property
    def period_label(self) -> str:
        """检验周期 4 年, 检验周期 30 个月."""
        months = self.inspection_months
        return f"{months // 12} 年" if months % 12 == 0 else f"{months} 个月"

    def sentence(self) -> str:
        """The rule in words: 液化石油气钢瓶充装液化石油气，检验周期 4 年，设计使用年限 8 年."""
        return (
            f"{self.kind.name}充装{self.names}，检验周期 {self.period_label}，"
            f"设计使用年限 {self.life_years} 年"
        )

    def longest_life(self, origin: str) -> int:
        """The life that may be stated: an existing cylinder may have been assessed already."""
        return self.life_years + (self.extension_years if origin == Origin.EXISTING else 0)


class Book:
    """Kinds, media and rules in force on a day, by the words that people use."""

    def __init__(
        self, kinds: list[CylinderKind], media: list[Medium], rules: list[CylinderRule]
    ) -> None:
        self.kinds = {kind.code: kind for kind in kinds}
        self.media = {medium.name: medium for medium in media}
        self._kinds = {plain(word): kind for kind in kinds for word in (kind.name, *kind.aliases)}
        self._media = {plain(word): one for one in media for word in (one.name, *one.aliases)}
        self._rules = {(rule.kind_id, nature): rule for rule in rules for nature in rule.natures}
        self._found: dict[tuple[str, str], Found | str] = {}

    @classmethod
    def on(cls, day: date) -> Book:
        """The book of a day: three queries."""
        return cls(
            list(CylinderKind.objects.in_force(day).order_by("position")),
            list(Medium.objects.in_force(day).order_by("position")),
            list(CylinderRule.objects.in_force(day).order_by("kind_id", "id")),
        )

    def kind(self, text: str) -> CylinderKind:
        """The kind a word means; RuleBroken("kind_unknown") names what there is."""
        found = self._kinds.get(plain(text))
        if found is None:
            offered = "、".join(kind.name for kind in self.kinds.values())
            raise RuleBroken(
                "kind_unknown", f"“{text[:30]}”不是气瓶品种，应为：{offered}。", field="kind"
            )
        return found

    def medium(self, text: str) -> str:
        """The canonical name of a medium, several joined by 、; RuleBroken("medium_unknown").

        A mixture is written with its components: 氩气+二氧化碳.
        """
        whole = self._media.get(plain(text))
        if whole is not None:
            return whole.name
        names = []
        for part in _SEPARATORS.split(text.removesuffix("混合气体").removesuffix("混合气")):
            if not part.strip():
                continue
            found = self._media.get(plain(part))
            if found is None:
                raise RuleBroken(
                    "medium_unknown",
                    f"“{part.strip()[:30]}”不在充装介质表中。混合气体请逐一写出组分，用“+”隔开，"
                    "如 氩气+二氧化碳；确需新增介质的，请联系区县局。",
                    field="medium",
                )
            names.append(found.name)
        if not names:
            raise RuleBroken("medium_unknown", "请填写充装介质。", field="medium")
        made = JOINED_BY.join(sorted(dict.fromkeys(names), key=lambda n: self.media[n].position))
        if len(made) > 80:
            raise RuleBroken("medium_long", "混合气体的组分太多，写不下。", field="medium")
        return made

    def rule(self, kind_code: str, medium_text: str) -> Found | str:
        """The rule of a kind with a medium, or the sentence why there is none."""
        key = (kind_code, medium_text)
        if key not in self._found:
            self._found[key] = self._rule(*key)
        return self._found[key]

    def _rule(self, kind_code: str, medium_text: str) -> Found | str:
        kind = self.kinds.get(kind_code)
        if kind is None:
            return "气瓶品种不在现行的品种表中"
        try:
            names = self.medium(medium_text)
        except RuleBroken as broken:
            return broken.message.rstrip("。")
        media = [self.media[name] for name in names.split(JOINED_BY)]
        rules = []
        for medium in media:
            rule = self._rules.get((kind.code, medium.nature))
            if rule is None:
                allowed = self._allowed(kind)
                return f"{kind.name}不能充装{medium.name}，可充装：{allowed}"
            rules.append((rule, medium))
        strictest, medium = min(
            rules, key=lambda pair: (pair[0].inspection_months, pair[0].life_years)
        )
        shortest = min((rule for rule, _medium in rules), key=lambda rule: rule.life_years)
        return Found(
            kind=kind,
            names=names,
            nature=medium.nature,
            inspection_months=strictest.inspection_months,
            life_years=shortest.life_years,
            extension_years=min(rule.extension_years for rule, _medium in rules),
        )

    def _allowed(self, kind: CylinderKind) -> str:
        names = [one.name for one in self.media.values() if (kind.code, one.nature) in self._rules]
        return "、".join(names[:8]) + ("等" if len(names) > 8 else "")


def add_months(day: date, months: int) -> date:
    """The same day some months on, or the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def month_end(day: date) -> date:
    """The last day of a day's month."""
    return add_months(day.replace(day=1), 1) - timedelta(days=1)


def next_inspection(found: Found, *, made_on: date, last_on: date | None) -> date:
    """The latest day of the next inspection: a period after the last one, else after manufacture.

    Periods are stamped by month, so the whole month counts.
    """
    return month_end(add_months(last_on or made_on, found.inspection_months))


def end_of_life(made_on: date, years: int) -> date:
    """The last day of a cylinder's life: the end of the month of manufacture, `years` on."""
    return month_end(add_months(made_on, 12 * years))
