"""One cylinder of an application with its photographs; removing them, sorting them anew (F81)."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.words import cn_date, cn_month, plain_number
from cylinders import queries_photos as queries
from cylinders.actions import photos as actions
from cylinders.forms_photos import KindForm, PhotoForm
from cylinders.models import BatchItem, CylinderFacts, ItemPhoto
from cylinders.photo_rules import MOST, NEEDED, SHORT, enough
from units.roles import Can

PHOTOGRAPHERS = (Can.CYLINDER_MANAGE, Can.CYLINDER_PHOTO)


@page(Can.CYLINDER_VIEW)
def item(request: HttpRequest, batch: str, code: str) -> HttpResponse:
    """Facts and photographs of one cylinder on one page."""
    return item_page(request, queries.get_item(request.actor, batch, code))


def item_page(
    request: HttpRequest,
    found: BatchItem,
    *,
    photo_form: PhotoForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The desk's page of a cylinder; `photo_form` is one that was refused."""
    context = photo_context(request, found, photo_form)
    context |= {
        "may_change": context["may_photograph"] and request.actor.can(Can.CYLINDER_MANAGE),
        "facts": _facts(found),
        "removed_on": cn_date(found.removed_at),
        "is_own": request.actor.unit_id == found.unit_id,
        "next": queries.neighbours(found) if context["may_photograph"] else None,
    }
    return render(request, "cylinders/item.html", context, status=status)


def _facts(found: BatchItem) -> list[tuple[str, str]]:
    """What is filled in of a cylinder, as the workbook calls it."""
    rows = []
    for field in CylinderFacts._meta.get_fields():
        value = getattr(found, field.name)
        if not field.editable or value in (None, ""):
            continue
        if field.name == "made_on":
            value = cn_month(value)
        elif isinstance(value, date):
            value = cn_date(value)
        elif isinstance(value, Decimal):
            value = plain_number(value)
        elif field.choices:
            value = getattr(found, f"get_{field.name}_display")()
        rows.append((str(field.verbose_name), str(value)))
    return rows


def photo_context(
    request: HttpRequest, found: BatchItem, photo_form: PhotoForm | None = None
) -> dict[str, Any]:
    """What the part `cylinders/_photos.html` shows, at the desk and on the phone."""
    shown = queries.photos_of(found)
    there = {one.kind for one in shown}
    kinds = actions.kinds_of(found.batch)
    refused = photo_form.data.get("kind", "") if photo_form is not None else ""
    may = actions.may_photograph(found.batch, request.actor) and found.removed_at is None
    return {
        "item": found,
        "batch": found.batch,
        "may_photograph": may,
        "photos": [_row(one, kinds) for one in shown],
        "lacking": enough([one.kind for one in shown], found.batch.origin),
        "is_full": len(shown) >= MOST,
        "most": MOST,
        "slots": [
            _slot(value, label, photo_form, refused)
            | {"is_needed": value in NEEDED[found.batch.origin] and value not in there}
            for value, label in kinds
        ],
        "photo_form": photo_form,
    }


def _row(one: ItemPhoto, kinds: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "one": one,
        "url": reverse("units:file", args=[one.photo.copy_id]),
        "short": SHORT[one.kind],
        "others": [(value, SHORT[value]) for value, _label in kinds if value != one.kind],
    }


def _slot(value: str, label: str, form: PhotoForm | None, refused: str) -> dict[str, Any]:
    """The input of one kind; what was refused is told at its own."""
    is_refused = form is not None and refused == value
    errors = [text for texts in form.errors.values() for text in texts] if is_refused else []
    return {"kind": value, "label": label, "uuid": uuid.uuid4(), "errors": errors}


@page(PHOTOGRAPHERS, writes=True, reads=False)
def photo_remove(request: HttpRequest, photo: uuid.UUID) -> HttpResponse:
    """Take a photograph away from its cylinder."""
    found = queries.get_photo(request.actor, photo)
    gone = actions.remove(found, actor=request.actor, now=timezone.now())
    messages.success(request, f"已删除{SHORT[gone.kind]}照片。")
    return redirect(page_of(request, gone.item))


@page(PHOTOGRAPHERS, writes=True, reads=False)
def photo_kind(request: HttpRequest, photo: uuid.UUID) -> HttpResponse:
    """Say anew what a photograph shows."""
    found = queries.get_photo(request.actor, photo)
    form = KindForm(request.POST, batch=found.item.batch)
    kind = form.cleaned_data["kind"] if form.is_valid() else ""
    changed = actions.change_kind(found, kind=kind, actor=request.actor, now=timezone.now())
    messages.success(request, f"已改为{SHORT[changed.kind]}照片。")
    return redirect(page_of(request, changed.item))


def page_of(request: HttpRequest, found: BatchItem) -> str:
    name = "field-item" if request.actor.kind == "person" else "item"
    return reverse(f"cylinders:{name}", args=[found.batch.code, found.code]) + "#photos"
