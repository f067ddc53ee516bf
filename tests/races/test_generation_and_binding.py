"""A machine is re-bound in the very moment the night's generation runs: both come through."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from duties.generation import generate
from duties.models import Task
from equipment.actions.binding import assign_officer
from equipment.actions.declarations import confirm, object_to
from equipment.actions.machine import change_equipment
from tests.factories import declarations
from tests.threads import done_at_once
from tests.waiting import PATIENCE
from tests.world import NOW, TODAY, World

pytestmark = pytest.mark.django_db(transaction=True)

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def generate_slowly(has_rows: threading.Event) -> None:
    """Generate, and commit only when somebody waits for the new rows."""
    with transaction.atomic():
        generate(TODAY, now=NOW)
        has_rows.set()
        for _ in range(100):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_stat_clear_snapshot()")
                cursor.execute(WAITING)
                if cursor.fetchone()[0]:
                    break
            time.sleep(0.05)


def rebind(world: World, given: dict[str, Any]) -> None:
    assign_officer([world.lift], officer=world.zhang, **given)


def stop(world: World, given: dict[str, Any]) -> None:
    declarations.filed(world.lift, proven=True, **given)


def confirmed(world: World, given: dict[str, Any]) -> None:
    filed = declarations.filed(world.lift, **given)
    confirm(filed, actor=world.actor(world.regulator), now=NOW)


def objected(world: World, given: dict[str, Any]) -> None:
    filed = declarations.filed(world.lift, proven=True, **given)
    object_to(filed, opinion="仍在运行", actor=world.actor(world.regulator), now=NOW)


def suspended(world: World, given: dict[str, Any]) -> None:
    declarations.filed(None, "suspend", unit=world.jia, proven=True, **given)


def another_kind(world: World, given: dict[str, Any]) -> None:
    change_equipment(world.lift, version=1, changes={"catalogue": "4110"}, **given)


@pytest.mark.parametrize("change", [rebind, stop, confirmed, objected, suspended, another_kind])
def test_neither_waits_for_the_other_for_ever(
    committed_world: World, change: Callable[[World, dict[str, Any]], None]
) -> None:
    world = committed_world
    given = {"actor": world.actor(world.jia_admin), "now": NOW}
    has_rows = threading.Event()

    def changing() -> None:
        assert has_rows.wait(PATIENCE)
        change(world, given)

    done_at_once(lambda: generate_slowly(has_rows), changing)
    task = Task.objects.get(equipment=world.lift, period_on=TODAY)
    world.lift.refresh_from_db()
    assert task.assignee_id == world.lift.officer_id
    assert (task.state == "waived") == (change in {stop, confirmed, suspended})
