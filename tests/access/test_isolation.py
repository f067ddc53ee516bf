"""Tenancy: 甲's objects answer 404 to everybody else and change nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from tests.access.routes import ROUTES, Route
from tests.access.samples import Samples
from tests.access.test_matrix import STRANGERS, client_of

# Reference data shown to everybody, kinds of imports; sign-in bookkeeping.
SHARED = {"duties:checklist", "units:import-start", "units:import-template"}
BOOKKEEPING = {"django_session", "units_user"}


def is_scoped(route: Route) -> bool:
    """Whether a page shows an object of a unit; a public page is for whoever holds its link."""
    return route.takes_object and not route.declared.public_reason and route.name not in SHARED


def fingerprint() -> dict[str, str]:
    """A digest of every table."""
    with connection.cursor() as cursor:
        names = set(connection.introspection.table_names(cursor)) - BOOKKEEPING
        cursor.execute(" UNION ALL ".join(map(_digest, sorted(names))))
        return dict(cursor.fetchall())


def _digest(table: str) -> str:
    rows = "md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), ''))"
    return f"SELECT '{table}', {rows} FROM \"{table}\" t"


@pytest.fixture(scope="module")
def before(_built: Samples, django_db_blocker: Any) -> dict[str, str]:
    """What every test of this module begins with (tests.access.conftest)."""
    with django_db_blocker.unblock():
        return fingerprint()


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if is_scoped(route)],
    ids=lambda route: route.name,
)
def test_a_foreign_object_does_not_exist(
    route: Route, samples: Samples, before: dict[str, str]
) -> None:
    url = route.url(samples)
    wrong = []
    for role in STRANGERS:
        client = client_of(samples.world, role)
        answers = {"GET": client.get(url)} if route.declared.reads else {}
        if route.declared.writes:
            answers["POST"] = client_of(samples.world, role).post(url)
        for method, answer in answers.items():
            # 403: the role lacks the page altogether; 404: it has the page, not the object.
            if answer.status_code not in {403, 404, 405}:
                wrong.append(f"{role} {method} {answer.status_code}")
    assert wrong == []
    assert fingerprint() == before


def test_at_least_one_stranger_is_stopped_by_scope_not_by_right(samples: Samples) -> None:
    """Guards the test above against a world in which every stranger merely lacks the right."""
    stopped = set()
    for route in ROUTES:
        if not is_scoped(route) or not route.declared.reads:
            continue
        for role in STRANGERS:
            if client_of(samples.world, role).get(route.url(samples)).status_code == 404:
                stopped.add(route.name)
                break
    readable = {route.name for route in ROUTES if is_scoped(route) and route.declared.reads}
    assert stopped == readable
