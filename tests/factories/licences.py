"""Licences and stations, made through the product's actions."""

from __future__ import annotations

from datetime import date
from typing import Any

from config.actor import SYSTEM
from equipment.actions import licences, stations
from equipment.models import Licence, LicenceFamily, Station
from tests.factories.units import NOW
from units.models import Unit


def licensed(unit: Unit, *kinds: str) -> Unit:
    """Make a unit one that produces and fills too (or of these kinds)."""
    unit.kinds = list(kinds) or ["using", "production", "filling"]
    unit.save(update_fields=["kinds"])
    return unit


def licence(unit: Unit, family: str = "lift_installation", **fields: Any) -> Licence:
    """A licence in force since 2024 until the end of 2028, unless said otherwise."""
    found = LicenceFamily.objects.get(pk=family)
    values: dict[str, Any] = {
        "family": found,
        "items": list(found.items.all()[:1]),
        "number": "TS3350123-2028",
        "valid_from": date(2024, 12, 1),
        "valid_until": date(2028, 11, 30),
        "actor": SYSTEM,
        "now": NOW,
    }
    return licences.add_licence(unit, **(values | fields))


def station(unit: Unit, number: str = "1#", **fields: Any) -> Station:
    """A station that fills 液化石油气."""
    values: dict[str, Any] = {
        "name": f"{number}充装工位",
        "number": number,
        "medium": "液化石油气",
        "place": "充装间",
        "actor": SYSTEM,
        "now": NOW,
    }
    return stations.add_station(unit, **(values | fields))
