"""The one query layer of the numbers: figures, lists and raw SQL say the same for any filter."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from duties import tallies
from duties.closing import close_expired
from duties.completion import Completion, Numbers, where
from duties.models import GenerationCursor, Task
from duties.periods import last_ended, period_starts
from duties.tallies import figures, recount
from tests.factories import duties as tasks
from tests.world import NOW, TODAY, World

FIRST = date(2026, 9, 28)
LAST = TODAY + timedelta(days=10)
BY = ("unit_id", "period_on", "cadence", "kind", "level", "category")
ENDED = ("done", "missed", "backfilled", "waived")


def some_history(world: World, seed: int) -> None:
    """Hundreds of to-dos of two districts, each in a state that its due time allows."""
    chance = random.Random(seed)
    machines = [world.lift, world.crane, world.boiler, world.unbound, world.yi_lift]
    made = set()
    for _ in range(160):
        day = FIRST + timedelta(days=chance.randrange((LAST - FIRST).days))
        machine = chance.choice(machines)
        state = chance.choice(ENDED if day < TODAY else ("todo", "in_progress", "done", "waived"))
        if (machine.pk, day) not in made:
            made.add((machine.pk, day))
            tasks.task(machine, day, state=state)
    for unit in (world.jia, world.yi, world.far_unit):
        for cadence, kind in (
            ("weekly", "inspection"),
            ("weekly", "weekly_report"),
            ("monthly", "inspection"),
            ("monthly", "monthly_minutes"),
        ):
            starts = period_starts(cadence, FIRST, TODAY)
            for day in starts:
                over = tasks.span(cadence, day)[1] < TODAY
                for level in ("officer", "director", "principal"):
                    state = chance.choice(ENDED if over else ("todo", "done", "waived"))
                    category = chance.choice(("lift", "crane", "lift_installation", "filling"))
                    fields = {"kind": kind, "level": level, "category": category}
                    tasks.task(unit, day, cadence=cadence, state=state, **fields)


def raw(world: World, who: object, first: date, last: date, by: tuple[str, ...], **narrow: object):
    """The same numbers from the lists behind them, one completion at a time."""
    found: dict[tuple[object, ...], dict[str, int]] = {}
    rows = Task.objects.for_actor(world.actor(who)).filter(period_on__range=(first, last), **narrow)
    for one in Completion:
        if one == Completion.OWED:
            continue
        for group in rows.filter(where(one.value, NOW)).order_by().values_list(*by):
            numbers = found.setdefault(group, {})
            numbers[one.value] = numbers.get(one.value, 0) + 1
    return {group: Numbers(**numbers) for group, numbers in found.items()}


def stand_still(world: World) -> None:
    """The generator stood still in one district; the other is up to date; none has no cursor."""
    GenerationCursor.objects.create(region_id="500103", generated_until=TODAY)
    GenerationCursor.objects.create(region_id="500106", generated_until=date(2026, 10, 20))


@pytest.mark.parametrize("closing", ["never", "closed", "stood still", "late rows"])
def test_figures_equal_the_lists_behind_them(world: World, closing: str) -> None:
    some_history(world, seed=len(closing))
    if closing != "never":
        stand_still(world)
        close_expired(now=NOW)
    if closing == "stood still":
        GenerationCursor.objects.filter(region_id="500103").update(closed_until=None)
    if closing == "late rows":  # a day generated afterwards, not closed yet; a 补录
        tasks.task(world.lift, FIRST - timedelta(days=1))
        late = Task.objects.filter(state="missed", unit=world.jia).first()
        Task.objects.filter(pk=late.pk).update(state="backfilled", completed_at=NOW)
        recount([(world.jia.pk, late.period_on, late.cadence)])
    spans = (
        (FIRST - timedelta(days=9), LAST),
        (TODAY, TODAY),
        (date(2026, 10, 1), date(2026, 10, 31)),
        (date(2026, 11, 2), date(2026, 11, 19)),
    )
    for who in (world.jia_admin, world.yi_admin, world.regulator, world.far_regulator):
        actor = world.actor(who)
        for first, last in spans:
            for by in (BY, ("category",), ("period_on", "cadence")):
                counted = figures(actor, first, last, now=NOW, by=by)
                assert counted == raw(world, who, first, last, by)
        narrow = {"kind": "inspection", "level": "director", "category__in": ["lift", "filling"]}
        counted = figures(
            actor, FIRST, LAST, now=NOW, by=BY, kind="inspection", level="director",
            category=["lift", "filling"],
        )  # fmt: skip
        assert counted == raw(world, who, FIRST, LAST, BY, **narrow)


def test_owed_is_what_the_list_of_owed_shows(world: World) -> None:
    some_history(world, seed=7)
    counted = figures(world.actor(world.jia_admin), FIRST, LAST, now=NOW)
    owed = Task.objects.filter(where("owed", NOW), unit=world.jia, period_on__range=(FIRST, LAST))
    assert sum(one.owed for one in counted.values()) == owed.count() > 100


def test_only_open_periods_are_counted_raw(world: World) -> None:
    """What is closed is read from the tallies alone: one raw period of each cadence is left."""
    some_history(world, seed=3)
    stand_still(world)
    GenerationCursor.objects.update(generated_until=TODAY)
    close_expired(now=NOW)
    actor = world.actor(world.jia_admin)
    with CaptureQueriesContext(connection) as captured:
        before = figures(actor, FIRST, TODAY, now=NOW, by=BY)
    assert len(captured) == 2
    closed = Task.objects.exclude(state__in=("todo", "in_progress")).filter(
        cadence="daily", period_on__lt=TODAY
    )
    Task.objects.filter(pk__in=closed.values("pk")).delete()
    for cadence, current in (("weekly", date(2026, 11, 16)), ("monthly", date(2026, 11, 1))):
        Task.objects.filter(cadence=cadence, period_on__lt=current).delete()
    assert figures(actor, FIRST, TODAY, now=NOW, by=BY) == before
    asked = captured[1]["sql"]
    for day in ("2026-11-20", "2026-11-16", "2026-11-01"):
        assert f"IN ('{day}'::date)" in asked


def test_a_unit_outside_ones_region_is_not_counted(world: World) -> None:
    tasks.task(world.lift, TODAY)
    far = world.actor(world.far_regulator)
    assert figures(far, TODAY, TODAY, now=NOW, units=[world.jia.pk]) == {}
    assert figures(world.actor(world.yi_admin), TODAY, TODAY, now=NOW, units=[world.jia.pk]) == {}
    own = figures(world.actor(world.jia_admin), TODAY, TODAY, now=NOW, units=[world.jia.pk])
    assert own == {("daily",): Numbers(open=1)}


@pytest.mark.parametrize(
    ("cadence", "day", "ended"),
    [
        ("daily", "2026-11-20", "2026-11-20"),
        ("weekly", "2026-11-21", "2026-11-09"),
        ("weekly", "2026-11-22", "2026-11-16"),
        ("weekly", "2027-01-03", "2026-12-28"),  # ISO week 53
        ("monthly", "2026-11-29", "2026-10-01"),
        ("monthly", "2026-11-30", "2026-11-01"),
        ("monthly", "2028-02-28", "2028-01-01"),
        ("monthly", "2028-02-29", "2028-02-01"),
    ],
)
def test_the_last_period_that_has_ended(cadence: str, day: str, ended: str) -> None:
    assert last_ended(cadence, date.fromisoformat(day)) == date.fromisoformat(ended)


def test_many_open_days_are_asked_for_as_a_range(world: World) -> None:
    for day in (TODAY, TODAY - timedelta(days=300), TODAY - timedelta(days=900)):
        tasks.task(world.lift, day, state="done")
    first = TODAY - timedelta(days=tallies.MANY_PERIODS * 10)
    counted = figures(world.actor(world.jia_admin), first, TODAY, now=NOW)
    assert counted == {("daily",): Numbers(on_time=2)}
