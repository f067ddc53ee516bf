"""统计分析 (F73) and 辖区单位, the units of a bureau's subtree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.clock import local_day
from config.paging import paginate
from config.words import cn_date
from duties.completion import Numbers
from equipment.queries import NOBODY
from hazards.queries import OPEN
from hazards.states import Source
from reports import board, statistics
from reports.figures import (
    SHOWN,
    Figure,
    Line,
    hazard_figures,
    link,
    longer_lines,
    machine_figures,
    round_figures,
)
from reports.forms_desk import UnitFilterForm
from reports.statistics import Machines
from units.models import Unit
from units.roles import Can

WEEK = 7


@dataclass(frozen=True)
class RegionBoard:
    """What the bureau's pages print of a region or of one unit."""

    day: date
    today: list[Figure]
    rate: str
    week: list[Line]
    longer: list[Line]
    hazards: list[Line]
    machines: list[Figure]


@page(Can.UNIT_DASHBOARD)
def dashboard(request: HttpRequest) -> HttpResponse:
    """统计分析 of a unit: today, week and month, hazards, the archive, what waits."""
    found = board.build(request.actor, timezone.now(), period=request.GET.get("period", ""))
    tabs = [
        {
            "label": one.label,
            "url": f"?period={one.key}#by-category",
            "active": one == found.period,
            "count": None,
        }
        for one in board.category_periods(found.day)
    ]
    return render(request, "reports/dashboard.html", {"board": found, "tabs": tabs})


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
        "board": region_board(actor, now),
        "form": form,
        "page": listed,
        "size": size,
        "rows": [(row, _unit_figures(row, day)) for row in rows],
        "is_filtered": any(form.cleaned_data.values()),
    }
    return render(request, "reports/region.html", context)


# ------------------------------------------------------------------ figures with their links
def region_board(actor: Actor, now: datetime, *, unit: Unit | None = None) -> RegionBoard:
    """The figures of the actor's region, or of one unit of it (four queries)."""
    day = local_day(now)
    days = [day - timedelta(days=back) for back in range(WEEK)]
    first = min(days[-1], statistics.earliest(day))
    counted = statistics.rounds(actor, first, day, now=now, unit=unit)
    today = counted.total(day, day)
    archive = statistics.machines(actor, day, unit=unit)
    return RegionBoard(
        day=day,
        today=round_figures(today, day, day, unit=unit),
        rate=today.rate,
        week=[_day_line(counted.total(one, one), one, unit) for one in days],
        longer=longer_lines(counted, day, unit=unit),
        hazards=[
            Line(one.label, hazard_figures(one, unit=unit))
            for one in statistics.hazards_by_source(actor, day, unit=unit)
        ],
        machines=machine_figures(sum(archive.values(), Machines()), unit=unit),
    )


def _day_line(numbers: Numbers, day: date, unit: Unit | None) -> Line:
    return Line(cn_date(day), round_figures(numbers, day, day, unit=unit), numbers.rate)


def _unit_figures(row: statistics.UnitRow, day: date) -> list[Figure]:
    """The columns of one line of the region's table."""
    unit = row.unit
    open_ones = link("hazards:list", unit, source=Source.DAILY.value, state=OPEN)
    unbound = link("equipment:list", unit, officer=NOBODY)
    return [
        Figure("设备", row.machines, link("equipment:list", unit)),
        *round_figures(row.today, day, day, unit=unit, shown=SHOWN[:5]),
        Figure("未完成整改隐患", row.open_hazards, open_ones, "is-late"),
        Figure("未绑定设备", row.unbound, unbound, "is-late"),
    ]
