"""What a unit does to registered cylinders: one act on the ticked ones, one change of a single one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from config.access import page
from config.actor import Actor
from config.clock import local_day
from config.forms import attempt, refused_status
from cylinders import queries_archive as queries
from cylinders.actions import changes, inspections, states
from cylinders.actions.inspections import Report
from cylinders.actions.together import MOST, Refused
from cylinders.acts import ACTS, Act, acts_for, is_changeable
from cylinders.forms_archive import FactsForm, LabelForm, LifeForm, MediumForm
from cylinders.models import Cylinder
from cylinders.standing import Standing, standing_of
from cylinders.views.archive import archive_filter
from units.carried import files_of
from units.models import StoredFile
from units.roles import Can
from units.uploads import store_document

PURPOSE = "cylinder-event"
# Cylinders shown one by one; the number above counts all of them.
SHOWN = 50
# Tells static/js/select.js that the ticks it keeps have served their purpose.
CLEAR_TICKS = "sz-ticks-done"
Keeper = Callable[[], StoredFile] | None


@dataclass(frozen=True)
class Line:
    """One of the chosen cylinders, how it stands, and why the act does not fit it."""

    one: Cylinder
    standing: Standing
    refusal: str = ""


@dataclass(frozen=True)
class Chosen:
    """The cylinders that were ticked and the versions that were shown."""

    rows: list[Cylinder]
    seen: dict[str, int]
    is_too_many: bool = False

    @property
    def text(self) -> str:
        """What the form sends back: CODE-VERSION joined by dots."""
        return ".".join(f"{one.code}-{self.seen.get(one.code, one.version)}" for one in self.rows)

    def renewed(self) -> Chosen:
        """With the versions as they are now, for a page that shows them anew."""
        return Chosen(self.rows, {one.code: one.version for one in self.rows})


# ------------------------------------------------------------------ one act, several cylinders
@page(Can.CYLINDER_MANAGE, writes=True)
def cylinder_act(request: HttpRequest) -> HttpResponse:
    """One act (`do`) on the ticked cylinders: `c`, `codes`, or `all` with `filter`; POST carries it out.

    All or none; those that do not fit are shown with the reason, and may be left out by one button
    (`without`). What somebody changed since it was shown is told (409) and shown anew.
    """
    now = timezone.now()
    day = local_day(now)
    is_posted = request.method == "POST"
    given = request.POST if is_posted else request.GET
    chosen = _posted(request.actor, given) if is_posted else _ticked(request.actor, given, day)
    act = _act(given.get("do", ""), chosen.rows)
    context = {
        "act": act,
        "acts": [_choice(one, act, chosen) for one in _offered(chosen.rows, act)],
        "chosen": chosen,
        "most": MOST,
        "next": _next(request, given),
    }
    if not is_posted or not chosen.rows or chosen.is_too_many:
        form = act.form(initial=dict.fromkeys(act.today, day))
        status = 422 if is_posted else 200
        return _act_page(request, context | {"form": form}, chosen, day, {}, status=status)
    form = act.form(request.POST, files_of(request, now))
    refused: list[tuple[Cylinder, str]] = []
    done = None
    if form.is_valid():
        run = _runner(act, chosen, form, request.actor, now)
        done = attempt(form, lambda: _noting(run, refused))
    if done is None:
        form.put_files_aside()
        is_stale = form.has_error("__all__", "stale")
        reasons = {one.code: sentence for one, sentence in refused}
        context |= {"form": form, "chosen": chosen.renewed() if is_stale else chosen}
        status = 409 if is_stale else 422
        return _act_page(request, context, chosen, day, reasons, status=status)
    messages.success(request, f"{act.label}：已办理 {len(done)} 只气瓶。")
    answer = redirect(context["next"])
    answer.set_cookie(CLEAR_TICKS, "1", max_age=60, samesite="Lax", secure=request.is_secure())
    return answer


def _noting(
    run: Callable[[], list[Cylinder]], refused: list[tuple[Cylinder, str]]
) -> list[Cylinder]:
    try:
        return run()
    except Refused as broken:
        refused.extend(broken.rows)
        raise


def _ticked(actor: Actor, given: QueryDict, day: date) -> Chosen:
    if given.get("all"):
        form = archive_filter(QueryDict(given.get("filter", "")), actor, day)
        rows = list(queries.archive(actor, form.asked(), day=day)[: MOST + 1])
    else:
        codes = [*given.getlist("c"), *given.get("codes", "").split(".")]
        rows = queries.by_codes(actor, codes[: MOST + 1])
    return Chosen(rows[:MOST], {one.code: one.version for one in rows}, len(rows) > MOST)


def _posted(actor: Actor, given: QueryDict) -> Chosen:
    """The cylinders of the form with the versions that it showed; `without` leaves some out."""
    left_out = set(given.get("without", "").split("."))
    seen = {}
    for part in given.get("chosen", "")[: 30 * (MOST + 1)].split("."):
        code, _, version = part.partition("-")
        is_number = version.isascii() and version.isdigit() and len(version) < 10
        if code not in left_out:
            seen[code] = int(version) if is_number else -1
    rows = queries.by_codes(actor, list(seen)[: MOST + 1])
    return Chosen(rows, seen)


def _act(key: str, rows: list[Cylinder]) -> Act:
    if key in ACTS:
        return ACTS[key]
    offered = _offered(rows)
    return offered[0] if offered else ACTS["move"]


def _offered(rows: list[Cylinder], *also: Act) -> list[Act]:
    """What may be done to at least one of the chosen, and what is being done."""
    keys = {act.key for one in rows for act in acts_for(one)} | {act.key for act in also}
    return [act for act in ACTS.values() if act.key in keys]


def _choice(one: Act, act: Act, chosen: Chosen) -> dict[str, Any]:
    """A tab that does the same to the same few; many are not carried along in an address."""
    codes = ".".join(each.code for each in chosen.rows) if len(chosen.rows) <= SHOWN else ""
    url = f"{reverse('cylinders:cylinder-act')}?do={one.key}&codes={codes}"
    return {"label": one.label, "url": url, "active": one is act}


def _act_page(
    request: HttpRequest,
    context: dict[str, Any],
    chosen: Chosen,
    day: date,
    reasons: dict[str, str],
    *,
    status: int = 200,
) -> HttpResponse:
    lines = [Line(one, standing_of(one, day), reasons.get(one.code, "")) for one in chosen.rows]
    lines.sort(key=lambda line: not line.refusal)
    context |= {
        "lines": lines[:SHOWN],
        "more": max(0, len(lines) - SHOWN),
        "refused": ".".join(reasons),
        "fitting": len(lines) - len(reasons) if reasons else 0,
        "tabs": context["acts"] if 1 <= len(chosen.rows) <= SHOWN else [],
    }
    return render(request, "cylinders/cylinder_act.html", context, status=status)


def _runner(
    act: Act, chosen: Chosen, form: forms.Form, actor: Actor, now: datetime
) -> Callable[[], list[Cylinder]]:
    """What carries out the act with what the form says."""
    data = dict(form.cleaned_data)
    data.pop("confirm", None)
    unit_id = actor.unit_id
    papers = {
        name: _keeper(data.pop(name, None), unit_id, actor, now, name) for name in ("file", "proof")
    }
    shared: dict[str, Any] = {"seen": chosen.seen, "actor": actor, "now": now}
    simple: dict[str, Callable[..., list[Cylinder]]] = {
        "move": states.move,
        "send": states.send_to_inspection,
        "stop": states.stop,
        "restart": states.restart,
        "lose": states.lose,
        "find": states.find,
    }
    if act.key in simple:
        return lambda: simple[act.key](chosen.rows, **data, **shared)
    if act.key == "scrap":
        return lambda: states.scrap(chosen.rows, **data, file=papers["file"], **shared)
    report = _report(data, papers["file"])
    if act.key == "inspect":
        return lambda: inspections.record_inspection(chosen.rows, report=report, **data, **shared)
    data["scrapped_on"] = data.pop("on")
    return lambda: inspections.record_failure(
        chosen.rows, report=report, **data, proof=papers["proof"], **shared
    )


def _report(data: dict[str, Any], file: Keeper) -> Report:
    return Report(data.pop("agency"), data.pop("report_no"), data.pop("inspected_on"), file)


def _keeper(upload: Any, unit_id: int | None, actor: Actor, now: datetime, field: str) -> Keeper:
    if not upload:
        return None
    return lambda: store_document(
        upload, unit_id=unit_id, purpose=PURPOSE, actor=actor, now=now, field=field
    )


def _next(request: HttpRequest, given: QueryDict) -> str:
    """Where to go afterwards: a page of ours, else the list with the filter it was opened from."""
    wanted = given.get("next", "")
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, request.is_secure()
    ):
        return wanted
    kept = QueryDict(given.get("filter", "")).urlencode()
    return reverse("cylinders:cylinder-list") + (f"?{kept}" if kept else "")


# ------------------------------------------------------------------ one change, one cylinder
KINDS = {
    "facts": ("基本信息", FactsForm),
    "label": ("换码", LabelForm),
    "medium": ("充装介质", MediumForm),
    "life": ("延长使用年限", LifeForm),
}
NOTES = {
    "facts": "制造信息、登记代码不能变更；填写有误的，请联系登记机关更正。",
    "label": "旧标签扫码查询时提示“已换码”并指向这只气瓶。请撕下旧标签，换上新标签。",
    "medium": "变更介质须先由检验机构检验合格。检验周期、使用年限按新的介质重新推算。",
    "life": "使用年限届满、经安全评定合格的，可按评定报告延长；延长期满须报废。",
}


@page(Can.CYLINDER_MANAGE, writes=True)
def cylinder_change(request: HttpRequest, code: str) -> HttpResponse:
    """变更 of one cylinder, one matter (`kind`) at a time; opens in the drawer."""
    now = timezone.now()
    day = local_day(now)
    one = queries.get_cylinder(request.actor, code)
    given = request.POST if request.method == "POST" else request.GET
    most = changes.extension_of(one, day=day)
    kinds = [key for key in KINDS if key != "life" or most]
    kind = given.get("kind", "")
    kind = kind if kind in kinds else kinds[0]
    options: dict[str, Any] = {"cylinder": one, "day": day}
    options |= {"most": most} if kind == "life" else {}
    url = reverse("cylinders:cylinder-change", args=[code])
    context = {
        "one": one,
        "kind": kind,
        "note": NOTES[kind],
        "standing": standing_of(one, day),
        "can_change": is_changeable(one),
        "tabs": [
            {"label": KINDS[key][0], "url": f"{url}?kind={key}", "active": key == kind}
            for key in kinds
        ],
    }
    if request.method != "POST":
        form = KINDS[kind][1](**options)
        return render(request, "cylinders/cylinder_change.html", context | {"form": form})
    form = KINDS[kind][1](request.POST, files_of(request, now), **options)
    changed = attempt(form, lambda: _change(one, kind, form, request.actor, now))
    if changed is None:
        form.put_files_aside()
        status = refused_status(form)
        context |= {"form": form, "is_stale": status == 409}
        return render(request, "cylinders/cylinder_change.html", context, status=status)
    messages.success(request, f"已保存气瓶 {one.product_no} 的变更。")
    return redirect("cylinders:cylinder", code)


def _change(one: Cylinder, kind: str, form: forms.Form, actor: Actor, now: datetime) -> Cylinder:
    data = dict(form.cleaned_data)
    shared: dict[str, Any] = {"version": data.pop("version"), "actor": actor, "now": now}
    if kind == "facts":
        reason = data.pop("reason")
        return changes.change(one, changes=data, reason=reason, **shared)
    if kind == "label":
        return changes.replace_label(one, url=data["qr_url"], reason=data["reason"], **shared)
    file = _keeper(data.pop("file", None), one.unit_id, actor, now, "file")
    report = _report(data, file)
    if kind == "medium":
        return changes.change_medium(one, medium=data["medium"], report=report, **shared)
    return changes.extend_life(one, years=data["years"], report=report, **shared)
