"""统计分析 of a unit (F73): what its landing page prints, every number with its list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from config.actor import Actor
from config.clock import local_day
from config.words import cn_date, cn_day, cn_month, cn_week
from equipment.enums import Category
from reports import setup, statistics
from reports.chart import Chart, stacked
from reports.figures import Figure, Line, hazard_figures, link, machine_figures, round_figures
from reports.reminders import Reminders, reminders
from reports.setup import Setup
from reports.statistics import Machines, Period, Rounds

CHART_DAYS = 30
UNBOUND = 2  # where 未绑定安全员 stands among the machine figures


@dataclass(frozen=True)
class UnitBoard:
    """Everything on the page; `machines` is empty for a unit that has and needs none."""

    day: date
    setup: Setup
    reminders: Reminders
    periods: list[Line]
    period: Period
    categories: list[Line]
    chart: Chart | None
    days: list[Line]
    hazards: list[Line]
    machines: list[Figure]

    @property
    def unbound(self) -> Figure | None:
        return self.machines[UNBOUND] if self.machines else None

    @property
    def figures(self) -> list[Figure]:
        """Every number of the page, for who checks them."""
        tables = [self.periods, self.categories, self.days, self.hazards]
        lines = [line for table in tables for line in table]
        return [
            *self.reminders.figures,
            *self.machines,
            *(one for line in lines for one in line.figures),
        ]


def build(actor: Actor, now: datetime, *, period: str = "") -> UnitBoard:
    """The board of the actor's unit; `period` chooses the columns of the table by category."""
    day = local_day(now)
    periods = statistics.periods(day)
    chosen = next((one for one in periods if one.key == period), periods[0])
    oldest = day - timedelta(days=CHART_DAYS - 1)
    first = min(oldest, *(one.first for one in periods))
    counted = statistics.rounds(actor, first, max(one.last for one in periods), now=now)
    archive = statistics.machines(actor, day)
    total = sum(archive.values(), Machines())
    state = setup.of_unit(actor, day, machines=total)
    span = [day - timedelta(days=back) for back in range(CHART_DAYS)]
    return UnitBoard(
        day=day,
        setup=state,
        reminders=reminders(actor, state.unit, now),
        periods=[_period_line(counted, one) for one in periods],
        period=chosen,
        categories=_category_lines(counted, archive, chosen),
        chart=stacked([(one, counted.total(one, one)) for one in reversed(span)]),
        days=[_day_line(counted, one) for one in span],
        hazards=[
            Line(one.label, hazard_figures(one)) for one in statistics.hazards_by_source(actor, day)
        ],
        machines=machine_figures(total) if total.total or state.uses_machines else [],
    )


def _period_line(counted: Rounds, period: Period) -> Line:
    tally = counted.total(period.first, period.last)
    note = {
        "today": cn_date(period.first),
        "week": cn_week(period.first),
        "month": cn_month(period.first),
    }[period.key]
    figures = round_figures(tally, period.first, period.last)
    return Line(period.label, figures, tally.rate, note)


def _day_line(counted: Rounds, day: date) -> Line:
    tally = counted.total(day, day)
    return Line(cn_day(day), round_figures(tally, day, day), tally.rate)


def _category_lines(counted: Rounds, archive: dict[str, Machines], period: Period) -> list[Line]:
    """One line a category that has machines or had to-dos in the period."""
    lines = []
    for category in Category:
        tally = counted.total(period.first, period.last, category.value)
        machines = archive.get(category.value, Machines())
        if not machines.total and tally == statistics.Tally():
            continue
        narrowed = {"category": category.value}
        figures = [
            Figure("设备", machines.total, link("equipment:list", **narrowed)),
            *round_figures(tally, period.first, period.last, **narrowed),
        ]
        lines.append(Line(str(category.label), figures, tally.rate))
    return lines
