"""Figures of the dashboards: counted here for one unit, a region or many units at once.

Every figure is counted by the definition its list filters by (duties.tallies with duties.completion,
hazards.queries_desk, equipment.queries), so it equals the 共 N 条 of the list behind it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.http import Http404

from config.actor import Actor
from config.clock import first_of_month, monday_of
from config.search import with_words
from config.words import cn_date, cn_month, cn_week
from duties.completion import Numbers
from duties.enums import Cadence, TaskKind
from duties.tallies import figures
from equipment import queries as equipment
from equipment.enums import Category, UseStatus
from equipment.models import Equipment
from hazards.queries import OPEN, overdue
from hazards.queries_desk import desk_hazards
from hazards.states import HazardState, Source
from units.models import Unit
from units.models.unit import UnitQuerySet

DAYS_A_WEEK = 7
DUE_SOON = str(equipment.DUE_SOON_DAYS)


# ------------------------------------------------------------------ rounds and reports
# By period_on, cadence, kind and category.
Cell = tuple[date, str, str, str]
BY = ("period_on", "cadence", "kind", "category")


@dataclass(frozen=True)
class Rounds:
    """The to-dos of a span of days by period, cadence, kind and category, summed at will."""

    cells: dict[Cell, Numbers]

    def total(
        self,
        first: date,
        last: date,
        category: str = "",
        *,
        cadence: str = Cadence.DAILY.value,
        kind: str = TaskKind.INSPECTION.value,
    ) -> Numbers:
        """The sum of the periods that begin from `first` to `last`, of one category or of all."""
        found = (
            numbers
            for (day, of_cadence, of_kind, one), numbers in self.cells.items()
            if first <= day <= last
            and category in ("", one)
            and (of_cadence, of_kind) == (cadence, kind)
        )
        return sum(found, Numbers())

    def categories(self, first: date, last: date, cadence: str) -> set[str]:
        """The categories that had a to-do of a cadence in these periods."""
        return {
            category
            for day, of_cadence, _kind, category in self.cells
            if first <= day <= last and of_cadence == cadence
        }


@dataclass(frozen=True)
class Period:
    """A span of days with a name; `cadence` is what is counted in it."""

    key: str
    label: str
    first: date
    last: date
    cadence: str = Cadence.DAILY.value
    kind: str = TaskKind.INSPECTION.value

    @property
    def note(self) -> str:
        """Which days they are: 2026年11月20日, 第47周(11.16–11.22), 2026年11月."""
        if self.first == self.last:
            return cn_date(self.first)
        days = (self.last - self.first).days + 1
        return cn_week(self.first) if days == DAYS_A_WEEK else cn_month(self.first)


def month_end(day: date) -> date:
    return first_of_month(first_of_month(day) + timedelta(days=31)) - timedelta(days=1)


def periods(day: date) -> list[Period]:
    """The daily round of today, this week and this month as of a day."""
    monday, month = monday_of(day), first_of_month(day)
    return [
        Period("today", "今日", day, day),
        Period("week", "本周", monday, monday + timedelta(days=DAYS_A_WEEK - 1)),
        Period("month", "本月", month, month_end(month)),
    ]


def longer_periods(day: date) -> list[Period]:
    """周排查 and 周报告 of this week and the last, 月调度 and 月报告 of this month and the last."""
    monday, month = monday_of(day), first_of_month(day)
    weeks = {"本周": monday, "上周": monday - timedelta(days=DAYS_A_WEEK)}
    months = {"本月": month, "上月": first_of_month(month - timedelta(days=1))}
    found = []
    for cadence, kind, name, spans in (
        (Cadence.WEEKLY, TaskKind.INSPECTION, "周排查", weeks),
        (Cadence.WEEKLY, TaskKind.WEEKLY_REPORT, "周报告", weeks),
        (Cadence.MONTHLY, TaskKind.INSPECTION, "月调度", months),
        (Cadence.MONTHLY, TaskKind.MONTHLY_MINUTES, "月报告", months),
    ):
        for when, first in spans.items():
            last = month_end(first) if spans is months else first + timedelta(days=DAYS_A_WEEK - 1)
            key = cadence.value if (kind, when[0]) == (TaskKind.INSPECTION, "本") else ""
            label = f"{name} · {when}"
            found.append(Period(key, label, first, last, cadence.value, kind.value))
    return found


def earliest(day: date) -> date:
    """The first day that any of these periods holds."""
    return min(one.first for one in (*periods(day), *longer_periods(day)))


def rounds(
    actor: Actor, first: date, last: date, *, now: datetime, unit: Unit | None = None
) -> Rounds:
    """Count the to-dos of the periods that begin from `first` to `last` (duties.tallies)."""
    units = None if unit is None else [unit.pk]
    return Rounds(figures(actor, first, last, now=now, by=BY, units=units))


# ------------------------------------------------------------------ hazards
@dataclass(frozen=True)
class Hazards:
    """The hazards of one round by state; `overdue` are those of 待整改 past their deadline."""

    source: str
    pending_order: int = 0
    pending_rectification: int = 0
    overdue: int = 0
    rectified: int = 0
    reviewed: int = 0

    @property
    def label(self) -> str:
        return str(Source(self.source).label)

    @property
    def total(self) -> int:
        open_ones = self.pending_order + self.pending_rectification
        return open_ones + self.rectified + self.reviewed


def hazards_by_source(actor: Actor, day: date, *, unit: Unit | None = None) -> list[Hazards]:
    """Daily hazards always, weekly and monthly ones when there are any (one query)."""
    found = desk_hazards(actor, {"unit": unit.code if unit else ""}, day=day)
    states = {state.value: Count("pk", filter=Q(state=state)) for state in HazardState}
    rows = (
        found.order_by()
        .values("source")
        .annotate(overdue=Count("pk", filter=overdue(day)), **states)
    )
    counted = {row["source"]: Hazards(**row) for row in rows}
    counted.setdefault(Source.DAILY.value, Hazards(Source.DAILY.value))
    return [counted[source] for source in Source.values if source in counted]


# ------------------------------------------------------------------ machines
@dataclass(frozen=True)
class Machines:
    """The archive in numbers; `unbound` are those, scrapped apart, without a 安全员."""

    total: int = 0
    in_use: int = 0
    unbound: int = 0
    due_soon: int = 0
    overdue: int = 0

    def __add__(self, other: Machines) -> Machines:
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Machines(*(mine + more for mine, more in pairs))


def machines(actor: Actor, day: date, *, unit: Unit | None = None) -> dict[str, Machines]:
    """Count the archive by category, in the usual order; sum them for the whole (one query)."""
    found = Equipment.objects.for_actor(actor)
    if unit is not None:
        found = found.filter(unit=unit)
    rows = (
        found.order_by()
        .values("category")
        .annotate(
            total=Count("pk"),
            in_use=Count("pk", filter=Q(status=UseStatus.IN_USE)),
            unbound=Count("pk", filter=equipment.unbound()),
            due_soon=Count("pk", filter=equipment.inspection_due(DUE_SOON, day)),
            overdue=Count("pk", filter=equipment.inspection_due(equipment.OVERDUE, day)),
        )
    )
    counted = {row.pop("category"): Machines(**row) for row in rows}
    return {category: counted[category] for category in Category.values if category in counted}


# ------------------------------------------------------------------ units of a region
@dataclass(frozen=True)
class UnitFilter:
    """What the list of units is narrowed to; empty values narrow nothing."""

    keyword: str = ""
    kind: str = ""


@dataclass(frozen=True)
class UnitRow:
    """One unit with today's round, its archive and its open daily hazards."""

    unit: Unit
    today: Numbers
    machines: int
    unbound: int
    open_hazards: int


def get_unit(actor: Actor, code: str) -> Unit:
    """A unit the actor supervises (or belongs to); 404 for every other."""
    found = Unit.objects.for_actor(actor).select_related("region").filter(code=code).first()
    if found is None:
        raise Http404(f"no unit {code} for {actor.kind}")
    return found


def units(actor: Actor, asked: UnitFilter) -> UnitQuerySet:
    """The units of the actor's subtree under the filter, by district and name."""
    found = Unit.objects.for_actor(actor).select_related("region")
    found = with_words(found, asked.keyword, "name", "credit_code", "address")
    if asked.kind:
        found = found.filter(kinds__contains=[asked.kind])
    return found.order_by("region_id", "name", "id")


def unit_rows(actor: Actor, page: Collection[Unit], day: date, *, now: datetime) -> list[UnitRow]:
    """The units of one page with their figures: four queries for any number of them."""
    ids = [unit.pk for unit in page]
    today = figures(
        actor,
        day,
        day,
        now=now,
        by=("unit_id",),
        units=ids,
        cadences=[Cadence.DAILY.value],
        kind=TaskKind.INSPECTION.value,
    )
    archive = _by_unit(
        Equipment.objects.for_actor(actor),
        ids,
        total=Count("pk"),
        unbound=Count("pk", filter=equipment.unbound()),
    )
    open_ones = _by_unit(
        desk_hazards(actor, {"state": OPEN}, day=day).filter(source=Source.DAILY),
        ids,
        number=Count("pk"),
    )
    return [
        UnitRow(
            unit=unit,
            today=today.get((unit.pk,), Numbers()),
            machines=archive.get(unit.pk, {}).get("total", 0),
            unbound=archive.get(unit.pk, {}).get("unbound", 0),
            open_hazards=open_ones.get(unit.pk, {}).get("number", 0),
        )
        for unit in page
    ]


def _by_unit(found: Any, ids: Collection[int], **counts: Count) -> dict[int, dict[str, int]]:
    rows = found.filter(unit_id__in=ids).order_by().values("unit_id").annotate(**counts)
    return {row.pop("unit_id"): row for row in rows}
