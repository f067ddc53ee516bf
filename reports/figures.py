"""A number and the list behind it: what the dashboards print, with the links that prove it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from duties.completion import Completion, Numbers
from duties.enums import Cadence, TaskKind
from equipment.enums import UseStatus
from equipment.queries import NOBODY, OVERDUE
from hazards.states import HazardState
from reports import statistics
from units.models import Unit

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
class Line:
    """One row of a table of figures; `rate` is the 完成率 of a row of rounds."""

    label: str
    figures: list[Figure]
    rate: str = ""
    note: str = ""


def link(name: str, unit: Unit | None = None, **params: Any) -> str:
    """The address of a list under a filter, narrowed to one unit of a region if given."""
    if unit is not None:
        params["unit"] = unit.code
    return f"{reverse(name)}?{urlencode(params)}" if params else reverse(name)


def round_figures(
    numbers: Numbers,
    first: date,
    last: date,
    *,
    unit: Unit | None = None,
    shown: Iterable[Completion] = SHOWN,
    cadence: str = Cadence.DAILY.value,
    kind: str = TaskKind.INSPECTION.value,
    **params: str,
) -> list[Figure]:
    """The to-dos of the periods that begin from `first` to `last` by 完成情况."""
    if kind != TaskKind.INSPECTION:
        params["kind"] = kind
    return [
        Figure(
            "应检" if one == Completion.OWED else str(one.label),
            getattr(numbers, one.value),
            link(
                "duties:record-list",
                unit,
                cadence=cadence,
                date_from=first.isoformat(),
                date_to=last.isoformat(),
                completion=one.value,
                **params,
            ),
            KINDS.get(one, ""),
        )
        for one in shown
    ]


def period_line(
    counted: statistics.Rounds, period: statistics.Period, *, unit: Unit | None = None
) -> Line:
    """One line of a table: the to-dos of a period with their completion and rate."""
    about = {"cadence": period.cadence, "kind": period.kind}
    numbers = counted.total(period.first, period.last, **about)
    found = round_figures(numbers, period.first, period.last, unit=unit, **about)
    return Line(period.label, found, numbers.rate, period.note)


def longer_lines(counted: statistics.Rounds, day: date, *, unit: Unit | None = None) -> list[Line]:
    """周排查, 周报告, 月调度, 月报告, each now and last time, as far as there was any to-do."""
    lines = [period_line(counted, one, unit=unit) for one in statistics.longer_periods(day)]
    return [line for line in lines if any(one.value for one in line.figures)]


def hazard_figures(counted: statistics.Hazards, *, unit: Unit | None = None) -> list[Figure]:
    """The hazards of one round by state, those past their deadline, and all."""

    def figure(label: str, value: int, kind: str = "", **params: str) -> Figure:
        url = link("hazards:list", unit, source=counted.source, **params)
        return Figure(label, value, url, kind)

    late = ("is-late", "is-late", "", "")
    by_state = [
        figure(str(state.label), getattr(counted, state.value), kind, state=state.value)
        for state, kind in zip(HazardState, late, strict=True)
    ]
    overdue = figure("其中逾期", counted.overdue, "is-danger", overdue="now")
    return [*by_state[:2], overdue, *by_state[2:], figure("合计", counted.total)]


def machine_figures(
    counted: statistics.Machines, *, unit: Unit | None = None, **params: str
) -> list[Figure]:
    """The archive, or one category of it (`category=`), in numbers."""

    def figure(label: str, value: int, kind: str = "", **more: str) -> Figure:
        return Figure(label, value, link("equipment:list", unit, **more, **params), kind)

    in_use = UseStatus.IN_USE.value
    return [
        figure("设备总数", counted.total),
        figure("在用", counted.in_use, status=in_use),
        figure("未绑定安全员", counted.unbound, "is-late", officer=NOBODY),
        figure("30 天内到期", counted.due_soon, "is-late", due=statistics.DUE_SOON),
        figure("检验已超期", counted.overdue, "is-danger", due=OVERDUE),
    ]
