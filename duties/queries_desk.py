"""Reading checklists and records for the desk: unit admin and regulator (F42, F66)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Prefetch, Q
from django.http import Http404
from django.urls import reverse

from config.actor import Actor
from config.clock import local_day
from config.codes import normalise
from config.words import cn_datetime, cn_week
from duties.completion import Completion, where
from duties.enums import Cadence, Handling, Result, Timing
from duties.models import Checklist, Inspection, InspectionPhoto, Task
from duties.models.checklist import ChecklistQuerySet
from duties.models.task import TaskQuerySet
from duties.queries import is_missed, standing
from equipment.enums import Category, UseStatus
from equipment.models import Equipment
from hazards import wording
from hazards.models import Hazard
from units.models.unit import UnitKind

RECORD_DAYS = 30


# ------------------------------------------------------------------ checklists (F42)
def categories_of(actor: Actor) -> list[str]:
    """The duty categories of the unit's machines that are not scrapped, in the usual order."""
    present = set(
        Equipment.objects.for_actor(actor)
        .exclude(status=UseStatus.SCRAPPED)
        .order_by()
        .values_list("category", flat=True)
        .distinct()
    )
    return [category for category in Category.values if category in present]


def fixed_checklists(categories: list[str], *, now: datetime) -> ChecklistQuerySet:
    """The fixed lists in force for a using unit with machines of these categories."""
    return (
        Checklist.objects.filter(
            Q(retired_at=None) | Q(retired_at__gt=now),
            unit=None,
            unit_kind=UnitKind.USING,
            category__in=categories,
            enabled_at__lte=now,
            period__contains=local_day(now),
        )
        .annotate(
            item_count=Count("items"),
            severe_count=Count("items", filter=Q(items__is_severe=True)),
        )
        .order_by("category", "id")
    )


def get_checklist(actor: Actor, code: str) -> Checklist:
    """A fixed list or one of the unit's own, with its items; 404 for another unit's."""
    found = Checklist.objects.for_actor(actor).prefetch_related("items").filter(code=code).first()
    if found is None:
        raise Http404("no such checklist")
    return found


def category_label(category: str) -> str:
    """The Chinese name of a duty category; the value itself for a licence family."""
    return wording.category_label(category)


# ------------------------------------------------------------------ records (F66)
@dataclass(frozen=True)
class RecordFilter:
    """What the list of records is narrowed to; empty values narrow nothing."""

    cadence: str = Cadence.DAILY.value
    date_from: date | None = None
    date_to: date | None = None
    completion: str = ""
    category: str = ""
    keyword: str = ""
    person: str = ""
    machine: str = ""
    unit: str = ""


def default_dates(day: date) -> dict[str, str]:
    """What the list shows when nobody asked for dates: the last thirty days."""
    return {"date_from": (day - timedelta(days=RECORD_DAYS - 1)).isoformat(), "date_to": ""}


def tasks(actor: Actor, asked: RecordFilter, *, now: datetime) -> TaskQuerySet:
    """The to-dos behind the list, of every cadence; done ones and blanks alike."""
    found = Task.objects.for_actor(actor)
    plain = {
        "period_on__gte": asked.date_from,
        "period_on__lte": asked.date_to,
        "category": asked.category,
        "equipment__code": asked.machine,
        "unit__code": asked.unit,
    }
    found = found.filter(**{lookup: value for lookup, value in plain.items() if value})
    if asked.completion:
        found = found.filter(where(asked.completion, now))
    for word in normalise(asked.keyword).split():
        match = Q()
        for column in _searched(actor):
            match |= Q(**{f"{column}__icontains": word})
        found = found.filter(match)
    if person := normalise(asked.person):
        found = found.filter(
            Q(inspection__performer_name__icontains=person)
            | Q(inspection=None, assignee__name__icontains=person)
        )
    return found


def _searched(actor: Actor) -> list[str]:
    columns = ("name", "equipment_code", "registration_no", "inner_no", "place")
    unit = ["unit__name"] if actor.kind == "bureau" else []
    return [*(f"equipment__{column}" for column in columns), *unit]


def cadence_counts(found: TaskQuerySet) -> dict[str, int]:
    """Rows of every tab under the present filter, in one query."""
    return found.order_by().aggregate(
        **{one: Count("pk", filter=Q(cadence=one)) for one in Cadence.values}
    )


def with_records(found: TaskQuerySet, cadence: str) -> TaskQuerySet:
    """The rows of one tab with everything they print, the latest period first."""
    return (
        found.filter(cadence=cadence)
        .select_related("unit", "equipment", "assignee", "inspection")
        .order_by("-period_on", "unit_id", "category", "equipment_id", "id")
    )


@dataclass(frozen=True)
class Row:
    """One to-do as a line: who, when, how it stands and why there is nothing, if so."""

    task: Task
    inspection: Inspection | None
    subject: str
    period: str
    person: str
    kind: str
    word: str
    note: str


def rows(found: list[Task] | Any, now: datetime) -> list[Row]:
    """The lines of a page of to-dos (see with_records)."""
    return [_row(task, now) for task in found]


def _row(task: Task, now: datetime) -> Row:
    inspection = getattr(task, "inspection", None)
    kind, word, note = _completed(task, inspection, now)
    person = task.assignee.name if task.assignee else ""
    return Row(
        task=task,
        inspection=inspection,
        subject=task.equipment.name if task.equipment else category_label(task.category),
        period=cn_week(task.period_on) if task.cadence == Cadence.WEEKLY else "",
        person=inspection.performer_name if inspection else person,
        kind=kind,
        word=word,
        note=note,
    )


def _completed(task: Task, inspection: Inspection | None, now: datetime) -> tuple[str, str, str]:
    """(kind, word, explanation) of how a to-do stands; a blank never goes unexplained."""
    if task.waive_reason:
        return "neutral", str(Completion.WAIVED.label), task.waive_reason
    if inspection is not None:
        late = inspection.timing == Timing.BACKFILLED
        note = f"补录原因：{inspection.backfill_reason}" if late else _stopped(inspection)
        return ("late" if late else "done"), inspection.get_timing_display(), note
    if is_missed(task, now):
        who = "" if task.assignee_id else "，未绑定安全员"
        note = f"截至 {cn_datetime(task.due_at - timedelta(minutes=1))} 未提交{who}"
        return "late", str(Completion.MISSED.label), note
    if task.is_open:
        who = "" if task.assignee_id else "，未绑定安全员"
        return "open", str(Completion.OPEN.label), f"{standing(task, now).word}{who}"
    return "done", standing(task, now).word, ""


def _stopped(inspection: Inspection) -> str:
    return f"当日停用：{inspection.stop_reason}" if inspection.stop_reason else ""


# ------------------------------------------------------------------ one record
def get_record(actor: Actor, code: str) -> Inspection:
    """A submitted inspection with everything its page prints; 404 for a foreign one."""
    pictures = InspectionPhoto.objects.select_related("photo")
    found = (
        Inspection.objects.for_actor(actor)
        .select_related("unit", "task", "version", "signature", "equipment")
        .prefetch_related(Prefetch("photos", pictures))
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404("no such inspection")
    return found


@dataclass(frozen=True)
class AnswerLine:
    """One item as it was asked and answered."""

    item: dict[str, Any]
    result: str
    kind: str
    details: list[tuple[str, str]]
    photos: list[dict[str, str]]


RESULT_KINDS = {Result.PASS: "done", Result.FAIL: "danger", Result.NOT_APPLICABLE: "neutral"}


def answer_lines(inspection: Inspection) -> list[AnswerLine]:
    """The items of the frozen version in order, each with its answer, remarks and photos."""
    pictures: dict[str, list[dict[str, str]]] = defaultdict(list)
    for link in inspection.photos.all():
        number = len(pictures[link.item_key]) + 1
        url = reverse("units:file", args=[link.photo.copy_id])
        pictures[link.item_key].append({"url": url, "caption": f"现场照片 {number}"})
    items = {item["key"]: item for item in inspection.version.items}
    return [
        _line(items[answer["key"]], answer, pictures[answer["key"]])
        for answer in inspection.answers
        if answer.get("result")
    ]


def _line(item: dict[str, Any], answer: dict[str, Any], photos: list[dict[str, str]]) -> AnswerLine:
    result = Result(answer["result"])
    handling = answer.get("handling")
    details = [
        ("风险隐患", item["hazard"] if result == Result.FAIL else ""),
        ("处理方式", str(Handling(handling).label) if handling else ""),
        ("处理结果", answer.get("handling_result", "")),
        ("无法拍照原因", answer.get("no_photo_reason", "")),
        ("备注", answer.get("note", "")),
    ]
    shown = [(label, value) for label, value in details if value]
    return AnswerLine(item, str(result.label), RESULT_KINDS[result], shown, photos)


@dataclass(frozen=True)
class HazardLine:
    """A hazard found in an inspection, with how it stands today."""

    hazard: Hazard
    standing: wording.Standing


def hazard_lines(actor: Actor, inspection: Inspection, day: date) -> list[HazardLine]:
    """The hazards that came from an inspection."""
    found = (
        Hazard.objects.for_actor(actor)
        .filter(origin_kind="inspection", origin_code=inspection.code)
        .order_by("id")
    )
    reviews = inspection.unit.reviews_hazards
    return [HazardLine(one, wording.standing(one, day, reviews=reviews)) for one in found]
