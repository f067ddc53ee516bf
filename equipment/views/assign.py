"""批量修改 (F27): ticked machines get one 安全员; in the right drawer or as a plain page."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from config.access import page
from config.actor import Actor
from config.clock import local_day
from config.forms import attempt
from equipment import queries
from equipment.actions.binding import assign_officer, misfits
from equipment.forms import AssignForm
from equipment.models import Equipment
from equipment.views.archive import archive_filter
from units.roles import Can

MOST = 5000
# Machines shown one by one in the preview; the sums above it count all of them.
SHOWN = 100
PREVIEW = "assign-preview"
# Choosing an officer shows at once what will change; without JavaScript a button does.
LIVE = {"hx-trigger": "change", "hx-target": f"#{PREVIEW}", "hx-vals": '{"do": "preview"}'}
# Tells static/js/select.js that the ticks it keeps have served their purpose.
CLEAR_TICKS = "sz-ticks-done"


@dataclass(frozen=True)
class Change:
    """One machine before and after: the new officer's name, or why nothing can change."""

    machine: Equipment
    before: str
    after: str
    refusal: str = ""

    @property
    def is_same(self) -> bool:
        return self.before == self.after


@dataclass(frozen=True)
class Summary:
    """What will change in sums: from whom how many, how many stay, how many do not fit and why."""

    after: str
    moving: list[tuple[str, int]]
    same: int
    unfit: list[tuple[str, int]]

    @property
    def total(self) -> int:
        return sum(number for _, number in self.moving)


@page(Can.EQUIPMENT_MANAGE, writes=True)
def assign(request: HttpRequest) -> HttpResponse:
    """The chosen machines, a select of officers, what will change; POST submits (or previews).

    Step 1 chooses the officer, step 2 shows what will change and submits (`do=submit`), or only for
    those that fit (`do=fit`). `m` or `codes` are machine codes; `all` with `filter` (the list's
    query string) means every machine that the filter leaves, with `stamp` of those that were shown:
    if they differ by now, the new preview is shown instead of changing others.
    """
    now = timezone.now()
    day = local_day(now)
    actor = request.actor
    given = request.POST if request.method == "POST" else request.GET
    machines = _chosen(given, actor, day)
    officers = queries.officers([actor.unit_id], day=day)
    is_posted = request.method == "POST"
    form = AssignForm(request.POST if is_posted else None, officers=officers)
    form.fields["officer"].widget.attrs |= LIVE | {"hx-post": reverse("equipment:assign")}
    context = {
        "form": form,
        "machines": machines,
        "all": bool(given.get("all")),
        "filter": given.get("filter", ""),
        "stamp": _stamp(machines),
        "most": MOST,
        "is_too_many": len(machines) > MOST,
        "has_officers": bool(officers),
        "next": _next(request, given),
        **_shown(_changes(machines, None, is_chosen=False)),
    }
    if not is_posted or not form.is_valid():
        return _answer(request, context, 200 if not is_posted else 422)
    changes = _changes(machines, form.chosen, is_chosen=True)
    context |= _shown(changes) | {"is_chosen": True, "summary": _summary(changes)}
    do = request.POST.get("do", "submit")
    if do == "preview" or context["is_too_many"] or not machines:
        return _answer(request, context, 200)
    if context["all"] and request.POST.get("stamp") != context["stamp"]:
        form.add_error(None, "所选设备刚刚有变动（被他人修改，或筛选结果变了），请核对后再提交。")
        return _answer(request, context, 409)
    if do == "fit":
        machines = [change.machine for change in changes if not change.refusal]
    officer = form.chosen.staff if form.chosen else None
    changed = attempt(form, lambda: assign_officer(machines, officer=officer, actor=actor, now=now))
    if changed is None:
        return _answer(request, context, 422)
    messages.success(request, _told(changed, len(machines), officer.name if officer else ""))
    answer = redirect(context["next"])
    answer.set_cookie(CLEAR_TICKS, "1", max_age=60, samesite="Lax", secure=request.is_secure())
    return answer


def _chosen(given: QueryDict, actor: Actor, day: date) -> list[Equipment]:
    if given.get("all"):
        form = archive_filter(QueryDict(given.get("filter", "")), actor, day)
        return list(queries.archive(actor, form.asked(), day=day)[: MOST + 1])
    codes = [*given.getlist("m"), *given.get("codes", "").split(".")]
    return queries.by_codes(actor, codes[: MOST + 1])


def _stamp(machines: list[Equipment]) -> str:
    """Which machines with which officers were shown, as one short word."""
    seen = ",".join(f"{one.pk}:{one.officer_id}" for one in machines)
    return hashlib.sha256(seen.encode()).hexdigest()[:16]


def _shown(changes: list[Change]) -> dict[str, Any]:
    """The first changes one by one, those that cannot be made before all others."""
    ordered = sorted(changes, key=lambda change: not change.refusal)
    return {"changes": ordered[:SHOWN], "more": max(0, len(changes) - SHOWN)}


def _summary(changes: list[Change]) -> Summary:
    unfit = Counter(change.refusal for change in changes if change.refusal)
    fitting = [change for change in changes if not change.refusal]
    moving = Counter(change.before or "未绑定" for change in fitting if not change.is_same)
    return Summary(
        after=changes[0].after if changes else "",
        moving=moving.most_common(),
        same=sum(change.is_same for change in fitting),
        unfit=unfit.most_common(),
    )


def _changes(
    machines: list[Equipment], officer: queries.Officer | None, *, is_chosen: bool
) -> list[Change]:
    refusals = {}
    if officer is not None:
        wanted = officer.staff.pk
        others = [machine for machine in machines if machine.officer_id != wanted]
        refusals = {machine.pk: reason for machine, reason in misfits(others, officer)}
    after = officer.staff.name if officer else ""
    changes = []
    for machine in machines:
        before = machine.officer.name if machine.officer else ""
        changes.append(
            Change(machine, before, after if is_chosen else before, refusals.get(machine.pk, ""))
        )
    return changes


def _answer(request: HttpRequest, context: dict, status: int) -> HttpResponse:
    """The whole page, the drawer, or (asked for by the select itself) only the preview."""
    template = "equipment/assign.html"
    if request.htmx and request.htmx.target == PREVIEW:
        template, status = "equipment/_assign_preview.html", 200
    return render(request, template, {"is_chosen": False, "summary": None} | context, status=status)


def _next(request: HttpRequest, given: QueryDict) -> str:
    """Where to go afterwards: a page of ours, else the list with the filter it was opened from."""
    wanted = given.get("next", "")
    is_address = wanted.startswith(("/", "http://", "https://"))  # a bare word is a URL name
    if is_address and url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, request.is_secure()
    ):
        return wanted
    kept = QueryDict(given.get("filter", "")).urlencode()
    return reverse("equipment:list") + (f"?{kept}" if kept else "")


def _told(changed: list[Equipment], chosen: int, name: str) -> str:
    what = (
        f"已将 {len(changed)} 台设备绑定给{name}" if name else f"已解除 {len(changed)} 台设备的绑定"
    )
    same = chosen - len(changed)
    return f"{what}；其余 {same} 台原本如此，未改动。" if same else f"{what}。"
