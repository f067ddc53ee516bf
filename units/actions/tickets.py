"""联系客服 (F24): asking a question that carries where it arose, and answering it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from config.actor import Actor
from config.codes import normalise
from config.errors import RuleBroken
from units import outbox
from units.audit import Verb, record
from units.models import Ticket

TEXT_LIMIT = 1000
ANSWER_LIMIT = 2000


@transaction.atomic
def ask(
    *,
    text: str,
    contact: str = "",
    page: str = "",
    request_id: str = "",
    browser: str = "",
    role_label: str = "",
    actor: Actor,
    now: datetime,
) -> Ticket:
    """Open a ticket of the signed-in person or account and return it.

    What it carries besides the text (page, request id, browser, identity) was shown before it was
    sent. The same text again while the first waits gives the same ticket. RuleBroken on `text`,
    `contact`.
    """
    if actor.user_id is None:
        raise RuleBroken("sign_in_needed", "请先登录再提交问题。", status=403)
    text = normalise(text)
    if not text:
        raise RuleBroken("text_needed", "请描述遇到的问题。", field="text")
    if len(text) > TEXT_LIMIT:
        raise RuleBroken("text_long", f"问题描述最多 {TEXT_LIMIT} 个字。", field="text")
    contact = normalise(contact)
    if len(contact) > 40:
        raise RuleBroken("contact_long", "联系方式最多 40 个字。", field="contact")
    same = Ticket.objects.filter(user_id=actor.user_id, text=text, answered_at=None).first()
    if same is not None:
        return same
    ticket = Ticket.objects.create(
        user_id=actor.user_id,
        unit_id=actor.unit_id,
        asked_by_name=actor.name,
        role_label=role_label[:120],
        page=page[:300],
        request_id=request_id[:40],
        browser=normalise(browser)[:200],
        text=text,
        contact=contact,
        asked_at=now,
    )
    record(actor, Verb.TICKET_ASKED, ticket, now=now, after={"page": ticket.page})
    return ticket


@transaction.atomic
def answer(ticket: Ticket, *, text: str, actor: Actor, now: datetime) -> Ticket:
    """Answer a ticket once and tell who asked; return it.

    RuleBroken on `text` when it is empty or too long, "stale" when somebody else answered first:
    their answer stands.
    """
    fresh = Ticket.objects.select_for_update(of=("self",), no_key=True).get(pk=ticket.pk)
    text = normalise(text)
    if not text:
        raise RuleBroken("text_needed", "请填写答复。", field="text")
    if len(text) > ANSWER_LIMIT:
        raise RuleBroken("text_long", f"答复最多 {ANSWER_LIMIT} 个字。", field="text")
    if fresh.answered_at is not None:
        raise RuleBroken(
            "stale", f"这个工单刚刚被{fresh.answered_by_name}答复过，您的答复没有保存。"
        )
    fresh.answer = text
    fresh.answered_by_name = actor.name
    fresh.answered_at = now
    fresh.save(update_fields=["answer", "answered_by_name", "answered_at"])
    record(actor, Verb.TICKET_ANSWERED, fresh, now=now, unit_id=fresh.unit_id)
    outbox.tell_user(
        fresh.user,
        unit_id=fresh.unit_id,
        kind="ticket.answered",
        text=f"客服已答复您的问题“{_head(fresh.text)}”。",
        dedupe_key=f"ticket.answered:{fresh.code}",
        link=reverse("units:ticket", args=[fresh.code]),
        now=now,
    )
    return fresh


def _head(text: str, limit: int = 40) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
