"""管控清单 of one unit as the bureau sees it: what its rounds are made of, read only (F42–F45)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from config.access import page
from duties import queries_checklists as queries
from duties.views.checklists import facts_of
from equipment import subjects
from equipment.words import span
from reports import statistics
from units.models import Unit
from units.roles import Can


@page(Can.REGION_VIEW)
def unit_checklist(request: HttpRequest, code: str, checklist: str) -> HttpResponse:
    """One list: a fixed one, or one the unit has enabled; its drafts do not exist for the bureau."""
    unit = statistics.get_unit(request.actor, code)
    found = queries.get_checklist(request.actor, checklist)
    if found.unit_id not in (None, unit.pk):
        raise Http404("not a list of this unit")
    now = timezone.now()
    parts = queries.sections(found)
    is_own = found.unit_id is not None
    context = {
        "unit": unit,
        "checklist": found,
        "is_own": is_own,
        "sections": parts,
        "facts": facts_of(found, parts, now),
        "standing": queries.standing(found, now) if is_own else None,
        "trail": queries.trail(found) if is_own else [],
    }
    return render(request, "reports/unit_checklist.html", context)


def tab(request: HttpRequest, unit: Unit, day: date) -> dict[str, Any]:
    """What the tab shows: the unit's own lists and the fixed ones it is held to."""
    now = timezone.now()
    own = queries.own_lists(request.actor, now=now).filter(unit=unit)
    held = queries.subjects_held(unit.pk)
    fixed = queries.fixed_lists(held, now=now)
    return {
        "own": [
            (one, subjects.label(one.category), span(one.period), queries.standing(one, now))
            for one in own
        ],
        "fixed": [(one, subjects.label(one.category), span(one.period)) for one in fixed],
    }
