"""What to-dos other than daily ones are cut by, in one vocabulary (decisions 4, 13; F47–F49).

A subject is a Category value (using unit), the code of a LicenceFamily (production unit), or FILLING
(a filling unit as a whole). Hazards, tasks, inspections and reports keep it in `category`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from equipment.enums import Category
from equipment.models.reference import LicenceFamily
from units.models.unit import UnitKind
from units.roles import Role

# The subject of the weekly and monthly to-dos of a filling unit: the unit as a whole.
FILLING = "filling"


@dataclass(frozen=True)
class Subject:
    """`category` is the duty category scopes of directors and officers are compared with."""

    value: str
    label: str
    unit_kind: str
    category: str


# Who inspects and who directs, by kind of unit (roles.md, Orders 73 and 74).
OFFICER_OF = {
    UnitKind.USING.value: Role.SAFETY_OFFICER,
    UnitKind.FILLING.value: Role.SAFETY_OFFICER,
    UnitKind.PRODUCTION.value: Role.QUALITY_OFFICER,
}
DIRECTOR_OF = {
    UnitKind.USING.value: Role.SAFETY_DIRECTOR,
    UnitKind.FILLING.value: Role.SAFETY_DIRECTOR,
    UnitKind.PRODUCTION.value: Role.QUALITY_DIRECTOR,
}

# Subjects that no table holds: the duty categories, and the filling unit.
_FIXED = {
    **{
        one.value: Subject(one.value, str(one.label), UnitKind.USING.value, one.value)
        for one in Category
    },
    FILLING: Subject(FILLING, "充装单位", UnitKind.FILLING.value, Category.CYLINDER.value),
}
_families: dict[str, Subject] = {}


def of(value: str) -> Subject:
    """Return the subject of a value; an unknown one reads as itself and covers nothing special.

    Families are reference data: read once a process, and again when a value is not known yet.
    """
    if value in _FIXED:
        return _FIXED[value]
    if value not in _families:
        _load_families()
    return _families.get(value, Subject(value, value, UnitKind.USING.value, value))


def label(value: str) -> str:
    """How a subject reads: 电梯, 电梯安装（含修理）, 充装单位."""
    return of(value).label


def duty_category(value: str) -> str:
    """The duty category of a subject: what scopes of directors are compared with."""
    return of(value).category


def every() -> list[Subject]:
    """All subjects there are: categories, the filling unit, licence families."""
    if not _families:
        _load_families()
    return [*_FIXED.values(), *_families.values()]


def directed_by(posts: Iterable[Any]) -> set[str]:
    """The subjects that some identities direct: the director's post of the fitting kind of unit
    whose scope covers it. In: Post or Appointment, anything with `role` and `categories`."""
    return _held(posts, DIRECTOR_OF)


def inspected_by(posts: Iterable[Any]) -> set[str]:
    """The subjects that some identities inspect as officers of the fitting kind of unit."""
    return _held(posts, OFFICER_OF)


def _held(posts: Iterable[Any], role_of: Mapping[str, Role]) -> set[str]:
    fitting = [post for post in posts if post.role in role_of.values()]
    if not fitting:
        return set()
    return {
        subject.value
        for subject in every()
        for post in fitting
        if post.role == role_of[subject.unit_kind]
        and (not post.categories or subject.category in post.categories)
    }


def _load_families() -> None:
    _families.update(
        {
            family.code: Subject(family.code, family.name, family.unit_kind, family.category)
            for family in LicenceFamily.objects.all()
        }
    )
