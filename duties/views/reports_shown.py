"""What the pages of weekly reports and minutes print, from rows to words and addresses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.urls import reverse

from config.actor import Actor
from config.clock import local_day
from config.words import cn_date, cn_datetime, cn_month, cn_week
from duties import queries_reports as queries
from duties.actions.report_drafts import MOST_PHOTOS
from duties.enums import Level, TaskKind
from duties.forms_reports import ReportForm
from duties.models import MonthlyMinutes, ReportDraft, Task, WeeklyReport
from duties.queries import is_missed
from equipment import subjects
from units.models import Photo


def signed_of(task: Task) -> WeeklyReport | MonthlyMinutes | None:
    """What was handed in for a to-do, if something was."""
    name = "weeklyreport" if task.kind == TaskKind.WEEKLY_REPORT else "monthlyminutes"
    return getattr(task, name, None)


def period_words(task_or_report: Any) -> str:
    """第47周(11.16–11.22), or 2026年11月."""
    if isinstance(task_or_report, MonthlyMinutes):
        return cn_month(task_or_report.period_on)
    if isinstance(task_or_report, WeeklyReport):
        return cn_week(task_or_report.week_on)
    if task_or_report.kind == TaskKind.MONTHLY_MINUTES:
        return cn_month(task_or_report.period_on)
    return cn_week(task_or_report.period_on - queries.WEEK)


def heading(task: Task) -> str:
    """电梯 · 第46周(11.9–11.15)"""
    return f"{subjects.label(task.category)} · {period_words(task)}"


def todo_row(task: Task, url_name: str) -> dict[str, Any]:
    """One report to write: what about, until when, whose, and whether it is begun."""
    notes = [period_words(task), f"截止 {_last_day(task)}"]
    if task.stands_in_for_id is not None:
        notes.append(f"代{task.stands_in_for.name}")
    elif task.kind == TaskKind.WEEKLY_REPORT and task.level == Level.PRINCIPAL:
        notes.append("未任命安全总监，由主要负责人或安全员填报")
    return {
        "title": subjects.label(task.category),
        "note": " · ".join(notes),
        "url": reverse(url_name, args=[task.code]),
        "word": "已有草稿" if task.has_draft else "待填报",
    }


def _last_day(task: Task) -> str:
    day = local_day(task.due_at - timedelta(seconds=1))
    return f"{day.month}月{day.day}日"


def timing_kind(report: WeeklyReport | MonthlyMinutes) -> str:
    """The colour of 按时 and 补录."""
    return "late" if report.backfill_reason else "done"


def weekly_row(report: WeeklyReport) -> dict[str, Any]:
    """One signed weekly report of a list."""
    return {
        "title": report.facts["category_label"],
        "note": f"{period_words(report)} · {report.author_name} {cn_date(report.received_at)}",
        "url": reverse("duties:field-report", args=[report.code]),
        "kind": timing_kind(report),
        "word": report.get_timing_display(),
    }


def minutes_row(minutes: MonthlyMinutes) -> dict[str, Any]:
    """One signed minutes of a list; one without the principal's signature says so."""
    waits = needs_signature(minutes)
    return {
        "title": minutes.facts["category_label"],
        "note": f"{period_words(minutes)} · {minutes.author_name} {cn_date(minutes.received_at)}",
        "url": reverse("duties:field-minutes", args=[minutes.code]),
        "kind": "open" if waits else timing_kind(minutes),
        "word": "待签名" if waits else minutes.get_timing_display(),
    }


def needs_signature(minutes: MonthlyMinutes) -> bool:
    """Whether a principal still has to sign."""
    signed = getattr(minutes, "principal_signature", None)
    return bool(minutes.facts.get("needs_principal")) and signed is None


# ------------------------------------------------------------------ the form
def writing(
    task: Task, form: ReportForm, begun: ReportDraft | None, actor: Actor, now: datetime
) -> dict[str, Any]:
    """What the form page prints besides the form itself."""
    context = {
        "task": task,
        "form": form,
        "heading": heading(task),
        "subject": subjects.label(task.category),
        "unit_name": task.unit.name,
        "period": period_words(task),
        "due_on": _last_day(task),
        "is_missed": is_missed(task, now),
        "saved_at": begun.updated_at if begun is not None else None,
        "signature_label": f"{_post(task, actor)}签名",
        "stands_in_for": task.stands_in_for.name if task.stands_in_for_id else "",
    }
    if task.kind == TaskKind.WEEKLY_REPORT:
        return context | _weekly_side(task)
    kept = [link.photo for link in begun.kept_photos] if begun is not None else []
    return context | {
        "kept": [
            {"code": str(photo.code), **picture}
            for photo, picture in zip(kept, pictures(kept), strict=True)
        ],
        "room": MOST_PHOTOS - len(kept),
        "first_moment": f"{task.period_on:%Y-%m-%d}T00:00",
    }


def _post(task: Task, actor: Actor) -> str:
    return str(Level(queries.acting_role(task, actor)).label)


def _weekly_side(task: Task) -> dict[str, Any]:
    figures = queries.report_figures(task)
    this, last = task.period_on, task.period_on - queries.WEEK
    return {
        "label": queries.report_label(task.unit.region_id),
        "last_sentence": queries.figures_sentence("上周", figures["last"], task.category),
        "this_sentence": queries.figures_sentence("本周", figures["this"], task.category),
        "last_week_words": cn_week(last),
        "this_week_words": cn_week(this),
        "hazards_now": queries.hazard_lines(task, this),
        "hazards_last": queries.hazard_lines(task, last),
    }


def photo_errors(form: ReportForm) -> bool:
    """Whether a picture was refused: the page then comes back even for 保存草稿."""
    return any(name.startswith("photo_") for name in form.errors)


def typed(form: forms.Form) -> list[dict[str, str]]:
    """What a form that comes too late says, field by field, to be read and copied."""
    rows = []
    for bound in form:
        value = bound.value()
        if bound.is_hidden or not value or not isinstance(value, str):
            continue
        names = dict(getattr(bound.field, "choices", ()))
        rows.append({"name": str(bound.label), "text": str(names.get(value, value))})
    return rows


def pictures(photos: Iterable[Photo]) -> list[dict[str, str]]:
    """Photographed pages as the picture component wants them."""
    return [
        {"url": reverse("units:file", args=[photo.copy_id]), "caption": f"会议纪要 第 {n} 页"}
        for n, photo in enumerate(photos, 1)
    ]


# ------------------------------------------------------------------ what was signed
def weekly(report: WeeklyReport) -> dict[str, Any]:
    """A signed weekly report for both shells."""
    return {
        "report": report,
        "facts": report.facts,
        "label": queries.report_label(report.unit.region_id),
        "period": period_words(report),
        "timing_kind": timing_kind(report),
        "last_sentence": queries.figures_sentence("上周", report.figures["last"], report.category),
        "this_sentence": queries.figures_sentence("本周", report.figures["this"], report.category),
        "evaluation": report.get_evaluation_display(),
        "is_at_risk": report.evaluation == "at_risk",
        "signature_url": reverse("units:file", args=[report.signature.image_id]),
        "form_url": reverse("reports:weekly-report", args=[report.code]),
    }


def minutes(found: MonthlyMinutes) -> dict[str, Any]:
    """Signed minutes for both shells, with both signatures."""
    principal = getattr(found, "principal_signature", None)
    links = list(found.photos.all())
    return {
        "minutes": found,
        "facts": found.facts,
        "period": period_words(found),
        "timing_kind": timing_kind(found),
        "held_at": cn_datetime(found.held_at),
        "pictures": pictures(link.photo for link in links),
        "downloads": [
            {
                "url": f"{reverse('units:file', args=[link.photo.copy_id])}?download=1",
                "name": f"会议纪要第 {number} 页",
            }
            for number, link in enumerate(links, 1)
        ],
        "signature_url": reverse("units:file", args=[found.signature.image_id]),
        "principal": principal,
        "principal_url": (
            reverse("units:file", args=[principal.signature.image_id]) if principal else ""
        ),
        "is_waiting": needs_signature(found),
        "form_url": reverse("reports:monthly-minutes", args=[found.code]),
    }
