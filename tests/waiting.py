"""How long tests wait for what has to happen, and how."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 180  # seconds; a busy machine is slow, and only a failure waits that long


def until(happens: Callable[[], object], *, what: str = "") -> object:
    """Wait for something to become true and return it; fail with what we waited for."""
    deadline = time.monotonic() + PATIENCE
    while not (found := happens()):
        assert time.monotonic() < deadline, f"waited {PATIENCE} s in vain: {what or happens}"
        time.sleep(0.05)
    return found
