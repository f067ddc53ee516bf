"""The cylinders of an application, one changed, several taken out (F77, F79)."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.forms import attempt
from cylinders import queries_batches as queries
from cylinders.actions import items as actions
from cylinders.enums import EDITABLE
from cylinders.forms import ItemFilter, RemoveForm
from cylinders.forms_item import ItemForm
from cylinders.models import Batch
from cylinders.views.batches import batch_page, only
from units.roles import Can

# What was done meanwhile by somebody else: told with 409.
OVERTAKEN = ("stale", "not_editable", "item_gone")


@page(Can.CYLINDER_MANAGE, writes=True)
def item_change(request: HttpRequest, batch: str, code: str) -> HttpResponse:
    """修改气瓶信息: everything that is wrong at once, beside its field; a newer version is kept."""
    now = timezone.now()
    day = local_day(now)
    found = queries.get_item(request.actor, code)
    if found.batch.code != batch:
        raise Http404
    form = ItemForm(request.POST if request.method == "POST" else None, item=found, on=day)
    if request.method == "POST" and form.is_valid():
        _, wrongs = actions.judge_changes(found, form.changes, day=day)
        form.refuse(wrongs)
    if request.method == "POST" and form.is_valid():
        version, changes = form.cleaned_data["version"], form.changes
        changed = attempt(
            form,
            lambda: actions.change_item(
                found, version=version, changes=changes, actor=request.actor, now=now
            ),
        )
        if changed is not None:
            messages.success(request, f"已保存产品编号 {changed.product_no} 的气瓶信息。")
            return redirect("cylinders:item", batch, code)
    overtaken = any(form.has_error("__all__", reason) for reason in OVERTAKEN)
    status = 200 if request.method != "POST" else 409 if overtaken else 422
    context = {
        "form": form,
        "item": found,
        "batch": found.batch,
        "is_stale": form.has_error("__all__", "stale"),
        "is_editable": found.batch.state in EDITABLE and found.removed_at is None,
    }
    return render(request, "cylinders/item_change.html", context, status=status)


@page(Can.CYLINDER_MANAGE, writes=True, reads=False)
def items_remove(request: HttpRequest, code: str) -> HttpResponse:
    """移出: what is ticked (`i`), or with `all` everything under the filter of the address."""
    now = timezone.now()
    found = queries.get_batch(request.actor, code)
    form = RemoveForm(request.POST)
    removed = attempt(
        form,
        lambda: actions.remove_items(
            found,
            _chosen(request, found),
            reason=form.cleaned_data["reason"],
            actor=request.actor,
            now=now,
        ),
    )
    if removed is None:
        status = 409 if form.has_error("__all__", "not_editable") else 422
        fresh = queries.get_batch(request.actor, code)
        return batch_page(request, fresh, remove_form=form, status=status)
    if removed:
        messages.success(request, f"已移出 {removed} 只气瓶，它们可以重新导入或由其他申请办理。")
    else:
        messages.info(request, "所选气瓶已经移出，没有再次移出。")
    return redirect("cylinders:batch", code)


def _chosen(request: HttpRequest, found: Batch) -> list[str]:
    if not request.POST.get("all"):
        return [code for code in request.POST.getlist("i") if code.isalnum()]
    asked = ItemFilter(request.GET).asked()
    rows = queries.items_of(found, asked | only(found, asked))
    return list(rows.values_list("code", flat=True))
