"""Departments, posts and management rules of a unit, made through the product's actions."""

from __future__ import annotations

from typing import Any

from config.actor import SYSTEM
from tests.factories import papers
from tests.factories.units import NOW
from units.actions import organisation, regulations
from units.models import Department, Position, Regulation, Staff, Unit


def department(
    unit: Unit, name: str = "工程部", parent: Department | None = None, **fields: Any
) -> Department:
    return organisation.add_department(
        unit, name=name, parent=parent, actor=SYSTEM, now=NOW, **fields
    )


def position(unit: Unit, name: str = "电梯安全员", role: str = "safety_officer") -> Position:
    return organisation.add_position(unit, name=name, role=role, actor=SYSTEM, now=NOW)


def put(
    *people: Staff, department: Department | None = None, position: Position | None = None
) -> None:
    """Place people, as 人员管理 does."""
    for one in people:
        one.department, one.position = department, position
        one.save(update_fields=["department", "position"])


def regulation(
    unit: Unit, name: str = "电梯安全管理制度", kind: str = "management", text: str = ""
) -> Regulation:
    """A rule with one PDF."""
    return regulations.add_regulation(
        unit, name=name, kind=kind, file=papers.upload(papers.pdf(text)), actor=SYSTEM, now=NOW
    )
