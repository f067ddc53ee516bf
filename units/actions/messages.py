"""Marking messages as read: a reader's own bookkeeping, without an audit row."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from config.actor import Actor
from units.models import OutboxMessage
from units.queries_messages import inbox


@transaction.atomic
def mark_read(message: OutboxMessage, *, actor: Actor, now: datetime) -> bool:
    """Note when the recipient first opened a message; False if it was opened before."""
    return bool(inbox(actor, now=now).filter(pk=message.pk, read_at=None).update(read_at=now))


@transaction.atomic
def mark_all_read(*, actor: Actor, now: datetime) -> int:
    """Note that everything which waits was read; returns how many messages that were."""
    return inbox(actor, now=now).filter(read_at=None).update(read_at=now)
