"""使用状态申报 by the unit (F33, F34): about a machine, or 停产 of the unit itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.clock import local_day
from config.forms import attempt
from equipment import queries
from equipment import queries_declarations as declared
from equipment.actions import declarations as actions
from equipment.actions.status import set_status
from equipment.actions.stops import declare_stop
from equipment.enums import UseStatus
from equipment.forms_declare import FORMS, ReasonForm, SuspendForm, first_initial
from equipment.models import Declaration, Equipment, StopDeclaration
from units.carried import files_of
from units.roles import Can
from units.uploads import store_document

PURPOSE = "declaration"


@page(Can.DECLARATION_FILE, writes=True)
def declare(request: HttpRequest, code: str) -> HttpResponse:
    """One matter (`kind`) at a time: what it will do to to-dos, then its form; opens in the drawer."""
    now = timezone.now()
    day = local_day(now)
    machine = queries.get_equipment(request.actor, code)
    kinds = declared.kinds_for(machine, day)
    given = request.POST if request.method == "POST" else request.GET
    kind = given.get("kind", "")
    if kind not in kinds:
        kind = kinds[0] if kinds else ""
    context = {
        "machine": machine,
        "kind": kind,
        "kinds": [_choice(machine, one, kind) for one in kinds],
        "label": declared.LABELS.get(kind, ""),
        "effects": declared.EFFECTS.get(kind, ()),
        "status": queries.status_word(machine),
        "inspection": queries.inspection_word(machine, day),
        "pending": declared.pending(machine),
    }
    if request.method != "POST" or not kind:
        form = FORMS[kind](initial=first_initial(kind, day)) if kind else None
        return render(request, "equipment/declare.html", context | {"form": form})
    form = FORMS[kind](request.POST, files_of(request, now))
    made = attempt(form, lambda: _apply(request.actor, machine, kind, form, now))
    if made is None:
        form.put_files_aside()
        return render(request, "equipment/declare.html", context | {"form": form}, status=422)
    messages.success(request, _told(made, machine, day))
    return redirect("equipment:detail", code)


def _choice(machine: Equipment, kind: str, chosen: str) -> dict[str, Any]:
    url = reverse("equipment:declare", args=[machine.code])
    return {
        "label": declared.LABELS[kind],
        "url": f"{url}?kind={kind}",
        "active": kind == chosen,
    }


def _apply(actor: Actor, machine: Equipment, kind: str, form: forms.Form, now: datetime) -> Any:
    data = dict(form.cleaned_data)
    upload = data.pop("file", None)
    paper = _keeper(upload, machine.unit_id, actor, now) if upload else None
    if kind == declared.TEMPORARY:
        return declare_stop(machine, **data, origin="", file=paper, actor=actor, now=now)
    if kind == declared.CORRECT:
        return set_status(machine, status=UseStatus.NOT_YET_IN_USE, **data, actor=actor, now=now)
    return actions.file_declaration(
        unit=machine.unit, equipment=machine, kind=kind, **data, file=paper, actor=actor, now=now
    )


def _keeper(upload: Any, unit_id: int, actor: Actor, now: datetime) -> Any:
    """The paper is kept only once nothing else stands against the declaration."""
    return lambda: store_document(upload, unit_id=unit_id, purpose=PURPOSE, actor=actor, now=now)


def _told(made: Any, machine: Equipment, day: Any) -> str:
    if isinstance(made, StopDeclaration):
        return f"已申报“{machine.name}”临时停用：每日待办照常产生，安全员到现场登记即可。"
    if isinstance(made, Declaration):
        what = f"已申报“{machine.name}”{made.get_kind_display()}"
        return f"{what}：{declared.effect(made, day).text}。"
    return f"“{machine.name}”已更正为未投用。"


@page(Can.DECLARATION_FILE, writes=True)
def suspend(request: HttpRequest) -> HttpResponse:
    """停产 of the unit: what holds now, and the form for another one."""
    now = timezone.now()
    day = local_day(now)
    unit = queries.own_unit(request.actor)
    context = {
        "unit": unit,
        "effects": declared.EFFECTS[Declaration.Kind.SUSPEND.value],
        "running": declared.current_suspension(request.actor, day),
        "end_form": ReasonForm(auto_id="end_%s"),
    }
    if request.method != "POST":
        form = SuspendForm(initial={"from_on": day})
        return render(request, "equipment/suspend.html", context | {"form": form})
    form = SuspendForm(request.POST, files_of(request, now))
    made = None
    if form.is_valid():
        data = dict(form.cleaned_data)
        upload = data.pop("file", None)
        paper = _keeper(upload, unit.pk, request.actor, now) if upload else None
        made = attempt(
            form,
            lambda: actions.file_declaration(
                unit=unit,
                equipment=None,
                kind=Declaration.Kind.SUSPEND,
                **data,
                file=paper,
                actor=request.actor,
                now=now,
            ),
        )
    if made is None:
        form.put_files_aside()
        return render(request, "equipment/suspend.html", context | {"form": form}, status=422)
    messages.success(request, f"已申报停产：{declared.effect(made, day).text}。")
    return redirect("equipment:declaration", made.code)


@page(Can.DECLARATION_FILE, writes=True, reads=False)
def suspend_end(request: HttpRequest, code: str) -> HttpResponse:
    """恢复生产, from its page or from the page of 停产."""
    now = timezone.now()
    found = declared.get_declaration(request.actor, code)
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    actions.end_suspension(found, reason=reason, actor=request.actor, now=now)
    messages.success(request, "已登记恢复生产，从今天起每日待办恢复。")
    return redirect("equipment:declaration", code)
