"""What one unit has, for the bureau that looks at it: people, papers, declarations, in numbers too."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import QuerySet

from config.actor import Actor
from equipment import queries_declarations
from equipment.models import Declaration, Equipment, Licence, Station
from units import queries
from units.models import Staff, Unit


def counts(actor: Actor, unit: Unit) -> dict[str, int]:
    """The numbers on the tabs (five queries)."""
    papers = (
        _open(Licence.objects, actor, unit).count() + _open(Station.objects, actor, unit).count()
    )
    return {
        "people": Staff.objects.for_actor(actor).employed().filter(unit=unit).count(),
        "machines": Equipment.objects.for_actor(actor).filter(unit=unit).count(),
        "papers": papers,
        "declarations": Declaration.objects.for_actor(actor).filter(unit=unit).count(),
    }


def people(actor: Actor, unit: Unit, day: date) -> QuerySet[Staff]:
    """The people who work in the unit, each with `posts`."""
    return queries.staff_list(actor, on=day).filter(unit=unit)


def licences(actor: Actor, unit: Unit) -> list[Licence]:
    """The licences in force or expired, not those closed; the first to end on top."""
    found = _open(Licence.objects, actor, unit).select_related("family", "officer")
    return list(found.order_by("valid_until", "id"))


def stations(actor: Actor, unit: Unit) -> list[Station]:
    found = _open(Station.objects, actor, unit).select_related("licence", "officer")
    return list(found.order_by("number", "id"))


def declarations(actor: Actor, unit: Unit) -> QuerySet[Declaration]:
    """The unit's declarations, the latest first."""
    return queries_declarations.declarations(actor, {}).filter(unit=unit)


def _open(manager: Any, actor: Actor, unit: Unit) -> Any:
    return manager.for_actor(actor).open().filter(unit=unit)
