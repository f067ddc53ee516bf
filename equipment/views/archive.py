"""档案管理: the list (F26), a machine's page, the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.clock import local_day
from config.paging import paginate
from config.words import cn_date
from equipment import catalogue, panels, queries, validators
from equipment.enums import UseStatus
from equipment.forms import ArchiveFilter
from equipment.models import Equipment
from units.roles import Can


@dataclass(frozen=True)
class Row:
    """One line of the list with its words."""

    machine: Equipment
    status: queries.Word
    inspection: queries.Word | None


@page(Can.EQUIPMENT_VIEW)
def equipment_list(request: HttpRequest) -> HttpResponse:
    """Tabs by category, filters in the URL, rows to tick for 批量修改 (unit admin only)."""
    day = local_day(timezone.now())
    actor = request.actor
    form = archive_filter(request.GET, actor, day)
    asked = form.asked()
    tabs = queries.tabs(actor, asked, day=day)
    count = sum(tab.count for tab in tabs if asked.category in {"", tab.category})
    machines, size = paginate(request, queries.archive(actor, asked, day=day), count=count)
    context = {
        "form": form,
        "tabs": _tab_items(request.GET, tabs, asked.category),
        "page": machines,
        "size": size,
        "rows": [
            Row(one, queries.status_word(one), queries.inspection_word(one, day))
            for one in machines
        ],
        "is_filtered": any(form.cleaned_data.values()),
        "has_any": bool(tabs),
        "can_manage": actor.can(Can.EQUIPMENT_MANAGE),
        "shows_unit": actor.kind == "bureau",
        "only_unit": queries.unit_of(actor, asked.unit),
        "filter": request.GET.urlencode(),
    }
    return render(request, "equipment/list.html", context)


def archive_filter(data: QueryDict, actor: Actor, day: date) -> ArchiveFilter:
    """The filter form of an actor; a unit's own officers are choices, a bureau's are not."""
    units = [actor.unit_id] if actor.unit_id is not None else []
    officers = queries.officers(units, day=day, counts_machines=False) if units else []
    return ArchiveFilter(data, actor=actor, officers=officers)


def _tab_items(given: QueryDict, tabs: list[queries.Tab], chosen: str) -> list[dict[str, Any]]:
    """全部 and one tab a category; a tab keeps the filter and begins at page one."""

    def item(label: str, category: str, count: int) -> dict[str, Any]:
        kept = given.copy()
        kept.pop("page", None)
        kept.pop("category", None)
        if category:
            kept["category"] = category
        return {
            "label": label,
            "count": count,
            "active": chosen == category,
            "url": f"?{kept.urlencode()}",
        }

    every = item("全部", "", sum(tab.count for tab in tabs))
    return [every, *(item(tab.label, tab.category, tab.count) for tab in tabs)]


@page(Can.EQUIPMENT_VIEW)
def equipment_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Facts, officers and statuses over time, temporary stops, panels of the higher rooms."""
    day = local_day(timezone.now())
    machine = queries.get_equipment(request.actor, code)
    context = {
        "machine": machine,
        "status": queries.status_word(machine),
        "inspection": queries.inspection_word(machine, day),
        "facts": _facts(machine),
        "hints": hints(machine, day),
        "bindings": queries.binding_lines(machine),
        "periods": queries.status_lines(machine),
        "stops": queries.stop_lines(machine, day),
        "panels": panels.panels_of(machine, request.actor),
        "can_manage": request.actor.can(Can.EQUIPMENT_MANAGE),
        "shows_unit": request.actor.kind == "bureau",
        "is_scrapped": machine.status == UseStatus.SCRAPPED,
    }
    return render(request, "equipment/detail.html", context)


def hints(machine: Equipment, day: date) -> list[str]:
    """What looks odd about a machine's numbers: kept as typed, but worth a look."""
    return [
        *validators.equipment_code_hints(
            machine.equipment_code, catalogue_code=machine.catalogue_id, year_now=day.year
        ),
        *validators.registration_no_hints(
            machine.registration_no,
            category=machine.category,
            catalogue_code=machine.catalogue_id,
        ),
    ]


def _facts(machine: Equipment) -> list[tuple[str, Any]]:
    return [
        ("设备类别", machine.get_category_display()),
        ("设备品种", machine.catalogue),
        ("设备代码", machine.equipment_code),
        ("使用登记证编号", machine.registration_no),
        ("单位内编号", machine.inner_no),
        ("使用地点", machine.place),
        ("安全员", machine.officer.name if machine.officer else "未绑定"),
        ("数量", machine.quantity),
        ("投入使用日期", cn_date(machine.in_use_since)),
        ("下次检验日期", cn_date(machine.next_inspection_on)),
        ("制造单位", machine.manufacturer),
        ("型号", machine.model),
        ("产品编号", machine.product_no),
        ("应急救援电话", machine.rescue_phone),
        ("建档时间", cn_date(machine.created_at)),
    ]


@page(Can.EQUIPMENT_MANAGE)
def catalogue_page(request: HttpRequest) -> HttpResponse:
    """The catalogue to choose a variety from: all codes, found by name or code, or why not."""
    text = request.GET.get("q", "")[:60]
    context = {
        "q": text,
        "groups": catalogue.search(text, day=local_day(timezone.now())),
        "add_url": reverse("equipment:add"),
    }
    return render(request, "equipment/catalogue.html", context)
