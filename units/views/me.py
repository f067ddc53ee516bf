"""我的 on the phone: who I am here, what I may do, and the way out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from config.access import page
from config.clock import local_day
from units import queries
from units.identities import describe_scope
from units.models import Unit
from units.roles import SCOPED_ROLES, Can, Role
from units.views.messages import badge


@page(Can.FIELD_HOME)
def me(request: HttpRequest) -> HttpResponse:
    """Name, unit, identities with scope, phone masked; what is missing and who supplies it (F5)."""
    actor = request.actor
    staff = queries.own_staff(actor)
    posts = queries.posts_of(staff, on=local_day(timezone.now()))
    machines = queries.machines_of([staff.pk])
    # Machines are bound to 安全员 only; a 质量安全员 lacks nothing without one.
    is_officer = any(post.role == Role.SAFETY_OFFICER for post in posts)
    held = machines.get(staff.pk, 0) if machines is not None else None
    context = {
        "staff": staff,
        "unread": badge(actor),
        "identities": [
            (
                str(Role(post.role).label),
                f"分管：{describe_scope(post.categories)}" if post.role in SCOPED_ROLES else "",
            )
            for post in posts
        ],
        "is_officer": is_officer,
        "machines": f"{held} 台" if held is not None else "",
        "missing": _missing(staff.unit) if is_officer and held == 0 else "",
    }
    return render(request, "units/me.html", context)


def _missing(unit: Unit) -> str:
    """What an officer without machines lacks, and who fixes it (F5)."""
    whom = " ".join(filter(None, (unit.contact_name, unit.contact_phone)))
    whom = f"本单位管理员（{whom}）" if whom else "本单位管理员"
    return (
        f"还没有给您绑定设备，因此没有待办。请联系{whom}，在“档案管理”中勾选设备并选择您为安全员。"
    )
