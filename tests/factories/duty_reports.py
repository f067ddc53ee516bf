"""Weekly reports and monthly minutes as people hand them in: to-dos, words, signatures, records."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from config.actor import Actor
from config.clock import at
from duties.actions.report_drafts import PHOTO_PURPOSE
from duties.actions.reports import (
    MinutesText,
    WeeklyText,
    generate_minutes,
    sign_weekly_report,
)
from duties.models import MonthlyMinutes, Task, WeeklyReport
from tests.factories import duties as tasks
from tests.factories import pictures
from tests.world import NOW, TODAY
from units.models import Photo, Signature, Staff, Unit
from units.photos import store_photo
from units.signatures import store_signature

# The cast's TODAY is a Friday: the Monday of its week, and the Monday of the week reported on.
MONDAY, LAST_MONDAY = date(2026, 11, 16), date(2026, 11, 9)
MEETING = at(date(2026, 11, 19), 14, 30)


def weekly_task(
    unit: Unit, who: Staff | None, category: str = "lift", day: date = TODAY, **fields: Any
) -> Task:
    """A director's weekly report to write; without `who` a pool, level principal as asked."""
    given = {"level": "director", "owner": who, "assignee": who, **fields}
    return tasks.task(unit, day, cadence="weekly", category=category, kind="weekly_report", **given)


def monthly_task(unit: Unit, category: str = "lift", day: date = TODAY, **fields: Any) -> Task:
    """The monthly minutes of a category: a pool of directors and principals."""
    given = {"level": "principal", **fields}
    return tasks.task(
        unit, day, cadence="monthly", category=category, kind="monthly_minutes", **given
    )


def said(**fields: str) -> WeeklyText:
    values = {
        "main_hazards": "门锁触点磨损，已更换。",
        "evaluation": "controlled",
        "next_work": "检查㛃记大厦电梯底坑",
        "last_week": "上周问题均已整改。",
    }
    return WeeklyText(**{**values, **fields})


def held(**fields: Any) -> MinutesText:
    return MinutesText(**{"held_at": MEETING, "place": "三楼会议室", **fields})


def ink(actor: Actor, now: datetime = NOW) -> Signature:
    return store_signature(strokes_json=pictures.strokes(), actor=actor, now=now)


def page(actor: Actor, colour: str = "#2060c0", now: datetime = NOW) -> Photo:
    """A photographed page of minutes."""
    return store_photo(
        pictures.upload(pictures.jpeg(300, 400, colour)),
        unit_id=actor.unit_id,
        client_uuid=uuid.uuid4(),
        purpose=PHOTO_PURPOSE,
        actor=actor,
        now=now,
    )


def weekly(
    task: Task, actor: Actor, *, now: datetime = NOW, client_uuid: Any = None, **words: str
) -> WeeklyReport:
    return sign_weekly_report(
        task,
        said=said(**words),
        signature=lambda: ink(actor, now),
        client_uuid=client_uuid or uuid.uuid4(),
        actor=actor,
        now=now,
    )


def minutes(
    task: Task,
    actor: Actor,
    *,
    now: datetime = NOW,
    photos: list[Photo] | None = None,
    client_uuid: Any = None,
    **words: Any,
) -> MonthlyMinutes:
    return generate_minutes(
        task,
        said=held(**words),
        photos=[page(actor, now=now)] if photos is None else photos,
        signature=lambda: ink(actor, now),
        client_uuid=client_uuid or uuid.uuid4(),
        actor=actor,
        now=now,
    )
