"""Archive of special equipment and its reference data."""

from equipment.models.machine import (
    Equipment,
    OfficerBinding,
    StatusPeriod,
    StopDeclaration,
)
from equipment.models.reference import CatalogueEntry, DutyTitle, LicenceFamily, LicenceItem

__all__ = [
    "CatalogueEntry",
    "DutyTitle",
    "Equipment",
    "LicenceFamily",
    "LicenceItem",
    "OfficerBinding",
    "StatusPeriod",
    "StopDeclaration",
]
