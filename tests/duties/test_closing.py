"""Closing: open to-dos behind their due time become 漏检, what is over is tallied (decision 8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from config.clock import end_of
from duties.closing import close_expired
from duties.enums import OPEN_STATES
from duties.models import GenerationCursor, Tally, Task
from duties.tallies import recount
from tests.factories import duties as tasks
from tests.threads import done_at_once
from tests.world import NOW, TODAY, World
from units.models import Unit

YESTERDAY = TODAY - timedelta(days=1)
LAST_WEEK = TODAY - timedelta(days=7)
DISTRICT, FAR = "500103", "500106"


def cursor_of(
    region: str = DISTRICT, *, generated: date = TODAY, closed: date | None = None
) -> Any:
    return GenerationCursor.objects.create(
        region_id=region, generated_until=generated, closed_until=closed
    )


def tallied(unit: Unit) -> dict[tuple[str, str, str, str, str], list[int]]:
    """(period, cadence, kind, level, category) -> 按时, 补录, 漏检, 免检."""
    return {
        (f"{one.period_on:%m-%d}", one.cadence, one.kind, one.level, one.category): [
            one.on_time, one.backfilled, one.missed, one.waived
        ]
        for one in Tally.objects.filter(unit=unit)
    }  # fmt: skip


@pytest.fixture
def week(world: World) -> World:
    """Yesterday, last week and today, done and not; the weekly round of this week is not over."""
    tasks.task(world.lift, YESTERDAY, state="done")
    tasks.task(world.unbound, YESTERDAY)
    tasks.task(world.crane, YESTERDAY, state="in_progress")
    tasks.task(world.boiler, YESTERDAY, state="waived")
    tasks.task(world.lift, TODAY)
    tasks.task(world.jia, LAST_WEEK, category="lift", state="done")
    tasks.task(world.jia, LAST_WEEK, category="lift", kind="weekly_report", level="director")
    tasks.task(world.jia, TODAY, category="lift")
    tasks.task(world.yi_lift, YESTERDAY, state="done")
    return world


DAILY = ("11-19", "daily", "inspection", "officer")
WEEKLY = ("11-09", "weekly")
EXPECTED = {
    (*DAILY, "boiler"): [0, 0, 0, 1],
    (*DAILY, "crane"): [0, 0, 1, 0],
    (*DAILY, "lift"): [1, 0, 1, 0],
    (*WEEKLY, "inspection", "officer", "lift"): [1, 0, 0, 0],
    (*WEEKLY, "weekly_report", "director", "lift"): [0, 0, 1, 0],
}


@pytest.mark.parametrize("closed", [None, TODAY - timedelta(days=30)])
def test_a_district_is_closed_and_tallied(week: World, closed: date | None) -> None:
    cursor_of(closed=closed)
    assert close_expired(now=NOW, region_code=DISTRICT) == 3
    missed = Task.objects.filter(state="missed")
    assert {task.missed_at for task in missed} == {NOW}
    assert Task.objects.open().count() == 2
    assert tallied(week.jia) == EXPECTED
    assert tallied(week.yi) == {(*DAILY, "lift"): [1, 0, 0, 0]}
    assert GenerationCursor.objects.get().closed_until == YESTERDAY


def test_a_second_run_finds_nothing_and_writes_nothing(week: World) -> None:
    cursor_of()
    close_expired(now=NOW)
    with CaptureQueriesContext(connection) as captured:
        assert close_expired(now=NOW) == 0
    assert [one["sql"][:6] for one in captured] == ["SELECT", "SELECT"]
    assert tallied(week.jia) == EXPECTED


def test_only_what_was_generated_is_called_closed(week: World) -> None:
    """A generator that stands still leaves the days after its cursor to be counted raw: what is due
    on them may be owed no longer."""
    cursor_of(generated=LAST_WEEK)
    assert close_expired(now=NOW) == 0
    assert GenerationCursor.objects.get().closed_until == LAST_WEEK
    assert (tallied(week.jia), tallied(week.yi)) == ({}, {})
    GenerationCursor.objects.update(generated_until=TODAY)
    assert close_expired(now=NOW) == 3
    assert tallied(week.jia) == EXPECTED
    assert tallied(week.yi) == {(*DAILY, "lift"): [1, 0, 0, 0]}


def test_a_to_do_is_over_at_its_due_time_not_before(world: World) -> None:
    tasks.task(world.lift, TODAY)
    weekly = tasks.task(world.jia, TODAY, category="lift")
    cursor_of(closed=YESTERDAY)
    assert close_expired(now=end_of(TODAY) - timedelta(microseconds=1)) == 0
    assert close_expired(now=end_of(TODAY)) == 1
    GenerationCursor.objects.update(generated_until=date(2026, 11, 23))
    assert close_expired(now=end_of(date(2026, 11, 22))) == 1
    weekly.refresh_from_db()
    assert weekly.state == "missed"


@pytest.mark.parametrize("narrowed", ["units", "region"])
def test_others_are_left_alone(week: World, narrowed: str) -> None:
    tasks.task(week.yi_lift, LAST_WEEK)
    if narrowed == "units":
        assert close_expired(now=NOW, unit_ids=[week.yi.pk]) == 1
        assert tallied(week.yi) == {("11-13", *DAILY[1:], "lift"): [0, 0, 1, 0]}
    else:
        assert close_expired(now=NOW, region_code=FAR) == 0
    assert tallied(week.jia) == {}
    assert Task.objects.filter(unit=week.jia, state="missed").count() == 0


def test_a_day_generated_late_is_tallied_when_it_is_closed(week: World) -> None:
    cursor_of()
    close_expired(now=NOW)
    tasks.task(week.boiler, LAST_WEEK)
    assert close_expired(now=NOW) == 1
    assert tallied(week.jia) == EXPECTED | {("11-13", *DAILY[1:], "boiler"): [0, 0, 1, 0]}


class TestRecount:
    def test_after_a_backfill(self, week: World) -> None:
        cursor_of()
        close_expired(now=NOW)
        Task.objects.filter(equipment=week.crane).update(state="backfilled", completed_at=NOW)
        assert recount([(week.jia.pk, YESTERDAY, "daily")]) == 1
        assert tallied(week.jia) == EXPECTED | {(*DAILY, "crane"): [0, 1, 0, 0]}

    def test_a_period_that_is_not_over_is_left_alone(self, world: World) -> None:
        tasks.task(world.lift, TODAY, state="done")
        recount([(world.jia.pk, TODAY, "daily")])
        assert tallied(world.jia) == {}

    def test_before_the_district_is_closed(self, week: World) -> None:
        """Somebody opened an overdue to-do and made it up before the sweep came."""
        close_expired(now=NOW, unit_ids=[week.jia.pk])
        Task.objects.filter(equipment=week.crane).update(state="backfilled", completed_at=NOW)
        recount([(week.jia.pk, YESTERDAY, "daily")] * 2)
        cursor_of()
        close_expired(now=NOW)
        assert tallied(week.jia) == EXPECTED | {(*DAILY, "crane"): [0, 1, 0, 0]}


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_closing_at_once_from_everywhere(self, committed_world: World) -> None:
        world = committed_world
        for day in range(1, 15):
            for machine in (world.lift, world.crane, world.boiler, world.unbound, world.yi_lift):
                tasks.task(machine, date(2026, 11, day))
        cursor_of()
        done_at_once(
            lambda: close_expired(now=NOW),
            lambda: close_expired(now=NOW, region_code=DISTRICT),
            lambda: close_expired(now=NOW, unit_ids=[world.jia.pk]),
            lambda: close_expired(now=NOW, unit_ids=[world.jia.pk, world.yi.pk]),
        )
        assert Task.objects.filter(state__in=OPEN_STATES).count() == 0
        assert sum(Tally.objects.values_list("missed", flat=True)) == 5 * 14

    @pytest.mark.parametrize("is_tallied", [True, False])
    def test_a_backfill_while_the_district_is_closed(
        self, committed_world: World, is_tallied: bool
    ) -> None:
        """Whoever counts last has seen what the other committed: no old number is written."""
        world = committed_world
        first, second = (
            tasks.task(one, YESTERDAY, state="missed") for one in (world.lift, world.unbound)
        )
        tasks.task(world.unbound, LAST_WEEK)
        if is_tallied:
            recount([(world.jia.pk, YESTERDAY, "daily")])
        cursor_of()

        def backfill(task: Task) -> Callable[[], None]:
            def call() -> None:
                with transaction.atomic():
                    Task.objects.filter(pk=task.pk).update(state="backfilled", completed_at=NOW)
                    recount([(world.jia.pk, YESTERDAY, "daily")])

            return call

        done_at_once(backfill(first), lambda: close_expired(now=NOW), backfill(second))
        assert tallied(world.jia)[(*DAILY, "lift")] == [0, 2, 0, 0]
