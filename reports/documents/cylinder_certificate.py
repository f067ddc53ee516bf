"""特种设备使用登记证 for the cylinders of one kind, or of one vehicle, as one revision (decision 15).

Pure: plain values go in, a frozen dataclass comes out. The QR leads to the public check page and
names the revision that is on the paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from reports.documents.parts import Citation

KIND = "cylinder_certificate"
TITLE = "特种设备使用登记证"


@dataclass(frozen=True, slots=True)
class Certificate:
    """Every field of a revision; `number` (文书编号) is empty until it is issued."""

    kind: str
    number: str
    revision: int
    title: str
    certificate_no: str
    certificate_code: str
    region_code: str
    unit_name: str
    credit_code: str
    address: str
    kind_label: str
    vehicle: str
    total: int
    added: int
    application_no: str
    reason: str
    authority: str
    first_issued_on: date
    issued_on: date
    check_url: str
    rules: tuple[Citation, ...]
    as_of: datetime

    @property
    def is_reprint(self) -> bool:
        return bool(self.reason)
