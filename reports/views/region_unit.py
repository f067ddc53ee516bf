"""One unit as the bureau sees it, read only: 概况, 人员, 设备, 许可与工位, 管控清单, 申报."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from config.access import page
from config.clock import local_day
from config.paging import paginate
from equipment import queries as equipment
from equipment import queries_declarations as declarations
from reports import queries_region, statistics
from reports.figures import link
from reports.views import unit_checklists
from reports.views.dashboard import region_board
from units import queries
from units.actions.privacy import reveal_phone as reveal
from units.models import Unit
from units.roles import Can

OVERVIEW, PEOPLE, MACHINES, PAPERS, CHECKLISTS, DECLARATIONS = (
    "overview",
    "people",
    "machines",
    "papers",
    "checklists",
    "declarations",
)


@page(Can.REGION_VIEW)
def region_unit(request: HttpRequest, code: str) -> HttpResponse:
    """The unit under the tab asked for; another district's unit does not exist."""
    unit = statistics.get_unit(request.actor, code)
    tab = request.GET.get("tab", "")
    return _page(request, unit, tab if tab in _TABS else OVERVIEW)


@page(Can.REGION_VIEW, writes=True, reads=False)
def reveal_phone(request: HttpRequest, code: str, staff: str) -> HttpResponse:
    """Show one person's phone in full; who looked stands in the trail."""
    unit = statistics.get_unit(request.actor, code)
    person = queries.get_staff(request.actor, staff)
    if person.unit_id != unit.pk:
        raise Http404
    phone = reveal(person, actor=request.actor, now=timezone.now())
    if request.htmx:
        return render(request, "reports/_phone.html", {"phone": phone})
    messages.info(request, f"{person.name}的手机号：{phone}")
    kept = {"tab": PEOPLE, "page": request.GET.get("page", "1")}
    return redirect(f"{reverse('reports:region-unit', args=[unit.code])}?{urlencode(kept)}")


def _page(request: HttpRequest, unit: Unit, tab: str) -> HttpResponse:
    counts = queries_region.counts(request.actor, unit)
    home = reverse("reports:region-unit", args=[unit.code])
    context = {
        "unit": unit,
        "tab": tab,
        "template": f"reports/_unit_{tab}.html",
        "tabs": [
            {
                "label": label,
                "url": f"{home}?tab={key}",
                "active": key == tab,
                "count": counts.get(key),
            }
            for key, (label, _) in _TABS.items()
        ],
        "links": [
            ("设备档案", link("equipment:list", unit)),
            ("风险管控记录", link("duties:record-list", unit)),
            ("风险隐患记录", link("hazards:list", unit)),
        ],
    }
    day = local_day(timezone.now())
    context |= _TABS[tab][1](request, unit, day)
    return render(request, "reports/region_unit.html", context)


def _overview(request: HttpRequest, unit: Unit, day: date) -> dict[str, Any]:
    return {
        "board": region_board(request.actor, timezone.now(), unit=unit),
        "facts": [
            ("统一社会信用代码", unit.credit_code),
            ("单位类型", "、".join(unit.kind_labels)),
            ("所在区县", unit.region.name),
            ("地址", unit.address),
            ("联系人", unit.contact_name),
            ("联系电话", unit.contact_phone),
        ],
    }


def _people(request: HttpRequest, unit: Unit, day: date) -> dict[str, Any]:
    listed, size = paginate(request, queries_region.people(request.actor, unit, day))
    ids = [one.pk for one in listed]
    machines = queries.machines_of(ids) or {}
    return {
        "page": listed,
        "size": size,
        "rows": [
            {
                "staff": one,
                "identities": queries.roles_in_words(one.posts),
                "machines": machines.get(one.pk, 0),
            }
            for one in listed
        ],
    }


def _machines(request: HttpRequest, unit: Unit, day: date) -> dict[str, Any]:
    asked = equipment.Filter(unit=unit.code)
    listed, size = paginate(request, equipment.archive(request.actor, asked, day=day))
    rows = [
        (one, equipment.status_word(one), equipment.inspection_word(one, day)) for one in listed
    ]
    return {"page": listed, "size": size, "rows": rows}


def _papers(request: HttpRequest, unit: Unit, day: date) -> dict[str, Any]:
    return {
        "licences": queries_region.licences(request.actor, unit),
        "stations": queries_region.stations(request.actor, unit),
        "day": day,
    }


def _declarations(request: HttpRequest, unit: Unit, day: date) -> dict[str, Any]:
    listed, size = paginate(request, queries_region.declarations(request.actor, unit))
    rows = [(one, declarations.state_word(one), declarations.effect(one, day)) for one in listed]
    return {"page": listed, "size": size, "rows": rows}


_TABS: dict[str, tuple[str, Callable[..., dict[str, Any]]]] = {
    OVERVIEW: ("概况", _overview),
    PEOPLE: ("人员", _people),
    MACHINES: ("设备", _machines),
    PAPERS: ("许可与工位", _papers),
    CHECKLISTS: ("管控清单", unit_checklists.tab),
    DECLARATIONS: ("申报", _declarations),
}
