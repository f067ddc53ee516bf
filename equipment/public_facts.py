"""What higher rooms add to the public page of a machine's code (F37).

A fact is shown to everybody who scans, so it names nobody (roles.md, What is public). A door is
shown to who is signed in and belongs to the machine: the officer's to-do of today.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from config.actor import Actor
from equipment.models import Equipment


@dataclass(frozen=True)
class Fact:
    """One line of the public page: plain text, a coloured word (`kind` as for `{% status %}`), or both."""

    label: str
    text: str = ""
    word: str = ""
    kind: str = "neutral"


@dataclass(frozen=True)
class Door:
    """Where somebody of the machine's own unit goes on from the public page."""

    label: str
    url: str


FactMaker = Callable[[Equipment, datetime], list[Fact]]
DoorMaker = Callable[[Equipment, Actor, datetime], list[Door]]

_facts: list[FactMaker] = []
_doors: list[DoorMaker] = []


def register(*, facts: FactMaker | None = None, doors: DoorMaker | None = None) -> None:
    """Add facts or doors; called once by an app in AppConfig.ready()."""
    if facts is not None and facts not in _facts:
        _facts.append(facts)
    if doors is not None and doors not in _doors:
        _doors.append(doors)


def facts_of(equipment: Equipment, *, now: datetime) -> list[Fact]:
    """The public facts of the higher rooms, in the order in which they registered."""
    return [fact for maker in _facts for fact in maker(equipment, now)]


def doors_of(equipment: Equipment, actor: Actor, *, now: datetime) -> list[Door]:
    """Where this actor goes on; nothing for strangers and other units."""
    if actor.unit_id is None or actor.unit_id != equipment.unit_id:
        return []
    return [door for maker in _doors for door in maker(equipment, actor, now)]
