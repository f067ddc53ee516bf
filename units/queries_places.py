"""Where people stand in a unit, as choices of a form: the tree of departments, the posts (F9, F10)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from config.actor import Actor
from units.models import Department, Position

INDENT = "　"


@dataclass(frozen=True)
class Place:
    """A department in the order of the tree: how deep, and which keys lie at and below it."""

    department: Department
    depth: int
    keys: frozenset[int]

    @property
    def choice(self) -> tuple[str, str]:
        return self.department.code, INDENT * self.depth + self.department.name


def departments(actor: Actor) -> list[Place]:
    """The departments of the actor's unit, each followed by those below it; one query."""
    below: dict[int | None, list[Department]] = defaultdict(list)
    rows = list(Department.objects.for_actor(actor).open().order_by("id"))
    keys = {one.pk for one in rows}
    for one in rows:
        # One whose parent has been closed stands at the top rather than nowhere.
        below[one.parent_id if one.parent_id in keys else None].append(one)
    places: list[Place] = []

    def visit(department: Department, depth: int) -> frozenset[int]:
        at = len(places)
        places.append(Place(department, depth, frozenset()))
        inside = [visit(child, depth + 1) for child in below[department.pk]]
        held = frozenset({department.pk}).union(*inside)
        places[at] = Place(department, depth, held)
        return held

    for department in below[None]:
        visit(department, 0)
    return places


def positions(actor: Actor) -> list[Position]:
    """The posts of the actor's unit."""
    return list(Position.objects.for_actor(actor).open().order_by("name", "id"))


def department_by_code(actor: Actor, code: str) -> Department | None:
    """The department of a code; None for "" and for one the actor has not (or no longer)."""
    return Department.objects.for_actor(actor).open().filter(code=code).first() if code else None


def position_by_code(actor: Actor, code: str) -> Position | None:
    """The post of a code; None for "" and for one the actor has not (or no longer)."""
    return Position.objects.for_actor(actor).open().filter(code=code).first() if code else None
