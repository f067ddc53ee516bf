"""设置管控项 of an own checklist while it is a draft: add, edit, move, remove (F44, B115)."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.forms import attempt, refused_status
from duties import queries_checklists as queries
from duties.actions.checklist_items import (
    MOST_ITEMS,
    add_item,
    change_item,
    move_item,
    remove_item,
)
from duties.enums import Cadence
from duties.forms_checklists import ItemForm
from duties.models import Checklist, ChecklistItem
from duties.views.checklists import CONFLICTS, locked, version_of
from equipment import subjects
from units.carried import files_of
from units.roles import Can

MORE = "more"


@page(Can.CHECKLIST_MANAGE, writes=True)
def item_add(request: HttpRequest, code: str) -> HttpResponse:
    """设置管控项: one item; 提交并继续添加 comes back empty, with the same 形式 and 类别."""
    checklist = queries.get_own(request.actor, code)
    if request.method != "POST":
        if checklist.enabled_at is not None:
            return locked(request, checklist)
        first = {
            "cadence": request.GET.get("cadence") or Cadence.DAILY,
            "risk_category": request.GET.get("risk_category", ""),
        }
        form = ItemForm(unit_kind=checklist.unit_kind, initial=first, is_new=True)
        return _form_page(request, form, checklist)
    now = timezone.now()
    form = ItemForm(
        request.POST, files_of(request, now), unit_kind=checklist.unit_kind, is_new=True
    )
    made = attempt(
        form,
        lambda: add_item(checklist, **form.cleaned_data, actor=request.actor, now=now),
    )
    if made is None:
        return _form_page(request, form, checklist, status=refused_status(form, *CONFLICTS))
    messages.success(request, f"已添加到{made.get_cadence_display()}：{made.item}")
    if request.POST.get("do") == MORE:
        url = reverse("duties:checklist-item-add", args=[code])
        kept = urlencode({"cadence": made.cadence, "risk_category": made.risk_category})
        return redirect(f"{url}?{kept}")
    return redirect("duties:checklist", code)


@page(Can.CHECKLIST_MANAGE, writes=True)
def item_edit(request: HttpRequest, code: str, item: str) -> HttpResponse:
    """Change one item of a draft; the second of two editors is told."""
    found = queries.get_item(request.actor, code, item)
    checklist = found.checklist
    shown = {"unit_kind": checklist.unit_kind, "has_picture": found.picture is not None}
    if request.method != "POST":
        if checklist.enabled_at is not None:
            return locked(request, checklist)
        return _form_page(
            request, ItemForm(initial=ItemForm.initial_of(found), **shown), checklist, found
        )
    now = timezone.now()
    form = ItemForm(request.POST, files_of(request, now), **shown)
    changed = attempt(
        form,
        lambda: change_item(found, **form.cleaned_data, actor=request.actor, now=now),
    )
    if changed is None:
        fresh = queries.get_item(request.actor, code, item)
        return _form_page(
            request, form, fresh.checklist, fresh, status=refused_status(form, *CONFLICTS)
        )
    messages.success(request, f"已保存管控项：{changed.item}")
    return redirect("duties:checklist", code)


def _form_page(
    request: HttpRequest,
    form: ItemForm,
    checklist: Checklist,
    item: ChecklistItem | None = None,
    status: int = 200,
) -> HttpResponse:
    form.put_files_aside()
    current = []
    if item is not None and form.has_error("__all__", "stale"):
        current = [
            ("管控形式", item.get_cadence_display()),
            ("风险类别", item.risk_category),
            ("风险指标", item.item),
            ("管控措施", item.measure),
            ("风险隐患", item.hazard),
            ("严重隐患", "是" if item.is_severe else "否"),
        ]
    context = {
        "form": form,
        "checklist": checklist,
        "item": item,
        "subject": subjects.label(checklist.category),
        "number": checklist.items.count(),
        "most": MOST_ITEMS,
        "version": checklist.edit_version,
        "current": current,
        "is_locked": form.has_error("__all__", "enabled"),
        "picture": item.picture if item else None,
    }
    return render(request, "duties/desk/checklist_item.html", context, status=status)


@page(Can.CHECKLIST_MANAGE, writes=True, reads=False)
def item_move(request: HttpRequest, code: str, item: str) -> HttpResponse:
    """上移 or 下移 within its cadence."""
    found = queries.get_item(request.actor, code, item)
    move_item(
        found,
        version=version_of(request),
        up=request.POST.get("to") == "up",
        actor=request.actor,
        now=timezone.now(),
    )
    return redirect(f"{reverse('duties:checklist', args=[code])}#{item}")


@page(Can.CHECKLIST_MANAGE, writes=True, reads=False)
def item_remove(request: HttpRequest, code: str, item: str) -> HttpResponse:
    """Delete one item of a draft."""
    found = queries.get_item(request.actor, code, item)
    remove_item(found, version=version_of(request), actor=request.actor, now=timezone.now())
    messages.success(request, f"已删除管控项：{found.item}")
    return redirect("duties:checklist", code)
