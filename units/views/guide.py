"""The user guide (F99): contents and chapters, open to everybody."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.access import public
from units import guide

WHY = "who cannot sign in yet needs the guide most (F99)"


@public(WHY)
def guide_index(request: HttpRequest) -> HttpResponse:
    """All chapters with what each is about."""
    return render(request, "units/guide.html", {"chapters": guide.chapters()})


@public(WHY)
def guide_page(request: HttpRequest, chapter: str) -> HttpResponse:
    """One chapter; 404 for an unknown one."""
    context = {"chapters": guide.chapters(), "page": guide.page(chapter)}
    return render(request, "units/guide_page.html", context)
