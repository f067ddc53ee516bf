"""Factories of registrations and of the bureaus' archive."""

from __future__ import annotations

from itertools import count

from tests.factories.units import NOW, credit_code
from units.models import Region, Registration, Unit

_serial = count(5001)


def registration(
    state: str = "submitted",
    *,
    region: str = "500103",
    unit: Unit | None = None,
    **fields: object,
) -> Registration:
    """A registration in a state; one that opened a unit wants that `unit`."""
    number = next(_serial)
    values = {
        "code": f"TESTREGISTRATION{number:08d}",
        "name": f"第{number}号申请单位",
        "credit_code": credit_code(number),
        "kinds": ["using"],
        "address": "申请路1号",
        "contact_name": "申请人",
        "contact_phone": f"1370000{number:04d}",
        "username": f"apply{number}",
        "opinion": "请核对单位名称" if state in {"returned", "objected"} else "",
        "submitted_at": NOW,
    }
    return Registration.objects.create(
        state=state, region=Region.objects.get(pk=region), unit=unit, **values | fields
    )
