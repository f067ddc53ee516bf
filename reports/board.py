"""统计分析 of a unit (F73): what its landing page prints, every number with its list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from config.actor import Actor
from config.clock import local_day
from config.words import cn_day
from duties.completion import Numbers
from equipment import subjects
from equipment.enums import Category
from reports import setup, statistics
from reports.chart import Chart, stacked
from reports.figures import (
    Figure,
    Line,
    hazard_figures,
    link,
    longer_lines,
    machine_figures,
    period_line,
    round_figures,
)
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
    longer: list[Line]
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
        tables = [self.periods, self.longer, self.categories, self.days, self.hazards]
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
    choices = category_periods(day)
    chosen = next((one for one in choices if one.key == period), choices[0])
    first = min(day - timedelta(days=CHART_DAYS - 1), statistics.earliest(day))
    counted = statistics.rounds(actor, first, max(one.last for one in periods), now=now)
    archive = statistics.machines(actor, day)
    total = sum(archive.values(), Machines())
    state = setup.of_unit(actor, day, machines=total)
    span = [day - timedelta(days=back) for back in range(CHART_DAYS)]
    return UnitBoard(
        day=day,
        setup=state,
        reminders=reminders(actor, state.unit, now),
        periods=[period_line(counted, one) for one in periods],
        longer=longer_lines(counted, day),
        period=chosen,
        categories=_category_lines(counted, archive, chosen),
        chart=stacked([(one, counted.total(one, one)) for one in reversed(span)]),
        days=[_day_line(counted, one) for one in span],
        hazards=[
            Line(one.label, hazard_figures(one)) for one in statistics.hazards_by_source(actor, day)
        ],
        machines=machine_figures(total) if total.total or state.uses_machines else [],
    )


def category_periods(day: date) -> list[Period]:
    """What the table by category can show: the daily round of three spans, 周排查, 月调度."""
    longer = [one for one in statistics.longer_periods(day) if one.key]
    return [*statistics.periods(day), *longer]


def _day_line(counted: Rounds, day: date) -> Line:
    tally = counted.total(day, day)
    return Line(cn_day(day), round_figures(tally, day, day), tally.rate)


def _category_lines(counted: Rounds, archive: dict[str, Machines], period: Period) -> list[Line]:
    """One line a category that has machines or had to-dos in the period, licence families last."""
    had = counted.categories(period.first, period.last, period.cadence)
    others = sorted(had - set(Category.values))
    about = {"cadence": period.cadence, "kind": period.kind}
    lines = []
    for category in (*Category.values, *others):
        numbers = counted.total(period.first, period.last, category, **about)
        machines = archive.get(category, Machines())
        if not machines.total and numbers == Numbers():
            continue
        narrowed = {"category": category}
        figures = round_figures(numbers, period.first, period.last, **about, **narrowed)
        if not others:  # licence families have no machines to count
            url = link("equipment:list", **narrowed)
            figures = [Figure("设备", machines.total, url), *figures]
        lines.append(Line(subjects.label(category), figures, numbers.rate))
    return lines
