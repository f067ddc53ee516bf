"""Factories of device codes, public reports, tickets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from equipment.models import DeviceCode, Equipment, PublicReport
from tests.factories.units import NOW
from units.models import Staff, Ticket, User


def device_code(machine: Equipment, now: datetime = NOW, **fields: Any) -> DeviceCode:
    return DeviceCode.objects.create(equipment=machine, issued_at=now, **fields)


def public_report(code: DeviceCode, now: datetime = NOW, **fields: Any) -> PublicReport:
    given = {"kind": "fault", "text": "关门时有异响。", **fields}
    return PublicReport.objects.create(
        unit=code.equipment.unit,
        equipment=code.equipment,
        device_code=code,
        reported_at=now,
        **given,
    )


def ticket(who: Staff | User, now: datetime = NOW, **fields: Any) -> Ticket:
    user = who.user if isinstance(who, Staff) else who
    unit = who.unit if isinstance(who, Staff) else user.unit
    given = {"text": "找不到导出按钮。", "page": "/equipment/", **fields}
    return Ticket.objects.create(
        user=user, unit=unit, asked_by_name=user.name, asked_at=now, **given
    )
