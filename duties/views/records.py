"""记录 on the phone: of machines, licences, stations and types, and one record (F67, F68)."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from config.access import page
from config.clock import local_day
from duties import queries, wording
from duties import queries_records as records
from duties.enums import Cadence, Handling, Result, Timing
from duties.forms import SearchForm
from duties.models import Inspection, Task
from duties.models.inspection import InspectionPhoto
from duties.rounds import subjects_of
from equipment.models import Equipment, Licence, Station
from hazards.models import Hazard
from hazards.wording import standing as hazard_standing
from units.roles import Can, Role

ROWS = 20
TIMING_KINDS = {
    Timing.ON_TIME: "done",
    Timing.ON_TIME_OFFLINE: "done",
    Timing.BACKFILLED: "late",
}
RESULT_KINDS = {
    Result.PASS: "done",
    Result.FAIL: "danger",
    Result.NOT_APPLICABLE: "neutral",
}


# The printed form of a record (a room above).
FORM_PAGES = {Cadence.DAILY.value: "reports:daily-check"}
ROUND_PAGE = "reports:round-check"
TABS = ((Cadence.DAILY, "日管控"), (Cadence.WEEKLY, "周排查"), (Cadence.MONTHLY, "月调度"))
# Weeks (a quarter) or months on one page of a type's history.
PERIODS = {Cadence.WEEKLY: 13, Cadence.MONTHLY: 12}


def _tabs(cadence: str) -> list[dict[str, Any]]:
    url = reverse("duties:field-records")
    return [
        {"label": label, "url": f"{url}?tab={one.value}", "active": one == cadence}
        for one, label in TABS
    ]


@page(Can.FIELD_HOME)
def overview(request: HttpRequest) -> HttpResponse:
    """记录 by tabs 日管控, 周排查, 月调度 (M 2.6–2.8, 3.8–3.10, 4.5–4.7)."""
    asked = request.GET.get("tab", "")
    if asked in (Cadence.WEEKLY, Cadence.MONTHLY):
        return _types(request, asked)
    return _things(request)


def _things(request: HttpRequest) -> HttpResponse:
    """Machines, licences or stations with the result of their last daily round; an officer's own."""
    now = timezone.now()
    actor = request.actor
    sorts = subjects_of(actor.unit_kinds)
    what = request.GET.get("what", "")
    subject = next((one for one in sorts if one.key == what), sorts[0])
    officer = actor.has_role(
        Role.QUALITY_OFFICER if subject.key == "licence" else Role.SAFETY_OFFICER
    )
    mine = officer and request.GET.get("of") != "all"
    search = SearchForm(request.GET)
    found = records.things_with_last(actor, subject, mine=mine, keyword=search.keyword)
    here = Paginator(found, ROWS).get_page(request.GET.get("page"))
    last = records.tasks_by_id([one.last_task_id for one in here if one.last_task_id])
    url = f"{reverse('duties:field-records')}?what={subject.key}"
    context = {
        "tabs": _tabs(Cadence.DAILY),
        "sorts": [
            {
                "label": one.noun,
                "url": f"{reverse('duties:field-records')}?what={one.key}",
                "active": one == subject,
            }
            for one in sorts
        ]
        if len(sorts) > 1
        else [],
        "subject": subject,
        "hint": subject.hint,
        "officer": officer,
        "mine": mine,
        "mine_url": url,
        "all_url": f"{url}&of=all",
        "page": here,
        "size": ROWS,
        "rows": [
            {
                "name": wording.name_of(one),
                "place": wording.place_of(one),
                "url": reverse(THING_PAGES[subject.key], args=[one.code]),
                "last": outcome(last[one.last_task_id], now) if one.last_task_id in last else None,
            }
            for one in here
        ],
        "keyword": search.keyword,
        "has_search": here.paginator.count > 10 or bool(search.keyword),
    }
    return render(request, "duties/field/records.html", context)


THING_PAGES = {
    "equipment": "duties:field-machine",
    "licence": "duties:field-licence",
    "station": "duties:field-station",
}


def _types(request: HttpRequest, cadence: str) -> HttpResponse:
    """The types (电梯, 电梯安装, 充装单位) with how their latest week or month stands."""
    found = records.types(request.actor, cadence, now=timezone.now())
    context = {
        "tabs": _tabs(cadence),
        "round": str(Cadence(cadence).label),
        "rows": [
            {
                "line": one,
                "title": wording.type_title(one.category),
                "period": wording.period(cadence, one.period_on),
                "url": reverse("duties:field-type", args=[cadence, one.category]),
            }
            for one in found
        ],
    }
    return render(request, "duties/field/types.html", context)


@page(Can.FIELD_HOME)
def machine(request: HttpRequest, code: str) -> HttpResponse:
    """The daily rounds of one machine by date, with 漏检, 补录 and 免检 said in words."""
    return _thing(request, "equipment", code)


@page(Can.FIELD_HOME)
def licence(request: HttpRequest, code: str) -> HttpResponse:
    """The daily rounds of one licence by date."""
    return _thing(request, "licence", code)


@page(Can.FIELD_HOME)
def station(request: HttpRequest, code: str) -> HttpResponse:
    """The daily rounds of one station by date."""
    return _thing(request, "station", code)


def _thing(request: HttpRequest, key: str, code: str) -> HttpResponse:
    now = timezone.now()
    found = records.get_thing(request.actor, key, code)
    rows = records.daily_history(found, key)
    here = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    context = {
        "name": wording.name_of(found),
        "place": wording.place_of(found),
        "kind": _kind_of(found),
        "officer": found.officer,
        "unbound": "未绑定安全员" if key == "equipment" else "未指定责任人，当日谁开始谁负责",
        "list_url": f"{reverse('duties:field-records')}?what={key}",
        "page": here,
        "size": ROWS,
        "rows": [outcome(task, now) for task in here],
    }
    return render(request, "duties/field/machine.html", context)


def _kind_of(thing: Equipment | Licence | Station) -> str:
    if isinstance(thing, Licence):
        return "许可"
    return f"工位 {thing.number}" if isinstance(thing, Station) else thing.catalogue.name


@page(Can.FIELD_HOME)
def history(request: HttpRequest, cadence: str, category: str) -> HttpResponse:
    """One type week by week or month by month: who did it, and the way to each record (F68)."""
    now = timezone.now()
    actor = request.actor
    found = records.get_type(actor, cadence, category)
    size = PERIODS[Cadence(cadence)]
    days = records.periods_since(actor, cadence, day=local_day(now))
    here = Paginator(days, size).get_page(request.GET.get("page"))
    rounds = records.rounds_in(actor, cadence, category, here.object_list)
    context = {
        "title": wording.type_title(found.value),
        "round": str(Cadence(cadence).label),
        "list_url": f"{reverse('duties:field-records')}?tab={cadence}",
        "page": here,
        "size": size,
        "groups": [
            {
                "period": wording.period(cadence, first),
                "rows": [outcome(task, now) | {"level": wording.level(task)} for task in tasks],
            }
            for first, tasks in groupby(rounds, key=lambda task: task.period_on)
        ],
    }
    return render(request, "duties/field/history.html", context)


@page(Can.FIELD_HOME)
def record(request: HttpRequest, code: str) -> HttpResponse:
    """One signed round: answers, photos, signature, hazards, and the way to its form."""
    now = timezone.now()
    inspection = queries.get_inspection(request.actor, code)
    context = {
        "inspection": inspection,
        "title": wording.title(inspection),
        "signer": wording.SIGNERS[Cadence(inspection.cadence)],
        "round": inspection.get_cadence_display(),
        "rows": wording.record_facts(inspection)[2:],
        "back_url": history_url(inspection),
        "timing_kind": TIMING_KINDS[Timing(inspection.timing)],
        "answers": _answers(inspection),
        "hazards": _hazards(request, inspection, now),
        "signature_url": reverse("units:file", args=[inspection.signature.image_id]),
        "form_url": _optional_url(FORM_PAGES.get(inspection.cadence, ROUND_PAGE), inspection.code),
    }
    return render(request, "duties/field/record.html", context)


def history_url(task: Task | Inspection) -> str:
    """Where all rounds of the same thing are listed."""
    if task.cadence != Cadence.DAILY:
        return reverse("duties:field-type", args=[task.cadence, task.category])
    key = next(key for key in THING_PAGES if getattr(task, f"{key}_id"))
    return reverse(THING_PAGES[key], args=[getattr(task, key).code])


def outcome(task: Task, now: datetime) -> dict[str, Any]:
    """How a to-do ended, in words, for a list row; a blank is explained."""
    inspection = getattr(task, "inspection", None)
    row = {
        "task": task,
        "period": wording.period(task.cadence, task.period_on),
        "standing": queries.standing(task, now),
        "inspection": inspection,
        "note": "",
    }
    if inspection is not None:
        found = f"隐患 {inspection.hazard_count} 项" if inspection.hazard_count else "未发现隐患"
        if inspection.round_status == "stopped":
            found = wording.stopped_words(inspection)
        row["standing"] = queries.Standing(
            TIMING_KINDS[Timing(inspection.timing)], inspection.get_timing_display()
        )
        row["note"] = f"{inspection.performer_name} · {found}"
    elif task.waive_reason:
        row["note"] = task.waive_reason
    elif queries.is_missed(task, now):
        who = task.assignee.name if task.assignee_id else _nobody(task)
        row["note"] = f"{who} · 未按时完成"
    elif task.assignee_id:
        row["note"] = task.assignee.name
    return row


def _nobody(task: Task) -> str:
    return "未绑定安全员" if task.equipment_id else "无人领取"


def _answers(inspection: Inspection) -> list[dict[str, Any]]:
    """The answers beside the items they were given to."""
    items = {item["key"]: item for item in inspection.version.items}
    pictures: dict[str, list[InspectionPhoto]] = {}
    for link in inspection.photos.all():
        pictures.setdefault(link.item_key, []).append(link)
    return [
        {
            **answer,
            "item": items[answer["key"]],
            "word": Result(answer["result"]).label,
            "kind": RESULT_KINDS[Result(answer["result"])],
            "handling_word": Handling(answer["handling"]).label if answer["handling"] else "",
            "photos": [
                {"url": reverse("units:file", args=[link.photo.copy_id])}
                for link in pictures.get(answer["key"], [])
            ],
        }
        for answer in inspection.answers
    ]


def _hazards(request: HttpRequest, inspection: Inspection, now: datetime) -> list[dict[str, Any]]:
    found = queries.hazards_of(request.actor, inspection)
    return [{"hazard": one, "url": _hazard_url(one), **_words(one, now)} for one in found]


def _words(hazard: Hazard, now: datetime) -> dict[str, str]:
    said = hazard_standing(hazard, local_day(now), reviews=hazard.unit.reviews_hazards)
    return {"kind": said.kind, "word": said.word}


def _hazard_url(hazard: Hazard) -> str:
    return reverse("hazards:field-detail", args=[hazard.code])


def _optional_url(name: str, *args: str) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
