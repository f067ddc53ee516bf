"""气瓶档案: the list of registered cylinders with tabs and filters, one cylinder, 导出 (F88, 汇总表)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.clock import local_day
from config.excel import export
from config.excel.export import ExportColumn
from config.paging import paginate, tab_items
from config.words import cn_date, cn_month, plain_number
from cylinders import queries_archive as queries
from cylinders.actions.changes import extension_of
from cylinders.acts import acts_for, is_changeable
from cylinders.cylinder_states import is_holder
from cylinders.forms_archive import ArchiveFilter
from cylinders.models import Cylinder, CylinderEvent
from cylinders.queries_filling import recent_of
from cylinders.standing import Standing, standing_of
from equipment import qr
from units.roles import Can

CHUNK = 2_000


@dataclass(frozen=True)
class Row:
    """One line of the list with its standing."""

    one: Cylinder
    standing: Standing


def archive_filter(data: QueryDict, actor: Actor, day: date) -> ArchiveFilter:
    """The filter form of an actor."""
    return ArchiveFilter(data, actor=actor, day=day)


@page(Can.CYLINDER_VIEW)
def cylinder_list(request: HttpRequest) -> HttpResponse:
    """Tabs by state, filters in the URL, rows to tick for what is done to several (unit admin)."""
    day = local_day(timezone.now())
    actor = request.actor
    form = archive_filter(request.GET, actor, day)
    asked = form.asked()
    tabs = queries.tabs(actor, asked, day=day)
    chosen = next((one for one in tabs if one.key == asked.tab), tabs[0])
    rows, size = paginate(
        request, queries.archive(actor, asked, day=day), count=min(chosen.count, _most(actor))
    )
    can_manage = actor.can(Can.CYLINDER_MANAGE)
    filter_query = _without(request.GET, "page", "size").urlencode()
    context = {
        "form": form,
        "tabs": tab_items(
            request.GET,
            "tab",
            [(one.key, one.label, one.shown) for one in tabs],
            chosen.key,
            drops_empty=True,
        ),
        "page": rows,
        "size": size,
        "rows": [Row(one, standing_of(one, day)) for one in rows],
        "total": chosen.shown,
        "is_capped": chosen.count > rows.paginator.count,
        "is_filtered": queries.is_filtered(form.cleaned_data),
        "has_any": tabs[0].count > 0 or queries.is_filtered(form.cleaned_data),
        "can_manage": can_manage,
        "acts": [one for one in acts_for(None) if can_manage],
        "shows_unit": actor.kind == "bureau",
        "only_unit": queries.unit_of(actor, asked.unit),
        "filter": filter_query,
        "ticks": f"cylinders-{actor.person_code}",
    }
    return render(request, "cylinders/cylinder_list.html", context)


def _most(actor: Actor) -> int:
    """How many rows a list pages through: a bureau's is cut off, a filter leads further."""
    return queries.COUNTED_MOST if actor.kind == "bureau" else 10_000_000


def _without(given: QueryDict, *names: str) -> QueryDict:
    kept = given.copy()
    for name in names:
        kept.pop(name, None)
    return kept


# ------------------------------------------------------------------ one
@page(Can.CYLINDER_VIEW)
def cylinder(request: HttpRequest, code: str) -> HttpResponse:
    """Facts, how it stands and why, its code, history, photographs, fillings."""
    now = timezone.now()
    day = local_day(now)
    one = queries.get_cylinder(request.actor, code)
    may_change = is_holder(one, request.actor)
    item = queries.item_of(one, request.actor)
    address = qr.absolute(reverse("cylinders:public", args=[one.token]))
    context = {
        "one": one,
        "item": item,
        "standing": standing_of(one, day),
        "facts": facts_of(one),
        "acts": acts_for(one) if may_change else [],
        "can_change": may_change and is_changeable(one),
        "extension": extension_of(one, day=day) if may_change else 0,
        "history": _history(one, request.GET.get("history", "")),
        "photos": [_photo(each) for each in queries.photos_of(item)],
        "address": address,
        "picture": qr.drawing(address),
        "shows_unit": request.actor.kind == "bureau",
        "fillings": recent_of(request.actor, one),
    }
    return render(request, "cylinders/cylinder.html", context)


def facts_of(one: Cylinder) -> list[tuple[str, Any]]:
    """Everything that is known of a cylinder, as its page lists it."""
    return [
        ("使用登记代码", one.registration_code),
        ("使用登记证编号", one.certificate.number),
        ("登记日期", cn_date(one.registered_on)),
        ("原使用登记代码", one.old_code or "无（新增登记）"),
        ("设备品种", one.kind.name),
        ("气瓶型号", one.model or "—"),
        ("充装介质", one.medium),
        ("介质性质", one.get_nature_display()),
        ("制造单位", one.manufacturer),
        ("制造许可证编号", one.maker_licence or "—"),
        ("产品编号", one.product_no),
        ("制造年月", cn_month(one.made_on)),
        ("公称压力", _with_unit(one.nominal_pressure, "MPa")),
        ("试验压力", _with_unit(one.test_pressure, "MPa")),
        ("容积", _with_unit(one.volume, "L")),
        ("设计壁厚", _with_unit(one.wall_thickness, "mm")),
        ("皮重", _with_unit(one.tare, "kg")),
        ("使用年限", f"{one.life_years} 年，至{cn_date(one.ends_on)}"),
        ("最近一次检验", cn_date(one.last_inspected_on) or "无（未到首次检验）"),
        ("下次检验日期", cn_date(one.next_inspection_on)),
        ("二维码标识", one.qr_url),
        ("单位内编号", one.inner_no or "—"),
        ("产权单位", one.owner or f"{one.unit.name}（使用单位）"),
        *([("车牌号", one.plate or "—"), ("VIN", one.vin or "—")] if one.kind.is_vehicle else []),
        ("备注", one.note or "—"),
    ]


def _with_unit(value: Any, unit: str) -> str:
    return f"{plain_number(value)} {unit}" if value is not None else "—"


def _history(one: Cylinder, asked: str) -> dict[str, Any]:
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 0
    found = queries.history(one, number=number)
    return {"lines": [_line(event) for event in found.events], "next": found.next}


def _line(event: CylinderEvent) -> dict[str, Any]:
    """One event in words: what changed from what to what, what was said besides."""
    said = [
        f"{name}：{event.before[name] or '空'} → {value or '空'}"
        if name in event.before and event.before[name] != value
        else f"{name}：{value}"
        for name, value in event.after.items()
        if not (name in event.before and event.before[name] == value)
    ]
    return {
        "event": event,
        "notes": [*said, *([f"说明：{event.reason}"] if event.reason else [])],
        "file_url": reverse("units:file", args=[event.file_id]) if event.file_id else "",
    }


def _photo(photo: Any) -> dict[str, str]:
    url = reverse("units:file", args=[photo.photo.copy_id])
    return {"url": url, "thumb_url": url, "caption": photo.get_kind_display()}


# ------------------------------------------------------------------ export
# The columns of 气瓶基本信息汇总表 (domain 6.2), then what an integration asks for besides.
COLUMNS = (
    ExportColumn("序号", 6, kind="number"),
    ExportColumn("设备品种", 18),
    ExportColumn("充装介质", 14),
    ExportColumn("制造单位", 26),
    ExportColumn("制造年月", 10),
    ExportColumn("公称压力（MPa）", 10, kind="number"),
    ExportColumn("容积（L）", 9, kind="number"),
    ExportColumn("设计壁厚（mm）", 10, kind="number"),
    ExportColumn("最近一次检验日期", 14, kind="date"),
    ExportColumn("下次检验日期", 14, kind="date"),
    ExportColumn("气瓶使用登记代码", 30),
    ExportColumn("变更情况", 24),
    ExportColumn("停用情况", 18),
    ExportColumn("出厂编号", 16),
    ExportColumn("单位内编号", 12),
    ExportColumn("使用单位", 28),
    ExportColumn("统一社会信用代码", 20),
    ExportColumn("使用登记证编号", 24),
    ExportColumn("登记日期", 12, kind="date"),
    ExportColumn("原使用登记代码", 18),
    ExportColumn("状态", 16),
    ExportColumn("气瓶型号", 12),
    ExportColumn("制造许可证编号", 18),
    ExportColumn("试验压力（MPa）", 10, kind="number"),
    ExportColumn("皮重（kg）", 9, kind="number"),
    ExportColumn("设计使用年限（年）", 10, kind="number"),
    ExportColumn("使用年限截止日期", 14, kind="date"),
    ExportColumn("二维码标识（URL）", 40),
    ExportColumn("产权单位", 24),
    ExportColumn("车牌号", 12),
    ExportColumn("车辆识别代号（VIN）", 20),
    ExportColumn("备注", 20),
)
# How the summary table tells what is out of use.
_OUT_OF_USE = ("stopped", "scrapped", "lost")


@page(Can.CYLINDER_VIEW)
def cylinder_export(request: HttpRequest) -> HttpResponseBase:
    """导出: same rows, same filter, same right as the list; every column of the 汇总表 (F88)."""
    day = local_day(timezone.now())
    form = archive_filter(request.GET, request.actor, day)
    asked = form.asked()
    rows = queries.archive(request.actor, asked, day=day)
    group = {key: label for key, label, _states in queries.GROUPS}.get(asked.tab, "")
    stream = export.workbook(
        COLUMNS,
        _rows(queries.with_changes(rows)),
        title="气瓶基本信息汇总表",
        described="；".join(filter(None, [export.described(form), group])),
        total=rows.count(),
    )
    return export.download(stream, f"气瓶基本信息汇总表{day:%Y%m%d}")


def _rows(rows: Any) -> Iterator[tuple[Any, ...]]:
    one: Cylinder
    for number, one in enumerate(rows.iterator(chunk_size=CHUNK), 1):
        state = one.get_state_display()
        yield (
            number,
            one.kind.name,
            one.medium,
            one.manufacturer,
            f"{one.made_on:%Y-%m}",
            _number(one.nominal_pressure),
            _number(one.volume),
            _number(one.wall_thickness),
            one.last_inspected_on,
            one.next_inspection_on,
            one.registration_code,
            f"{cn_date(one.changed_on)}变更" if one.changed_on else "",
            state if one.state in _OUT_OF_USE else "",
            one.product_no,
            one.inner_no,
            one.unit.name,
            one.unit.credit_code,
            one.certificate.number,
            one.registered_on,
            one.old_code,
            state,
            one.model,
            one.maker_licence,
            _number(one.test_pressure),
            _number(one.tare),
            one.life_years,
            one.ends_on,
            one.qr_url,
            one.owner,
            one.plate,
            one.vin,
            one.note,
        )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
