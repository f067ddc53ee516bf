"""What a leaving person hands over: higher apps say what it is and move it (F13, decision 2).

An app registers one Share per kind of thing in AppConfig.ready():

    handover.register(Share(name="equipment", label="绑定设备", measure="台",
                            count=..., lines=..., move=..., stranded=...))

The staff list shows the count of the share named "equipment", the 注销 page lists every share, and
`deregister_staff` moves them all inside its own transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from units.roles import OFFICERS, Role

if TYPE_CHECKING:
    from config.actor import Actor
    from units.identities import Identity
    from units.models import Staff


class Move(Protocol):
    def __call__(
        self, staff: Staff, successor: Staff | None, *, actor: Actor, now: datetime
    ) -> int: ...


@dataclass(frozen=True)
class Share:
    """One kind of thing that people hold.

    count(staff_ids) -> {staff_id: number}: one query for any number of people, zeros left out.
    lines(staff) -> what is held, one line each (names and places), for the 注销 page.
    move(staff, successor, actor=, now=) -> how many moved; `successor` None releases them. Runs in
        the caller's transaction; raises RuleBroken(field="hand_over_to") when the successor cannot
        take one of them (then nothing is done at all).
    stranded(staff, identities) -> how many could no longer be held if the person's identities
        became these; 0 if the app does not care.
    takers: the identities of which a successor needs one; nobody else is offered in 移交给.
    """

    name: str
    label: str
    measure: str
    count: Callable[[Collection[int]], Mapping[int, int]]
    lines: Callable[[Staff], list[str]]
    move: Move
    stranded: Callable[[Staff, Sequence[Identity]], int] = lambda staff, identities: 0
    takers: tuple[Role, ...] = OFFICERS


_shares: dict[str, Share] = {}


def register(share: Share) -> None:
    """Add a share; called once per share in AppConfig.ready(), a second time replaces it."""
    _shares[share.name] = share


def shares() -> list[Share]:
    """Every registered share, in the order of the apps."""
    return list(_shares.values())


def find(name: str) -> Share | None:
    """The share of a name, None while no app has registered it."""
    return _shares.get(name)
