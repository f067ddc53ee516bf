"""充装记录 on the desk: unit and bureau read what stations sent (F89)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.clock import local_day
from config.excel.export import ExportColumn, described, download, workbook
from config.paging import paginate
from cylinders import queries_filling as queries
from cylinders.forms_filling import FillingFilter
from cylinders.models import FillingRecord
from cylinders.queries_archive import get_cylinder
from units.roles import Can

CHUNK = 2_000
COLUMNS = (
    ExportColumn("单位", 28),
    ExportColumn("工位", 16),
    ExportColumn("记录种类", 12),
    ExportColumn("发生时间", 18),
    ExportColumn("产品编号", 16),
    ExportColumn("气瓶使用登记代码", 22),
    ExportColumn("气瓶标识", 36),
    ExportColumn("充装介质", 14),
    ExportColumn("充装量", 12),
    ExportColumn("作业人员", 12),
    ExportColumn("结果", 12),
    ExportColumn("禁止充装原因", 36),
    ExportColumn("提醒", 36),
    ExportColumn("记录编号", 24),
    ExportColumn("接收时间", 18),
)


@page(Can.CYLINDER_VIEW)
def filling_list(request: HttpRequest) -> HttpResponse:
    """What stations sent, of the last seven days unless asked otherwise."""
    actor = request.actor
    form = filling_form(request, timezone.now())
    asked = form.asked()
    listed, size = paginate(request, queries.records(actor, asked))
    context = {
        "form": form,
        "page": listed,
        "size": size,
        "rows": _rows(listed, actor),
        "is_bureau": actor.kind == "bureau",
        "is_filtered": bool(asked.station or asked.kind or asked.stopped or asked.keyword),
        "days": (asked.last - asked.first).days + 1,
    }
    return render(request, "cylinders/filling_list.html", context)


def filling_form(request: HttpRequest, now: datetime) -> FillingFilter:
    """The filter of the list; the list and its export ask alike."""
    actor = request.actor
    day = local_day(now)
    given = request.GET.copy()
    if "first" not in given and "last" not in given:
        for name, value in queries.default_days(day).items():
            given[name] = value
    is_bureau = actor.kind == "bureau"
    stations = [] if is_bureau else queries.stations(actor)
    return FillingFilter(
        given,
        stations=[(one.code, f"{one.number} {one.name}") for one in stations],
        is_bureau=is_bureau,
        day=day,
    )


def _rows(listed: Any, actor: Actor) -> list[dict[str, Any]]:
    return [
        {
            "record": one,
            "word": queries.word(one),
            "causes": queries.causes(one),
            "amount": queries.amount(one),
            "number": queries.number_of(one, actor),
        }
        for one in listed
    ]


@page(Can.CYLINDER_VIEW)
def filling(request: HttpRequest, code: str) -> HttpResponse:
    """One record: what was said to the station, and every field it sent."""
    actor = request.actor
    record = queries.get_record(actor, code)
    context = {
        "record": record,
        "word": queries.word(record),
        "number": queries.number_of(record, actor),
        "facts": queries.facts_of(record),
        "cylinder": record.cylinder if queries.shows_cylinder(actor, record) else None,
        "is_bureau": actor.kind == "bureau",
    }
    return render(request, "cylinders/filling.html", context)


@page(Can.CYLINDER_VIEW)
def cylinder_fillings(request: HttpRequest, code: str) -> HttpResponse:
    """Checks, fillings and re-checks of one cylinder."""
    actor = request.actor
    cylinder = get_cylinder(actor, code)
    listed, size = paginate(request, queries.of_cylinder(actor, cylinder))
    context = {
        "cylinder": cylinder,
        "page": listed,
        "size": size,
        "rows": _rows(listed, actor),
        "is_bureau": actor.kind == "bureau",
    }
    return render(request, "cylinders/cylinder_fillings.html", context)


@page(Can.CYLINDER_VIEW)
def filling_export(request: HttpRequest) -> HttpResponseBase:
    """导出 of the list's present filter."""
    actor = request.actor
    form = filling_form(request, timezone.now())
    found = queries.records(actor, form.asked())
    stream = workbook(
        COLUMNS,
        (_cells(one, actor) for one in found.iterator(CHUNK)),
        title="充装记录",
        described=described(form),
        total=found.count(),
    )
    return download(stream, "充装记录")


def _cells(one: FillingRecord, actor: Actor) -> tuple[Any, ...]:
    number = queries.number_of(one, actor)
    is_known = one.cylinder is not None and number == one.cylinder.product_no
    return (
        one.unit.name,
        f"{one.station.number} {one.station.name}",
        one.get_kind_display(),
        one.occurred_at,
        number if is_known else "",
        one.cylinder.registration_code if is_known else "",
        one.cylinder_ref,
        one.medium,
        queries.amount(one),
        one.facts["record"]["person"],
        queries.word(one).text,
        queries.causes(one),
        " ".join(said["message"] for said in one.facts["warnings"]),
        one.record_id,
        one.received_at,
    )
