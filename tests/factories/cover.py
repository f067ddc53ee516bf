"""Factory of leave cover."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateRange

from duties.models import Cover
from tests.factories.units import NOW
from units.models import Staff


def cover(
    staff: Staff,
    stand_in: Staff,
    first: date = date(2026, 11, 20),
    last: date | None = None,
    *,
    now: datetime = NOW,
    **fields: object,
) -> Cover:
    """A cover of some days, of one day unless told; not checked by any rule but the database's."""
    return Cover.objects.create(
        unit_id=staff.unit_id,
        staff=staff,
        stand_in=stand_in,
        period=DateRange(first, (last or first) + timedelta(days=1)),
        reason=fields.pop("reason", "年休假"),
        named_by_name=staff.name,
        created_at=now,
        **fields,
    )
