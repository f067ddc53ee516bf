"""Template tags of printed forms: the same partial on the web page and in the PDF."""

from __future__ import annotations

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from reports.pdf import FILE, STATIC

register = template.Library()


def _is_pdf(context: template.Context) -> bool:
    return bool(context.get("is_pdf"))


@register.simple_tag(takes_context=True)
def file_src(context: template.Context, file_id: str) -> str:
    """Where a stored file's bytes are: the renderer's own scheme in a PDF, the door on a page."""
    return f"{FILE}{file_id}" if _is_pdf(context) else reverse("units:file", args=[file_id])


@register.simple_tag(takes_context=True)
def box(context: template.Context, ticked: bool) -> SafeString:
    """A ticked or empty box as SVG: ☑ and ☐ are in no font."""
    name = "img/box-on.svg" if ticked else "img/box-off.svg"
    source = f"{STATIC}{name}" if _is_pdf(context) else static(name)
    return format_html(
        '<img class="sz-doc-box" src="{}" alt="{}">', source, "已勾选" if ticked else "未勾选"
    )
