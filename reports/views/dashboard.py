"""统计分析 (F73), the bureau's landing page, and one unit as the bureau sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.clock import local_day
from config.paging import paginate
from duties.completion import Completion
from equipment.enums import UseStatus
from equipment.queries import NOBODY, OVERDUE
from hazards.queries import OPEN
from hazards.states import HazardState, Source
from reports import statistics
from reports.forms_desk import UnitFilterForm
from units.models import Unit
from units.roles import Can

WEEK = 7
KINDS = {
    Completion.ON_TIME: "is-done",
    Completion.BACKFILLED: "is-late",
    Completion.MISSED: "is-late",
}
# 应检 = 按时 + 补录 + 漏检 + 未到期; 免检 stands beside it.
SHOWN = (
    Completion.OWED,
    Completion.ON_TIME,
    Completion.BACKFILLED,
    Completion.MISSED,
    Completion.OPEN,
    Completion.WAIVED,
)


@dataclass(frozen=True)
class Figure:
    """A number with its label and the list behind it, whose 共 N 条 is this number."""

    label: str
    value: int
    url: str
    kind: str = ""

    @property
    def css(self) -> str:
        """The colour of a number that means something; a zero stays quiet."""
        return self.kind if self.value else "is-zero"


@dataclass(frozen=True)
class DayLine:
    """One line of the week's table."""

    day: date
    figures: list[Figure]
    rate: str


@dataclass(frozen=True)
class HazardLine:
    """One round's hazards by state."""

    label: str
    figures: list[Figure]


@dataclass(frozen=True)
class Board:
    """What both dashboards print of a unit or a region."""

    day: date
    today: list[Figure]
    rate: str
    week: list[DayLine]
    hazards: list[HazardLine]
    machines: list[Figure]
    has_machines: bool
    unbound: Figure


@page(Can.UNIT_DASHBOARD)
def dashboard(request: HttpRequest) -> HttpResponse:
    """统计分析 of a unit: today, the last seven days, hazards, the archive."""
    board = build_board(request.actor, timezone.now())
    return render(request, "reports/dashboard.html", {"board": board})


@page(Can.REGION_VIEW)
def region(request: HttpRequest) -> HttpResponse:
    """辖区单位: today's figures of the subtree, then every unit with its own."""
    now = timezone.now()
    actor = request.actor
    form = UnitFilterForm(request.GET)
    listed, size = paginate(request, statistics.units(actor, form.asked()))
    day = local_day(now)
    rows = statistics.unit_rows(actor, list(listed), day, now=now)
    context = {
        "board": build_board(actor, now),
        "form": form,
        "page": listed,
        "size": size,
        "rows": [(row, _unit_figures(row, day)) for row in rows],
        "is_filtered": any(form.cleaned_data.values()),
    }
    return render(request, "reports/region.html", context)


@page(Can.REGION_VIEW)
def region_unit(request: HttpRequest, code: str) -> HttpResponse:
    """One unit of the subtree: its facts and the same figures as its own dashboard, read-only."""
    unit = statistics.get_unit(request.actor, code)
    context = {
        "unit": unit,
        "board": build_board(request.actor, timezone.now(), unit=unit),
        "facts": [
            ("统一社会信用代码", unit.credit_code),
            ("单位类型", "、".join(unit.kind_labels)),
            ("所在区县", unit.region.name),
            ("地址", unit.address),
            ("联系人", unit.contact_name),
            ("联系电话", unit.contact_phone),
        ],
        "links": [
            ("设备档案", _link("equipment:list", unit)),
            ("风险管控记录", _link("duties:record-list", unit)),
            ("风险隐患记录", _link("hazards:list", unit)),
        ],
    }
    return render(request, "reports/region_unit.html", context)


# ------------------------------------------------------------------ figures with their links
def build_board(actor: Actor, now: datetime, *, unit: Unit | None = None) -> Board:
    """The figures of the actor's unit or region, or of one unit of the region (three queries)."""
    day = local_day(now)
    week = statistics.days(actor, day, WEEK, now=now, unit=unit)
    archive = statistics.machines(actor, day, unit=unit)
    machines = _machine_figures(archive, unit)
    return Board(
        day=day,
        today=_day_figures(week[0], unit),
        rate=week[0].rate,
        week=[DayLine(one.day, _day_figures(one, unit), one.rate) for one in week],
        hazards=[
            HazardLine(one.label, _hazard_figures(one, unit))
            for one in statistics.hazards_by_source(actor, day, unit=unit)
        ],
        machines=machines,
        has_machines=archive.total > 0,
        unbound=machines[2],
    )


def _link(name: str, unit: Unit | None, **params: str) -> str:
    if unit is not None:
        params["unit"] = unit.code
    return f"{reverse(name)}?{urlencode(params)}" if params else reverse(name)


def _day_figures(counted: statistics.Day, unit: Unit | None) -> list[Figure]:
    day = counted.day.isoformat()
    return [
        Figure(
            "应检" if one == Completion.OWED else str(one.label),
            getattr(counted, one.value),
            _link(
                "duties:record-list",
                unit,
                cadence="daily",
                date_from=day,
                date_to=day,
                completion=one.value,
            ),
            KINDS.get(one, ""),
        )
        for one in SHOWN
    ]


def _hazard_figures(counted: statistics.Hazards, unit: Unit | None) -> list[Figure]:
    def figure(label: str, value: int, kind: str = "", **params: str) -> Figure:
        url = _link("hazards:list", unit, source=counted.source, **params)
        return Figure(label, value, url, kind)

    late = ("is-late", "is-late", "", "")
    by_state = [
        figure(str(state.label), getattr(counted, state.value), kind, state=state.value)
        for state, kind in zip(HazardState, late, strict=True)
    ]
    overdue = figure("其中逾期", counted.overdue, "is-danger", overdue="now")
    return [*by_state[:2], overdue, *by_state[2:], figure("合计", counted.total)]


def _machine_figures(counted: statistics.Machines, unit: Unit | None) -> list[Figure]:
    def figure(label: str, value: int, kind: str = "", **params: str) -> Figure:
        return Figure(label, value, _link("equipment:list", unit, **params), kind)

    in_use = UseStatus.IN_USE.value
    return [
        figure("设备总数", counted.total),
        figure("在用", counted.in_use, status=in_use),
        figure("未绑定安全员", counted.unbound, "is-late", status=in_use, officer=NOBODY),
        figure("30 天内到期", counted.due_soon, "is-late", due=statistics.DUE_SOON),
        figure("检验已超期", counted.overdue, "is-danger", due=OVERDUE),
    ]


def _unit_figures(row: statistics.UnitRow, day: date) -> list[Figure]:
    """The columns of one line of the region's table."""
    unit = row.unit
    hazards = _link("hazards:list", unit, source=Source.DAILY.value, state=OPEN)
    unbound = _link("equipment:list", unit, status=UseStatus.IN_USE.value, officer=NOBODY)
    return [
        Figure("设备", row.machines, _link("equipment:list", unit)),
        *_day_figures(row.today, unit)[:5],
        Figure("未完成整改隐患", row.open_hazards, hazards, "is-late"),
        Figure("未绑定设备", row.unbound, unbound, "is-late"),
    ]
