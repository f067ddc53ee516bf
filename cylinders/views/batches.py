"""使用登记申请: the unit's list, a new application, its page, basic information, submission (F76–F82)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.forms import attempt
from config.paging import paginate, tab_items
from cylinders import queries_batches as queries
from cylinders.actions import batches as actions
from cylinders.enums import EDITABLE, BatchState, Origin
from cylinders.forms import (
    SAFETY_FIELDS,
    UNIT_FIELDS,
    AddForm,
    BasicsForm,
    BatchFilter,
    ItemFilter,
    RemoveForm,
    SubmitForm,
)
from cylinders.models import Batch, BatchItem
from cylinders.queries_checks import wrong_items
from equipment.enums import Category
from units.queries import own_unit
from units.queries_registration import full_name
from units.roles import Can

CYLINDER = Category.CYLINDER.value
# What each kind of application is for, and which import fills it.
ORIGINS = {
    Origin.NEW.value: (
        "新购置、尚未办理使用登记的气瓶：每只上传钢印和监检证书照片。",
        "cylinders",
    ),
    Origin.EXISTING.value: (
        "已有原使用登记代码、补录到本平台的在用气瓶：填写原登记代码，上传钢印和原登记资料照片。",
        "cylinders-existing",
    ),
}


# ------------------------------------------------------------------ list
@page(Can.CYLINDER_MANAGE)
def batch_list(request: HttpRequest) -> HttpResponse:
    """Tabs by state with counts; begins with what the unit has been asked to correct."""
    form = BatchFilter(request.GET)
    asked = form.asked()
    counts = queries.counts(request.actor, asked)
    asked["tab"] = chosen_tab(asked.get("tab", ""), counts)
    listed, size = paginate(
        request, queries.batches(request.actor, asked), count=counts[asked["tab"]]
    )
    context = {
        "form": form,
        "tabs": tabs_of(request.GET, counts, asked["tab"]),
        "page": listed,
        "size": size,
        "rows": [_row(one) for one in listed],
        "is_filtered": bool(asked.get("keyword") or asked.get("origin")),
        "has_any": any(counts.values()),
    }
    return render(request, "cylinders/batch_list.html", context)


def chosen_tab(wanted: str, counts: Mapping[str, int]) -> str:
    """The tab asked for, else the first that holds something, what is to be corrected before all."""
    if wanted in queries.TABS:
        return wanted
    order = ("correcting", "draft", queries.OPEN, queries.CLOSED)
    return next((tab for tab in order if counts[tab]), "draft")


def tabs_of(given: QueryDict, counts: Mapping[str, int], chosen: str) -> list[dict[str, Any]]:
    """The tabs of a list of applications as links that keep the filter."""
    tabs = [(key, queries.TABS[key][0], count) for key, count in counts.items()]
    return tab_items(given, "tab", tabs, chosen)


def _row(one: Any) -> dict[str, Any]:
    state = BatchState(one.state)
    return {
        "one": one,
        "state": queries.state_word(one),
        "next": queries.NEXT[state],
        "is_editable": state in EDITABLE,
    }


# ------------------------------------------------------------------ a new one
@page(Can.CYLINDER_MANAGE, writes=True)
def batch_add(request: HttpRequest) -> HttpResponse:
    """添加设备: which kind of equipment; for cylinders a new application, for others where to go."""
    unit = own_unit(request.actor)
    if unit is None:
        raise Http404
    kind = request.GET.get("kind", CYLINDER)
    kind = kind if kind in Category.values else CYLINDER
    form = AddForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        origin = form.cleaned_data["origin"]
        made = attempt(
            form,
            lambda: actions.open_batch(
                unit, origin=origin, actor=request.actor, now=timezone.now()
            ),
        )
        if made is not None:
            return redirect("cylinders:batch", made.code)
    bureau = queries.bureau_of(unit.region_id)
    context = {
        "form": form,
        "kinds": [
            {"label": str(one.label), "url": f"?kind={one.value}", "active": one.value == kind}
            for one in Category
        ],
        "kind": Category(kind),
        "is_cylinder": kind == CYLINDER,
        "origins": [
            {
                "value": one.value,
                "label": str(one.label),
                "text": ORIGINS[one.value][0],
                "template": ORIGINS[one.value][1],
                "is_chosen": form["origin"].value() == one.value,
            }
            for one in Origin
        ],
        "bureau": bureau,
        "district": unit.region,
        "takes_part": queries.takes_part(unit.region_id),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "cylinders/batch_add.html", context, status=status)


# ------------------------------------------------------------------ one
@page(Can.CYLINDER_MANAGE)
def batch(request: HttpRequest, code: str) -> HttpResponse:
    """基本信息, 气瓶清单, 提交: what is there, what is missing; read only once it is submitted."""
    return batch_page(request, queries.get_batch(request.actor, code))


def batch_page(
    request: HttpRequest, found: Batch, *, remove_form: RemoveForm | None = None, status: int = 200
) -> HttpResponse:
    """The page of a batch; also what a refused change of its list answers with."""
    day = local_day(timezone.now())
    form = ItemFilter(request.GET)
    asked = form.asked()
    wrong = wrong_items(found) if found.state == BatchState.CORRECTING else {}
    asked |= only(found, asked, wrong)
    figures = queries.figures_of(found)
    is_filtered = bool({"keyword", "photos", "problem"} & asked.keys())
    rows = queries.items_of(found, asked)
    listed, size = paginate(request, rows, count=None if is_filtered else figures.total)
    is_editable = found.state in EDITABLE
    gaps = actions.missing(found, on=day, figures=figures) if is_editable else []
    context = {
        "found": found,
        "steps": queries.steps_of(found),
        "is_editable": is_editable,
        "is_draft": found.state == BatchState.DRAFT,
        "is_correcting": found.state == BatchState.CORRECTING,
        "basics": _basics(found),
        "safety": _facts(found, SAFETY_FIELDS),
        "unfilled": sum(not getattr(found, name) for name in (*UNIT_FIELDS, *SAFETY_FIELDS)),
        "form": form,
        "figures": figures,
        "page": listed,
        "size": size,
        "rows": [_item_row(one, found, wrong) for one in listed],
        "first": listed.start_index(),
        "is_filtered": is_filtered,
        "filter": _filter_of(request.GET),
        "wrong": len(wrong),
        "remove_form": remove_form or RemoveForm(),
        "gaps": gaps,
        "import_kind": ORIGINS[found.origin][1],
    }
    return render(request, "cylinders/batch.html", context, status=status)


def only(
    found: Batch, asked: Mapping[str, Any], wrong: Mapping[int, str] | None = None
) -> dict[str, Any]:
    """The keys of the cylinders that have the problem asked for."""
    match asked.get("problem"):
        case "wrong":
            return {"only": list(wrong_items(found) if wrong is None else wrong)}
        case "twin":
            return {"only": list(actions.twins_of(found))}
        case "outdated":
            day = local_day(timezone.now())
            return {"only": queries.outdated_items(found, on=day).values("pk")}
    return {}


def _filter_of(given: QueryDict) -> str:
    kept = given.copy()
    for name in ("page", "size"):
        kept.pop(name, None)
    return kept.urlencode()


def _basics(found: Batch) -> list[tuple[str, Any]]:
    district = full_name(found.region) if found.region else "未选择"
    return [
        ("使用单位名称", found.unit_name),
        ("统一社会信用代码", found.credit_code),
        ("申请类型", found.get_origin_display()),
        ("受理区县", district),
        *_facts(found, UNIT_FIELDS),
    ]


def _facts(found: Batch, names: tuple[str, ...]) -> list[tuple[str, Any]]:
    return [(actions.LABELS[name], getattr(found, name)) for name in names]


def _item_row(one: BatchItem, found: Batch, wrong: Mapping[int, str]) -> dict[str, Any]:
    return {
        "one": one,
        "lacking": queries.photo_problem(one, found.origin),
        "wrong": wrong.get(one.pk, ""),
    }


@page(Can.CYLINDER_MANAGE, writes=True)
def batch_basics(request: HttpRequest, code: str) -> HttpResponse:
    """编辑基本信息; somebody else's newer version is never overwritten."""
    found = queries.get_batch(request.actor, code)
    districts = {one.pk: one for one in queries.districts()}
    choices = [(one.pk, full_name(one)) for one in districts.values()]
    form = BasicsForm(
        request.POST if request.method == "POST" else None,
        regions=choices if found.state == BatchState.DRAFT else None,
        initial=BasicsForm.initial_of(found),
    )
    changed = None
    if request.method == "POST" and form.is_valid():
        changes = dict(form.cleaned_data)
        version = changes.pop("version")
        region = districts.get(changes.pop("region", ""))
        changed = attempt(
            form,
            lambda: actions.change_basics(
                found,
                version=version,
                changes=changes,
                region=region,
                actor=request.actor,
                now=timezone.now(),
            ),
        )
    if changed is not None:
        messages.success(request, "基本信息已保存。")
        return redirect("cylinders:batch", code)
    is_stale = form.has_error("__all__", "stale")
    refused = is_stale or form.has_error("__all__", "not_editable")
    status = 200 if request.method != "POST" else 409 if refused else 422
    context = {
        "found": found,
        "form": form,
        "is_stale": is_stale,
        "is_editable": found.state in EDITABLE,
        "has_districts": bool(districts),
        "bureau": queries.bureau_of(found.unit.region_id),
    }
    return render(request, "cylinders/batch_basics.html", context, status=status)


@page(Can.CYLINDER_MANAGE, writes=True, reads=False)
def batch_discard(request: HttpRequest, code: str) -> HttpResponse:
    """删除草稿."""
    found = queries.get_batch(request.actor, code)
    actions.discard(found, actor=request.actor, now=timezone.now())
    messages.success(request, "草稿已删除，其中的气瓶可以重新导入其他申请。")
    return redirect("cylinders:batch-list")


# ------------------------------------------------------------------ submitting
@page(Can.CYLINDER_MANAGE, writes=True)
def submit(request: HttpRequest, code: str) -> HttpResponse:
    """提交使用登记表: what is missing, or what will be sent to whom, with the statement of truth."""
    now = timezone.now()
    found = queries.get_batch(request.actor, code)
    if found.state not in EDITABLE:
        if request.method == "POST":
            messages.info(request, f"这份申请已经提交，编号 {found.number}，没有重复提交。")
        return redirect("cylinders:progress", code)
    form = SubmitForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: actions.submit(found, actor=request.actor, now=now))
        if done is not None:
            messages.success(
                request,
                f"已提交使用登记表，申请编号 {done.number}。办理进度可以在这里查看，有结果时会发消息。",
            )
            return redirect("cylinders:progress", code)
        if form.has_error("__all__", "wrong_state"):
            messages.info(request, "这份申请刚刚已经提交，没有重复提交。")
            return redirect("cylinders:progress", code)
        found = queries.get_batch(request.actor, code)
    context = {
        "found": found,
        "form": form,
        "gaps": actions.missing(found, on=local_day(now), looks_elsewhere=True),
        "figures": queries.figures_of(found),
        "kinds": queries.kinds_of(found),
        "bureau": queries.bureau_of(found.region_id),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "cylinders/submit.html", context, status=status)
