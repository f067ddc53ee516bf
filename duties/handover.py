"""What a leaving person still has to do: open to-dos, which follow the machines they belong to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import Count

from config.actor import Actor
from config.words import cn_day
from duties.enums import TaskKind
from duties.models import Task
from units.handover import Share
from units.models import Staff


def count(staff_ids: Collection[int]) -> Mapping[int, int]:
    """Open to-dos per person, zeros left out."""
    rows = Task.objects.open().filter(assignee_id__in=staff_ids).values("assignee_id")
    return {row["assignee_id"]: row["n"] for row in rows.annotate(n=Count("pk")).order_by()}


def lines(staff: Staff) -> list[str]:
    """The open to-dos, one line each: what, which period, where it stands, what becomes of it."""
    open_ones = Task.objects.open().filter(assignee=staff)
    subjects = open_ones.select_related("equipment", "licence__family", "station")
    return [
        f"{task.subject_name}（{_what(task)}，{task.get_state_display()}，{cn_day(task.period_on)}）"
        for task in subjects.order_by("period_on", "id")
    ]


def _what(task: Task) -> str:
    is_round = task.kind == TaskKind.INSPECTION
    what = str(task.get_cadence_display() if is_round else task.get_kind_display())
    if task.stands_in_for_id is not None:
        return f"{what}，代班"
    return f"{what}，本人" if task.owner_id is not None else what


def move(staff: Staff, successor: Staff | None, *, actor: Actor, now: datetime) -> int:
    """Nothing is left to do here: generation follows what moved (equipment.hooks, units.hooks).

    Daily to-dos go with their machines, licences and stations, those claimed from a pool back into
    it, a principal's or director's to whoever holds the post; what only this person owed is waived
    with its reason (decision 7).
    """
    return 0


SHARE = Share(name="tasks", label="未完成待办", measure="项", count=count, lines=lines, move=move)
