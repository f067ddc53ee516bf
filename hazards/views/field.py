"""隐患管理 on the phone: lists, one hazard, and the forms of its steps (F63–F65)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.clock import local_day
from config.errors import RuleBroken
from config.forms import attempt
from config.paging import paginate
from config.workflow import find
from hazards import actions, queries, queries_field, queries_hazard, wording
from hazards.actions.rectify import NO_PHOTO
from hazards.actions.review import needs_new_deadline
from hazards.forms import DeadlineForm, OrderForm, RectifyForm, ReviewForm, SendBackForm
from hazards.models import Hazard
from hazards.states import Source
from hazards.views import shown
from units.models import Photo
from units.photos import store_photo
from units.roles import Can

# Title and text of an empty list by tab
_EMPTY = {
    "order": ("没有待下达的隐患", "安全员巡查发现并上报的隐患，会在这里等待下达整改措施。"),
    "rectify": ("没有待整改的隐患", "巡查发现、需要整改的隐患会出现在这里。"),
    "overdue": ("没有逾期的隐患", "超过整改期限仍未完成整改的隐患会出现在这里。"),
    "review": ("没有待复查的隐患", "安全员确认完成整改后，隐患在这里等待复查。"),
    "done": ("还没有已完成的隐患", "完成整改的隐患会保留在这里，可随时查阅。"),
    "all": ("还没有隐患记录", "日常巡查中判定为不合格的检查项目会形成隐患记录。"),
}


@page(Can.FIELD_HOME)
def field_list(request: HttpRequest) -> HttpResponse:
    """日隐患管理, 周 / 月隐患管理 by role (M 2.5, 3.6, 3.7, 4.4), each with its tabs."""
    actor = request.actor
    day = local_day(timezone.now())
    hazards = queries_field.field_hazards(actor, day=day)
    rounds = queries_field.field_rounds(actor, hazards, day=day)
    source = request.GET.get("source", "")
    if source not in {one.source for one in rounds}:
        source = queries_field.opening_round(actor, rounds)
    tabs = queries_field.field_tabs(
        actor, source, day, reviews=queries.unit_of(actor).reviews_hazards
    )
    hazards = hazards.filter(source=source)
    counts = queries_field.tab_counts(hazards, tabs)
    tab = _opening(tabs, counts, request.GET.get("tab", ""))
    found = queries.with_people(hazards.filter(tab.where).order_by(*tab.order))
    listed, size = paginate(request, found)
    title, text = _empty(tab.key, source)
    return render(
        request,
        "hazards/field_list.html",
        {
            "title": wording.TITLES[source],
            "rounds": [
                {
                    "label": Source(one.source).label,
                    "url": f"?source={one.source}",
                    "active": one.source == source,
                    "count": one.waiting,
                }
                for one in rounds
            ],
            "tabs": [
                {
                    "label": one.label,
                    "url": f"?source={source}&tab={one.key}",
                    "active": one is tab,
                    "count": counts[one.key],
                }
                for one in tabs
            ],
            "page": listed,
            "size": size,
            "rows": shown.rows(listed, day),
            "empty_title": title,
            "empty_text": text,
        },
    )


def _empty(tab: str, source: str) -> tuple[str, str]:
    if tab == "rectify" and source == Source.WEEKLY:
        return _EMPTY[tab][
            0
        ], "周排查发现的隐患会出现在这里，由安全总监（质量安全总监）确认完成整改。"
    if tab == "rectify" and source == Source.MONTHLY:
        return _EMPTY[tab][0], "月调度检查发现的隐患会出现在这里，由主要负责人确认完成整改。"
    return _EMPTY[tab]


def _opening(
    tabs: list[queries_field.Tab], counts: dict[str, int], wanted: str
) -> queries_field.Tab:
    """The tab asked for; else the first, or 待复查 when only that waits for a director (badge)."""
    by_key = {one.key: one for one in tabs}
    if wanted in by_key:
        return by_key[wanted]
    if tabs[0].key == "order" and not counts["order"] and counts.get("review"):
        return by_key["review"]
    return tabs[0]


@page(Can.FIELD_HOME)
def field_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One hazard: facts, photos, order, result, trail, and the buttons of who may act now."""
    hazard = queries.get_hazard(request.actor, code)
    context = shown.whole(hazard, day=local_day(timezone.now()))
    context["buttons"] = shown.buttons(hazard, request.actor)
    context["origin_url"] = shown.origin_url(hazard, phone=True)
    context["absent"] = hazard.stood_in_by(request.actor)
    return render(request, "hazards/field_detail.html", context)


@page(Can.HAZARD_ORDER, writes=True)
def order(request: HttpRequest, code: str) -> HttpResponse:
    """下达整改措施 (F63): the item's 管控措施 is proposed, the deadline is chosen."""
    hazard = queries.get_hazard(request.actor, code)
    now = timezone.now()
    if request.method != "POST":
        require_offer(hazard, "order", request.actor)
        form = OrderForm(initial={"measures": hazard.advice})
        return _form_page(request, "hazards/order.html", hazard, form, now)
    require_right(hazard, "order", request.actor)
    form = OrderForm(request.POST)
    return _apply(
        request,
        "hazards/order.html",
        hazard,
        form,
        now,
        lambda: actions.order_rectification(
            hazard,
            measures=form.cleaned_data["measures"],
            due_on=form.cleaned_data["due_on"],
            actor=request.actor,
            now=now,
        ),
        "已下达整改措施。",
    )


@page(Can.HAZARD_RECTIFY, writes=True)
def rectify(request: HttpRequest, code: str) -> HttpResponse:
    """确认完成整改 (F64, F65): result and photos; good photos stay when something else is wrong."""
    hazard = queries.get_hazard(request.actor, code)
    now = timezone.now()
    if request.method != "POST":
        require_offer(hazard, "rectify", request.actor)
        absent = hazard.stood_in_by(request.actor)
        form = RectifyForm()
        return _form_page(
            request, "hazards/rectify.html", hazard, form, now, kept=[], absent=absent
        )
    require_right(hazard, "rectify", request.actor)
    form = RectifyForm(request.POST, request.FILES)
    form.is_valid()
    photos = _collect_photos(request, form, hazard, now)
    return _apply(
        request,
        "hazards/rectify.html",
        hazard,
        form,
        now,
        lambda: actions.submit_rectification(
            hazard,
            result=form.cleaned_data["result"],
            photos=photos,
            no_photo_reason=form.cleaned_data["no_photo_reason"],
            actor=request.actor,
            now=now,
        ),
        "已确认完成整改。",
        kept=shown.kept_pictures(photos),
    )


@page(Can.HAZARD_ORDER, writes=True)
def deadline(request: HttpRequest, code: str) -> HttpResponse:
    """设定整改期限 of a weekly or monthly hazard by who closes it (F65)."""
    hazard = queries.get_hazard(request.actor, code)
    now = timezone.now()
    if request.method != "POST":
        require_offer(hazard, "schedule", request.actor)
        form = DeadlineForm(initial={"due_on": hazard.due_on, "seen": hazard.due_on})
        return _form_page(request, "hazards/deadline.html", hazard, form, now)
    require_right(hazard, "schedule", request.actor)
    form = DeadlineForm(request.POST)
    return _apply(
        request,
        "hazards/deadline.html",
        hazard,
        form,
        now,
        lambda: actions.set_deadline(
            hazard,
            due_on=form.cleaned_data["due_on"],
            seen=form.cleaned_data["seen"],
            actor=request.actor,
            now=now,
        ),
        "已设定整改期限。",
    )


@page(Can.HAZARD_REVIEW, writes=True)
def review(request: HttpRequest, code: str) -> HttpResponse:
    """复查通过."""
    hazard = queries.get_hazard(request.actor, code)
    now = timezone.now()
    if request.method != "POST":
        require_offer(hazard, "review", request.actor)
        return _form_page(request, "hazards/review.html", hazard, ReviewForm(), now)
    require_right(hazard, "review", request.actor)
    form = ReviewForm(request.POST)
    return _apply(
        request,
        "hazards/review.html",
        hazard,
        form,
        now,
        lambda: actions.review_rectification(
            hazard, note=form.cleaned_data["note"], actor=request.actor, now=now
        ),
        "复查已通过，隐患闭环。",
    )


@page(Can.HAZARD_REVIEW, writes=True)
def send_back(request: HttpRequest, code: str) -> HttpResponse:
    """复查退回 with the reason, and a new deadline where one is needed."""
    hazard = queries.get_hazard(request.actor, code)
    now = timezone.now()
    needs = needs_new_deadline(hazard, local_day(now))
    if request.method != "POST":
        require_offer(hazard, "send_back", request.actor)
        form = SendBackForm(needs_deadline=needs)
        return _form_page(request, "hazards/send_back.html", hazard, form, now)
    require_right(hazard, "send_back", request.actor)
    form = SendBackForm(request.POST, needs_deadline=needs)
    return _apply(
        request,
        "hazards/send_back.html",
        hazard,
        form,
        now,
        lambda: actions.send_back(
            hazard,
            reason=form.cleaned_data["reason"],
            due_on=form.cleaned_data["due_on"],
            actor=request.actor,
            now=now,
        ),
        "已退回，等待重新整改。",
    )


# ---------------------------------------------------------------- what the forms share
def require_right(hazard: Hazard, name: str, actor: Actor) -> None:
    """Refuse (403) who may not take a step in any state, before anything sent is looked at."""
    row = find(Hazard.TRANSITIONS, name)
    if not row.may(hazard, actor):
        raise RuleBroken("not_yours", f"您没有权限{row.verb}。", status=403)


def require_offer(hazard: Hazard, name: str, actor: Actor) -> None:
    """Refuse in words to open the form of a step that cannot be taken: 403, or 409 by state."""
    require_right(hazard, name, actor)
    row = find(Hazard.TRANSITIONS, name)
    if hazard.state not in row.sources:
        sentence = row.refused or f"当前状态为“{hazard.get_state_display()}”，不能{row.verb}。"
        raise RuleBroken("wrong_state", sentence)


def status_of(form: BaseForm) -> int:
    """What a page with its form answers: 409 wrong state, 403 not yours, 422 to be corrected."""
    if not form.is_bound:
        return 200
    codes = {error.code for errors in form.errors.as_data().values() for error in errors}
    return (
        409
        if codes & {"wrong_state", "changed_meanwhile"}
        else 403
        if "not_yours" in codes
        else 422
    )


def _apply(
    request: HttpRequest,
    template: str,
    hazard: Hazard,
    form: BaseForm,
    now: datetime,
    action: Callable[[], Hazard],
    done: str,
    **extra: Any,
) -> HttpResponse:
    if form.is_valid() and attempt(form, action) is not None:
        messages.success(request, done)
        return redirect("hazards:field-detail", hazard.code)
    hazard = queries.get_hazard(request.actor, hazard.code)
    return _form_page(request, template, hazard, form, now, **extra)


def _form_page(
    request: HttpRequest,
    template: str,
    hazard: Hazard,
    form: BaseForm,
    now: datetime,
    **extra: Any,
) -> HttpResponse:
    day = local_day(now)
    status = status_of(form)
    context = {
        **shown.whole(hazard, day=day),
        "form": form,
        "is_refused": status in (403, 409),
        "today": day,
        "last_day": day + actions.LONGEST_DEADLINE,
        "quick_days": [
            {"label": label, "date": (day + timedelta(days=days)).isoformat()}
            for label, days in (("今天", 0), ("3天", 3), ("7天", 7))
        ],
        **extra,
    }
    return render(request, template, context, status=status)


def _collect_photos(
    request: HttpRequest, form: RectifyForm, hazard: Hazard, now: datetime
) -> list[Photo]:
    """The photos kept from before and those that came now; bad ones become errors of their slot."""
    dropped = set(request.POST.getlist("drop"))
    codes = [code for code in request.POST.getlist("kept") if code not in dropped]
    photos = queries_hazard.uploaded_photos(request.actor, codes)
    failed = False
    for name, upload, client_uuid in form.uploads():
        try:
            with transaction.atomic():
                photos.append(
                    store_photo(
                        upload,
                        unit_id=hazard.unit_id,
                        client_uuid=client_uuid,
                        purpose=queries.PHOTO_PURPOSE,
                        actor=request.actor,
                        now=now,
                    )
                )
        except RuleBroken as broken:
            form.add_error(name, broken.message)
            failed = True
    if not photos and not failed and not form.cleaned_data.get("no_photo_reason"):
        form.add_error("no_photo_reason", NO_PHOTO)
    return photos
