"""What a leaving 安全员 hands over: the machines bound to them (F13, decision 2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from config.actor import Actor
from config.errors import RuleBroken
from equipment.actions.binding import assign_officer
from equipment.enums import UseStatus
from equipment.models import Equipment
from equipment.queries import OFFICER_ROLE, bound_counts
from units.handover import Share
from units.identities import Identity
from units.models import Staff


def _held(staff: Staff) -> list[Equipment]:
    return list(
        Equipment.objects.filter(officer=staff)
        .exclude(status=UseStatus.SCRAPPED)
        .order_by("category", "id")
    )


def count(staff_ids: Collection[int]) -> Mapping[int, int]:
    """Bound machines per person, zeros left out."""
    return bound_counts(staff_ids)


def lines(staff: Staff) -> list[str]:
    """The bound machines, one line each: name, category, place."""
    return [
        f"{machine.name}（{machine.get_category_display()}，{machine.place}）"
        for machine in _held(staff)
    ]


def move(staff: Staff, successor: Staff | None, *, actor: Actor, now: datetime) -> int:
    """Bind the person's machines to a successor (None releases them); return how many.

    Raises RuleBroken(field="hand_over_to") when the successor cannot take one of them. Scrapped
    machines are only released.
    """
    machines = _held(staff)
    try:
        # Somebody who takes over licences alone need not be fit for machines.
        moved = machines and assign_officer(machines, officer=successor, actor=actor, now=now)
    except RuleBroken as broken:
        raise RuleBroken(
            broken.code, broken.message, field="hand_over_to", status=broken.status
        ) from broken
    scrapped = list(Equipment.objects.filter(officer=staff, status=UseStatus.SCRAPPED))
    assign_officer(scrapped, officer=None, actor=actor, now=now)
    return len(moved)


def stranded(staff: Staff, identities: Sequence[Identity]) -> int:
    """How many bound machines these identities would no longer cover."""
    scopes = [one.categories for one in identities if one.role == OFFICER_ROLE]
    return sum(
        not any(not scope or machine.category in scope for scope in scopes)
        for machine in _held(staff)
    )


SHARE = Share(
    name="equipment",
    label="绑定设备",
    measure="台",
    count=count,
    lines=lines,
    move=move,
    stranded=stranded,
    takers=(OFFICER_ROLE,),
)
