"""气瓶使用登记表: who applies for which cylinders, and what the bureau said at each step (F82, F83).

Pure: plain values go in, a frozen dataclass comes out. Phones are not on it: issued documents are
kept for ever, and those must stay erasable (decision 17); their lines are filled in by hand when
the form is stamped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from reports.documents.parts import Citation

KIND = "cylinder_form"
TITLE = "气瓶使用登记表"


@dataclass(frozen=True, slots=True)
class Figure:
    """How many cylinders of a kind and medium are applied for."""

    kind: str
    medium: str
    number: int


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step: what, which office, who, when, with which opinion."""

    name: str
    office: str
    person: str
    at: datetime
    opinion: str
    is_repeated_person: bool


@dataclass(frozen=True, slots=True)
class Form:
    """Every field of the form. `number` is empty until it is issued; `basis` is what it rests on."""

    kind: str
    number: str
    revision: int
    title: str
    batch_code: str
    application_no: str
    origin_label: str
    state_label: str
    region_code: str
    authority: str
    unit_name: str
    credit_code: str
    address: str
    postcode: str
    legal_representative: str
    contact_name: str
    safety_department: str
    safety_manager: str
    submitted_at: datetime | None
    figures: tuple[Figure, ...]
    total: int
    steps: tuple[StepLine, ...]
    certificates: tuple[str, ...]
    certificates_more: int
    document_on: date
    rules: tuple[Citation, ...]
    basis: str
    as_of: datetime
