"""The list of declarations, one of them, and what unit and bureau decide about it (decision 6)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.errors import RuleBroken
from config.forms import attempt, refused_status
from config.paging import paginate, tab_items
from config.words import cn_date
from equipment import queries_declarations as queries
from equipment.actions import declarations as actions
from equipment.actions.stops import end_stop
from equipment.forms_declare import DecideForm, DeclarationFilter, ReasonForm
from equipment.models import Declaration, StopDeclaration
from equipment.queries_stops import get_stop, standing
from units.audit import Verb
from units.roles import Can

TRAIL_KINDS = {
    Verb.DECLARATION_CONFIRMED: "done",
    Verb.DECLARATION_OBJECTED: "danger",
    Verb.DECLARATION_FILED: "open",
}


@page(Can.DECLARATION_VIEW)
def declaration_list(request: HttpRequest) -> HttpResponse:
    """Tabs by state with counts; the bureau begins with what waits for it, the unit with all."""
    day = local_day(timezone.now())
    actor = request.actor
    is_bureau = actor.kind == "bureau"
    form = DeclarationFilter(request.GET, is_bureau=is_bureau)
    asked = form.asked()
    tabs = queries.tabs(actor, asked)
    asked["tab"] = _tab(asked.get("tab", ""), tabs, is_bureau=is_bureau)
    shows_stops = asked["tab"] == queries.TEMPORARY
    rows = queries.stops(actor, asked) if shows_stops else queries.declarations(actor, asked)
    listed, size = paginate(request, rows)
    context = {
        "form": form,
        "tabs": tab_items(
            request.GET, "tab", [(tab.key, tab.label, tab.count) for tab in tabs], asked["tab"]
        ),
        "page": listed,
        "size": size,
        "shows_stops": shows_stops,
        "rows": [(_stop_row if shows_stops else _row)(one, day) for one in listed],
        "is_bureau": is_bureau,
        "can_file": actor.can(Can.DECLARATION_FILE),
        "can_decide": actor.can(Can.DECLARATION_DECIDE) and asked["tab"] == "filed",
        "is_filtered": bool(asked.get("keyword") or asked.get("kind")),
    }
    return render(request, "equipment/declaration_list.html", context)


def _tab(wanted: str, tabs: list[queries.Tab], *, is_bureau: bool) -> str:
    known = {tab.key for tab in tabs} | set(Declaration.State.values)
    return wanted if wanted in known else ("filed" if is_bureau else queries.ALL)


def _row(one: Declaration, day: date) -> dict[str, Any]:
    return {"one": one, "state": queries.state_word(one), "effect": queries.effect(one, day)}


def _stop_row(one: StopDeclaration, day: date) -> dict[str, Any]:
    return {
        "one": one,
        "standing": standing(one, day),
        "who": one.declared_by_name or str(one.declared_by),
    }


@page(Can.DECLARATION_VIEW)
def declaration(request: HttpRequest, code: str) -> HttpResponse:
    """What was declared, with which papers, from which day it exempts, and who did what."""
    return _page(request, queries.get_declaration(request.actor, code))


def _page(
    request: HttpRequest,
    found: Declaration,
    *,
    decide_form: DecideForm | None = None,
    withdraw_form: ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    day = local_day(timezone.now())
    is_suspension = found.kind == Declaration.Kind.SUSPEND
    offers = {one.name for one in found.offers(request.actor)}
    context = {
        "found": found,
        "state": queries.state_word(found),
        "effect": queries.effect(found, day),
        "facts": _facts(found),
        "entries": _entries(found),
        "offers": offers,
        "can_end": is_suspension
        and request.actor.can(Can.DECLARATION_FILE)
        and found.state != Declaration.State.FILED
        and queries.is_running(found, day),
        "decide_form": decide_form or DecideForm(),
        "withdraw_form": withdraw_form or ReasonForm(auto_id="withdraw_%s"),
        "is_bureau": request.actor.kind == "bureau",
    }
    return render(request, "equipment/declaration.html", context, status=status)


def _facts(found: Declaration) -> list[tuple[str, Any]]:
    machine = found.equipment
    about = [("设备", machine.name), ("设备品种", machine.catalogue.name)] if machine else []
    ends = [("结束日期", cn_date(found.until_on) or "未定")] if machine is None else []
    return [
        ("申报单位", found.unit.name),
        *about,
        ("申报事项", found.get_kind_display()),
        ("开始日期", cn_date(found.from_on)),
        *ends,
        ("原因", found.reason),
        ("办理回执编号", found.receipt_no),
        ("申报人", found.declared_by_name),
        ("处理人", found.decided_by_name),
        ("处理意见", found.opinion),
    ]


def _entries(found: Declaration) -> list[dict[str, Any]]:
    """The audit trail of a declaration as the timeline shows it."""
    return [
        {
            "at": entry.at,
            "who": entry.actor_name,
            "what": Verb(entry.verb).label,
            "note": entry.after.get("opinion") or entry.after.get("reason") or "",
            "kind": TRAIL_KINDS.get(Verb(entry.verb), "neutral"),
        }
        for entry in queries.trail(found)
    ]


@page(Can.DECLARATION_DECIDE, writes=True, reads=False)
def decide(request: HttpRequest, code: str) -> HttpResponse:
    """确认 or 提出异议 (`do`); what is refused comes back with the opinion still there."""
    now = timezone.now()
    found = queries.get_declaration(request.actor, code)
    form = DecideForm(request.POST)
    objects = request.POST.get("do") == "object"
    act = actions.object_to if objects else actions.confirm
    done = None
    if form.is_valid():
        opinion = form.cleaned_data["opinion"]
        done = attempt(form, lambda: act(found, opinion=opinion, actor=request.actor, now=now))
    if done is None:
        status = refused_status(form, "wrong_state")
        fresh = queries.get_declaration(request.actor, code)
        return _page(request, fresh, decide_form=form, status=status)
    about = found.equipment.name if found.equipment else found.unit.name
    if objects:
        text = f"已对{found.unit.name}的“{about}”{found.get_kind_display()}申报提出异议，单位从今天起恢复每日待办。"
    else:
        text = f"已确认{found.unit.name}的“{about}”{found.get_kind_display()}申报。"
    messages.success(request, text)
    return redirect("equipment:declaration", code)


@page(Can.DECLARATION_DECIDE, writes=True, reads=False)
def confirm_many(request: HttpRequest) -> HttpResponse:
    """Confirm the ticked ones (`d`) at once; those decided by somebody meanwhile are left and named."""
    now = timezone.now()
    chosen = queries.by_codes(request.actor, request.POST.getlist("d"))
    back = f"{reverse('equipment:declaration-list')}?tab=filed"
    if not chosen:
        raise RuleBroken("none_chosen", "请先勾选要确认的申报。")
    done, left = actions.confirm_all(chosen, actor=request.actor, now=now)
    if done:
        messages.success(request, f"已确认 {len(done)} 份申报。")
    if left:
        named = "、".join(str(one.equipment or one.unit) for one in left[:5])
        messages.warning(request, f"{len(left)} 份申报已被处理或撤回，未再确认：{named}。")
    return redirect(back)


@page(Can.DECLARATION_FILE, writes=True, reads=False)
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """撤回 by the unit with its reason."""
    now = timezone.now()
    found = queries.get_declaration(request.actor, code)
    form = ReasonForm(request.POST, auto_id="withdraw_%s")
    done = None
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        done = attempt(
            form, lambda: actions.withdraw(found, reason=reason, actor=request.actor, now=now)
        )
    if done is None:
        status = refused_status(form, "wrong_state")
        fresh = queries.get_declaration(request.actor, code)
        return _page(request, fresh, withdraw_form=form, status=status)
    messages.success(request, "已撤回这份申报，从今天起按撤回后的使用状态产生每日待办。")
    return redirect("equipment:declaration", code)


@page(Can.DECLARATION_FILE, writes=True, reads=False)
def stop_end(request: HttpRequest, code: str) -> HttpResponse:
    """提前结束 of a 临时停用 by the unit's account."""
    found = get_stop(request.actor, code)
    end_stop(found, actor=request.actor, now=timezone.now())
    messages.success(request, f"已结束“{found.equipment.name}”的临时停用，从今天起恢复正常巡查。")
    return redirect(f"{reverse('equipment:declaration-list')}?tab={queries.TEMPORARY}")
