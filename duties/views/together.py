"""一并签名: several finished daily rounds of a day under one hand signature (decision 11)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.cache import never_cache

from config.access import page, set_web_timeouts
from config.actor import Actor
from config.codes import normalise
from config.errors import RuleBroken
from config.readonly import read_only
from config.words import cn_day
from duties import queries_signing as queries
from duties.actions.together import MOST_TOGETHER, Chosen, SomeRefused, sign_several
from duties.documents import subject_name
from duties.enums import Result, RoundStatus
from duties.queries_signing import Round, Waiting
from duties.round_words import words_of
from duties.views.sign import made_signature, photographed_signature
from duties.views.signing import signature_shown
from units.carried import files_of
from units.roles import Can

TEMPLATE = "duties/field/sign_several.html"


@page(Can.INSPECT, writes=True, own_transaction=True)
@never_cache
def sign_together(request: HttpRequest) -> HttpResponse:
    """The finished rounds of a day with ticks (GET); one signature for the ticked ones (POST)."""
    now = timezone.now()
    if request.method == "POST":
        return _post(request, now)
    with read_only():
        return _render(request, now, wanted=_day(request.GET.get("day", "")))


def _post(request: HttpRequest, now: datetime) -> HttpResponse:
    actor = request.actor
    codes = [normalise(code) for code in request.POST.getlist("task")[: MOST_TOGETHER + 1]]
    strokes = request.POST.get("signature_strokes", "")
    try:
        several = _chosen(request, codes, actor)
        photographed = None
        if several:
            photographed = photographed_signature(
                request,
                actor.unit_id,
                several[0].client_uuid,
                now,
                drafts_of=[one.task for one in several],
            )
        with transaction.atomic():
            set_web_timeouts()
            done = sign_several(
                several,
                signature=lambda: made_signature(strokes, photographed, actor, now),
                actor=actor,
                now=now,
            )
            files_of(request, now).use_up()
    except RuleBroken as broken:
        return _again(request, now, codes, broken)
    messages.success(request, _receipt(done))
    return redirect("duties:daily")


def _chosen(request: HttpRequest, codes: Collection[str], actor: Actor) -> list[Chosen]:
    """The ticked rows, each with the draft and the save that its row showed."""
    tasks = queries.chosen(actor, codes)
    several = []
    for code in dict.fromkeys(codes):
        shown, _, rev = request.POST.get(f"{code}-draft", "").partition(":")
        try:
            client_uuid = uuid.UUID(shown)
        except ValueError as error:
            raise _stale() from error
        if code not in tasks or not rev.isdecimal() or len(rev) > 9:
            raise _stale()
        several.append(Chosen(tasks[code], client_uuid, int(rev)))
    return several


def _stale() -> RuleBroken:
    return RuleBroken("stale_page", "页面内容不完整或待办已变更，请核对下面的列表后重新签名。")


def _receipt(done: list[Any]) -> str:
    found = sum(inspection.hazard_count for inspection in done)
    return f"{len(done)} 条巡查已一并提交" + (f"，发现隐患 {found} 项。" if found else "。")


def _again(
    request: HttpRequest, now: datetime, codes: list[str], broken: RuleBroken
) -> HttpResponse:
    """The list as it now is, the ticks and the strokes as they were, every refusal in words."""
    reasons = broken.reasons if isinstance(broken, SomeRefused) else {}
    tasks = queries.chosen(request.actor, codes)
    refused = {task.code: reasons[task.pk] for task in tasks.values() if task.pk in reasons}
    field = broken.field in {"signature", "photo"}
    days = [task.period_on for task in tasks.values()]
    return _render(
        request,
        now,
        wanted=max(days, default=None),
        ticked=set(codes) - set(refused),
        refused={code: (subject_name(tasks[code]), text) for code, text in refused.items()},
        notice="" if field else broken.message,
        errors=[broken.message] if field else [],
        status=422 if field or broken.code == "none_chosen" else broken.status,
    )


def _render(
    request: HttpRequest,
    now: datetime,
    *,
    wanted: date | None = None,
    ticked: set[str] | None = None,
    refused: Mapping[str, tuple[str, str]] | None = None,
    notice: str = "",
    errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    days = queries.waiting(request.actor, now=now)
    here = next((one for one in days if one.day == wanted), days[0] if days else None)
    refused = refused or {}
    rows = [_row(one, ticked, refused) for one in here.rounds] if here else []
    listed = {row["code"] for row in rows}
    context = {
        "here": here,
        "tabs": _tabs(days, here) if len(days) > 1 else [],
        "rows": rows,
        "gone": [said for code, said in refused.items() if code not in listed],
        "most": MOST_TOGETHER,
        **signature_shown(request, now, errors or ()),
        "label": "巡查人手写签名",
        "notice": notice,
    }
    return render(request, TEMPLATE, context, status=status)


def _row(
    ready: Round, ticked: set[str] | None, refused: Mapping[str, tuple[str, str]]
) -> dict[str, Any]:
    task, draft = ready.task, ready.draft
    return {
        "code": task.code,
        "name": subject_name(task),
        "about": words_of(task).about,
        "draft": f"{draft.client_uuid}:{draft.rev}",
        "result": _result(ready),
        "failed": _count(ready, Result.FAIL),
        "stands_in_for": task.stands_in_for,
        "is_ticked": task.code not in refused if ticked is None else task.code in ticked,
        "refused": refused.get(task.code, ("", ""))[1],
    }


def _result(ready: Round) -> str:
    if ready.sheet.is_stopped:
        return (
            f"{words_of(ready.task).still}（{ready.stop.said}）"
            if ready.stop
            else f"停用：{ready.draft.stop_reason}"
        )
    said = [
        f"{label} {number}"
        for label, result in (("合格", Result.PASS), ("无此项", Result.NOT_APPLICABLE))
        if (number := _count(ready, result))
    ]
    return "，".join(said)


def _count(ready: Round, result: str) -> int:
    if ready.draft.round_status == RoundStatus.STOPPED:
        return 0
    items = {item["key"] for item in ready.draft.version.items}
    answers = ready.draft.answers
    return sum(answers[key].get("result") == result for key in items if key in answers)


def _tabs(days: list[Waiting], here: Waiting | None) -> list[dict[str, Any]]:
    return [
        {
            "label": f"{cn_day(one.day)}{'补录' if one.is_late else ''}",
            "url": f"{reverse('duties:sign-several')}?day={one.day.isoformat()}",
            "active": one == here,
            "count": len(one.rounds),
        }
        for one in days
    ]


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
