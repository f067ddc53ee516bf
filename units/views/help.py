"""联系客服: whom to phone, what to have at hand (F2, F24)."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.access import public
from units import queries

TEMPLATES = {
    "person": "units/help_field.html",
    "unit": "units/help_desk.html",
    "bureau": "units/help_desk.html",
    "platform": "units/help_desk.html",
}


@public("people who cannot sign in need the telephone of their district bureau (F2)")
def help_(request: HttpRequest) -> HttpResponse:
    """The telephone of one's own bureau and of the platform; strangers get the list of bureaus."""
    actor = request.actor
    unit = queries.own_unit(actor)
    context = {
        "unit": unit,
        "bureaus": queries.supervisors_of(unit) if unit else list(queries.bureau_directory()),
        "support_phone": settings.SUPPORT_PHONE,
        "request_id": request.request_id,
        "is_person": actor.kind == "person",
    }
    return render(request, TEMPLATES.get(actor.kind, "units/help_public.html"), context)
