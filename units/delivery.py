"""Delivering what lies in the outbox (house rule 3: messages leave after commit)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from units import sms
from units.models import OutboxMessage, Staff

logger = logging.getLogger(__name__)

# Waits after the first, second … failure; after as many failures as there are entries + 1 we stop.
BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
)
# Failures in a row after which a run stops trying.
OUTAGE = 5
# Every so many messages the newest goes first: what is urgent does not wait behind the thousands
# of reminders that are written at one moment (duties.escalation), and those go on all the same.
NEWEST_EVERY = 5
RUN_LIMIT = 500
MAX_ATTEMPTS = len(BACK_OFF) + 1


@dataclass
class Drained:
    """What one run did."""

    delivered: int = 0
    failed: int = 0
    given_up: int = 0

    @property
    def has_more(self) -> bool:
        """Whether the run ended at its limit, with more probably waiting."""
        return self.delivered + self.failed + self.given_up >= RUN_LIMIT

    def __str__(self) -> str:
        return f"送达 {self.delivered}，待重试 {self.failed}，放弃 {self.given_up}"


def drain(*, now: datetime, limit: int = RUN_LIMIT) -> Drained:
    """Deliver the messages that are due at `now`; at most `limit` of them. Safe to run twice at once.

    1. One due row is picked and locked; rows that another worker holds are skipped.
    2. It is sent while the lock is held, in a transaction of its own: a worker that dies in
       between leaves the row as it was, and the next run sends it again (at least once, not lost).
    3. Success writes `delivered_at`. A failure counts an attempt and moves `due_at` ahead; the
       fifth failure, or a recipient who cannot be reached at all, writes `given_up_at` and why.
    4. After OUTAGE failures in a row the gateway is taken to be down: the rest waits for the next
       run, so that a worker is not held for minutes.
    """
    outcome = Drained()
    in_a_row = 0
    for number in range(1, limit + 1):
        failed_before = outcome.failed
        if not _deliver_next(now, outcome, newest=number % NEWEST_EVERY == 0):
            break
        in_a_row = in_a_row + 1 if outcome.failed > failed_before else 0
        if in_a_row == OUTAGE:
            logger.warning("短信通道连续 %s 次失败，其余消息留待下次发送", OUTAGE)
            break
    return outcome


def _deliver_next(now: datetime, outcome: Drained, *, newest: bool = False) -> bool:
    order = ("-due_at", "-id") if newest else ("due_at", "id")
    with transaction.atomic():
        message = (
            OutboxMessage.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("recipient")
            .filter(delivered_at=None, given_up_at=None, due_at__lte=now)
            .order_by(*order)
            .first()
        )
        if message is None:
            return False
        reason = _unreachable(message)
        if reason:
            _give_up(message, reason, now)
            outcome.given_up += 1
            return True
        try:
            _deliver(message)
        except sms.SmsError as error:
            _note_failure(message, str(error), now, outcome)
        except Exception as error:  # one message must not block the queue behind it
            logger.exception("message %s could not be sent", message.pk)
            _note_failure(message, f"发送时出错：{error}", now, outcome)
        else:
            message.delivered_at = now
            message.attempts += 1
            message.save(update_fields=["delivered_at", "attempts"])
            outcome.delivered += 1
    return True


def _unreachable(message: OutboxMessage) -> str:
    """Why a message can never arrive, "" when it can: news of a unit is for its own people only."""
    works_there = Staff.objects.employed().filter(
        user_id=message.recipient_id, unit_id=message.unit_id
    )
    if message.unit_id is not None and not works_there.exists():
        return "收件人已不在该单位。"
    if message.channel == OutboxMessage.Channel.SMS and not message.recipient.phone:
        return "收件人没有手机号。"
    return ""


def _deliver(message: OutboxMessage) -> None:
    """Send by SMS; a message inside the product is delivered by being there."""
    if message.channel != OutboxMessage.Channel.SMS:
        return
    text = f"{message.text} {settings.PUBLIC_URL}{message.link}" if message.link else message.text
    sms.send(message.recipient.phone, text)


def _note_failure(message: OutboxMessage, why: str, now: datetime, outcome: Drained) -> None:
    message.attempts += 1
    if message.attempts >= MAX_ATTEMPTS:
        _give_up(message, f"{message.attempts} 次未送达：{why}", now)
        outcome.given_up += 1
        return
    message.last_error = why[:300]
    message.due_at = now + BACK_OFF[message.attempts - 1]
    message.save(update_fields=["attempts", "last_error", "due_at"])
    outcome.failed += 1


def _give_up(message: OutboxMessage, why: str, now: datetime) -> None:
    message.last_error = why[:300]
    message.given_up_at = now
    message.save(update_fields=["attempts", "last_error", "given_up_at"])
    logger.warning("消息 %s 未送达：%s", message.pk, why)
