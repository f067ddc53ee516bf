"""任命书: who was appointed to what, by whom, for which machines (F20, domain 2.6).

Pure: plain values go in, a frozen dataclass comes out. Phone and id number are not on it: issued
documents are kept for ever, and those two must stay erasable (decision 17); the lines for them are
filled in by hand when the letter is signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from reports.documents.parts import Citation
from units.roles import Role

KIND = "appointment"
TITLE = "任命书"


@dataclass(frozen=True, slots=True)
class Machine:
    """One line of the annex: a machine the officer is bound to."""

    number: int
    name: str
    category: str
    code: str
    inner_no: str
    place: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Every field of the letter. `number` is empty until it is issued."""

    kind: str
    number: str
    revision: int
    title: str
    unit_name: str
    credit_code: str
    person_name: str
    person_code: str
    job_number: str
    department: str
    position: str
    role: str
    role_label: str
    scope_label: str
    begins_on: date
    document_on: date
    appointed_by: str
    is_officer: bool
    machines: tuple[Machine, ...]
    rules: tuple[Citation, ...]
    as_of: datetime

    @property
    def is_principal(self) -> bool:
        return self.role == Role.PRINCIPAL

    @property
    def basis(self) -> tuple[object, ...]:
        """What the letter says of person and post; another letter is due once this differs."""
        return (
            self.unit_name,
            self.person_name,
            self.role,
            self.scope_label,
            self.begins_on,
            self.appointed_by,
            tuple((one.name, one.code, one.inner_no, one.place) for one in self.machines),
        )

    @property
    def subject_code(self) -> str:
        return subject_of(self.person_code, self.role)


def subject_of(person_code: str, role: str) -> str:
    """What a letter is about: one identity of one person; its revisions share this."""
    return f"{person_code}-{role}"
