"""Factories of regions' bureaus, units, accounts and people."""

from __future__ import annotations

from datetime import date, datetime
from itertools import count

from django.db.backends.postgresql.psycopg_any import DateRange

from config.clock import at
from units.models import Appointment, Bureau, Region, Staff, Unit, User
from units.models.person import slot_of

NOW = at(date(2026, 11, 20), 9)
LONG_AGO = date(2024, 1, 1)
PASSWORD = "Shouze-2026-test"

_serial = count(1)
_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def credit_code(number: int, region: str = "500103") -> str:
    """An invented 18-character credit code with a right check digit (GB 32100)."""
    body = f"91{region}MA{number:07d}"
    body = body[:17]
    total = sum(_CREDIT.index(c) * w for c, w in zip(body, _WEIGHTS, strict=True))
    return body + _CREDIT[(31 - total % 31) % 31]


def phone(number: int | None = None) -> str:
    # The first ones are those of the named cast (tests/world.py).
    return f"138{(number if number is not None else 1000 + next(_serial)):08d}"


def bureau(
    region: str = "500103", name: str = "渝中区市场监督管理局", now: datetime = NOW
) -> Bureau:
    return Bureau.objects.create(
        name=name, region=Region.objects.get(pk=region), phone="023-63800000", created_at=now
    )


def unit(
    name: str = "测试物业有限公司",
    region: str = "500103",
    kinds: tuple[str, ...] = ("using",),
    now: datetime = NOW,
    **fields: object,
) -> Unit:
    return Unit.objects.create(
        name=name,
        credit_code=credit_code(next(_serial)),
        kinds=list(kinds),
        region=Region.objects.get(pk=region),
        created_at=now,
        **fields,
    )


def account(
    kind: str,
    username: str,
    owner: Unit | Bureau,
    now: datetime = NOW,
    name: str | None = None,
) -> User:
    user = User(
        kind=kind,
        username=username,
        name=name or owner.name,
        created_at=now,
        unit=owner if kind == "unit" else None,
        bureau=owner if kind == "bureau" else None,
    )
    user.set_password(PASSWORD)
    user.save()
    return user


def staff(
    in_unit: Unit,
    name: str,
    *roles: str | tuple[str, list[str]],
    mobile: str | None = None,
    since: date = LONG_AGO,
    now: datetime = NOW,
) -> Staff:
    """A person with identities; a role may be given as (role, categories)."""
    user = User.objects.create(kind="person", phone=mobile or phone(), name=name, created_at=now)
    user.set_unusable_password()
    user.save()
    person = Staff.objects.create(
        unit=in_unit, user=user, name=name, started_on=since, created_at=now
    )
    for role in roles:
        value, categories = role if isinstance(role, tuple) else (role, [])
        appointment(person, value, categories, since=since, now=now)
    return person


def appointment(
    person: Staff,
    role: str,
    categories: list[str] | None = None,
    since: date = LONG_AGO,
    until: date | None = None,
    now: datetime = NOW,
) -> Appointment:
    return Appointment.objects.create(
        staff=person,
        role=role,
        categories=categories or [],
        period=DateRange(since, until),
        role_slot=slot_of(role),
        created_at=now,
    )
