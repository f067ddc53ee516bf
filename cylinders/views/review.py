"""The bureau's desk of use registration: the list, one batch with what comes next (F84, F87)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.paging import paginate, tab_items
from config.words import cn_datetime
from cylinders import queries_review as queries
from cylinders.forms_review import ItemFilter, ReviewFilter
from cylinders.models import Batch
from cylinders.queries_batches import state_word, steps_of
from cylinders.review_words import holder_of, next_of
from units.roles import Can


@page(Can.CYLINDER_REVIEW)
def review_list(request: HttpRequest) -> HttpResponse:
    """Tabs by step with counts, the longest waiting first; a city's bureau sees every district."""
    day = local_day(timezone.now())
    actor = request.actor
    is_supervisor = queries.is_supervisor(actor)
    form = ReviewFilter(request.GET, regions=queries.regions(actor) if is_supervisor else None)
    asked = form.asked()
    tabs = queries.tabs(actor, asked, day)
    asked["tab"] = _tab(asked["tab"], tabs)
    count = next((tab.count for tab in tabs if tab.key == asked["tab"]), 0)
    listed, size = paginate(request, queries.batches(actor, asked, day), count=count)
    numbers = queries.numbers_of(listed)
    context = {
        "form": form,
        "tabs": tab_items(
            request.GET, "tab", [(tab.key, tab.label, tab.count) for tab in tabs], asked["tab"]
        ),
        "tab": asked["tab"],
        "page": listed,
        "size": size,
        "rows": [
            {
                "one": one,
                "cylinders": numbers.get(one.pk, 0),
                "state": state_word(one),
                "waiting": queries.waiting_word(one, day),
                "is_own": any(step.user_id == actor.user_id for step in one.taken),
            }
            for one in listed
        ],
        "is_supervisor": is_supervisor,
        "is_filtered": any(value for name, value in asked.items() if name != "tab"),
    }
    return render(request, "cylinders/review_list.html", context)


def _tab(wanted: str, tabs: list[queries.Tab]) -> str:
    """The tab asked for; without one the first that has something in it."""
    if wanted in queries.TABS:
        return wanted
    return next((tab.key for tab in tabs if tab.count), tabs[0].key)


@page(Can.CYLINDER_REVIEW)
def review(request: HttpRequest, code: str) -> HttpResponse:
    """详情: where the batch stands and what comes next, its basic information, its cylinders."""
    day = local_day(timezone.now())
    batch = queries.get_batch(request.actor, code)
    figures = queries.figures(batch)
    form = ItemFilter(request.GET)
    show = form.asked()
    every = sum(one.standing + one.removed for one in figures)
    count = {"": every, queries.REMOVED: sum(one.removed for one in figures)}.get(show)
    listed, size = paginate(request, queries.items(batch, show), count=count)
    next_step = next_of(batch, request.actor)
    context = {
        "batch": batch,
        # The bar says what the unit waits for; here it says what the bureau does.
        "steps": replace(steps_of(batch), next=holder_of(batch)),
        "waiting": queries.waiting_word(batch, day),
        "next": next_step,
        "basics": _basics(batch),
        "safety": _safety(batch),
        "figures": figures,
        "standing": sum(one.standing for one in figures),
        "removed": every - sum(one.standing for one in figures),
        "shows": [
            {"key": key, "label": label, "active": key == show}
            for key, label in form.fields["show"].choices
        ],
        "show": show,
        "page": listed,
        "size": size,
        "rows": [_item_row(one) for one in listed],
    }
    return render(request, "cylinders/review.html", context)


def _item_row(one: Any) -> dict[str, Any]:
    """A cylinder with what the looks at its photographs have come to."""
    if one.removed_at is not None:
        kind, word, note = "danger", "已移出", one.removed_reason
    elif one.wrong_reasons:
        kind, word, note = "danger", "错误", "；".join(dict.fromkeys(one.wrong_reasons))
    elif one.photo_number and one.judged_number >= one.photo_number:
        kind, word, note = "done", "正确", ""
    elif one.judged_number:
        kind, word, note = "open", f"已审核 {one.judged_number} 张", ""
    else:
        kind, word, note = "neutral", "未审核", ""
    return {"one": one, "kind": kind, "word": word, "note": note}


def _basics(batch: Batch) -> list[tuple[str, Any]]:
    return [
        ("申请编号", batch.number),
        ("申请类型", batch.get_origin_display()),
        ("受理区县", batch.region.name),
        ("提交时间", f"{cn_datetime(batch.submitted_at)}（第 {batch.round} 次提交）"),
        ("使用单位名称", batch.unit_name),
        ("统一社会信用代码", batch.credit_code),
        ("使用单位地址", batch.address),
        ("邮政编码", batch.postcode),
        ("法定代表人", batch.legal_representative),
        ("联系人", batch.contact_name),
        ("联系电话", batch.contact_phone),
    ]


def _safety(batch: Batch) -> list[tuple[str, Any]]:
    return [
        ("安全管理部门", batch.safety_department),
        ("安全管理负责人", batch.safety_manager),
        ("安全管理部门电话", batch.safety_phone),
    ]
