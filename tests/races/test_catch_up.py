"""Nine days without a generator, over a month end and Mondays, with changes in the gap: two catch-ups
at the same time make what a run a day would have made (D1)."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from config.actor import SYSTEM
from config.clock import at
from duties import generation
from duties.models import GenerationCursor, GenerationRun, Task
from equipment.actions.binding import assign_officer
from tests.duties.test_generation_property import everything
from tests.factories import declarations, licences
from tests.factories import units as people
from tests.threads import begin, done_at_once
from tests.waiting import PATIENCE, until
from tests.world import World
from units.actions.staff import Identity, add_staff, deregister_staff

pytestmark = pytest.mark.django_db(transaction=True)

# The last day that was generated, and the day on which the generator is back.
GONE, BACK = date(2026, 11, 25), date(2026, 12, 5)
# A leap day, and the turn of a year in ISO week 53.
OTHER_GAPS = ((date(2028, 2, 26), date(2028, 3, 2)), (date(2026, 12, 26), date(2027, 1, 5)))
REGION = "500103"


def start_after(day: date) -> None:
    Task.objects.all().delete()
    GenerationRun.objects.all().delete()
    GenerationCursor.objects.update_or_create(
        region_id=REGION, defaults={"generated_until": day, "closed_until": day}
    )


def change(world: World, day: date) -> None:
    """What happens on a day of the gap."""
    given = {"actor": SYSTEM, "now": at(day, 10)}
    number = (day - GONE).days
    if number == 2:
        assign_officer([world.lift], officer=world.zhang, **given)
    elif number == 3:
        declarations.filed(
            world.crane, proven=True, actor=world.actor(world.jia_admin), now=at(day, 10)
        )
    elif number == 4:
        new = [Identity("safety_director", ("boiler",)), Identity("principal")]
        add_staff(world.jia, name="周新", phone=people.phone(77), identities=new, **given)
    elif number == 6:
        deregister_staff(world.zhang, hand_over_to=world.li, reason="离职", **given)
    elif number == 7:
        licences.licence(licences.licensed(world.jia), now=at(day, 10))
    elif number == 8:
        declarations.filed(
            None,
            "suspend",
            unit=world.yi,
            proven=True,
            actor=world.actor(world.yi_admin),
            now=at(day, 10),
        )


def together(now: datetime, workers: int = 2) -> None:
    """Several catch-ups that begin at the same moment."""
    done_at_once(*[lambda: generation.run_due(now=now)] * workers)


def test_nine_days_with_changes_caught_up_by_two(committed_world: World) -> None:
    """1. A run a day, with the changes of each day. 2. The same facts, and nothing for nine days.
    3. Two catch-ups at once, and one more: the same set, each day generated once."""
    world = committed_world
    days = [GONE + timedelta(days=n) for n in range(1, (BACK - GONE).days + 1)]
    start_after(GONE)
    for day in days:
        generation.run_due(now=at(day, 0, 5))
        change(world, day)
    stepwise = everything()
    assert {row[-1] for row in stepwise} == {"todo", "missed"}

    start_after(GONE)
    together(at(BACK, 18))
    assert everything() == stepwise
    runs = GenerationRun.objects.filter(region_id=REGION).order_by("day")
    assert list(runs.values_list("day", flat=True)) == days
    together(at(BACK, 19))
    assert everything() == stepwise
    assert runs.count() == len(days)


@pytest.mark.parametrize(("gone", "back"), OTHER_GAPS)
def test_other_turns_of_the_calendar(committed_world: World, gone: date, back: date) -> None:
    world = committed_world
    machine = world.boiler.bindings.get()
    middle = gone + timedelta(days=3)
    machine.period = DateRange(machine.period.lower, middle)
    machine.save()
    world.boiler.bindings.create(
        staff=world.li, period=DateRange(middle, None), created_at=at(gone, 8)
    )
    start_after(gone)
    for number in range(1, (back - gone).days + 1):
        generation.run_due(now=at(gone + timedelta(days=number), 0, 5))
    stepwise = everything()
    start_after(gone)
    together(at(back, 18), workers=3)
    assert everything() == stepwise
    wanted = {date(2028, 2, 29), date(2028, 3, 1)} & {gone + timedelta(days=n) for n in range(9)}
    assert wanted <= {row[1] for row in stepwise}


def test_a_district_that_another_closes_meanwhile_is_waited_for(committed_world: World) -> None:
    """Whoever only closes a district holds its cursor too; its days are not left to the next wake."""
    start_after(GONE)
    held, waiting = threading.Event(), threading.Event()

    def close() -> None:
        with transaction.atomic():
            GenerationCursor.objects.select_for_update().get(region_id=REGION)
            held.set()
            assert waiting.wait(PATIENCE)

    closer = begin(close)
    assert held.wait(PATIENCE)
    run = begin(lambda: generation.run_due(now=at(BACK, 18)))
    until(lambda: is_waiting_for_cursor() or run.done())
    waiting.set()
    closer.result(PATIENCE)
    run.result(PATIENCE)
    assert GenerationCursor.objects.get(region_id=REGION).generated_until == BACK


def is_waiting_for_cursor() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock' AND query LIKE '%FROM \"duties_generationcursor\"%'"
        )
        return cursor.fetchone()[0] > 0
