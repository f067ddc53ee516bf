"""What a scan of a machine's code says of today's check, and where its officer goes on (F37)."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from config.actor import Actor
from config.clock import local_day
from duties.enums import OPEN_STATES, Cadence, TaskKind, TaskState
from duties.models import Task
from equipment.enums import UseStatus
from equipment.models import Equipment
from equipment.public_facts import Door, Fact

LABEL = "今日安全检查"
OUT_OF_USE = (UseStatus.STOPPED, UseStatus.SCRAPPED)


def todays_check(equipment: Equipment, now: datetime) -> list[Fact]:
    """Whether today's daily check of a machine is done; who did it is nobody's business here."""
    task = _of_today(equipment, now)
    if task is not None and task.state in (TaskState.DONE, TaskState.BACKFILLED):
        return [Fact(LABEL, word="已完成", kind="done")]
    if equipment.status in OUT_OF_USE:
        return [
            Fact(LABEL, word=f"设备已{equipment.get_status_display()}，请勿使用", kind="danger")
        ]
    if task is None:
        return [Fact(LABEL, word="今日没有检查安排")]
    if task.state == TaskState.WAIVED:
        return [Fact(LABEL, word="今日免检")]
    return [Fact(LABEL, word="尚未完成", kind="late")]


def todays_door(equipment: Equipment, actor: Actor, now: datetime) -> list[Door]:
    """The officer's to-do of this machine for today: to begin, to go on with, or to look at."""
    task = _of_today(equipment, now)
    if task is None or actor.staff_id is None or task.assignee_id != actor.staff_id:
        return []
    label = "开始今日巡查" if task.state in OPEN_STATES else "查看今日巡查"
    return [Door(label, reverse("duties:task", args=[task.code]))]


def _of_today(equipment: Equipment, now: datetime) -> Task | None:
    return Task.objects.filter(
        equipment=equipment,
        period_on=local_day(now),
        cadence=Cadence.DAILY,
        kind=TaskKind.INSPECTION,
    ).first()
