"""The direction between rooms: lower never imports higher, nothing imports reports."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("config", "units", "equipment", "hazards", "duties", "cylinders", "reports")
# Room -> rooms it may import (besides itself).
ALLOWED = {
    "config": set(),
    "units": {"config"},
    "equipment": {"config", "units"},
    "hazards": {"config", "units", "equipment"},
    "duties": {"config", "units", "equipment", "hazards"},
    "cylinders": {"config", "units", "equipment", "hazards"},
    "reports": {"config", "units", "equipment", "hazards", "duties", "cylinders"},
}
# Commands run the whole product (demo data, screenshots); they may look into every room.
FREE = {"config/management/commands"}


def sources(room: str) -> list[Path]:
    return sorted(p for p in (ROOT / room).rglob("*.py") if "migrations" not in p.parts)


def imported_rooms(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [node.module]
        found |= {name.split(".")[0] for name in names}
    return found & set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_imports_a_higher_one(room: str) -> None:
    wrong = []
    for path in sources(room):
        relative = path.relative_to(ROOT)
        if str(relative.parent) in FREE:
            continue
        above = imported_rooms(path) - ALLOWED[room] - {room}
        wrong += [f"{relative} imports {name}" for name in sorted(above)]
    assert wrong == []


def test_every_top_level_package_is_a_known_room() -> None:
    packages = {p.parent.name for p in ROOT.glob("*/__init__.py")}
    assert packages == {*ROOMS, "tests"}


def test_the_import_scan_sees_imports() -> None:
    seen = imported_rooms(ROOT / "duties" / "generation_rows.py")
    assert seen == {"config", "duties", "equipment", "units"}
