"""What the page of one to-do tells beside the to-do itself: open hazards, earlier rounds (F53)."""

from __future__ import annotations

from typing import Any

from config.actor import Actor
from duties.enums import Cadence
from duties.models import Task
from duties.models.task import TaskQuerySet
from duties.periods import periods_before
from hazards.models import Hazard
from hazards.queries import subject_hazards

HAZARDS_SHOWN = 5
# How many weeks or months back the page of a to-do looks for earlier rounds.
PERIODS_LOOKED_AT = 26


def open_hazards(actor: Actor, task: Task) -> tuple[list[Hazard], int]:
    """The unresolved hazards of what a to-do is about (newest first), and how many there are."""
    about: dict[str, Any] = {"equipment": None, "licence": None, "station": None}
    if task.cadence == Cadence.DAILY:
        about = {name: getattr(task, f"{name}_id") for name in about}
    else:
        about |= {"category": task.category, "source": task.cadence}
    return subject_hazards(actor, limit=HAZARDS_SHOWN, **about)


def history(task: Task, *, limit: int) -> TaskQuerySet:
    """Earlier to-dos about the same thing with their inspections, the latest first."""
    found = Task.objects.filter(kind=task.kind, cadence=task.cadence, level=task.level)
    if task.cadence == Cadence.DAILY:
        about = {"equipment": task.equipment_id, "licence": task.licence_id}
        about["station"] = task.station_id
        where = {f"{name}_id": pk for name, pk in about.items() if pk is not None}
        found = found.filter(period_on__lt=task.period_on, **where)
    else:
        found = found.filter(
            unit_id=task.unit_id,
            category=task.category,
            owner_id=task.owner_id,
            period_on__in=periods_before(task.cadence, task.period_on, PERIODS_LOOKED_AT),
        )
    return found.select_related("inspection", "assignee").order_by("-period_on")[:limit]
