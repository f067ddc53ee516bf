"""Declarations about use, filed by the real action, with their paper where there is one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from config.actor import Actor
from config.clock import local_day
from equipment.actions.declarations import file_declaration
from equipment.models import Declaration, Equipment
from tests.factories.units import NOW
from units.files import store
from units.models import StoredFile, Unit

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n"


def paper(unit: Unit, *, actor: Actor, now: datetime = NOW) -> StoredFile:
    """A receipt as PDF."""
    return store(
        unit_id=unit.pk,
        purpose="declaration",
        content=PDF,
        original_name="停用回执.pdf",
        actor=actor,
        now=now,
    )


def filed(
    machine: Equipment | None,
    kind: str = "stop",
    *,
    unit: Unit | None = None,
    proven: bool = False,
    actor: Actor,
    now: datetime = NOW,
    **given: Any,
) -> Declaration:
    """A declaration of a machine (or, with `unit`, of a 停产); `proven` = receipt and file."""
    owner = unit or machine.unit
    proof = {"receipt_no": "渝停17", "file": paper(owner, actor=actor, now=now)} if proven else {}
    asked = {"from_on": local_day(now), "reason": "大修"} | proof | given
    return file_declaration(unit=owner, equipment=machine, kind=kind, actor=actor, now=now, **asked)
