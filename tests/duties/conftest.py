"""What the tests of duties share: a clock that stands where the cast lives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from tests.world import NOW


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Stop the pages' clock at NOW; `clock(moment)` moves it."""

    def stop_at(moment: datetime) -> None:
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)

    stop_at(NOW)
    return stop_at
