"""What licences and stations tell the lower rooms; called once from equipment.apps."""

from __future__ import annotations

from config import menus
from config.excel import kinds
from equipment.actions.licences import PURPOSE
from equipment.handover_licences import LICENCES, STATIONS
from equipment.imports import licences, stations
from equipment.queries_licences import categories_of, has_licences, has_stations
from units import files, handover, queries_organisation
from units.roles import Can


def register() -> None:
    """Menu conditions, hand-over shares, who may read scans, the categories of a unit."""
    menus.register_condition("equipment:licence-list", has_licences)
    menus.register_condition("equipment:station-list", has_stations)
    handover.register(LICENCES)
    handover.register(STATIONS)
    files.register_purpose(PURPOSE, files.own_unit_or_region(Can.ORG_VIEW, Can.REGION_VIEW))
    queries_organisation.register_unit_categories(categories_of)
    kinds.register(licences.KIND)
    kinds.register(stations.KIND)
