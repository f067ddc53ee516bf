"""企业信息 of the unit's desk: what is there, what is missing and where it is filled in (F19, F20)."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.forms import attempt
from units import profile as facts_of
from units import queries, queries_profile
from units.actions.profile import change_profile
from units.forms_registration import ProfileForm
from units.models import Unit
from units.queries_registration import full_name
from units.roles import Can


@page(Can.UNIT_SETTINGS)
def profile(request: HttpRequest) -> HttpResponse:
    """The unit's facts and the figure: how complete, what is missing, each with its link."""
    unit = _own(request)
    day = local_day(timezone.now())
    context = {
        "completeness": queries_profile.completeness_of(unit, request.actor, on=day),
        "registered": [
            ("单位名称", unit.name),
            ("统一社会信用代码", unit.credit_code),
            ("单位类型", "、".join(unit.kind_labels)),
            ("所在区县", full_name(unit.region)),
        ],
        "facts": [(fact.label, getattr(unit, fact.name)) for fact in facts_of.FACTS],
        "bureaus": queries.supervisors_of(unit),
    }
    return render(request, "units/profile.html", context)


@page(Can.UNIT_SETTINGS, writes=True)
def profile_edit(request: HttpRequest) -> HttpResponse:
    """编辑企业信息; somebody else's newer version is never overwritten."""
    unit = _own(request)
    form = ProfileForm(request.POST or None, kinds=unit.kinds, initial=ProfileForm.initial_of(unit))
    if request.method != "POST":
        return render(request, "units/profile_edit.html", {"form": form})
    changed = None
    if form.is_valid():
        changes = dict(form.cleaned_data)
        version = changes.pop("version")
        changed = attempt(
            form,
            lambda: change_profile(
                unit, version=version, changes=changes, actor=request.actor, now=timezone.now()
            ),
        )
    if changed is None:
        is_stale = form.has_error("__all__", "stale")
        context = {"form": form, "is_stale": is_stale}
        return render(request, "units/profile_edit.html", context, status=409 if is_stale else 422)
    messages.success(request, "企业信息已保存。")
    return redirect("units:profile")


def _own(request: HttpRequest) -> Unit:
    unit = queries.own_unit(request.actor)
    if unit is None:
        raise Http404
    return unit
