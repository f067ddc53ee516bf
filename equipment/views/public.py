"""What a scan of a machine's code opens, without sign-in: public facts and 报告问题 (F37, B117)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from allauth.core import ratelimit
from allauth.core.internal import ratelimit as internal
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import public
from config.actor import Actor
from config.clock import local_day
from config.forms import attempt
from config.words import cn_date
from equipment import public_facts, queries, queries_codes
from equipment.actions.public import report_problem
from equipment.forms_codes import ReportForm
from equipment.models import DeviceCode, Equipment, PublicReport
from equipment.public_facts import Door, Fact
from units.carried import files_of
from units.roles import Can

Page = Callable[..., HttpResponse]


def unlisted(view: Page) -> Page:
    """Nobody keeps a copy and no search engine lists it: a code may be retired at any time."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = view(request, *args, **kwargs)
        answer["Cache-Control"] = "private, no-store"
        answer["X-Robots-Tag"] = "noindex, nofollow"
        return answer

    return answered


def may_look(request: HttpRequest) -> bool:
    """Whether this address may look one more thing up in public; reading counts as well."""
    asked = {"app": "allauth.account", "action": "public_check", "limit_get": True}
    return bool(internal.consume(request, **asked))


@public("whoever stands before a machine may scan its code (F37)")
@unlisted
def machine(request: HttpRequest, token: str) -> HttpResponse:
    """Public facts of the machine, the way to report a problem, and for its own people a door."""
    code = queries_codes.scanned(token)
    if code is None or code.retired_at is not None:
        return _no_code(request, code)
    now = timezone.now()
    context = {
        "code": code,
        "machine": code.equipment,
        "facts": _facts(code.equipment, now),
        "doors": _doors(code.equipment, request.actor, now),
    }
    return render(request, "equipment/public.html", context)


@public("the public reports problems without an account (B117)", writes=True)
@unlisted
def report(request: HttpRequest, token: str) -> HttpResponse:
    """报告问题: kind, text, up to three photos, optionally a way to call back."""
    code = queries_codes.scanned(token)
    if code is None or code.retired_at is not None:
        return _no_code(request, code)
    if request.method != "POST":
        return _report_page(request, code, ReportForm())
    now = timezone.now()
    form = ReportForm(request.POST, files_of(request, now))
    if not form.is_valid():
        return _report_page(request, code, form, status=422)
    if not ratelimit.consume(request, action="public_report", key=code.token):
        form.add_error(None, "这台设备刚刚收到多条报告，请过几分钟再提交；紧急情况请直接拨打电话。")
        return _report_page(request, code, form, status=429)
    given = form.cleaned_data
    made = attempt(
        form,
        lambda: report_problem(
            code,
            kind=given["kind"],
            text=given["text"],
            contact=given["contact"],
            photos=given["photo"],
            actor=request.actor,
            now=now,
        ),
    )
    if made is None:
        return _report_page(request, code, form, status=422)
    return redirect("equipment:public-reported", token=code.token, code=made.code)


@public("says that a report has arrived, without what is in it (B117)")
@unlisted
def reported(request: HttpRequest, token: str, code: str) -> HttpResponse:
    """The number of a report that was sent through this code, and whom to call."""
    found = queries_codes.scanned(token)
    if found is None or not queries_codes.has_report(found.token, code):
        raise Http404("no such report")
    context = {"code": found, "machine": found.equipment, "number": code}
    return render(request, "equipment/public_reported.html", context)


def _no_code(request: HttpRequest, code: DeviceCode | None) -> HttpResponse:
    """An unknown code (404) or one that was replaced (410): in words, and without any fact."""
    status = 404 if code is None else 410
    return render(request, "equipment/public_no_code.html", {"code": code}, status=status)


def _facts(machine: Equipment, now: datetime) -> list[Fact]:
    """What everybody may know (roles.md, What is public); never a person's name or phone."""
    inspection = queries.inspection_word(machine, local_day(now))
    due = cn_date(machine.next_inspection_on) or "未登记"
    word, kind = (inspection.text, inspection.kind) if inspection else ("", "neutral")
    return [
        Fact("设备种类", f"{machine.get_category_display()} · {machine.catalogue.name}"),
        Fact("使用登记证编号", machine.registration_no or "未登记"),
        Fact("使用单位", machine.unit.name),
        Fact("下次检验日期", due, word, kind),
        *public_facts.facts_of(machine, now=now),
    ]


def _doors(machine: Equipment, actor: Actor, now: datetime) -> list[Door]:
    """Where its own people go on: the officer to the to-do of today, the admin to the archive."""
    doors = public_facts.doors_of(machine, actor, now=now)
    if actor.unit_id == machine.unit_id and actor.can(Can.EQUIPMENT_MANAGE):
        doors.append(Door("打开设备档案", reverse("equipment:detail", args=[machine.code])))
    return doors


def _report_page(
    request: HttpRequest, code: DeviceCode, form: ReportForm, status: int = 200
) -> HttpResponse:
    if form.is_bound and form.files:
        # Looking at pictures costs more than refusing words: not as often as one likes.
        may_keep = ratelimit.consume(request, action="public_keep", key=code.token)
        form.put_files_aside(may_keep=bool(may_keep))
    context = {
        "code": code,
        "machine": code.equipment,
        "form": form,
        "trapped": PublicReport.Kind.TRAPPED,
    }
    return render(request, "equipment/public_report.html", context, status=status)
