"""Reminding of what is due and escalating what was missed, each once a person (B107, B108).

Beat wakes both every hour; what is to be said is read from the to-dos, at any size:

1. Regions with one timetable are done together, their units in batches of BATCH keys.
2. One statement counts the to-dos of a batch per recipient; Python sees one row a person and day,
   never a to-do.
3. The messages of a batch are one INSERT. Its key is the event (what, which day) and the recipient,
   so a second, a parallel or a repeated run adds nothing, and one that was killed goes on.
4. A reminder that was not sent at its hour is sent until midnight; a morning's message until 20:00
   and on the next morning, the one to the principal for a week (duties.escalation_timetable). What
   has been made up meanwhile is no longer told.

Who is told of a miss: officer's to-do -> the directors whose scope covers it (else the principal);
director's -> the principal; principal's, machines without an officer, and whatever has nobody above
it -> the unit's account. After `principal_after_days` days the principal hears of what still stands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from config.clock import end_of, local_day
from duties import escalation_words as words
from duties.enums import OPEN_STATES, TaskState
from duties.escalation_timetable import Timetable, periods_ending, timetables
from duties.periods import period_of
from duties.pools import POOLS
from equipment import subjects
from units.models import Unit
from units.outbox import Letter, tell_many

BATCH = 2_000
FIELD_LINK = "/m/"
RECORDS_LINK = "/m/records/"
DESK_LINK = "/records/"
STILL_MISSED = (TaskState.MISSED.value, *OPEN_STATES)

# The to-dos of some units whose period ends at one moment.
_ENDING = """
    t.unit_id = ANY(%(units)s) AND t.period_on = ANY(%(periods)s) AND t.due_at = %(due)s
    AND t.state = ANY(%(states)s)
"""


def _counts(of: str) -> str:
    """The columns of escalation_words.COUNTED, counted over the to-dos of an alias."""
    return f"""
    count(*) AS total,
    count(*) FILTER (WHERE {of}.equipment_id IS NOT NULL) AS machines,
    count(*) FILTER (WHERE {of}.licence_id IS NOT NULL) AS licences,
    count(*) FILTER (WHERE {of}.station_id IS NOT NULL) AS stations,
    count(*) FILTER (WHERE {of}.kind = 'inspection' AND {of}.cadence = 'weekly') AS weekly,
    count(*) FILTER (WHERE {of}.kind = 'inspection' AND {of}.cadence = 'monthly') AS monthly,
    count(*) FILTER (WHERE {of}.kind = 'weekly_report') AS reports,
    count(*) FILTER (WHERE {of}.kind = 'monthly_minutes') AS minutes
"""


_DUE = f"""
    WITH due AS (SELECT t.* FROM duties_task t WHERE {_ENDING}),
    pool AS (
        SELECT * FROM jsonb_to_recordset(%(pools)s::jsonb)
            AS one (kind text, level text, unit_kind text, role text, is_scoped boolean)
    ), owed AS (
        SELECT d.id, d.assignee_id AS staff_id, FALSE AS is_pooled
          FROM due d WHERE d.assignee_id IS NOT NULL
        UNION
        SELECT d.id, s.id, TRUE
          FROM due d
          JOIN pool p ON p.kind = d.kind AND p.level = d.level
               AND (p.unit_kind IS NULL OR p.unit_kind = d.unit_kind)
          JOIN units_staff s ON s.unit_id = d.unit_id
          JOIN units_appointment a ON a.staff_id = s.id AND a.role = p.role
               AND a.period @> %(day)s::date
               AND (NOT p.is_scoped OR cardinality(a.categories) = 0
                    OR (%(categories)s::jsonb ->> d.category) = ANY(a.categories))
         WHERE d.assignee_id IS NULL AND d.owner_id IS NULL AND d.equipment_id IS NULL
           AND NOT EXISTS (SELECT 1 FROM duties_cover c
                            WHERE c.staff_id = s.id AND c.cancelled_at IS NULL
                              AND c.period @> %(day)s::date)
    )
    SELECT s.user_id, s.unit_id, TRUE AS by_sms, {_counts("d")},
           count(*) FILTER (WHERE d.state = 'awaiting_signature') AS unsigned,
           count(*) FILTER (WHERE o.is_pooled) AS pooled
      FROM owed o
      JOIN due d USING (id)
      JOIN units_staff s ON s.id = o.staff_id
     WHERE s.ended_on IS NULL
     GROUP BY s.user_id, s.unit_id
"""

_MISSED = f"""
    WITH missed AS (
        SELECT t.*, %(categories)s::jsonb ->> t.category AS duty
          FROM duties_task t WHERE {_ENDING}
    ), post AS (
        SELECT s.unit_id, s.user_id, a.role, a.categories
          FROM units_staff s
          JOIN units_appointment a ON a.staff_id = s.id AND a.period @> %(day)s::date
         WHERE s.unit_id = ANY(%(units)s) AND s.ended_on IS NULL
           AND a.role IN ('principal', 'safety_director', 'quality_director')
    ), directed AS (
        SELECT DISTINCT m.id, p.user_id
          FROM missed m
          JOIN post p ON p.unit_id = m.unit_id AND p.role = %(directors)s::jsonb ->> m.unit_kind
               AND (cardinality(p.categories) = 0 OR m.duty = ANY(p.categories))
    ), principal AS (
        SELECT unit_id, user_id FROM post WHERE role = 'principal'
    ), account AS (
        SELECT unit_id, id AS user_id FROM units_user
         WHERE unit_id = ANY(%(units)s) AND kind = 'unit' AND is_active
    ), placed AS (
        SELECT m.id, m.unit_id, m.level, m.assignee_id,
               m.equipment_id IS NOT NULL AND m.assignee_id IS NULL AS is_unbound,
               d.id IS NOT NULL AS has_director, p.unit_id IS NOT NULL AS has_principal
          FROM missed m
          LEFT JOIN (SELECT DISTINCT id FROM directed) d ON d.id = m.id
          LEFT JOIN (SELECT DISTINCT unit_id FROM principal) p ON p.unit_id = m.unit_id
    ), told AS ({{told}}),
    numbered AS (
        SELECT told.*, row_number() OVER (PARTITION BY user_id ORDER BY id) AS place FROM told
    )
    SELECT n.user_id, m.unit_id, n.by_sms, {_counts("m")},
           count(*) FILTER (WHERE m.equipment_id IS NOT NULL AND m.assignee_id IS NULL) AS unbound,
           jsonb_agg(jsonb_build_array(
               coalesce(e.name, l.number, st.name, ''), m.category, m.kind, m.cadence,
               coalesce(who.name, ''), m.equipment_id IS NOT NULL) ORDER BY m.id)
               FILTER (WHERE n.place <= {words.NAMES}) AS names
      FROM numbered n
      JOIN missed m USING (id)
      LEFT JOIN equipment_equipment e ON e.id = m.equipment_id AND n.place <= {words.NAMES}
      LEFT JOIN equipment_licence l ON l.id = m.licence_id AND n.place <= {words.NAMES}
      LEFT JOIN equipment_station st ON st.id = m.station_id AND n.place <= {words.NAMES}
      LEFT JOIN units_staff who ON who.id = m.assignee_id AND n.place <= {words.NAMES}
     GROUP BY n.user_id, m.unit_id, n.by_sms
"""

# The morning after: one step up.
_ONE_UP = """
    SELECT m.id, d.user_id, TRUE AS by_sms
      FROM placed m JOIN directed d ON d.id = m.id WHERE m.level = 'officer'
    UNION
    SELECT m.id, p.user_id, TRUE
      FROM placed m JOIN principal p ON p.unit_id = m.unit_id
     WHERE m.level = 'director' OR m.level = 'officer' AND NOT m.has_director
    UNION
    SELECT m.id, a.user_id, FALSE
      FROM placed m JOIN account a ON a.unit_id = m.unit_id
     WHERE m.level = 'principal' OR m.is_unbound
        OR NOT m.has_principal AND (m.level = 'director' OR NOT m.has_director)
"""
# Days later: the principal, whoever was told before.
_TO_PRINCIPAL = """
    SELECT m.id, p.user_id, TRUE AS by_sms
      FROM placed m JOIN principal p ON p.unit_id = m.unit_id WHERE m.level <> 'principal'
    UNION
    SELECT m.id, a.user_id, FALSE
      FROM placed m JOIN account a ON a.unit_id = m.unit_id
     WHERE m.level <> 'principal' AND NOT m.has_principal
"""
# Who missed it, inside the product alone.
_TO_ONESELF = """
    SELECT m.id, s.user_id, FALSE AS by_sms
      FROM placed m JOIN units_staff s ON s.id = m.assignee_id AND s.ended_on IS NULL
"""

Row = dict[str, Any]


@dataclass
class Told:
    """How many messages a run wrote anew, by what they are about."""

    due: int = 0
    own: int = 0
    missed: int = 0
    still_missed: int = 0

    def __add__(self, other: Told) -> Told:
        return Told(
            self.due + other.due,
            self.own + other.own,
            self.missed + other.missed,
            self.still_missed + other.still_missed,
        )

    def __str__(self) -> str:
        return (
            f"今日未完成提醒 {self.due} 条，漏检告知本人 {self.own} 条，"
            f"漏检上报 {self.missed} 条，多日未补录上报主要负责人 {self.still_missed} 条"
        )


@dataclass(frozen=True)
class _Event:
    """One kind of message about the to-dos whose period ends on `day`."""

    kind: str
    day: date
    statement: str
    states: tuple[str, ...]
    say: Callable[[Row], str]
    link: str


def remind_due(*, now: datetime) -> Told:
    """Tell everybody, from 16:00 on, of his to-dos that are due today and not done; once a day."""
    told, day = Told(), local_day(now)
    for table, regions in timetables().items():
        if table.reminds(now):
            event = _Event("due_today", day, _DUE, tuple(OPEN_STATES), words.due, FIELD_LINK)
            told.due += _send(event, regions, now=now)
    return told


def escalate(*, now: datetime) -> Told:
    """Tell, from 08:00 on, of what was missed yesterday and of what still stands after three days."""
    told = Told()
    for table, regions in timetables().items():
        if not table.escalates(now):
            continue
        for day in table.told_next_morning(now):
            told.own += _send(_own(table, day), regions, now=now)
            told.missed += _send(_one_up(table, day), regions, now=now)
        for day in table.told_the_principal(now):
            told.still_missed += _send(_to_principal(table, day, now), regions, now=now)
    return told


# ------------------------------------------------------------------ the events
def _own(table: Timetable, day: date) -> _Event:
    def say(row: Row) -> str:
        return words.own_missed(row, day, backfill_days=table.backfill_days)

    statement = _MISSED.format(told=_TO_ONESELF)
    return _Event("missed_own", day, statement, STILL_MISSED, say, FIELD_LINK)


def _one_up(table: Timetable, day: date) -> _Event:
    def say(row: Row) -> str:
        return words.missed(row, row["names"], day, backfill_days=table.backfill_days)

    statement = _MISSED.format(told=_ONE_UP)
    return _Event("missed", day, statement, STILL_MISSED, say, RECORDS_LINK)


def _to_principal(table: Timetable, day: date, now: datetime) -> _Event:
    full_days = (local_day(now) - day).days - 1  # an outage may have kept it for longer

    def say(row: Row) -> str:
        return words.still_missed(
            row,
            row["names"],
            day,
            days=full_days,
            closes_on=words.last_make_up_day(day, table.backfill_days),
        )

    statement = _MISSED.format(told=_TO_PRINCIPAL)
    return _Event("missed_still", day, statement, STILL_MISSED, say, RECORDS_LINK)


# ------------------------------------------------------------------ sending
def _send(event: _Event, regions: list[str], *, now: datetime) -> int:
    given = _given(event, now)
    told = 0
    for units in _batches(regions):
        with transaction.atomic():
            letters = [_letter(event, row) for row in _rows(event.statement, given | units)]
            told += tell_many(letters, kind=event.kind, now=now)
    return told


def _given(event: _Event, now: datetime) -> dict[str, Any]:
    return {
        "day": local_day(now),
        "due": end_of(event.day),
        "periods": periods_ending(event.day),
        "states": list(event.states),
        "categories": json.dumps({one.value: one.category for one in subjects.every()}),
        "directors": json.dumps({kind: str(role) for kind, role in subjects.DIRECTOR_OF.items()}),
        "pools": json.dumps(
            [
                {
                    "kind": str(one.kind),
                    "level": str(one.level),
                    "unit_kind": str(one.unit_kind) if one.unit_kind else None,
                    "role": str(one.role),
                    "is_scoped": one.is_scoped,
                }
                for one in POOLS
            ]
        ),
    }


def _batches(regions: list[str]) -> Iterator[dict[str, list[int]]]:
    """The keys of the units of some regions, BATCH at a time, in order."""
    last = 0
    found = Unit.objects.filter(region_id__in=regions).order_by("pk").values_list("pk", flat=True)
    while keys := list(found.filter(pk__gt=last)[:BATCH]):
        yield {"units": keys}
        last = keys[-1]


def _rows(statement: str, given: dict[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    for row in rows:
        if isinstance(row.get("names"), str):
            row["names"] = json.loads(row["names"])
    return rows


def _letter(event: _Event, row: Row) -> Letter:
    is_account = not row["by_sms"] and event.link != FIELD_LINK
    return Letter(
        user_id=row["user_id"],
        unit_id=row["unit_id"],
        text=event.say(row),
        dedupe_key=f"{event.kind}:{event.day}",
        link=_desk_link(row, event.day) if is_account else event.link,
        by_sms=row["by_sms"],
    )


def _desk_link(row: Row, day: date) -> str:
    """The list of what was missed, on the tab that shows most of it."""
    chosen = "daily"
    if not any(row[one] for one in ("machines", "licences", "stations")):
        chosen = "weekly" if row["weekly"] or row["reports"] else "monthly"
    first = period_of(chosen, day)
    return f"{DESK_LINK}?cadence={chosen}&completion=missed&date_from={first}&date_to={day}"
