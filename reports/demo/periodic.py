"""The weeks and months of the demo: weekly and monthly inspections, who does which and when.

Replayed day by day beside the daily rounds of reports.demo.story, through the same actions.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date

from duties.enums import Cadence, Level, TaskKind, TaskState
from duties.models import Task
from equipment import subjects
from units.models import Staff
from units.roles import Role

# Weekdays (Monday = 0) on which weekly work is done, and the part of it that is done a day.
WEEKLY_DAYS = (1, 2, 3, 4)
WEEKLY_PART = 0.5
# Monthly work begins on this day of the month.
MONTHLY_FROM = 3
MONTHLY_PART = 0.16


def due_work(unit_id: int, day: date, rng: random.Random, diligence: float) -> list[Task]:
    """The weekly and monthly to-dos that this unit takes up on a day, reports after inspections."""
    open_ones = (
        Task.objects.filter(unit_id=unit_id, state=TaskState.TODO)
        .exclude(cadence=Cadence.DAILY)
        .filter(period_on__lte=day)
        .select_related("unit", "assignee__user", "assignee__unit")
        .order_by("kind", "pk")
    )
    return [task for task in open_ones if _is_taken_up(task, day, rng, diligence)]


def _is_taken_up(task: Task, day: date, rng: random.Random, diligence: float) -> bool:
    if task.cadence == Cadence.WEEKLY:
        is_time, part = day.weekday() in WEEKLY_DAYS, WEEKLY_PART
    else:
        is_time, part = day.day >= MONTHLY_FROM, MONTHLY_PART
    return is_time and rng.random() < part * diligence


def performer(task: Task, people: Mapping[str, Sequence[Staff]]) -> Staff | None:
    """Who does it: the assignee, or for a pool the first who may; None when nobody can."""
    if task.assignee is not None:
        return task.assignee
    kind = task.unit_kind
    roles: list[Role] = []
    if task.kind == TaskKind.MONTHLY_MINUTES:
        roles = [subjects.DIRECTOR_OF[kind], Role.PRINCIPAL]
    elif task.level == Level.OFFICER:
        roles = [subjects.OFFICER_OF[kind]]
    elif task.level == Level.DIRECTOR:
        roles = [subjects.DIRECTOR_OF[kind]]
    else:
        roles = [Role.PRINCIPAL]
    return next((people[role][0] for role in roles if people.get(role)), None)
