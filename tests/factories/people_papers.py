"""Factories of what is kept about people: certificates, drills and trainings, requests to leave."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count

from tests.factories.units import NOW
from units.actions.leave import ANSWER_WITHIN
from units.models import Activity, Certificate, LeaveRequest, Participation, Staff, Unit

_serial = count(1)


def certificate(
    staff: Staff, until: date | None = date(2028, 1, 31), kind: str = "operator", **fields: object
) -> Certificate:
    given = {"number": f"T50010{next(_serial):06d}", "item": "叉车司机 N1", **fields}
    return Certificate.objects.create(
        unit_id=staff.unit_id, staff=staff, kind=kind, valid_until=until, created_at=NOW, **given
    )


def activity(
    unit: Unit,
    *people: Staff,
    kind: str = "training",
    held_on: date = date(2026, 6, 16),
    **fields: object,
) -> Activity:
    given = {"title": f"{kind} {next(_serial)}", "content": "学习巡查清单", **fields}
    made = Activity.objects.create(unit=unit, kind=kind, held_on=held_on, created_at=NOW, **given)
    Participation.objects.bulk_create(Participation(activity=made, staff=one) for one in people)
    return made


def leave_request(staff: Staff, at: datetime = NOW - timedelta(days=1)) -> LeaveRequest:
    return LeaveRequest.objects.create(
        unit_id=staff.unit_id,
        staff=staff,
        reason="已解除合同",
        requested_at=at,
        takes_effect_at=at + ANSWER_WITHIN,
    )
