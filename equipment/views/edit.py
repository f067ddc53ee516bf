"""Adding a machine, editing its facts."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.forms import attempt
from equipment import queries
from equipment.actions import machine as actions
from equipment.forms import AddForm, EditForm
from equipment.models import Equipment
from equipment.views.archive import hints
from units.roles import Can

UNREGISTERED = (
    "停用、报废尚未申报：这台设备照常生成每日待办。"
    "请在设备页“使用状态申报”中上传回执，或等监管部门确认。"
)


@page(Can.EQUIPMENT_MANAGE, writes=True)
def equipment_add(request: HttpRequest) -> HttpResponse:
    """新增设备: the form, and its saving; another one can be begun at once."""
    now = timezone.now()
    day = local_day(now)
    if request.method != "POST":
        form = AddForm(day=day, initial={"catalogue": request.GET.get("catalogue", "")})
        return render(request, "equipment/add.html", {"form": form})
    form = AddForm(request.POST, day=day)
    made = None
    if form.is_valid():
        unit = queries.own_unit(request.actor)
        made = attempt(
            form,
            lambda: actions.add_equipment(unit, **form.cleaned_data, actor=request.actor, now=now),
        )
    if made is None:
        return render(request, "equipment/add.html", {"form": form}, status=422)
    messages.success(request, f"已新增“{made.name}”。请接着绑定安全员，否则无人收到每日待办。")
    _say_hints(request, queries.get_equipment(request.actor, made.code))
    if "another" in request.POST:
        return redirect("equipment:add")
    return redirect("equipment:detail", made.code)


@page(Can.EQUIPMENT_MANAGE, writes=True)
def equipment_edit(request: HttpRequest, code: str) -> HttpResponse:
    """编辑档案; somebody else's newer version is never overwritten."""
    now = timezone.now()
    day = local_day(now)
    machine = queries.get_equipment(request.actor, code)
    if request.method != "POST":
        form = EditForm(day=day, initial=EditForm.initial_of(machine))
        return render(request, "equipment/edit.html", {"form": form, "machine": machine})
    form = EditForm(request.POST, day=day)
    changed = None
    if form.is_valid():
        changes = dict(form.cleaned_data)
        version = changes.pop("version")
        changed = attempt(
            form,
            lambda: actions.change_equipment(
                machine, version=version, changes=changes, actor=request.actor, now=now
            ),
        )
    if changed is None:
        is_stale = form.has_error("__all__", "stale")
        context = {"form": form, "machine": machine, "is_stale": is_stale}
        return render(request, "equipment/edit.html", context, status=409 if is_stale else 422)
    messages.success(request, f"已保存“{changed.name}”的档案。")
    _say_hints(request, queries.get_equipment(request.actor, code))
    return redirect("equipment:detail", code)


def _say_hints(request: HttpRequest, machine: Equipment) -> None:
    for sentence in hints(machine, local_day(timezone.now())):
        messages.warning(request, sentence)
    if machine.is_unregistered_stop:
        messages.warning(request, UNREGISTERED)
