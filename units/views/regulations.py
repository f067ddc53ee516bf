"""管理制度 for the unit admin: own rules with their editions, and what regulators sent (F18)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.errors import RuleBroken
from config.forms import attempt, refused_status
from config.paging import paginate
from units import queries, queries_notices
from units import queries_regulations as regulations
from units.actions.regulations import (
    add_regulation,
    change_regulation,
    close_regulation,
    replace_regulation,
)
from units.carried import files_of
from units.forms_organisation import EditionForm, RegulationFilter, RegulationForm
from units.models import Regulation
from units.roles import Can


@page(Can.ORG_VIEW)
def list_(request: HttpRequest) -> HttpResponse:
    """Tab 自行建设: the unit's own rules; tab 外部来源: notices it received."""
    if request.GET.get("tab") == "external":
        return _external(request)
    form = RegulationFilter(request.GET)
    form.is_valid()
    chosen = getattr(form, "cleaned_data", {})
    words, kind, state = (chosen.get(name, "") for name in ("q", "kind", "state"))
    rules = regulations.regulation_list(request.actor, words=words, kind=kind, state=state)
    shown, size = paginate(request, rules)
    context = {
        "form": form,
        "page": shown,
        "size": size,
        "is_filtered": bool(words or kind or state),
        "may_manage": request.actor.can(Can.ORG_MANAGE),
    }
    if request.htmx:
        return render(request, "units/_regulation_rows.html", context)
    return render(request, "units/regulation_list.html", context | {"tabs": _tabs(request, "own")})


def _external(request: HttpRequest) -> HttpResponse:
    only_unread = request.GET.get("read") == "no"
    found = queries_notices.unread if only_unread else queries_notices.received
    shown, size = paginate(request, found(request.actor))
    tabs = _tabs(request, "external")
    context = {"page": shown, "size": size, "tabs": tabs, "only_unread": only_unread}
    return render(request, "units/regulation_external.html", context)


def _tabs(request: HttpRequest, active: str) -> list[dict[str, Any]]:
    url = reverse("units:regulation-list")
    own = regulations.regulation_count(request.actor)
    received = queries_notices.received(request.actor).count()
    return [
        {"label": "自行建设", "url": url, "active": active == "own", "count": own},
        {
            "label": "外部来源",
            "url": f"{url}?tab=external",
            "active": active == "external",
            "count": received,
        },
    ]


@page(Can.ORG_VIEW)
def detail(request: HttpRequest, code: str) -> HttpResponse:
    """One rule with every edition: who uploaded it, when, why, and its file."""
    regulation = regulations.get_regulation(request.actor, code)
    context = {
        "regulation": regulation,
        "editions": regulations.editions_of(regulation),
        "may_manage": request.actor.can(Can.ORG_MANAGE) and regulation.closed_at is None,
    }
    return render(request, "units/regulation_detail.html", context)


@page(Can.ORG_MANAGE, writes=True)
def add(request: HttpRequest) -> HttpResponse:
    """新增: name, type, PDF."""
    if request.method != "POST":
        return _form_page(request, RegulationForm(is_new=True))
    now = timezone.now()
    form = RegulationForm(request.POST, files_of(request, now), is_new=True)
    made = None
    if form.is_valid():
        unit = queries.own_unit(request.actor)
        made = attempt(
            form,
            lambda: add_regulation(unit, **form.cleaned_data, actor=request.actor, now=now),
        )
    if made is None:
        return _form_page(request, form, status=422)
    messages.success(request, f"已新增制度“{made.name}”。")
    return redirect("units:regulation", made.code)


@page(Can.ORG_MANAGE, writes=True)
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change name and type; the second of two editors is told."""
    regulation = _open(request, code)
    if request.method != "POST":
        initial = {
            "name": regulation.name,
            "kind": regulation.kind,
            "version": regulation.version,
        }
        return _form_page(request, RegulationForm(initial=initial), regulation)
    form = RegulationForm(request.POST)
    changed = attempt(
        form,
        lambda: change_regulation(
            regulation, **form.cleaned_data, actor=request.actor, now=timezone.now()
        ),
    )
    if changed is None:
        status = refused_status(form)
        return _form_page(request, form, _open(request, code), status=status)
    messages.success(request, f"已保存制度“{changed.name}”。")
    return redirect("units:regulation", code)


@page(Can.ORG_MANAGE, writes=True)
def replace(request: HttpRequest, code: str) -> HttpResponse:
    """替换文件: a new edition with a note; former ones stay downloadable."""
    regulation = _open(request, code)
    form = EditionForm(initial={"version": regulation.version})
    status = 200
    if request.method == "POST":
        now = timezone.now()
        form = EditionForm(request.POST, files_of(request, now))
        edition = attempt(
            form,
            lambda: replace_regulation(
                regulation, **form.cleaned_data, actor=request.actor, now=now
            ),
        )
        if edition is not None:
            messages.success(request, f"已替换为第 {edition.number} 版，以前的版本仍可下载。")
            return redirect("units:regulation", code)
        status = refused_status(form)
        regulation = _open(request, code)
    form.put_files_aside()
    editions = regulations.editions_of(regulation)
    context = {
        "form": form,
        "regulation": regulation,
        "latest": editions[0] if editions else None,
        "version": regulation.version if status == 409 else form["version"].value(),
    }
    return render(request, "units/regulation_replace.html", context, status=status)


@page(Can.ORG_MANAGE, writes=True, reads=False)
def close(request: HttpRequest, code: str) -> HttpResponse:
    """废止."""
    regulation = regulations.get_regulation(request.actor, code)
    closed = close_regulation(regulation, actor=request.actor, now=timezone.now())
    messages.success(request, f"已废止“{closed.name}”，历次文件仍可查看。")
    return redirect("units:regulation", code)


def _open(request: HttpRequest, code: str) -> Regulation:
    """The rule to be changed; a withdrawn one answers 409 with the reason in words."""
    regulation = regulations.get_regulation(request.actor, code)
    if regulation.closed_at is not None:
        raise RuleBroken("closed", f"“{regulation.name}”已废止，不能再修改。")
    return regulation


def _form_page(
    request: HttpRequest,
    form: RegulationForm,
    regulation: Regulation | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    form.put_files_aside()
    context: dict[str, Any] = {"form": form, "regulation": regulation, "current": []}
    if regulation is not None:
        context["version"] = form["version"].value()
        if status == 409:
            context["current"] = [
                ("制度名称", regulation.name),
                ("制度类型", regulation.get_kind_display()),
            ]
            context["version"] = regulation.version
    return render(request, "units/regulation_form.html", context, status=status)
