"""The numbers of to-dos: what closed periods came to (Tally), and the one query layer above them.

A period is tallied when it is closed (duties.closing); a change after that (补录) recounts its
group. Counting is a set-based statement each time, never a sum that is carried along.

`figures` is what every page that counts to-dos asks. It adds up three things in one query: tallies
of the periods that are closed, raw to-dos of those that are not (in normal running one period of
each cadence), and raw to-dos that stand open in a closed period (none in normal running: a day
generated late, not closed yet). So the numbers are right even when the generator stood still.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, IntegerField, Q, QuerySet, Sum, Value

from config.actor import Actor
from duties.completion import Completion, Numbers, where
from duties.enums import OPEN_STATES, Cadence
from duties.models import Tally, Task
from duties.periods import ONE_DAY, last_ended, period_starts
from units.models import Unit

# More periods than this are asked for as a range, not one by one.
MANY_PERIODS = 60


# ------------------------------------------------------------------ keeping tallies
COUNTS = """
    SELECT t.unit_id, t.period_on, t.cadence, t.kind, t.level, t.category,
           count(*) FILTER (WHERE t.state = 'done') AS on_time,
           count(*) FILTER (WHERE t.state = 'backfilled') AS backfilled,
           count(*) FILTER (WHERE t.state = 'missed') AS missed,
           count(*) FILTER (WHERE t.state = 'waived') AS waived
      FROM {source}
     GROUP BY t.unit_id, t.period_on, t.cadence, t.kind, t.level, t.category
"""

# Writes what is not there yet; what is there is only locked, and told.
_PUT = """
    WITH put AS (
        INSERT INTO duties_tally (unit_id, period_on, cadence, kind, level, category,
                                  on_time, backfilled, missed, waived)
        SELECT * FROM ({counts}) counted
         ORDER BY unit_id, period_on, cadence, kind, level, category
        ON CONFLICT ON CONSTRAINT tally_once DO UPDATE SET on_time = duties_tally.on_time
        RETURNING xmax <> 0 AS stood
    )
    SELECT count(*) FILTER (WHERE stood) FROM put
"""

_CORRECT = """
    UPDATE duties_tally y
       SET on_time = c.on_time, backfilled = c.backfilled, missed = c.missed, waived = c.waived
      FROM ({counts}) c
     WHERE (y.unit_id, y.period_on, y.cadence, y.kind, y.level, y.category)
           = (c.unit_id, c.period_on, c.cadence, c.kind, c.level, c.category)
       AND (y.on_time, y.backfilled, y.missed, y.waived)
           IS DISTINCT FROM (c.on_time, c.backfilled, c.missed, c.waived)
"""

_GROUP = """duties_task t
     WHERE t.unit_id = %(unit)s AND t.period_on = %(day)s AND t.cadence = %(cadence)s
       AND EXISTS (SELECT 1 FROM duties_task other
                    WHERE other.unit_id = %(unit)s AND other.period_on = %(day)s
                      AND other.cadence = %(cadence)s AND other.state IN ('missed', 'backfilled'))
"""


def settle(source: str, given: dict[str, object]) -> None:
    """Make the tallies of some to-dos right; `source` is FROM and WHERE over `duties_task t`.

    First the tallies are locked by writing those that are missing, then, if some stood already,
    they are counted again by a statement of its own: it sees what others committed while this
    transaction waited for their locks, so the last one to write never writes an old count. To-dos
    are always locked before tallies, and tallies in the order of their key.
    """
    counts = COUNTS.format(source=source)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PUT.format(counts=counts), given)
        if cursor.fetchone()[0]:
            cursor.execute(_CORRECT.format(counts=counts), given)


def recount(groups: Iterable[tuple[int, date, str]]) -> int:
    """Recount groups of (unit id, period_on, cadence) after a change in them; how many were asked.

    To be called last in the transaction of the change (补录). A group in which nothing was missed
    is not over yet, or all in it was done in time: it is left alone and counted when it closes.
    """
    asked = sorted(set(groups))
    for unit, day, cadence in asked:
        settle(_GROUP, {"unit": unit, "day": day, "cadence": cadence})
    return len(asked)


# ------------------------------------------------------------------ the query layer
def figures(
    actor: Actor,
    first: date,
    last: date,
    *,
    now: datetime,
    by: Sequence[str] = ("cadence",),
    units: QuerySet[Unit] | Collection[int] | None = None,
    cadences: Collection[str] = tuple(Cadence.values),
    **narrowed: str | Collection[str],
) -> dict[tuple[Any, ...], Numbers]:
    """Count the to-dos whose `period_on` lies from `first` to `last`, in two queries.

    Of the actor's unit or region, or of some `units` of it; `by` names what is told apart
    (unit_id, period_on, cadence, kind, level, category), `narrowed` is one value or several of
    kind, level, category. Groups without a to-do are absent.
    """
    scope = Unit.objects.for_actor(actor)
    if units is not None:
        scope = scope.filter(pk__in=units)
    narrow = Q()
    for column, value in narrowed.items():
        several = not isinstance(value, str)
        narrow &= Q(**{f"{column}__in" if several else column: value})
    parts = []
    for closed_until, regions in _horizons(scope).items():
        own = Q(unit__in=scope.filter(region__in=regions).order_by().values("pk"))
        parts += _parts(own & narrow, closed_until, cadences, (first, last), tuple(by), now)
    found: dict[tuple[Any, ...], Numbers] = defaultdict(Numbers)
    if parts:
        head, *others = parts
        for row in head.union(*others, all=True) if others else head:
            group, numbers = row[: len(by)], row[len(by) :]
            found[tuple(group)] += Numbers(*numbers)
    return {group: numbers for group, numbers in found.items() if numbers != Numbers()}


def _horizons(scope: QuerySet[Unit]) -> dict[date | None, list[str]]:
    """Until when what is closed: day -> districts; one day for all in normal running (one query)."""
    column = "region__generation_cursor__closed_until"
    found: dict[date | None, list[str]] = defaultdict(list)
    for region, closed_until in scope.order_by().values_list("region_id", column).distinct():
        found[closed_until].append(region)
    return found


def _parts(
    own: Q,
    closed_until: date | None,
    cadences: Collection[str],
    span: tuple[date, date],
    by: tuple[str, ...],
    now: datetime,
) -> list[QuerySet]:
    """The queries whose rows add up: tallies, raw to-dos of open periods, open ones of closed."""
    first, last = span
    closed, raw = Q(pk__in=[]), []
    for cadence in cadences:
        opens = first
        if closed_until is not None:
            ended = last_ended(cadence, closed_until)
            if ended >= first:
                closed |= Q(cadence=cadence, period_on__range=(first, min(last, ended)))
            opens = max(first, ended + ONE_DAY)
        asked = _asked(cadence, opens, last)
        if asked is not None:
            raw.append(_counted(Task.objects.filter(own & asked), by, now))
    if closed == Q(pk__in=[]):
        return raw
    left = Q(state__in=OPEN_STATES, due_at__lte=now)
    return [
        _summed(Tally.objects.filter(own & closed), by),
        *raw,
        _counted(Task.objects.filter(own & closed & left), by, now),
    ]


def _asked(cadence: str, first: date, last: date) -> Q | None:
    """The open periods of one cadence, one by one when they are few; None when there are none."""
    if (last - first).days > MANY_PERIODS and cadence == Cadence.DAILY:
        return Q(cadence=cadence, period_on__range=(first, last))
    days = list(period_starts(cadence, first, last))
    return Q(cadence=cadence, period_on__in=days) if days else None


def _counted(tasks: QuerySet[Task], by: tuple[str, ...], now: datetime) -> QuerySet:
    counts = [
        Count("pk", filter=where(one.value, now)) for one in Completion if one != Completion.OWED
    ]
    return _grouped(tasks, by, counts)


def _summed(tallies: QuerySet[Tally], by: tuple[str, ...]) -> QuerySet:
    nothing = Value(0, output_field=IntegerField())
    counts = [
        nothing if one == Completion.OPEN else Sum(F(one.value))
        for one in Completion
        if one != Completion.OWED
    ]
    return _grouped(tallies, by, counts)


def _grouped(rows: QuerySet, by: tuple[str, ...], counts: list[Any]) -> QuerySet:
    named = {f"number_{index}": count for index, count in enumerate(counts)}
    return rows.order_by().values(*by).annotate(**named).values_list(*by, *named)
