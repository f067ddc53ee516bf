"""The lists of a person's rounds: 日管控 of today and what can be made up, 周排查, 月调度 (F48–F52)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, IntegerField, OuterRef, Q, Subquery, Value, When

from config.actor import Actor
from config.clock import local_day
from config.prepared import Prepared
from duties.enums import Cadence, TaskKind, TaskState
from duties.models import Task
from duties.models.task import TaskQuerySet
from duties.periods import period_of
from duties.rounds import SUBJECTS, Subject, matching
from duties.scopes import first_period, in_period, missed_by
from equipment.someone import NOW, SINCE, Someone, someone, whose
from units.models import Staff

RANK = Case(
    *(
        When(state=state, then=Value(place))
        for place, state in enumerate(
            [
                TaskState.AWAITING_SIGNATURE,
                TaskState.IN_PROGRESS,
                TaskState.TODO,
                TaskState.DONE,
                TaskState.BACKFILLED,
                TaskState.MISSED,
                TaskState.WAIVED,
            ]
        )
    ),
    output_field=IntegerField(),
)


def described(tasks: TaskQuerySet) -> TaskQuerySet:
    return tasks.select_related(
        "equipment", "licence__family", "station", "assignee", "stands_in_for"
    )


def _in_few_columns(tasks: TaskQuerySet, subject: Subject) -> TaskQuerySet:
    """Only what a row of a list of a subject prints; a machine has twenty columns more, and a name
    that few rows have is looked up after the page is cut out."""
    absent = Staff.objects.filter(pk=OuterRef("stands_in_for")).values("name")
    few = tasks.select_related(None).select_related(subject.shown_of)
    return few.only(*_PRINTED, *subject.shown).annotate(absent_name=Subquery(absent))


_PRINTED = (
    *("code", "period_on", "unit_kind", "kind", "cadence", "level", "category", "assignee_id"),
    *("equipment_id", "licence_id", "station_id"),
    *("state", "due_at", "completed_at", "waive_reason", "stands_in_for_id"),
)


def _daily(subject: Subject) -> Q:
    return Q(kind=TaskKind.INSPECTION, cadence=Cadence.DAILY, unit_kind=subject.unit_kind)


def daily_tasks(actor: Actor, subject: Subject, *, now: datetime, keyword: str = "") -> Any:
    """Today's to-dos of a person: begun ones first, then by place as one walks, done ones last."""
    found = _daily_tasks(actor, subject, local_day(now))
    return found.filter(matching(subject, keyword)) if keyword else found


def _daily_tasks(actor: Actor, subject: Subject, day: date) -> TaskQuerySet:
    found = Task.objects.filter(in_period(actor, subject.unit_kind), _daily(subject))
    found = found.filter(unit_id=actor.unit_id, period_on=day)
    return described(found).order_by(RANK, *subject.order, "pk")


def backfill_tasks(
    actor: Actor, subject: Subject, *, now: datetime, days: int, keyword: str = ""
) -> Any:
    """Missed daily to-dos that may still be made up, the oldest (most urgent) first."""
    since = timedelta(days=days)
    found = _late_tasks(actor, subject, now - since, now, first_period(local_day(now), since))
    return found.filter(matching(subject, keyword)) if keyword else found


def _late_tasks(
    actor: Actor, subject: Subject, since: Any, until: Any, first: date
) -> TaskQuerySet:
    found = Task.objects.filter(missed_by(actor, since, until, first), _daily(subject))
    return described(found).order_by("period_on", *subject.order, "pk")


def page_of(tasks: Any, number: Any, size: int, count: int | None = None) -> Page:
    """A page whose rows have not been read; `count` spares the query if it is known."""
    paginator = Paginator(tasks, size)
    if count is not None:
        paginator.count = count
    return paginator.get_page(number)


def part_of_today(
    actor: Actor, subject: Subject, *, now: datetime, days: int, part: slice, missed: int
) -> tuple[list[Task], list[Task]]:
    """Some of today's to-dos and the first missed ones (none for missed=0), in one query."""
    day, since = local_day(now), timedelta(days=days)
    prepared = _part_of_today(
        someone(actor), subject.key, day, since, part.start, part.stop, missed
    )
    rows = prepared.rows(**whose(actor), now=now, since=now - since)
    late = [task for task in rows if task.period_on != day]
    return [task for task in rows if task.period_on == day], sorted(
        late, key=attrgetter("period_on")
    )


@lru_cache(maxsize=256)
def _part_of_today(
    who: Someone, key: str, day: date, since: timedelta, start: int, stop: int, missed: int
) -> Prepared:
    actor = who.actor
    subject = next(one for one in SUBJECTS if one.key == key)
    today = _daily_tasks(actor, subject, day)[start:stop]
    if not missed:
        return Prepared(_in_few_columns(today, subject))
    late = _late_tasks(actor, subject, SINCE, NOW, first_period(day, since))[:missed]
    wanted = Q(pk__in=today.values("pk")) | Q(pk__in=late.values("pk"))
    rows = described(Task.objects.filter(wanted)).order_by(RANK, *subject.order, "pk")
    return Prepared(_in_few_columns(rows, subject))


# ------------------------------------------------------------------ 周排查 and 月调度 (F49, F50)
def period_tasks(actor: Actor, cadence: str, *, now: datetime) -> list[Task]:
    """The weekly or monthly inspections of a person in the running period: open ones first."""
    day = local_day(now)
    found = Task.objects.filter(
        in_period(actor),
        unit_id=actor.unit_id,
        kind=TaskKind.INSPECTION,
        cadence=cadence,
        period_on=period_of(cadence, day),
    )
    return list(described(found).order_by(RANK, "unit_kind", "category", "level", "pk"))


def period_backfill(actor: Actor, cadence: str, *, now: datetime, days: int) -> list[Task]:
    """The missed weekly or monthly inspections that may still be made up, the oldest first."""
    since = timedelta(days=days)
    missed = missed_by(actor, now - since, now, first_period(local_day(now), since))
    found = Task.objects.filter(missed, kind=TaskKind.INSPECTION, cadence=cadence)
    return list(described(found).order_by("period_on", "unit_kind", "category", "level", "pk"))
