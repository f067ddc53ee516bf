"""Fixtures of the units' tests: messages go into a postbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.units.postbox import Postbox


@pytest.fixture
def postbox(settings: Any) -> Iterator[type[Postbox]]:
    """Text messages of the test, in `postbox.sent`."""
    settings.SMS_ADAPTER = "tests.units.postbox.Postbox"
    Postbox.empty()
    yield Postbox
    Postbox.empty()
