"""责任落实 on the desk: 管控清单 (F42), 风险管控记录 and its record page (F66)."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.clock import local_day
from config.paging import paginate
from config.words import cn_date, cn_datetime
from duties import queries_desk as queries
from duties.enums import Cadence, RoundStatus
from duties.forms_desk import RecordFilterForm
from duties.models import Checklist, Inspection
from equipment.models import Equipment
from equipment.panels import Panel, PanelRow
from equipment.words import span
from hazards.queries import narrowed_to
from units.roles import Can

PANEL_ROWS = 7
# The printed form of a record, once reports has one for the cadence.
FORM_PAGES = {Cadence.DAILY.value: "reports:daily-check"}


# ------------------------------------------------------------------ checklists
@page(Can.CHECKLIST_VIEW)
def checklist_list(request: HttpRequest) -> HttpResponse:
    """The fixed lists that this unit's machines call for, tabs by cadence, grouped by category."""
    categories = queries.categories_of(request.actor)
    found = list(queries.fixed_checklists(categories, now=timezone.now()))
    cadence = _cadence(request.GET.get("cadence", ""))
    chosen = [one for one in found if one.cadence == cadence]
    chosen.sort(key=lambda one: categories.index(one.category))
    context = {
        "tabs": _tabs(
            QueryDict(),
            cadence,
            {key: sum(one.cadence == key for one in found) for key in Cadence.values},
        ),
        "groups": [
            (queries.category_label(category), [(one, span(one.period)) for one in lists])
            for category, lists in groupby(chosen, key=lambda one: one.category)
        ],
        "has_machines": bool(categories),
    }
    return render(request, "duties/desk/checklist_list.html", context)


@page(Can.CHECKLIST_VIEW)
def checklist_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One list, read-only: what is checked, the hazard, the measure, what is severe."""
    checklist = queries.get_checklist(request.actor, code)
    context = {
        "checklist": checklist,
        "items": checklist.items.all(),
        "facts": _checklist_facts(checklist),
    }
    return render(request, "duties/desk/checklist_detail.html", context)


def _checklist_facts(checklist: Checklist) -> list[tuple[str, Any]]:
    severe = sum(item.is_severe for item in checklist.items.all())
    return [
        ("适用单位", checklist.get_unit_kind_display()),
        ("适用对象", queries.category_label(checklist.category)),
        ("管控形式", checklist.get_cadence_display()),
        ("有效期", span(checklist.period)),
        ("版本", f"第 {checklist.version} 版"),
        ("管控项", f"{len(checklist.items.all())} 项，其中严重隐患 {severe} 项"),
    ]


def _cadence(text: str) -> str:
    return text if text in Cadence.values else Cadence.DAILY.value


def _tabs(given: QueryDict, cadence: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    tabs = []
    for one in Cadence:
        params = given.copy()
        params["cadence"] = one.value
        params.pop("page", None)
        tabs.append(
            {
                "label": one.label,
                "url": f"?{params.urlencode()}",
                "active": one.value == cadence,
                "count": counts[one.value],
            }
        )
    return tabs


# ------------------------------------------------------------------ records
@page(Can.RECORD_VIEW)
def record_list(request: HttpRequest) -> HttpResponse:
    """Tabs 日 / 周 / 月, filters in the URL; blanks (漏检, 免检, 未到期) stand among the records."""
    actor = request.actor
    if actor.kind == "person":
        return redirect("duties:field-records")
    now = timezone.now()
    is_bureau = actor.kind == "bureau"
    form = record_form(request, now)
    asked = form.asked()
    found = queries.tasks(actor, asked, now=now)
    listed, size = paginate(request, queries.with_records(found, asked.cadence))
    context = {
        "form": form,
        "tabs": _tabs(request.GET, asked.cadence, queries.cadence_counts(found)),
        "page": listed,
        "size": size,
        "rows": queries.rows(listed, now),
        "cadence_label": Cadence(asked.cadence).label,
        "form_page": FORM_PAGES.get(asked.cadence, ""),
        "shows_unit": is_bureau,
        "narrowed": narrowed_to(actor, {"unit": asked.unit, "machine": asked.machine}),
    }
    return render(request, "duties/desk/record_list.html", context)


def record_form(request: HttpRequest, now: datetime) -> RecordFilterForm:
    """The filter of the list; without dates the last thirty days."""
    given = request.GET.copy()
    if "date_from" not in given and "date_to" not in given:
        for key, value in queries.default_dates(local_day(now)).items():
            given[key] = value
    return RecordFilterForm(given, is_bureau=request.actor.kind == "bureau")


@page(Can.RECORD_VIEW)
def record_detail(request: HttpRequest, code: str) -> HttpResponse:
    """查看明细: the items with their answers, photos and signature, and the hazards found."""
    actor = request.actor
    inspection = queries.get_record(actor, code)
    if actor.kind == "person":
        return redirect("duties:field-record", inspection.code)
    day = local_day(timezone.now())
    lines = queries.answer_lines(inspection)
    context = {
        "inspection": inspection,
        "facts": _record_facts(inspection),
        "lines": lines,
        "failed": sum(line.kind == "danger" for line in lines),
        "hazards": queries.hazard_lines(actor, inspection, day),
        "is_stopped": inspection.round_status == RoundStatus.STOPPED,
        "machine": inspection.equipment,
        "form_url": _form_url(inspection),
        "signature_url": reverse("units:file", args=[inspection.signature.image_id]),
        "signed_at": inspection.signature.signed_at,
    }
    return render(request, "duties/desk/record_detail.html", context)


def _record_facts(inspection: Inspection) -> list[tuple[str, Any]]:
    facts = inspection.facts
    return [
        ("使用单位", facts.get("unit_name")),
        ("设备名称", facts.get("equipment_name")),
        ("设备品种", facts.get("catalogue_name")),
        ("设备代码", facts.get("equipment_code")),
        ("使用登记证编号", facts.get("registration_no")),
        ("单位内编号", facts.get("inner_no")),
        ("使用地点", facts.get("place")),
        ("应检日期", cn_date(inspection.period_on)),
        ("使用状态", inspection.get_round_status_display()),
        ("停用原因", inspection.stop_reason),
        ("巡查人", inspection.performer_name),
        ("开始时间（设备）", cn_datetime(inspection.device_started_at)),
        ("完成时间（设备）", cn_datetime(inspection.device_finished_at)),
        ("提交时间", cn_datetime(inspection.received_at)),
        ("完成情况", inspection.get_timing_display()),
        ("补录原因", inspection.backfill_reason),
    ]


def _form_url(inspection: Inspection) -> str:
    name = FORM_PAGES.get(inspection.cadence)
    try:
        return reverse(name, args=[inspection.code]) if name else ""
    except NoReverseMatch:
        return ""


# ------------------------------------------------------------------ a machine's page
def machine_panel(equipment: Equipment, actor: Actor) -> list[Panel]:
    """The latest to-dos of a machine with how they stand, for its page in the archive."""
    if not actor.can(Can.RECORD_VIEW):
        return []
    now = timezone.now()
    asked = queries.RecordFilter(machine=equipment.code)
    latest = queries.with_records(queries.tasks(actor, asked, now=now), Cadence.DAILY)
    lines = [
        PanelRow(
            text=f"{row.task.get_cadence_display()} · {row.person or '未绑定安全员'}",
            at=row.task.period_on,
            note=row.note,
            word=row.word,
            kind=row.kind,
            url=reverse("duties:record", args=[row.inspection.code]) if row.inspection else "",
        )
        for row in queries.rows(latest[:PANEL_ROWS], now)
    ]
    url = f"{reverse('duties:record-list')}?machine={equipment.code}&date_from=&date_to="
    empty = "还没有待办：在用设备从建档当天起每天自动生成。"
    return [Panel("近期待办与巡查", lines, url=url, empty=empty)]
