"""我的 on the phone: who I am here, what I may do, and the way out."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from config import menus
from config.access import page
from config.clock import local_day
from config.words import cn_date
from units import queries, queries_leave
from units.identities import describe_scope
from units.models import Staff, Unit
from units.queries_certificates import certificates_of, validity
from units.queries_messages import unread_count
from units.roles import SCOPED_ROLES, Can, Role


@page(Can.FIELD_HOME)
def me(request: HttpRequest) -> HttpResponse:
    """Name, unit, own phone, identities with scope; what is missing and who supplies it (F5)."""
    actor = request.actor
    staff = queries.own_staff(actor)
    now = timezone.now()
    today = local_day(now)
    posts = queries.posts_of(staff, on=today)
    machines = queries.machines_of([staff.pk])
    # Machines are bound to 安全员 only; a 质量安全员 lacks nothing without one.
    is_officer = any(post.role == Role.SAFETY_OFFICER for post in posts)
    held = machines.get(staff.pk, 0) if machines is not None else None
    context = {
        "staff": staff,
        "unread": unread_count(actor, now=now),
        "identities": [
            (
                str(Role(post.role).label),
                f"分管：{describe_scope(post.categories)}" if post.role in SCOPED_ROLES else "",
            )
            for post in posts
        ],
        "is_officer": is_officer,
        "machines": f"{held} 台" if held is not None else "",
        "certificates": _certificates(staff, today),
        "may_leave": actor.can(Can.LEAVE_ASK),
        "may_cover": actor.can(Can.COVER_NAME),
        "may_photograph": actor.can(Can.CYLINDER_PHOTO)
        and menus.concerns("cylinders:field-batches", actor),
        "leave_word": "待单位处理" if queries_leave.open_request(staff) else "",
        "missing": _missing(staff.unit) if is_officer and held == 0 else "",
    }
    return render(request, "units/me.html", context)


def _certificates(staff: Staff, today: date) -> list[dict[str, Any]]:
    """One's certificates on the books with their end in words (F16)."""
    rows = []
    for one in certificates_of(staff):
        if one.closed_at is None:
            kind, word = validity(one.valid_until, day=today)
            until = f"有效期至{cn_date(one.valid_until)}" if one.valid_until else ""
            note = "，".join(filter(None, (one.number, until)))
            rows.append({"paper": one, "kind": kind, "word": word, "note": note})
    return rows


def _missing(unit: Unit) -> str:
    """What an officer without machines lacks, and who fixes it (F5)."""
    whom = " ".join(filter(None, (unit.contact_name, unit.contact_phone)))
    whom = f"本单位管理员（{whom}）" if whom else "本单位管理员"
    return (
        f"还没有给您绑定设备，因此没有待办。请联系{whom}，在“档案管理”中勾选设备并选择您为安全员。"
    )
