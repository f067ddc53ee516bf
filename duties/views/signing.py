"""The signature on a page: what came with a form, and what the page shows of it when it comes back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from config.errors import RuleBroken
from units import photos
from units.carried import GONE, files_of

PHOTO = "signature_photo"


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
