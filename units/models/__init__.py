"""Shared tables of the product; see each module for what its models are in the real world."""

from units.models.audit import AuditEntry, AuditOrigin
from units.models.desk import (
    Notice,
    NoticeReceipt,
    Registration,
    Regulation,
    RegulationEdition,
)
from units.models.exchange import ImportJob
from units.models.file import CarriedFile, Photo, PhotoMetadata, StoredFile
from units.models.organisation import Department, DutyText, Position
from units.models.outbox import OutboxMessage
from units.models.person import Appointment, Staff, User
from units.models.records import Activity, Certificate, LeaveRequest, Participation
from units.models.region import Bureau, Region
from units.models.rule import Rule
from units.models.signature import Signature
from units.models.support import Ticket
from units.models.unit import Unit

__all__ = [
    "Activity",
    "Appointment",
    "AuditEntry",
    "AuditOrigin",
    "Bureau",
    "CarriedFile",
    "Certificate",
    "Department",
    "DutyText",
    "ImportJob",
    "LeaveRequest",
    "Notice",
    "NoticeReceipt",
    "OutboxMessage",
    "Participation",
    "Photo",
    "PhotoMetadata",
    "Position",
    "Region",
    "Registration",
    "Regulation",
    "RegulationEdition",
    "Rule",
    "Signature",
    "Staff",
    "StoredFile",
    "Ticket",
    "Unit",
    "User",
]
