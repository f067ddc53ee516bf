"""Closing of periods: what is open behind its due time becomes 漏检, what is over is tallied.

Three callers may meet: the generator after each day, a person who opens an overdue to-do before the
sweep has come (duties.actions.draft), somebody who makes up a missed one (duties.tallies.recount).
All lock to-dos before tallies, so they wait for each other and none writes an old number.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from config.clock import local_day
from duties.enums import Cadence
from duties.models import GenerationCursor
from duties.tallies import last_ended, settle

# Groups in which something was missed outside the periods that end now (a day generated late).
_LATE_GROUPS = """
    CREATE TEMP TABLE IF NOT EXISTS duties_late_group
        (unit_id bigint, period_on date, cadence varchar) ON COMMIT DROP;
    TRUNCATE duties_late_group
"""

# Found by the partial index task_open_by_due: its size is what is open, not what there ever was.
_CLOSE = """
    WITH closed AS (
        UPDATE duties_task t SET state = 'missed', missed_at = %(now)s
         WHERE t.state IN ('todo', 'in_progress', 'awaiting_signature')
           AND t.due_at <= %(now)s AND {scope}
        RETURNING t.unit_id, t.period_on, t.cadence
    ), late AS (
        INSERT INTO duties_late_group
        SELECT DISTINCT unit_id, period_on, cadence FROM closed WHERE NOT ({ending})
    )
    SELECT count(*) FROM closed
"""

_SOURCE = """duties_task t
     WHERE {scope} AND t.cadence = '{cadence}'
       AND t.period_on > %(after_{cadence})s AND t.period_on <= %(until_{cadence})s
"""

_LATE_SOURCE = """duties_task t JOIN duties_late_group late
        ON (late.unit_id, late.period_on, late.cadence) = (t.unit_id, t.period_on, t.cadence)
"""

_BY_UNIT = "t.unit_id = ANY(%(units)s)"
_BY_REGION = "t.unit_id IN (SELECT id FROM units_unit WHERE region_id = ANY(%(regions)s))"
_ELSEWHERE = "t.unit_id IN (SELECT id FROM units_unit WHERE region_id <> ALL(%(regions)s))"


def close_expired(
    *, now: datetime, unit_ids: Iterable[int] | None = None, region_code: str | None = None
) -> int:
    """Turn every open to-do behind its due time into 漏检 and tally what is over; how many.

    For everybody, some units, or one district. A district's periods that ended since the day its
    cursor says, and whose days are all generated (`generated_until`), are tallied and the cursor's
    `closed_until` moves on; nobody else writes it. Without a cursor only the groups that had
    something open are tallied. Repeatable: a second run finds nothing. Joins the caller's
    transaction if there is one.
    """
    with transaction.atomic():
        if unit_ids is not None:
            return _close(_BY_UNIT, {"units": list(unit_ids)}, [], now=now)
        cursors = GenerationCursor.objects.select_for_update().order_by("region_id")
        if region_code is not None:
            cursors = cursors.filter(region_id=region_code)
        known = list(cursors)
        number = 0
        for one in known:
            number += _close_district(one, now=now)
        named = [one.region_id for one in known]
        if region_code is None:
            number += _close(_ELSEWHERE, {"regions": named}, [], now=now)
        elif not known:
            number += _close(_BY_REGION, {"regions": [region_code]}, [], now=now)
    return number


def _close_district(cursor: GenerationCursor, *, now: datetime) -> int:
    until = local_day(now) - timedelta(days=1)
    if cursor.generated_until is not None:
        until = min(until, cursor.generated_until)
    given: dict[str, object] = {"regions": [cursor.region_id]}
    ending = []
    if cursor.generated_until is not None and _is_behind(cursor, until):
        for cadence in Cadence.values:
            last = last_ended(cadence, until)
            after = date.min
            if cursor.closed_until is not None:
                after = last_ended(cadence, cursor.closed_until)
            if after < last:
                given |= {f"after_{cadence}": after, f"until_{cadence}": last}
                ending.append(cadence)
    number = _close(_BY_REGION, given, ending, now=now)
    if ending:
        cursor.closed_until = until
        cursor.save(update_fields=["closed_until"])
    return number


def _is_behind(cursor: GenerationCursor, until: date) -> bool:
    return cursor.closed_until is None or cursor.closed_until < until


def _close(scope: str, given: dict[str, object], ending: list[str], *, now: datetime) -> int:
    """Close what is due in one scope, then tally the cadences that end and what is late."""
    given = {"now": now, **given}
    is_ending = [
        f"cadence = '{one}' AND period_on > %(after_{one})s AND period_on <= %(until_{one})s"
        for one in ending
    ]
    with connection.cursor() as cursor:
        cursor.execute(_LATE_GROUPS)
        cursor.execute(_CLOSE.format(scope=scope, ending=" OR ".join(is_ending) or "FALSE"), given)
        number = int(cursor.fetchone()[0])
        cursor.execute("SELECT EXISTS (SELECT 1 FROM duties_late_group)")
        is_late = cursor.fetchone()[0]
    for one in ending:
        settle(_SOURCE.format(scope=scope, cadence=one), given)
    if is_late:
        settle(_LATE_SOURCE, given)
    return number
