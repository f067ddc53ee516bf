"""Shared tables of the product; see each module for what its models are in the real world."""

from units.models.audit import AuditEntry, AuditOrigin
from units.models.file import Photo, PhotoMetadata, StoredFile
from units.models.outbox import OutboxMessage
from units.models.person import Appointment, Staff, User
from units.models.region import Bureau, Region
from units.models.rule import Rule
from units.models.signature import Signature
from units.models.unit import Unit

__all__ = [
    "Appointment",
    "AuditEntry",
    "AuditOrigin",
    "Bureau",
    "OutboxMessage",
    "Photo",
    "PhotoMetadata",
    "Region",
    "Rule",
    "Signature",
    "Staff",
    "StoredFile",
    "Unit",
    "User",
]
