"""Reading what the product tells somebody: the message page, the bell, tickets (F24, B125)."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Case, DateTimeField, Q, QuerySet, Value, When
from django.http import Http404

from config.actor import Actor
from config.prepared import Bound, Given, Prepared
from config.search import with_words
from units.models import OutboxMessage, Ticket

OWN_TICKETS = 20


# ------------------------------------------------------------------ messages
def inbox(actor: Actor, *, now: datetime) -> QuerySet[OutboxMessage]:
    """The messages an actor sees: their own, due, and never those of a unit they have left."""
    if actor.user_id is None:
        return OutboxMessage.objects.none()
    found = OutboxMessage.objects.filter(
        recipient_id=actor.user_id, channel=OutboxMessage.Channel.IN_APP, due_at__lte=now
    )
    if actor.kind in {"person", "unit"}:
        found = found.filter(Q(unit=None) | Q(unit_id=actor.unit_id))
    return found


def listed(actor: Actor, *, now: datetime, only_unread: bool = False) -> QuerySet[OutboxMessage]:
    """The rows of the message page: unread first, the newest of each on top."""
    found = inbox(actor, now=now)
    if only_unread:
        return found.filter(read_at=None).order_by("-due_at", "-id")
    opened = Case(When(read_at=None, then=Value(0)), default=Value(1))
    return found.order_by(opened, "-due_at", "-id")


def unread(actor: Actor, *, now: datetime) -> QuerySet[OutboxMessage] | Bound:
    """The messages that wait to be opened, for the menu, which only counts them."""
    if actor.user_id is None:
        return OutboxMessage.objects.none()
    values = {"user": actor.user_id, "unit": actor.unit_id, "now": now}
    return _unread_keys(actor.kind).bind(**values)


@lru_cache(maxsize=8)
def _unread_keys(kind: str) -> Prepared:
    unknown: dict[str, Any] = {"user_id": Given("user"), "unit_id": Given("unit")}
    now: Any = Given("now", DateTimeField())
    found = inbox(Actor(kind, **unknown), now=now).filter(read_at=None)
    return Prepared(found.order_by().values("pk"))


def unread_count(actor: Actor, *, now: datetime) -> int:
    """How many messages wait to be opened (one query on a partial index)."""
    return inbox(actor, now=now).filter(read_at=None).count()


def get_message(actor: Actor, number: str, *, now: datetime) -> OutboxMessage:
    """One of the actor's own messages by the number its button carries; Http404 for every other."""
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Http404("no such message")
    found = inbox(actor, now=now).filter(pk=int(number)).first()
    if found is None:
        raise Http404("no such message")
    return found


# ------------------------------------------------------------------ tickets
def get_ticket(actor: Actor, code: str) -> Ticket:
    """A ticket the actor asked or answers; Http404 for every other."""
    found = Ticket.objects.for_actor(actor).select_related("unit", "user").filter(code=code).first()
    if found is None:
        raise Http404("no such ticket")
    return found


def own_tickets(actor: Actor) -> list[Ticket]:
    """What the actor asked lately, newest first."""
    return list(Ticket.objects.filter(user_id=actor.user_id)[:OWN_TICKETS])


def tickets(actor: Actor, *, keyword: str = "", state: str = "") -> QuerySet[Ticket]:
    """The platform's list; `state`: waiting | answered | "" (all). Those that wait come first."""
    found = Ticket.objects.for_actor(actor).select_related("unit")
    found = with_words(
        found, keyword, "code__iexact", "text", "asked_by_name", "unit__name", "request_id__iexact"
    )
    if state:
        found = found.filter(answered_at__isnull=state == "waiting")
    done = Case(When(answered_at=None, then=Value(0)), default=Value(1))
    return found.order_by(done, "-id")


def waiting_tickets(actor: Actor) -> int:
    """How many questions have no answer yet."""
    return Ticket.objects.for_actor(actor).filter(answered_at=None).count()
