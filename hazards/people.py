"""Who has to act on a hazard or is told of it: directors, the principal, the rectifier."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q

from equipment import subjects
from hazards import stand_ins
from hazards.models import Hazard
from hazards.states import Source
from units.models import Appointment, Staff
from units.roles import OFFICERS, Role


def directors(unit_id: int, category: str, day: date) -> list[Staff]:
    """The directors of a unit whose scope covers a subject on a day (decision 3): 质量安全总监 for
    what is produced, 安全总监 for the rest."""
    subject = subjects.of(category)
    role = subjects.DIRECTOR_OF[subject.unit_kind]
    return _holders(unit_id, day, Q(role=role) & _covers(subject.category))


def principals(unit_id: int, day: date) -> list[Staff]:
    """The 主要负责人 of a unit on a day."""
    return _holders(unit_id, day, Q(role=Role.PRINCIPAL))


def deciders(unit_id: int, category: str, day: date) -> list[Staff]:
    """Who orders and reviews: the directors; the principal where there is none (decision 5)."""
    return directors(unit_id, category, day) or principals(unit_id, day)


def rectifiers(hazard: Hazard, day: date) -> list[Staff]:
    """Who has to put a hazard right on a day (decision 12); empty when nobody is named.

    Daily: the present officer of the machine, licence or station, or the pool's man where none is
    named, and who stands in for him; weekly: the directors; monthly: the principal.
    """
    if hazard.source == Source.WEEKLY:
        return deciders(hazard.unit_id, hazard.category, day)
    if hazard.source == Source.MONTHLY:
        return principals(hazard.unit_id, day)
    inspected = hazard.inspected()
    if inspected is not None and inspected.officer is not None:
        return _with_stand_in(inspected.officer, day)
    return [] if hazard.equipment_id is not None else _pool(hazard, day)


def _with_stand_in(person: Staff, day: date) -> list[Staff]:
    stand_in = stand_ins.stand_in_of(person.pk, day)
    return [person] if stand_in is None else [person, stand_in]


def _pool(hazard: Hazard, day: date) -> list[Staff]:
    """Who found it, while he is an officer; then every officer whose scope covers it."""
    finder = _holders(hazard.unit_id, day, Q(staff_id=hazard.found_by_id, role__in=OFFICERS))
    if finder:
        return _with_stand_in(finder[0], day)
    subject = subjects.of(hazard.category)
    role = subjects.OFFICER_OF[subject.unit_kind]
    return _holders(hazard.unit_id, day, Q(role=role) & _covers(subject.category))


def directed(unit_id: int, day: date) -> set[str]:
    """The subjects that some director of a unit covers on a day."""
    held = Appointment.objects.in_force(day).filter(staff__unit_id=unit_id, staff__ended_on=None)
    return subjects.directed_by(held)


def names(people: Iterable[Staff]) -> str:
    """「王总、赵督」"""
    return "、".join(person.name for person in people)


def _covers(category: str) -> Q:
    return Q(categories=[]) | Q(categories__contains=[category])


def _holders(unit_id: int, day: date, which: Q) -> list[Staff]:
    held = (
        Appointment.objects.in_force(day)
        .filter(which, staff__unit_id=unit_id, staff__ended_on=None)
        .select_related("staff")
        .order_by("staff_id")
    )
    return list({appointment.staff_id: appointment.staff for appointment in held}.values())
