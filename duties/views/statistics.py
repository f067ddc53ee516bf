"""管控统计 on the phone, for directors and the principal (M 4.8)."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from config.access import page
from config.clock import local_day
from duties import queries_statistics as statistics
from duties.queries import is_overseer
from units.roles import Can


@page(Can.FIELD_HOME)
def statistics_page(request: HttpRequest) -> HttpResponse:
    """How the rounds of a week or month stand, by category, and the hazards found in it."""
    if not is_overseer(request.actor):
        raise PermissionDenied
    now = timezone.now()
    spans = statistics.spans(local_day(now))
    asked = request.GET.get("span", "")
    span = next((one for one in spans if one.key == asked), spans[0])
    context = {
        "tabs": [
            {"label": one.label, "url": f"?span={one.key}", "active": one == span} for one in spans
        ],
        "span": span,
        "rounds": statistics.rounds(request.actor, span, now=now),
        "hazards": statistics.hazards(request.actor, span),
    }
    return render(request, "duties/field/statistics.html", context)
