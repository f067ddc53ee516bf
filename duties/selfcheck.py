"""The nightly self-check: do the to-dos that stand in the table agree with the rule? (D1)

For the last 35 days every unit's rows are compared with `duties.calendar.owed` over its dated facts.
A daily to-do is judged by the facts of its day, a weekly or monthly one by those of the last day of
its period (or of today, while it runs). What is missing or too much is said in words. Where a fact
was written down after the day it is about, the difference is 事后变更 and no error.

Units are read in batches and rows come as bit masks, one bit a period: memory stays the same
however many units there are.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import connection
from django.db.models import Min

from config.clock import first_of_month, local_day, monday_of
from config.words import cn_day
from duties import selfcheck_words as words
from duties.calendar import DAILY, MONTHLY, WEEKLY, Assignee, Key, owed
from duties.dated_facts import Span, UnitFacts
from duties.facts import load
from duties.models import GenerationCursor, GenerationRun, SelfCheck
from duties.periods import last_day
from units.models import Unit, User
from units.outbox import tell_user

DAYS = 35
BATCH = 500
LINES = 300
# A key of decision 7 without unit and period_on: kind, cadence, level, category, equipment,
# licence, station, owner. A daily to-do is known by its machine, licence or station alone: its
# category is left out, for that of a machine is no dated fact.
Shape = tuple[Any, ...]

_SHAPE = """
    kind, cadence, level, CASE WHEN cadence = 'daily' THEN '' ELSE category END,
           equipment_id, licence_id, station_id, owner_id"""

_ROWS = f"""
    SELECT unit_id, {_SHAPE},
           bit_or(CASE WHEN state = 'waived' THEN 0 ELSE bit END) AS held,
           bit_or(CASE WHEN state IN ('waived', 'done', 'backfilled') THEN 0 ELSE bit END) AS undone
      FROM (SELECT *, 1::bigint << (CASE cadence
                          WHEN 'daily' THEN period_on - %(first)s::date
                          WHEN 'weekly' THEN (period_on - %(monday)s::date) / 7
                          ELSE (extract(year FROM period_on) * 12 + extract(month FROM period_on)
                                - %(months)s)::int END) AS bit
              FROM duties_task
             WHERE unit_id = ANY(%(units)s) AND period_on <= %(last)s
               AND period_on >= CASE cadence WHEN 'daily' THEN %(first)s::date
                                WHEN 'weekly' THEN %(monday)s::date ELSE %(month)s::date END
               AND period_on >= least(%(month)s::date, %(monday)s::date)) t
     GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""

_OPEN = f"""
    SELECT unit_id, {_SHAPE}, assignee_id
      FROM duties_task
     WHERE unit_id = ANY(%(units)s) AND due_at > %(now)s AND period_on <= %(last)s
       AND state IN ('todo', 'in_progress', 'awaiting_signature')
"""


@dataclass(frozen=True)
class Window:
    """The days compared: nothing before `low` was ever generated, nothing after `last` yet."""

    first: date
    low: date
    last: date

    def bit(self, cadence: str, period_on: date) -> int:
        """The bit of a period in the masks of `_ROWS`."""
        if cadence == DAILY:
            return 1 << (period_on - self.first).days
        if cadence == WEEKLY:
            return 1 << (period_on - monday_of(self.first)).days // 7
        return 1 << _months(period_on) - _months(self.first)

    def periods(self, cadence: str) -> Iterator[tuple[date, date]]:
        """(period_on, the day by whose facts it is judged) of every period compared."""
        start = {DAILY: self.first, WEEKLY: monday_of(self.first)}.get(
            cadence, first_of_month(self.first)
        )
        while start <= self.last:
            judged = min(last_day(cadence, start), self.last)
            if judged >= self.low:
                yield start, judged
            start = last_day(cadence, start) + timedelta(days=1)


@dataclass(frozen=True)
class Difference:
    """One to-do that should be there and is not, or is there and should not be, on some days."""

    unit_id: int
    shape: Shape
    word: str
    # (period_on, the day whose facts decide)
    periods: tuple[tuple[date, date], ...]


@dataclass
class Found:
    """What a run has seen so far; only the first lines are kept."""

    owed: int = 0
    errors: int = 0
    lines: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        if len(self.lines) < LINES:
            self.lines.append(line)


def run(*, now: datetime, days: int = DAYS) -> SelfCheck:
    """Compare the last `days` days, keep the result, tell the platform if there are errors.

    `differences` counts the errors (a to-do and what is wrong with it, on one day or several);
    the lines name them, and what was changed afterwards beside them.
    """
    began = time.monotonic()
    last = local_day(now)
    first = last - timedelta(days=days - 1)
    found = Found()
    for region, window in _windows(first, last, found).items():
        units = Unit.objects.filter(region=region).order_by("pk").values_list("pk", flat=True)
        for batch in _batches(units):
            _check(batch, window, found, now=now)
    result = SelfCheck.objects.create(
        checked_at=now,
        first_on=first,
        last_on=last,
        owed=found.owed,
        differences=found.errors,
        lines=found.lines,
        seconds=round(time.monotonic() - began, 2),
    )
    if found.errors:
        _tell_platform(result, now=now)
    return result


def _windows(first: date, last: date, found: Found) -> dict[str, Window]:
    """District -> the days that were generated there; what is behind is an error of its own."""
    districts = Unit.objects.order_by("region_id").values_list("region_id", "region__name")
    until = dict(GenerationCursor.objects.values_list("region_id", "generated_until"))
    earliest = GenerationRun.objects.filter(finished_at__isnull=False)
    everywhere = earliest.filter(region=None).aggregate(day=Min("day"))["day"]
    since = dict(earliest.values_list("region_id").annotate(day=Min("day")))
    windows = {}
    for region, name in districts.distinct():
        starts = [day for day in (everywhere, since.get(region)) if day is not None]
        generated = until.get(region)
        if generated is None or generated < last:
            found.errors += 1
            reached = f"只生成到 {cn_day(generated)}" if generated else "还没有生成过"
            found.say(f"{name}：待办{reached}，之后的日期没有核对。")
        if generated is not None and starts and min(starts) <= min(generated, last):
            windows[region] = Window(first, max(first, min(starts)), min(generated, last))
    return windows


def _batches(keys: Any) -> Iterator[list[int]]:
    """The keys in portions, without holding them all."""
    after = 0
    while batch := list(keys.filter(pk__gt=after)[:BATCH]):
        yield batch
        after = batch[-1]


def _check(units: list[int], window: Window, found: Found, *, now: datetime) -> None:
    """Compare some units; what differs is read once more, for a change may have come between."""
    number, differing = _compare(units, window, now=now)
    found.owed += number
    if not differing:
        return
    again = sorted({one.unit_id for one in differing})
    _, confirmed = _compare(again, window, now=now)
    for is_late, line in words.lines(confirmed):
        found.errors += not is_late
        found.say(line)


def _compare(units: list[int], window: Window, *, now: datetime) -> tuple[int, list[Difference]]:
    """How many to-dos these units owed, and what differs."""
    given = {
        "units": units,
        "first": window.first,
        "last": window.last,
        "monday": monday_of(window.first),
        "month": first_of_month(window.first),
        "months": _months(window.first),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, given)
        rows: dict[int, dict[Shape, tuple[int, int]]] = {unit: {} for unit in units}
        for unit, *shape, held, undone in cursor.fetchall():
            rows[unit][tuple(shape)] = (held, undone)
        cursor.execute(_OPEN, given)
        open_ones: dict[int, list[tuple[Shape, int | None]]] = {unit: [] for unit in units}
        for unit, *shape, assignee in cursor.fetchall():
            open_ones[unit].append((tuple(shape), assignee))
    number, differences = 0, []
    for unit, facts in load(units).items():
        rule = Rule(facts, window)
        expected = rule.masks()
        number += sum(mask.bit_count() for mask in expected.values())
        differences += _differing(unit, expected, rows[unit], window)
        if window.last == local_day(now):
            differences += _misplaced(unit, rule.on(window.last), open_ones[unit], window)
    return number, differences


class Rule:
    """The rule over one unit's facts, worked out once for every stretch of days without a change."""

    def __init__(self, facts: UnitFacts, window: Window) -> None:
        self._facts = facts
        self._window = window
        end = window.last + timedelta(days=1)
        inside = {day for day in _turning_days(facts) if window.low < day < end}
        self._starts = sorted({window.low, *inside, end})
        self._known: dict[date, dict[Shape, Assignee]] = {}

    def on(self, day: date) -> dict[Shape, Assignee]:
        """What is owed on a day, without the dates."""
        start = max(one for one in self._starts if one <= day)
        if start not in self._known:
            found = owed(self._facts, start)
            self._known[start] = {_shape(key): who for key, who in found.items()}
        return self._known[start]

    def masks(self) -> dict[Shape, int]:
        """Shape -> the periods in which it is owed, as bits."""
        found: dict[Shape, int] = {}
        bit = self._window.bit
        for start, end in pairwise(self._starts):
            days = (bit(DAILY, end - timedelta(days=1)) << 1) - bit(DAILY, start)
            for shape in self.on(start):
                if shape[1] == DAILY:
                    found[shape] = found.get(shape, 0) | days
        for cadence in (WEEKLY, MONTHLY):
            for period_on, judged in self._window.periods(cadence):
                for shape in self.on(judged):
                    if shape[1] == cadence:
                        found[shape] = found.get(shape, 0) | bit(cadence, period_on)
        return found


def _shape(key: Key) -> Shape:
    return tuple(key._replace(category="") if key.cadence == DAILY else key)[1:]


def _turning_days(facts: UnitFacts) -> set[date]:
    """Every day on which something about a unit begins or ends."""
    spans: list[Span] = []
    for machine in facts.machines:
        spans += [one.span for one in (*machine.statuses, *machine.bindings)]
        spans += [one.exempt for one in machine.statuses if one.exempt is not None]
    for thing in (*facts.licences, *facts.stations):
        spans += [thing.open, *(one.span for one in thing.bindings)]
    spans += [one.span for one in (*facts.posts, *facts.covers, *facts.suspensions)]
    spans += [one.exempt for one in facts.suspensions if one.exempt is not None]
    days = {day for span in spans for day in (span.first, span.until) if day is not None}
    return days | set(facts.ended.values())


def _differing(
    unit: int,
    expected: dict[Shape, int],
    rows: dict[Shape, tuple[int, int]],
    window: Window,
) -> Iterator[Difference]:
    """What is missing, and what is open or 漏检 though it was not owed."""
    periods = {cadence: list(window.periods(cadence)) for cadence in (DAILY, WEEKLY, MONTHLY)}
    for shape in expected.keys() | rows.keys():
        held, undone = rows.get(shape, (0, 0))
        wanted = expected.get(shape, 0)
        for word, mask in (("缺", wanted & ~held), ("多出", undone & ~wanted)):
            cadence = shape[1]
            wrong = tuple(
                (period, judged)
                for period, judged in (periods[cadence] if mask else ())
                if mask & window.bit(cadence, period)
            )
            if wrong:
                yield Difference(unit, shape, word, wrong)


def _misplaced(
    unit: int,
    expected: dict[Shape, Assignee],
    open_ones: Iterable[tuple[Shape, int | None]],
    window: Window,
) -> Iterator[Difference]:
    """Open to-dos that lie with another person than the rule says; a pool's lies with anybody."""
    for shape, assignee in open_ones:
        who = expected.get(shape)
        if who is None or who.pool or assignee == who.staff:
            continue
        yield Difference(unit, shape, words.MISPLACED, ((window.last, window.last),))


def _months(day: date) -> int:
    return day.year * 12 + day.month


def _tell_platform(result: SelfCheck, *, now: datetime) -> None:
    """One message a day to every platform account."""
    text = (
        f"待办核对：{cn_day(result.first_on)}至{cn_day(result.last_on)}应有 {result.owed} 条，"
        f"发现 {result.differences} 处差异。{result.lines[0] if result.lines else ''}"
    )
    for user in User.objects.filter(kind=User.Kind.PLATFORM, is_active=True):
        tell_user(
            user,
            kind="self_check",
            text=text[:300],
            dedupe_key=f"self-check:{result.last_on}",
            now=now,
        )
