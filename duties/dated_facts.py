"""The dated facts that decide what a unit owes, as plain values: what `duties.calendar` judges.

`duties.facts` loads them from the database; the tests write histories of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Span:
    """A range of days; None is open; `until` is the first day that no longer belongs to it."""

    first: date | None = None
    until: date | None = None

    def holds(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (
            self.until is None or day < self.until
        )


@dataclass(frozen=True)
class Binding:
    """Who answers for a machine, licence or station, and when."""

    staff: int
    span: Span


@dataclass(frozen=True)
class StatusDays:
    """A status of a machine; `exempt` = the days on which it exempts (None = none)."""

    status: str
    span: Span
    exempt: Span | None = None


@dataclass(frozen=True)
class MachineFacts:
    pk: int
    category: str
    statuses: tuple[StatusDays, ...] = ()
    bindings: tuple[Binding, ...] = ()


@dataclass(frozen=True)
class LicenceFacts:
    """`open` holds from the later of entry and validity until the day it was closed."""

    pk: int
    family: str
    unit_kind: str
    scope: str  # the duty category that directors' scopes are compared with
    open: Span
    bindings: tuple[Binding, ...] = ()


@dataclass(frozen=True)
class StationFacts:
    pk: int
    category: str  # the family of its licence, else ANY_STATION
    open: Span
    bindings: tuple[Binding, ...] = ()


@dataclass(frozen=True)
class PostFacts:
    """One dated appointment (任职); an empty scope covers everything."""

    staff: int
    role: str
    span: Span
    scope: tuple[str, ...] = ()

    def covers(self, category: str) -> bool:
        return not self.scope or not category or category in self.scope


@dataclass(frozen=True)
class SuspensionDays:
    """A 停产: exempts on the days that both ranges hold."""

    span: Span
    exempt: Span | None = None


@dataclass(frozen=True)
class CoverFacts:
    """请假代班, not taken back."""

    staff: int
    stand_in: int
    span: Span


@dataclass(frozen=True)
class UnitFacts:
    """Everything dated that decides what one unit owes. `ended`: staff -> the day they left."""

    machines: tuple[MachineFacts, ...] = ()
    licences: tuple[LicenceFacts, ...] = ()
    stations: tuple[StationFacts, ...] = ()
    posts: tuple[PostFacts, ...] = ()
    suspensions: tuple[SuspensionDays, ...] = ()
    covers: tuple[CoverFacts, ...] = ()
    ended: Mapping[int, date] = field(default_factory=dict)
