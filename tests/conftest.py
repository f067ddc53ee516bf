"""Fixtures of the whole suite: reference data, the named world, signed-in clients."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection
from django.test import Client, TransactionTestCase
from django.utils import timezone
from pytest_django import fixtures

from config.clock import end_of, local_day, start_of
from equipment import subjects
from tests import clients
from tests import world as worlds
from units.models import User

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright runs its own event loop

BEFORE_MIDNIGHT, AFTER_MIDNIGHT = timedelta(minutes=3), timedelta(minutes=2, seconds=10)
# Loaded once a session and never emptied; every other table is emptied after a test that commits.
REFERENCE_TABLES = {
    "units_region",
    "units_rule",
    "equipment_catalogueentry",
    "equipment_dutytitle",
    "equipment_licencefamily",
    "equipment_licenceitem",
    "duties_checklist",
    "duties_checklistitem",
    "units_dutytext",
    "cylinders_cylinderkind",
    "cylinders_medium",
    "cylinders_cylinderrule",
    "cylinders_numberrule",
    "django_migrations",
    "django_content_type",
    "auth_permission",
}


def _empty_tables(self: TransactionTestCase) -> None:
    """Empty everything but reference data after a test that commits (append-only tables too)."""
    with connection.cursor() as cursor:
        names = set(connection.introspection.table_names(cursor)) - REFERENCE_TABLES
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(";".join(f'DELETE FROM "{name}"' for name in sorted(names)))
        cursor.execute(
            "DELETE FROM duties_checklistitem USING duties_checklist c "
            "WHERE checklist_id = c.id AND c.unit_id IS NOT NULL"
        )
        cursor.execute("DELETE FROM duties_checklist WHERE unit_id IS NOT NULL")
        cursor.execute("SET session_replication_role = origin")


TransactionTestCase._fixture_teardown = _empty_tables
# Every run has the database: tests/access builds its samples without asking for `db`.
fixtures._get_databases_for_setup = lambda items: ({DEFAULT_DB_ALIAS}, set())


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    with django_db_blocker.unblock():
        call_command("load_reference", verbosity=0)
        subjects.every()  # kept for the process: no test's query count depends on the order
    yield
    with django_db_blocker.unblock():
        _end_other_sessions()


def _end_other_sessions() -> None:
    """A browser's kept-alive connection may hold a server thread, and that one our database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(autouse=True)
def _clean_cache() -> None:
    """Rate limits of one test must not reach the next."""
    cache.clear()


@pytest.fixture(autouse=True)
def _files_in_tmp(settings: object, tmp_path: object) -> None:
    """Stored files of a test lie in its own folder."""
    settings.FILES_ROOT = tmp_path / "files"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "files"), "base_url": None},
        },
    }


@pytest.fixture
def time_of_the_day() -> None:
    """What is played in real time begins when some of the day is left (and of the month gone)."""
    now = timezone.now()
    for midnight in (start_of(local_day(now)), end_of(local_day(now))):
        left = midnight + AFTER_MIDNIGHT - now
        if timedelta() < left < AFTER_MIDNIGHT + BEFORE_MIDNIGHT:
            time.sleep(left.total_seconds())


@pytest.fixture
def world(db: None) -> worlds.World:
    """Two peopled units, a bureau over both, a stranger: the same names everywhere."""
    return worlds.copied()


@pytest.fixture
def committed_world(transactional_db: None) -> worlds.World:
    """The same world, committed: for tests with threads, workers or browsers."""
    return worlds.copied()


@pytest.fixture
def as_() -> Callable[[User], Client]:
    """Return a client signed in as a user: `as_(world.li.user).get(url)`."""

    return clients.client


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: a whole run hands out a file at a time."""
    long = {
        item.path
        for item in items
        if item.get_closest_marker("early") or item.path.parent.name == "browser"
    }
    items.sort(key=lambda item: item.path not in long)


def pytest_collection_finish() -> None:
    """What is imported and collected by now stays to the end: no later collection looks at it."""
    gc.collect()
    gc.freeze()
