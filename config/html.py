"""HTML of the small parts that nearly every page repeats, built in Python: a template of its own
costs several times as much. `config.templatetags.ui` offers them as tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page
from django.core.signals import setting_changed
from django.http import QueryDict
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from config.menus import Item
from config.paging import PAGE_SIZES

SPRITE = "vendor/tabler-icons-3.51.0/icons.svg"


# ------------------------------------------------------------------ icons and counts
@lru_cache(maxsize=1)
def _sprite() -> str:
    """The address of the sprite: with the hash of its content where static files carry one."""
    return static(SPRITE)


@lru_cache(maxsize=512)
def _bare_icon(name: str) -> SafeString:
    href = f"{_sprite()}#{name}"
    return format_html('<svg class="sz-icon" aria-hidden="true"><use href="{}"/></svg>', href)


def icon(name: str, label: str = "") -> SafeString:
    """One symbol of the sprite. Decorative unless `label` gives it a name to be read aloud."""
    if not label:
        return _bare_icon(name)
    return format_html(
        '<svg class="sz-icon" role="img" aria-label="{}"><use href="{}"/></svg>',
        label,
        f"{_sprite()}#{name}",
    )


def badge(count: int | None, label: str = "") -> SafeString:
    """A red count, 99+ above ninety-nine, nothing at zero; `label` is read aloud after it."""
    if not count:
        return SafeString("")
    shown = "99+" if count > 99 else str(count)
    return format_html(
        '<span class="sz-badge">{}<span class="visually-hidden">{}</span></span>', shown, label
    )


def _forget_addresses(*, setting: str, **kwargs: Any) -> None:
    if setting in {"STATIC_URL", "STORAGES"}:
        _sprite.cache_clear()
        _bare_icon.cache_clear()


setting_changed.connect(_forget_addresses)


# ------------------------------------------------------------------ getting about
def back(url: str, label: str) -> SafeString:
    return format_html(
        '<a class="sz-bar__back" href="{}">{}<span>{}</span></a>\n',
        url,
        icon("chevron-left"),
        label,
    )


def tabs(items: Iterable[Mapping[str, Any]], label: str) -> SafeString:
    return format_html(
        '<nav class="sz-tabs" aria-label="{}">\n  {}\n</nav>\n',
        label,
        format_html_join("", "{}", ((_tab(item),) for item in items)),
    )


def _tab(item: Mapping[str, Any]) -> SafeString:
    active, here = (" is-active", _HERE_PAGE) if item.get("active") else ("", "")
    count = item.get("count")
    return format_html(
        '<a class="sz-tabs__item{}" href="{}"{}>{}{}</a>',
        active,
        item["url"],
        here,
        item["label"],
        "" if count is None else format_html('<span class="sz-tabs__count">{}</span>', count),
    )


_HERE_PAGE = SafeString(' aria-current="page"')


def tab_bar(items: Sequence[Item]) -> SafeString:
    """The bottom bar of the phone."""
    if not items:
        return SafeString("")
    return format_html(
        '<nav class="weui-tabbar sz-tabbar" aria-label="底部导航">{}\n</nav>',
        format_html_join("", "{}", ((_bar_item(item),) for item in items)),
    )


def _bar_item(item: Item) -> SafeString:
    return format_html(
        '\n  <a class="weui-tabbar__item{}" href="{}"{}>'
        '\n    <span class="sz-tabbar__icon">{}{}</span>'
        '\n    <span class="weui-tabbar__label">{}</span>\n  </a>',
        " weui-bar__item_on" if item.active else "",
        item.url,
        _HERE_PAGE if item.active else "",
        icon(item.icon),
        badge(item.badge, item.badge_label),
        item.label,
    )


# ------------------------------------------------------------------ pages of a list
def _address(params: QueryDict, **changes: Any) -> str:
    """The query string of a page with some parameters set, or left out (None)."""
    lists: dict[str, Any] = dict(params.lists())
    for name, value in changes.items():
        if value is None:
            lists.pop(name, None)
        else:
            lists[name] = [value]
    return f"?{urlencode(lists, doseq=True)}" if lists or params else ""


def pagination(params: QueryDict, page: Page, size: int) -> SafeString:
    """共 N 条, page links and page sizes; every other parameter of the URL is kept."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    before = page.previous_page_number() if page.has_previous() else None
    after = page.next_page_number() if page.has_next() else None
    return format_html(
        '<nav class="sz-pages" aria-label="分页">\n'
        '  <p class="sz-pages__total">共 {} 条</p>\n'
        '  <ul class="sz-pages__list">\n    {}\n    {}\n    {}\n  </ul>\n'
        '  <p class="sz-pages__sizes">每页{}条</p>\n</nav>\n',
        page.paginator.count,
        _step(params, before, "prev", "上一页", "chevron-left"),
        format_html_join("", "<li>{}</li>", ((_number(params, page, one),) for one in numbers)),
        _step(params, after, "next", "下一页", "chevron-right"),
        format_html_join("", "{}", ((_size(params, one, size),) for one in PAGE_SIZES)),
    )


def _step(params: QueryDict, number: int | None, rel: str, label: str, sign: str) -> SafeString:
    """The arrow to a neighbouring page; off at either end."""
    if number is None:
        return format_html('<li><span class="sz-pages__link is-off">{}</span></li>', icon(sign))
    return format_html(
        '<li><a class="sz-pages__link" href="{}" rel="{}" aria-label="{}">{}</a></li>',
        _address(params, page=number),
        rel,
        label,
        icon(sign),
    )


def _number(params: QueryDict, page: Page, number: int | str) -> SafeString:
    if number == page.paginator.ELLIPSIS:
        return format_html('<span class="sz-pages__gap">{}</span>', number)
    if number == page.number:
        return format_html(
            '<span class="sz-pages__link is-active" aria-current="page">{}</span>', number
        )
    href = _address(params, page=number)
    return format_html('<a class="sz-pages__link" href="{}">{}</a>', href, number)


def _size(params: QueryDict, one: int, size: int) -> SafeString:
    if one == size:
        return format_html('<span class="is-active" aria-current="true">{}</span>', one)
    return format_html('<a href="{}">{}</a>', _address(params, size=one, page=None), one)
