"""What benchmarks share: the best of several runs, and a line with the ratio to a baseline."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable


def best_of(call: Callable[[], object], times: int = 5) -> float:
    """The shortest of several runs in seconds: what the code costs, not what disturbed it."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)


def say(text: str) -> None:
    """One line of the result."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def compare(what: str, seconds: float, baseline: float, unit: str = "ms") -> float:
    """Print time, baseline and their ratio; return the ratio."""
    ratio = seconds / baseline
    factor = 1000 if unit == "ms" else 1
    say(
        f"{what}: {seconds * factor:.1f} {unit}, baseline {baseline * factor:.1f} {unit}, ratio {ratio:.2f}"
    )
    return ratio
