"""What a round is answered against: fixed and custom lists composed into one frozen version.

Decision 9: the form page carries the content hash of what it shows; any version that was in force
on the to-do's day is accepted; the first save freezes it as a ChecklistVersion.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from config.clock import local_day, start_of
from duties.answers import canonical
from duties.models import Checklist, ChecklistVersion
from units.models import Unit
from units.models.unit import UnitKind

Item = dict[str, Any]


@dataclass(frozen=True)
class Composed:
    """The items of a round in order, and the hash of their content.

    Each item is {key, number, risk_category, item, hazard, measure, is_severe, source}; numbers
    run from 1 across all lists. Two units with the same content share hash and version.
    """

    unit_kind: str
    category: str
    cadence: str
    items: tuple[Item, ...]
    content_hash: str


def compose(
    *, unit: Unit, category: str, cadence: str, at: datetime, unit_kind: str = UnitKind.USING
) -> Composed:
    """Return what a round of `unit` is made of at a moment (two queries).

    The enabled fixed lists of (unit kind, category, cadence) in their validity come first, then the
    unit's own enabled ones. `items` is empty when there is no list: the caller says so in words.
    """
    lists = _candidates(unit, category, cadence, unit_kind)
    return _compose(lists, category, cadence, unit_kind, at)


def versions_in_force(
    *,
    unit: Unit,
    category: str,
    cadence: str,
    day: date,
    until: datetime,
    unit_kind: str = UnitKind.USING,
) -> dict[str, Composed]:
    """Return every composition in force at some instant from 00:00 of `day` up to `until`.

    Keyed by content hash, in the order they came into force. `until` is now, or the last instant of
    the to-do's period when that has passed; a form opened before a change is thus still accepted.
    """
    lists = _candidates(unit, category, cadence, unit_kind)
    first = start_of(day)
    turns = {turn for one in lists for turn in _turning_points(one) if first < turn <= until}
    found: dict[str, Composed] = {}
    for instant in [first, *sorted(turns)]:
        made = _compose(lists, category, cadence, unit_kind, instant)
        found.pop(made.content_hash, None)  # one that came back counts from its return
        found[made.content_hash] = made
    return found


def freeze(composed: Composed, *, now: datetime) -> ChecklistVersion:
    """Return the immutable version with this content, made on first use. Repeatable."""
    version, _ = ChecklistVersion.objects.get_or_create(
        content_hash=composed.content_hash,
        defaults={
            "unit_kind": composed.unit_kind,
            "category": composed.category,
            "cadence": composed.cadence,
            "items": list(composed.items),
            "item_count": len(composed.items),
            "created_at": now,
        },
    )
    return version


def _candidates(unit: Unit, category: str, cadence: str, unit_kind: str) -> list[Checklist]:
    return list(
        Checklist.objects.filter(
            Q(unit=None) | Q(unit=unit),
            unit_kind=unit_kind,
            category=category,
            cadence=cadence,
            enabled_at__isnull=False,
        )
        .prefetch_related("items")
        .order_by("unit_id", "id")
    )


def _turning_points(one: Checklist) -> Iterable[datetime]:
    yield one.enabled_at
    if one.retired_at:
        yield one.retired_at
    if one.period.lower:
        yield start_of(one.period.lower)
    if one.period.upper:
        yield start_of(one.period.upper)


def _in_force(one: Checklist, at: datetime) -> bool:
    day = local_day(at)
    begun = one.period.lower is None or one.period.lower <= day
    ended = one.period.upper is not None and one.period.upper <= day
    retired = one.retired_at is not None and one.retired_at <= at
    return one.enabled_at <= at and begun and not ended and not retired


def _compose(
    lists: list[Checklist], category: str, cadence: str, unit_kind: str, at: datetime
) -> Composed:
    in_force = [one for one in lists if _in_force(one, at)]
    in_force.sort(key=lambda one: (one.unit_id is not None, one.pk))
    items: list[Item] = []
    for one in in_force:
        for item in one.items.all():
            items.append(
                {
                    "key": item.key,
                    "number": len(items) + 1,
                    "risk_category": item.risk_category,
                    "item": item.item,
                    "hazard": item.hazard,
                    "measure": item.measure,
                    "is_severe": item.is_severe,
                    "source": "custom" if one.unit_id else "fixed",
                }
            )
    content = {
        "unit_kind": str(unit_kind),
        "category": category,
        "cadence": str(cadence),
        "items": items,
    }
    return Composed(
        unit_kind=str(unit_kind),
        category=category,
        cadence=str(cadence),
        items=tuple(items),
        content_hash=hashlib.sha256(canonical(content)).hexdigest(),
    )
