"""临时停用 on the phone: the officer declares, directors and the principal watch and reject."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.errors import RuleBroken
from config.forms import attempt, refused_status
from config.paging import paginate
from duties.forms_stops import RejectForm, StopForm
from duties.queries_stops import own_machine
from equipment import queries_stops as queries
from equipment.actions.stops import LONGEST_DAYS, declare_stop, end_stop, reject_stop
from equipment.models import Equipment, StopDeclaration
from equipment.states import may_end, may_reject
from units.roles import Can

# Title and text of an empty list by state
_EMPTY = {
    queries.RUNNING: (
        "没有正在临时停用的设备",
        "安全员申报临时停用，或在当日巡查中选择“停用”后，会出现在这里。",
    ),
    queries.COMING: ("没有将要开始的临时停用", "提前申报、尚未开始的临时停用会出现在这里。"),
    queries.OVER: ("没有已结束的临时停用", "到期或提前结束的临时停用会保留在这里。"),
    queries.REJECTED: ("没有被驳回的临时停用", "被总监或主要负责人驳回的申报会保留在这里。"),
}


@page((Can.STOP_DECLARE, Can.STOP_REJECT))
def stop_list(request: HttpRequest) -> HttpResponse:
    """The 临时停用 a person oversees or has to do with, by state."""
    actor = request.actor
    day = local_day(timezone.now())
    rows = queries.seen_by(actor)
    counts = queries.state_counts(rows, day)
    state = request.GET.get("state", "")
    state = state if state in queries.LABELS else queries.RUNNING
    listed, size = paginate(request, rows.filter(queries.where(state, day)).order_by("-id"))
    title, text = _EMPTY[state]
    context = {
        "tabs": [
            {
                "label": label,
                "url": f"?state={key}",
                "active": key == state,
                "count": counts[key],
            }
            for key, label in queries.LABELS.items()
        ],
        "page": listed,
        "size": size,
        "rows": [queries.standing(one, day) for one in listed],
        "may_reject": actor.can(Can.STOP_REJECT),
        "empty_title": title,
        "empty_text": text,
    }
    return render(request, "duties/field/stop_list.html", context)


@page(Can.STOP_DECLARE, writes=True)
def declare(request: HttpRequest, code: str) -> HttpResponse:
    """临时停用 of a machine of one's own; a renewal begins the day after the last one."""
    now = timezone.now()
    day = local_day(now)
    machine = own_machine(request.actor, code, day=day)
    form = StopForm(request.POST) if request.method == "POST" else _fresh(machine, day)
    made = attempt(form, lambda: _declare(request, machine, form.cleaned_data, now))
    if made is not None:
        messages.success(
            request, f"已申报“{machine.name}”临时停用。停用期间每天仍要到现场确认设备状态并拍照。"
        )
        return redirect("duties:stop", made.code)
    last = queries.last_open(machine, day)
    context = {
        "machine": machine,
        "form": form,
        "running": queries.standing(last, day) if last else None,
        "first_day": day,
        "last_day": day + timedelta(days=2 * LONGEST_DAYS),
        "way_back": reverse("duties:stop-list"),
    }
    status = 422 if form.is_bound else 200
    return render(request, "duties/field/stop_declare.html", context, status=status)


def _fresh(machine: Equipment, day: date) -> StopForm:
    last = queries.last_open(machine, day)
    begin = day
    if last is not None:
        begin = last.period.upper
    return StopForm(initial={"from_on": begin, "until_on": begin, "client_uuid": uuid4()})


def _declare(
    request: HttpRequest, machine: Equipment, data: dict[str, Any], now: datetime
) -> StopDeclaration:
    return declare_stop(
        machine,
        reason=data["stop_reason"],
        from_on=data["from_on"],
        until_on=data["until_on"],
        origin=f"form:{data['client_uuid']}",
        actor=request.actor,
        now=now,
    )


@page((Can.STOP_DECLARE, Can.STOP_REJECT))
def stop(request: HttpRequest, code: str) -> HttpResponse:
    """One declaration: what, since when, how it stands, and what this person may do about it."""
    found = queries.get_stop(request.actor, code)
    return _page(request, found)


def _page(
    request: HttpRequest, found: StopDeclaration, *, form: RejectForm | None = None
) -> HttpResponse:
    actor = request.actor
    day = local_day(timezone.now())
    how = queries.standing(found, day)
    mine = actor.can(Can.STOP_DECLARE) and found.equipment.officer_id == actor.staff_id
    context = {
        "found": found,
        "how": how,
        "machine": found.equipment,
        "form": form or RejectForm(),
        "may_reject": how.is_open and may_reject(found, actor),
        "may_end": how.is_open and may_end(found, actor),
        "may_renew": how.state == queries.RUNNING and mine,
    }
    return render(request, "duties/field/stop.html", context, status=_status(form))


def _status(form: RejectForm | None) -> int:
    if form is None:
        return 200
    return refused_status(form, "rejected_already", "stop_over")


@page(Can.STOP_REJECT, writes=True, reads=False)
def reject(request: HttpRequest, code: str) -> HttpResponse:
    """驳回 with its reason; what is refused comes back with the reason still there."""
    now = timezone.now()
    found = queries.get_stop(request.actor, code)
    if not may_reject(found, request.actor):
        raise RuleBroken("not_yours", "您没有权限驳回这台设备的临时停用。", status=403)
    form = RejectForm(request.POST)
    done = None
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        done = attempt(
            form, lambda: reject_stop(found, reason=reason, actor=request.actor, now=now)
        )
    if done is None:
        return _page(request, queries.get_stop(request.actor, code), form=form)
    messages.success(request, f"已驳回，“{found.equipment.name}”从现在起恢复正常巡查。")
    return redirect("duties:stop", code)


@page((Can.STOP_DECLARE, Can.STOP_REJECT), writes=True, reads=False)
def end(request: HttpRequest, code: str) -> HttpResponse:
    """提前结束: the machine is in use again."""
    found = queries.get_stop(request.actor, code)
    end_stop(found, actor=request.actor, now=timezone.now())
    messages.success(request, f"已结束临时停用，“{found.equipment.name}”从今天起恢复正常巡查。")
    return redirect("duties:stop", code)
