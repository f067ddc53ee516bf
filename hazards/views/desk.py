"""风险隐患记录 on the desk: unit admin and regulator read (F62)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.clock import local_day
from config.paging import paginate, tab_items
from hazards import queries, queries_desk, queries_turn
from hazards.forms import FilterForm
from hazards.models import HazardQuerySet
from hazards.states import Source
from hazards.views import shown
from units.roles import Can


@page(Can.HAZARD_VIEW)
def hazard_list(request: HttpRequest) -> HttpResponse:
    """风险隐患记录: tabs 日 / 周 / 月 (default 日) with counts, filters in the URL, pages."""
    actor = request.actor
    if actor.kind == "person":
        return redirect("hazards:field-list")
    day = local_day(timezone.now())
    is_bureau = actor.kind == "bureau"
    form, source, hazards = asked_hazards(request, day)
    filters = form.cleaned_data
    counts = queries_desk.source_counts(hazards)
    found = queries.with_people(hazards.filter(source=source))
    listed, size = paginate(request, found)
    return render(
        request,
        "hazards/desk_list.html",
        {
            "is_bureau": is_bureau,
            "form": form,
            "tabs": _tabs(request.GET, source, counts),
            "page": listed,
            "size": size,
            "rows": shown.rows(listed, day, first=listed.start_index() or 1),
            "is_filtered": any(value for key, value in filters.items() if key != "source"),
            "narrowed": queries_desk.narrowed_to(actor, filters),
            "warnings": _warnings(actor, day) if actor.kind == "unit" else [],
        },
    )


def asked_hazards(request: HttpRequest, day: date) -> tuple[FilterForm, str, HazardQuerySet]:
    """The filter of a desk list, the tab (source) asked for, and the hazards of all tabs."""
    actor = request.actor
    form = FilterForm(request.GET, is_bureau=actor.kind == "bureau", unit_kinds=actor.unit_kinds)
    form.is_valid()
    source = request.GET.get("source", "")
    source = source if source in Source.values else Source.DAILY.value
    return form, source, queries_desk.desk_hazards(actor, form.cleaned_data, day=day)


@page(Can.HAZARD_VIEW)
def hazard_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One hazard: facts, 处理方式 and 处理结果 of an immediate one, photos, trail, links."""
    actor = request.actor
    hazard = queries.get_hazard(actor, code)
    if actor.kind == "person":
        return redirect("hazards:field-detail", hazard.code)
    context = shown.whole(hazard, day=local_day(timezone.now()))
    machine = hazard.equipment
    context |= {
        "is_bureau": actor.kind == "bureau",
        "origin_url": shown.origin_url(hazard, phone=False),
        "machine_url": shown.link("equipment:detail", machine.code) if machine else "",
        "steps": shown.steps(hazard),
        "step": shown.step_number(hazard),
    }
    return render(request, "hazards/desk_detail.html", context)


def _tabs(query: QueryDict, source: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    tabs = [(one.value, one.label, counts[one.value]) for one in Source]
    return tab_items(query, "source", tabs, source)


def _warnings(actor: Actor, day: Any) -> list[dict[str, str]]:
    """Hazards nobody can take the next step on; only the unit admin can change that."""
    stuck = queries_turn.unattended(actor, day=day)
    found = []
    if stuck.without_decider:
        found.append(
            {
                "text": f"有 {stuck.without_decider} 条隐患无人下达整改措施或确认完成整改：本单位没有分管的"
                "安全总监（质量安全总监），也没有主要负责人。",
                "url": shown.link("units:staff-list"),
                "label": "到人员管理登记",
            }
        )
    if stuck.without_officer:
        found.append(
            {
                "text": f"有 {stuck.without_officer} 条未完成整改的隐患，其设备未绑定安全员，无人整改。",
                "url": shown.link("equipment:list"),
                "label": "到设备档案绑定",
            }
        )
    return found
