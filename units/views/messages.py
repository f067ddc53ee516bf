"""消息: what the product tells the person or account that is signed in (B125)."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.paging import paginate
from config.prepared import Bound
from units import queries_messages as queries
from units.actions.messages import mark_all_read, mark_read
from units.models import OutboxMessage
from units.roles import Can


def badge(actor: Actor) -> QuerySet[OutboxMessage] | Bound:
    """The unread messages, counted at the bell and at 我的 on the phone."""
    return queries.unread(actor, now=timezone.now())


@page(Can.MESSAGE_READ)
def message_list(request: HttpRequest) -> HttpResponse:
    """Own messages, unread ones first or alone; in the shell the reader works in."""
    now = timezone.now()
    actor = request.actor
    only_unread = request.GET.get("show") == "unread"
    unread = queries.unread_count(actor, now=now)
    listed, size = paginate(request, queries.listed(actor, now=now, only_unread=only_unread))
    is_person = actor.kind == "person"
    context = {
        "page": listed,
        "size": size,
        "unread": unread,
        "only_unread": only_unread,
        "tabs": [
            {"label": "全部", "url": "?", "active": not only_unread},
            {"label": "未读", "url": "?show=unread", "active": only_unread, "count": unread},
        ],
    }
    template = "units/message_field.html" if is_person else "units/message_desk.html"
    return render(request, template, context)


@page(Can.MESSAGE_READ, writes=True, reads=False)
def message_open(request: HttpRequest) -> HttpResponse:
    """Mark one message as read and go where it leads; without a link, back to the list."""
    now = timezone.now()
    actor = request.actor
    message = queries.get_message(actor, request.POST.get("message", ""), now=now)
    mark_read(message, actor=actor, now=now)
    leads_inside = message.link.startswith("/") and not message.link.startswith("//")
    return redirect(message.link if leads_inside else "units:message-list")


@page(Can.MESSAGE_READ, writes=True, reads=False)
def message_read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything that waits as read."""
    number = mark_all_read(actor=request.actor, now=timezone.now())
    messages.success(request, f"{number} 条消息已标为已读。" if number else "没有未读消息。")
    return redirect("units:message-list")
