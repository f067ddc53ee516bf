"""Reminders and escalation of 100,000 machines in 10,000 units: seconds, memory, and a second run.

The baseline of each is the bare count of the same to-dos by person in one statement.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction

from config.clock import at, end_of
from duties import escalation
from tests.benchmarks.measure import best_of, say
from tests.factories.units import NOW
from tests.world import TODAY
from units.models import OutboxMessage

UNITS, EACH = 10_000, 10
MOST_MEGABYTES = 200


def rows(table: str, values: str, many: str) -> None:
    """INSERT … SELECT over generate_series; columns left out get a plain default of their type."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type, column_default, is_nullable, is_identity"
            "  FROM information_schema.columns WHERE table_name = %s AND table_schema = 'public'",
            [table],
        )
        given = {
            name.strip(): text.strip()
            for name, text in (part.split(":=") for part in values.split(";") if part.strip())
        }
        for name, kind, default, nullable, identity in cursor.fetchall():
            if name in given or nullable == "YES" or default is not None or identity == "YES":
                continue
            plain = {"ARRAY": "'{}'", "boolean": "false", "jsonb": "'{}'", "integer": "1"}
            given[name] = plain.get(kind, f"'{NOW.isoformat()}'" if "time" in kind else "''")
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(given)}) SELECT {', '.join(given.values())} FROM {many}"
        )


def fill() -> None:
    """Three people a unit, ten lifts bound to its officer, to-dos of today and yesterday."""
    units = f"generate_series(1, {UNITS}) AS n"
    people = f"generate_series(1, {UNITS}) AS n CROSS JOIN generate_series(1, 3) AS m"
    machines = f"generate_series(1, {UNITS}) AS n CROSS JOIN generate_series(1, {EACH}) AS m"
    person, machine = "1000000 + n * 3 + m", f"1000000 + n * {EACH} + m"
    rows(
        "units_unit",
        "id := 1000000 + n; code := 'u' || n; name := '单位' || n; kinds := '{using}';"
        "credit_code := lpad(n::text, 18, '0'); region_id := '500103'",
        units,
    )
    rows(
        "units_user",
        f"id := {person}; code := 'p' || n || '-' || m; kind := 'person'; is_active := true;"
        "phone := (13000000000 + n * 3 + m)::text; name := '人员' || n",
        people,
    )
    rows(
        "units_staff",
        f"id := {person}; code := 's' || n || '-' || m; unit_id := 1000000 + n; name := '人员' || n;"
        f"user_id := {person}; started_on := '2024-01-01'",
        people,
    )
    rows(
        "units_appointment",
        f"staff_id := {person}; period := '[2024-01-01,)';"
        "role := (ARRAY['safety_officer', 'safety_director', 'principal'])[m];"
        "role_slot := (ARRAY[int4range(40, 41), int4range(20, 21), int4range(10, 11)])[m]",
        people,
    )
    rows(
        "equipment_equipment",
        f"id := {machine}; code := 'e' || n || '-' || m; unit_id := 1000000 + n; category := 'lift';"
        "name := m || '号客梯'; catalogue_id := '3110'; status := 'in_use';"
        f"equipment_code := ({machine})::text; officer_id := 1000000 + n * 3 + 1",
        machines,
    )
    for day in (TODAY, TODAY - timedelta(days=1)):
        state = "todo" if day == TODAY else "missed"
        missed = "" if day == TODAY else f"; missed_at := '{NOW.isoformat()}'"
        rows(
            "duties_task",
            f"code := '{day:%d}' || n || '-' || m; period_on := '{day}'; unit_id := 1000000 + n;"
            "unit_kind := 'using'; kind := 'inspection'; cadence := 'daily'; level := 'officer';"
            f"equipment_id := {machine}; category := 'lift'; state := '{state}';"
            f"assignee_id := 1000000 + n * 3 + 1; due_at := '{end_of(day).isoformat()}'{missed}",
            machines,
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@pytest.mark.django_db
def test_escalation() -> None:
    with connection.cursor() as cursor:  # the world of a benchmark need not sign in or add up
        cursor.execute("SET session_replication_role = replica")
        fill()
        cursor.execute("SET session_replication_role = origin")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def bare() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT assignee_id, count(*) FROM duties_task WHERE period_on = %s GROUP BY 1",
                [TODAY],
            )
            cursor.fetchall()

    say(f"{UNITS * EACH} machines in {UNITS} units")
    say(f"bare count of a day by person: {best_of(bare):.2f} s")
    four, morning = at(TODAY, 16), at(TODAY, 8)
    for name, call in (
        ("reminder of 16:00", lambda: escalation.remind_due(now=four)),
        ("the same again", lambda: escalation.remind_due(now=four)),
        ("escalation of 08:00", lambda: escalation.escalate(now=morning)),
        ("the same again", lambda: escalation.escalate(now=morning)),
    ):
        say(f"{name}: {timed(call):.1f} s")
    written = {
        kind: OutboxMessage.objects.filter(kind=kind, channel="in_app").count()
        for kind in ("due_today", "missed", "missed_own")
    }
    say(f"messages: {written}")
    assert written == dict.fromkeys(written, UNITS)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
    say(f"memory grown by {grown:.0f} MB (at most {MOST_MEGABYTES})")
    assert grown < MOST_MEGABYTES
