"""The one door to stored bytes: `/files/<uuid>/`, checked on every request."""

from __future__ import annotations

import uuid
from urllib.parse import quote

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header, parse_etags

from config.access import page
from units import files
from units.models import StoredFile
from units.roles import Can

# A file is shown by itself: it may run nothing and load nothing. The PDF viewer of browsers is a
# page of its own that styles and embeds.
_POLICY = "default-src 'none'; sandbox; frame-ancestors 'self'"
_PDF_POLICY = (
    "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
)


@page((Can.RECORD_VIEW, Can.HAZARD_VIEW, Can.DOCUMENT_VIEW))
def stored_file(request: HttpRequest, file_id: uuid.UUID) -> HttpResponseBase:
    """Hand out a file the purpose's rule admits the actor to; 404 for every other.

    Images and PDFs open in the browser (`?download=1` saves them), everything else is a download.
    The browser may keep a private copy but asks each time, so that the check is made each time.
    """
    found = files.get_file(request.actor, file_id)
    etag = f'"{found.sha256}"'
    if {etag, "*"} & set(parse_etags(request.headers.get("If-None-Match", ""))):
        response: HttpResponseBase = HttpResponseNotModified()
    else:
        response = _send(found)
        _describe(response, found, as_download="download" in request.GET)
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response


def _send(found: StoredFile) -> HttpResponseBase:
    """The bytes: by nginx from its internal location, or streamed from the storage."""
    if _is_sent_by_nginx():
        prefix = settings.FILES_ACCEL_PREFIX.rstrip("/")
        return HttpResponse(headers={"X-Accel-Redirect": f"{prefix}/{quote(found.storage_name)}"})
    return FileResponse(default_storage.open(found.storage_name, "rb"))


def _is_sent_by_nginx() -> bool:
    """Whether the bytes lie where nginx can read them; those in a bucket do not."""
    return bool(settings.FILES_ACCEL_PREFIX) and not settings.FILES_S3_BUCKET


def _describe(response: HttpResponseBase, found: StoredFile, *, as_download: bool) -> None:
    inline = found.content_type in files.SHOWN_INLINE and not as_download
    name = found.original_name or f"{found.pk}{files.EXTENSIONS.get(found.content_type, '')}"
    response["Content-Type"] = found.content_type
    response["Content-Disposition"] = content_disposition_header(not inline, name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = (
        _PDF_POLICY if found.content_type == "application/pdf" else _POLICY
    )
    if not _is_sent_by_nginx():
        response["Content-Length"] = str(found.size)
