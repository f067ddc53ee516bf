"""The desk's list 风险隐患记录 (F62) and its filters.

Filters in the URL (other rooms link with them): `source` daily|weekly|monthly,
`state` (a HazardState, or open = 待下达 and 待整改), `overdue` now|ever, `category`, `severity`,
`date_from`, `date_to` (发现日期), `keyword`, `machine`, `licence`, `station` and `unit` (public
codes). `category` is a subject (equipment.subjects).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Count, Q

from config.actor import Actor
from equipment.models import Equipment, Licence, Station
from hazards.models import Hazard, HazardQuerySet
from hazards.queries import OPEN, overdue
from hazards.states import Source
from units.models import Unit


def desk_hazards(actor: Actor, filters: dict[str, Any], *, day: date) -> HazardQuerySet:
    """风险隐患记录 (F62) under the list's filters, except the round (its tabs)."""
    hazards = Hazard.objects.for_actor(actor)
    plain = {
        "category": "category",
        "severity": "severity",
        "date_from": "found_on__gte",
        "date_to": "found_on__lte",
        "machine": "equipment__code",
        "licence": "licence__code",
        "station": "station__code",
        "unit": "unit__code",
    }
    hazards = hazards.filter(
        **{lookup: filters[key] for key, lookup in plain.items() if filters.get(key)}
    )
    if filters.get("state") == OPEN:
        hazards = hazards.unresolved()
    elif filters.get("state"):
        hazards = hazards.filter(state=filters["state"])
    if filters.get("overdue") == "now":
        hazards = hazards.filter(overdue(day))
    elif filters.get("overdue") == "ever":
        hazards = hazards.filter(overdue(day) | Q(overdue_at__isnull=False))
    if filters.get("keyword"):
        hazards = hazards.filter(_matches(filters["keyword"], actor))
    return hazards


def _matches(keyword: str, actor: Actor) -> Q:
    columns = [
        "description",
        "item",
        "equipment__name",
        "equipment__place",
        "equipment__equipment_code",
        "licence__number",
        "licence__family__name",
        "station__name",
        "station__number",
        "found_by__name",
    ]
    if actor.kind == "bureau":
        columns.append("unit__name")
    match = Q()
    for column in columns:
        match |= Q(**{f"{column}__icontains": keyword})
    return match


def source_counts(hazards: HazardQuerySet) -> dict[str, int]:
    """Rows of every round under the present filters, in one query."""
    return hazards.order_by().aggregate(
        **{one: Count("pk", filter=Q(source=one)) for one in Source.values}
    )


def narrowed_to(actor: Actor, filters: dict[str, Any]) -> str:
    """What a link has narrowed the list to, by name; empty when to nothing."""
    names = []
    if filters.get("unit"):
        unit = Unit.objects.for_actor(actor).filter(code=filters["unit"]).first()
        names.append(unit.name if unit else "未找到的单位")
    if filters.get("machine"):
        machine = Equipment.objects.for_actor(actor).filter(code=filters["machine"]).first()
        names.append(machine.name if machine else "未找到的设备")
    if filters.get("licence"):
        licence = Licence.objects.for_actor(actor).filter(code=filters["licence"]).first()
        names.append(str(licence) if licence else "未找到的许可")
    if filters.get("station"):
        station = Station.objects.for_actor(actor).filter(code=filters["station"]).first()
        names.append(station.name if station else "未找到的工位")
    return " ".join(names)
