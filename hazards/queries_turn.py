"""Whose turn it is: what waits for a person, as counts and as lists, and what waits for nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.db.models import Case, Count, Exists, F, OuterRef, Q, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact, In

from config.actor import Actor
from config.prepared import Bound, Prepared
from equipment import subjects
from equipment.someone import Someone, someone, whose
from hazards import people, stand_ins
from hazards.models import Hazard, HazardQuerySet
from hazards.queries import PENDING_ORDER, PENDING_RECTIFICATION, RECTIFIED
from hazards.states import Source
from units.models import Appointment
from units.roles import DIRECTORS, OFFICERS, Role


def decider_scope(actor: Actor, day: date) -> Q:
    """The hazards a person decides on as director, or as principal where there is no director."""
    scope = Q(category__in=subjects.directed_by(actor.posts))
    if actor.has_role(Role.PRINCIPAL) and actor.unit_id is not None:
        scope |= ~Q(category__in=people.directed(actor.unit_id, day))
    return scope


def rectifier_scope(actor: Actor, day: date, *, decides: Q | None = None) -> Q:
    """The hazards a person has to put right, whatever their state (the set twin of may_rectify)."""
    decides = decider_scope(actor, day) if decides is None else decides
    scope = Q(source=Source.WEEKLY) & decides
    if any(actor.has_role(role) for role in OFFICERS):
        scope |= Q(source=Source.DAILY) & _rectified_by_officer(actor, day)
    if actor.has_role(Role.PRINCIPAL):
        scope |= Q(source=Source.MONTHLY)
    return scope


def named_officer(staff_id: int | None, day: date) -> Q:
    """Hazards of the machines, licences and stations a person is the officer of, or stands in for
    the officer of (请假代班)."""
    absent = stand_ins.absent(staff_id, day)
    found = Q()
    for subject in ("equipment", "licence", "station"):
        found |= Q(**{f"{subject}__officer_id": staff_id})
        found |= Q(**{f"{subject}__officer_id__in": absent})
    return found


# Nobody is named for what was inspected: who puts it right comes out of the pool.
POOLED = Q(equipment=None, licence__officer=None, station__officer=None)
# The set twin of Hazard.responsible_id.
_RESPONSIBLE = Case(
    When(equipment__isnull=False, then=F("equipment__officer_id")),
    default=Coalesce("licence__officer_id", "station__officer_id", "found_by_id"),
)


def _rectified_by_officer(actor: Actor, day: date) -> Q:
    """The set twin of Hazard.is_rectifier."""
    finder = Appointment.objects.in_force(day).filter(
        staff=OuterRef("found_by"), staff__ended_on=None, role__in=OFFICERS
    )
    falls_to_pool = Q(category__in=subjects.inspected_by(actor.posts)) & ~Exists(finder)
    answers = Q(Exact(_RESPONSIBLE, actor.staff_id))
    answers |= Q(In(_RESPONSIBLE, stand_ins.absent(actor.staff_id, day)))
    return answers | POOLED & falls_to_pool


@dataclass(frozen=True)
class Waiting:
    """How many hazards wait for one person, by what is to be done."""

    to_order: int = 0
    to_rectify: int = 0
    to_review: int = 0

    @property
    def total(self) -> int:
        return self.to_order + self.to_rectify + self.to_review


def waiting_hazards(actor: Actor, *, day: date) -> HazardQuerySet:
    """The hazards whose next step is this person's (the set twin of `hazard.offers`)."""
    if actor.staff_id is None:
        return Hazard.objects.none()
    return Hazard.objects.for_actor(actor).filter(waits_for(actor, day))


def counted_waiting(actor: Actor, *, day: date) -> HazardQuerySet | Bound:
    """`waiting_hazards` for the menu, which only counts them."""
    # Which categories have no director is looked up for a principal: nothing to be prepared.
    if actor.staff_id is None or actor.has_role(Role.PRINCIPAL):
        return waiting_hazards(actor, day=day)
    return _waiting_keys(someone(actor), day).bind(**whose(actor))


@lru_cache(maxsize=256)
def _waiting_keys(who: Someone, day: date) -> Prepared:
    return Prepared(waiting_hazards(who.actor, day=day).order_by().values("pk"))


def waits_for(actor: Actor, day: date) -> Q:
    decides = decider_scope(actor, day)
    rectifies = Q(state=PENDING_RECTIFICATION)
    rectifies &= rectifier_scope(actor, day, decides=decides)
    if not any(actor.has_role(role) for role in (*DIRECTORS, Role.PRINCIPAL)):
        return rectifies  # who decides on nothing: fewer words for the planner
    return (
        Q(state=PENDING_ORDER) & decides
        | rectifies
        | Q(state=RECTIFIED, source=Source.DAILY, unit__reviews_hazards=True)
        & ~Q(rectified_by_id=actor.staff_id)
        & decides
    )


def waiting(actor: Actor, *, day: date) -> Waiting:
    """Count what waits for a person: one query (two for a principal)."""
    if actor.staff_id is None:
        return Waiting()
    counted = waiting_hazards(actor, day=day).aggregate(
        to_order=Count("pk", filter=Q(state=PENDING_ORDER)),
        to_rectify=Count("pk", filter=Q(state=PENDING_RECTIFICATION)),
        to_review=Count("pk", filter=Q(state=RECTIFIED)),
    )
    return Waiting(**counted)


@dataclass(frozen=True)
class Unattended:
    """Hazards of a unit that nobody can take the next step on."""

    without_decider: int
    without_officer: int


def unattended(actor: Actor, *, day: date) -> Unattended:
    """What a unit admin is warned of: nobody to order or close (decision 12), or no officer bound."""
    if actor.unit_id is None:
        return Unattended(0, 0)
    open_ones = Hazard.objects.for_actor(actor).unresolved()
    without_decider = 0
    if not people.principals(actor.unit_id, day):
        decided = Q(state=PENDING_ORDER) | Q(source=Source.WEEKLY)
        nobody = decided & ~Q(category__in=people.directed(actor.unit_id, day))
        without_decider = open_ones.filter(nobody | Q(source=Source.MONTHLY)).count()
    without_officer = open_ones.filter(
        source=Source.DAILY, equipment__isnull=False, equipment__officer=None
    ).count()
    return Unattended(without_decider, without_officer)
