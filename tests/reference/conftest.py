"""Copies of the real data files that a test may change, and the loaders pointed at them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.reference import Tally
from duties import reference as duties_reference
from equipment import reference as equipment_reference
from units import reference as units_reference


@dataclass
class Files:
    """The data files of all three apps in a folder of the test."""

    folder: Path

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that stands in a file exactly once."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def append(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")

    def load_regions(self) -> Tally:
        return units_reference.load_regions(self.folder / "regions.yaml")

    def load_rules(self) -> Tally:
        return units_reference.load_rules(self.folder / "rules.yaml")

    def load_catalogue(self) -> Tally:
        return equipment_reference.load_catalogue(self.folder / "catalogue.yaml")

    def load_titles(self) -> Tally:
        return equipment_reference.load_titles(self.folder / "titles.yaml")

    def load_licences(self) -> list[Tally]:
        return equipment_reference.load_licences(self.folder / "licence_families.yaml")

    def load_checklists(self) -> list[Tally]:
        paths = sorted((self.folder / "checklists").glob("*.yaml"))
        return duties_reference.load_checklists(paths, self.folder / "risk_categories.yaml")


@pytest.fixture
def files(tmp_path: Path, db: None) -> Files:
    """Editable copies; the database holds what the originals say."""
    for module in (units_reference, equipment_reference, duties_reference):
        shutil.copytree(module.DATA, tmp_path / "data", dirs_exist_ok=True)
    return Files(tmp_path / "data")


def counts(tally: Tally) -> tuple[int, int, int]:
    """(created, changed, unchanged) of a tally."""
    return tally.created, tally.changed, tally.unchanged
