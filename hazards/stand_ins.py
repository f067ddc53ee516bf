"""请假代班 as hazards see it: the duties room knows who stands in for whom, and says so here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from units.models import Staff

_absent: Callable[[Any, date], Any] | None = None
_of: Callable[[int, date], Staff | None] | None = None


def register(
    *, absent: Callable[[Any, date], Any], of: Callable[[int, date], Staff | None]
) -> None:
    """Called once by `duties` in AppConfig.ready().

    `absent(staff_id, day)`: the keys of those whom a person stands in for, as a queryset to filter
    by (the id may be an expression); `of(staff_id, day)`: who stands in for a person, None for nobody.
    """
    global _absent, _of
    _absent, _of = absent, of


def absent(staff_id: Any, day: date) -> Any:
    """The keys of those whom a person stands in for on a day."""
    return _absent(staff_id, day) if _absent is not None else ()


def stand_in_of(staff_id: int, day: date) -> Staff | None:
    """Who stands in for a person on a day."""
    return _of(staff_id, day) if _of is not None else None
