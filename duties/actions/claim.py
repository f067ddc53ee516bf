"""Who may work on a to-do now, said in words; taking one from its pool (decisions 4, 8, 9)."""

from __future__ import annotations

from datetime import datetime

from config.actor import Actor
from config.clock import SHANGHAI
from config.errors import RuleBroken
from config.workflow import lock
from duties import generation, pools
from duties.enums import TaskState
from duties.models import Task
from duties.queries import backfill_closes_at, is_missed
from units import audit
from units.models import Staff


def claim(task: Task, *, actor: Actor, now: datetime) -> Task:
    """Lock a to-do and return it as it now is, if this actor may work on it.

    One of a pool becomes his with the first thing he writes (audited); of two who start at once the
    second is told who has it. One that has run past its due time becomes 漏检 here already, before
    the sweep, so that nothing sent after 24:00 counts as on time (closing comes before the lock:
    two people of a unit must not wait for each other's rows). Raises RuleBroken in words otherwise:
    just_expired, and what `refuse_unless_workable` says.
    """
    close_if_expired(task, now=now)
    fresh = lock(task)
    refuse_expired(fresh, now=now)
    refuse_unless_workable(fresh, actor=actor, now=now)
    take(fresh, actor=actor, now=now)
    return fresh


def take(task: Task, *, actor: Actor, now: datetime) -> None:
    """Give a free to-do, which the caller has locked, to whoever starts it. Repeatable."""
    if not pools.is_free(task):
        return
    before = task.assignee.name if task.assignee_id else ""
    task.assignee_id = actor.staff_id
    task.save(update_fields=["assignee"])
    audit.record(
        actor,
        audit.Verb.TASK_CLAIMED,
        task,
        now=now,
        before={"assignee": before},
        after={"assignee": actor.name, "period_on": task.period_on},
    )


def close_if_expired(task: Task, *, now: datetime) -> None:
    """Let the to-dos of a unit that ran past their due time become 漏检 before the sweep comes."""
    if task.is_open and task.due_at <= now:
        generation.close_unit(task.unit_id, now=now)


def refuse_expired(task: Task, *, now: datetime) -> None:
    """A to-do that expired between closing and the lock: the page has to be loaded again."""
    if task.is_open and task.due_at <= now:
        raise RuleBroken("just_expired", "该待办刚刚超过截止时间，请刷新页面后补录。")


def refuse_unless_workable(
    task: Task, *, actor: Actor, now: datetime, is_employed: bool | None = None
) -> None:
    """Say in words why this actor cannot work on a to-do; nothing if he can (no lock taken).

    `is_employed` spares the look at the employment where the caller has it. Raises RuleBroken:
    already_done, waived, not_yours (403), deregistered, backfill_closed.
    """
    if task.state in {TaskState.DONE, TaskState.BACKFILLED}:
        who = f"由{task.inspection.performer_name}" if hasattr(task, "inspection") else ""
        raise RuleBroken(
            "already_done", f"该待办已{who}于 {_at(task.completed_at)} 提交，不能再次填写。"
        )
    if task.state == TaskState.WAIVED:
        raise RuleBroken("waived", f"该待办已免检（{task.waive_reason}），不用再填写。")
    is_his = actor.staff_id is not None and task.assignee_id == actor.staff_id
    if not is_his and not pools.may_claim(task, actor):
        raise RuleBroken("not_yours", _whose(task), status=403)
    if is_employed is None:
        is_employed = Staff.objects.employed().filter(pk=actor.staff_id).exists()
    if not is_employed:
        raise RuleBroken("deregistered", "您已从本单位注销，不能再提交；请联系单位管理员。")
    if is_missed(task, now) and now >= backfill_closes_at(task):
        raise RuleBroken("backfill_closed", "补录期限已过，该待办按漏检保存，不能再补录。")


def _whose(task: Task) -> str:
    """Whose to-do it is instead, and since when he has it."""
    takers = pools.takers(task)
    if task.assignee_id is None:
        if not takers:
            return "该设备未绑定安全员，请本单位管理员先绑定安全员。"
        return f"该待办由本单位{takers}开始后负责，您现在没有这项身份或不在分管范围内，不能填写。"
    if takers and task.started_at:
        return f"该待办已由{task.assignee.name}于 {_at(task.started_at)} 开始，您不能填写。"
    stands_in = f"代{task.stands_in_for.name}" if task.stands_in_for_id else ""
    return f"该待办现由{task.assignee.name}{stands_in}负责，您不能填写。"


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%m月%d日 %H:%M}"
