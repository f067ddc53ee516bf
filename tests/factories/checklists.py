"""A unit's own checklists, written directly."""

from __future__ import annotations

from datetime import date, datetime

from django.db.backends.postgresql.psycopg_any import DateRange

from duties.models import Checklist, ChecklistItem
from tests.factories.units import NOW
from units.models import Unit

SINCE_2026 = DateRange(date(2026, 1, 1), None)


def own(
    unit: Unit,
    name: str = "物业自定义清单",
    *,
    items: int = 1,
    cadence: str = "daily",
    category: str = "lift",
    unit_kind: str = "using",
    period: DateRange = SINCE_2026,
    enabled_at: datetime | None = None,
    retired_at: datetime | None = None,
    **fields: object,
) -> Checklist:
    """A list of `items` items of one cadence; a draft unless `enabled_at` is given."""
    made = Checklist.objects.create(
        unit=unit,
        unit_kind=unit_kind,
        category=category,
        name=name,
        period=period,
        enabled_at=enabled_at,
        retired_at=retired_at,
        created_at=NOW,
        created_by_name="甲管理员",
        **fields,
    )
    for number in range(1, items + 1):
        item(made, number, cadence=cadence)
    return made


def item(checklist: Checklist, number: int, **fields: object) -> ChecklistItem:
    """Item `number` of a list."""
    values: dict[str, object] = {
        "key": f"C{checklist.pk}-{number}",
        "cadence": "daily",
        "risk_category": "管理类",
        "item": f"{checklist.name}第{number}项",
        "hazard": "隐患",
        "measure": "措施",
    }
    return ChecklistItem.objects.create(checklist=checklist, number=number, **(values | fields))
