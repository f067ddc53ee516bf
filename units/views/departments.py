"""部门管理 for the unit admin: the tree, adding, changing and moving, closing (F9, W 2.1)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.errors import RuleBroken
from config.forms import attempt, refused_status
from units import queries
from units import queries_organisation as organisation
from units.actions.organisation import (
    TOP,
    add_department,
    change_department,
    close_department,
    in_use_sentence,
)
from units.forms_organisation import DepartmentFilter, DepartmentForm, MoveForm
from units.models import Department
from units.roles import Can


@page(Can.ORG_VIEW)
def list_(request: HttpRequest) -> HttpResponse:
    """The tree of the unit with the people of each department, searched by words."""
    form = DepartmentFilter(request.GET)
    form.is_valid()
    words = getattr(form, "cleaned_data", {}).get("q", "")
    rows = organisation.department_rows(request.actor, words=words)
    context = {
        "form": form,
        "rows": rows,
        "words": words,
        "may_manage": request.actor.can(Can.ORG_MANAGE),
    }
    template = "units/_department_rows.html" if request.htmx else "units/department_list.html"
    return render(request, template, context)


@page(Can.ORG_MANAGE, writes=True)
def add(request: HttpRequest) -> HttpResponse:
    """新增部门; `?parent=` proposes where it stands."""
    choices = organisation.department_choices(request.actor)
    if request.method != "POST":
        initial = {"parent": request.GET.get("parent", "")}
        form = DepartmentForm(is_new=True, departments=choices, initial=initial)
        return _form_page(request, form)
    form = DepartmentForm(request.POST, is_new=True, departments=choices)
    unit = queries.own_unit(request.actor)
    made = attempt(
        form,
        lambda: add_department(
            unit, **_values(request, form), actor=request.actor, now=timezone.now()
        ),
    )
    if made is None:
        return _form_page(request, form, status=422)
    messages.success(request, f"已新增部门“{made.name}”。")
    if "another" in request.POST:
        return redirect("units:department-add")
    return redirect("units:department-list")


@page(Can.ORG_MANAGE, writes=True)
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a department or move it; the second of two editors is told."""
    department = _open(request, code)
    choices = organisation.department_choices(request.actor, without=department)
    if request.method != "POST":
        initial = DepartmentForm.initial_of(department)
        return _form_page(request, DepartmentForm(departments=choices, initial=initial), department)
    form = DepartmentForm(request.POST, departments=choices)
    changed = attempt(
        form,
        lambda: change_department(
            department,
            version=form.cleaned_data["version"],
            **_values(request, form),
            actor=request.actor,
            now=timezone.now(),
        ),
    )
    if changed is None:
        fresh = _open(request, code)
        return _form_page(request, form, fresh, status=refused_status(form))
    messages.success(request, f"已保存部门“{changed.name}”。")
    return redirect("units:department-list")


@page(Can.ORG_MANAGE, writes=True)
def close(request: HttpRequest, code: str) -> HttpResponse:
    """撤销: what is still in it goes elsewhere in the same step."""
    department = _open(request, code)
    people = organisation.people_of_department(department)
    children = organisation.children_of_department(department)
    form = MoveForm(
        request.POST if request.method == "POST" else None,
        choices=organisation.department_choices(request.actor, without=department),
        nowhere="不归入任何部门（下级部门升为第一级）",
        is_needed=bool(people or children),
        initial={"move_to": department.parent.code if department.parent else ""},
    )
    closed = None
    if request.method == "POST" and form.is_valid():
        closed = attempt(form, lambda: _close(request, department, form))
    if closed is not None:
        messages.success(request, f"已撤销部门“{closed.name}”，以前的记录保留。")
        return redirect("units:department-list")
    context = {
        "form": form,
        "department": department,
        "in_use": in_use_sentence(people, children) if people or children else "",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "units/department_close.html", context, status=status)


def _close(request: HttpRequest, department: Department, form: MoveForm) -> Department:
    chosen = form.cleaned_data.get("move_to")
    target: Any = None
    if chosen:
        target = TOP
        if chosen != MoveForm.NOWHERE:
            target = organisation.open_department(request.actor, chosen)
    return close_department(department, move_to=target, actor=request.actor, now=timezone.now())


def _open(request: HttpRequest, code: str) -> Department:
    """The department to be changed; a closed one answers 409 with the reason in words."""
    department = organisation.get_department(request.actor, code)
    if department.closed_at is not None:
        raise RuleBroken("closed", f"部门“{department.name}”已被撤销，不能再修改。")
    return department


def _values(request: HttpRequest, form: DepartmentForm) -> dict[str, Any]:
    cleaned = form.cleaned_data
    return {
        "name": cleaned["name"],
        "parent": organisation.open_department(request.actor, cleaned["parent"]),
        "head": cleaned["head"],
        "phone": cleaned["phone"],
    }


def _form_page(
    request: HttpRequest,
    form: DepartmentForm,
    department: Department | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "department": department, "current": []}
    if department is not None:
        context["version"] = form["version"].value()
        if status == 409:
            context["current"] = [
                ("部门名称", department.name),
                ("上级部门", department.parent.name if department.parent else "无"),
                ("负责人", department.head),
                ("部门电话", department.phone),
            ]
            # Submitting again is now a decision, not an accident.
            context["version"] = department.version
    return render(request, "units/department_form.html", context, status=status)
