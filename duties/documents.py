"""What a signed inspection freezes: the facts of unit and machine, and the digest of it all."""

from __future__ import annotations

import hashlib
from typing import Any

from duties.answers import canonical
from duties.models import Task
from equipment.enums import Category
from units.models import Staff


def freeze_facts(task: Task, officer: Staff) -> dict[str, Any]:
    """Return what the printed form says of unit and machine as they are now (domain 2.2).

    In: the to-do with its unit, machine and catalogue entry, and who signs. Every value is text, so
    the record reads the same for ever whatever is changed in the archive later.
    """
    machine, unit = task.equipment, task.unit
    return {
        "unit_name": unit.name,
        "credit_code": unit.credit_code,
        "equipment_name": machine.name,
        "equipment_code": machine.equipment_code,
        "registration_no": machine.registration_no,
        "inner_no": machine.inner_no,
        "place": machine.place,
        "catalogue_name": machine.catalogue.name,
        "category": machine.category,
        "category_label": Category(machine.category).label,
        "officer_name": officer.name,
        "next_inspection_on": (
            machine.next_inspection_on.isoformat() if machine.next_inspection_on else ""
        ),
    }


def digest(facts: dict[str, Any], answers: list[dict[str, Any]]) -> str:
    """The SHA-256 of the canonical JSON of facts and answers (Inspection.digest)."""
    return hashlib.sha256(canonical({"facts": facts, "answers": answers})).hexdigest()
