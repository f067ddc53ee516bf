"""一码通 on the desk (F37): the list, one machine's code, its pictures, 赋码 and 挂失换码."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.clock import local_day
from config.excel.export import ExportColumn, download, workbook
from config.forms import attempt, refused_status
from config.paging import paginate
from config.words import cn_date
from equipment import qr, queries, queries_codes
from equipment.actions.codes import issue_code, issue_missing, replace_code
from equipment.enums import UseStatus
from equipment.forms_codes import CodeListFilter, ReplaceForm
from equipment.models import Equipment
from units.roles import Can

COLUMNS = (
    ExportColumn("设备名称", 24),
    ExportColumn("设备类别", 14),
    ExportColumn("设备代码", 20),
    ExportColumn("使用登记证编号", 22),
    ExportColumn("单位内编号", 14),
    ExportColumn("使用地点", 24),
    ExportColumn("安全员", 12),
    ExportColumn("识别码", 14),
    ExportColumn("扫码地址", 44),
    ExportColumn("赋码日期", 16),
)


@page(Can.CODE_MANAGE)
def code_list(request: HttpRequest) -> HttpResponse:
    """The unit's machines with their codes; ticked ones, or all of the filter, are printed."""
    actor = request.actor
    day = local_day(timezone.now())
    form = code_filter(request.GET, actor)
    asked = form.asked()
    machines, size = paginate(request, queries_codes.coded_machines(actor, asked, day=day))
    context = {
        "form": form,
        "page": machines,
        "size": size,
        "labels_most": queries_codes.LABELS_MOST,
        "bare": queries_codes.bare_count(actor),
        "is_filtered": any(form.cleaned_data.values()),
        "filter": request.GET.urlencode(),
    }
    return render(request, "equipment/code_list.html", context)


@page(Can.CODE_MANAGE)
def code_export(request: HttpRequest) -> HttpResponse:
    """The ticked machines, or all of the list's filter, with code and address as a workbook."""
    machines = chosen(request)
    rows = [
        (
            one.name,
            one.get_category_display(),
            one.equipment_code,
            one.registration_no,
            one.inner_no,
            one.place,
            one.officer.name if one.officer else "",
            one.token or "",
            qr.address(one.token) if one.token else "",
            cn_date(one.coded_at),
        )
        for one in machines
    ]
    return download(workbook(COLUMNS, rows, title="设备码清单"), "设备码清单")


@page(Can.CODE_MANAGE, writes=True, reads=False)
def code_issue(request: HttpRequest) -> HttpResponse:
    """Give a code to every machine of the unit that has none."""
    issued = issue_missing(actor=request.actor, now=timezone.now())
    messages.success(request, f"已为 {issued} 台设备赋码。" if issued else "所有设备都已赋码。")
    return redirect("equipment:code-list")


@page(Can.CODE_MANAGE, writes=True)
def code(request: HttpRequest, code: str) -> HttpResponse:
    """One machine's QR in large, its token and history; POST gives it its first code."""
    machine = queries.get_equipment(request.actor, code)
    if request.method == "POST":
        issued = issue_code(machine, actor=request.actor, now=timezone.now())
        messages.success(request, f"已赋码，识别码 {issued.token}。")
        return redirect("equipment:code", code=code)
    return _code_page(request, machine)


@page(Can.CODE_MANAGE)
def code_image(request: HttpRequest, code: str) -> HttpResponse:
    """The QR as an SVG file, with `?download=png` as a PNG to keep; nothing before 赋码."""
    machine = queries.get_equipment(request.actor, code)
    held = queries_codes.live_code(machine)
    if held is None:
        return render(request, "404.html", status=404)
    if request.GET.get("download") == "png":
        answer = HttpResponse(qr.png(held.token), content_type="image/png")
        answer["Content-Disposition"] = f'attachment; filename="{held.token}.png"'
    else:
        answer = HttpResponse(qr.svg(held.token), content_type="image/svg+xml")
    answer["Cache-Control"] = "private, no-store"
    return answer


@page(Can.CODE_MANAGE, writes=True)
def code_replace(request: HttpRequest, code: str) -> HttpResponse:
    """挂失换码: the code on the label is retired, a new one holds from now."""
    machine = queries.get_equipment(request.actor, code)
    held = queries_codes.live_code(machine)
    if request.method != "POST":
        form = ReplaceForm(initial={"token": held.token if held else ""})
        return _replace_page(request, machine, form)
    form = ReplaceForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        actor, now = request.actor, timezone.now()
        fresh = attempt(form, lambda: replace_code(machine, **given, actor=actor, now=now))
        if fresh is not None:
            messages.success(
                request, f"已换码，新识别码 {fresh.token}。请打印新标签贴在设备上，撕下旧标签。"
            )
            return redirect("equipment:code", code=code)
    status = refused_status(form)
    return _replace_page(request, machine, form, status=status)


def code_filter(data: QueryDict, actor: Actor) -> CodeListFilter:
    """The filter form of the list, with the unit's officers as choices."""
    officers = queries.officers([actor.unit_id], day=local_day(timezone.now()))
    return CodeListFilter(data, officers=officers)


def chosen(request: HttpRequest) -> queries.EquipmentQuerySet:
    """The machines the list sent on: ticked, or all that its filter left."""
    form = code_filter(QueryDict(request.GET.get("filter", "")), request.actor)
    day = local_day(timezone.now())
    return queries_codes.chosen(request.actor, request.GET, form.asked(), day=day)


def _code_page(request: HttpRequest, machine: Equipment) -> HttpResponse:
    held = queries_codes.live_code(machine)
    context = {
        "machine": machine,
        "held": held,
        "picture": qr.inline_svg(held.token) if held else "",
        "address": qr.address(held.token) if held else "",
        "history": queries_codes.code_history(machine),
        "is_scrapped": machine.status == UseStatus.SCRAPPED,
    }
    return render(request, "equipment/code.html", context)


def _replace_page(
    request: HttpRequest, machine: Equipment, form: ReplaceForm, status: int = 200
) -> HttpResponse:
    context = {"machine": machine, "form": form, "held": queries_codes.live_code(machine)}
    return render(request, "equipment/code_replace.html", context, status=status)
