"""导出 of licences and stations: the filtered list in the columns of its own template (B120)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.excel.export import described, download
from config.excel.kinds import Context
from config.excel.resource import exported
from equipment import queries_licences as queries
from equipment.imports import licences, stations
from equipment.views.licences import asked as asked_licences
from equipment.views.stations import asked as asked_stations
from units.roles import Can


@page(Can.ORG_MANAGE)
def licence_export(request: HttpRequest) -> HttpResponse:
    """The licences of the list's present filter."""
    now = timezone.now()
    day = local_day(now)
    form, found = asked_licences(request, day)
    context = Context(actor=request.actor, now=now)
    stream = exported(
        licences.LicenceResource(context),
        licences.columns(context),
        found.prefetch_related("items"),
        title="许可",
        described=described(form),
        total=found.count(),
        extra={"状态": lambda one: queries.expiry_word(one, day).text},
    )
    return download(stream, "许可")


@page(Can.ORG_MANAGE)
def station_export(request: HttpRequest) -> HttpResponse:
    """The stations of the list's present filter."""
    form, found = asked_stations(request)
    context = Context(actor=request.actor, now=timezone.now())
    stream = exported(
        stations.StationResource(context),
        stations.columns(context),
        found,
        title="工位",
        described=described(form),
        total=found.count(),
        extra={"状态": lambda one: "使用中" if one.closed_at is None else "已停用"},
    )
    return download(stream, "工位")
