"""工位管理 of filling units; every other unit gets 404 (F17, W 2.4)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.errors import RuleBroken
from config.forms import attempt, refused_status
from config.paging import paginate
from equipment import queries_licences as queries
from equipment.actions import stations as actions
from equipment.forms_licences import CloseForm, StationFilter, StationForm, officer_choices
from equipment.models import Station
from equipment.words import span
from units.models import Unit
from units.roles import Can


@page(Can.ORG_VIEW)
def station_list(request: HttpRequest) -> HttpResponse:
    """The stations of a filling unit."""
    form, stations = asked(request)
    shown, size = paginate(request, stations)
    context = {
        "form": form,
        "page": shown,
        "size": size,
        "is_filtered": any(getattr(form, "cleaned_data", {}).values()),
        "may_manage": request.actor.can(Can.ORG_MANAGE),
    }
    template = "equipment/_station_rows.html" if request.htmx else "equipment/station_list.html"
    return render(request, template, context)


def asked(request: HttpRequest) -> tuple[StationFilter, QuerySet[Station]]:
    """The filter of the list and what it leaves; the list and its export ask alike."""
    unit = queries.filling_unit(request.actor)
    people = queries.officers_for(unit.pk, queries.STATION_ROLE, "", day=_today())
    form = StationFilter(request.GET, officers=[(one.code, one.name) for one in people])
    form.is_valid()
    chosen = getattr(form, "cleaned_data", {})
    words, state, officer = (chosen.get(name, "") for name in ("q", "state", "officer"))
    return form, queries.station_list(request.actor, words=words, state=state, officer=officer)


@page(Can.ORG_MANAGE, writes=True)
def station_add(request: HttpRequest) -> HttpResponse:
    """新增工位."""
    unit = queries.filling_unit(request.actor)
    form = _form(request, unit, is_new=True)
    if request.method != "POST":
        return _form_page(request, form)
    made = attempt(
        form,
        lambda: actions.add_station(
            unit, **_values(request, form), actor=request.actor, now=timezone.now()
        ),
    )
    if made is None:
        return _form_page(request, form, status=422)
    messages.success(request, f"已新增工位“{made.name}”。")
    if "another" in request.POST:
        return redirect("equipment:station-add")
    return redirect("equipment:station-list")


@page(Can.ORG_MANAGE, writes=True)
def station_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a station; the second of two editors is told."""
    unit = queries.filling_unit(request.actor)
    station = _open(request, code)
    form = _form(request, unit, station=station)
    if request.method != "POST":
        return _form_page(request, form, station)
    changed = attempt(
        form,
        lambda: actions.change_station(
            station,
            version=form.cleaned_data["version"],
            **_values(request, form),
            actor=request.actor,
            now=timezone.now(),
        ),
    )
    if changed is None:
        fresh = _open(request, code)
        return _form_page(request, form, fresh, status=refused_status(form))
    messages.success(request, f"已保存工位“{changed.name}”。")
    return redirect("equipment:station-list")


@page(Can.ORG_MANAGE, writes=True)
def station_close(request: HttpRequest, code: str) -> HttpResponse:
    """停用 with a reason."""
    queries.filling_unit(request.actor)
    station = _open(request, code)
    form = CloseForm(
        request.POST if request.method == "POST" else None,
        label="停用原因",
        help_text="如 拆除、改造、登记有误。停用后不再生成工位巡查待办。",
    )
    if request.method == "POST" and form.is_valid():
        closed = attempt(
            form,
            lambda: actions.close_station(
                station,
                reason=form.cleaned_data["reason"],
                actor=request.actor,
                now=timezone.now(),
            ),
        )
        if closed is not None:
            messages.success(request, f"已停用工位“{closed.name}”，以前的记录保留。")
            return redirect("equipment:station-list")
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "station": station}
    return render(request, "equipment/station_close.html", context, status=status)


def _today() -> Any:
    return local_day(timezone.now())


def _form(
    request: HttpRequest, unit: Unit, *, station: Station | None = None, is_new: bool = False
) -> StationForm:
    role = queries.STATION_ROLE
    people = queries.officers_for(unit.pk, role, "", day=_today())
    kept = station.officer if station is not None else None
    is_post = request.method == "POST"
    return StationForm(
        request.POST if is_post else None,
        initial=StationForm.initial_of(station) if station is not None and not is_post else {},
        licences=queries.filling_licences(request.actor),
        officers=officer_choices(people, role=role.label, kept=kept),
        is_new=is_new,
    )


def _values(request: HttpRequest, form: StationForm) -> dict[str, Any]:
    cleaned = form.cleaned_data
    officer = None
    if cleaned["officer"]:
        officer = queries.own_officer(request.actor, cleaned["officer"])
    return {name: cleaned[name] for name in ("number", "name", "medium", "place")} | {
        "licence": queries.own_licence(request.actor, cleaned["licence"]),
        "officer": officer,
    }


def _form_page(
    request: HttpRequest, form: StationForm, station: Station | None = None, *, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "station": station, "current": [], "history": []}
    if station is not None:
        context["version"] = form["version"].value()
        context["history"] = [
            {"who": one.staff.name, "when": span(one.period)}
            for one in queries.station_officers(station)
        ]
        if status == 409:
            context["current"] = [
                ("工位编号", station.number),
                ("工位名称", station.name),
                ("充装介质", station.medium),
                ("位置", station.place),
                ("所属许可", station.licence.number if station.licence else ""),
                ("责任人", station.officer.name if station.officer else "未指定"),
            ]
            context["version"] = station.version
    return render(request, "equipment/station_form.html", context, status=status)


def _open(request: HttpRequest, code: str) -> Station:
    """The station to be changed; a closed one answers 409 with the reason in words."""
    station = queries.get_station(request.actor, code)
    if station.closed_at is not None:
        raise RuleBroken("closed", f"工位“{station.name}”已停用，不能再修改。")
    return station
