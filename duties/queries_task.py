"""What the page of one to-do tells beside the to-do itself: open hazards, earlier rounds (F53)."""

from __future__ import annotations

from config.actor import Actor
from duties.enums import Cadence
from duties.models import Task
from duties.models.task import TaskQuerySet
from duties.periods import periods_before
from hazards.models import Hazard
from hazards.queries import with_people

HAZARDS_SHOWN = 5
# How many weeks or months back the page of a to-do looks for earlier rounds.
PERIODS_LOOKED_AT = 26


def open_hazards(actor: Actor, task: Task) -> tuple[list[Hazard], int]:
    """The unresolved hazards of what a to-do is about (newest first), and how many there are."""
    found = Hazard.objects.for_actor(actor).unresolved()
    if task.cadence == Cadence.DAILY:
        found = found.filter(
            equipment_id=task.equipment_id, licence_id=task.licence_id, station_id=task.station_id
        )
    else:
        found = found.filter(
            category=task.category, source=task.cadence, equipment=None, licence=None, station=None
        )
    return list(with_people(found)[:HAZARDS_SHOWN]), found.count()


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
