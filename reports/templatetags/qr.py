"""The QR of an address of ours in a document: an <svg> of its own, on the page and in the PDF."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from equipment import qr

register = template.Library()


@register.simple_tag
def qr_drawing(url: str) -> SafeString:
    """The QR of an address; it takes the size its box gives it."""
    return qr.drawing(url)
