"""Notices of bureaus to units: publishing, withdrawing, confirming that one was read (F18)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.urls import reverse

from config.actor import Actor
from config.codes import ALPHABET, normalise
from config.errors import RuleBroken
from config.workflow import lock
from units import audit
from units.audit import Verb
from units.models import Notice, NoticeReceipt, Unit
from units.models.unit import UnitKind, UnitQuerySet
from units.outbox import tell_units
from units.uploads import PDF_ONLY, store_document

PURPOSE = "notice"
CHOSEN_MOST = 500
CODE_LENGTH = 12
_TEXTS = {"title": "标题", "text": "正文"}
# One code a row: the inner query names the row, so that it is worked out anew for each.
_CODE = (
    "(SELECT string_agg(substr(%s, 1 + floor(random() * %s)::int, 1), '')"
    " FROM generate_series(1, %s + 0 * chosen.id))"
)


@transaction.atomic
def publish(
    *,
    title: str,
    text: str = "",
    upload: Any = None,
    audience: str,
    kinds: Collection[str] = (),
    unit_codes: Collection[str] = (),
    actor: Actor,
    now: datetime,
) -> Notice:
    """Publish a notice to units of the bureau's subtree and return it.

    Who receives it is settled now: a unit opened later does not. One INSERT … SELECT writes the
    receipts, however many units there are. RuleBroken beside its field: title_missing, no_content,
    file (see store_document), kinds_missing, units_missing, too_many_units, nobody.
    """
    if actor.kind != "bureau" or actor.bureau_id is None:
        raise RuleBroken("not_yours", "只有监管部门可以下发通知公告。", status=403)
    title, text = normalise(title).replace("\n", " "), normalise(text)
    for field, value in (("title", title), ("text", text)):
        longest = Notice._meta.get_field(field).max_length
        if len(value) > longest:
            raise RuleBroken(f"{field}_long", f"{_TEXTS[field]}最多 {longest} 个字。", field=field)
    if not title:
        raise RuleBroken("title_missing", "请填写标题。", field="title")
    if not text and not upload:
        raise RuleBroken("no_content", "请填写正文，或上传一个 PDF 附件。", field="text")
    units, kept = _audience(audience, kinds, unit_codes, actor)
    file = None
    if upload:
        file = store_document(
            upload, unit_id=None, purpose=PURPOSE, actor=actor, now=now, types=PDF_ONLY
        )
    notice = Notice.objects.create(
        bureau_id=actor.bureau_id,
        title=title,
        text=text,
        file=file,
        audience=audience,
        kinds=kept,
        published_at=now,
        published_by_name=f"{actor.owner_name} {actor.name}".strip()[:120],
    )
    number = _deliver(notice, units)
    if number == 0:
        raise RuleBroken("nobody", "辖区内没有符合条件的单位，通知没有发出。", field="audience")
    _tell(notice, f"收到{actor.owner_name}的通知《{title}》，请查阅并确认。", "published", now)
    audit.record(
        actor,
        Verb.NOTICE_PUBLISHED,
        notice,
        now=now,
        after={"audience": notice.get_audience_display(), "kinds": kept, "units": number},
    )
    return notice


@transaction.atomic
def withdraw(notice: Notice, *, reason: str, actor: Actor, now: datetime) -> Notice:
    """Withdraw a notice: units see that and why, no longer its text and file.

    Only the bureau that published it may. Raises RuleBroken: reason_missing, wrong_state.
    """
    reason = normalise(reason)
    if not reason:
        raise RuleBroken("reason_missing", "请填写撤回原因。", field="reason")
    if len(reason) > Notice._meta.get_field("withdraw_reason").max_length:
        raise RuleBroken("reason_long", "撤回原因最多 200 个字。", field="reason")
    fresh = lock(notice)
    if actor.kind != "bureau" or fresh.bureau_id != actor.bureau_id:
        raise RuleBroken("not_yours", "只能撤回本局下发的通知。", status=403)
    if fresh.withdrawn_at is not None:
        raise RuleBroken("wrong_state", "这份通知已经撤回，请核对最新内容。")
    fresh.withdrawn_at, fresh.withdraw_reason = now, reason
    fresh.save(update_fields=["withdrawn_at", "withdraw_reason"])
    _tell(fresh, f"通知《{fresh.title}》已撤回：{reason}", "withdrawn", now)
    audit.record(actor, Verb.NOTICE_WITHDRAWN, fresh, now=now, after={"reason": reason})
    return fresh


@transaction.atomic
def confirm_read(receipt: NoticeReceipt, *, actor: Actor, now: datetime) -> NoticeReceipt:
    """Note who of a unit confirmed having read a notice, and when; a second time changes nothing.

    Raises RuleBroken: withdrawn; 403 for anybody but the unit's own account.
    """
    fresh = lock(receipt)
    if actor.kind != "unit" or fresh.unit_id != actor.unit_id:
        raise RuleBroken("not_yours", "只有本单位管理员可以确认。", status=403)
    if fresh.read_at is not None:
        return fresh
    if Notice.objects.filter(pk=fresh.notice_id, withdrawn_at__isnull=False).exists():
        raise RuleBroken("withdrawn", "这份通知已经撤回，不需要确认。")
    fresh.read_at, fresh.read_by_id, fresh.read_by_name = now, actor.user_id, actor.name
    fresh.save(update_fields=["read_at", "read_by", "read_by_name"])
    audit.record(actor, Verb.NOTICE_READ, fresh, now=now)
    return fresh


def _audience(
    audience: str, kinds: Collection[str], unit_codes: Collection[str], actor: Actor
) -> tuple[UnitQuerySet, list[str]]:
    """The units a notice goes to, and the kinds that are kept with it."""
    units = Unit.objects.for_actor(actor)
    if audience == Notice.Audience.ALL:
        return units, []
    if audience == Notice.Audience.KINDS:
        kept = [kind for kind in UnitKind.values if kind in set(kinds)]
        if not kept:
            raise RuleBroken("kinds_missing", "请至少选择一个单位类型。", field="kinds")
        return units.filter(kinds__overlap=kept), kept
    if audience != Notice.Audience.CHOSEN:
        raise RuleBroken("audience_wrong", "请选择发送范围。", field="audience")
    if not unit_codes:
        raise RuleBroken("units_missing", "请查找并勾选至少一个单位。", field="look")
    if len(unit_codes) > CHOSEN_MOST:
        sentence = f"一次最多指定 {CHOSEN_MOST} 个单位；更多的请按单位类型或全部下发。"
        raise RuleBroken("too_many_units", sentence, field="look")
    return units.filter(code__in=unit_codes), []


def _deliver(notice: Notice, units: UnitQuerySet) -> int:
    """Write one receipt for each of the units and return how many."""
    chosen, params = units.order_by().values("id").query.sql_with_params()
    table = NoticeReceipt._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (code, notice_id, unit_id, read_by_name)"  # noqa: S608  Django's own SQL
            f" SELECT {_CODE}, %s, chosen.id, '' FROM ({chosen}) AS chosen",
            [ALPHABET, len(ALPHABET), CODE_LENGTH, notice.pk, *params],
        )
        return int(cursor.rowcount)


def _tell(notice: Notice, text: str, what: str, now: datetime) -> None:
    receivers = NoticeReceipt.objects.filter(notice=notice).values("unit_id")
    tell_units(
        receivers,
        kind=f"notice.{what}",
        text=text[:500],
        dedupe_key=f"notice:{notice.code}:{what}",
        now=now,
        link=f"{reverse('units:regulation-list')}?tab=external",
    )
