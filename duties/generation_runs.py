"""Which districts and days are due, and generating them: what beat wakes, and its by-hand twin.

1. Every district in which units are registered has a GenerationCursor; a new one starts today.
2. A worker takes the district that is furthest behind, skipping those that others work on (row lock,
   SKIP LOCKED), generates its next day, closes what was over at the end of that day, and moves the
   cursor, all in one transaction. It goes on until no district is behind; where only districts are
   left that others hold, it waits for them: who holds one may only be closing it, and would leave
   its days to the next wake. Several workers share the districts; one that is killed leaves its
   district where it was.
3. However long nothing ran, every missed day follows in order: a week closes with the facts of its
   Sunday and not with those of the day on which the platform came back.
4. A district that fails is left for the next wake and does not hold up the others.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import Count, F, Q

from config.clock import end_of, local_day
from duties.closing import close_expired
from duties.generation_rows import (
    Outcome,
    Scope,
    bring_in_line,
    generate,
    take_alone,
    wait_for_generation,
)
from duties.models import GenerationCursor, GenerationRun
from equipment.models import Equipment
from units.models import Unit

logger = logging.getLogger(__name__)

_START_CURSORS = """
    INSERT INTO duties_generationcursor (region_id)
    SELECT DISTINCT region_id FROM units_unit ORDER BY 1
    ON CONFLICT DO NOTHING
"""


def run_due(*, now: datetime, seconds: float = math.inf) -> list[Outcome]:
    """Generate every due day of every district in order and close what has expired.

    Returns one outcome a day, over the districts this call did. After `seconds` no further day of a
    district is begun: whoever asked calls again. Raises the first database error after all other
    districts are done.
    """
    ends = time.monotonic() + seconds
    _start_cursors()
    done: dict[date, Outcome] = {}
    failed: dict[str, DatabaseError] = {}
    while (outcome := _next_day(now=now, failed=failed)) is not None:
        done.setdefault(outcome.day, Outcome(outcome.day)).add(outcome)
        if time.monotonic() >= ends:
            break
    close_expired(now=now)
    if failed:
        raise next(iter(failed.values()))
    return [done[day] for day in sorted(done)]


def due_districts(*, now: datetime) -> int:
    """In how many districts days are due: so many workers at most find something to do."""
    _start_cursors()
    return GenerationCursor.objects.filter(_behind(local_day(now))).count()


def _start_cursors() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_START_CURSORS)


def _behind(today: date) -> Q:
    return Q(generated_until=None) | Q(generated_until__lt=today)


def _next_day(*, now: datetime, failed: dict[str, DatabaseError]) -> Outcome | None:
    """Generate the next due day of the district furthest behind; None when there is none left."""
    behind = _behind(local_day(now))
    while True:
        district = None
        try:
            with transaction.atomic():
                due = GenerationCursor.objects.filter(behind).exclude(region_id__in=list(failed))
                due = due.order_by(F("generated_until").asc(nulls_first=True), "region_id")
                district = (
                    due.select_for_update(skip_locked=True).first()
                    or due.select_for_update().first()
                )
                if district is not None:
                    return _generate_district(district, now=now)
                # The one that was waited for may have caught up meanwhile, and others may be left.
                if not due.exists():
                    return None
        except DatabaseError as error:
            if district is None:
                raise
            logger.exception("generation of district %s failed", district.region_id)
            failed[district.region_id] = error


def _generate_district(district: GenerationCursor, *, now: datetime) -> Outcome:
    """The day after the cursor (today for a new district), closed at its own end."""
    today = local_day(now)
    last = district.generated_until
    day = today if last is None else last + timedelta(days=1)
    scope = Scope(regions=(district.region_id,))
    run = GenerationRun(day=day, region_id=district.region_id, started_at=now, finished_at=now)
    take_alone(scope)
    outcome = bring_in_line(scope, day, clock=day, now=now)
    district.generated_until = day
    district.save(update_fields=["generated_until"])
    run.missed = close_expired(now=min(now, end_of(day)), region_code=district.region_id)
    run.created, run.existing, run.exempt = outcome.created, outcome.existing, outcome.exempt
    run.save(force_insert=True)
    return outcome


@transaction.atomic
def close_unit(unit_id: int, *, now: datetime) -> int:
    """Close what ran past its due time in one unit, before the sweep comes; how many.

    Where its district is behind, the missed days are made good for this unit first: a week that was
    not owed on its Sunday is 免检, and no 漏检 only because somebody looked before the catch-up.
    Machines are locked before the unit, as by whoever changes them.
    """
    if _days_behind(unit_id, now):
        machines = Equipment.objects.select_for_update(of=("self",), no_key=True)
        list(machines.filter(unit_id=unit_id).order_by("pk").values_list("pk", flat=True))
        wait_for_generation((unit_id,))
        for day in _days_behind(unit_id, now):
            bring_in_line(Scope((unit_id,)), day, clock=day, now=now)
    return close_expired(now=now, unit_ids=[unit_id])


def _days_behind(unit_id: int, now: datetime) -> list[date]:
    """The days that a unit's district has not been generated for, if yesterday is among them."""
    cursor = GenerationCursor.objects.filter(region__units=unit_id).first()
    if cursor is None or cursor.generated_until is None:
        return []
    first = cursor.generated_until + timedelta(days=1)
    number = (local_day(now) - first).days
    return [first + timedelta(days=n) for n in range(number + 1)] if number > 0 else []


def run_day(day: date, *, now: datetime) -> Outcome:
    """Generate one day for everybody by hand, close what has expired, keep a GenerationRun row.

    The districts are shared by GENERATION_SESSIONS sessions, each with one transaction for its part;
    the first error is raised after all have ended, and a repeated run makes the rest good. Joins the
    caller's transaction if there is one, alone. Moves no cursor: what is bound between a run made
    ahead and its day is not in it yet.
    """
    outcome = Outcome(day)
    # Other sessions would not see what the caller has written, and might wait for his locks for ever.
    shares = _shares(1 if connection.in_atomic_block else settings.GENERATION_SESSIONS)
    for part in _at_once([partial(generate, day, now=now, regions=one) for one in shares]):
        outcome.add(part)
    with transaction.atomic():
        GenerationRun.objects.create(
            day=day,
            started_at=now,
            finished_at=now,
            created=outcome.created,
            existing=outcome.existing,
            exempt=outcome.exempt,
            missed=close_expired(now=now),
        )
    return outcome


def _shares(sessions: int) -> list[list[str] | None]:
    """The districts in parts with about as many units each; [None] is everybody in one."""
    if sessions < 2:
        return [None]
    shares: list[list[str]] = [[] for _ in range(sessions)]
    sizes = [0] * sessions
    counted = Unit.objects.values_list("region_id").annotate(number=Count("pk"))
    for region, number in counted.order_by("-number", "region_id"):
        smallest = sizes.index(min(sizes))
        shares[smallest].append(region)
        sizes[smallest] += number
    return [share for share in shares if share]


def _at_once(parts: list[Callable[[], Outcome]]) -> list[Outcome]:
    """Run each part in a thread with a connection of its own; a single one in this thread."""
    if len(parts) == 1:
        return [parts[0]()]

    def run(part: Callable[[], Outcome]) -> Outcome:
        try:
            return part()
        except Exception:
            logger.exception("a part of a day made by hand failed")
            raise
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(parts) or 1) as pool:
        begun = [pool.submit(run, part) for part in parts]
    return [one.result() for one in begun]
