"""Whose to-dos: the conditions that all counts and lists of a person are made of (F47–F52).

A to-do is looked for by one of four ways, each with an index of its own: open and mine, open in a
pool, closed in a running period, missed but not too long ago.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Q

from config.actor import Actor
from duties import pools
from duties.enums import OPEN_STATES, Cadence, Level, TaskKind, TaskState
from duties.periods import period_of
from duties.queries import FINISHED_STATES
from equipment.subjects import directed_by
from units.roles import Role

CLOSED_STATES = (*FINISHED_STATES, TaskState.WAIVED)


def running(actor: Actor, day: date) -> Q:
    """The to-dos of the actor's unit whose period contains a day."""
    return Q(unit_id=actor.unit_id) & _running(day)


def _running(day: date) -> Q:
    found = Q()
    for cadence in Cadence.values:
        found |= Q(cadence=cadence, period_on=period_of(cadence, day))
    return found


def open_to(actor: Actor, day: date) -> Q:
    """Open to-dos of a person, and those of a pool that he may begin."""
    mine = Q(assignee_id=actor.staff_id, state__in=OPEN_STATES)
    pooled = pools.claimable(actor) & Q(state__in=OPEN_STATES) & running(actor, day)
    return mine | pooled


def closed_by(actor: Actor, day: date) -> Q:
    """What a person has done in the running periods, or was let off."""
    return running(actor, day) & Q(assignee_id=actor.staff_id, state__in=CLOSED_STATES)


def in_period(actor: Actor, unit_kind: str | None = None) -> Q:
    """What a person has open, did or was let off, for a caller that names unit and running period:
    `open_to` and `closed_by` without what he names."""
    listed = Q(assignee_id=actor.staff_id, state__in=[*OPEN_STATES, *CLOSED_STATES])
    return listed | pools.claimable(actor, unit_kind) & Q(state__in=OPEN_STATES)


def at_hand(actor: Actor, day: date, since: Any, until: Any, first: date) -> Q:
    """All that a person has before him: `open_to`, `closed_by` and `missed_by` in one, without what
    they say twice. The planner weighs every condition against every index on every page."""
    late = Q(due_at__gt=since, due_at__lte=until)
    swept = Q(unit_id=actor.unit_id, state=TaskState.MISSED, period_on__gte=first) & late
    mine = Q(assignee_id=actor.staff_id)
    found = mine & Q(state__in=OPEN_STATES) | closed_by(actor, day)
    doors = pools.doors(actor)
    if doors is pools.NOBODY:
        return found | swept & mine
    doors &= Q(owner=None)
    free = Q(unit_id=actor.unit_id, assignee=None, state__in=OPEN_STATES) & doors
    free &= _running(day) | late
    return found | free | swept & (mine | doors & (Q(assignee=None) | pools.has_left(actor)))


def first_period(day: date, since: timedelta) -> date:
    """The first day that the period of a to-do missed since then can have; the longest is a month."""
    return day - since - timedelta(days=32)


def missed_by(actor: Actor, since: Any, until: Any, first: date) -> Q:
    """What a person missed between two moments and may make up, reached by the closing sweep or
    not. No period before `first` can be among them: with the unit it leads into an index."""
    late = Q(due_at__gt=since, due_at__lte=until)
    swept = Q(unit_id=actor.unit_id, state=TaskState.MISSED, period_on__gte=first)
    not_swept = Q(assignee_id=actor.staff_id, state__in=OPEN_STATES)
    not_swept |= pools.claimable(actor) & Q(state__in=OPEN_STATES)
    return late & (swept & pools.mine(actor) | not_swept)


def overseen(actor: Actor) -> Q:
    """The to-dos a director or principal answers for: his scope and level, everything for a
    principal. Minutes are a director's as well as the principal's (decision 13)."""
    if actor.has_role(Role.PRINCIPAL):
        return Q()
    his = ~Q(level=Level.PRINCIPAL) | Q(kind=TaskKind.MONTHLY_MINUTES)
    return Q(category__in=sorted(directed_by(actor.posts))) & his
