"""Addresses and values nobody types: answered in words, never with an error of ours.

Who lacks the right (403) is refused before the page reads anything, so he is asked once.
"""

from __future__ import annotations

import pytest

from tests.access.routes import ROUTES, Route
from tests.access.samples import Samples
from tests.access.test_matrix import client_of

ODD = ("%00", "a%00b", "x" * 3000, "%F0%9F%9B%97")
WHO = ("jia_admin", "li", "zhao", "regulator")


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if "code" in route.arguments], ids=lambda route: route.name
)
def test_an_odd_code_does_not_exist(route: Route, samples: Samples) -> None:
    url = route.url(samples)
    code = str(samples.kwargs(route.name, route.arguments)["code"])
    found = set()
    for role in WHO:
        client = client_of(samples.world, role)
        for odd in ODD:
            address = url.replace(code, odd)
            answer = client.get(address) if route.declared.reads else client.post(address)
            found.add(answer.status_code)
            if answer.status_code == 403:
                break
    assert found <= {403, 404}
    assert 404 in found


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.declared.reads], ids=lambda route: route.name
)
def test_odd_values_of_the_query_string_are_no_error(route: Route, samples: Samples) -> None:
    url = route.url(samples)
    names = (
        "q", "keyword", "page", "size", "tab", "source", "state", "category", "cadence", "machine",
        "unit", "unit_name", "date_from", "date_to", "first_on", "last_on", "person", "completion",
        "officer", "due", "status", "role", "m", "all", "filter", "next", "show", "of", "at", "kind",
        "catalogue", "overdue", "severity", "download", "staff", "day", "span", "what", "risk_category",
    )  # fmt: skip
    wrong = []
    for role in WHO:
        client = client_of(samples.world, role)
        for odd in ("\0", "0001-01-01", "9999-12-31", "9" * 400):
            answer = client.get(url, dict.fromkeys(names, odd))
            if answer.status_code >= 500:
                wrong.append((role, odd[:20], answer.status_code))
            if answer.status_code == 403:
                break
    assert wrong == []
