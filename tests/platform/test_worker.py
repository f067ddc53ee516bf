"""A real worker on the real broker: runs what is sent, and a killed worker loses nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery.beat import Scheduler

from config.celery import app
from config.embedded.broker import RedisServer
from config.embedded.place import PROJECT, Place
from config.embedded.processes import spawn, stop
from tests.platform.probe import note
from tests.waiting import until

pytestmark = pytest.mark.services

StartWorker = Callable[[], subprocess.Popen]


@pytest.fixture
def broker(data: Path) -> Iterator[str]:
    server = RedisServer(Place(data, throwaway=True))
    server.start()
    yield f"redis+socket://{server.socket}"
    server.stop()


@pytest.fixture
def start_worker(data: Path, broker: str) -> Iterator[StartWorker]:
    """Start `celery worker` with two processes on this test's broker."""
    workers = []

    def start() -> subprocess.Popen:
        redis_url = broker.replace("redis+socket", "unix")
        worker = spawn(
            [sys.executable, "-m", "celery", "-A", "tests.platform.probe", "worker", "-c", "2"],
            log=data / "log" / "worker.log",
            environ=os.environ | {"REDIS_URL": redis_url, "BROKER_VISIBILITY_TIMEOUT": "8"},
            death_signal=signal.SIGKILL,
            cwd=PROJECT,
        )
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        stop(worker)


def lines(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


def send_by_beat(broker: str, folder: Path) -> None:
    """Let beat's own scheduler send an entry that is due, as `celery beat` does."""
    entry = {"task": note.name, "schedule": 0.01, "args": [str(folder)]}
    with app.connection_for_write(broker) as connection, app.amqp.Producer(connection) as producer:
        scheduler = Scheduler(app)
        scheduler.update_from_dict({"probe": entry})
        scheduler.apply_entry(scheduler.schedule["probe"], producer=producer)


def test_what_beat_sends_is_done_even_when_the_worker_is_killed(
    data: Path, broker: str, start_worker: StartWorker
) -> None:
    """1. Beat sends, a worker does it. 2. The next task is taken and held; the worker is killed,
    and its pool process must go with it, or the task would run twice at once. 3. The next worker
    is given the same message.
    """
    worker = start_worker()
    send_by_beat(broker, data)
    [first] = until(lambda: lines(data / "done"))
    (data / "hold").touch()
    send_by_beat(broker, data)
    until(lambda: len(lines(data / "seen")) == 2)
    held = lines(data / "seen")[-1]
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    until(lambda: _is_dead(int(held)))
    assert lines(data / "done") == [first]
    (data / "hold").unlink()
    start_worker()
    until(lambda: len(lines(data / "done")) == 2)
    again = lines(data / "done")[-1]
    assert lines(data / "seen") == [first, held, again]
    assert again not in {first, held}


def _is_dead(pid: int) -> bool:
    """Gone, or dead and not reaped yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
