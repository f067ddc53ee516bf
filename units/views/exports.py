"""导出 of people and departments: the filtered list in the columns of its own template (B120)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.excel.export import described, download
from config.excel.kinds import Context
from config.excel.resource import exported
from units import queries_organisation as organisation
from units.forms_organisation import DepartmentFilter
from units.imports import departments, staff
from units.roles import Can
from units.views.staff import asked


@page(Can.STAFF_MANAGE)
def staff_export(request: HttpRequest) -> HttpResponse:
    """The people of the list's present filter."""
    now = timezone.now()
    form, people = asked(request, local_day(now))
    context = Context(actor=request.actor, now=now)
    stream = exported(
        staff.StaffResource(context),
        staff.columns(context),
        people.iterator(chunk_size=500),
        title="人员",
        described=described(form),
        total=people.count(),
        extra={
            "状态": lambda one: "在职" if one.ended_on is None else "已注销",
            "离职日期": lambda one: one.ended_on,
        },
    )
    return download(stream, "人员")


@page(Can.ORG_MANAGE)
def department_export(request: HttpRequest) -> HttpResponse:
    """The departments of the list's present search, each after its parent."""
    form = DepartmentFilter(request.GET)
    form.is_valid()
    words = getattr(form, "cleaned_data", {}).get("q", "")
    rows = [row.department for row in organisation.department_rows(request.actor, words=words)]
    context = Context(actor=request.actor, now=timezone.now())
    stream = exported(
        departments.DepartmentResource(context),
        departments.columns(context),
        rows,
        title="部门",
        described=described(form),
        total=len(rows),
    )
    return download(stream, "部门")
