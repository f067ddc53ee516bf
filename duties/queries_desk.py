"""Reading records for the desk: unit admin and regulator (F66)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Prefetch, Q
from django.http import Http404
from django.urls import reverse

from config.actor import Actor
from config.codes import normalise
from config.words import cn_datetime
from duties import wording as duty_wording
from duties.completion import Completion, where
from duties.enums import Cadence, Handling, Result, TaskKind, Timing
from duties.models import Inspection, InspectionPhoto, Task
from duties.models.task import TaskQuerySet
from duties.queries import is_missed, is_pooled, standing
from equipment import subjects
from hazards import wording
from hazards.models import Hazard
from units.models.unit import UnitKind

RECORD_DAYS = 30


def category_label(category: str) -> str:
    """The Chinese name of a duty category; the value itself for a licence family."""
    return wording.category_label(category)


# ------------------------------------------------------------------ records (F66)
@dataclass(frozen=True)
class RecordFilter:
    """What the list of records is narrowed to; empty values narrow nothing."""

    cadence: str = Cadence.DAILY.value
    kind: str = TaskKind.INSPECTION.value
    level: str = ""
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
    found = narrowed(actor, asked)
    return found.filter(where(asked.completion, now)) if asked.completion else found


def narrowed(actor: Actor, asked: RecordFilter) -> TaskQuerySet:
    """The same whatever their completion: what the numbers above the list are counted from."""
    found = Task.objects.for_actor(actor).filter(kind=asked.kind)
    plain = {
        "level": asked.level,
        "period_on__gte": asked.date_from,
        "period_on__lte": asked.date_to,
        "category": asked.category,
        "equipment__code": asked.machine,
        "unit__code": asked.unit,
    }
    found = found.filter(**{lookup: value for lookup, value in plain.items() if value})
    for word in normalise(asked.keyword).split():
        match = Q()
        for column in _searched(actor):
            match |= Q(**{f"{column}__icontains": word})
        found = found.filter(match | _types_called(word, asked.cadence))
    if person := normalise(asked.person):
        found = found.filter(
            Q(inspection__performer_name__icontains=person)
            | Q(inspection=None, assignee__name__icontains=person)
        )
    return found


def _types_called(word: str, cadence: str) -> Q:
    """Weekly and monthly to-dos have no name but that of their type."""
    if cadence == Cadence.DAILY:
        return Q(pk__in=[])
    titles = {one.value: duty_wording.type_title(one.value) for one in subjects.every()}
    return Q(category__in=[value for value, label in titles.items() if word in label])


def _searched(actor: Actor) -> list[str]:
    columns = ("name", "equipment_code", "registration_no", "inner_no", "place")
    unit = ["unit__name"] if actor.kind == "bureau" else []
    others: list[str] = []
    if actor.kind == "bureau" or set(actor.unit_kinds) - {UnitKind.USING.value}:
        others = ["licence__number", "licence__family__name", "station__name", "station__number"]
    return [*(f"equipment__{column}" for column in columns), *others, *unit]


def counts(found: TaskQuerySet, asked: RecordFilter, *, now: datetime) -> dict[str, int]:
    """Rows of every tab under the present filter, and the tab's to-dos by completion whatever
    completion is asked for (one query). Keys: cadences, completions."""
    tabs = {
        one: Count("pk", filter=Q(cadence=one) & _completed_as(asked, now))
        for one in Cadence.values
    }
    here = {
        one: Count("pk", filter=Q(cadence=asked.cadence) & where(one, now))
        for one in Completion.values
    }
    return found.order_by().aggregate(**tabs, **here)


def _completed_as(asked: RecordFilter, now: datetime) -> Q:
    return where(asked.completion, now) if asked.completion else Q()


# Where what was signed for a to-do hangs.
RECORD_OF = {
    TaskKind.INSPECTION: "inspection",
    TaskKind.WEEKLY_REPORT: "weeklyreport",
    TaskKind.MONTHLY_MINUTES: "monthlyminutes",
}


def with_records(
    found: TaskQuerySet, cadence: str, kind: str = TaskKind.INSPECTION
) -> TaskQuerySet:
    """The rows of one tab with everything they print, the latest period first."""
    return (
        found.filter(cadence=cadence)
        .select_related("unit", "equipment", "licence__family", "station")
        .select_related("assignee", "stands_in_for", RECORD_OF[TaskKind(kind)])
        .order_by("-period_on", "unit_id", "category", "equipment_id", "id")
    )


@dataclass(frozen=True)
class Row:
    """One to-do as a line: what, who, when, how it stands and why there is nothing, if so."""

    task: Task
    # An inspection, a weekly report or minutes; None without.
    record: Any
    subject: str
    about: str
    level: str
    period: str
    person: str
    kind: str
    word: str
    note: str

    @property
    def hazard_count(self) -> int | None:
        """The hazards an inspection found; None without an inspection."""
        return getattr(self.record, "hazard_count", None)

    @property
    def place(self) -> str:
        """Where the machine or station is, the number of the licence."""
        thing = self.task.equipment or self.task.licence or self.task.station
        return duty_wording.place_of(thing) if thing else ""


def rows(found: list[Task] | Any, now: datetime) -> list[Row]:
    """The lines of a page of to-dos (see with_records)."""
    return [_row(task, now) for task in found]


def _row(task: Task, now: datetime) -> Row:
    record = getattr(task, RECORD_OF[TaskKind(task.kind)], None)
    kind, word, note = _completed(task, record, now)
    person = task.assignee.name if task.assignee else ""
    if record is not None:
        person = getattr(record, "performer_name", "") or getattr(record, "author_name", "")
    return Row(
        task=task,
        record=record,
        subject=duty_wording.title(task),
        about=_about(task),
        level=duty_wording.level(task),
        period=duty_wording.period(task.cadence, task.period_on),
        person=person,
        kind=kind,
        word=word,
        note=note,
    )


def _about(task: Task) -> str:
    """The second line of the subject: category and place, licence number, medium."""
    thing = task.equipment or task.licence or task.station
    if thing is None:
        return ""
    label = task.equipment.get_category_display() if task.equipment else ""
    return " · ".join(part for part in (label, duty_wording.place_of(thing)) if part)


def _completed(task: Task, record: Any, now: datetime) -> tuple[str, str, str]:
    """(kind, word, explanation) of how a to-do stands; a blank never goes unexplained."""
    if task.waive_reason:
        return "neutral", str(Completion.WAIVED.label), task.waive_reason
    if record is not None:
        late = record.timing == Timing.BACKFILLED
        note = f"补录原因：{record.backfill_reason}" if late else _stopped(record)
        stood_in = f"代 {task.stands_in_for.name}（请假代班）" if task.stands_in_for else ""
        note = "；".join(part for part in (note, stood_in) if part)
        return ("late" if late else "done"), record.get_timing_display(), note
    who = "" if task.assignee_id else f"，{_nobody(task)}"
    if is_missed(task, now):
        note = f"截至 {cn_datetime(task.due_at - timedelta(minutes=1))} 未提交{who}"
        return "late", str(Completion.MISSED.label), note
    if task.is_open:
        word = standing(task, now).word
        return "open", str(Completion.OPEN.label), word if is_pooled(task) else f"{word}{who}"
    return "done", standing(task, now).word, ""


def _nobody(task: Task) -> str:
    return "未绑定安全员" if task.equipment_id else "无人领取"


def _stopped(record: Any) -> str:
    reason = getattr(record, "stop_reason", "")
    return f"当日停用：{reason}" if reason else ""


# ------------------------------------------------------------------ one record
def get_record(actor: Actor, code: str) -> Inspection:
    """A submitted inspection with everything its page prints; 404 for a foreign one."""
    pictures = InspectionPhoto.objects.select_related("photo")
    found = (
        Inspection.objects.for_actor(actor)
        .select_related("unit", "task", "version", "signature", "equipment")
        .select_related("licence__family", "station")
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
