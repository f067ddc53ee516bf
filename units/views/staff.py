"""人员管理 for the unit admin: list, registration in two steps, one person's page (F12, W 2.3)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.clock import local_day
from config.forms import attempt
from config.paging import paginate
from config.words import cn_date
from units import crypto, handover, queries, queries_leave, queries_places
from units.actions.staff import add_staff
from units.audit import Verb
from units.forms import IdentityForm, PersonForm, StaffFilterForm
from units.identities import describe, describe_scope, warnings
from units.models import Appointment, AuditEntry, Staff
from units.panels import panels_of
from units.queries_certificates import certificates_of, validity
from units.queries_places import Place
from units.roles import OFFICERS, SCOPED_ROLES, Can, Role
from units.views.certificates import row_of

STEPS = ("选择身份", "填写人员信息")
FIELD_NAMES = {
    "name": "姓名",
    "job_number": "工号",
    "phone": "手机号",
    "id_number": "证件号码",
    "department": "部门",
    "position": "岗位",
    "identities": "身份",
    "reason": "原因",
    "hand_over_to": "移交给",
    "started_on": "入职日期",
}


@page(Can.STAFF_VIEW)
def list_(request: HttpRequest) -> HttpResponse:
    """The people of the unit, narrowed by words, identity and state."""
    today = local_day(timezone.now())
    form, people = asked(request, today)
    chosen = getattr(form, "cleaned_data", {})
    shown, size = paginate(request, people)
    state = chosen.get("state") or "employed"
    context = {
        "form": form,
        "page": shown,
        "size": size,
        "rows": _rows(list(shown), today),
        "is_filtered": bool(
            chosen.get("q") or chosen.get("role") or chosen.get("department") or state != "employed"
        ),
        "vacant": [] if request.htmx else queries.vacant_posts(request.actor, on=today),
        "leaving": [] if request.htmx else list(queries_leave.waiting(request.actor)[:5]),
        "may_manage": request.actor.can(Can.STAFF_MANAGE),
    }
    template = "units/_staff_rows.html" if request.htmx else "units/staff_list.html"
    return render(request, template, context)


def asked(request: HttpRequest, today: date) -> tuple[StaffFilterForm, QuerySet[Staff]]:
    """The filter of the list and who it leaves; the list and its export ask alike."""
    places = queries_places.departments(request.actor)
    form = StaffFilterForm(request.GET, departments=[place.choice for place in places])
    form.is_valid()
    chosen = getattr(form, "cleaned_data", {})
    people = queries.staff_list(
        request.actor,
        words=chosen.get("q", ""),
        role=chosen.get("role", ""),
        state=chosen.get("state") or "employed",
        departments=_keys(chosen.get("department", ""), places),
        on=today,
    )
    return form, people


def _keys(code: str, places: list[Place]) -> frozenset[int] | None:
    """The keys of a department and those below it; empty = without one; None = all people."""
    if code == StaffFilterForm.NO_DEPARTMENT:
        return frozenset()
    return next((place.keys for place in places if place.department.code == code), None)


def _rows(people: list[Staff], today: date) -> list[dict[str, Any]]:
    machines = queries.machines_of([one.pk for one in people])
    return [
        {
            "staff": one,
            "identities": "、".join(str(Role(post.role).label) for post in one.posts),
            "scope": _scope_in_words(one),
            "machines": _machines_in_words(one, machines),
            "until": one.certificate_until if one.ended_on is None else None,
            "validity": validity(one.certificate_until, day=today),
        }
        for one in people
    ]


def _machines_in_words(staff: Staff, machines: dict[int, int] | None) -> str:
    """8 台; 0 台 only for officers: others are not expected to have any."""
    held = (machines or {}).get(staff.pk, 0)
    is_expected = machines is not None and any(post.role in OFFICERS for post in staff.posts)
    return f"{held} 台" if held or is_expected else ""


def _scope_in_words(staff: Staff) -> str:
    """全部类别, or the categories of the scoped identities together; "" without any."""
    scopes = [post.categories for post in staff.posts if post.role in SCOPED_ROLES]
    if not scopes:
        return ""
    named = [] if any(not scope for scope in scopes) else {one for scope in scopes for one in scope}
    return describe_scope(named)


@page(Can.STAFF_MANAGE, writes=True)
def add(request: HttpRequest) -> HttpResponse:
    """Step 1, 身份. A POST comes back from step 2 with everything typed there."""
    form = PersonForm(request.POST) if request.method == "POST" else None
    chosen = form.data if form is not None else None
    return _identity_page(request, IdentityForm(initial=_initial(chosen)), form)


@page(Can.STAFF_MANAGE, writes=True)
def add_details(request: HttpRequest) -> HttpResponse:
    """Step 2, 人员信息 → 提交. What was chosen and typed travels in the form, not the session."""
    if request.method != "POST":
        return redirect("units:staff-add")
    identities = IdentityForm(request.POST)
    choices = place_choices(request.actor)
    form = PersonForm(request.POST, **choices)
    if not identities.is_valid():
        return _identity_page(request, identities, form)
    if request.POST.get("step") != "details":
        typed = PersonForm(initial=_initial(request.POST), **choices)
        return _details_page(request, typed, form, identities)
    if form.is_valid():
        cleaned = form.cleaned_data
        unit = queries.own_unit(request.actor)
        staff = attempt(
            form,
            lambda: add_staff(
                unit,
                name=cleaned["name"],
                phone=cleaned["phone"],
                identities=form.chosen(),
                id_number=cleaned["id_number"],
                job_number=cleaned["job_number"],
                started_on=cleaned["started_on"],
                **chosen_place(request.actor, cleaned),
                actor=request.actor,
                now=timezone.now(),
            ),
        )
        if staff is not None:
            messages.success(request, f"已新增人员：{staff.name}。")
            return redirect("units:staff-detail", staff.code)
    return _details_page(request, form, form, identities)


def place_choices(actor: Actor, staff: Staff | None = None) -> dict[str, list[tuple[str, str]]]:
    """The departments and posts to choose from; what a person holds already stays choosable."""
    departments = [place.choice for place in queries_places.departments(actor)]
    positions = [(one.code, one.name) for one in queries_places.positions(actor)]
    for held, choices in (
        (staff and staff.department, departments),
        (staff and staff.position, positions),
    ):
        if held and held.closed_at is not None:
            choices.append((held.code, f"{held.name}（已撤销）"))
    return {"departments": departments, "positions": positions}


def chosen_place(actor: Actor, cleaned: dict[str, Any]) -> dict[str, Any]:
    """What was chosen, as the arguments of the actions."""
    return {
        "department": queries_places.department_by_code(actor, cleaned["department"]),
        "position": queries_places.position_by_code(actor, cleaned["position"]),
    }


def _initial(data: Any) -> dict[str, Any]:
    """What was posted, as initial values: shown again without being judged yet."""
    if data is None:
        return {}
    several = {"identities", *(f"scope_{role}" for role in SCOPED_ROLES)}
    return {key: data.getlist(key) if key in several else data.get(key) for key in data}


def _identity_page(
    request: HttpRequest, form: IdentityForm, carried: PersonForm | None
) -> HttpResponse:
    context = {
        "form": form,
        "steps": STEPS,
        "carried": carried.carried(details=True) if carried is not None else [],
    }
    return render(request, "units/staff_add.html", context, status=422 if form.errors else 200)


def _details_page(
    request: HttpRequest, form: PersonForm, carried: PersonForm, identities: IdentityForm
) -> HttpResponse:
    chosen = identities.chosen()
    context = {
        "form": form,
        "steps": STEPS,
        "carried": carried.carried(details=False),
        "identities": [describe(one.role, one.categories) for one in chosen],
        "warnings": warnings(one.role for one in chosen),
    }
    status = 422 if form.errors else 200
    return render(request, "units/staff_add_details.html", context, status=status)


@page(Can.STAFF_VIEW)
def detail(request: HttpRequest, code: str) -> HttpResponse:
    """One person: facts, identities now and before, what they hold, what was done.

    Phone and id number of somebody who left are no longer this unit's to see.
    """
    staff = queries.get_staff(request.actor, code)
    today = local_day(timezone.now())
    is_employed = staff.ended_on is None
    posts = queries.posts_of(staff, on=today) if is_employed else []
    id_number = crypto.decrypt(staff.user.id_number_encrypted) if is_employed else ""
    context = {
        "staff": staff,
        "phone": staff.user.phone if is_employed else "",
        "id_number": crypto.mask_id_number(id_number),
        "posts": [_post(post) for post in posts],
        "past_posts": [_post(post) for post in queries.posts_before(staff, on=today, but=posts)],
        "warnings": warnings(post.role for post in posts),
        "holdings": _holdings(staff, posts),
        "certificates": [row_of(one, today) for one in certificates_of(staff)],
        "panels": panels_of(staff, request.actor),
        "leaving": queries_leave.open_request(staff),
        "trail": [_entry(one) for one in queries.trail_of(staff)],
        "may_manage": request.actor.can(Can.STAFF_MANAGE) and is_employed,
        "list_url": reverse("units:staff-list"),
    }
    return render(request, "units/staff_detail.html", context)


def _holdings(staff: Staff, posts: list[Appointment]) -> list[tuple[handover.Share, list[str]]]:
    """What a person holds; of an officer also that there are no machines yet."""
    is_officer = any(post.role in OFFICERS for post in posts)
    held = [(share, share.lines(staff)) for share in handover.shares()]
    return [
        (share, lines)
        for share, lines in held
        if lines or (is_officer and share.name == queries.MACHINES)
    ]


def _post(post: Appointment) -> dict[str, Any]:
    ends = post.period.upper
    return {
        "label": Role(post.role).label,
        "scope": describe_scope(post.categories) if post.role in SCOPED_ROLES else "—",
        "begins": post.period.lower,
        "ends": ends - timedelta(days=1) if ends is not None else None,
    }


def _words(field: str, value: Any) -> str:
    if isinstance(value, list):
        return "、".join(value)
    if field == "started_on" and value:
        return cn_date(date.fromisoformat(value))
    return str(value or "")


def _entry(entry: AuditEntry) -> dict[str, Any]:
    """One audit row for the timeline: what changed, in words."""
    changes = []
    for field, label in FIELD_NAMES.items():
        value = entry.after.get(field)
        if value in ("", [], None):
            continue
        new, old = _words(field, value), _words(field, entry.before.get(field))
        changes.append(f"{label}：{old} → {new}" if old else f"{label}：{new}")
    kinds = {Verb.STAFF_DEREGISTERED: "neutral", Verb.STAFF_ADDED: "done"}
    return {
        "at": entry.at,
        "who": entry.actor_name,
        "what": Verb(entry.verb).label,
        "note": "\n".join(changes),
        "kind": kinds.get(entry.verb, "open"),
    }
