"""Factories of to-dos."""

from __future__ import annotations

from datetime import date, datetime

from config.clock import end_of
from duties.models import Task
from equipment.models import Equipment
from tests.factories.units import NOW


def task(
    machine: Equipment,
    day: date = date(2026, 11, 20),
    *,
    state: str = "todo",
    now: datetime = NOW,
    **fields: object,
) -> Task:
    """A daily to-do of a machine; done/missed/waived get the columns their state needs."""
    stamps: dict[str, object] = {}
    if state in {"done", "backfilled"}:
        stamps["completed_at"] = now
    if state in {"missed", "backfilled"}:
        stamps["missed_at"] = end_of(day)
    if state == "waived":
        stamps |= {"waived_at": now, "waive_reason": "设备停用"}
    return Task.objects.create(
        period_on=day,
        unit_id=machine.unit_id,
        kind="inspection",
        cadence="daily",
        level="officer",
        equipment=machine,
        category=machine.category,
        assignee=fields.pop("assignee", machine.officer),
        state=state,
        due_at=end_of(day),
        created_at=now,
        **{**stamps, **fields},
    )
