"""单位注册 on the bureau's desk: the list, one application, and what is decided on it (F1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.forms import attempt, refused_status
from config.paging import paginate, tab_items
from units import queries_desk
from units.actions import registration as actions
from units.actions.registration_check import accept_claim
from units.audit import Verb
from units.forms_bureau import DecisionForm, RegistrationFilter
from units.models import Registration
from units.models.unit import UnitKind
from units.queries_registration import full_name
from units.roles import Can

State = Registration.State
WORDS = {
    State.SUBMITTED: ("late", "待审核"),
    State.RETURNED: ("neutral", "已退回"),
    State.APPROVED: ("done", "已通过"),
    State.CLAIMED: ("late", "认领待核查"),
    State.OBJECTED: ("danger", "已被撤销"),
}
DONE = {
    DecisionForm.APPROVE: "已通过“{name}”的注册，账号 {username} 可以登录。",
    DecisionForm.SEND_BACK: "已把“{name}”的申请退回，申请人会收到短信。",
    DecisionForm.OBJECT: "已撤销“{name}”的认领开户，账号已停用，其登记的人员已注销。",
    DecisionForm.ACCEPT: "已核查“{name}”的认领开户。",
}


def word(registration: Registration) -> tuple[str, str]:
    """Kind and label of a state as the bureau reads it."""
    if registration.state == State.CLAIMED and registration.decided_at is not None:
        return ("done", "认领已核查")
    return WORDS[State(registration.state)]


@page(Can.REGISTRATION_DECIDE)
def registration_list(request: HttpRequest) -> HttpResponse:
    """Tabs by state with counts; what is to do first, the oldest on top."""
    actor = request.actor
    form = RegistrationFilter(request.GET)
    asked = form.asked()
    listed, size = paginate(request, queries_desk.registrations(actor, **asked))
    tabs = queries_desk.tabs(actor, keyword=asked["keyword"])
    context = {
        "form": form,
        "tabs": tab_items(
            request.GET, "state", [(tab.key, tab.label, tab.count) for tab in tabs], asked["state"]
        ),
        "page": listed,
        "size": size,
        "rows": [(one, _kinds(one), *word(one)) for one in listed],
        "is_filtered": bool(asked["keyword"]),
        "state": asked["state"],
    }
    return render(request, "units/registration_list.html", context)


def _kinds(registration: Registration) -> str:
    return "、".join(UnitKind(kind).label for kind in registration.kinds)


@page(Can.REGISTRATION_DECIDE, writes=True)
def registration_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Facts, what the credit code says, namesakes, history; 通过 / 退回 / 撤销 on the same page."""
    actor = request.actor
    registration = queries_desk.get_registration(actor, code)
    form = DecisionForm(request.POST or None, initial={"version": registration.version})
    status = 200
    if request.method == "POST":
        if form.is_valid():
            decided = attempt(form, _decision(form, registration, actor, timezone.now()))
            if decided is not None:
                said = DONE[form.cleaned_data["do"]]
                messages.success(request, said.format(name=decided.name, username=decided.username))
                return redirect("units:registration-detail", code)
        status = refused_status(form, "wrong_state")
        registration = queries_desk.get_registration(actor, code)  # as it now is
    kind, label = word(registration)
    context = {
        "registration": registration,
        "form": form,
        "kind": kind,
        "label": label,
        "facts": _facts(registration),
        "checks": queries_desk.code_checks(registration),
        "namesakes": queries_desk.same_name_units(actor, registration),
        "others": [
            (one, *word(one)) for one in queries_desk.other_registrations(actor, registration)
        ],
        "trail": [_line(entry) for entry in queries_desk.trail(registration)],
        "may_decide": registration.state == State.SUBMITTED,
        "may_object": registration.state == State.CLAIMED,
        "may_accept": registration.state == State.CLAIMED and registration.decided_at is None,
    }
    return render(request, "units/registration_detail.html", context, status=status)


def _decision(
    form: DecisionForm, registration: Registration, actor: Actor, now: datetime
) -> Callable[[], Registration]:
    do, opinion = form.cleaned_data["do"], form.cleaned_data["opinion"]
    common = {"actor": actor, "now": now, "version": form.cleaned_data["version"]}
    if do == form.APPROVE:
        return lambda: actions.approve(registration, **common)
    if do == form.ACCEPT:
        return lambda: accept_claim(registration, **common)
    action = actions.send_back if do == form.SEND_BACK else actions.object_to
    return lambda: action(registration, opinion=opinion, **common)


def _facts(registration: Registration) -> list[tuple[str, Any]]:
    return [
        ("单位名称", registration.name),
        ("统一社会信用代码", registration.credit_code),
        ("单位类型", _kinds(registration)),
        ("所在区县", full_name(registration.region)),
        ("地址", registration.address),
        ("联系人", registration.contact_name),
        ("联系人手机号", registration.contact_phone),
        ("申请账号", registration.username),
    ]


def _line(entry: Any) -> dict[str, Any]:
    note = str(entry.after.get("opinion", ""))
    if machines := entry.after.get("machines"):
        note = f"与历史设备档案相符，共 {machines} 台"
    return {
        "at": entry.at,
        "who": entry.actor_name,
        "what": Verb(entry.verb).label,
        "note": note,
    }
