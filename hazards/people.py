"""Who has to act on a hazard or is told of it: directors, the principal, the rectifier."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q

from hazards.models import Hazard
from hazards.states import Source
from units.models import Appointment, Staff
from units.roles import DIRECTORS, Role


def directors(unit_id: int, category: str, day: date) -> list[Staff]:
    """The directors of a unit whose scope covers a category on a day (decision 3)."""
    covers = Q(categories=[]) | Q(categories__contains=[category])
    return _holders(unit_id, day, covers & Q(role__in=DIRECTORS))


def principals(unit_id: int, day: date) -> list[Staff]:
    """The 主要负责人 of a unit on a day."""
    return _holders(unit_id, day, Q(role=Role.PRINCIPAL))


def deciders(unit_id: int, category: str, day: date) -> list[Staff]:
    """Who orders and reviews: the directors; the principal where there is none (decision 5)."""
    return directors(unit_id, category, day) or principals(unit_id, day)


def rectifiers(hazard: Hazard, day: date) -> list[Staff]:
    """Who has to put a hazard right on a day (decision 12); empty when nobody is named.

    Daily: the machine's present officer, or the finder where no machine is concerned; weekly: the
    directors; monthly: the principal.
    """
    if hazard.source == Source.WEEKLY:
        return deciders(hazard.unit_id, hazard.category, day)
    if hazard.source == Source.MONTHLY:
        return principals(hazard.unit_id, day)
    if hazard.equipment is None:
        return [hazard.found_by]
    return [hazard.equipment.officer] if hazard.equipment.officer is not None else []


def covered_categories(unit_id: int, day: date) -> tuple[bool, set[str]]:
    """(a director covers everything, the categories covered by some director) on a day."""
    scopes = list(
        Appointment.objects.in_force(day)
        .filter(staff__unit_id=unit_id, staff__ended_on=None, role__in=DIRECTORS)
        .values_list("categories", flat=True)
    )
    return any(not scope for scope in scopes), {one for scope in scopes for one in scope}


def names(people: Iterable[Staff]) -> str:
    """「王总、赵督」"""
    return "、".join(person.name for person in people)


def _holders(unit_id: int, day: date, which: Q) -> list[Staff]:
    held = (
        Appointment.objects.in_force(day)
        .filter(which, staff__unit_id=unit_id, staff__ended_on=None)
        .select_related("staff")
        .order_by("staff_id")
    )
    return list({appointment.staff_id: appointment.staff for appointment in held}.values())
