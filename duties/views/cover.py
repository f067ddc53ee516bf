"""请假代班: named on the phone by the person, on the desk by the unit's admin (who may be ill cannot)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.clock import local_day
from config.codes import normalise
from config.forms import attempt
from config.paging import paginate
from config.panels import Panel, PanelRow
from duties import queries_cover as queries
from duties.actions.cover import end_cover, name_cover
from duties.forms_cover import AbsentForm, CoverForm
from duties.models import Cover
from units.models import Staff
from units.queries import get_staff, own_staff
from units.roles import Can

PANEL_ROWS = 5


# ------------------------------------------------------------------ phone
@page(Can.COVER_NAME)
def cover_list(request: HttpRequest) -> HttpResponse:
    """One's own leave, and for whom one stands in: what runs or comes first, then what is over."""
    staff = own_staff(request.actor)
    today = local_day(timezone.now())
    lines = [queries.line_of(one, today) for one in queries.covers_of(staff)[:100]]
    context = {
        "staff": staff,
        "open": [one for one in reversed(lines) if one.is_open],
        "past": [one for one in lines if not one.is_open],
    }
    return render(request, "duties/field/cover_list.html", context)


@page(Can.COVER_NAME, writes=True)
def cover_add(request: HttpRequest) -> HttpResponse:
    """Name one's own stand-in."""
    staff = own_staff(request.actor)
    form, cover, context = _named(request, staff)
    if cover is not None:
        messages.success(request, _said(cover))
        return redirect("duties:cover-list")
    status = 422 if form.is_bound else 200
    return render(request, "duties/field/cover_add.html", context, status=status)


@page((Can.COVER_NAME, Can.STAFF_MANAGE), writes=True, reads=False)
def cover_end(request: HttpRequest, code: str) -> HttpResponse:
    """Take a cover back before it begins, or end it today; by the person or the admin."""
    cover = queries.get_cover(request.actor, code)
    ended = end_cover(cover, actor=request.actor, now=timezone.now())
    if ended.cancelled_at is not None:
        messages.success(request, "已撤销代班，双方会收到通知。")
    else:
        messages.success(request, "已提前结束代班，未完成的待办已转回请假人。")
    return redirect("duties:cover-list" if request.actor.kind == "person" else "duties:cover-desk")


# ------------------------------------------------------------------ desk
@page(Can.STAFF_VIEW)
def cover_desk(request: HttpRequest) -> HttpResponse:
    """Every cover of the unit; those that run or come alone with `?state=open`."""
    today = local_day(timezone.now())
    state = "open" if request.GET.get("state") == "open" else ""
    shown, size = paginate(request, queries.cover_list(request.actor, day=today, state=state))
    running = queries.cover_list(request.actor, day=today, state="open")
    context = {
        "tabs": [
            {"label": "全部", "url": request.path, "active": not state},
            {
                "label": "进行中和未开始",
                "url": "?state=open",
                "active": bool(state),
                "count": running.count(),
            },
        ],
        "page": shown,
        "size": size,
        "rows": [queries.line_of(one, today) for one in shown],
        "may_manage": request.actor.can(Can.STAFF_MANAGE),
    }
    return render(request, "duties/desk/cover_list.html", context)


@page(Can.STAFF_MANAGE, writes=True)
def cover_desk_add(request: HttpRequest) -> HttpResponse:
    """For whom, then by whom and when; the person travels in the address (`?staff=`)."""
    code = normalise(request.GET.get("staff", ""))
    if not code:
        people = queries.people_of(request.actor, day=local_day(timezone.now()))
        form = AbsentForm(people=people)
        return render(request, "duties/desk/cover_pick.html", {"form": form, "people": people})
    staff = get_staff(request.actor, code)
    form, cover, context = _named(request, staff)
    if cover is not None:
        messages.success(request, _said(cover))
        return redirect("duties:cover-desk")
    status = 422 if form.is_bound else 200
    return render(request, "duties/desk/cover_add.html", context, status=status)


# ------------------------------------------------------------------ shared
def _named(request: HttpRequest, staff: Staff) -> tuple[CoverForm, Cover | None, dict[str, Any]]:
    """The form of a cover, the cover once it is named, and what the page prints."""
    now = timezone.now()
    today = local_day(now)
    needs = queries.needs_of(staff, day=today) if staff.ended_on is None else []
    people = queries.choices(staff, needs, day=today)
    form = CoverForm(request.POST or None, people=people, initial={"from_on": today})
    cover = None
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        cover = attempt(
            form,
            lambda: name_cover(
                staff,
                stand_in=get_staff(request.actor, typed["stand_in"]),
                from_on=typed["from_on"],
                until_on=typed["until_on"],
                reason=typed["reason"],
                actor=request.actor,
                now=now,
            ),
        )
    context = {
        "form": form,
        "staff": staff,
        "people": people,
        "has_duties": bool(needs),
        "needs": queries.needs_in_words(needs),
    }
    return form, cover, context


def _said(cover: Cover) -> str:
    return f"已登记：{queries.span_of(cover)}由{cover.stand_in.name}代{cover.staff.name}完成待办。"


def staff_panel(staff: Staff, actor: Actor) -> list[Panel]:
    """请假代班 on a person's page, for whoever has officer's or director's to-dos or ever had any."""
    if not actor.can(Can.STAFF_VIEW):
        return []
    today = local_day(timezone.now())
    found = list(queries.covers_of(staff)[:PANEL_ROWS])
    may_add = (
        actor.can(Can.STAFF_MANAGE)
        and staff.ended_on is None
        and bool(queries.needs_of(staff, day=today))
    )
    if not found and not may_add:
        return []
    add_url = f"{reverse('duties:cover-desk-add')}?staff={staff.code}"
    return [
        Panel(
            "请假代班",
            [_row(one, staff, today) for one in found],
            url=add_url if may_add else reverse("duties:cover-desk"),
            link_label="登记代班" if may_add else "查看全部",
            empty="没有请假代班。请假时可登记一位身份相同的同事代为完成待办。",
        )
    ]


def _row(cover: Cover, staff: Staff, today: date) -> PanelRow:
    line = queries.line_of(cover, today)
    is_absent = cover.staff_id == staff.pk
    who = f"由{cover.stand_in.name}代班" if is_absent else f"为{cover.staff.name}代班"
    return PanelRow(
        text=f"{queries.span_of(cover)} {who}",
        note="，".join(filter(None, (cover.reason if is_absent else "", line.note))),
        word=line.word,
        kind=line.kind,
    )
