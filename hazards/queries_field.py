"""The lists of the phone: its rounds, its tabs, what a person sees of a unit's hazards (F63–F65)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Q

from config.actor import Actor
from equipment import subjects
from hazards import stand_ins
from hazards.models import Hazard, HazardQuerySet
from hazards.queries import (
    PENDING_ORDER,
    PENDING_RECTIFICATION,
    RECTIFIED,
    REVIEWED,
    overdue,
)
from hazards.queries_turn import POOLED, named_officer, waits_for
from hazards.states import Source
from units.roles import DIRECTORS, Role


@dataclass(frozen=True)
class Tab:
    """One tab of a list; `where` selects its rows."""

    key: str
    label: str
    where: Q
    order: tuple[Any, ...] = ("-found_at", "-id")


# Severe first ("severe" > "general"), then the nearest deadline.
_URGENT = ("-severity", F("due_on").asc(nulls_last=True), "found_at", "id")
_LATEST = (F("rectified_at").desc(nulls_last=True), "-id")


def is_overseer(actor: Actor) -> bool:
    """Directors and principals see the unit's hazards; officers those of their machines."""
    return any(actor.has_role(role) for role in (*DIRECTORS, Role.PRINCIPAL))


def field_tabs(actor: Actor, source: str, day: date, *, reviews: bool) -> list[Tab]:
    """The tabs of the phone list for one person and round (F63, F64, F65)."""
    done = Tab("done", "已整改", Q(state__in=[RECTIFIED, REVIEWED]), _LATEST)
    reviews = reviews and source == Source.DAILY
    if reviews:
        done = Tab("done", "已复查", Q(state=REVIEWED), _LATEST)
    to_review = [Tab("review", "待复查", Q(state=RECTIFIED), _LATEST)] if reviews else []
    everything = Tab("all", "全部", Q())
    if not is_overseer(actor):
        # To the officer a reported hazard is unresolved whether ordered or not (M 2.2, 2.5).
        unresolved = Q(state__in=[PENDING_ORDER, PENDING_RECTIFICATION])
        order = (F("due_on").asc(nulls_last=True), "-severity", "found_at", "id")
        return [Tab("rectify", "待整改", unresolved, order), *to_review, done, everything]
    tabs = [Tab("order", "待下达", Q(state=PENDING_ORDER), _URGENT)]
    tabs = tabs if source == Source.DAILY else []
    return [
        *tabs,
        Tab("rectify", "待整改", Q(state=PENDING_RECTIFICATION), _URGENT),
        Tab("overdue", "逾期", overdue(day), _URGENT),
        *to_review,
        done,
        everything,
    ]


def field_hazards(actor: Actor, *, day: date) -> HazardQuerySet:
    """What a person's phone lists: the principal the whole unit, a director his scope, an officer
    the hazards of his machines, licences and stations and of whom he stands in for, those of his
    pool, and what he found or put right himself."""
    hazards = Hazard.objects.for_actor(actor)
    if actor.staff_id is None:
        return hazards.none()
    if actor.has_role(Role.PRINCIPAL):
        return hazards
    me = actor.staff_id
    seen = named_officer(me, day) | Q(found_by_id=me) | Q(rectified_by_id=me)
    seen |= POOLED & Q(source=Source.DAILY, found_by_id__in=stand_ins.absent(me, day))
    seen |= Q(category__in=subjects.directed_by(actor.posts))
    seen |= POOLED & Q(source=Source.DAILY, category__in=subjects.inspected_by(actor.posts))
    return hazards.filter(seen)


@dataclass(frozen=True)
class Round:
    """One round of the phone's list: how many of its hazards wait for this person."""

    source: str
    waiting: int


def field_rounds(actor: Actor, hazards: HazardQuerySet, *, day: date) -> list[Round]:
    """The rounds to choose between (M 2.5, 3.6, 3.7, 4.4): 日 for everybody, 周 for directors and
    the principal, 月 for the principal; another one where the person has hazards of it."""
    found = {
        row["source"]: row
        for row in hazards.order_by()
        .values("source")
        .annotate(waiting=Count("pk", filter=waits_for(actor, day)))
    }
    own = {Source.DAILY.value}
    if is_overseer(actor):
        own.add(Source.WEEKLY.value)
    if actor.has_role(Role.PRINCIPAL):
        own.add(Source.MONTHLY.value)
    return [
        Round(one, found.get(one, {}).get("waiting", 0))
        for one in Source.values
        if one in own or one in found
    ]


def opening_round(actor: Actor, rounds: list[Round]) -> str:
    """The round a list opens with: where something waits for this person, else the one that is his
    by his post."""
    waiting = [one.source for one in rounds if one.waiting]
    if waiting:
        return waiting[0]
    roles = {post.role for post in actor.posts}
    return Source.MONTHLY.value if roles == {Role.PRINCIPAL.value} else Source.DAILY.value


def tab_counts(hazards: HazardQuerySet, tabs: list[Tab]) -> dict[str, int]:
    """Rows behind every tab, in one query."""
    return hazards.order_by().aggregate(
        **{tab.key: Count("pk", filter=tab.where) if tab.where else Count("pk") for tab in tabs}
    )
