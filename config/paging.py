"""Pages of a list: the numbers come from the URL, bad ones fall back to the first or last page."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest

PAGE_SIZES = (10, 20, 50, 100)
DEFAULT_SIZE = 20


def paginate(request: HttpRequest, rows: Any) -> tuple[Page, int]:
    """Return (page, size) of an ordered queryset or list from `?page=` and `?size=`.

    Show them with `{% pagination page size %}`; unknown sizes fall back to 20.
    """
    text = request.GET.get("size", "")
    size = int(text) if text in {str(one) for one in PAGE_SIZES} else DEFAULT_SIZE
    return Paginator(rows, size).get_page(request.GET.get("page")), size
