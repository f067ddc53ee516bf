"""Cylinders that fall due: 待检 set by the sweep, units told once a day (domain 6.4).

1. What is in use and overdue becomes 待检, with an event each and one audit row a unit. In blocks: each
   is one transaction and skips what somebody else holds, so a sweep that dies is simply begun again.
2. A unit with cylinders that fall due within 30 days, are overdue, or come to the end of their life
   within 90 days gets one message a day with the counts and the way to the list. The dedupe key names
   unit and day: a second run tells nobody. Nothing is sent for each cylinder.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.urls import reverse

from config.actor import SYSTEM
from config.clock import local_day
from cylinders.enums import IN_USE, CylinderState, EventKind
from cylinders.queries_archive import GONE, OVERDUE, PAST
from cylinders.standing import INSPECTION_SOON_DAYS, LIFE_SOON_DAYS
from units import outbox
from units.audit import Verb, record
from units.models import User

KIND = "cylinder.due"
BLOCK = 5_000
LETTERS = 1_000
REASON = "检验到期，系统转入待检"

_FALL_DUE = """
    WITH due AS (
        SELECT id, state FROM cylinders_cylinder
         WHERE state = ANY(%(in_use)s) AND next_inspection_on < %(day)s
         ORDER BY id LIMIT %(block)s FOR NO KEY UPDATE SKIP LOCKED
    ), moved AS (
        UPDATE cylinders_cylinder c SET state = %(due)s, version = c.version + 1
          FROM due WHERE c.id = due.id
        RETURNING c.id, c.unit_id, due.state AS was
    ), told AS (
        INSERT INTO cylinders_cylinderevent
               (cylinder_id, kind, before, after, reason, happened_on, actor_name, at)
        SELECT id, %(kind)s, jsonb_build_object('状态', %(labels)s::jsonb ->> was),
               jsonb_build_object('状态', %(label)s::text), %(reason)s, %(day)s, %(actor)s, %(now)s
          FROM moved
    )
    SELECT unit_id, count(*) FROM moved GROUP BY unit_id ORDER BY unit_id
"""
# A cylinder may stand in several of the counts.
_COUNTS = """
    SELECT unit_id,
           count(*) FILTER (WHERE next_inspection_on < %(day)s),
           count(*) FILTER (WHERE next_inspection_on BETWEEN %(day)s AND %(soon)s),
           count(*) FILTER (WHERE ends_on < %(day)s),
           count(*) FILTER (WHERE ends_on BETWEEN %(day)s AND %(life_soon)s)
      FROM cylinders_cylinder
     WHERE state <> ALL(%(gone)s) AND (next_inspection_on <= %(soon)s OR ends_on <= %(life_soon)s)
     GROUP BY unit_id ORDER BY unit_id
"""


@dataclass(frozen=True)
class Counts:
    """How many cylinders of a unit wait for what."""

    unit_id: int
    overdue: int
    due_soon: int
    past_life: int
    life_soon: int


@dataclass(frozen=True)
class Told:
    """What one run did: cylinders moved into 待检, units told anew."""

    moved: int
    units: int


def remind(*, now: datetime) -> Told:
    """Move what is overdue into 待检 and tell the units; safe to repeat."""
    day = local_day(now)
    return Told(moved=fall_due(now=now), units=tell_units(day, now=now))


def fall_due(*, now: datetime) -> int:
    """Cylinders in use whose inspection day has passed become 待检; returns how many."""
    day = local_day(now)
    total = 0
    while moved := _fall_due(day, now):
        total += moved
    return total


@transaction.atomic
def _fall_due(day: date, now: datetime) -> int:
    given = {
        "in_use": [state.value for state in IN_USE],
        "due": CylinderState.DUE.value,
        "label": CylinderState.DUE.label,
        "labels": _labels(),
        "kind": EventKind.MOVED.value,
        "reason": REASON,
        "actor": SYSTEM.name,
        "block": BLOCK,
        "day": day,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FALL_DUE, given)
        rows = cursor.fetchall()
    for unit_id, number in rows:
        record(
            SYSTEM,
            Verb.CYLINDER_MOVED,
            f"cylinders.cylinder:{day}",
            now=now,
            unit_id=unit_id,
            after={"状态": CylinderState.DUE.label, "数量": number, "reason": REASON},
        )
    return sum(number for _unit_id, number in rows)


def _labels() -> str:
    return json.dumps({state.value: str(state.label) for state in CylinderState})


def counts(day: date) -> list[Counts]:
    """What waits in every unit, in one query; units with nothing are left out."""
    given = {
        "day": day,
        "soon": day + timedelta(days=INSPECTION_SOON_DAYS),
        "life_soon": day + timedelta(days=LIFE_SOON_DAYS),
        "gone": [state.value for state in GONE],
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, given)
        return [Counts(*row) for row in cursor.fetchall()]


def tell_units(day: date, *, now: datetime) -> int:
    """One message a unit and day in the product; returns how many accounts were told anew."""
    waiting = {one.unit_id: one for one in counts(day)}
    accounts = User.objects.filter(
        kind=User.Kind.UNIT, is_active=True, unit_id__in=list(waiting)
    ).order_by("pk")
    letters = [
        outbox.Letter(
            user_id=pk,
            unit_id=unit_id,
            text=sentence(waiting[unit_id]),
            dedupe_key=f"{KIND}:{unit_id}:{day:%Y%m%d}",
            link=link(waiting[unit_id]),
            by_sms=False,
        )
        for pk, unit_id in accounts.values_list("pk", "unit_id")
    ]
    return sum(
        outbox.tell_many(letters[start : start + LETTERS], kind=KIND, now=now)
        for start in range(0, len(letters), LETTERS)
    )


def sentence(one: Counts) -> str:
    """What the message says: only what there is."""
    parts = [
        f"检验已超期 {one.overdue} 只（不得充装，请送检）" if one.overdue else "",
        f"{INSPECTION_SOON_DAYS} 天内到期检验 {one.due_soon} 只" if one.due_soon else "",
        f"使用年限已届满 {one.past_life} 只（不得充装，请报废）" if one.past_life else "",
        f"{LIFE_SOON_DAYS} 天内使用年限届满 {one.life_soon} 只" if one.life_soon else "",
    ]
    return f"气瓶提醒：{'；'.join(filter(None, parts))}。"


def link(one: Counts) -> str:
    """The list that shows the worst of it."""
    asked = (
        f"due={OVERDUE}"
        if one.overdue
        else f"life={PAST}"
        if one.past_life
        else f"due={INSPECTION_SOON_DAYS}"
        if one.due_soon
        else f"life={LIFE_SOON_DAYS}"
    )
    return f"{reverse('cylinders:cylinder-list')}?{asked}"
