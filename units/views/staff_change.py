"""人员管理: changing a registration and 注销 (F13, F14, W 2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.errors import RuleBroken
from config.forms import attempt
from units import crypto, handover, queries, queries_leave
from units.actions.staff import KEEP, change_staff, deregister_staff
from units.forms import DeregisterForm, PersonEditForm
from units.models import LeaveRequest, Staff
from units.roles import Can, Role
from units.views.staff import chosen_place, place_choices


@page(Can.STAFF_MANAGE, writes=True)
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a person; the second of two editors is told and nothing is overwritten."""
    staff = _employed(request, code)
    today = local_day(timezone.now())
    choices = place_choices(request.actor, staff)
    if request.method != "POST":
        posts = queries.posts_of(staff, on=today)
        initial = PersonEditForm.initial_of(posts) | {
            "name": staff.name,
            "phone": staff.user.phone,
            "job_number": staff.job_number,
            "department": staff.department.code if staff.department else "",
            "position": staff.position.code if staff.position else "",
            "version": staff.version,
        }
        return _edit_page(request, staff, PersonEditForm(initial=initial, **choices))
    form = PersonEditForm(request.POST, **choices)
    if not form.is_valid():
        return _edit_page(request, staff, form)
    cleaned = form.cleaned_data
    changed = attempt(
        form,
        lambda: change_staff(
            staff,
            version=cleaned["version"],
            name=cleaned["name"],
            phone=cleaned["phone"],
            identities=form.chosen(),
            id_number=cleaned["id_number"] or None,
            job_number=cleaned["job_number"],
            **_place(request, staff, cleaned),
            actor=request.actor,
            now=timezone.now(),
        ),
    )
    if changed is None:
        return _edit_page(request, queries.get_staff(request.actor, code), form)
    messages.success(request, f"已保存：{changed.name}。")
    return redirect("units:staff-detail", changed.code)


def _place(request: HttpRequest, staff: Staff, cleaned: dict[str, Any]) -> dict[str, Any]:
    """What was chosen; a closed department or post that the person holds already is kept."""
    chosen = chosen_place(request.actor, cleaned)
    for field, one in chosen.items():
        held = getattr(staff, field)
        if one is None and held is not None and cleaned[field] == held.code:
            chosen[field] = KEEP
    return chosen


def _edit_page(request: HttpRequest, staff: Staff, form: PersonEditForm) -> HttpResponse:
    id_number = crypto.decrypt(staff.user.id_number_encrypted)
    context: dict[str, Any] = {
        "form": form,
        "staff": staff,
        "id_number": crypto.mask_id_number(id_number),
        "current": [],
        "version": form["version"].value(),
    }
    if form.is_bound and form.has_error("__all__", code="stale"):
        posts = queries.posts_of(staff, on=local_day(timezone.now()))
        context["current"] = [
            ("姓名", staff.name),
            ("手机号", staff.user.phone),
            ("部门", staff.department or "—"),
            ("岗位", staff.position or "—"),
            ("身份", queries.roles_in_words(posts)),
            ("工号", staff.job_number),
            ("身份证件号码", context["id_number"]),
        ]
        context["version"] = staff.version  # submitting again is now a decision, not an accident
    status = 409 if context["current"] else 422 if form.is_bound else 200
    return render(request, "units/staff_edit.html", context, status=status)


@page(Can.STAFF_MANAGE, writes=True)
def deregister(request: HttpRequest, code: str) -> HttpResponse:
    """注销: why, and who takes over the machines and open to-dos (decision 2)."""
    staff = _employed(request, code)
    today = local_day(timezone.now())
    holdings = [(share, lines) for share in handover.shares() if (lines := share.lines(staff))]
    asked = queries_leave.open_request(staff)
    shares = [share for share, _ in holdings]
    colleagues = queries.successors(staff, shares, on=today) if holdings else []
    form = DeregisterForm(
        request.POST or None,
        colleagues=colleagues,
        holds=bool(holdings),
        initial=_prefilled(asked, colleagues),
    )
    if request.method == "POST" and form.is_valid():
        ended = attempt(form, lambda: _end(request, staff, form))
        if ended is not None:
            messages.success(
                request, f"已注销：{ended.name}。历史记录保留，该手机号可在其他单位登记。"
            )
            return redirect("units:staff-detail", ended.code)
    context = {
        "form": form,
        "staff": staff,
        "holdings": holdings,
        "asked": asked,
        "takers": _takers(shares) if holdings and not colleagues else "",
        "identities": queries.roles_in_words(queries.posts_of(staff, on=today)),
    }
    status = 422 if form.is_bound else 200
    return render(request, "units/staff_deregister.html", context, status=status)


def _prefilled(asked: LeaveRequest | None, colleagues: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Who asked to leave has given the reason; the first who can take over is proposed."""
    if asked is None:
        return {}
    initial = {"reason": "离职", "note": asked.reason[:150]}
    return initial | ({"hand_over_to": colleagues[0][0]} if colleagues else {})


def _takers(shares: Sequence[handover.Share]) -> str:
    """The identities somebody would need to take over, in words."""
    wanted = {role: None for share in shares for role in share.takers}
    return "、".join(str(Role(role).label) for role in wanted)


def _end(request: HttpRequest, staff: Staff, form: DeregisterForm) -> Staff:
    chosen = form.cleaned_data.get("hand_over_to", DeregisterForm.NOBODY)
    successor = None
    if chosen != DeregisterForm.NOBODY:
        successor = queries.get_staff(request.actor, chosen)
    return deregister_staff(
        staff,
        hand_over_to=successor,
        reason=form.reason_in_words(),
        actor=request.actor,
        now=timezone.now(),
    )


def _employed(request: HttpRequest, code: str) -> Staff:
    """The person to be changed; somebody deregistered answers 409 with the reason in words."""
    staff = queries.get_staff(request.actor, code)
    if staff.ended_on is not None:
        raise RuleBroken("deregistered", f"{staff.name}已注销，不能再修改。")
    return staff
