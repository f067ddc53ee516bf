"""历史设备: the bureau's list, and the unit's 设备认领 (F1, F29)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.errors import RuleBroken
from config.forms import attempt
from config.paging import paginate, tab_items
from equipment import queries_archive as archived
from equipment.actions import archive as actions
from equipment.forms_archive import ArchiveListFilter, DeclineForm
from equipment.models import ArchiveRecord, Equipment
from units.roles import Can

CLAIM_MOST = 100  # machines a submit: each one is archived with its status, code and to-dos
NOTHING_TICKED = "请先勾选设备。"


@dataclass(frozen=True)
class Row:
    """One record with its words; `twin` is the unit's own machine with the same number."""

    record: ArchiveRecord
    variety: str
    place: str
    next_inspection_on: date | None
    twin: Equipment | None
    problem: str
    is_ticked: bool


@page(Can.ARCHIVE_IMPORT)
def archive_list(request: HttpRequest) -> HttpResponse:
    """The historical machines of the subtree by state, with what their units said."""
    context = _listing(request)
    return render(request, "equipment/archive_list.html", context)


@page(Can.ARCHIVE_IMPORT)
def archive_import(request: HttpRequest) -> HttpResponse:
    """导入历史设备: on the pages that all imports share."""
    return redirect("units:import-start", "archive")


@page(Can.EQUIPMENT_MANAGE, writes=True)
def claim_list(request: HttpRequest) -> HttpResponse:
    """What the bureaus' archive says to be the unit's: claim or decline, ticked together."""
    if request.method != "POST":
        return _claims(request, DeclineForm(), {}, 200)
    declines = request.POST.get("action") == "decline"
    form = DeclineForm(request.POST if declines else None)
    records = archived.by_codes(request.actor, request.POST.getlist("m"))
    if problem := _count_problem(records):
        messages.warning(request, problem)
        return _claims(request, form, {}, 422)
    return _decline(request, records, form) if declines else _claim(request, records)


def _claim(request: HttpRequest, records: list[ArchiveRecord]) -> HttpResponse:
    """Claim the ticked machines one by one; those that are refused stay, each with its reason."""
    now = timezone.now()
    refused: dict[int, str] = {}
    for one in records:
        try:
            actions.claim(one, actor=request.actor, now=now)
        except RuleBroken as broken:
            refused[one.pk] = broken.message
    done = len(records) - len(refused)
    if done:
        messages.success(request, f"已认领 {done} 台设备。请接着绑定安全员，否则无人收到每日待办。")
    if refused:
        messages.warning(request, f"有 {len(refused)} 台没有认领，原因见下表。")
        return _claims(request, DeclineForm(), refused, 422)
    return redirect("equipment:claim-list")


def _decline(request: HttpRequest, records: list[ArchiveRecord], form: DeclineForm) -> HttpResponse:
    """Say that the ticked machines are not the unit's own, and why."""
    declined = attempt(
        form,
        lambda: actions.decline(
            records,
            reason=form.cleaned_data["reason"],
            actor=request.actor,
            now=timezone.now(),
        ),
    )
    if declined is None:
        return _claims(request, form, {}, 422)
    messages.success(request, f"已否认 {len(declined)} 台设备，市场监管局会核对。")
    return redirect("equipment:claim-list")


def _count_problem(records: list[ArchiveRecord]) -> str:
    if not records:
        return NOTHING_TICKED
    if len(records) > CLAIM_MOST:
        return f"一次最多处理 {CLAIM_MOST} 台，请分批勾选。"
    return ""


def _claims(
    request: HttpRequest, form: DeclineForm, refused: dict[int, str], status: int
) -> HttpResponse:
    context = _listing(request, refused)
    context["decline"] = form
    context["opens_decline"] = form.is_bound
    return render(request, "equipment/claim_list.html", context, status=status)


def _listing(request: HttpRequest, refused: dict[int, str] | None = None) -> dict[str, Any]:
    actor: Actor = request.actor
    form = ArchiveListFilter(request.GET)
    state, keyword = form.asked()
    rows, size = paginate(request, archived.records(actor, state=state, keyword=keyword))
    counts = archived.counts(actor, keyword=keyword)
    return {
        "form": form,
        "state": state,
        "keyword": keyword,
        "page": rows,
        "size": size,
        "tabs": _tabs(request, state, counts),
        "rows": _rows(request, list(rows), refused or {}),
        "has_any": bool(keyword) or any(counts.values()),
    }


def _tabs(request: HttpRequest, chosen: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    tabs = [(state, label, counts[state]) for state, label in archived.STATES]
    return tab_items(request.GET, "state", tabs, chosen)


def _rows(request: HttpRequest, records: list[ArchiveRecord], refused: dict[int, str]) -> list[Row]:
    actor: Actor = request.actor
    names = archived.varieties(records)
    waiting = [one for one in records if one.claimed_at is None and one.declined_at is None]
    twins = archived.twins_of(actor.unit_id, waiting) if actor.kind == "unit" else {}
    ticked = set(request.POST.getlist("m"))
    return [
        Row(
            record=one,
            variety=names.get(one.facts.get("catalogue", ""), ""),
            place=one.facts.get("place", ""),
            next_inspection_on=_day(one.facts.get("next_inspection_on")),
            twin=twins.get(one.pk),
            problem=refused.get(one.pk, ""),
            is_ticked=one.code in ticked,
        )
        for one in records
    ]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
