"""A person's wish to leave: asked for on the phone, answered on the desk (decision 2)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.forms import attempt
from config.paging import paginate
from units import handover, queries, queries_leave
from units.actions.leave import ask_to_leave, refuse_leave, withdraw_leave
from units.forms_papers import LeaveForm, RefuseForm
from units.models import LeaveRequest
from units.roles import Can
from units.staff_panels import LEAVE_KINDS as KINDS

State = LeaveRequest.State


@page(Can.LEAVE_ASK, writes=True)
def leave(request: HttpRequest) -> HttpResponse:
    """Ask to leave; what became of the last request; whom to ask when the unit refuses."""
    staff = queries.own_staff(request.actor)
    form = LeaveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = attempt(
            form,
            lambda: ask_to_leave(
                staff,
                reason=form.cleaned_data["reason"],
                actor=request.actor,
                now=timezone.now(),
            ),
        )
        if asked is not None:
            messages.success(request, "离职申请已提交，等待单位处理。")
            return redirect("units:leave")
    asked = queries_leave.requests_of(staff)
    latest = asked[0] if asked else None
    context = {
        "form": form,
        "staff": staff,
        "open": latest if latest and latest.state == State.OPEN else None,
        "past": [(one, KINDS[one.state]) for one in asked if one.state != State.OPEN],
        "is_refused": latest is not None and latest.state == State.REFUSED,
        "bureaus": queries.supervisors_of(staff.unit),
        "holdings": [
            (share, len(lines)) for share in handover.shares() if (lines := share.lines(staff))
        ],
    }
    status = 422 if form.is_bound else 200
    return render(request, "units/leave.html", context, status=status)


@page(Can.LEAVE_ASK, writes=True, reads=False)
def withdraw(request: HttpRequest) -> HttpResponse:
    """The person stays after all."""
    staff = queries.own_staff(request.actor)
    withdraw_leave(staff, actor=request.actor, now=timezone.now())
    messages.success(request, "已撤回离职申请，您仍在本单位任职。")
    return redirect("units:leave")


@page(Can.STAFF_MANAGE)
def leave_list(request: HttpRequest) -> HttpResponse:
    """Requests of the unit's people: those that wait for an answer first, or (`?state=open`) alone."""
    only_open = request.GET.get("state") == State.OPEN.value
    waiting = queries_leave.waiting(request.actor)
    found = waiting if only_open else queries_leave.request_list(request.actor)
    shown, size = paginate(request, found)
    context = {
        "tabs": [
            {"label": "全部", "url": request.path, "active": not only_open},
            {
                "label": "待处理",
                "url": f"?state={State.OPEN.value}",
                "active": only_open,
                "count": waiting.count(),
            },
        ],
        "page": shown,
        "size": size,
        "rows": [(one, KINDS[one.state]) for one in shown],
    }
    return render(request, "units/leave_list.html", context)


@page(Can.STAFF_MANAGE, writes=True)
def refuse(request: HttpRequest, code: str) -> HttpResponse:
    """Send a request back with the reason; the person is shown the bureau's telephone."""
    staff = queries.get_staff(request.actor, code)
    form = RefuseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        refused = attempt(
            form,
            lambda: refuse_leave(
                staff,
                opinion=form.cleaned_data["opinion"],
                actor=request.actor,
                now=timezone.now(),
            ),
        )
        if refused is not None:
            messages.success(request, f"已退回{staff.name}的离职申请，本人会收到原因。")
            return redirect("units:leave-list")
    context = {"form": form, "staff": staff, "asked": queries_leave.open_request(staff)}
    status = 422 if form.is_bound else 200
    return render(request, "units/leave_refuse.html", context, status=status)
