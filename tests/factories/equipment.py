"""Factories of machines with their dated bindings and statuses."""

from __future__ import annotations

from datetime import date, datetime
from itertools import count

from django.db.backends.postgresql.psycopg_any import DateRange

from equipment.models import CatalogueEntry, Equipment, OfficerBinding, StatusPeriod
from tests.factories.units import LONG_AGO, NOW
from units.models import Staff, Unit

_serial = count(1)

# One catalogue code of each of the nine duty categories.
CATALOGUE = {
    "boiler": "1100",
    "pressure_vessel": "2170",
    "cylinder": "2310",
    "pressure_pipe": "8310",
    "lift": "3110",
    "crane": "4110",
    "ropeway": "9110",
    "ride": "6100",
    "vehicle": "5110",
}


def machine(
    unit: Unit,
    category: str = "lift",
    *,
    officer: Staff | None = None,
    name: str | None = None,
    status: str = "in_use",
    since: date = LONG_AGO,
    now: datetime = NOW,
    **fields: object,
) -> Equipment:
    number = next(_serial)
    code = CATALOGUE[category]
    catalogue = CatalogueEntry.objects.get(pk=code)
    made = Equipment.objects.create(
        unit=unit,
        catalogue=catalogue,
        category=category,
        name=name or f"{number}号{catalogue.name}",
        equipment_code=f"{code}10{number % 1000:03d}2020{number:04d}",
        registration_no=fields.pop("registration_no", f"测{code[1:3]}渝A{number:05d}(20)"),
        inner_no=f"{number:03d}",
        place=fields.pop("place", "1号楼"),
        status=status,
        officer=officer,
        created_at=now,
        **fields,
    )
    StatusPeriod.objects.create(
        equipment=made,
        status=status,
        period=DateRange(since, None),
        exempt_period=DateRange(since, None) if status in {"stopped", "scrapped"} else None,
        created_at=now,
    )
    if officer is not None:
        bind(made, officer, since=since, now=now)
    return made


def bind(
    made: Equipment,
    officer: Staff,
    since: date = LONG_AGO,
    until: date | None = None,
    now: datetime = NOW,
) -> OfficerBinding:
    return OfficerBinding.objects.create(
        equipment=made, staff=officer, period=DateRange(since, until), created_at=now
    )
