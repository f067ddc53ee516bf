"""What a leaving person hands over besides machines: licences and stations (F13, F17, F28)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count

from config.actor import Actor
from config.errors import RuleBroken
from equipment.actions import licences, stations
from equipment.models import Licence, Station
from equipment.queries_licences import ROLE_OF_KIND, STATION_ROLE
from units.handover import Share
from units.identities import Identity
from units.models import Staff
from units.roles import Role


def _licences(staff: Staff) -> list[Licence]:
    return list(
        Licence.objects.open().filter(officer=staff).select_related("family").order_by("id")
    )


def _stations(staff: Staff) -> list[Station]:
    held = Station.objects.open().filter(officer=staff)
    return list(held.select_related("licence__family").order_by("id"))


def _count(model: type[Licence] | type[Station], staff_ids: Collection[int]) -> Mapping[int, int]:
    held = model.objects.open().filter(officer_id__in=staff_ids).order_by()
    rows = held.values("officer_id").annotate(number=Count("pk"))
    return {row["officer_id"]: row["number"] for row in rows}


def _move(
    held: Sequence[Any],
    assign: Callable[..., Any],
    successor: Staff | None,
    actor: Actor,
    now: datetime,
) -> int:
    """Name the successor on each (None = nobody); his misfit belongs beside 移交给."""
    try:
        for one in held:
            assign(one, officer=successor, actor=actor, now=now)
    except RuleBroken as broken:
        raise RuleBroken(
            broken.code, broken.message, field="hand_over_to", status=broken.status
        ) from broken
    return len(held)


def _covers(identities: Sequence[Identity], role: Role, category: str) -> bool:
    scopes = [one.categories for one in identities if one.role == role]
    return any(not scope or not category or category in scope for scope in scopes)


def move_licences(staff: Staff, successor: Staff | None, *, actor: Actor, now: datetime) -> int:
    """Move a person's licences; RuleBroken(field="hand_over_to") when one does not fit."""
    return _move(_licences(staff), licences.assign, successor, actor, now)


def move_stations(staff: Staff, successor: Staff | None, *, actor: Actor, now: datetime) -> int:
    """Move a person's stations; RuleBroken(field="hand_over_to") when one does not fit."""
    return _move(_stations(staff), stations.assign, successor, actor, now)


def stranded_licences(staff: Staff, identities: Sequence[Identity]) -> int:
    """How many licences these identities would no longer cover."""
    return sum(
        not _covers(identities, ROLE_OF_KIND[one.family.unit_kind], one.family.category)
        for one in _licences(staff)
    )


def stranded_stations(staff: Staff, identities: Sequence[Identity]) -> int:
    """How many stations these identities would no longer cover."""
    return sum(
        not _covers(identities, STATION_ROLE, one.licence.family.category if one.licence else "")
        for one in _stations(staff)
    )


LICENCES = Share(
    name="licences",
    label="负责的许可",
    measure="张",
    count=lambda staff_ids: _count(Licence, staff_ids),
    lines=lambda staff: [f"{one.family.name}（{one.number}）" for one in _licences(staff)],
    move=move_licences,
    stranded=stranded_licences,
)
STATIONS = Share(
    name="stations",
    label="负责的工位",
    measure="个",
    count=lambda staff_ids: _count(Station, staff_ids),
    lines=lambda staff: [f"{one.name}（{one.number}，{one.medium}）" for one in _stations(staff)],
    move=move_stations,
    stranded=stranded_stations,
    takers=(STATION_ROLE,),
)
