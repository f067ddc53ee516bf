"""审核附件 (受理) and 抽样复看 (审核): one photograph at a time beside its cylinder's data (F85, D13).

Both steps share their pages; the step is in the URL, the action refuses the one that is not open.
With htmx the answer to 下一页 is the next photograph; without JavaScript the page is loaded anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.errors import RuleBroken
from config.forms import attempt
from config.words import cn_date, cn_datetime, cn_month, plain_number
from cylinders import queries_checks as queries
from cylinders.actions import checks as actions
from cylinders.check_rules import COMPARED, give_out
from cylinders.enums import CheckStep, Verdict
from cylinders.forms_checks import CheckForm, split_reason
from cylinders.models import Batch, BatchItem, ItemPhoto
from cylinders.photo_rules import SHORT
from cylinders.review_rules import eyes_on
from cylinders.states import is_handler
from units.roles import Can

LISTED = 30
# What is not compared with the photograph of every kind is shown below it.
OTHERS = (
    "kind", "model", "maker_licence", "nominal_pressure", "test_pressure", "volume",
    "wall_thickness", "tare", "life_years", "last_inspected_on", "next_inspection_on", "old_code",
    "inner_no", "owner", "plate", "vin", "qr_url", "note",
)  # fmt: skip


@dataclass(frozen=True)
class Desk:
    """The pages of one step: its words and URL names."""

    step: CheckStep
    title: str
    show: str
    save: str
    result: str


DESKS = {
    CheckStep.ACCEPT: Desk(
        CheckStep.ACCEPT,
        "审核附件",
        "cylinders:check",
        "cylinders:check-save",
        "cylinders:check-result",
    ),
    CheckStep.SAMPLE: Desk(
        CheckStep.SAMPLE,
        "抽样复看",
        "cylinders:sample",
        "cylinders:sample-save",
        "cylinders:sample-result",
    ),
}


@page(Can.CYLINDER_REVIEW)
def check(request: HttpRequest, code: str) -> HttpResponse:
    """审核附件: the photograph of page `at`; without one the first that is still to be seen."""
    return _show(request, code, DESKS[CheckStep.ACCEPT])


@page(Can.CYLINDER_REVIEW)
def sample(request: HttpRequest, code: str) -> HttpResponse:
    """抽样复看 of the 审核 person; the first verdict is not told before the second is given."""
    return _show(request, code, DESKS[CheckStep.SAMPLE])


@page(Can.CYLINDER_REVIEW, writes=True, reads=False)
def check_save(request: HttpRequest, code: str) -> HttpResponse:
    """Keep the judgement on one photograph and turn the page."""
    return _save(request, code, DESKS[CheckStep.ACCEPT])


@page(Can.CYLINDER_REVIEW, writes=True, reads=False)
def sample_save(request: HttpRequest, code: str) -> HttpResponse:
    """Keep the second judgement on one photograph and turn the page."""
    return _save(request, code, DESKS[CheckStep.SAMPLE])


@page(Can.CYLINDER_REVIEW)
def check_result(request: HttpRequest, code: str) -> HttpResponse:
    """Figures, what is left to be seen, what is wrong, and 完成."""
    batch = queries.get_batch(request.actor, code)
    return _result(request, batch, DESKS[CheckStep.ACCEPT])


@page(Can.CYLINDER_REVIEW)
def sample_result(request: HttpRequest, code: str) -> HttpResponse:
    """The agreement of both looks, what is left to be seen, and what differs."""
    batch = queries.get_batch(request.actor, code)
    return _result(request, batch, DESKS[CheckStep.SAMPLE])


@page(Can.CYLINDER_REVIEW, writes=True, reads=False)
def check_finish(request: HttpRequest, code: str) -> HttpResponse:
    """完成: refused with the list of what is left to be seen."""
    batch = queries.get_batch(request.actor, code)
    try:
        done = actions.finish(batch, actor=request.actor, now=timezone.now())
    except RuleBroken as broken:
        if broken.code != "unfinished":
            raise
        return _result(request, batch, DESKS[CheckStep.ACCEPT], refusal=broken.message, status=422)
    found = queries.progress(done)
    text = f"附件审核已完成：照片 {found.total} 张全部看过，错误 {found.wrong} 张。"
    messages.success(request, f"{text}可以继续办理受理。")
    return redirect("cylinders:check-result", code)


# ------------------------------------------------------------------ one photograph
def _show(request: HttpRequest, code: str, desk: Desk) -> HttpResponse:
    batch = queries.get_batch(request.actor, code)
    wanted = request.GET.get("at", "")
    at = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 7 else 0
    found = queries.walk(batch, desk.step, at)
    if not at:
        at = found.next_open or 0
        found = queries.walk(batch, desk.step, at) if at else found
    if not 1 <= at <= found.progress.total:
        return redirect(desk.result, code)
    return _photo_page(request, batch, desk, at, found)


def _photo_page(
    request: HttpRequest,
    batch: Batch,
    desk: Desk,
    at: int,
    found: queries.Walk,
    *,
    form: CheckForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """One photograph with the data to compare; with `form` again with what was typed in it."""
    around = queries.spread(batch, desk.step, found, at)
    shown, following = around.get(at), around.get(at + 1)
    if shown is None:
        return redirect(desk.result, batch.code)
    context = {
        **_context(request, batch, desk, found.progress),
        "jumps": _jumps(desk, batch, found),
        "at": at,
        "photo": shown,
        "item": shown.item,
        "compared": [_fact(shown.item, name) for name in COMPARED[shown.kind]],
        "others": _others(shown),
        "siblings": _siblings(shown, around, batch, desk),
        "next_url": reverse("units:file", args=[following.photo.copy_id]) if following else "",
        "form": form or CheckForm(initial=_initial(request, batch, desk, shown, at)),
        "judged": {"kind": queries.KINDS[shown.standing], "text": queries.LABELS[shown.standing]},
        "seconds": plain_number(queries.setting_of(batch).least_seconds),
    }
    template = "cylinders/_check_photo.html" if request.htmx else "cylinders/check.html"
    return render(request, template, context, status=status)


def _initial(
    request: HttpRequest, batch: Batch, desk: Desk, shown: ItemPhoto, at: int
) -> dict[str, Any]:
    """The form of a photograph as it is given out: 正确 unless it was judged otherwise."""
    return {
        "photo": shown.photo.code,
        "verdict": shown.judged or Verdict.CORRECT,
        **split_reason(shown.judged_reason or ""),
        "at": at,
        "token": give_out(
            shown.photo.code,
            step=desk.step,
            round_=batch.round,
            user_id=request.actor.user_id,
            now=timezone.now(),
        ),
    }


def _save(request: HttpRequest, code: str, desk: Desk) -> HttpResponse:
    now = timezone.now()
    batch = queries.get_batch(request.actor, code)
    if not is_handler(batch, request.actor):
        raise PermissionDenied
    form = CheckForm(request.POST)
    is_valid = form.is_valid()
    if "photo" not in form.cleaned_data:
        raise RuleBroken("incomplete", "页面不完整，请返回“审核附件”重新打开。")
    photo = queries.find_photo(batch, desk.step, form.cleaned_data["photo"])
    at = form.cleaned_data.get("at") or 1
    goes_back = form.cleaned_data.get("go") == "prev"
    if is_valid and not (goes_back and _is_untouched(photo, form)):
        attempt(
            form,
            lambda: actions.save_check(
                photo,
                verdict=form.cleaned_data["verdict"],
                reason=form.cleaned_data["reason"],
                seen_ms=form.cleaned_data["seen_ms"],
                opened_token=form.cleaned_data["token"],
                actor=request.actor,
                now=now,
                step=desk.step,
            ),
        )
        is_valid = form.is_valid()
    if not is_valid:
        status = 422 if set(form.errors) - {"__all__"} else 409
        found = queries.walk(batch, desk.step, at)
        return _photo_page(request, batch, desk, at, found, form=form, status=status)
    return _turn(request, batch, desk, at, -1 if goes_back else 1)


def _is_untouched(photo: ItemPhoto, form: CheckForm) -> bool:
    """Turning back leaves a photograph alone that nobody has judged and nobody marks 错误."""
    return photo.judged is None and form.cleaned_data["verdict"] == Verdict.CORRECT


def _turn(request: HttpRequest, batch: Batch, desk: Desk, at: int, by: int) -> HttpResponse:
    """The page after a judgement: the next one, behind the last one what is still to be seen."""
    target = max(1, at + by)
    found = queries.walk(batch, desk.step, target)
    if target > found.progress.total:
        target = found.next_open or 0
        found = queries.walk(batch, desk.step, target) if target else found
    if not target:
        url = reverse(desk.result, args=[batch.code])
    else:
        url = f"{reverse(desk.show, args=[batch.code])}?at={target}"
    if not request.htmx:
        return redirect(url)
    if not target:
        return HttpResponse(headers={"HX-Redirect": url})
    response = _photo_page(request, batch, desk, target, found)
    response["HX-Replace-Url"] = url
    return response


# ------------------------------------------------------------------ result
def _result(
    request: HttpRequest, batch: Batch, desk: Desk, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    is_sample = desk.step == CheckStep.SAMPLE
    found = queries.walk(batch, desk.step)
    left = wrong = []
    if found.progress.unseen or found.progress.again:
        left = queries.listed(batch, desk.step, queries.OPEN, LISTED)
    if found.progress.wrong:
        wrong = queries.listed(batch, desk.step, (queries.WRONG,), LISTED)
    show = reverse(desk.show, args=[batch.code])
    context = {
        **_context(request, batch, desk, found.progress),
        "refusal": refusal,
        "jumps": _jumps(desk, batch, found),
        "agreement": actions.agreement(batch) if is_sample else None,
        "least": plain_number(queries.setting_of(batch).least_seconds),
        "left": [_line(one, show) for one in left],
        "wrong": [_line(one, show) for one in wrong],
        "left_more": max(0, found.progress.unseen + found.progress.again - LISTED),
        "wrong_more": max(0, found.progress.wrong - LISTED),
        "finished": cn_datetime(batch.checked_at) if queries.is_checked(batch) else "",
        "is_sample": is_sample,
    }
    return render(request, "cylinders/check_result.html", context, status=status)


def _line(one: ItemPhoto, show: str) -> dict[str, Any]:
    return {
        "one": one,
        "url": f"{show}?at={one.at}",
        "standing": {"kind": queries.KINDS[one.standing], "text": queries.LABELS[one.standing]},
        "seconds": None if one.judged_ms is None else f"{one.judged_ms // 100 / 10:.1f}",
    }


# ------------------------------------------------------------------ pieces
def _context(
    request: HttpRequest, batch: Batch, desk: Desk, found: queries.Progress
) -> dict[str, Any]:
    """What every page of a step shows: the batch, its progress, and whether one may judge."""
    closed = _closed(request, batch, desk)
    return {
        "batch": batch,
        "desk": desk,
        "progress": found,
        "can_judge": not closed,
        "closed": closed,
        "urls": {
            "show": reverse(desk.show, args=[batch.code]),
            "save": reverse(desk.save, args=[batch.code]),
            "result": reverse(desk.result, args=[batch.code]),
        },
    }


def _closed(request: HttpRequest, batch: Batch, desk: Desk) -> str:
    """Why the page is read only, "" when it is not."""
    if not is_handler(batch, request.actor):
        return f"本批次由{batch.region.name}的登记机关办理，这里只能查看。"
    if queries.step_open(batch) == desk.step:
        is_sample = desk.step == CheckStep.SAMPLE
        eyes = eyes_on(batch, request.actor) if is_sample else None
        return eyes.sentence if eyes and eyes.is_refused else ""
    if desk.step == CheckStep.ACCEPT and queries.is_checked(batch):
        return f"附件审核已于 {cn_datetime(batch.checked_at)} 完成，判定只能查看。"
    return f"本批次当前状态为“{batch.get_state_display()}”，这里只能查看。"


def _jumps(desk: Desk, batch: Batch, found: queries.Walk) -> list[dict[str, Any]]:
    """未审核, 需复看, 错误 with their numbers and the page of the next one."""
    show = reverse(desk.show, args=[batch.code])
    numbers = {
        queries.UNSEEN: found.progress.unseen,
        queries.AGAIN: found.progress.again,
        queries.WRONG: found.progress.wrong,
    }
    return [
        {
            "label": queries.LABELS[standing],
            "kind": queries.KINDS[standing],
            "count": number,
            "url": f"{show}?at={found.jumps[standing]}" if found.jumps[standing] else "",
        }
        for standing, number in numbers.items()
    ]


def _fact(item: BatchItem, name: str) -> tuple[str, str]:
    """(label, value) of a column of a cylinder."""
    value = getattr(item, name)
    if name == "made_on":
        value = cn_month(value)
    elif isinstance(value, date):
        value = cn_date(value)
    elif isinstance(value, Decimal):
        value = plain_number(value)
    return str(item._meta.get_field(name).verbose_name), "" if value is None else str(value)


def _others(shown: ItemPhoto) -> list[tuple[str, str]]:
    compared = COMPARED[shown.kind]
    found = [_fact(shown.item, name) for name in OTHERS if name not in compared]
    return [(label, value) for label, value in found if value]


def _siblings(
    shown: ItemPhoto, around: dict[int, ItemPhoto], batch: Batch, desk: Desk
) -> list[dict[str, Any]]:
    """The photographs of the same cylinder; they stand on neighbouring pages."""
    show = reverse(desk.show, args=[batch.code])
    return [
        {
            "one": one,
            "name": SHORT[one.kind],
            "url": f"{show}?at={at}",
            "is_now": one.pk == shown.pk,
            "standing": {
                "kind": queries.KINDS[one.standing],
                "text": queries.LABELS[one.standing],
            },
        }
        for at, one in around.items()
        if one.item_id == shown.item_id
    ]
