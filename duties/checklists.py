"""What a round is answered against: fixed and custom lists composed into one frozen version.

Decision 9: the form page carries the content hash of what it shows; any version that was in force
on the to-do's day is accepted; the first save freezes it as a ChecklistVersion.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch, Q

from config.clock import local_day, start_of
from duties.answers import canonical
from duties.calendar import ANY_STATION
from duties.models import Checklist, ChecklistItem, ChecklistVersion
from equipment import subjects
from equipment.models import Licence, Station
from units.models import Unit
from units.models.unit import UnitKind

Item = dict[str, Any]

# What a hazard can hold of an item's text.
LONGEST = 300


@dataclass(frozen=True)
class Composed:
    """The items of a round in order, and the hash of their content.

    Each item is {key, number, risk_category, item, hazard, measure, is_severe, source}, and
    `picture` (the id of the stored file that pages show) where it has a guidance picture; numbers
    run from 1 across all lists. Two units with the same content share hash and version.
    """

    unit_kind: str
    category: str
    cadence: str
    items: tuple[Item, ...]
    content_hash: str


def compose(
    *, unit: Unit, category: str, cadence: str, at: datetime, unit_kind: str | None = None
) -> Composed:
    """Return what a round of `unit` is made of at a moment (two queries; two more for FILLING).

    `category` is a subject (equipment.subjects), which also says the kind of unit unless given.
    The enabled fixed lists of it in their validity come first, then the items of this cadence of
    the unit's own enabled ones. `items` is empty when there is none: the caller says so in words.
    """
    return _Subject.of(unit, category, cadence, unit_kind).compose(at)


def versions_in_force(
    *,
    unit: Unit,
    category: str,
    cadence: str,
    day: date,
    until: datetime,
    unit_kind: str | None = None,
) -> dict[str, Composed]:
    """Return every composition in force at some instant from 00:00 of `day` up to `until`.

    Keyed by content hash, in the order they came into force. `until` is now, or the last instant of
    the to-do's period when that has passed; a form opened before a change is thus still accepted.
    """
    subject = _Subject.of(unit, category, cadence, unit_kind)
    first = start_of(day)
    turns = {turn for turn in subject.turning_points() if first < turn <= until}
    found: dict[str, Composed] = {}
    for instant in [first, *sorted(turns)]:
        made = subject.compose(instant)
        found.pop(made.content_hash, None)  # one that came back counts from its return
        found[made.content_hash] = made
    return found


def with_list(checklist: Checklist, *, category: str, cadence: str, at: datetime) -> Composed:
    """What a round of `category` would be made of at `at` if this draft were enabled.

    Own lists that share keys with it are left out: enabling ends them (actions.checklists).
    """
    subject = _Subject.of(checklist.unit, category, cadence, checklist.unit_kind)
    mine = list(checklist.items.select_related("picture").order_by("number"))
    keys = {item.key for item in mine}
    others = [
        one
        for one in subject.lists
        if one.unit_id is None or not keys & {item.key for item in one.items.all()}
    ]
    pretended = Checklist(
        pk=checklist.pk,
        unit_id=checklist.unit_id,
        category=checklist.category,
        period=checklist.period,
        enabled_at=at,
    )
    pretended._prefetched_objects_cache = {"items": mine}
    return replace(subject, lists=[*others, pretended]).compose(at)


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


# ------------------------------------------------------------------ what a filling unit fills
@dataclass(frozen=True)
class Holding:
    """A filling licence or a station: from when until when the unit is inspected by its family."""

    family: str
    begins_at: datetime
    ends_at: datetime | None

    def holds(self, at: datetime) -> bool:
        return self.begins_at <= at and (self.ends_at is None or at < self.ends_at)


def filling_holdings(unit_id: int) -> list[Holding]:
    """The filling licences and the stations a unit has or had (two queries).

    A licence counts from its registration, not before its first day of validity, until it is
    closed; an expired one still counts. A station is inspected by the family of its licence.
    """
    kind = UnitKind.FILLING.value
    licences = Licence.objects.filter(unit_id=unit_id, family__unit_kind=kind).values_list(
        "family_id", "valid_from", "created_at", "closed_at"
    )
    stations = Station.objects.filter(unit_id=unit_id).values_list(
        "licence__family_id", "licence__family__unit_kind", "created_at", "closed_at"
    )
    return [
        Holding(family, max(created_at, start_of(valid_from)), closed_at)
        for family, valid_from, created_at, closed_at in licences.order_by("id")
    ] + [
        Holding(family if of_kind == kind else ANY_STATION, created_at, closed_at)
        for family, of_kind, created_at, closed_at in stations.order_by("id")
    ]


# ------------------------------------------------------------------ composing
@dataclass(frozen=True)
class _Subject:
    """Everything that can be part of the rounds of one subject and cadence, whenever."""

    category: str
    cadence: str
    unit_kind: str
    lists: list[Checklist]
    holdings: list[Holding]

    @classmethod
    def of(cls, unit: Unit, category: str, cadence: str, unit_kind: str | None) -> _Subject:
        kind = str(unit_kind or subjects.of(category).unit_kind)
        is_whole = category == subjects.FILLING
        holdings = filling_holdings(unit.pk) if is_whole else []
        fixed = {holding.family for holding in holdings} | {ANY_STATION}
        fixed = fixed if is_whole else {category}
        own = fixed | ({subjects.FILLING} if kind == UnitKind.FILLING else set())
        lists = _candidates(unit, fixed, own, str(cadence), kind)
        return cls(category, str(cadence), kind, lists, holdings)

    def turning_points(self) -> Iterable[datetime]:
        """Every moment at which the composition may change."""
        for holding in self.holdings:
            yield holding.begins_at
            if holding.ends_at:
                yield holding.ends_at
        for one in self.lists:
            yield from _turning_points(one)

    def compose(self, at: datetime) -> Composed:
        held = self._held(at)
        in_force = [one for one in self.lists if one.category in held and _in_force(one, at)]
        in_force.sort(key=lambda one: (one.unit_id is not None, one.pk))
        items: list[Item] = []
        seen: set[str] = set()
        for one in in_force:
            for item in one.items.all():
                # A key stands for one answer: enabling sees to it that no two lists share one.
                if (one.unit_id and item.cadence != self.cadence) or item.key in seen:
                    continue
                seen.add(item.key)
                items.append(_frozen(item, len(items) + 1, is_own=one.unit_id is not None))
        content = {
            "unit_kind": self.unit_kind,
            "category": self.category,
            "cadence": self.cadence,
            "items": items,
        }
        return Composed(
            unit_kind=self.unit_kind,
            category=self.category,
            cadence=self.cadence,
            items=tuple(items),
            content_hash=hashlib.sha256(canonical(content)).hexdigest(),
        )

    def _held(self, at: datetime) -> Collection[str]:
        """The categories of lists that count at a moment."""
        if self.category == subjects.FILLING:
            held = {holding.family for holding in self.holdings if holding.holds(at)}
            return (held or {ANY_STATION}) | {subjects.FILLING}
        return {self.category, subjects.FILLING}


def hazard_of(item: ChecklistItem) -> str:
    """The 风险隐患 a round shows when an item fails; an own item may leave it out (F44)."""
    return item.hazard or f"不符合要求：{item.item}"[:LONGEST]


def _frozen(item: ChecklistItem, number: int, *, is_own: bool) -> Item:
    made = {
        "key": item.key,
        "number": number,
        "risk_category": item.risk_category,
        "item": item.item,
        "hazard": hazard_of(item),
        "measure": item.measure,
        "is_severe": item.is_severe,
        "source": "custom" if is_own else "fixed",
    }
    if item.picture is not None:
        made["picture"] = str(item.picture.copy_id)
    return made


def _candidates(
    unit: Unit, fixed: Collection[str], own: Collection[str], cadence: str, unit_kind: str
) -> list[Checklist]:
    """The lists ever enabled: fixed ones of the cadence, and the unit's own with all their items."""
    items = ChecklistItem.objects.select_related("picture").order_by("number")
    return list(
        Checklist.objects.filter(
            Q(unit=None, category__in=fixed, cadence=cadence) | Q(unit=unit, category__in=own),
            unit_kind=unit_kind,
            enabled_at__isnull=False,
        )
        .prefetch_related(Prefetch("items", items))
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
