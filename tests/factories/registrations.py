"""Factories of registrations and of the bureaus' archive."""

from __future__ import annotations

from itertools import count

from config.actor import SYSTEM
from equipment.actions.archive import ArchiveRow, take_in
from equipment.models import ArchiveRecord
from tests.factories.units import NOW, credit_code
from units.models import Bureau, Region, Registration, Unit

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


def archived(
    unit: Unit,
    bureau: Bureau,
    *,
    name: str = "历史客梯",
    unit_name: str = "",
    credit_code: str = "",
    **facts: object,
) -> ArchiveRecord:
    """A machine of a bureau's archive that waits for `unit` (or for another credit code)."""
    number = next(_serial)
    row = ArchiveRow(
        credit_code=credit_code or unit.credit_code,
        unit_name=unit_name or unit.name,
        region_code=bureau.region_id,
        facts={
            "catalogue": "3110",
            "name": name,
            "place": "旧楼",
            "equipment_code": f"3110101012019{number:04d}",
            "registration_no": f"梯11渝A{number:05d}(19)",
        }
        | facts,
    )
    return take_in(bureau, [row], actor=SYSTEM, now=NOW)[0]
