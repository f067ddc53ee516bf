"""Transitions of a to-do (decision 8); the closing of a period is a set-based statement."""

from __future__ import annotations

from typing import Any

from config.actor import Actor
from config.workflow import Transition
from duties.enums import OPEN_STATES, TaskState


def is_assignee(task: Any, actor: Actor) -> bool:
    """Only who is to do it now may work on it."""
    return actor.staff_id is not None and task.assignee_id == actor.staff_id


def is_system(task: Any, actor: Actor) -> bool:
    """Waiving follows from another action (a machine released or stopped), never from a button."""
    return actor.kind != "anonymous"


def _states(*states: TaskState) -> frozenset[str]:
    return frozenset(map(str, states))


TRANSITIONS = (
    Transition(
        "start",
        _states(TaskState.TODO),
        TaskState.IN_PROGRESS.value,
        "开始巡查",
        is_assignee,
        stamps="started",
        refused="该待办已经开始或已结束。",
    ),
    Transition(
        "finish",
        _states(TaskState.TODO, TaskState.IN_PROGRESS, TaskState.AWAITING_SIGNATURE),
        TaskState.AWAITING_SIGNATURE.value,
        "立即提交",
        is_assignee,
        stamps="finished",
        refused="该待办已经完成或已超过截止时间。",
    ),
    Transition(
        "reopen",
        _states(TaskState.AWAITING_SIGNATURE),
        TaskState.IN_PROGRESS.value,
        "返回修改",
        is_assignee,
    ),
    Transition(
        "complete",
        _states(TaskState.AWAITING_SIGNATURE),
        TaskState.DONE.value,
        "签名提交",
        is_assignee,
        stamps="completed",
        refused="该待办不是待签名状态，不能提交。",
    ),
    Transition(
        "file",
        _states(TaskState.TODO, TaskState.IN_PROGRESS),
        TaskState.DONE.value,
        "提交报告",
        is_assignee,
        stamps="completed",
        refused="该报告已经提交或已超过截止时间。",
    ),
    Transition(
        "backfill",
        _states(TaskState.MISSED),
        TaskState.BACKFILLED.value,
        "补录",
        is_assignee,
        stamps="completed",
        refused="该待办不是漏检状态，不能补录。",
    ),
    Transition(
        "waive",
        frozenset(map(str, OPEN_STATES)),
        TaskState.WAIVED.value,
        "免检",
        is_system,
        stamps="waived",
    ),
)
