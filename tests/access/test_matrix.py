"""The access matrix: every route × every role -> status, held against a committed text table.

A new page or a changed right shows up as a difference to be read. To accept it:
`UPDATE_MATRIX=1 ./shouze test tests/access/test_matrix.py`, then read the diff of matrix.txt.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.conf import settings as project
from django.test import Client

from tests import clients
from tests.access.routes import ROUTES, Route
from tests.access.samples import Samples
from tests.world import World
from units.models import User

TABLE = Path(__file__).with_name("matrix.txt")
UPDATE = os.environ.get("UPDATE_MATRIX") == "1"

ROLES = (
    "nobody", "jia_admin", "li", "zhang", "wang", "zhao", "chen",
    "yi_admin", "sun", "qian", "zhou", "regulator", "far_regulator",
)  # fmt: skip

# Who has nothing to do with 甲.
STRANGERS = ("yi_admin", "sun", "qian", "zhou", "far_regulator", "far_admin")
# Session keys by role of the world that the folder's samples were built in (tests.access.conftest).
SESSIONS: dict[str, str] = {}


def client_of(world: World, role: str) -> Client:
    """A client of somebody; he has signed in already where the samples were built once."""
    if role == "nobody":
        return clients.client()
    if role not in SESSIONS:
        who = getattr(world, role)
        return clients.client(who if isinstance(who, User) else who.user)
    client = clients.client()
    client.cookies[project.SESSION_COOKIE_NAME] = SESSIONS[role]
    return client


def statuses(samples: Samples, route: Route) -> str:
    """One line: GET status (and POST status where the page writes) per role."""
    url = route.url(samples)
    cells = []
    for role in ROLES:
        cell = str(client_of(samples.world, role).get(url).status_code)
        if route.declared.writes:
            cell += f"/{client_of(samples.world, role).post(url).status_code}"
        cells.append(f"{role}={cell}")
    return f"{route.name} {' '.join(cells)}"


def committed() -> dict[str, str]:
    lines = TABLE.read_text().splitlines() if TABLE.exists() else []
    return {line.split(" ", 1)[0]: line for line in lines if line}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_route(route: Route, samples: Samples) -> None:
    found = statuses(samples, route)
    if UPDATE:
        table = {**committed(), route.name: found}
        TABLE.write_text("".join(f"{table[name]}\n" for name in sorted(table)))
    assert committed().get(route.name) == found


def test_the_table_names_no_route_that_is_gone() -> None:
    assert sorted(committed()) == sorted(route.name for route in ROUTES)


def test_who_is_not_signed_in_reaches_public_pages_only(samples: Samples) -> None:
    opened = {
        route.name
        for route in ROUTES
        if not route.declared.public_reason
        and Client().get(route.url(samples)).status_code not in {302, 401, 405}
    }
    assert opened == set()
