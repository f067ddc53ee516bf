"""The weekly reports and monthly minutes of the demo's story, and the principal's signature on them."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from config.clock import at
from duties import queries_reports
from duties.actions.report_drafts import PHOTO_PURPOSE
from duties.actions.reports import (
    MinutesText,
    WeeklyText,
    countersign,
    generate_minutes,
    sign_weekly_report,
)
from duties.enums import Evaluation, TaskKind
from duties.models import MonthlyMinutes, Task
from reports.demo.pictures import signature_strokes
from units.models import Signature, Staff
from units.roles import Role
from units.signatures import store_signature

if TYPE_CHECKING:
    from reports.demo.story import UnitStory

NEXT_WORK = (
    "督促各班组按清单完成日管控；跟踪待整改隐患；检查设备房钥匙管理和应急照明。",
    "组织一次困人救援演练；复核临近检验到期设备的报检情况。",
    "对雨季重点部位开展专项检查，补充警示标识。",
)
MEETINGS = (
    "听取安全总监本月管控情况汇报，研究待整改隐患，部署下月检验和培训工作。",
    "通报本月日管控、周排查完成情况，明确整改责任人和时限，安排应急演练。",
)


def write(story: UnitStory, task: Task, staff: Staff, now: datetime) -> None:
    """Hand in one weekly report or one set of minutes, as the phone would."""
    if task.kind == TaskKind.WEEKLY_REPORT:
        _report(story, task, staff, now)
    else:
        _minutes(story, task, staff, now)


def _report(story: UnitStory, task: Task, staff: Staff, now: datetime) -> None:
    proposed = queries_reports.proposed(task)
    risky = story.rng.random() < 0.2
    sign_weekly_report(
        task,
        said=WeeklyText(
            main_hazards=proposed.get("main_hazards") or "本周未发现需要上报的安全风险隐患。",
            last_week=proposed.get("last_week", ""),
            evaluation=Evaluation.AT_RISK if risky else Evaluation.CONTROLLED,
            next_work=story.rng.choice(NEXT_WORK),
        ),
        signature=lambda: _sign(story, staff, now),
        client_uuid=_uuid(story),
        actor=story.actor(staff),
        now=now,
    )


def _minutes(story: UnitStory, task: Task, staff: Staff, now: datetime) -> None:
    actor = story.actor(staff)
    generate_minutes(
        task,
        said=MinutesText(
            held_at=at(story.day, 9, 30), place="三楼会议室", summary=story.rng.choice(MEETINGS)
        ),
        photos=[story.photo(actor, PHOTO_PURPOSE, now - timedelta(minutes=2))],
        signature=lambda: _sign(story, staff, now),
        client_uuid=_uuid(story),
        actor=actor,
        now=now,
    )


def countersign_all(story: UnitStory, until: datetime) -> None:
    """The principal signs what a director generated, mostly on a later day."""
    principals = story.by_role.get(Role.PRINCIPAL)
    now = at(story.day, 16, 30)
    if not principals or now > until:
        return
    waiting = MonthlyMinutes.objects.filter(
        unit=story.unit, principal_signature=None, facts__needs_principal=True
    )
    for minutes in waiting.filter(received_at__lt=now).order_by("pk"):
        if story.rng.random() < 0.4:
            countersign(
                minutes,
                signature=lambda: _sign(story, principals[0], now),
                actor=story.actor(principals[0]),
                now=now,
            )


def _sign(story: UnitStory, staff: Staff, now: datetime) -> Signature:
    return store_signature(
        strokes_json=signature_strokes(story.rng), actor=story.actor(staff), now=now
    )


def _uuid(story: UnitStory) -> uuid.UUID:
    return uuid.UUID(int=story.rng.getrandbits(128), version=4)
