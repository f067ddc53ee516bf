"""Models of the cylinders room."""

from cylinders.models.batch import Batch, BatchItem, BatchStep, DistrictSetting
from cylinders.models.certificate import Certificate, CertificateRevision, Serial
from cylinders.models.cylinder import Cylinder, CylinderEvent
from cylinders.models.facts import CylinderFacts
from cylinders.models.filling import ApiKey, FillingRecord
from cylinders.models.photo import ItemPhoto, PhotoCheck
from cylinders.models.photo_archive import ArchivePicture, PhotoArchive
from cylinders.models.reference import CylinderKind, CylinderRule, Medium, NumberRule

__all__ = [
    "ApiKey",
    "ArchivePicture",
    "Batch",
    "BatchItem",
    "BatchStep",
    "Certificate",
    "CertificateRevision",
    "Cylinder",
    "CylinderEvent",
    "CylinderFacts",
    "CylinderKind",
    "CylinderRule",
    "DistrictSetting",
    "FillingRecord",
    "ItemPhoto",
    "Medium",
    "NumberRule",
    "PhotoArchive",
    "PhotoCheck",
    "Serial",
]
