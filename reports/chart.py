"""A stacked bar chart as plain SVG coordinates: no script, nothing inline, a table beside it (pure).

The drawing is 100 units high; each bar is the share of its day in the greatest day of the span.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from config.words import cn_day
from duties.completion import Completion, Numbers

STEP = 10  # width of a day in the drawing, the bar being 7 of it
BAR = 7
HEIGHT = 100
# From the bottom upwards.
STACK = (Completion.ON_TIME, Completion.BACKFILLED, Completion.MISSED, Completion.OPEN)


@dataclass(frozen=True)
class Block:
    """One coloured part of a bar; `kind` is its Completion."""

    kind: str
    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """One day: its blocks and what a pointer resting on it is told."""

    left: int
    title: str
    blocks: list[Block]


@dataclass(frozen=True)
class Chart:
    """What the template draws; `top` is the number of to-dos that the full height stands for."""

    bars: list[Bar]
    top: int
    first: date
    last: date
    legend: list[tuple[str, str]]

    @property
    def width(self) -> int:
        return len(self.bars) * STEP


def stacked(days: Sequence[tuple[date, Numbers]]) -> Chart | None:
    """The chart of some days in order; None when nothing was owed on any of them."""
    top = max((tally.owed for _, tally in days), default=0)
    if top == 0:
        return None
    bars = [_bar(index, day, tally, top) for index, (day, tally) in enumerate(days)]
    shown = [one for one in STACK if any(getattr(tally, one.value) for _, tally in days)]
    legend = [(one.value, str(one.label)) for one in shown]
    return Chart(bars, top, days[0][0], days[-1][0], legend)


def _bar(index: int, day: date, tally: Numbers, top: int) -> Bar:
    x = index * STEP + (STEP - BAR) / 2
    blocks, base, words = [], float(HEIGHT), []
    for one in STACK:
        number = getattr(tally, one.value)
        if not number:
            continue
        height = HEIGHT * number / top
        base -= height
        blocks.append(Block(one.value, x, round(base, 2), round(height, 2)))
        words.append(f"{one.label} {number}")
    said = f"应检 {tally.owed}：{'，'.join(words)}" if tally.owed else "没有应检"
    return Bar(index * STEP, f"{cn_day(day)} {said}", blocks)
