"""Pages that belong to no app: the start page, health check and error pages."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from config.access import public


@public("sends everybody to where they work, or to the sign-in page")
def home(request: HttpRequest) -> HttpResponse:
    """Redirect by kind of actor (F3: a unit account lands on 统计分析)."""
    actor = request.actor
    if not actor.is_authenticated:
        return redirect("units:sign-in")
    names = {
        "person": "duties:todo",
        "unit": "reports:dashboard",
        "bureau": "reports:desk",
        "platform": "units:ticket-list",
    }
    return redirect(reverse(names.get(actor.kind, "units:account")))


@public("asked by load balancers and by the launcher")
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer {"ok": true} when the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        row = cursor.fetchone()
    return JsonResponse({"ok": row == (1,)})


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)
