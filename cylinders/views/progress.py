"""使用登记进度: every submitted application with its steps, opinions and dates (F83, C 三.5)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from config.access import page
from config.paging import paginate
from config.words import cn_datetime
from cylinders import queries_batches as queries
from cylinders.actions.again import apply_again
from cylinders.enums import EDITABLE, BatchState
from cylinders.forms import BatchFilter
from cylinders.models import Batch
from cylinders.views.batches import tabs_of
from units.queries_registration import full_name
from units.roles import Can

# Documents of a batch in reports, which is above this room: shown where the page exists.
DOCUMENTS = (
    ("气瓶使用登记表", "reports:cylinder-form"),
    ("气瓶基本信息汇总表", "reports:cylinder-summary"),
)
TABS = ("correcting", queries.OPEN, queries.CLOSED)


@page(Can.CYLINDER_VIEW)
def progress_list(request: HttpRequest) -> HttpResponse:
    """What was submitted, where it stands and what comes next; begins with what is under way."""
    form = BatchFilter(request.GET)
    asked = form.asked()
    counts = queries.counts(request.actor, asked)
    asked["tab"] = _tab(asked.get("tab", ""), counts)
    rows = queries.batches(request.actor, asked)
    listed, size = paginate(request, rows, count=counts[asked["tab"]])
    tabs = tabs_of(request.GET, {key: counts[key] for key in TABS}, asked["tab"])
    context = {
        "form": form,
        "tabs": tabs,
        "page": listed,
        "size": size,
        "rows": [
            {
                "one": one,
                "state": queries.state_word(one),
                "next": queries.NEXT[BatchState(one.state)],
            }
            for one in listed
        ],
        "is_bureau": request.actor.kind == "bureau",
        "is_filtered": bool(asked.get("keyword") or asked.get("origin")),
    }
    return render(request, "cylinders/progress_list.html", context)


def _tab(wanted: str, counts: dict[str, int]) -> str:
    if wanted in TABS:
        return wanted
    order = ("correcting", queries.OPEN, queries.CLOSED)
    return next((tab for tab in order if counts[tab]), queries.OPEN)


@page(Can.CYLINDER_VIEW)
def progress(request: HttpRequest, code: str) -> HttpResponse:
    """The step bar of one application, what was said, what was taken out, what came of it."""
    found = queries.get_batch(request.actor, code)
    is_own = request.actor.kind == "unit" and request.actor.can(Can.CYLINDER_MANAGE)
    removed, size = paginate(request, queries.removed_items(found))
    figures = queries.figures_of(found)
    context = {
        "found": found,
        "steps": queries.steps_of(found),
        "steps_open": True,
        "facts": _facts(found, figures),
        "figures": figures,
        "removed": removed,
        "size": size,
        "released": queries.released(found).count() if is_own else 0,
        "documents": _documents(found, request),
        "certificates": _certificates(found),
        "is_own": is_own,
        "is_editable": is_own and found.state in EDITABLE,
        "is_bureau": request.actor.kind == "bureau",
    }
    return render(request, "cylinders/progress.html", context)


def _facts(found: Batch, figures: queries.Figures) -> list[tuple[str, Any]]:
    kinds = [f"{name} {number} 只" for name, number in queries.kinds_of(found)]
    bureau = queries.bureau_of(found.region_id)
    phone = f"（{bureau.phone}）" if bureau and bureau.phone else ""
    return [
        ("使用单位", found.unit_name),
        ("申请类型", found.get_origin_display()),
        ("受理区县", full_name(found.region) if found.region else ""),
        ("办理单位", f"{bureau.name}{phone}" if bureau else ""),
        ("提交时间", cn_datetime(found.submitted_at)),
        ("提交次数", found.round or ""),
        ("气瓶", "，".join(kinds) or "已全部移出"),
        ("照片", f"{figures.photos} 张"),
    ]


def _documents(found: Batch, request: HttpRequest) -> list[tuple[str, str]]:
    if not found.round or not request.actor.can(Can.DOCUMENT_VIEW):
        return []
    shown = []
    for label, name in DOCUMENTS:
        try:
            shown.append((label, reverse(name, args=[found.code])))
        except NoReverseMatch:
            continue
    return shown


def _certificates(found: Batch) -> list[dict[str, Any]]:
    """The certificates that the batch brought forth, each with how many cylinders it added."""
    if found.state != BatchState.CERTIFIED:
        return []
    return [
        {
            "number": one.certificate.number,
            "kind": one.certificate.kind.name,
            "added": one.added,
            "total": one.total,
            "revision": one.revision,
            "url": reverse("cylinders:certificate", args=[one.certificate.code]),
        }
        for one in queries.revisions_of(found)
    ]


@page(Can.CYLINDER_MANAGE, writes=True, reads=False)
def batch_again(request: HttpRequest, code: str) -> HttpResponse:
    """重新申请 with what was declined, voided or taken out."""
    found = queries.get_batch(request.actor, code)
    again = apply_again(found, actor=request.actor, now=timezone.now())
    left = f"另有 {again.left} 只已在别处登记或申请，没有带入。" if again.left else ""
    messages.success(
        request,
        f"已建立新的申请草稿，带入 {again.cylinders} 只气瓶、{again.photos} 张照片"
        f"（被标为“错误”的照片没有带入）。{left}",
    )
    return redirect("cylinders:batch", again.batch.code)
