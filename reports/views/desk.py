"""待办事项: where a bureau lands after signing in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from config.access import page
from config.clock import local_day
from reports.todos import todos
from units.roles import Can


@page(Can.BUREAU_DESK)
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for the bureau, each with its number and the oldest few."""
    day = local_day(timezone.now())
    found = todos(request.actor, day)
    context = {"todos": found, "day": day, "is_calm": not any(one.count for one in found)}
    return render(request, "reports/desk.html", context)
