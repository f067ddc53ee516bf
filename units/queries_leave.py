"""Reading requests to leave (decision 2)."""

from __future__ import annotations

from django.db.models import F, QuerySet

from config.actor import Actor
from units.models import LeaveRequest, Staff
from units.roles import Can

State = LeaveRequest.State


def waiting(actor: Actor) -> QuerySet[LeaveRequest]:
    """The unanswered requests of the actor's people, the most urgent first."""
    found = LeaveRequest.objects.for_actor(actor).filter(state=State.OPEN)
    return found.select_related("staff").order_by("takes_effect_at", "id")


def request_list(actor: Actor) -> QuerySet[LeaveRequest]:
    """Every request of the actor's people: open ones first, then latest answered first."""
    found = LeaveRequest.objects.for_actor(actor).select_related("staff")
    return found.order_by(F("decided_at").desc(nulls_first=True), "takes_effect_at", "id")


def badge(actor: Actor) -> QuerySet[LeaveRequest]:
    """The requests that wait for an answer (counted beside 人员管理)."""
    found = waiting(actor)
    return found if actor.can(Can.STAFF_MANAGE) else found.none()


def requests_of(staff: Staff) -> list[LeaveRequest]:
    """The requests of one person, latest first."""
    return list(LeaveRequest.objects.filter(staff=staff).order_by("-id"))


def open_request(staff: Staff) -> LeaveRequest | None:
    """The unanswered request of a person, if there is one."""
    return LeaveRequest.objects.filter(staff=staff, state=State.OPEN).first()
