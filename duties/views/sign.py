"""The check page: everything once more, the hand signature, 提交 (F60, F61)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from config.access import page, set_web_timeouts
from config.actor import Actor
from config.errors import RuleBroken
from config.readonly import read_only
from duties import queries
from duties.actions import draft as drafts
from duties.actions import submit
from duties.answers import missing
from duties.enums import Result
from duties.forms import SignForm
from duties.models import InspectionDraft, Task
from duties.queries_signing import others_waiting
from duties.round_words import words_of
from duties.views.inspect import built, refused_page
from duties.views.signing import has_photograph, signature_shown, stored_photograph
from units.carried import files_of
from units.models import Signature
from units.roles import Can
from units.signatures import store_signature


@page(Can.INSPECT, writes=True, own_transaction=True)
@never_cache
def sign(request: HttpRequest, code: str) -> HttpResponse:
    """Show what will be signed (GET); freeze it under the signature (POST)."""
    now = timezone.now()
    task = queries.get_task(request.actor, code)
    if request.method == "POST":
        return _post(request, task, now)
    with read_only():
        return _show(request, task, now)


@page(Can.INSPECT, writes=True, reads=False)
@never_cache
def reopen(request: HttpRequest, code: str) -> HttpResponse:
    """返回修改: back to the form, at the number that was tapped."""
    task = queries.get_task(request.actor, code)
    submit.reopen(task, actor=request.actor, now=timezone.now())
    number = request.POST.get("at", "")
    anchor = f"#q-{number}" if number.isdecimal() and len(number) < 5 else ""
    return redirect(reverse("duties:inspect", args=[task.code]) + anchor)


def _show(request: HttpRequest, task: Task, now: datetime) -> HttpResponse:
    if hasattr(task, "inspection"):
        return redirect("duties:field-record", task.inspection.code)
    try:
        drafts.refuse_unless_workable(task, actor=request.actor, now=now)
    except RuleBroken as broken:
        return refused_page(request, task, broken, [], now)
    begun = queries.draft_of(task, request.actor)
    waiting = task.state == "awaiting_signature" or queries.is_missed(task, now)
    ready = submit.round_of(task, request.actor) if waiting else None
    if begun is None or ready is None or missing(ready.sheet):
        messages.warning(request, "巡查内容还没有填写完成，请填写完成后再签名。")
        return redirect("duties:inspect", task.code)
    return _render(request, task, begun, now)


def _post(request: HttpRequest, task: Task, now: datetime) -> HttpResponse:
    actor = request.actor
    form = SignForm(request.POST)
    try:
        if not form.is_valid():
            drafts.refuse_unless_workable(task, actor=actor, now=now)
            raise RuleBroken("stale_page", "页面内容不完整，请重新打开本页后再签名。")
        data = form.cleaned_data
        photographed = photographed_signature(
            request, task.unit_id, data["client_uuid"], now, drafts_of=[task]
        )
        with transaction.atomic():
            set_web_timeouts()
            inspection = submit.sign(
                task,
                signature=lambda: made_signature(
                    data["signature_strokes"], photographed, actor, now
                ),
                client_uuid=data["client_uuid"],
                rev=data["rev"],
                actor=actor,
                now=now,
            )
            files_of(request, now).use_up()
    except submit.Incomplete as incomplete:
        messages.warning(request, incomplete.message)
        return redirect("duties:inspect", task.code)
    except RuleBroken as broken:
        return _again(request, task, broken, now)
    messages.success(request, _receipt(inspection))
    return redirect("duties:field-record", inspection.code)


def photographed_signature(
    request: HttpRequest,
    unit_id: int,
    client_uuid: uuid.UUID | str,
    now: datetime,
    *,
    drafts_of: Sequence[Task],
) -> Any | None:
    """The photo of a signature on paper, stored before anything is locked; None without one.

    Refused before decoding if one of the to-dos cannot be signed any more.
    """
    if request.POST.get("signature_strokes") or not has_photograph(request, now):
        return None
    for task in drafts_of:
        drafts.refuse_unless_workable(task, actor=request.actor, now=now)
    return stored_photograph(request, unit_id=unit_id, key=client_uuid, now=now)


def made_signature(strokes: str, photo: Any | None, actor: Actor, now: datetime) -> Signature:
    return store_signature(strokes_json=strokes, photo=photo, actor=actor, now=now)


def _receipt(inspection: Any) -> str:
    done = words_of(inspection.task).receipt
    words = {"backfilled": "补录已提交"}.get(inspection.timing, f"{done}已提交")
    found = f"，发现隐患 {inspection.hazard_count} 项" if inspection.hazard_count else ""
    return f"{words}{found}。"


def _again(request: HttpRequest, task: Task, broken: RuleBroken, now: datetime) -> HttpResponse:
    """The check page once more with the refusal in words; the strokes are still in it."""
    fresh = queries.get_task(request.actor, task.code)
    begun = queries.draft_of(fresh, request.actor)
    waiting = fresh.state == "awaiting_signature" or queries.is_missed(fresh, now)
    if hasattr(fresh, "inspection") or begun is None or not waiting:
        return refused_page(request, fresh, broken, [], now)
    field = broken.field in {"signature", "photo"}
    return _render(
        request,
        fresh,
        begun,
        now,
        notice="" if field else broken.message,
        errors=[broken.message] if field else [],
        status=422 if field else broken.status,
    )


def _render(
    request: HttpRequest,
    task: Task,
    begun: InspectionDraft,
    now: datetime,
    *,
    notice: str = "",
    errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = built(task, begun, now)
    failed = [step for step in shown.steps if step.values["result"] == Result.FAIL]
    context = {
        "task": task,
        "words": words_of(task),
        "sheet": shown,
        "failed": failed,
        "others": [step for step in shown.steps if step.values["result"] != Result.FAIL],
        "passed": sum(step.values["result"] == Result.PASS for step in shown.steps),
        "absent": sum(step.values["result"] == Result.NOT_APPLICABLE for step in shown.steps),
        "is_missed": shown.is_missed,
        "waiting_too": others_waiting(task, request.actor),
        **signature_shown(request, now, errors or ()),
        "label": f"{words_of(task).signer}手写签名",
        "notice": notice,
        "now": now,
    }
    return render(request, "duties/field/sign.html", context, status=status)
