"""The signature on a page: what came with a form, and what the page shows of it when it comes back."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from config.errors import RuleBroken
from units import photos
from units.carried import GONE, files_of
from units.models import Photo
from units.signatures import PURPOSE

PHOTO = "signature_photo"
# The photographed signature of a form keeps one UUID, so a form that is sent twice is one photo.
_NAMESPACE = uuid.UUID("5f0c1a54-6d0e-4d0b-9d0a-6f1e5a2c7b11")


def has_photograph(request: HttpRequest, now: datetime) -> bool:
    """Whether a photograph of a signature came, or should have come from an earlier try."""
    files = files_of(request, now)
    return PHOTO in files or PHOTO in files.gone


def signature_upload(request: HttpRequest, now: datetime) -> Any | None:
    """The photograph of a signature on paper; None without one, or with a drawn one besides.

    RuleBroken (photo) when the one of an earlier try is not there any more.
    """
    if request.POST.get("signature_strokes"):
        return None
    files = files_of(request, now)
    if PHOTO not in files and PHOTO in files.gone:
        raise RuleBroken("file_gone", GONE, field="photo")
    return files.get(PHOTO)


def stored_photograph(
    request: HttpRequest, *, unit_id: int, key: uuid.UUID | str, now: datetime
) -> Photo | None:
    """The photograph of a signature on paper, stored; None without one.

    Called before anything is locked: reading a picture takes time. `key` names the form.
    """
    upload = signature_upload(request, now)
    if upload is None:
        return None
    content = hashlib.sha256()
    for chunk in upload.chunks():
        content.update(chunk)
    return photos.store_photo(
        upload,
        unit_id=unit_id,
        client_uuid=uuid.uuid5(_NAMESPACE, f"{key}:{content.hexdigest()}"),
        purpose=PURPOSE,
        actor=request.actor,
        now=now,
    )


def signature_shown(
    request: HttpRequest, now: datetime, errors: Sequence[str] = ()
) -> dict[str, Any]:
    """The context of components/signature.html.

    `errors` says what is wrong with the signature; a photograph with which nothing is wrong is put
    aside for the next try.
    """
    strokes = request.POST.get("signature_strokes", "")
    files = files_of(request, now)
    errors = list(errors)
    if not errors and not strokes:
        wrong = files.put_aside(PHOTO, files.getlist(PHOTO)[-1:], photos.preview)
        errors = [broken.message for _, broken in wrong]
    return {
        "signer": request.actor.name,
        "strokes": strokes,
        "errors": errors,
        "carried": files.shown(PHOTO),
        "left": files.left(PHOTO),
    }
