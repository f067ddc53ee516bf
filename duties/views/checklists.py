"""管控清单 on the desk: fixed lists to be read, own lists to be drawn up and enabled (F42–F46)."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.forms import attempt, refused_status
from config.paging import paginate
from config.words import cn_datetime
from duties import queries_checklists as queries
from duties.actions.checklists import (
    add_list,
    change_list,
    copy_list,
    enable_list,
    remove_list,
    retire_list,
)
from duties.enums import Cadence
from duties.forms_checklists import ListForm, OwnListFilter
from duties.models import Checklist
from equipment import subjects
from equipment.words import span
from units.models import Unit
from units.queries import own_unit
from units.roles import Can

OWN = "own"
# What somebody else may have done to a draft besides changing it.
CONFLICTS = ("enabled", "gone", "item_gone")


# ------------------------------------------------------------------ the two tabs
@page(Can.CHECKLIST_VIEW)
def checklist_list(request: HttpRequest) -> HttpResponse:
    """固定清单 by cadence, grouped by what the unit has; `?tab=own` 自定义清单."""
    if request.GET.get("tab") == OWN:
        return _own_lists(request)
    held = queries.subjects_held(request.actor.unit_id)
    order = [subject.value for subject in held]
    found = list(queries.fixed_lists(held, now=timezone.now()))
    asked = request.GET.get("cadence", "")
    cadence = asked if asked in Cadence.values else Cadence.DAILY.value
    chosen = [one for one in found if one.cadence == cadence]
    chosen.sort(key=lambda one: order.index(one.category))
    context = {
        "kinds": _kinds(request, ""),
        "tabs": [
            {
                "label": one.label,
                "url": f"?cadence={one.value}",
                "active": one.value == cadence,
                "count": sum(each.cadence == one for each in found),
            }
            for one in Cadence
        ],
        "groups": [
            (subjects.label(category), [(one, span(one.period)) for one in lists])
            for category, lists in groupby(chosen, key=lambda one: one.category)
        ],
        "has_machines": bool(held),
        "may_manage": request.actor.can(Can.CHECKLIST_MANAGE),
    }
    return render(request, "duties/desk/checklist_list.html", context)


def _own_lists(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    form = OwnListFilter(request.GET)
    form.is_valid()
    words, state = (form.cleaned_data.get(name, "") for name in ("q", "state"))
    found = queries.own_lists(request.actor, words=words, state=state, now=now)
    shown, size = paginate(request, found)
    context = {
        "kinds": _kinds(request, OWN),
        "form": form,
        "page": shown,
        "size": size,
        "rows": [
            (one, subjects.label(one.category), span(one.period), queries.standing(one, now))
            for one in shown
        ],
        "is_filtered": bool(words or state),
        "may_manage": request.actor.can(Can.CHECKLIST_MANAGE),
    }
    return render(request, "duties/desk/checklist_own.html", context)


def _kinds(request: HttpRequest, active: str) -> list[dict[str, Any]]:
    url = reverse("duties:checklist-list")
    own = queries.own_count(request.actor)
    return [
        {"label": "固定清单", "url": url, "active": active != OWN},
        {"label": "自定义清单", "url": f"{url}?tab={OWN}", "active": active == OWN, "count": own},
    ]


# ------------------------------------------------------------------ one list
@page(Can.CHECKLIST_VIEW)
def checklist_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One list: what is checked, the hazard, the measure, what is severe; an own one with its story."""
    checklist = queries.get_checklist(request.actor, code)
    now = timezone.now()
    is_own = checklist.unit_id is not None
    state = queries.state_of(checklist, now) if is_own else ""
    parts = queries.sections(checklist)
    context = {
        "checklist": checklist,
        "is_own": is_own,
        "sections": parts,
        "facts": facts_of(checklist, parts, now),
        "standing": queries.standing(checklist, now) if is_own else None,
        "trail": queries.trail(checklist) if is_own else [],
        "may_manage": request.actor.can(Can.CHECKLIST_MANAGE),
        "is_draft": state == queries.DRAFT,
        "may_retire": state in {queries.RUNNING, queries.COMING},
    }
    return render(request, "duties/desk/checklist_detail.html", context)


def facts_of(
    checklist: Checklist, parts: list[queries.Section], now: datetime
) -> list[tuple[str, Any]]:
    """The head of a list's page: what it is about, its validity, its items in numbers."""
    items = [item for part in parts for item in part.items]
    severe = sum(item.is_severe for item in items)
    counted = f"{len(items)} 项，其中严重隐患 {severe} 项"
    shared = [
        ("适用单位", checklist.get_unit_kind_display()),
        ("适用对象", subjects.label(checklist.category)),
    ]
    if checklist.unit_id is None:
        return [
            *shared,
            ("管控形式", checklist.get_cadence_display()),
            ("有效期", span(checklist.period)),
            ("版本", f"第 {checklist.version} 版"),
            ("管控项", counted),
        ]
    stands = queries.standing(checklist, now)
    source = checklist.copied_from
    return [
        *shared,
        ("有效期", span(checklist.period)),
        ("管控项", counted),
        ("状态", f"{stands.word}（{stands.note}）" if stands.note else stands.word),
        ("建立", f"{checklist.created_by_name}　{cn_datetime(checklist.created_at)}"),
        *([("复制自", source.name)] if source else []),
    ]


# ------------------------------------------------------------------ drawing up
@page(Can.CHECKLIST_MANAGE, writes=True)
def add(request: HttpRequest) -> HttpResponse:
    """新增自定义管控清单: name, subject, validity; then its items."""
    unit = _unit(request)
    choices = _choices(unit)
    if request.method != "POST":
        first = {"valid_from": local_day(timezone.now())}
        return _form_page(request, ListForm(subjects=choices, initial=first, is_new=True))
    form = ListForm(request.POST, subjects=choices, is_new=True)
    made = attempt(
        form,
        lambda: add_list(unit, **form.cleaned_data, actor=request.actor, now=timezone.now()),
    )
    if made is None:
        return _form_page(request, form, status=422)
    messages.success(request, f"已新增“{made.name}”，请设置管控项，完成后启用。")
    return redirect("duties:checklist", made.code)


@page(Can.CHECKLIST_MANAGE, writes=True)
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """Name, subject and validity of a draft; an enabled list is copied instead (409)."""
    checklist = queries.get_own(request.actor, code)
    choices = _choices(_unit(request), checklist)
    if request.method != "POST":
        if checklist.enabled_at is not None:
            return locked(request, checklist)
        form = ListForm(subjects=choices, initial=ListForm.initial_of(checklist))
        return _form_page(request, form, checklist)
    form = ListForm(request.POST, subjects=choices)
    changed = attempt(
        form,
        lambda: change_list(
            checklist, **form.cleaned_data, actor=request.actor, now=timezone.now()
        ),
    )
    if changed is None:
        checklist = queries.get_own(request.actor, code)
        return _form_page(request, form, checklist, status=refused_status(form, *CONFLICTS))
    messages.success(request, f"已保存“{changed.name}”。")
    return redirect("duties:checklist", code)


def _form_page(
    request: HttpRequest, form: ListForm, checklist: Checklist | None = None, status: int = 200
) -> HttpResponse:
    is_stale = form.has_error("__all__", "stale")
    current = []
    if checklist is not None and is_stale:
        current = [
            ("清单名称", checklist.name),
            ("适用对象", subjects.label(checklist.category)),
            ("有效期", span(checklist.period)),
        ]
    context = {
        "form": form,
        "checklist": checklist,
        "version": checklist.edit_version if checklist else "",
        "current": current,
        "is_locked": form.has_error("__all__", "enabled"),
        "has_subjects": len(form.fields["category"].choices) > 1,
    }
    return render(request, "duties/desk/checklist_form.html", context, status=status)


def locked(request: HttpRequest, checklist: Checklist) -> HttpResponse:
    """An enabled list cannot be edited: says so, and offers to copy it."""
    context = {"checklist": checklist, "standing": queries.standing(checklist, timezone.now())}
    return render(request, "duties/desk/checklist_locked.html", context, status=409)


@page(Can.CHECKLIST_MANAGE, writes=True, reads=False)
def remove(request: HttpRequest, code: str) -> HttpResponse:
    """Delete a draft."""
    checklist = queries.get_own(request.actor, code)
    version = version_of(request)
    remove_list(checklist, version=version, actor=request.actor, now=timezone.now())
    messages.success(request, f"已删除草稿“{checklist.name}”。")
    return redirect(f"{reverse('duties:checklist-list')}?tab={OWN}")


@page(Can.CHECKLIST_MANAGE, writes=True, reads=False)
def copy(request: HttpRequest, code: str) -> HttpResponse:
    """复制 of an own list, 复制为自定义清单 of a fixed one: a draft with its items."""
    source = queries.get_checklist(request.actor, code)
    made = copy_list(source, _unit(request), actor=request.actor, now=timezone.now())
    if source.unit_id is None:
        told = "固定清单仍会执行，请在副本中删去重复的项，只保留要补充的内容，再启用。"
    else:
        told = "请核对管控项后启用；启用副本时，内容相同的原清单同时停用。"
    messages.success(request, f"已复制为草稿“{made.name}”。{told}")
    return redirect("duties:checklist", made.code)


# ------------------------------------------------------------------ enabling
@page(Can.CHECKLIST_MANAGE, writes=True)
def enable(request: HttpRequest, code: str) -> HttpResponse:
    """启用: a page that says from when it applies and what the phone then shows; POST enables."""
    checklist = queries.get_own(request.actor, code)
    now = timezone.now()
    if request.method == "POST":
        made = enable_list(checklist, version=version_of(request), actor=request.actor, now=now)
        word = queries.standing(made, now).word
        messages.success(request, f"“{made.name}”已启用，当前状态：{word}。")
        return redirect("duties:checklist", code)
    if checklist.enabled_at is not None:
        return locked(request, checklist)
    begins_at = queries.begins_at(checklist, now)
    upper = checklist.period.upper
    context = {
        "checklist": checklist,
        "subject": subjects.label(checklist.category),
        "period": span(checklist.period),
        "begins_at": begins_at,
        "is_at_once": begins_at == now,
        "is_passed": upper is not None and upper <= local_day(now),
        "previews": queries.previews(checklist, now),
        "replaced": queries.replaced_by(checklist, begins_at),
    }
    return render(request, "duties/desk/checklist_enable.html", context)


@page(Can.CHECKLIST_MANAGE, writes=True, reads=False)
def retire(request: HttpRequest, code: str) -> HttpResponse:
    """停用: forms opened from now on are without it; records keep it."""
    checklist = queries.get_own(request.actor, code)
    retire_list(checklist, actor=request.actor, now=timezone.now())
    messages.success(
        request, f"“{checklist.name}”已停用，此后打开的检查表不再包含它；已有记录不变。"
    )
    return redirect("duties:checklist", code)


# ------------------------------------------------------------------ shared
def _unit(request: HttpRequest) -> Unit:
    unit = own_unit(request.actor)
    if unit is None:
        raise Http404("no unit")
    return unit


def _choices(unit: Unit, checklist: Checklist | None = None) -> list[tuple[str, str]]:
    held = [(subject.value, subject.label) for subject in queries.subjects_held(unit.pk)]
    if checklist is not None and checklist.category not in dict(held):
        held.append((checklist.category, subjects.label(checklist.category)))
    return held


def version_of(request: HttpRequest) -> int:
    """The version a button was pressed at; 0, which is nobody's, for anything else."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
