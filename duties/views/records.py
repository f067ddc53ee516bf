"""日管控记录 on the phone: machines, the history of one, one record (F67)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from config.access import page
from config.clock import local_day
from duties import queries
from duties.enums import Handling, Result, Timing
from duties.forms import SearchForm
from duties.models import Inspection, Task
from duties.models.inspection import InspectionPhoto
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


@page(Can.FIELD_HOME)
def machines(request: HttpRequest) -> HttpResponse:
    """Machines with the result of their last daily round; an officer's own first."""
    now = timezone.now()
    actor = request.actor
    officer = actor.has_role(Role.SAFETY_OFFICER)
    mine = officer and request.GET.get("of") != "all"
    search = SearchForm(request.GET)
    found = queries.machines_with_last(actor, mine=mine, keyword=search.keyword)
    here = Paginator(found, ROWS).get_page(request.GET.get("page"))
    last = queries.tasks_by_id([one.last_task_id for one in here if one.last_task_id])
    url = reverse("duties:field-records")
    context = {
        "tabs": [
            {"label": "我负责的设备", "url": url, "active": mine},
            {"label": "本单位设备", "url": f"{url}?of=all", "active": not mine},
        ]
        if officer
        else [],
        "mine": mine,
        "page": here,
        "size": ROWS,
        "rows": [
            {"machine": one, "last": outcome(last[one.last_task_id], now)}
            if one.last_task_id in last
            else {"machine": one, "last": None}
            for one in here
        ],
        "search": search,
        "keyword": search.keyword,
        "has_search": here.paginator.count > 10 or bool(search.keyword),
    }
    return render(request, "duties/field/records.html", context)


@page(Can.FIELD_HOME)
def machine(request: HttpRequest, code: str) -> HttpResponse:
    """The daily rounds of one machine by date, with 漏检, 补录 and 免检 said in words."""
    now = timezone.now()
    found = queries.get_machine(request.actor, code)
    here = Paginator(queries.machine_history(found), ROWS).get_page(request.GET.get("page"))
    context = {
        "machine": found,
        "page": here,
        "size": ROWS,
        "rows": [outcome(task, now) for task in here],
    }
    return render(request, "duties/field/machine.html", context)


@page(Can.FIELD_HOME)
def record(request: HttpRequest, code: str) -> HttpResponse:
    """One signed round: answers, photos, signature, hazards, and the way to its form."""
    now = timezone.now()
    inspection = queries.get_inspection(request.actor, code)
    context = {
        "inspection": inspection,
        "facts": inspection.facts,
        "timing_kind": TIMING_KINDS[Timing(inspection.timing)],
        "answers": _answers(inspection),
        "hazards": _hazards(request, inspection, now),
        "signature_url": reverse("units:file", args=[inspection.signature.image_id]),
        "form_url": _optional_url("reports:daily-check", inspection.code),
    }
    return render(request, "duties/field/record.html", context)


def outcome(task: Task, now: datetime) -> dict[str, Any]:
    """How a to-do ended, in words, for a list row; a blank is explained."""
    inspection = getattr(task, "inspection", None)
    row = {
        "task": task,
        "standing": queries.standing(task, now),
        "inspection": inspection,
        "note": "",
    }
    if inspection is not None:
        found = f"隐患 {inspection.hazard_count} 项" if inspection.hazard_count else "未发现隐患"
        if inspection.round_status == "stopped":
            found = f"停用：{inspection.stop_reason}"
        row["standing"] = queries.Standing(
            TIMING_KINDS[Timing(inspection.timing)], inspection.get_timing_display()
        )
        row["note"] = f"{inspection.performer_name} · {found}"
    elif task.waive_reason:
        row["note"] = task.waive_reason
    elif queries.is_missed(task, now):
        who = task.assignee.name if task.assignee_id else "未绑定安全员"
        row["note"] = f"{who} · 未按时巡查"
    return row


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
