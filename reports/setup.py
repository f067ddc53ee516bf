"""Is a unit set up? The steps a new unit admin takes, what is done, and what comes next (F73).

The steps follow from the kinds of the unit: machines for using units, licences for production and
filling units, stations for filling units.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef
from django.urls import NoReverseMatch, reverse

from config.actor import Actor
from equipment.models import Licence, Station
from reports.statistics import Machines
from units.models import Appointment, Department, Position, Unit
from units.models.unit import UnitKind
from units.profile import required
from units.roles import Role

USING, PRODUCTION, FILLING = UnitKind.USING, UnitKind.PRODUCTION, UnitKind.FILLING
# Who must be there for the daily round to work, by the Order the kind of unit stands under.
ORDER_74 = (Role.SAFETY_OFFICER, Role.SAFETY_DIRECTOR, Role.PRINCIPAL)
ORDER_73 = (Role.QUALITY_OFFICER, Role.QUALITY_DIRECTOR, Role.PRINCIPAL)


@dataclass(frozen=True)
class Step:
    """One step: what it is, why, how it stands, and where it is done ("" = page not there)."""

    label: str
    text: str
    is_done: bool
    note: str
    url: str


@dataclass(frozen=True)
class Setup:
    """The steps of one unit; `is_new` while nothing is there that a duty could be about."""

    unit: Unit
    steps: list[Step]
    is_new: bool
    uses_machines: bool

    @property
    def left(self) -> list[Step]:
        return [step for step in self.steps if not step.is_done]

    @property
    def done(self) -> int:
        return len(self.steps) - len(self.left)

    @property
    def next(self) -> Step | None:
        return next(iter(self.left), None)


def of_unit(actor: Actor, day: date, *, machines: Machines) -> Setup:
    """The set-up of the actor's unit (two queries); `machines` is its archive in numbers."""
    unit = _described(actor).get(pk=actor.unit_id)
    roles = set(
        Appointment.objects.in_force(day)
        .filter(staff__unit=unit, staff__ended_on=None)
        .order_by()
        .values_list("role", flat=True)
        .distinct()
    )
    steps = [
        _profile(unit),
        _organisation(unit),
        _people(unit, roles),
    ]
    if USING in unit.kinds:
        steps += [_machines(machines), _machine_officers(machines)]
    if PRODUCTION in unit.kinds or FILLING in unit.kinds:
        steps.append(_licences(unit))
    if FILLING in unit.kinds:
        steps.append(_stations(unit))
    if PRODUCTION in unit.kinds or FILLING in unit.kinds:
        steps.append(_licence_officers(unit))
    return Setup(
        unit=unit,
        steps=steps,
        is_new=not (machines.total or unit.licences_held or unit.stations_held),
        uses_machines=USING in unit.kinds,
    )


def _described(actor: Actor) -> object:
    """The unit with what the steps ask about it, in one query."""
    departments = Department.objects.filter(unit=OuterRef("pk")).open()
    positions = Position.objects.filter(unit=OuterRef("pk")).open()

    def held(model: type[Licence] | type[Station], **more: object) -> object:
        rows = model.objects.filter(unit=OuterRef("pk"), **more).open().order_by()
        return rows.values("unit").annotate(number=Count("pk")).values("number")

    return Unit.objects.for_actor(actor).annotate(
        has_departments=Exists(departments),
        has_positions=Exists(positions),
        licences_held=held(Licence),
        licences_unbound=held(Licence, officer=None),
        stations_held=held(Station),
        stations_unbound=held(Station, officer=None),
    )


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _step(label: str, text: str, is_done: bool, url_name: str, note: str = "") -> Step:
    return Step(label, text, is_done, note, _url(url_name))


def _profile(unit: Unit) -> Step:
    missing = [fact.label for fact in required(unit.kinds) if not getattr(unit, fact.name)]
    return _step(
        "企业信息",
        "填写地址、联系人、安全管理机构等必填内容。",
        not missing,
        "units:profile",
        f"还缺{'、'.join(missing)}" if missing else "",
    )


def _organisation(unit: Unit) -> Step:
    missing = [
        word
        for word, there in (("部门", unit.has_departments), ("岗位", unit.has_positions))
        if not there
    ]
    return _step(
        "部门与岗位",
        "按本单位的实际机构建立部门和岗位，登记人员时选用。",
        not missing,
        "units:department-list" if "部门" in missing else "units:position-list",
        f"还没有{'、'.join(missing)}" if missing else "",
    )


def _people(unit: Unit, roles: set[str]) -> Step:
    wanted: list[Role] = []
    if USING in unit.kinds or FILLING in unit.kinds:
        wanted += ORDER_74
    if PRODUCTION in unit.kinds:
        wanted += [role for role in ORDER_73 if role not in wanted]
    missing = [str(role.label) for role in wanted if role.value not in roles]
    return _step(
        "人员",
        "登记主要负责人、总监和安全员的姓名、手机号和身份，本人即可用手机登录。",
        not missing and bool(roles),
        "units:staff-list",
        f"还缺{'、'.join(missing)}" if missing else "",
    )


def _machines(machines: Machines) -> Step:
    return _step(
        "设备",
        "逐台登记，或下载模板批量导入。在用设备从建档当天起每天自动产生待办。",
        machines.total > 0,
        "equipment:list",
        "" if machines.total else "还没有设备",
    )


def _machine_officers(machines: Machines) -> Step:
    left = machines.unbound
    return _step(
        "绑定安全员",
        "在设备档案中勾选设备，点“批量修改”选择安全员，做到逐台明确。",
        machines.total > 0 and not left,
        "equipment:list",
        f"{left} 台在用设备未绑定" if left else "",
    )


def _licences(unit: Unit) -> Step:
    return _step(
        "许可",
        "登记许可证编号、许可项目和有效期，到期前会提醒。",
        bool(unit.licences_held),
        "equipment:licence-list",
        "" if unit.licences_held else "还没有许可",
    )


def _stations(unit: Unit) -> Step:
    return _step(
        "工位",
        "登记每个充装工位的编号和充装介质。",
        bool(unit.stations_held),
        "equipment:station-list",
        "" if unit.stations_held else "还没有工位",
    )


def _licence_officers(unit: Unit) -> Step:
    """Every licence, and at a filling unit every station, has somebody who answers for it."""
    left = [(unit.licences_unbound or 0, "项许可")]
    held, word = bool(unit.licences_held), "许可"
    if FILLING in unit.kinds:
        left.append((unit.stations_unbound or 0, "个工位"))
        held, word = held and bool(unit.stations_held), "许可和工位"
    missing = [f"{number} {what}未指定" for number, what in left if number]
    on_stations = bool(missing) and not unit.licences_unbound
    return _step(
        "指定责任人",
        f"给每项{word}指定责任人。",
        held and not missing,
        "equipment:station-list" if on_stations else "equipment:licence-list",
        "，".join(missing),
    )
