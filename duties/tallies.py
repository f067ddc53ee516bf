"""Tallies: what a closed period came to per unit and category (Tally), and who keeps them right.

A period is tallied when it is closed (duties.closing); a change after that (补录) recounts its
group. Counting is one set-based statement each time, never a sum that is carried along.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import connection

# One tally group is locked by whoever recounts it, so that two 补录 do not overwrite each other.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7404))"

_RECOUNT = """
    INSERT INTO duties_tally (unit_id, period_on, cadence, kind, level, category,
                              on_time, backfilled, missed, waived)
    SELECT unit_id, period_on, cadence, kind, level, category,
           count(*) FILTER (WHERE state = 'done'),
           count(*) FILTER (WHERE state = 'backfilled'),
           count(*) FILTER (WHERE state = 'missed'),
           count(*) FILTER (WHERE state = 'waived')
      FROM duties_task
     WHERE unit_id = %(unit)s AND period_on = %(day)s AND cadence = %(cadence)s
     GROUP BY unit_id, period_on, cadence, kind, level, category
    ON CONFLICT ON CONSTRAINT tally_once DO UPDATE
       SET on_time = excluded.on_time, backfilled = excluded.backfilled,
           missed = excluded.missed, waived = excluded.waived
"""

_IS_TALLIED = """
    SELECT EXISTS (SELECT 1 FROM duties_tally
                    WHERE unit_id = %(unit)s AND period_on = %(day)s AND cadence = %(cadence)s)
"""


def recount(groups: Iterable[tuple[int, date, str]]) -> int:
    """Recount closed groups of (unit id, period_on, cadence) after a change in them; how many.

    A group that was never tallied is still open: it is left alone and counted when it closes. Runs
    in the caller's transaction, which holds the group's lock until it ends.
    """
    done = 0
    with connection.cursor() as cursor:
        for unit, day, cadence in sorted(set(groups)):
            given = {"unit": unit, "day": day, "cadence": cadence}
            cursor.execute(_LOCK, [f"tally:{unit}:{day}:{cadence}"])
            cursor.execute(_IS_TALLIED, given)
            if not cursor.fetchone()[0]:
                continue
            cursor.execute(_RECOUNT, given)
            done += 1
    return done
