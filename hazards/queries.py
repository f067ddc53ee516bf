"""Reading hazards: the scoped fetch, rows with everything a list prints, what is open about a thing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404

from config.actor import Actor
from hazards.models import Hazard, HazardQuerySet
from hazards.states import HazardState
from units.models import Unit

PENDING_ORDER = HazardState.PENDING_ORDER.value
PENDING_RECTIFICATION = HazardState.PENDING_RECTIFICATION.value
RECTIFIED = HazardState.RECTIFIED.value
REVIEWED = HazardState.REVIEWED.value

OPEN = "open"
PHOTO_PURPOSE = "hazard_photo"
# A finding of the same item at the same subject within so many days is a repeated one (B112).
REPEAT_WITHIN = timedelta(days=90)
# Everything that is printed or asked about what was inspected, in one query.
INSPECTED = ("equipment__officer", "licence__officer", "licence__family", "station__officer")


def get_hazard(actor: Actor, code: str) -> Hazard:
    """Return a hazard the actor may see; Http404 for a foreign unit's (house rule 7)."""
    found = (
        Hazard.objects.for_actor(actor)
        .select_related("unit", *INSPECTED, "found_by", "ordered_by", "rectified_by", "reviewed_by")
        .annotate(earlier=_earlier())
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404("隐患不存在")
    return found


def unit_of(actor: Actor) -> Unit:
    """The actor's own unit; Http404 for who has none."""
    unit = Unit.objects.for_actor(actor).filter(pk=actor.unit_id).first()
    if unit is None:
        raise Http404("没有所属单位")
    return unit


def overdue(day: date) -> Q:
    return Q(state=PENDING_RECTIFICATION, due_on__lt=day)


def described(hazards: HazardQuerySet) -> HazardQuerySet:
    """Hazards with the names that a row prints, in one query."""
    return hazards.select_related("unit", *INSPECTED, "found_by")


def with_people(hazards: HazardQuerySet) -> HazardQuerySet:
    """Everything a list row prints, in one query: names, and how often it was found before."""
    return described(hazards).annotate(earlier=_earlier())


def _earlier() -> Coalesce:
    """How often the same item had been found at the same subject in the 90 days before (B112)."""
    same = {name: OuterRef(name) for name in ("unit", "source", "category", "item_key")}
    inspected = ("equipment", "licence", "station")
    before = (
        Hazard.objects.order_by()
        .alias(**{f"its_{name}": _key(name) for name in inspected})
        .filter(
            found_at__lt=OuterRef("found_at"),
            found_on__gte=OuterRef("found_on") - REPEAT_WITHIN,
            **same,
            **{f"its_{name}": _key(name, OuterRef) for name in inspected},
        )
    )
    counted = before.values("unit").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


def _key(column: str, of: type = F) -> Coalesce:
    """A foreign key that compares equal where it is empty in both rows."""
    return Coalesce(of(f"{column}_id"), 0)


def machine_hazards(actor: Actor, equipment: Any, *, limit: int = 5) -> tuple[list[Hazard], int]:
    """The open hazards of a machine for its page (newest first), and how many there are."""
    return subject_hazards(actor, equipment=equipment, limit=limit)


def subject_hazards(actor: Actor, *, limit: int = 5, **subject: Any) -> tuple[list[Hazard], int]:
    """The open hazards of one subject (newest first), and how many there are.

    In: one of `equipment`, `licence`, `station`, as row or id (None: about none); or `category` with
    `source` for a weekly or monthly round.
    """
    found = Hazard.objects.for_actor(actor).filter(**subject).unresolved()
    return list(with_people(found)[:limit]), found.count()
