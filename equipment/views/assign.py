"""批量修改 (F27): ticked machines get one 安全员; in the right drawer or as a plain page."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from config.access import page
from config.clock import local_day
from config.forms import attempt
from equipment import queries
from equipment.actions.binding import assign_officer, misfits
from equipment.forms import AssignForm
from equipment.models import Equipment
from equipment.views.archive import archive_filter
from units.roles import Can

MOST = 1000
PREVIEW = "assign-preview"
# Choosing an officer shows at once what will change; without JavaScript a button does.
LIVE = {"hx-trigger": "change", "hx-target": f"#{PREVIEW}", "hx-vals": '{"do": "preview"}'}


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


@page(Can.EQUIPMENT_MANAGE, writes=True)
def assign(request: HttpRequest) -> HttpResponse:
    """The chosen machines, a select of officers, what will change; POST submits (or previews).

    `m` are machine codes; `all` with `filter` (the list's query string) means every machine that
    the filter leaves. What is posted are always the codes that were shown.
    """
    now = timezone.now()
    day = local_day(now)
    actor = request.actor
    given = request.POST if request.method == "POST" else request.GET
    machines = _chosen(request, given)
    officers = queries.officers([actor.unit_id], day=day)
    is_posted = request.method == "POST"
    form = AssignForm(request.POST if is_posted else None, officers=officers)
    form.fields["officer"].widget.attrs |= LIVE | {"hx-post": reverse("equipment:assign")}
    context = {
        "form": form,
        "machines": machines,
        "most": MOST,
        "is_too_many": len(machines) > MOST,
        "has_officers": bool(officers),
        "next": _next(request, given),
        "changes": _changes(machines, None, is_chosen=False),
    }
    if not is_posted or not form.is_valid():
        return _answer(request, context, 200 if not is_posted else 422)
    context["changes"] = _changes(machines, form.chosen, is_chosen=True)
    context["is_chosen"] = True
    if request.POST.get("do") == "preview" or context["is_too_many"] or not machines:
        return _answer(request, context, 200)
    officer = form.chosen.staff if form.chosen else None
    changed = attempt(form, lambda: assign_officer(machines, officer=officer, actor=actor, now=now))
    if changed is None:
        return _answer(request, context, 422)
    messages.success(request, _told(changed, len(machines), officer.name if officer else ""))
    return redirect(context["next"])


def _chosen(request: HttpRequest, given: QueryDict) -> list[Equipment]:
    if given.get("all") and request.method != "POST":
        day = local_day(timezone.now())
        form = archive_filter(QueryDict(given.get("filter", "")), request.actor, day)
        return list(queries.archive(request.actor, form.asked(), day=day)[: MOST + 1])
    return queries.by_codes(request.actor, given.getlist("m"))


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
    """The whole page, the drawer, or (asked for by the select itself) only the table of changes."""
    template = "equipment/assign.html"
    if request.htmx and request.htmx.target == PREVIEW:
        template, status = "equipment/_assign_preview.html", 200
    return render(request, template, {"is_chosen": False} | context, status=status)


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
