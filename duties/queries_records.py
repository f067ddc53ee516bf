"""Reading the records of the phone: machines, licences, stations; types by weeks and months (F67, F68)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Max, OuterRef, Q, Subquery
from django.http import Http404

from config.actor import Actor
from config.clock import local_day
from config.natural import Natural
from duties.enums import OPEN_STATES, Cadence, Level, TaskKind, TaskState
from duties.models import Task
from duties.periods import period_of, periods_before
from duties.queries import FINISHED_STATES, is_officer, is_overseer, scope_of
from duties.rounds import Subject
from duties.scopes import overseen
from equipment import subjects
from equipment.models import Equipment, Licence, Station
from units.roles import Role

# Weeks or months that the list of types looks back; the history of a type pages on from there.
WEEKS = 27
MONTHS = 24


# ------------------------------------------------------------------ daily records (F67)
def things_with_last(actor: Actor, subject: Subject, *, mine: bool, keyword: str = "") -> Any:
    """Machines, licences or stations with the id of their latest closed to-do.

    `mine` are those bound to an officer (and those of nobody, which are everybody's); otherwise the
    unit's, for a director those of his scope.
    """
    found = _things(actor, subject.key)
    if mine:
        own = Q(officer_id=actor.staff_id)
        found = found.filter(own if subject.key == "equipment" else own | Q(officer=None))
    elif not is_officer(actor):
        found = found.filter(_scope(actor, subject.key))
    if keyword:
        words = Q()
        for column in subject.searched:
            words |= Q(**{f"{column.partition('__')[2]}__icontains": keyword})
        found = found.filter(words)
    last = (
        Task.objects.filter(**{subject.key: OuterRef("pk")}, cadence=Cadence.DAILY)
        .exclude(state__in=OPEN_STATES)
        .order_by("-period_on")
        .values("pk")[:1]
    )
    return found.annotate(last_task_id=Subquery(last)).order_by(*_ORDER[subject.key], "pk")


_ORDER: dict[str, tuple[Any, ...]] = {
    "equipment": ("walk_order",),
    "licence": (F("closed_at").asc(nulls_first=True), "family_id", Natural("number")),
    "station": (F("closed_at").asc(nulls_first=True), Natural("number")),
}


def _things(actor: Actor, key: str) -> Any:
    if key == "licence":
        return Licence.objects.for_actor(actor).select_related("family", "officer")
    if key == "station":
        return Station.objects.for_actor(actor).select_related("licence", "officer")
    return Equipment.objects.for_actor(actor).select_related("catalogue", "officer")


def _scope(actor: Actor, key: str) -> Q:
    """The things a director answers for; everything for a principal."""
    if key == "equipment":
        return scope_of(actor)
    if actor.has_role(Role.PRINCIPAL):
        return Q()
    directed = subjects.directed_by(actor.posts)
    if key == "licence":
        return Q(family_id__in=sorted(directed))
    return Q() if subjects.FILLING in directed else Q(pk__in=[])


def tasks_by_id(ids: Sequence[int]) -> dict[int, Task]:
    """Closed to-dos with their inspections, for a page of `things_with_last`."""
    found = Task.objects.filter(pk__in=ids).select_related("inspection", "assignee")
    return {task.pk: task for task in found}


def get_thing(actor: Actor, key: str, code: str) -> Equipment | Licence | Station:
    """Return a machine, licence or station the actor may see; 404 for a foreign one."""
    found = _things(actor, key).filter(code=code).first()
    if found is None:
        raise Http404("没有这一项")
    return found


def daily_history(thing: Equipment | Licence | Station, key: str) -> Any:
    """The daily to-dos of a machine, licence or station with their inspections, latest first."""
    found = Task.objects.filter(**{key: thing}, cadence=Cadence.DAILY)
    return found.select_related("inspection", "assignee").order_by("-period_on")


# ------------------------------------------------------------------ weekly, monthly (F68)
def readable(actor: Actor) -> Q:
    """Whose weekly and monthly rounds a person reads: his own, as director those of his scope, as
    principal the unit's."""
    if actor.has_role(Role.PRINCIPAL):
        return Q()
    own = Q(assignee_id=actor.staff_id) | Q(owner_id=actor.staff_id)
    own |= Q(inspection__performer_id=actor.staff_id)
    return own | overseen(actor) if is_overseer(actor) else own


@dataclass(frozen=True)
class TypeLine:
    """One type (电梯, 电梯安装, 充装单位) with how its latest period stands."""

    category: str
    label: str
    unit_kind: str
    period_on: date
    owed: int
    done: int


def period_days(cadence: str, day: date, number: int) -> list[date]:
    """The first days of the running week or month and of those before it, the latest first."""
    first = period_of(cadence, day)
    return [first, *periods_before(cadence, first, number - 1)]


def types(actor: Actor, cadence: str, *, now: Any) -> list[TypeLine]:
    """The types a person reads weekly or monthly records of (two queries)."""
    days = period_days(cadence, local_day(now), WEEKS if cadence == Cadence.WEEKLY else MONTHS)
    found = _rounds(actor, cadence).filter(period_on__in=days)
    latest = {
        row["category"]: row
        for row in found.order_by()
        .values("category", "unit_kind")
        .annotate(last=Max("period_on"))
        .order_by("unit_kind", "category")
    }
    counted = {
        (row["category"], row["period_on"]): row
        for row in found.filter(period_on__in={row["last"] for row in latest.values()})
        .order_by()
        .values("category", "period_on")
        .annotate(
            owed=Count("pk", filter=~Q(state=TaskState.WAIVED)),
            done=Count("pk", filter=Q(state__in=FINISHED_STATES)),
        )
    }
    return [
        TypeLine(
            category,
            subjects.label(category),
            row["unit_kind"],
            row["last"],
            counted[category, row["last"]]["owed"],
            counted[category, row["last"]]["done"],
        )
        for category, row in latest.items()
    ]


def _rounds(actor: Actor, cadence: str) -> Any:
    return Task.objects.for_actor(actor).filter(
        readable(actor), kind=TaskKind.INSPECTION, cadence=cadence
    )


def periods_since(actor: Actor, cadence: str, *, day: date) -> list[date]:
    """All weeks or months from the running one back to the unit's first to-do."""
    firsts = Task.objects.filter(unit_id=actor.unit_id).order_by("period_on")
    since = firsts.values_list("period_on", flat=True).first() or day
    steps = (day - since).days // (7 if cadence == Cadence.WEEKLY else 28) + 2
    found = period_days(cadence, day, steps)
    return [first for first in found if first >= period_of(cadence, since)]


def get_type(actor: Actor, cadence: str, category: str) -> subjects.Subject:
    """A type the actor may read records of; 404 for one that his unit never owed."""
    if (
        cadence not in (Cadence.WEEKLY, Cadence.MONTHLY)
        or not _rounds(actor, cadence).filter(category=category).exists()
    ):
        raise Http404("没有这一类记录")
    return subjects.of(category)


def rounds_in(actor: Actor, cadence: str, category: str, days: Iterable[date]) -> list[Task]:
    """The rounds of a type in some periods with their inspections, officers before directors."""
    found = _rounds(actor, cadence).filter(category=category, period_on__in=list(days))
    levels = list(Level.values)
    rows = found.select_related("inspection", "assignee", "owner").order_by("-period_on", "pk")
    return sorted(rows, key=lambda task: (-task.period_on.toordinal(), levels.index(task.level)))
