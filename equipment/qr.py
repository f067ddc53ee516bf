"""Drawing codes (F37): what the QR holds, as SVG for pages and PDF, as PNG to keep."""

from __future__ import annotations

import io

import segno
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

# Medium correction: a label with a scratch or a stain over 15 % of it still reads.
CORRECTION = "m"
QUIET = 4


def address(token: str) -> str:
    """What the QR says: the public page of the code, with the address the product is known by."""
    return absolute(reverse("equipment:public", args=[token]))


def absolute(path: str) -> str:
    """A path of ours with the address the product is known by: what stands in a QR."""
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"


def inline_svg(token: str) -> SafeString:
    """The QR of a machine's code as an <svg> element that takes the size its box gives it."""
    return drawing(address(token))


def drawing(url: str) -> SafeString:
    """The QR of an address of ours as an <svg> element that takes the size its box gives it."""
    drawn = segno.make(url, error=CORRECTION, micro=False).svg_inline(
        border=QUIET, omitsize=True, svgclass="sz-qr", lineclass=None, dark="#000", light="#fff"
    )
    return mark_safe(drawn)  # noqa: S308  modules of a code; what it says is not in it as text


def svg(token: str) -> bytes:
    """The QR as an SVG file."""
    return _saved(token, kind="svg", scale=10)


def png(token: str) -> bytes:
    """The QR as a PNG file of about 500 pixels, for a unit's own signs."""
    return _saved(token, kind="png", scale=12)


def _code(token: str) -> segno.QRCode:
    return segno.make(address(token), error=CORRECTION, micro=False)


def _saved(token: str, *, kind: str, scale: int) -> bytes:
    buffer = io.BytesIO()
    _code(token).save(buffer, kind=kind, border=QUIET, scale=scale, dark="#000", light="#fff")
    return buffer.getvalue()
