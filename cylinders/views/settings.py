"""气瓶登记设置: does a district take part, how much is looked at again, how long at least (F78, D13)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.forms import attempt
from cylinders import queries_review as queries
from cylinders.actions.settings import change_setting
from cylinders.forms_review import SettingForm
from cylinders.models import DistrictSetting
from units.audit import Verb
from units.models import AuditEntry, Region
from units.roles import Can

VALUES = ("takes_part", "sample_percent", "least_seconds")


@page(Can.CYLINDER_REVIEW, writes=True)
def settings(request: HttpRequest) -> HttpResponse:
    """A district's own setting; a bureau above chooses the district from its list (`region`)."""
    actor = request.actor
    now = timezone.now()
    districts = queries.districts(actor, local_day(now))
    region = _chosen(request, [one for one, _ in districts])
    if region is None:
        return render(request, "cylinders/settings.html", {"districts": districts, "region": None})
    setting = queries.setting_of(region)
    form = SettingForm(request.POST or None, initial=_initial(setting))
    status, is_stale = 200, False
    if request.method == "POST":
        if form.is_valid():
            given = form.cleaned_data
            done = attempt(form, lambda: change_setting(region, **given, actor=actor, now=now))
            if done is not None:
                word = "已开通" if done.takes_part else "未开通"
                messages.success(request, f"已保存：{region.name}{word}气瓶使用登记。")
                return redirect(f"{reverse('cylinders:settings')}?region={region.pk}")
        is_stale = form.has_error("__all__", "stale")
        status = 409 if is_stale else 422
        setting = queries.setting_of(region)
    context = {
        "region": region,
        "districts": districts,
        "setting": setting,
        "form": form,
        # Who was told that somebody was faster saves over it knowingly.
        "version": setting.version if is_stale else form["version"].value(),
        "stale_words": f"现在的设置是：{_words(setting)}。" if is_stale else "",
        "entries": [_line(entry) for entry in queries.trail_of_setting(region)],
    }
    return render(request, "cylinders/settings.html", context, status=status)


def _chosen(request: HttpRequest, own: list[Region]) -> Region | None:
    """The district asked for; the only one there is; None for a list of several to choose from."""
    code = request.GET.get("region", "")
    if not code:
        return own[0] if len(own) == 1 else None
    found = next((one for one in own if one.pk == code), None)
    if found is None:
        raise Http404(f"no district {code}")
    return found


def _initial(setting: DistrictSetting) -> dict[str, Any]:
    return {name: getattr(setting, name) for name in VALUES} | {"version": setting.version}


def _words(setting: DistrictSetting) -> str:
    """The three values in one sentence, for who is told that they differ from his."""
    part = "已开通" if setting.takes_part else "未开通"
    percent, seconds = setting.sample_percent, setting.least_seconds
    return f"{part}，抽样复看比例 {percent}%，每张最短查看 {seconds} 秒"


def _line(entry: AuditEntry) -> dict[str, Any]:
    """One change as the timeline shows it."""
    words = {
        "takes_part": lambda value: "开通" if value else "不开通",
        "sample_percent": lambda value: f"抽样复看比例 {value}%",
        "least_seconds": lambda value: f"每张最短查看 {value} 秒",
    }
    said = [word(entry.after[name]) for name, word in words.items() if name in entry.after]
    what = Verb(entry.verb).label
    return {"at": entry.at, "who": entry.actor_name, "what": what, "note": "，".join(said)}
