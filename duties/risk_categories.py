"""The 风险类别 an item may carry, per kind of unit (duties/data/risk_categories.yaml)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

DATA = Path(__file__).resolve().parent / "data" / "risk_categories.yaml"


@cache
def of(unit_kind: str) -> tuple[str, ...]:
    """The names for a kind of unit, in the usual order; none for an unknown kind."""
    rows = yaml.safe_load(DATA.read_text("utf-8"))["risk_categories"]
    return tuple(name for row in rows if row["unit_kind"] == unit_kind for name in row["names"])
