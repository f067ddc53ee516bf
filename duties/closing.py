"""Closing of periods: what is open behind its due time becomes 漏检, what is over is tallied.

Three callers may meet: the generator after each day, a person who opens an overdue to-do before the
sweep has come (duties.actions.draft), somebody who makes up a missed one (duties.tallies.recount).
All lock to-dos before tallies, so they wait for each other and none writes an old number.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Least

from config.clock import end_of, local_day
from duties.enums import Cadence
from duties.models import GenerationCursor, Task
from duties.periods import last_ended
from duties.tallies import settle
from units.models import Unit

# Groups in which something was missed outside the periods that end now (a day generated late).
_LATE_GROUPS = """
    CREATE TEMP TABLE IF NOT EXISTS duties_late_group
        (unit_id bigint, period_on date, cadence varchar) ON COMMIT DROP;
    TRUNCATE duties_late_group
"""

# Found by the partial index task_open_by_due: its size is what is open, not what there ever was.
# Locked in the order of their keys, as everybody locks several to-dos. Arrays and no joins: the
# planner would read the whole table for every district.
_CLOSE = """
    WITH late_ones AS (
        SELECT t.id FROM duties_task t
         WHERE t.state IN ('todo', 'in_progress', 'awaiting_signature')
           AND t.due_at <= %(now)s AND {scope}
         ORDER BY t.id FOR NO KEY UPDATE
    ), closed AS (
        UPDATE duties_task t SET state = 'missed', missed_at = %(now)s
         WHERE t.id = ANY(ARRAY(SELECT id FROM late_ones))
        RETURNING t.unit_id, t.period_on, t.cadence
    ), noted AS (
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
_BY_REGION = "t.unit_id = ANY(ARRAY(SELECT id FROM units_unit WHERE region_id = ANY(%(regions)s)))"


def close_expired(
    *, now: datetime, unit_ids: Iterable[int] | None = None, region_code: str | None = None
) -> int:
    """Turn every open to-do behind its due time into 漏检 and tally what is over; how many.

    For everybody, some units, or one district. In a district only what was due by the end of the
    last generated day is closed: a later day may waive it. Its periods that ended since the day its
    cursor says, and whose days are all generated (`generated_until`), are tallied and the cursor's
    `closed_until` moves on; nobody else writes it. Without a cursor only the groups that had
    something open are tallied. Repeatable: a second run finds nothing. A transaction a district,
    or the caller's if there is one.
    """
    if unit_ids is not None:
        return _close(_BY_UNIT, {"units": list(unit_ids)}, [], now=now)
    regions = [region_code] if region_code is not None else _regions_behind(now)
    return sum(_close_region(region, now=now) for region in regions)


def _regions_behind(now: datetime) -> list[str]:
    """The districts where something is to be closed or tallied, in a fixed order (two queries)."""
    yesterday = local_day(now) - timedelta(days=1)
    due = Task.objects.open().filter(due_at__lte=now).order_by()
    due_units = Unit.objects.filter(pk__in=due.values("unit_id"))
    behind = GenerationCursor.objects.filter(generated_until__isnull=False).filter(
        Q(closed_until=None) | Q(closed_until__lt=Least(F("generated_until"), Value(yesterday)))
    )
    found = {*due_units.values_list("region_id", flat=True).distinct()}
    return sorted(found | {*behind.values_list("region_id", flat=True)})


def _close_region(region_code: str, *, now: datetime) -> int:
    """One district in a transaction of its own; its cursor is locked, and moved by nobody else."""
    with transaction.atomic():
        found = GenerationCursor.objects.select_for_update().filter(region_id=region_code).first()
        if found is None or found.generated_until is None:
            return _close(_BY_REGION, {"regions": [region_code]}, [], now=now)
        return _close_district(found, now=now)


def _close_district(cursor: GenerationCursor, *, now: datetime) -> int:
    until = min(local_day(now) - timedelta(days=1), cursor.generated_until)
    given: dict[str, object] = {"regions": [cursor.region_id]}
    is_behind = cursor.closed_until is None or cursor.closed_until < until
    ending = []
    for cadence in Cadence.values if is_behind else ():
        last = last_ended(cadence, until)
        after = date.min
        if cursor.closed_until is not None:
            after = last_ended(cadence, cursor.closed_until)
        if after < last:
            given |= {f"after_{cadence}": after, f"until_{cadence}": last}
            ending.append(cadence)
    # What is due on a day not generated yet waits: by then it may be owed no longer.
    number = _close(_BY_REGION, given, ending, now=min(now, end_of(cursor.generated_until)))
    if is_behind:
        cursor.closed_until = until
        cursor.save(update_fields=["closed_until"])
    return number


def _close(scope: str, given: dict[str, object], ending: list[str], *, now: datetime) -> int:
    """Close what is due in one scope, then tally the cadences that end and what is late."""
    given = {"now": now, **given}
    is_ending = [
        f"cadence = '{one}' AND period_on > %(after_{one})s AND period_on <= %(until_{one})s"
        for one in ending
    ]
    with transaction.atomic(), connection.cursor() as cursor:
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
