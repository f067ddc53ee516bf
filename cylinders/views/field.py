"""Photographing cylinders on the phone: applications, the next cylinder, the camera (F81)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.access import page
from config.paging import paginate
from cylinders import queries_batches
from cylinders import queries_photos as queries
from cylinders.enums import EDITABLE
from cylinders.forms_photos import PhotoForm
from cylinders.models import BatchItem
from cylinders.views.photos import photo_context
from units.roles import Can

ALL, LACKING = "all", "lacking"


@page(Can.CYLINDER_PHOTO)
def field_batches(request: HttpRequest) -> HttpResponse:
    """The applications of one's own unit that may still take photographs."""
    rows = queries.open_batches(request.actor)
    context = {
        "rows": [{"one": one, "state": queries_batches.state_word(one)} for one in rows[:50]]
    }
    return render(request, "cylinders/field_batches.html", context)


@page(Can.CYLINDER_PHOTO)
def field_batch(request: HttpRequest, code: str) -> HttpResponse:
    """One application: how many cylinders lack photographs, the next one, search by number."""
    found = queries_batches.get_batch(request.actor, code)
    keyword = request.GET.get("q", "").strip()[:40]
    figures = queries_batches.figures_of(found)
    missing = figures.without + figures.partial
    is_open = found.state in EDITABLE
    tab = LACKING if is_open and missing else ALL
    tab = request.GET.get("tab", tab)
    rows = queries_batches.items_of(found, {"keyword": keyword})
    if tab == LACKING:
        rows = rows.exclude(queries_batches.is_photographed(found.origin))
    listed, size = paginate(request, rows)
    context = {
        "batch": found,
        "state": queries_batches.state_word(found),
        "next_words": queries_batches.NEXT[found.state],
        "is_open": is_open,
        "figures": figures,
        "missing": missing,
        "next": queries.lacking(found).first() if is_open and missing else None,
        "keyword": keyword,
        "tabs": [
            _tab("还缺照片", LACKING, missing, tab),
            _tab("全部气瓶", ALL, figures.total, tab),
        ],
        "tab": tab,
        "rows": [
            {"one": one, "lacking": queries_batches.photo_problem(one, found.origin)}
            for one in listed
        ],
        "page": listed,
        "size": size,
    }
    return render(request, "cylinders/field_batch.html", context)


def _tab(label: str, key: str, count: int, chosen: str) -> dict[str, object]:
    return {"label": label, "url": f"?tab={key}", "count": count, "active": key == chosen}


@page(Can.CYLINDER_PHOTO)
def field_item(request: HttpRequest, batch: str, code: str) -> HttpResponse:
    """One cylinder to photograph, and the way to the next."""
    return phone_page(request, queries.get_item(request.actor, batch, code))


def phone_page(
    request: HttpRequest,
    found: BatchItem,
    *,
    photo_form: PhotoForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The phone's page of a cylinder; `photo_form` is one that was refused."""
    context = photo_context(request, found, photo_form)
    context["next"] = queries.neighbours(found) if context["may_photograph"] else None
    return render(request, "cylinders/field_item.html", context, status=status)
