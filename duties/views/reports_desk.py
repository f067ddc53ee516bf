"""周排查报告 and 月调度纪要 on the desk: unit admin and regulator (F70, F72)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.excel import export
from config.excel.export import ExportColumn
from config.paging import paginate
from duties import queries_reports as queries
from duties import queries_reports_desk as lists
from duties.enums import TaskKind
from duties.forms_reports import ReportFilterForm
from duties.views import reports_shown as shown
from duties.views.reports_write import MONTHLY, WEEKLY
from hazards.queries_desk import narrowed_to
from units.roles import Can

CHUNK = 2_000
SHARED_COLUMNS = (
    ExportColumn("单位", 28),
    ExportColumn("类别", 16),
    ExportColumn("周期", 24),
    ExportColumn("填报人", 14),
    ExportColumn("提交时间", 18),
    ExportColumn("完成情况", 12),
    ExportColumn("说明", 40),
)
COLUMNS = {
    WEEKLY: (
        *SHARED_COLUMNS,
        ExportColumn("排查数", 10, kind="number"),
        ExportColumn("隐患", 8, kind="number"),
        ExportColumn("整改完成", 10, kind="number"),
        ExportColumn("安全管理情况评价", 30),
        ExportColumn("主要安全风险隐患和整改情况", 60),
        ExportColumn("下周工作重点", 60),
    ),
    MONTHLY: (
        *SHARED_COLUMNS,
        ExportColumn("会议时间", 18),
        ExportColumn("会议地点", 20),
        ExportColumn("会议内容摘要", 60),
        ExportColumn("主要负责人签名", 18),
    ),
}


@page(Can.RECORD_VIEW)
def report_list(request: HttpRequest) -> HttpResponse:
    """周排查报告: every owed weekly report a row, also the missing ones."""
    if request.actor.kind == "person":
        return redirect("duties:weekly-reports")
    names = {
        "label": queries.report_menu_word(queries.region_of(request.actor)),
        "detail": "duties:report",
        "export": "duties:report-export",
    }
    return _list(request, WEEKLY, "duties/desk/report_list.html", names)


@page(Can.RECORD_VIEW)
def minutes_list(request: HttpRequest) -> HttpResponse:
    """月调度纪要: every owed month a row, also the missing ones."""
    if request.actor.kind == "person":
        return redirect("duties:monthly-reports")
    names = {"label": "月调度纪要", "detail": "duties:minutes", "export": "duties:minutes-export"}
    return _list(request, MONTHLY, "duties/desk/report_minutes_list.html", names)


@page(Can.RECORD_VIEW)
def report(request: HttpRequest, code: str) -> HttpResponse:
    """One weekly report as signed."""
    found = queries.get_weekly_report(request.actor, code)
    if request.actor.kind == "person":
        return redirect("duties:field-report", found.code)
    context = {**shown.weekly(found), "shows_unit": request.actor.kind == "bureau"}
    return render(request, "duties/desk/report_detail.html", context)


@page(Can.RECORD_VIEW)
def minutes(request: HttpRequest, code: str) -> HttpResponse:
    """One month's minutes: the photographed pages to look at and to download."""
    found = queries.get_minutes(request.actor, code)
    if request.actor.kind == "person":
        return redirect("duties:field-minutes", found.code)
    context = {**shown.minutes(found), "shows_unit": request.actor.kind == "bureau"}
    return render(request, "duties/desk/report_minutes_detail.html", context)


@page(Can.RECORD_VIEW)
def report_export(request: HttpRequest) -> HttpResponseBase:
    """导出 of 周排查报告: the rows of the list under its filter."""
    return _export(request, WEEKLY, "周排查报告")


@page(Can.RECORD_VIEW)
def minutes_export(request: HttpRequest) -> HttpResponseBase:
    """导出 of 月调度纪要."""
    return _export(request, MONTHLY, "月调度纪要")


def _form(request: HttpRequest, kind: str) -> ReportFilterForm:
    return ReportFilterForm(
        request.GET,
        categories=lists.subject_choices(request.actor, kind),
        is_bureau=request.actor.kind == "bureau",
    )


def _list(request: HttpRequest, kind: str, template: str, names: dict[str, str]) -> HttpResponse:
    actor, now = request.actor, timezone.now()
    form = _form(request, kind)
    asked = form.asked()
    found = lists.report_tasks(actor, asked, kind=kind, now=now)
    listed, size = paginate(request, found)
    context = {
        "form": form,
        "page": listed,
        "size": size,
        "rows": [
            {"line": row, "period": shown.period_words(row.task), "waits": _waits(row)}
            for row in lists.rows(listed, lists.RELATED[kind], now)
        ],
        "shows_unit": actor.kind == "bureau",
        "is_filtered": asked != lists.ReportFilter(),
        "narrowed": narrowed_to(actor, {"unit": asked.unit, "machine": ""}),
        **names,
    }
    return render(request, template, context)


def _waits(row: lists.Row) -> bool:
    is_minutes = row.task.kind == TaskKind.MONTHLY_MINUTES
    return is_minutes and row.report is not None and shown.needs_signature(row.report)


def _export(request: HttpRequest, kind: str, title: str) -> HttpResponseBase:
    if request.actor.kind == "person":
        raise Http404("the desk's list only")
    now = timezone.now()
    form = _form(request, kind)
    found = lists.report_tasks(request.actor, form.asked(), kind=kind, now=now)
    stream = export.workbook(
        COLUMNS[kind],
        (
            _cells(row)
            for task in found.iterator(chunk_size=CHUNK)
            for row in lists.rows([task], lists.RELATED[kind], now)
        ),
        title=title,
        described=export.described(form),
        total=found.count(),
    )
    return export.download(stream, f"{title}{local_day(now):%Y%m%d}")


def _cells(row: lists.Row) -> tuple[Any, ...]:
    report = row.report
    shared = (
        row.task.unit.name,
        row.subject,
        shown.period_words(row.task),
        row.person,
        report.received_at if report else None,
        row.word,
        row.note,
    )
    if row.task.kind == TaskKind.WEEKLY_REPORT:
        return shared + _weekly_cells(report)
    return shared + _minutes_cells(report)


def _weekly_cells(report: Any) -> tuple[Any, ...]:
    if report is None:
        return (None,) * 6
    last = report.figures["last"]
    return (
        last["inspected"],
        last["hazards"],
        last["rectified"],
        report.get_evaluation_display(),
        report.main_hazards,
        report.next_work,
    )


def _minutes_cells(minutes_: Any) -> tuple[Any, ...]:
    if minutes_ is None:
        return (None,) * 4
    signed = getattr(minutes_, "principal_signature", None)
    if signed is not None:
        principal = f"{signed.name}"
    elif shown.needs_signature(minutes_):
        principal = "待签名"
    else:
        principal = minutes_.author_name
    held: datetime = minutes_.held_at
    return held, minutes_.place, minutes_.summary, principal
