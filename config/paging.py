"""Pages of a list: the numbers come from the URL, bad ones fall back to the first or last page."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest

PAGE_SIZES = (10, 20, 50, 100)
DEFAULT_SIZE = 20


def paginate(request: HttpRequest, rows: Any, *, count: int | None = None) -> tuple[Page, int]:
    """Return (page, size) of an ordered queryset or list from `?page=` and `?size=`.

    Show them with `{% pagination page size %}`; unknown sizes fall back to 20. `count` is the
    number of rows if somebody has counted them already (the tabs), and saves the query.
    """
    text = request.GET.get("size", "")
    size = int(text) if text in {str(one) for one in PAGE_SIZES} else DEFAULT_SIZE
    paginator = Paginator(rows, size)
    if count is not None:
        paginator.count = count
    return paginator.get_page(request.GET.get("page")), size
