"""The bureau's decisions on one batch: a page (drawer) each, and 驳回（退件） on its own (F84 to F87)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.errors import RuleBroken
from config.forms import attempt, refused_status
from config.workflow import find, offers
from cylinders.actions import review as actions
from cylinders.actions.certify import certify
from cylinders.actions.checks import refuse_unfinished, refuse_unsampled
from cylinders.enums import BatchState
from cylinders.forms_review import (
    ConfirmForm,
    OpinionForm,
    PointsForm,
    ReasonForm,
    SampledForm,
    VoidForm,
)
from cylinders.models import Batch, BatchItem
from cylinders.queries_batches import state_word
from cylinders.queries_checks import wrong_items
from cylinders.queries_review import figures, get_batch
from cylinders.review_rules import Eyes, eyes_on
from cylinders.states import TRANSITIONS, is_handler
from units.roles import Can

CONFLICTS = ("wrong_state", "already_voided", "same_person", "not_yours")
LISTED = 20
# Characters of the points proposed for 补正; the person's own words go beside them.
PROPOSED = 350
WATCHED = ("accept", "review", "approve")


@dataclass(frozen=True)
class Decision:
    """One decision of the desk: its page's words, its form, its action."""

    title: str
    # What happens then, for the person who decides.
    effects: tuple[str, ...]
    form: type[Any]
    act: Callable[..., Any]
    said: str
    opinion: str = ""


DECISIONS: dict[str, Decision] = {
    "accept": Decision(
        "受理",
        (
            "照片判定错误的气瓶移出本批次，原因告知单位，单位可以重新申请。",
            "按本区县的比例抽取照片，由另一位审核人员复看。",
        ),
        OpinionForm,
        actions.accept,
        "已受理 {number}，等待另一位人员审核。",
        "申请材料齐全，附件与填报信息核对无误，予以受理。",
    ),
    "return": Decision(
        "告知补正",
        (
            "单位可以修改信息、照片和清单，改好后重新提交；重新提交后全部照片要再看一遍。",
            "请一次写全，避免多次退补。",
        ),
        PointsForm,
        actions.return_batch,
        "已把 {number} 的补正内容告知单位。",
    ),
    "decline": Decision(
        "不予受理",
        ("本次申请到此结束，全部气瓶可以由单位重新申请。", "材料可以改正的，请用“告知补正”。"),
        ReasonForm,
        actions.decline,
        "已对 {number} 作出不予受理的决定，并告知单位。",
    ),
    "review": Decision(
        "审核",
        ("审核通过后转审批，由第三位人员办理。",),
        SampledForm,
        actions.review,
        "已审核通过 {number}，等待审批。",
        "经审核，符合使用登记条件。",
    ),
    "approve": Decision(
        "审批",
        ("审批通过后即可生成使用登记证。",),
        OpinionForm,
        actions.approve,
        "已审批通过 {number}，可以生成证书。",
        "同意办理使用登记。",
    ),
    "certify": Decision(
        "证书生成",
        (
            "每个设备品种一张使用登记证（车用气瓶每车一张）；单位已有该品种证书的，换发新版次。",
            "每只气瓶得到登记代码，进入气瓶档案；证书生成后不能再退件。",
        ),
        ConfirmForm,
        certify,
        "已生成 {number} 的使用登记证。",
    ),
}


@page(Can.CYLINDER_REVIEW, writes=True)
def decide(request: HttpRequest, code: str) -> HttpResponse:
    """One decision (`do`): what it does, the opinion, and why it is not open, in words."""
    actor = request.actor
    batch = _own(actor, code)
    do = request.POST.get("do") or request.GET.get("do") or _first(batch, actor)
    if do not in DECISIONS:
        raise Http404(f"no decision {do}")
    decision = DECISIONS[do]
    form = decision.form(
        request.POST or None, initial={"round": batch.round, "opinion": decision.opinion}
    )
    status = 200
    if request.method == "POST":
        if form.is_valid() and _carry_out(decision, batch, form, actor, timezone.now()):
            messages.success(request, decision.said.format(number=batch.number))
            return redirect("cylinders:review", code)
        status = refused_status(form, *CONFLICTS)
        batch = get_batch(actor, code)  # as it now is
    return _page(request, batch, do, form, status)


def _own(actor: Actor, code: str) -> Batch:
    """The batch, for the bureau of its very district; 403 for one that only reads it."""
    batch = get_batch(actor, code)
    if not is_handler(batch, actor):
        raise PermissionDenied
    return batch


def _first(batch: Batch, actor: Actor) -> str:
    """The decision that comes next, for whoever opens the page without saying which."""
    offered = [one.name for one in offers(TRANSITIONS, batch, actor)]
    return next((name for name in DECISIONS if name in offered and name != "return"), "accept")


def _carry_out(decision: Decision, batch: Batch, form: Any, actor: Actor, now: datetime) -> bool:
    given = dict(form.cleaned_data)
    seen_round = given.pop("round")
    if decision.act is not certify:
        given["seen_round"] = seen_round
    return attempt(form, lambda: decision.act(batch, actor=actor, now=now, **given)) is not None


def _page(request: HttpRequest, batch: Batch, do: str, form: Any, status: int) -> HttpResponse:
    actor = request.actor
    decision = DECISIONS[do]
    row = find(TRANSITIONS, do)
    is_offered = batch.state in row.sources
    eyes = eyes_on(batch, actor) if is_offered and do in WATCHED else Eyes()
    problem = _problem(batch, do, actor) if is_offered and not eyes.is_refused else ""
    wrong = wrong_items(batch) if is_offered and do in ("accept", "review", "return") else {}
    if not form.is_bound and wrong:
        form.initial |= _proposed(batch, do, wrong)
    if not is_offered:
        problem = f"当前状态为“{batch.get_state_display()}”，不能{decision.title}。"
        status = 409
    found = figures(batch)
    context = {
        "batch": batch,
        "do": do,
        "decision": decision,
        "form": form,
        "seen_round": _seen_round(batch, form),
        "state": state_word(batch),
        "eyes": eyes,
        "problem": problem,
        "is_open": is_offered and not eyes.is_refused and not problem,
        "figures": found,
        "standing": sum(one.standing for one in found),
        "wrong_number": len(wrong),
        "wrong": _named(batch, wrong) if do != "return" else [],
        "more": max(0, len(wrong) - LISTED),
    }
    return render(request, "cylinders/review_decide.html", context, status=status)


def _seen_round(batch: Batch, form: Any) -> Any:
    """The submission that the person decides on: the one shown, the new one once told of it."""
    return batch.round if form.has_error("__all__", "stale") else form["round"].value()


def _problem(batch: Batch, do: str, actor: Actor) -> str:
    """What still has to be looked at before 受理 and 审核, in words."""
    try:
        if do == "accept":
            refuse_unfinished(batch)
        elif do == "review":
            refuse_unsampled(batch, actor)
    except RuleBroken as broken:
        return broken.message
    return ""


def _named(batch: Batch, wrong: dict[int, str]) -> list[tuple[BatchItem, str]]:
    """The first of the cylinders that leave the batch, with the reason of each."""
    rows = batch.items.filter(pk__in=wrong).order_by("number", "pk")[:LISTED]
    return [(one, wrong[one.pk]) for one in rows]


def _proposed(batch: Batch, do: str, wrong: dict[int, str]) -> dict[str, str]:
    """What is written for a start where photographs are wrong; the person edits it."""
    if do == "return":
        return {"points": _points(batch, wrong)}
    if do == "accept":
        out = f"{len(wrong)} 只气瓶的照片与填报信息不符，移出本批次"
        return {"opinion": f"申请材料齐全，予以受理；{out}。"}
    return {}


def _points(batch: Batch, wrong: dict[int, str]) -> str:
    """The wrong photographs as points of 补正, as many as leave room for others."""
    lines = [f"{one.product_no}：{reason}" for one, reason in _named(batch, wrong)]
    kept: list[str] = []
    for line in lines:
        if sum(map(len, [*kept, line])) > PROPOSED:
            break
        kept.append(line)
    left = len(wrong) - len(kept)
    more = [f"另有 {left} 只气瓶的照片判定错误，见清单中的标记"] if left else []
    return "\n".join([*kept, *more])


@page(Can.CYLINDER_REVIEW, writes=True)
def void(request: HttpRequest, code: str) -> HttpResponse:
    """驳回（退件）: what it does, the batch's number to be typed, the reason; a second click is told."""
    actor = request.actor
    batch = _own(actor, code)
    form = VoidForm(request.POST or None, initial={"round": batch.round})
    status = 200
    if request.method == "POST":
        if form.is_valid():
            given = form.cleaned_data
            seen = {"seen_round": given["round"], "actor": actor, "now": timezone.now()}
            done = attempt(
                form,
                lambda: actions.void(batch, number=given["number"], reason=given["reason"], **seen),
            )
            if done is not None:
                messages.success(request, f"已退件：{batch.number} 整批作废，原因已告知单位。")
                return redirect("cylinders:review", code)
        status = refused_status(form, *CONFLICTS)
        batch = get_batch(actor, code)
    row = find(TRANSITIONS, "void")
    is_open = batch.state in row.sources
    context = {
        "batch": batch,
        "form": form,
        "seen_round": _seen_round(batch, form),
        "state": state_word(batch),
        "is_open": is_open,
        "is_voided": batch.state == BatchState.VOIDED,
        "refused": row.refused,
        "standing": sum(one.standing for one in figures(batch)),
    }
    if not is_open:
        status = 409
    return render(request, "cylinders/void.html", context, status=status)
