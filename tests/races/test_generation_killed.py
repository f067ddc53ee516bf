"""Kill -9 of the worker in the middle of a generation: the next run completes the day."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import pytest
from django.db import connection, transaction
from django.utils import timezone

from config.clock import local_day
from config.embedded.processes import stop
from duties.models import GenerationRun, Task
from tests.factories import duties as tasks
from tests.factories import equipment as machines
from tests.servers import WORKER, celery
from tests.waiting import until
from tests.world import World

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("time_of_the_day")]


@pytest.fixture
def start_worker(tmp_path: Path, transactional_db: None) -> Iterator[Callable[[], Popen]]:
    """Start real workers on this test's database and broker."""
    workers = []

    def start() -> Popen:
        workers.append(celery(tmp_path, *WORKER))
        return workers[-1]

    yield start
    for worker in workers:
        stop(worker)


def waiting_inserts() -> int:
    """How many other sessions stand before a lock in the generator's INSERT."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # we look again within one transaction
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO duties_task%'"
        )
        return cursor.fetchone()[0]


def sessions() -> set[int]:
    """Who is connected: a browser test may have left a server thread of this very process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return {pid for (pid,) in cursor.fetchall()}


def wake(folder: Path) -> None:
    """Send the wake from a process of its own, as beat does."""
    assert celery(folder, "call", "duties.tasks.wake_generation").wait() == 0


def test_a_killed_worker_leaves_nothing_half_and_the_next_one_finishes(
    start_worker: Callable[[], Popen], committed_world: World, tmp_path: Path
) -> None:
    """1. We hold one to-do of today uncommitted, so the worker's INSERT stops in the middle.
    2. The worker is killed there. 3. Nothing of its run is left. 4. The next wake makes the day
    whole (that the lost message itself comes back is held by tests/platform/test_worker.py).
    """
    world = committed_world
    today = local_day(timezone.now())
    for number in range(40):
        machines.machine(world.jia, "lift", officer=world.li, name=f"批{number}")
    last = machines.machine(world.yi, "crane", officer=world.sun, name="最后一台")
    present = sessions()
    with transaction.atomic():
        tasks.task(last, today)
        worker = start_worker()
        wake(tmp_path)
        until(lambda: waiting_inserts() == 1)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    # The server finds out that nobody is there any more when it has got the lock.
    until(lambda: sessions() <= present)
    assert list(Task.objects.values_list("equipment__name", flat=True)) == ["最后一台"]
    assert not GenerationRun.objects.exists()

    start_worker()
    wake(tmp_path)
    until(lambda: GenerationRun.objects.filter(day=today, region_id="500103").exists())
    daily = Task.objects.filter(period_on=today, cadence="daily")
    assert daily.count() == 5 + 40 + 1
    assert daily.values("equipment").distinct().count() == 46
    assert GenerationRun.objects.get(region_id="500103").created == Task.objects.count() - 1
