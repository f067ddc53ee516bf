"""The archive's pages as of one moment."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.world import NOW


@pytest.fixture
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 9 o'clock on 20 November 2026 for every view."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
