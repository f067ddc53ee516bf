"""Adding one photograph of a cylinder, at the desk and on the phone (F81)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone

from config.access import page
from config.errors import RuleBroken
from config.forms import attempt
from cylinders import queries_photos as queries
from cylinders.actions import photos as actions
from cylinders.forms_photos import PhotoForm
from cylinders.models import ItemPhoto
from cylinders.photo_rules import SHORT
from cylinders.views.field import phone_page
from cylinders.views.photos import PHOTOGRAPHERS, item_page, page_of


@page(PHOTOGRAPHERS, writes=True, reads=False, own_transaction=True)
def photo_add(request: HttpRequest, batch: str, code: str) -> HttpResponse:
    """Take one photograph (a form, or fetch); the picture is decoded before any row is locked."""
    found = queries.get_item(request.actor, batch, code)
    is_fetch = request.headers.get("X-Requested-With") == "fetch"
    form = PhotoForm(request.POST, request.FILES, batch=found.batch)
    added = None
    if form.is_valid():
        given = form.cleaned_data

        def add() -> tuple[ItemPhoto, bool]:
            return actions.attach_once(
                found,
                upload=given["photo"],
                client_uuid=given["client_uuid"],
                kind=given["kind"],
                actor=request.actor,
                now=timezone.now(),
            )

        added = add() if is_fetch else attempt(form, add)
    elif is_fetch:
        raise RuleBroken("form_incomplete", _first(form), status=422)
    if added is None:
        show = phone_page if request.actor.kind == "person" else item_page
        return show(request, found, photo_form=form, status=422)
    photo, is_new = added
    words = f"{SHORT[photo.kind]}照片"
    words = f"已上传{words}。" if is_new else f"这只气瓶已有这张{words}，没有重复上传。"
    if not is_fetch or "page" in request.POST:  # a page that is loaded again shows it
        messages.success(request, words)
    if is_fetch:
        return JsonResponse({"is_new": is_new, "message": words})
    return redirect(page_of(request, found))


def _first(form: PhotoForm) -> str:
    return next(text for texts in form.errors.values() for text in texts)
