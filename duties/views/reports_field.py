"""周报告 and 月报告 on the phone: what is owed, what was handed in, the principal's signature."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from config.access import page, set_web_timeouts
from config.actor import Actor
from config.errors import RuleBroken
from config.paging import paginate
from duties import queries_reports as queries
from duties.actions import reports
from duties.models import MonthlyMinutes
from duties.views import reports_shown as shown
from duties.views.reports_write import MONTHLY, WEEKLY, WRITE_PAGES, signature_of
from duties.views.signing import signature_shown
from units.carried import files_of
from units.roles import Can


# ------------------------------------------------------------------ lists
@page(Can.FIELD_HOME)
def weekly_reports(request: HttpRequest) -> HttpResponse:
    """周报告: what is owed now, what can be made up, and those handed in."""
    now = timezone.now()
    listed, size = paginate(request, queries.past_reports(request.actor))
    context = {
        **_lists(request.actor, WEEKLY, now),
        "page": listed,
        "size": size,
        "rows": [shown.weekly_row(report) for report in listed],
        "label": queries.report_label(queries.region_of(request.actor)),
    }
    return render(request, "duties/field/report_weekly_list.html", context)


@page(Can.FIELD_HOME)
def monthly_reports(request: HttpRequest) -> HttpResponse:
    """月报告: what is owed, what waits for the principal's signature, and those handed in."""
    now = timezone.now()
    listed, size = paginate(request, queries.past_minutes(request.actor))
    context = {
        **_lists(request.actor, MONTHLY, now),
        "waiting": list(queries.waiting_for_principal(request.actor)),
        "page": listed,
        "size": size,
        "rows": [shown.minutes_row(minutes) for minutes in listed],
    }
    return render(request, "duties/field/report_monthly_list.html", context)


def _lists(actor: Actor, kind: str, now: datetime) -> dict[str, Any]:
    if not actor.can(Can.REPORT_WRITE):
        return {"open": [], "late": []}
    found = queries.mine(actor, kind, now=now)
    return {
        "open": [shown.todo_row(task, WRITE_PAGES[kind]) for task in found.open],
        "late": [shown.todo_row(task, WRITE_PAGES[kind]) for task in found.to_make_up],
    }


# ------------------------------------------------------------------ looking back
@page(Can.FIELD_HOME)
def field_report(request: HttpRequest, code: str) -> HttpResponse:
    """A signed weekly report."""
    report = queries.get_weekly_report(request.actor, code)
    return render(request, "duties/field/report_weekly.html", shown.weekly(report))


@page(Can.FIELD_HOME)
def field_minutes(request: HttpRequest, code: str) -> HttpResponse:
    """Signed minutes with their photographs; a principal whose signature is asked for signs here."""
    minutes = queries.get_minutes(request.actor, code)
    return _minutes_page(request, minutes, timezone.now())


@page(Can.REPORT_WRITE, writes=True, reads=False, own_transaction=True)
@never_cache
def minutes_sign(request: HttpRequest, code: str) -> HttpResponse:
    """主要负责人签名 on minutes that a director generated."""
    now = timezone.now()
    minutes = queries.get_minutes(request.actor, code)
    try:
        signature = signature_of(request, minutes, minutes.code, now)
        with transaction.atomic():
            set_web_timeouts()
            reports.countersign(minutes, signature=signature, actor=request.actor, now=now)
            files_of(request, now).use_up()
    except RuleBroken as broken:
        if broken.field not in {"signature", "photo"}:
            raise
        return _minutes_page(request, minutes, now, errors=[broken.message])
    messages.success(request, "已签名。")
    return redirect("duties:field-minutes", minutes.code)


def _minutes_page(
    request: HttpRequest,
    minutes: MonthlyMinutes,
    now: datetime,
    errors: list[str] | None = None,
) -> HttpResponse:
    context = {
        **shown.minutes(minutes),
        "may_sign": queries.waiting_for_principal(request.actor).filter(pk=minutes.pk).exists(),
        **signature_shown(request, now, errors or ()),
    }
    status = 422 if errors else 200
    return render(request, "duties/field/report_monthly.html", context, status=status)
