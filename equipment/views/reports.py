"""公众报告: what came in through the codes, and how the unit handled it (B117)."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.forms import attempt, refused_status
from config.paging import paginate
from equipment import queries_codes
from equipment.actions.public import answer_report
from equipment.forms_codes import ReportAnswerForm, ReportListFilter
from equipment.models import PublicReport
from units.roles import Can


def badge(actor: Actor) -> QuerySet[PublicReport]:
    """The public reports that nobody has handled yet; counted beside 公众报告."""
    return queries_codes.waiting_reports(actor)


@page(Can.CODE_MANAGE)
def report_list(request: HttpRequest) -> HttpResponse:
    """The unit's public reports, those that wait first."""
    form = ReportListFilter(request.GET)
    asked = form.asked()
    listed, size = paginate(request, queries_codes.reports(request.actor, **asked))
    context = {"form": form, "page": listed, "size": size, "is_filtered": bool(asked)}
    return render(request, "equipment/report_list.html", context)


@page((Can.CODE_MANAGE, Can.FIELD_HOME), writes=True)
def report(request: HttpRequest, code: str) -> HttpResponse:
    """One report with its photos; the unit admin notes how it was handled, people read it."""
    actor = request.actor
    found = queries_codes.get_report(actor, code)
    may_answer = actor.can(Can.CODE_MANAGE)
    if request.method != "POST":
        form = ReportAnswerForm() if may_answer and found.answered_at is None else None
        return _page(request, found, form)
    if not may_answer:
        raise PermissionDenied
    form = ReportAnswerForm(request.POST)
    if form.is_valid():
        answer, now = form.cleaned_data["answer"], timezone.now()
        if attempt(form, lambda: answer_report(found, answer=answer, actor=actor, now=now)):
            messages.success(request, f"报告 {found.code} 的处理情况已保存。")
            return redirect("equipment:report", code=code)
    status = refused_status(form)
    return _page(request, found, form, status=status)


def _page(
    request: HttpRequest, found: PublicReport, form: ReportAnswerForm | None, status: int = 200
) -> HttpResponse:
    is_person = request.actor.kind == "person"
    context = {
        "report": found,
        "form": form,
        "photos": [
            {"url": reverse("units:file", args=[photo.copy_id])} for photo in found.photos.all()
        ],
        "facts": [
            ("编号", found.code),
            ("设备", f"{found.equipment.name}（{found.equipment.place}）"),
            ("问题类型", found.get_kind_display()),
            ("联系方式", found.contact or "未留"),
            ("识别码", found.device_code.token),
        ],
    }
    template = "equipment/report_field.html" if is_person else "equipment/report.html"
    return render(request, template, context, status=status)
