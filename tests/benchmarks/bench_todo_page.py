"""日管控 of an officer with 400 open to-dos: at most 6 queries, whatever else the table holds.

Measured with 1 and with 30 million to-dos (`--rows` for one number of one's own); requests per
second and p95 with two gunicorn workers against a minimal Django page with a session, three queries
and the same 20 cards (at least 0.7×); signing an inspection: queries (at most 15), p95.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.clock import end_of, local_day
from config.embedded.processes import spawn
from duties.actions.submit import finish
from duties.models import Task
from tests.benchmarks.bench_machine_list import client_of
from tests.benchmarks.measure import best_of, say
from tests.factories import equipment as machines
from tests.factories import rounds
from tests.factories import units as people
from tests.servers import ROOT, _database_url
from units.loader import actor_for_staff
from units.models import Staff

SIZES = (1_000_000, 30_000_000)
OPEN = 400
MOST_QUERIES, MOST_TO_SIGN = 6, 15
SLOWEST = 1.5  # of the large table against the small one
LEAST_RATE = 0.7
CLIENTS, SECONDS = 4, 6.0
SIGNED = 40
MACHINES = 100_000  # of others: one to-do a day each, back from yesterday

_FILL = """
    INSERT INTO duties_task (code, period_on, unit_id, unit_kind, kind, cadence, level, equipment_id,
                             category, owner_id, assignee_id, state, due_at, completed_at,
                             waive_reason, created_at)
    SELECT substr(md5(n || '-' || d), 1, 16), %(today)s::date - d, 1000000 + n / 10, 'using',
           'inspection', 'daily', 'officer', 1000000 + n, 'lift', NULL, 1000000 + n / 50, 'done',
           (%(today)s::date - d + 1)::timestamp AT TIME ZONE 'Asia/Shanghai',
           (%(today)s::date - d)::timestamp AT TIME ZONE 'Asia/Shanghai', '', now()
      FROM generate_series(1, %(days)s) d, generate_series(1, %(machines)s) n
"""


def fill(rows: int) -> None:
    """Put `rows` to-dos of other units into the table: one statement, indexes made afterwards."""
    today = local_day(timezone.now())
    count = min(MACHINES, rows // 10)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'duties_task'"
            " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        )
        indexes = cursor.fetchall()
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = 'duties_task'::regclass AND contype = 'u'"
        )
        unique = cursor.fetchall()
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        for name, _ in unique:
            cursor.execute(f'ALTER TABLE duties_task DROP CONSTRAINT "{name}"')
        given = {"today": today, "machines": count, "days": max(1, rows // count)}
        cursor.execute(_FILL, given)
        for _, definition in indexes:
            cursor.execute(definition)
        for name, definition in unique:
            cursor.execute(f'ALTER TABLE duties_task ADD CONSTRAINT "{name}" {definition}')
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("ANALYZE duties_task")


def an_officer() -> Staff:
    """An officer with 400 machines, each of which owes its round today."""
    unit = people.unit("四百台物业有限公司")
    officer = people.staff(unit, "李安", "safety_officer")
    now, today = timezone.now(), local_day(timezone.now())
    bound = [
        machines.machine(unit, "lift", officer=officer, name=f"{n}号客梯", place=f"{n}栋")
        for n in range(OPEN)
    ]
    Task.objects.bulk_create(
        Task(
            unit=unit, period_on=today, kind="inspection", cadence="daily", level="officer",
            equipment=one, category="lift", assignee=officer, state="todo",
            due_at=end_of(today), created_at=now,
        )
        for one in bound
    )  # fmt: skip
    return officer


@contextlib.contextmanager
def served(settings: str, folder: Path) -> Iterator[int]:
    """gunicorn with two workers on a port of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {
        **os.environ,
        "DATABASE_URL": _database_url(),
        "DJANGO_SETTINGS_MODULE": settings,
        "CONN_MAX_AGE": "600",
    }
    command = [sys.executable, "-m", "gunicorn", "-w", "2", "-b", f"127.0.0.1:{port}"]
    log = folder / f"{port}.log"
    process = spawn(
        [*command, "--log-level", "warning", "config.wsgi"], log=log, environ=environ, cwd=ROOT
    )
    try:
        yield port
    finally:
        process.terminate()
        process.wait(20)


def load(port: int, path: str, session: str, seconds: float) -> list[float]:
    """The times of all requests that four clients got answered in some seconds."""
    taken: list[float] = []
    until = time.monotonic() + seconds

    def ask() -> None:
        while time.monotonic() < until:
            began = time.perf_counter()
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            asked.request("GET", path, headers={"Cookie": f"sessionid={session}"})
            answer = asked.getresponse()
            body = answer.read().decode()
            asked.close()
            assert answer.status == 200, body[:500]
            assert body.count("weui-cell weui-cell_access sz-cell") >= 20
            taken.append(time.perf_counter() - began)

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return taken


def p95(taken: list[float]) -> float:
    return sorted(taken)[int(len(taken) * 0.95)] * 1000


def reachable(port: int) -> None:
    """Wait until a server answers at all; fail after two minutes."""
    until = time.monotonic() + 120
    while True:
        try:
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            asked.request("GET", "/sign-in/")
            asked.getresponse().read()
            return
        except OSError:
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.2)


def page_time(client: Client) -> tuple[float, int]:
    """Seconds and queries of the page, session and account included."""
    client.get("/m/daily/")
    with CaptureQueriesContext(connection) as captured:
        answer = client.get("/m/daily/")
        number = len(captured)
    assert answer.status_code == 200
    return best_of(lambda: client.get("/m/daily/"), 9), number


def throughput(client: Client, folder: Path) -> float:
    """Requests a second of the page against those of the minimal one, measured in turns."""
    session = client.cookies["sessionid"].value
    product = served("config.settings.test", folder)
    minimal = served("tests.benchmarks.minimal_settings", folder)
    with product as ours, minimal as plain:
        times: dict[str, list[float]] = {"/m/daily/": [], "/minimal/": []}
        for port in (ours, plain):
            reachable(port)
        for path, port in (("/m/daily/", ours), ("/minimal/", plain)):
            load(port, path, session, 1)  # warm up
        for _ in range(3):
            for path, port in (("/m/daily/", ours), ("/minimal/", plain)):
                times[path] += load(port, path, session, SECONDS / 3)
    rates = {path: len(taken) / SECONDS for path, taken in times.items()}
    for path, rate in rates.items():
        say(f"{path}: {rate:.0f} requests/s with 2 workers, p95 {p95(times[path]):.0f} ms")
    return rates["/m/daily/"] / rates["/minimal/"]


# Bounds of a transaction: no queries, and a test within a transaction does not even see all of them.
_CONTROL = ("SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT")


def signing(officer: Staff, client: Client) -> int:
    """Sign finished rounds one by one over the page; the most queries that one took."""
    actor = actor_for_staff(officer, on=local_day(timezone.now()))
    tasks = list(Task.objects.filter(assignee=officer, state="todo").order_by("pk")[:SIGNED])
    taken, queries = [], []
    for task in tasks:
        now = timezone.now()
        rounds.fill(task, actor, now=now)
        finish(task, actor=actor, now=now)
        opened = client.get(f"/m/tasks/{task.code}/sign/")
        form = rounds.LongForm(client, opened, "sign")
        given = {**form.values, "signature_strokes": rounds.STROKES}
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as captured:
            answer = client.post(f"/m/tasks/{task.code}/sign/", given)
        taken.append(time.perf_counter() - began)
        queries.append(len([one for one in captured if not one["sql"].startswith(_CONTROL)]))
        assert answer.status_code == 302, answer.content.decode()[:2000]
    rate = len(taken) / sum(taken)
    say(
        f"sign: {max(queries)} queries, {rate:.0f} a second in one process, p95 {p95(taken):.0f} ms"
    )
    return max(queries)


@pytest.mark.django_db(transaction=True)
def test_todo_page(request: pytest.FixtureRequest, tmp_path: Path, settings: object) -> None:
    asked = request.config.getoption("--rows")
    officer = an_officer()
    client = client_of(officer.user)
    times: dict[int, float] = {}
    filled = 0
    for size in [asked] if asked else SIZES:
        began = time.monotonic()
        if filled:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM duties_task WHERE unit_id >= 1000000")
        fill(size)
        filled = size
        say(f"{size:,} rows put in within {time.monotonic() - began:.0f} s")
        times[size], queries = page_time(client)
        say(f"日管控 with {OPEN} open of {size:,}: {queries} queries, {times[size] * 1000:.1f} ms")
        assert queries <= MOST_QUERIES
    if len(times) > 1:
        ratio = times[max(times)] / times[min(times)]
        say(f"large against small table: {ratio:.2f} (at most {SLOWEST})")
        assert ratio <= SLOWEST
    ratio = throughput(client, tmp_path)
    say(f"against the minimal page: {ratio:.2f} (at least {LEAST_RATE})")
    number = signing(officer, client)
    assert number <= MOST_TO_SIGN
    assert ratio >= LEAST_RATE
