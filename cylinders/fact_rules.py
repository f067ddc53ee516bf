"""Whether the facts of one cylinder go together (F77, F79, domain 6.3); pure.

A row of the workbook and the form of one cylinder are judged here alike, everything at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from config.words import cn_date, cn_month
from cylinders.models import CylinderKind
from cylinders.rules import Book, Found, end_of_life, next_inspection


class Wrong(NamedTuple):
    """One thing that is wrong: the fact it is said beside, the sentence, its code; `besides` names
    other facts that would do, so that nothing is said while one of those is wrong."""

    name: str
    text: str
    code: str
    besides: tuple[str, ...] = ()


class Asked(NamedTuple):
    """The facts that depend on each other; None or "" for what is not known or not given."""

    kind: CylinderKind | None
    medium: str | None
    made_on: date | None
    last_inspected_on: date | None
    next_inspection_on: date | None
    life_years: int | None
    nominal_pressure: Decimal | None
    test_pressure: Decimal | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What is wrong, and what follows from the rule: nature, life and next inspection (those that
    were given, else those of the rule)."""

    wrongs: tuple[Wrong, ...]
    nature: str = ""
    life_years: int | None = None
    next_inspection_on: date | None = None


def judge(asked: Asked, *, book: Book, origin: str, day: date) -> Judged:
    """Judge the facts of a cylinder on a day; `origin` tells new ones from existing ones."""
    wrongs = [*_dates(asked, day), *_pressures(asked)]
    if asked.kind is None or asked.medium is None:
        return Judged(tuple(wrongs))
    found = book.rule(asked.kind.code, asked.medium)
    if isinstance(found, str):
        return Judged((*wrongs, Wrong("medium", found, "medium_not_allowed")))
    life = found.life_years if asked.life_years is None else asked.life_years
    next_on = asked.next_inspection_on
    if asked.made_on is not None:
        wrongs += _life(asked, found, life, origin, day)
        if not any(wrong.name in ("last_inspected_on", "made_on") for wrong in wrongs):
            latest = next_inspection(found, made_on=asked.made_on, last_on=asked.last_inspected_on)
            wrongs += _next(asked, found, latest, day)
            next_on = next_on or latest
    return Judged(tuple(wrongs), found.nature, life, next_on)


def _dates(asked: Asked, day: date) -> list[Wrong]:
    wrongs = []
    made, last, following = asked.made_on, asked.last_inspected_on, asked.next_inspection_on
    if made is not None and made > day:
        wrongs.append(Wrong("made_on", "不能晚于本月", "date_order"))
    if last is not None and last > day:
        wrongs.append(Wrong("last_inspected_on", "不能晚于今天", "date_order"))
    elif last is not None and made is not None and last < made:
        text = f"早于制造年月（{cn_month(made)}）"
        wrongs.append(Wrong("last_inspected_on", text, "date_order"))
    if following is not None and following <= day:
        text = f"已到期（{cn_date(following)}），请检验后按新的检验报告填写"
        wrongs.append(Wrong("next_inspection_on", text, "inspection_due"))
    return wrongs


def _pressures(asked: Asked) -> list[Wrong]:
    nominal, test = asked.nominal_pressure, asked.test_pressure
    if nominal is not None and test is not None and test < nominal:
        return [Wrong("test_pressure", f"低于公称压力（{nominal.normalize():f} MPa）", "pressure")]
    return []


def _life(asked: Asked, found: Found, life: int, origin: str, day: date) -> list[Wrong]:
    longest = found.longest_life(origin)
    if life > longest:
        extended = "（含评定后延长）" if longest > found.life_years else ""
        text = f"{life} 年超过规定：{found.sentence()}，最多填 {longest} 年{extended}"
        return [Wrong("life_years", text, "life_too_long")]
    ends = end_of_life(asked.made_on, life)
    if ends >= day:
        return []
    text = f"已超过设计使用年限：制造于{cn_month(asked.made_on)}，{life} 年至{cn_date(ends)}为止，不能办理使用登记"
    if life < longest and end_of_life(asked.made_on, longest) >= day:
        text += f"；已评定合格延长使用的，请按评定报告填写设计使用年限（最多 {longest} 年）"
    return [Wrong("life_years" if asked.life_years else "made_on", text, "past_life")]


def _next(asked: Asked, found: Found, latest: date, day: date) -> list[Wrong]:
    since = (
        f"最近一次检验（{cn_date(asked.last_inspected_on)}）"
        if asked.last_inspected_on
        else f"制造年月（{cn_month(asked.made_on)}）"
    )
    rule = f"{found.kind.name}充装{found.names}的检验周期为 {found.period_label}，从{since}起最晚为{cn_date(latest)}"
    missing = "" if asked.last_inspected_on else "；检验过的请填写最近一次检验日期"
    if asked.next_inspection_on is None:
        if latest > day:
            return []
        return [Wrong("next_inspection_on", f"已到期：{rule}{missing}", "inspection_due")]
    if asked.next_inspection_on > latest:
        text = f"{cn_date(asked.next_inspection_on)}太晚：{rule}{missing}"
        return [Wrong("next_inspection_on", text, "inspection_too_late")]
    if asked.last_inspected_on and asked.next_inspection_on <= asked.last_inspected_on:
        return [Wrong("next_inspection_on", "不晚于最近一次检验日期", "date_order")]
    return []


def vehicle_wrongs(kind: CylinderKind | None, plate: str, vin: str) -> list[Wrong]:
    """A vehicle's cylinder is registered for its vehicle (decision 15): plate or VIN."""
    if kind is not None and kind.is_vehicle and not plate and not vin:
        text = f"{kind.name}按车辆登记，车牌号和车辆识别代号（VIN）至少填一项"
        return [Wrong("plate", text, "vehicle_missing", ("vin",))]
    return []
