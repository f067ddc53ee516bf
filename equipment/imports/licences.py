"""The import of licences (许可): matched by number and family; written by their actions (F28)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from config.errors import RuleBroken
from config.excel.columns import CodeColumn, Column, ReferenceColumn, TextColumn
from config.excel.columns_dates import DateColumn
from config.excel.kinds import Context, ImportKind
from config.excel.resource import ActionResource
from equipment.actions.licences import add_licence, change_licence, clean_number
from equipment.imports.officers import find_officer
from equipment.models import Licence, LicenceFamily, LicenceItem
from equipment.queries_licences import (
    ROLE_OF_KIND,
    families_for,
    find_family,
    has_licences,
    items_of,
)
from units.models import Staff, Unit
from units.roles import Can

# Names of items hold 、 and ，.
_BETWEEN = re.compile(r"\s*[;；\n]\s*")
TEXTS = ("scope", "issuer", "address")
DATES = ("issued_on", "valid_from", "valid_until")


class LicenceResource(ActionResource):
    """Licences of one unit."""

    labels = {
        "items": "许可项目",
        "scope": "子项目与参数",
        "issuer": "发证机关",
        "address": "许可地址",
        "issued_on": "发证日期",
        "valid_from": "有效期自",
        "valid_until": "有效期至",
        "officer": "责任人",
    }
    key_column = "number"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.unit = Unit.objects.get(pk=context.actor.unit_id)

    def key(self, values: Mapping[str, Any]) -> Any:
        return (values["family"].pk, values["number"])

    def find(self, values: Mapping[str, Any]) -> Licence | None:
        own = Licence.objects.open().filter(unit=self.unit).select_related("family", "officer")
        return own.filter(family=values["family"], number=values["number"]).first()

    def as_is(self, existing: Licence) -> Mapping[str, str]:
        return {
            "items": _names(sorted(existing.items.all(), key=lambda item: item.code)),
            "officer": existing.officer.name if existing.officer else "",
            **{name: getattr(existing, name) for name in TEXTS},
            **{name: _day(getattr(existing, name)) for name in DATES},
        }

    def as_wanted(self, existing: Licence, values: Mapping[str, Any]) -> Mapping[str, str]:
        wanted = {name: values[name] for name in TEXTS if values[name]}
        wanted |= {name: _day(values[name]) for name in DATES if values[name]}
        if values["items"]:
            wanted["items"] = _names(self._items(values))
        officer = self._officer(values)
        if officer is not None:
            wanted["officer"] = officer.name
        return wanted

    def cells(self, existing: Licence) -> Mapping[str, Any]:
        return {
            **self.as_is(existing),
            **{name: getattr(existing, name) for name in DATES},
            "items": _names(sorted(existing.items.all(), key=lambda item: item.code)),
            "family": existing.family.name,
            "number": existing.number,
        }

    def create(self, values: Mapping[str, Any]) -> Licence:
        return add_licence(
            self.unit,
            family=values["family"],
            items=self._items(values),
            number=values["number"],
            officer=self._officer(values),
            **{name: values[name] for name in (*TEXTS, *DATES)},
            actor=self.context.actor,
            now=self.context.now,
        )

    def change(self, existing: Licence, values: Mapping[str, Any]) -> Licence:
        return change_licence(
            existing,
            version=existing.version,
            items=self._items(values) if values["items"] else list(existing.items.all()),
            number=existing.number,
            officer=self._officer(values) or existing.officer,
            **{name: values[name] or getattr(existing, name) for name in (*TEXTS, *DATES)},
            actor=self.context.actor,
            now=self.context.now,
        )

    def look_ups(self) -> Sequence[Callable[[Mapping[str, Any]], Any]]:
        def known(look_up: Callable[[Mapping[str, Any]], Any]) -> Callable[..., Any]:
            """What a name means depends on the family; without one there is nothing to ask."""
            return lambda values: look_up(values) if values["family"] is not None else None

        return (known(self._items), known(self._officer))

    # ------------------------------------------------------------ parts
    def _officer(self, values: Mapping[str, Any]) -> Staff | None:
        role = ROLE_OF_KIND[values["family"].unit_kind]
        return find_officer(
            values["officer"], unit_id=self.unit.pk, role=role, day=self.context.day
        )

    def _items(self, values: Mapping[str, Any]) -> list[LicenceItem]:
        """The items named; one family with a single item needs none."""
        family: LicenceFamily = values["family"]
        offered = items_of(family, day=self.context.day)
        wanted = [part for part in _BETWEEN.split(values["items"].strip()) if part]
        if not wanted and len(offered) == 1:
            return offered
        known = {name: item for item in offered for name in (item.name, item.code)}
        if unknown := [part for part in wanted if part not in known]:
            names = "；".join(item.name for item in offered)
            raise RuleBroken(
                "item_unknown",
                f"“{family.name}”没有“{unknown[0][:30]}”这个项目，应为：{names}",
                field="items",
            )
        return [item for item in offered if known_in(item, wanted)]


def known_in(item: LicenceItem, wanted: Sequence[str]) -> bool:
    """Whether a row names an item by its name or its code."""
    return item.name in wanted or item.code in wanted


def _names(items: Any) -> str:
    return "；".join(item.name for item in items)


def _day(day: Any) -> str:
    return day.isoformat() if day else ""


def columns(context: Context) -> Sequence[Column]:
    """The columns of the template."""
    kinds = context.actor.unit_kinds

    def family(text: str) -> LicenceFamily:
        found = find_family(text, kinds=kinds, day=context.day)
        if found is None:
            raise RuleBroken("family_unknown", f"没有“{text[:30]}”这个许可类别，请从下拉列表中选择")
        return found

    return (
        ReferenceColumn(
            "family",
            "许可类别",
            find=family,
            offered=lambda: [one.name for one in families_for(kinds, day=context.day)],
            shown=lambda one: one.name,
            required="请填写许可类别",
            width=30,
        ),
        CodeColumn(
            "number",
            "许可证编号",
            required="请填写许可证编号",
            check=clean_number,
            example="TS3350123-2028",
            width=22,
        ),
        TextColumn(
            "items",
            "许可项目",
            longest=600,
            note="多个项目用分号隔开；许可类别只有一个项目时可不填。",
            width=34,
        ),
        TextColumn("scope", "子项目与参数", longest=200, width=26),
        TextColumn("issuer", "发证机关", longest=80, width=26),
        TextColumn("address", "许可地址", longest=160, width=26),
        DateColumn("issued_on", "发证日期"),
        DateColumn("valid_from", "有效期自", required="请填写有效期自", example="2024-05-01"),
        DateColumn("valid_until", "有效期至", required="请填写有效期至", example="2028-04-30"),
        TextColumn("officer", "责任人", longest=60, note="姓名；重名时填手机号。可不填。"),
    )


KIND = ImportKind(
    name="licences",
    label="许可",
    capability=Can.ORG_MANAGE,
    may=has_licences,
    columns=columns,
    plan=LicenceResource.planned,
    apply=LicenceResource.applied,
    preview=("family", "number", "items", "valid_until", "officer"),
    unit="张",
    list_url="equipment:licence-list",
    guide=(
        "一张许可证包含几个许可类别的，每个类别填一行，编号相同。",
        "已有的许可（类别和编号都相同）只更新填写了的内容，空着的不改；扫描件请在页面上传。",
    ),
)
