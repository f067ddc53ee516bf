"""临时停用 declarations, made by the real action or written for days gone by."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.backends.postgresql.psycopg_any import DateRange

from equipment.models import Equipment, StopDeclaration
from tests.factories.units import NOW
from units.models import Staff


def stop(
    machine: Equipment,
    from_on: date = date(2026, 11, 20),
    *,
    days: int = 3,
    by: Staff | None = None,
    **fields: object,
) -> StopDeclaration:
    """A 临时停用 of some days by the machine's officer (or `by`)."""
    person = by or machine.officer
    values = {
        "reason": "门机故障，等待配件",
        "period": DateRange(from_on, from_on + timedelta(days=days)),
        "declared_by": person,
        "declared_by_name": person.name if person else "",
        "declared_at": NOW,
    }
    return StopDeclaration.objects.create(equipment=machine, **(values | fields))
