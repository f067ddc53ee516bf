"""联系客服: whom to phone, what to have at hand, and asking in writing (F2, F24)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from config.access import page, public
from config.actor import Actor
from config.forms import attempt
from config.menus import describe_role
from config.paging import paginate
from units import queries, queries_messages
from units.actions import tickets
from units.forms_help import (
    AnswerForm,
    TicketFilter,
    TicketForm,
    plain_page,
    plain_request_id,
)
from units.models import Ticket
from units.roles import Can

TEMPLATES = {
    "person": "units/help_field.html",
    "unit": "units/help_desk.html",
    "bureau": "units/help_desk.html",
    "platform": "units/help_desk.html",
}


def badge(actor: Actor) -> int:
    """The count beside 客服工单: questions without an answer."""
    return queries_messages.waiting_tickets(actor)


@public("people who cannot sign in need the telephone of their district bureau (F2)")
def help_(request: HttpRequest) -> HttpResponse:
    """The telephone of one's own bureau and of the platform; strangers get the list of bureaus.

    Who is signed in also asks here: `from` and `rid` (or the page one came from) go with it.
    """
    carried = {
        "page": plain_page(request.GET.get("from", "")) or _came_from(request),
        "request_id": plain_request_id(request.GET.get("rid", "")) or request.request_id,
    }
    return _help_page(request, TicketForm(initial=carried))


@page(Can.TICKET_ASK, writes=True)
def ticket_ask(request: HttpRequest) -> HttpResponse:
    """Send the question; a refusal comes back on the help page with everything typed."""
    if request.method != "POST":
        return redirect("units:help")
    form = TicketForm(request.POST)
    if not form.is_valid():
        return _help_page(request, form, status=422)
    if not ratelimit.consume(request, action="ask_ticket", user=request.user):
        form.add_error(None, "提交得太频繁，请稍后再试；紧急的请直接拨打上面的电话。")
        return _help_page(request, form, status=429)
    actor = request.actor
    ticket = attempt(
        form,
        lambda: tickets.ask(
            **form.cleaned_data,
            browser=request.headers.get("User-Agent", ""),
            role_label=describe_role(actor),
            actor=actor,
            now=timezone.now(),
        ),
    )
    if ticket is None:
        return _help_page(request, form, status=422)
    messages.success(request, f"问题已提交，编号 {ticket.code}。答复后会在“消息”里提醒您。")
    return redirect("units:ticket", code=ticket.code)


@page(Can.TICKET_ANSWER)
def ticket_list(request: HttpRequest) -> HttpResponse:
    """客服工单 of the platform: those that wait first."""
    form = TicketFilter(request.GET)
    asked = form.asked()
    listed, size = paginate(request, queries_messages.tickets(request.actor, **asked))
    context = {"form": form, "page": listed, "size": size, "is_filtered": bool(asked)}
    return render(request, "units/ticket_list.html", context)


@page((Can.TICKET_ASK, Can.TICKET_ANSWER), writes=True)
def ticket(request: HttpRequest, code: str) -> HttpResponse:
    """One question with its answer; the platform answers it here."""
    actor = request.actor
    found = queries_messages.get_ticket(actor, code)
    may_answer = actor.can(Can.TICKET_ANSWER) and found.answered_at is None
    if request.method != "POST":
        return _ticket_page(request, found, AnswerForm() if may_answer else None)
    if not actor.can(Can.TICKET_ANSWER):
        return _ticket_page(request, found, None, status=403)
    form = AnswerForm(request.POST)
    if form.is_valid():
        text = form.cleaned_data["text"]
        now = timezone.now()
        if attempt(form, lambda: tickets.answer(found, text=text, actor=actor, now=now)):
            messages.success(request, "答复已保存，并已通知提问人。")
            return redirect("units:ticket", code=code)
    return _ticket_page(request, found, form, status=409 if _is_stale(form) else 422)


def _is_stale(form: AnswerForm) -> bool:
    return form.has_error("__all__", code="stale")


def _came_from(request: HttpRequest) -> str:
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, request.is_secure()):
        return ""
    return plain_page(urlsplit(referer).path)


def _help_page(request: HttpRequest, form: TicketForm, status: int = 200) -> HttpResponse:
    actor = request.actor
    unit = queries.own_unit(actor)
    context: dict[str, Any] = {
        "unit": unit,
        "bureaus": queries.supervisors_of(unit) if unit else list(queries.bureau_directory()),
        "support_phone": settings.SUPPORT_PHONE,
        "request_id": request.request_id,
        "is_person": actor.kind == "person",
    }
    if actor.can(Can.TICKET_ASK):
        context |= {
            "form": form,
            "carried": [
                ("所在页面", form["page"].value()),
                ("身份", f"{actor.name}（{describe_role(actor)}）"),
                ("请求编号", form["request_id"].value()),
                ("浏览器", request.headers.get("User-Agent", "")[:200]),
            ],
            "tickets": queries_messages.own_tickets(actor),
        }
    template = TEMPLATES.get(actor.kind, "units/help_public.html")
    return render(request, template, context, status=status)


def _ticket_page(
    request: HttpRequest, found: Ticket, form: AnswerForm | None, status: int = 200
) -> HttpResponse:
    actor = request.actor
    context = {
        "ticket": found,
        "form": form,
        "answers": actor.can(Can.TICKET_ANSWER),
        "facts": [
            ("编号", found.code),
            ("单位", found.unit.name if found.unit else ""),
            ("提问人", f"{found.asked_by_name}（{found.role_label}）"),
            ("联系方式", found.contact),
            ("所在页面", found.page),
            ("请求编号", found.request_id),
            ("浏览器", found.browser),
        ],
    }
    template = "units/ticket_field.html" if actor.kind == "person" else "units/ticket_desk.html"
    return render(request, template, context, status=status)
