"""Writing messages into the outbox: by SMS the worker delivers them, in the product they stand there.

Every text message has its copy on the message page (B125). A copy is delivered by being there: it
shows from its due time on, no worker has to touch it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet

from units.models import Bureau, OutboxMessage, Staff, User
from units.tasks import drain_outbox

SMS = OutboxMessage.Channel.SMS
IN_APP = OutboxMessage.Channel.IN_APP
TEXT_LIMIT = 500


@dataclass(frozen=True)
class Letter:
    """One of many messages of `tell_many`; `by_sms` False = in the product alone (accounts)."""

    user_id: int
    unit_id: int | None
    text: str
    dedupe_key: str
    link: str = ""
    by_sms: bool = True


def tell(
    staff: Staff,
    *,
    kind: str,
    text: str,
    dedupe_key: str,
    now: datetime,
    link: str = "",
    due_at: datetime | None = None,
    channel: str = SMS,
) -> bool:
    """Put one message for a person into the outbox; False if that very message exists already.

    An SMS gets its copy in the product with it; `channel` IN_APP writes that one alone. Runs inside
    the caller's transaction: no change, no message. `dedupe_key` names the event and the recipient
    is added to it. After commit the worker is woken, so that what is due now goes out at once
    (decision 10); what the wake misses is found by the sweep.
    """
    due = due_at or now
    message = {"kind": kind, "text": text, "link": link, "unit_id": staff.unit_id}
    shared = {"dedupe_key": dedupe_key, "now": now, "due_at": due, **message}
    if channel == IN_APP:
        return _place([staff.user_id], **shared) == 1
    _, created = OutboxMessage.objects.get_or_create(
        dedupe_key=_key(dedupe_key, SMS, staff.user_id),
        defaults={
            **message,
            "channel": SMS,
            "recipient_id": staff.user_id,
            "created_at": now,
            "due_at": due,
        },
    )
    if created:
        _place([staff.user_id], **shared)
        if due <= now:
            transaction.on_commit(_wake_delivery, robust=True)
    return created


def tell_user(
    user: User,
    *,
    kind: str,
    text: str,
    dedupe_key: str,
    now: datetime,
    link: str = "",
    unit_id: int | None = None,
) -> bool:
    """Put a message into the product for one account or person; False if it stands there already.

    With `unit_id` it is news of that unit: a person sees it only while they work there.
    """
    shared = {"dedupe_key": dedupe_key, "now": now, "due_at": now, "unit_id": unit_id}
    return _place([user.pk], kind=kind, text=text, link=link, **shared) == 1


def tell_unit(
    unit_id: int, *, kind: str, text: str, dedupe_key: str, now: datetime, link: str = ""
) -> int:
    """Put a message into the product for every account of a unit; returns how many are new."""
    return tell_units([unit_id], kind=kind, text=text, dedupe_key=dedupe_key, now=now, link=link)


def tell_units(
    unit_ids: QuerySet | Iterable[int],
    *,
    kind: str,
    text: str,
    dedupe_key: str,
    now: datetime,
    link: str = "",
) -> int:
    """Put one message into the product for the accounts of many units; returns how many are new.

    `unit_ids` is a list or a queryset of keys. One INSERT … SELECT, however many units there are:
    nothing is loaded, and a message that stands there already is left alone.
    """
    accounts = User.objects.filter(kind=User.Kind.UNIT, is_active=True, unit_id__in=unit_ids)
    try:
        chosen, params = accounts.order_by().values("id", "unit_id").query.sql_with_params()
    except EmptyResultSet:  # an empty list of units
        return 0
    table = OutboxMessage._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (kind, channel, unit_id, recipient_id, text,"  # noqa: S608  Django's own SQL
            " link, dedupe_key, created_at, due_at, delivered_at, attempts, last_error)"
            " SELECT %s, %s, account.unit_id, account.id, %s, %s, %s || account.id,"
            f" %s, %s, %s, 0, '' FROM ({chosen}) AS account ORDER BY account.id"
            " ON CONFLICT (dedupe_key) DO NOTHING",
            [
                kind,
                IN_APP.value,
                text,
                link,
                f"{dedupe_key}:{IN_APP.value}:",
                now,
                now,
                now,
                *params,
            ],
        )
        return int(cursor.rowcount)


_TELL_MANY = """
    INSERT INTO units_outboxmessage (kind, channel, unit_id, recipient_id, text, link, dedupe_key,
                                     created_at, due_at, delivered_at, attempts, last_error)
    SELECT %(kind)s, way.channel, one.unit_id, one.user_id, one.text, one.link,
           one.key || ':' || way.channel || ':' || one.user_id, %(now)s, %(now)s,
           CASE WHEN way.channel = 'in_app' THEN %(now)s END, 0, ''
      FROM unnest(%(users)s::bigint[], %(units)s::bigint[], %(texts)s::text[], %(links)s::text[],
                  %(keys)s::text[], %(by_sms)s::boolean[])
           AS one (user_id, unit_id, text, link, key, by_sms)
      JOIN (VALUES ('in_app'), ('sms')) AS way (channel)
        ON way.channel = 'in_app' OR one.by_sms
     ORDER BY 7
    ON CONFLICT (dedupe_key) DO NOTHING
    RETURNING channel
"""


def tell_many(letters: Iterable[Letter], *, kind: str, now: datetime) -> int:
    """Put many messages of one kind into the outbox; returns how many are new.

    One INSERT for all of them, SMS and in-app copy as `tell` writes; what stands there already is
    left alone, so a run that was killed is simply repeated. The caller cuts large sets into batches.
    In the order of the keys: two runs at once wait for each other and never in a circle.
    """
    rows = list(letters)
    if not rows:
        return 0
    given = {
        "kind": kind,
        "now": now,
        "users": [one.user_id for one in rows],
        "units": [one.unit_id for one in rows],
        "texts": [one.text[:TEXT_LIMIT] for one in rows],
        "links": [one.link for one in rows],
        "keys": [one.dedupe_key for one in rows],
        "by_sms": [one.by_sms for one in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_TELL_MANY, given)
        written = [channel for (channel,) in cursor.fetchall()]
    if SMS.value in written:
        transaction.on_commit(_wake_delivery, robust=True)
    return written.count(IN_APP.value)


def tell_bureau(
    region_code: str, *, kind: str, text: str, dedupe_key: str, now: datetime, link: str = ""
) -> int:
    """Put a message into the product for the accounts of the bureau nearest at or above a region.

    District before city before province; a bureau without an account that signs in is passed over.
    Returns how many are new, 0 when no bureau above the region has an account.
    """
    codes = [region_code, f"{region_code[:4]}00", f"{region_code[:2]}0000"]
    staffed = set(
        Bureau.objects.filter(
            region_id__in=codes, accounts__is_active=True, accounts__kind=User.Kind.BUREAU
        ).values_list("region_id", flat=True)
    )
    nearest = next((code for code in codes if code in staffed), None)
    if nearest is None:
        return 0
    accounts = User.objects.filter(
        kind=User.Kind.BUREAU, is_active=True, bureau__region_id=nearest
    ).values_list("pk", flat=True)
    shared = {"dedupe_key": dedupe_key, "now": now, "due_at": now, "unit_id": None}
    return _place(list(accounts), kind=kind, text=text, link=link, **shared)


def _place(user_ids: Iterable[int], *, unit_id: int | None, **message: object) -> int:
    return _write([(user_id, unit_id) for user_id in user_ids], **message)


def _write(
    recipients: list[tuple[int, int | None]],
    *,
    kind: str,
    text: str,
    link: str,
    dedupe_key: str,
    now: datetime,
    due_at: datetime,
) -> int:
    """Write the rows of (user, unit) that are not there yet; returns how many were new."""
    keys = {_key(dedupe_key, IN_APP, user_id) for user_id, _ in recipients}
    known = set(
        OutboxMessage.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True)
    )
    rows = [
        OutboxMessage(
            kind=kind,
            channel=IN_APP,
            unit_id=unit_id,
            recipient_id=user_id,
            text=text,
            link=link,
            dedupe_key=key,
            created_at=now,
            due_at=due_at,
            delivered_at=due_at,
        )
        for user_id, unit_id in recipients
        if (key := _key(dedupe_key, IN_APP, user_id)) not in known
    ]
    # Two writers of one event meet at the unique key; the later one writes nothing.
    OutboxMessage.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _key(dedupe_key: str, channel: str, user_id: int) -> str:
    return f"{dedupe_key}:{channel}:{user_id}"


def _wake_delivery() -> None:
    """Have the worker deliver at once; without a broker the next sweep of beat does it."""
    drain_outbox.apply_async(expires=120, retry=False)
