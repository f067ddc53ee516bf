"""The import of filling stations (工位): matched by number; written by their actions (F17)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from config.errors import RuleBroken
from config.excel.columns import CodeColumn, Column, TextColumn
from config.excel.kinds import Context, ImportKind
from config.excel.resource import ActionResource
from equipment.actions.licences import clean_number
from equipment.actions.stations import add_station, change_station
from equipment.imports.officers import find_officer
from equipment.models import Licence, Station
from equipment.queries_licences import STATION_ROLE, has_stations
from units.models import Staff, Unit
from units.models.unit import UnitKind
from units.roles import Can


class StationResource(ActionResource):
    """Stations of one filling unit."""

    labels = {
        "name": "工位名称",
        "medium": "充装介质",
        "place": "位置",
        "licence": "所属许可编号",
        "officer": "责任人",
    }
    key_column = "number"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.unit = Unit.objects.get(pk=context.actor.unit_id)

    def key(self, values: Mapping[str, Any]) -> Any:
        return values["number"]

    def find(self, values: Mapping[str, Any]) -> Station | None:
        own = Station.objects.open().filter(unit=self.unit).select_related("licence", "officer")
        return own.filter(number=values["number"]).first()

    def as_is(self, existing: Station) -> Mapping[str, str]:
        return {
            "name": existing.name,
            "medium": existing.medium,
            "place": existing.place,
            "licence": existing.licence.number if existing.licence else "",
            "officer": existing.officer.name if existing.officer else "",
        }

    def as_wanted(self, existing: Station, values: Mapping[str, Any]) -> Mapping[str, str]:
        wanted = {name: values[name] for name in ("name", "medium", "place") if values[name]}
        licence, officer = self._licence(values), self._officer(values)
        if licence is not None:
            wanted["licence"] = licence.number
        if officer is not None:
            wanted["officer"] = officer.name
        return wanted

    def cells(self, existing: Station) -> Mapping[str, str]:
        return {**self.as_is(existing), "number": existing.number}

    def create(self, values: Mapping[str, Any]) -> Station:
        return add_station(
            self.unit,
            **{name: values[name] for name in ("name", "number", "medium", "place")},
            licence=self._licence(values),
            officer=self._officer(values),
            actor=self.context.actor,
            now=self.context.now,
        )

    def change(self, existing: Station, values: Mapping[str, Any]) -> Station:
        return change_station(
            existing,
            version=existing.version,
            number=existing.number,
            **{
                name: values[name] or getattr(existing, name)
                for name in ("name", "medium", "place")
            },
            licence=self._licence(values) or existing.licence,
            officer=self._officer(values) or existing.officer,
            actor=self.context.actor,
            now=self.context.now,
        )

    def look_ups(self) -> Sequence[Callable[[Mapping[str, Any]], Any]]:
        return (self._licence, self._officer)

    # ------------------------------------------------------------ parts
    def _officer(self, values: Mapping[str, Any]) -> Staff | None:
        return find_officer(
            values["officer"], unit_id=self.unit.pk, role=STATION_ROLE, day=self.context.day
        )

    def _licence(self, values: Mapping[str, Any]) -> Licence | None:
        if not values["licence"]:
            return None
        own = Licence.objects.open().filter(unit=self.unit, family__unit_kind=UnitKind.FILLING)
        found = own.filter(number=values["licence"]).order_by("id").first()
        if found is None:
            raise RuleBroken(
                "licence_unknown",
                f"本单位没有编号为“{values['licence']}”的充装许可，请先在“许可”中登记",
                field="licence",
            )
        return found


def columns(context: Context) -> Sequence[Column]:
    """The columns of the template."""
    return (
        TextColumn("name", "工位名称", required="请填写工位名称", longest=60, example="1号充装台"),
        CodeColumn("number", "工位编号", required="请填写工位编号", longest=30, example="01"),
        TextColumn(
            "medium", "充装介质", required="请填写充装介质", longest=60, example="液化石油气"
        ),
        TextColumn("place", "位置", longest=120, width=26),
        CodeColumn("licence", "所属许可编号", check=clean_number, note="可不填。", width=22),
        TextColumn("officer", "责任人", longest=60, note="安全员的姓名；重名时填手机号。可不填。"),
    )


KIND = ImportKind(
    name="stations",
    label="工位",
    capability=Can.ORG_MANAGE,
    may=has_stations,
    columns=columns,
    plan=StationResource.planned,
    apply=StationResource.applied,
    preview=("number", "name", "medium", "place", "officer"),
    unit="个",
    list_url="equipment:station-list",
    guide=("已有的工位（编号相同）只更新填写了的内容，空着的不改。",),
)
