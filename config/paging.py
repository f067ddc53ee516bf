"""Pages and tabs of a list, both in the URL: bad numbers fall back to the first or last page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, QueryDict

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


def tab_items(
    given: QueryDict,
    name: str,
    tabs: Iterable[tuple[str, str, int]],
    chosen: str,
    *,
    drops_empty: bool = False,
) -> list[dict[str, Any]]:
    """The tabs (value, label, count) of a list as links that keep the filter, from page one.

    `name` is the parameter of the tab; `drops_empty`: the tab without a value is the list itself.
    """
    items = []
    for value, label, count in tabs:
        kept = given.copy()
        kept.pop("page", None)
        if drops_empty:
            kept.pop(name, None)
        if value or not drops_empty:
            kept[name] = value
        url = f"?{kept.urlencode()}"
        items.append({"label": label, "count": count, "active": value == chosen, "url": url})
    return items
