"""Random histories of one unit, written as dated rows: what the generator is measured on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from config.clock import at
from duties.models import Cover
from equipment.models import (
    Declaration,
    LicenceBinding,
    LicenceFamily,
    OfficerBinding,
    Station,
    StationBinding,
    StatusPeriod,
    SuspensionPeriod,
)
from equipment.models.licence import Licence
from tests.factories import equipment as machines
from tests.factories import units as people
from tests.factories.units import LONG_AGO
from units.models import Appointment, Staff, Unit
from units.models.person import slot_of

LONG_BEFORE = at(LONG_AGO, 8)
FAMILIES = ("lift_installation", "lift_manufacture", "cylinder_filling", "transport_vessel_filling")


@dataclass
class History:
    """A unit and its rows; `later` holds what becomes known on its own first day."""

    unit: Unit
    staff: list[Staff]
    later: dict[date, list[Callable[[], Any]]] = field(default_factory=dict)


def write(dice: Random, first: date, length: int, *, region: str = "500103") -> History:
    """Write a unit with people, machines, licences and stations whose facts change over the days."""
    unit = people.unit("史某综合厂", region, ("using", "production", "filling"))
    staff = [people.staff(unit, f"人{number}", now=LONG_BEFORE) for number in range(6)]
    history = History(unit, staff)
    days = [first + timedelta(days=n) for n in range(length)]
    _posts(dice, history, days)
    for category in ("lift", "lift", "crane", "boiler"):
        _machine(dice, history, category, days)
    families = [LicenceFamily.objects.get(pk=code) for code in FAMILIES[: dice.randint(0, 4)]]
    licences = [_licence(dice, history, family, days) for family in families]
    for number in range(dice.randint(0, 2)):
        _station(dice, history, number, licences, days)
    _suspension(dice, history, days)
    for person in staff:
        if dice.random() < 0.2:
            person.ended_on = dice.choice(days)
            person.save()
        for period, stand_in in _timeline(dice, days, [None, None, None, *staff]):
            if stand_in not in (None, person):
                _later(
                    dice,
                    history,
                    days,
                    Cover(
                        unit=unit,
                        staff=person,
                        stand_in=stand_in,
                        period=period,
                        named_by_name="管理员",
                        created_at=LONG_BEFORE,
                    ),
                )
    return history


def _timeline(dice: Random, days: list[date], values: list[Any]) -> list[tuple[DateRange, Any]]:
    """Ranges one after another from long ago without end, each with a value."""
    cuts = sorted(dice.sample(days, dice.randint(0, min(3, len(days)))))
    edges = [LONG_AGO, *cuts, None]
    return [
        (DateRange(lower, upper), dice.choice(values))
        for lower, upper in zip(edges, edges[1:], strict=False)
    ]


def _later(dice: Random, history: History, days: list[date], row: Any) -> None:
    """Save a row now, or on the day it begins (as if it were decided then)."""
    begins = row.period.lower
    if begins in days[1:] and dice.random() < 0.5:
        history.later.setdefault(begins, []).append(row.save)
    else:
        row.save()


def _posts(dice: Random, history: History, days: list[date]) -> None:
    wanted = [
        (0, "principal", [[]]),
        (1, "principal", [[]]),
        (1, "safety_director", [[], ["lift"], ["crane", "boiler"]]),
        (2, "safety_director", [[], ["crane"]]),
        (2, "quality_director", [[], ["lift"]]),
        (3, "safety_officer", [[]]),
    ]
    for index, role, scopes in wanted:
        for period, scope in _timeline(dice, days, [None, *scopes]):
            if scope is not None:
                post = Appointment(
                    staff=history.staff[index],
                    role=role,
                    categories=scope,
                    period=period,
                    role_slot=slot_of(role),
                    created_at=LONG_BEFORE,
                )
                _later(dice, history, days, post)


def _bind(dice: Random, history: History, days: list[date], model: type, **subject: Any) -> None:
    for period, officer in _timeline(dice, days, [None, *history.staff[2:]]):
        if officer is not None:
            row = model(staff=officer, period=period, created_at=LONG_BEFORE, **subject)
            _later(dice, history, days, row)


def _machine(dice: Random, history: History, category: str, days: list[date]) -> None:
    made = machines.machine(history.unit, category)
    StatusPeriod.objects.filter(equipment=made).delete()
    statuses = ["in_use", "in_use", "in_use", "stopped", "scrapped", "not_yet_in_use", None]
    for period, status in _timeline(dice, days, statuses):
        if status is not None:
            exempt = DateRange(dice.choice(days), None) if dice.random() < 0.6 else None
            row = StatusPeriod(
                equipment=made,
                status=status,
                period=period,
                exempt_period=exempt if status in {"stopped", "scrapped"} else None,
                created_at=LONG_BEFORE,
            )
            _later(dice, history, days, row)
    _bind(dice, history, days, OfficerBinding, equipment=made)


def _licence(dice: Random, history: History, family: LicenceFamily, days: list[date]) -> Licence:
    closed = dice.choice([None, None, dice.choice(days)])
    made = Licence.objects.create(
        unit=history.unit,
        family=family,
        number=f"TS{history.unit.pk}-{family.pk}"[:40],
        valid_from=dice.choice([LONG_AGO, dice.choice(days)]),
        valid_until=date(2030, 1, 1),
        created_at=at(dice.choice([LONG_AGO, dice.choice(days)]), 23, 30),
        closed_at=at(closed, 0, 30) if closed else None,
    )
    _bind(dice, history, days, LicenceBinding, licence=made)
    return made


def _station(
    dice: Random, history: History, number: int, licences: list[Licence], days: list[date]
) -> None:
    closed = dice.choice([None, None, dice.choice(days)])
    made = Station.objects.create(
        unit=history.unit,
        name=f"{number}号工位",
        number=str(number),
        medium="液化石油气",
        licence=dice.choice([None, *licences]),
        created_at=at(dice.choice([LONG_AGO, dice.choice(days)]), 0, 30),
        closed_at=at(closed, 23, 30) if closed else None,
    )
    _bind(dice, history, days, StationBinding, station=made)


def _suspension(dice: Random, history: History, days: list[date]) -> None:
    if dice.random() < 0.6:
        return
    lower, upper = sorted(dice.sample(days, 2))
    made = Declaration.objects.create(
        unit=history.unit,
        kind="suspend",
        from_on=lower,
        reason="检修",
        state="filed",
        declared_by_name="管理员",
        declared_at=LONG_BEFORE,
    )
    row = SuspensionPeriod(
        unit=history.unit,
        declaration=made,
        period=DateRange(lower, upper),
        exempt_period=DateRange(lower + timedelta(days=dice.randint(0, 2)), upper)
        if upper - lower > timedelta(days=2)
        else None,
        created_at=LONG_BEFORE,
    )
    _later(dice, history, days, row)
