"""Figures of the dashboards: counted here for one unit, a region or many units at once.

Every figure is counted by the definition its list filters by (duties.completion, hazards.queries,
equipment.queries), so it equals the 共 N 条 of the list behind it.
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
from config.codes import normalise
from duties import queries_desk as records
from duties.completion import Completion, where
from duties.enums import Cadence
from duties.models.task import TaskQuerySet
from duties.queries_desk import RecordFilter
from equipment import queries as equipment
from equipment.enums import Category, UseStatus
from equipment.models import Equipment
from hazards import queries as hazards
from hazards.states import HazardState, Source
from units.models import Unit
from units.models.unit import UnitQuerySet

DUE_SOON = str(equipment.DUE_SOON_DAYS)


# ------------------------------------------------------------------ daily round
@dataclass(frozen=True)
class Tally:
    """Daily to-dos: owed = on_time + backfilled + missed + open; waived beside it."""

    owed: int = 0
    on_time: int = 0
    backfilled: int = 0
    missed: int = 0
    open: int = 0
    waived: int = 0

    @property
    def rate(self) -> str:
        """完成率 in words: what was done of what was owed; a dash when nothing was."""
        done = self.on_time + self.backfilled
        return f"{100 * done / self.owed:.1f}%" if self.owed else "—"

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            *(mine + more for mine, more in zip(astuple(self), astuple(other), strict=True))
        )


@dataclass(frozen=True)
class Rounds:
    """The daily to-dos of a span of days by day and category, counted once and summed at will."""

    cells: dict[tuple[date, str], Tally]

    def total(self, first: date, last: date, category: str = "") -> Tally:
        """The sum of the days from `first` to `last`, of one category or of all."""
        found = (
            tally
            for (day, one), tally in self.cells.items()
            if first <= day <= last and category in ("", one)
        )
        return sum(found, Tally())


@dataclass(frozen=True)
class Period:
    """A span of days with a name: today, the week from Monday to Sunday, the calendar month."""

    key: str
    label: str
    first: date
    last: date


def periods(day: date) -> list[Period]:
    """Today, this week and this month as of a day."""
    monday, month = monday_of(day), first_of_month(day)
    end = first_of_month(month + timedelta(days=31)) - timedelta(days=1)
    return [
        Period("today", "今日", day, day),
        Period("week", "本周", monday, monday + timedelta(days=6)),
        Period("month", "本月", month, end),
    ]


def rounds(
    actor: Actor, first: date, last: date, *, now: datetime, unit: Unit | None = None
) -> Rounds:
    """Count the daily to-dos of the days from `first` to `last` (one query)."""
    asked = RecordFilter(date_from=first, date_to=last, unit=unit.code if unit else "")
    rows = (
        _daily(actor, asked, now)
        .order_by()
        .values("period_on", "category")
        .annotate(**_completions(now))
    )
    return Rounds({(row.pop("period_on"), row.pop("category")): Tally(**row) for row in rows})


def _daily(actor: Actor, asked: RecordFilter, now: datetime) -> TaskQuerySet:
    """The rows of 风险管控记录, tab 日管控."""
    return records.tasks(actor, asked, now=now).filter(cadence=Cadence.DAILY)


def _completions(now: datetime) -> dict[str, Count]:
    return {one.value: Count("pk", filter=where(one.value, now)) for one in Completion}


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
    found = hazards.desk_hazards(actor, {"unit": unit.code if unit else ""}, day=day)
    states = {state.value: Count("pk", filter=Q(state=state)) for state in HazardState}
    rows = (
        found.order_by()
        .values("source")
        .annotate(overdue=Count("pk", filter=hazards.overdue(day)), **states)
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
    today: Tally
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
    for word in normalise(asked.keyword).split():
        found = found.filter(
            Q(name__icontains=word) | Q(credit_code__icontains=word) | Q(address__icontains=word)
        )
    if asked.kind:
        found = found.filter(kinds__contains=[asked.kind])
    return found.order_by("region_id", "name", "id")


def unit_rows(actor: Actor, page: Collection[Unit], day: date, *, now: datetime) -> list[UnitRow]:
    """The units of one page with their figures: three queries for any number of them."""
    ids = [unit.pk for unit in page]
    asked = RecordFilter(date_from=day, date_to=day)
    today = _by_unit(_daily(actor, asked, now), ids, **_completions(now))
    archive = _by_unit(
        Equipment.objects.for_actor(actor),
        ids,
        total=Count("pk"),
        unbound=Count("pk", filter=equipment.unbound()),
    )
    open_ones = _by_unit(
        hazards.desk_hazards(actor, {"state": hazards.OPEN}, day=day).filter(source=Source.DAILY),
        ids,
        number=Count("pk"),
    )
    return [
        UnitRow(
            unit=unit,
            today=Tally(**today.get(unit.pk, {})),
            machines=archive.get(unit.pk, {}).get("total", 0),
            unbound=archive.get(unit.pk, {}).get("unbound", 0),
            open_hazards=open_ones.get(unit.pk, {}).get("number", 0),
        )
        for unit in page
    ]


def _by_unit(found: Any, ids: Collection[int], **counts: Count) -> dict[int, dict[str, int]]:
    rows = found.filter(unit_id__in=ids).order_by().values("unit_id").annotate(**counts)
    return {row.pop("unit_id"): row for row in rows}
