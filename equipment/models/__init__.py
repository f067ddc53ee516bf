"""Archive of special equipment and its reference data."""

from equipment.models.declaration import Declaration, SuspensionPeriod
from equipment.models.licence import Licence, LicenceBinding, Station, StationBinding
from equipment.models.machine import (
    Equipment,
    OfficerBinding,
    StatusPeriod,
    StopDeclaration,
)
from equipment.models.public import ArchiveRecord, DeviceCode, PublicReport
from equipment.models.reference import CatalogueEntry, DutyTitle, LicenceFamily, LicenceItem

__all__ = [
    "ArchiveRecord",
    "CatalogueEntry",
    "Declaration",
    "DeviceCode",
    "DutyTitle",
    "Equipment",
    "Licence",
    "LicenceBinding",
    "LicenceFamily",
    "LicenceItem",
    "OfficerBinding",
    "PublicReport",
    "Station",
    "StationBinding",
    "StatusPeriod",
    "StopDeclaration",
    "SuspensionPeriod",
]
