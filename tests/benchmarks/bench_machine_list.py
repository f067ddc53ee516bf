"""档案管理 of a unit with 3,000 machines: at most 8 queries for any filter, constant in rows.

Two ratios: the page against the bare SELECT of its rows and count in the same run, and against the
same page of a unit with 30 machines.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.test.utils import CaptureQueriesContext

from equipment.models import CatalogueEntry, Equipment, OfficerBinding, StatusPeriod
from tests.benchmarks.measure import best_of, compare, say
from tests.factories import equipment as machines
from tests.factories import units as people
from tests.factories.units import NOW
from units.models import Staff, Unit, User

MANY, FEW = 3000, 30
MOST_QUERIES = 8
SLOWEST = 4.0  # against the page of the small unit
CATEGORIES = ("lift", "lift", "lift", "crane", "boiler", "pressure_vessel", "vehicle")
FILTERS = {
    "all": {},
    "last page": {"size": "100", "page": "9999"},
    "category": {"category": "lift"},
    "keyword": {"keyword": "客梯 3号楼"},
    "nobody": {"officer": "none"},
    "due": {"due": "30", "status": "in_use"},
    "everything": {"category": "lift", "keyword": "梯", "status": "in_use", "due": "overdue"},
}


def archive(unit: Unit, officers: list[Staff], number: int) -> None:
    """Many machines as an import writes them, every tenth without an officer."""
    entries = {code: CatalogueEntry.objects.get(pk=code) for code in machines.CATALOGUE.values()}
    today = NOW.date()
    made = Equipment.objects.bulk_create(
        Equipment(
            unit=unit,
            catalogue=entries[machines.CATALOGUE[category]],
            category=category,
            name=f"{index}号{'客梯' if category == 'lift' else '设备'}",
            equipment_code=f"{unit.pk:04d}{index:013d}",
            inner_no=f"N-{index:05d}",
            place=f"{index % 40}号楼",
            status="in_use" if index % 25 else "stopped",
            officer=officers[index % len(officers)] if index % 10 else None,
            next_inspection_on=today + timedelta(days=index % 400 - 30),
            created_at=NOW,
        )
        for index, category in ((n, CATEGORIES[n % len(CATEGORIES)]) for n in range(number))
    )
    since = DateRange(date(2024, 1, 1), None)
    StatusPeriod.objects.bulk_create(
        StatusPeriod(equipment=one, status=one.status, period=since, created_at=NOW) for one in made
    )
    OfficerBinding.objects.bulk_create(
        OfficerBinding(equipment=one, staff=one.officer, period=since, created_at=NOW)
        for one in made
        if one.officer
    )


def peopled(name: str, number: int) -> User:
    unit = people.unit(name)
    officers = [people.staff(unit, f"安全员{n}", "safety_officer") for n in range(20)]
    archive(unit, officers, number)
    return people.account("unit", f"bench{number}", unit)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="units.auth.ShouzeBackend")
    return client


@pytest.mark.django_db
def test_machine_list() -> None:
    large, small = peopled("大型制造有限公司", MANY), peopled("小型物业有限公司", FEW)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    clients = client_of(large), client_of(small)
    rows = Equipment.objects.filter(unit=large.unit).select_related("catalogue", "officer", "unit")

    def bare() -> None:
        rows.count()
        list(rows.order_by("category", "id")[:20])

    baseline = best_of(bare)
    worst = 0.0
    for name, asked in FILTERS.items():
        with CaptureQueriesContext(connection) as captured:
            answer = clients[0].get("/equipment/", asked)
            number = len(captured)
        assert answer.status_code == 200
        assert number <= MOST_QUERIES
        one, two = (best_of(partial(client.get, "/equipment/", asked)) for client in clients)
        what = f"{name} ({number} queries)"
        compare(f"{what}, {MANY} machines against the bare SELECT", one, baseline)
        worst = max(worst, compare(f"{what}, {MANY} against {FEW} machines", one, two))
    say(f"worst ratio of {MANY} to {FEW} machines: {worst:.2f} (at most {SLOWEST})")
    assert worst <= SLOWEST
