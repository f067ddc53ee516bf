"""Label sheets of machine codes (F37): rows in, frozen pages of 3 × 8 labels out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.safestring import SafeString

PER_PAGE = 24


@dataclass(frozen=True)
class Label:
    """What stands on one label; `drawing` is the QR as an <svg> element."""

    name: str
    inner_no: str
    registration_no: str
    unit_name: str
    token: str
    drawing: SafeString


def pages(labels: Iterable[Label]) -> list[tuple[Label, ...]]:
    """The labels in pages of 24, in the order in which they were given."""
    every = tuple(labels)
    return [every[start : start + PER_PAGE] for start in range(0, len(every), PER_PAGE)]
