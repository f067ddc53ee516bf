"""What is left to do in the scope of a director or principal: 今日未完成, this week, this month (F50)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q

from config.actor import Actor
from config.clock import local_day
from duties.enums import OPEN_STATES, Cadence, TaskState
from duties.models import Task
from duties.models.task import TaskQuerySet
from duties.periods import period_of
from duties.queries import FINISHED_STATES
from duties.queries_rounds import described
from duties.scopes import overseen, running


@dataclass(frozen=True)
class Overview:
    """To-dos of the running period in a scope: 应检 = done + open (+ missed)."""

    owed: int = 0
    done: int = 0
    open: int = 0
    unbound: int = 0
    waived: int = 0


def overviews(actor: Actor, *, now: datetime) -> dict[str, Overview]:
    """Count the to-dos of the running day, week and month in a scope (one query)."""
    numbers = {
        "owed": ~Q(state=TaskState.WAIVED),
        "done": Q(state__in=FINISHED_STATES),
        "open": Q(state__in=OPEN_STATES),
        "unbound": Q(state__in=OPEN_STATES, assignee=None, equipment__isnull=False),
        "waived": Q(state=TaskState.WAIVED),
    }
    rows = (
        Task.objects.for_actor(actor)
        .filter(running(actor, local_day(now)), overseen(actor))
        .order_by()
        .values("cadence")
        .annotate(**{name: Count("pk", filter=where) for name, where in numbers.items()})
    )
    found = {row["cadence"]: Overview(**{name: row[name] for name in numbers}) for row in rows}
    return {cadence: found.get(cadence, Overview()) for cadence in Cadence.values}


def unfinished(actor: Actor, cadence: str, *, now: datetime) -> TaskQuerySet:
    """The unfinished to-dos of the running period in a scope, those of nobody first."""
    day = local_day(now)
    found = Task.objects.for_actor(actor).filter(
        overseen(actor), cadence=cadence, period_on=period_of(cadence, day), state__in=OPEN_STATES
    )
    return described(found).order_by(
        F("assignee__name").asc(nulls_first=True),
        "kind",
        "category",
        "equipment__walk_order",
        "pk",
    )
