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
from config.paging import paginate, tab_items
from config.words import cn_date
from equipment import catalogue, columns, panels, queries, queries_stops, validators
from equipment import queries_declarations as declared
from equipment.enums import UseStatus
from equipment.forms import ArchiveFilter
from equipment.models import Equipment
from equipment.timeline import timeline
from units.roles import Can

# Columns that the template marks up by itself.
MARKED = frozenset({"catalogue", "status", "officer", "next_inspection_on"})


@dataclass(frozen=True)
class Cell:
    """One value of a line; `key` says which column, for those that are more than a text."""

    key: str
    label: str
    text: str
    is_code: bool


@dataclass(frozen=True)
class Row:
    """One line of the list with its words."""

    machine: Equipment
    status: queries.Word
    inspection: queries.Word | None
    cells: list[Cell]


@page(Can.EQUIPMENT_VIEW)
def equipment_list(request: HttpRequest) -> HttpResponse:
    """Tabs by category, filters and columns in the URL, rows to tick for 批量修改 (unit admin)."""
    day = local_day(timezone.now())
    actor = request.actor
    form = archive_filter(request.GET, actor, day)
    asked = form.asked()
    tabs = queries.tabs(actor, asked, day=day)
    count = sum(tab.count for tab in tabs if asked.category in {"", tab.category})
    machines, size = paginate(request, queries.archive(actor, asked, day=day), count=count)
    shown = columns.chosen(request)
    context = {
        "form": form,
        "tabs": _tab_items(request.GET, tabs, asked.category),
        "page": machines,
        "size": size,
        "columns": shown,
        "every_column": [(one, one in shown) for one in columns.COLUMNS],
        "rows": [_row(one, shown, day) for one in machines],
        "is_filtered": any(form.cleaned_data.values()),
        "has_any": bool(tabs),
        "can_manage": actor.can(Can.EQUIPMENT_MANAGE),
        "shows_unit": actor.kind == "bureau",
        "only_unit": queries.unit_of(actor, asked.unit),
        "filter": columns.without(request.GET).urlencode(),
        "kept": list(columns.without(request.GET).items()),
        "ticks": f"equipment-{actor.person_code}",
    }
    answer = render(request, "equipment/list.html", context)
    columns.remember(request, answer, shown)
    return answer


def _row(machine: Equipment, shown: list[columns.Column], day: date) -> Row:
    cells = [
        Cell(
            one.key,
            one.label,
            "" if one.key in MARKED else columns.plain(machine, one.key),
            one.is_code,
        )
        for one in shown
    ]
    return Row(machine, queries.status_word(machine), queries.inspection_word(machine, day), cells)


def archive_filter(data: QueryDict, actor: Actor, day: date) -> ArchiveFilter:
    """The filter form of an actor; a unit's own officers are choices, a bureau's are not."""
    units = [actor.unit_id] if actor.unit_id is not None else []
    officers = queries.officers(units, day=day, counts_machines=False) if units else []
    return ArchiveFilter(data, actor=actor, officers=officers)


def _tab_items(given: QueryDict, tabs: list[queries.Tab], chosen: str) -> list[dict[str, Any]]:
    """全部 and one tab a category; a tab keeps the filter and begins at page one."""
    every = ("", "全部", sum(tab.count for tab in tabs))
    items = [every, *((tab.category, tab.label, tab.count) for tab in tabs)]
    return tab_items(given, "category", items, chosen, drops_empty=True)


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
        "stops": queries_stops.latest_of(machine, day),
        "declarations": declared.of_machine(machine, day),
        "suspension": declared.suspended_on(machine.unit_id, day),
        "timeline": timeline(machine, number=_number(request.GET.get("history", ""))),
        "panels": panels.panels_of(machine, request.actor),
        "can_manage": request.actor.can(Can.EQUIPMENT_MANAGE),
        "can_declare": request.actor.can(Can.DECLARATION_FILE),
        "can_see_declarations": request.actor.can(Can.DECLARATION_VIEW),
        "shows_unit": request.actor.kind == "bureau",
        "is_scrapped": machine.status == UseStatus.SCRAPPED,
    }
    return render(request, "equipment/detail.html", context)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


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
