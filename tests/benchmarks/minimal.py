"""The measure beside the to-do page: plain Django with a session, three queries, the same 20 cards.

Served by gunicorn under `tests.benchmarks.minimal_settings`; nothing of the product runs but the
models, the row template and its tags.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from config.clock import local_day
from config.urls import urlpatterns as product
from duties.enums import OPEN_STATES
from duties.models import Task
from duties.views.rounds import ROWS, row_of
from units.models import Staff


def cards(request: HttpRequest) -> HttpResponse:
    """Who am I, how many, the first twenty: session and user come on top."""
    now = timezone.now()
    staff = Staff.objects.filter(user_id=request.user.pk).values_list("pk", flat=True)[0]
    mine = Task.objects.filter(assignee_id=staff, period_on=local_day(now), state__in=OPEN_STATES)
    rows: list[Any] = [
        row_of(task, now)
        for task in mine.select_related("equipment", "stands_in_for").order_by("pk")[:ROWS]
    ]
    return render(request, "minimal.html", {"number": mine.count(), "rows": rows})


urlpatterns = [path("minimal/", cards), *product]
