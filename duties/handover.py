"""What a leaving person still has to do: open to-dos, which follow the machines they belong to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import Count

from config.actor import Actor
from config.words import cn_day
from duties.models import Task
from units.handover import Share
from units.models import Staff


def count(staff_ids: Collection[int]) -> Mapping[int, int]:
    """Open to-dos per person, zeros left out."""
    rows = Task.objects.open().filter(assignee_id__in=staff_ids).values("assignee_id")
    return {row["assignee_id"]: row["n"] for row in rows.annotate(n=Count("pk")).order_by()}


def lines(staff: Staff) -> list[str]:
    """The open to-dos, one line each: what, where it stands, until when."""
    open_ones = Task.objects.open().filter(assignee=staff).select_related("equipment")
    return [
        f"{task.equipment.name if task.equipment else task.get_kind_display()}"
        f"（{task.get_cadence_display()}，{task.get_state_display()}，{cn_day(task.period_on)}）"
        for task in open_ones.order_by("period_on", "id")
    ]


def move(staff: Staff, successor: Staff | None, *, actor: Actor, now: datetime) -> int:
    """Nothing is left to do here: to-dos moved with their machines (equipment.hooks, decision 7)."""
    return 0


SHARE = Share(name="tasks", label="未完成待办", measure="项", count=count, lines=lines, move=move)
