"""Writing messages into the outbox; the worker delivers them after commit."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from units.models import OutboxMessage, Staff
from units.tasks import drain_outbox


def tell(
    staff: Staff,
    *,
    kind: str,
    text: str,
    dedupe_key: str,
    now: datetime,
    link: str = "",
    due_at: datetime | None = None,
    channel: str = OutboxMessage.Channel.SMS,
) -> bool:
    """Put one message for a person into the outbox; False if that very message exists already.

    Runs inside the caller's transaction: no change, no message. `dedupe_key` names the event and
    the recipient is added to it. After commit the worker is woken, so that what is due now goes out
    at once (decision 10); what the wake misses is found by the sweep.
    """
    _, created = OutboxMessage.objects.get_or_create(
        dedupe_key=f"{dedupe_key}:{channel}:{staff.user_id}",
        defaults={
            "kind": kind,
            "channel": channel,
            "unit_id": staff.unit_id,
            "recipient_id": staff.user_id,
            "text": text,
            "link": link,
            "created_at": now,
            "due_at": due_at or now,
        },
    )
    if created and channel == OutboxMessage.Channel.SMS and (due_at is None or due_at <= now):
        transaction.on_commit(_wake_delivery, robust=True)
    return created


def _wake_delivery() -> None:
    """Have the worker deliver at once; without a broker the next sweep of beat does it."""
    drain_outbox.apply_async(expires=120, retry=False)
