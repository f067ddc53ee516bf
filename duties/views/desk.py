"""责任落实 on the desk: 风险管控记录 and its record page (F66)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.clock import local_day
from config.paging import paginate, tab_items
from config.panels import Panel, PanelRow
from duties import queries_desk as queries
from duties import wording
from duties.completion import Completion
from duties.enums import Cadence, RoundStatus, TaskKind
from duties.forms_desk import RecordFilterForm
from duties.models import Inspection
from equipment.models import Equipment
from hazards.queries_desk import narrowed_to
from units.roles import Can

PANEL_ROWS = 7
# The page of a record by kind of to-do, and its printed form (rooms above).
RECORD_PAGES = {
    TaskKind.INSPECTION.value: "duties:record",
    TaskKind.WEEKLY_REPORT.value: "duties:report",
    TaskKind.MONTHLY_MINUTES.value: "duties:minutes",
}
FORM_PAGES = {Cadence.DAILY.value: "reports:daily-check"}
ROUND_PAGE = "reports:round-check"
NUMBERS = (
    (Completion.OWED, "应检", ""),
    (Completion.ON_TIME, "按时", "is-done"),
    (Completion.BACKFILLED, "补录", "is-late"),
    (Completion.MISSED, "漏检", "is-late"),
    (Completion.OPEN, "未到期", ""),
    (Completion.WAIVED, "免检", ""),
)


def _numbers(given: QueryDict, chosen: str, counted: dict[str, int]) -> list[dict[str, Any]]:
    """应检 = 按时 + 补录 + 漏检 + 未到期, with 免检 beside it: each opens its rows (decision 8)."""
    found = []
    for one, label, css in NUMBERS:
        params = given.copy()
        params["completion"] = "" if one == chosen else one.value
        params.pop("page", None)
        number = counted[one.value]
        found.append(
            {
                "label": label,
                "value": number,
                "css": css if number else "",
                "url": f"?{params.urlencode()}",
                "active": one == chosen,
            }
        )
    return found


def _tabs(given: QueryDict, cadence: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    tabs = [(one.value, one.label, counts[one.value]) for one in Cadence]
    return tab_items(given, "cadence", tabs, cadence)


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
    counted = queries.counts(queries.narrowed(actor, asked), asked, now=now)
    found = queries.tasks(actor, asked, now=now)
    listed, size = paginate(
        request,
        queries.with_records(found, asked.cadence, asked.kind),
        count=counted[asked.cadence],
    )
    context = {
        "form": form,
        "tabs": _tabs(request.GET, asked.cadence, counted),
        "numbers": _numbers(request.GET, asked.completion, counted),
        "page": listed,
        "size": size,
        "rows": queries.rows(listed, now),
        "cadence_label": Cadence(asked.cadence).label,
        "form_page": FORM_PAGES.get(asked.cadence, ROUND_PAGE)
        if asked.kind == TaskKind.INSPECTION
        else "",
        "record_page": RECORD_PAGES[asked.kind],
        "is_daily": asked.cadence == Cadence.DAILY,
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
    actor = request.actor
    return RecordFilterForm(given, unit_kinds=actor.unit_kinds, is_bureau=actor.kind == "bureau")


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
        "title": wording.title(inspection),
        "period": wording.period(inspection.cadence, inspection.period_on),
        "facts": wording.record_facts(inspection),
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


def _form_url(inspection: Inspection) -> str:
    try:
        return reverse(FORM_PAGES.get(inspection.cadence, ROUND_PAGE), args=[inspection.code])
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
            url=reverse("duties:record", args=[row.record.code]) if row.record else "",
        )
        for row in queries.rows(latest[:PANEL_ROWS], now)
    ]
    url = f"{reverse('duties:record-list')}?machine={equipment.code}&date_from=&date_to="
    empty = "还没有待办：在用设备从建档当天起每天自动生成。"
    return [Panel("近期待办与巡查", lines, url=url, empty=empty)]
