"""The desk's lists of weekly reports and minutes: every owed one a row (F70, F72)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from config.actor import Actor
from config.search import with_words
from duties.completion import Completion, where
from duties.enums import TaskKind, TaskState
from duties.models import MonthlyMinutes, Task, WeeklyReport
from duties.models.task import TaskQuerySet
from duties.queries import is_missed
from equipment import subjects
from equipment.enums import Category
from equipment.models import LicenceFamily
from units.models.unit import UnitKind

# kind of to-do -> the relation that leads to what was signed
RELATED = {
    TaskKind.WEEKLY_REPORT.value: "weeklyreport",
    TaskKind.MONTHLY_MINUTES.value: "monthlyminutes",
}


@dataclass(frozen=True)
class ReportFilter:
    """What the lists are narrowed to; empty values narrow nothing."""

    date_from: date | None = None
    date_to: date | None = None
    completion: str = ""
    category: str = ""
    keyword: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Row:
    """One owed report as a line: what was handed in, or why there is nothing."""

    task: Task
    report: WeeklyReport | MonthlyMinutes | None
    subject: str
    person: str
    kind: str
    word: str
    note: str


def subject_choices(actor: Actor, kind: str) -> list[tuple[str, str]]:
    """The subjects that to-dos of a kind are about, for the filter; a unit's own or the usual ones."""
    if actor.kind == "bureau":
        families = LicenceFamily.objects.filter(unit_kind=UnitKind.PRODUCTION)
        return [
            *Category.choices,
            *families.order_by("category", "code").values_list("code", "name"),
            (subjects.FILLING, subjects.label(subjects.FILLING)),
        ]
    present = (
        Task.objects.for_actor(actor)
        .filter(kind=kind)
        .order_by("category")
        .values_list("category", flat=True)
        .distinct()
    )
    return [(value, subjects.label(value)) for value in present]


def report_tasks(actor: Actor, asked: ReportFilter, *, kind: str, now: datetime) -> TaskQuerySet:
    """The owed reports behind a list, handed in or not, the latest period first."""
    related = RELATED[kind]
    plain = {
        "period_on__gte": asked.date_from,
        "period_on__lte": asked.date_to,
        "category": asked.category,
        "unit__code": asked.unit,
    }
    found = Task.objects.for_actor(actor).filter(
        kind=kind, **{lookup: value for lookup, value in plain.items() if value}
    )
    if asked.completion:
        found = found.filter(where(asked.completion, now))
    columns = [f"{related}__author_name", "assignee__name"]
    if actor.kind == "bureau":
        columns.append("unit__name")
    found = with_words(found, asked.keyword, *columns)
    extra = ["monthlyminutes__principal_signature"] if related == "monthlyminutes" else []
    return found.select_related("unit", "assignee", related, *extra).order_by(
        "-period_on", "unit_id", "category", "id"
    )


def rows(found: Iterable[Task], related: str, now: datetime) -> list[Row]:
    """The lines of a page of to-dos; `related` is weeklyreport or monthlyminutes."""
    return [_row(task, related, now) for task in found]


def _row(task: Task, related: str, now: datetime) -> Row:
    report = getattr(task, related, None)
    kind, word, note = _completed(task, report, now)
    if report is not None:
        person = report.author_name
    elif task.assignee is not None:
        person = task.assignee.name
    else:
        person = "安全总监或主要负责人" if task.kind == TaskKind.MONTHLY_MINUTES else "未指定"
    return Row(task, report, subjects.label(task.category), person, kind, word, note)


def _completed(task: Task, report: Any, now: datetime) -> tuple[str, str, str]:
    if task.state == TaskState.WAIVED:
        return "neutral", str(Completion.WAIVED.label), task.waive_reason
    if report is not None:
        late = bool(report.backfill_reason)
        note = f"补录原因：{report.backfill_reason}" if late else ""
        return ("late" if late else "done"), report.get_timing_display(), note
    if is_missed(task, now):
        return "late", str(Completion.MISSED.label), "超过截止时间未提交"
    return "open", "未提交", "未到截止时间"
