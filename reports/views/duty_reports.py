"""Weekly reports and minutes as official forms: web page and issued PDF (F70, F72)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.errors import RuleBroken
from duties.models import MonthlyMinutes, WeeklyReport
from duties.queries_reports import get_minutes, get_weekly_report
from reports import queries_reports as queries
from reports.actions.reports import issue_report
from reports.queries import chosen_revision
from units.roles import Can

Report = WeeklyReport | MonthlyMinutes


@page(Can.DOCUMENT_VIEW)
def weekly_report(request: HttpRequest, code: str) -> HttpResponse:
    """《每周X安全排查治理报告》, at once; as issued when it has been issued."""
    return _form_page(request, get_weekly_report(request.actor, code))


@page(Can.DOCUMENT_VIEW)
def monthly_minutes(request: HttpRequest, code: str) -> HttpResponse:
    """《每月X安全调度会议纪要》; `?revision=` shows an earlier issued one."""
    return _form_page(request, get_minutes(request.actor, code))


@page(Can.DOCUMENT_ISSUE, writes=True, reads=False)
def issue_weekly(request: HttpRequest, code: str) -> HttpResponse:
    """Issue the PDF of a weekly report once."""
    return _issue(request, get_weekly_report(request.actor, code))


@page(Can.DOCUMENT_ISSUE, writes=True, reads=False)
def issue_minutes(request: HttpRequest, code: str) -> HttpResponse:
    """Issue the PDF of minutes: once, and once more when the principal has signed."""
    return _issue(request, get_minutes(request.actor, code))


def _issue(request: HttpRequest, report: Report) -> HttpResponse:
    try:
        with transaction.atomic():
            document = issue_report(report, actor=request.actor, now=timezone.now())
    except RuleBroken as broken:
        return _form_page(request, report, refusal=broken)
    messages.success(request, f"PDF 已生成，文书编号 {document.number}。")
    return redirect(_name(report, ""), code=report.code)


def _name(report: Report, suffix: str) -> str:
    name = "weekly-report" if isinstance(report, WeeklyReport) else "monthly-minutes"
    return f"reports:{name}{suffix}"


def _form_page(
    request: HttpRequest, report: Report, refusal: RuleBroken | None = None
) -> HttpResponse:
    issued = queries.issued_of(report)
    shown = chosen_revision(issued, request.GET.get("revision", ""))
    outdated = bool(issued) and queries.is_outdated(report, issued[0])
    if shown is None and issued and not outdated:
        shown = issued[0]
    doc = queries.form_of(shown) if shown else queries.build(report, as_of=timezone.now())
    context: dict[str, Any] = {
        "doc": doc,
        "issued": shown,
        "earlier": [one for one in issued if one is not shown],
        "may_issue": request.actor.can(Can.DOCUMENT_ISSUE) and (not issued or outdated),
        "refusal": refusal,
        "issue_url": reverse(_name(report, "-issue"), args=[report.code]),
        "page_url": reverse(_name(report, ""), args=[report.code]),
        "back_url": _back(request, report),
    }
    weekly = isinstance(report, WeeklyReport)
    template = "reports/weekly_report.html" if weekly else "reports/monthly_minutes.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


def _back(request: HttpRequest, report: Report) -> str:
    """Where 返回 leads: the report, in the shell of whoever reads it."""
    noun = "report" if isinstance(report, WeeklyReport) else "minutes"
    name = f"field-{noun}" if request.actor.kind == "person" else noun
    return reverse(f"duties:{name}", args=[report.code])
