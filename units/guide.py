"""The user guide (F99): markdown files under docs/guide, one a chapter, rendered when asked for.

A file is `NN-name.md`: the number orders the chapters, the name is the address. Its first heading is
the title. Names of menu entries stand in `code` marks, which a test holds against config.menus.
Pictures lie in docs/guide/images and are static files; `./shouze screens --guide` takes them.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

FOLDER = settings.BASE_DIR / "docs" / "guide"
FILE = re.compile(r"(?P<number>\d\d)-(?P<slug>[a-z-]+)\.md")
PICTURE = re.compile(r"images/(?P<name>[a-z0-9-]+\.png)")


@dataclass(frozen=True)
class Chapter:
    """One file of the guide; `summary` is its first paragraph."""

    slug: str
    title: str
    summary: str
    path: Path

    @property
    def url(self) -> str:
        return reverse("units:guide-page", args=[self.slug])


@dataclass(frozen=True)
class Page:
    """A rendered chapter with its sections as (anchor, heading) and its neighbours."""

    chapter: Chapter
    html: SafeString
    sections: list[tuple[str, str]]
    before: Chapter | None
    after: Chapter | None


@lru_cache(maxsize=1)
def chapters() -> list[Chapter]:
    """Every chapter in order."""
    found = ((path, FILE.fullmatch(path.name)) for path in sorted(FOLDER.glob("*.md")))
    return [_chapter(path, name["slug"]) for path, name in found if name]


def page(slug: str) -> Page:
    """The chapter of a slug, rendered; Http404 for an unknown one."""
    known = chapters()
    for index, chapter in enumerate(known):
        if chapter.slug == slug:
            html, sections = _render(chapter.path, chapter.path.stat().st_mtime_ns)
            before = known[index - 1] if index else None
            after = known[index + 1] if index + 1 < len(known) else None
            return Page(chapter, html, sections, before, after)
    raise Http404(f"no chapter {slug} in the guide")


def _chapter(path: Path, slug: str) -> Chapter:
    inline = [token for token in _parser().parse(path.read_text("utf-8")) if token.type == "inline"]
    title, summary = (_text(token) for token in inline[:2])
    return Chapter(slug, title, summary, path)


def _text(token: Token) -> str:
    return "".join(one.content for one in token.children or [])


def _parser() -> MarkdownIt:
    """CommonMark with tables; raw HTML is text."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.add_render_rule("image", _picture)
    parser.add_render_rule("code_inline", _menu)
    parser.add_render_rule("link_open", _link)
    parser.add_render_rule("table_open", lambda *_: '<div class="gd-table"><table>')
    parser.add_render_rule("table_close", lambda *_: "</table></div>")
    return parser


@lru_cache(maxsize=64)
def _render(path: Path, changed: int) -> tuple[SafeString, list[tuple[str, str]]]:
    """(html without the title, sections); kept until the file changes."""
    parser = _parser()
    tokens = parser.parse(path.read_text("utf-8"))
    sections = []
    for opening, inline in zip(tokens, tokens[1:], strict=False):
        if opening.type == "heading_open" and opening.tag == "h2":
            anchor = f"s{len(sections) + 1}"
            opening.attrSet("id", anchor)
            sections.append((anchor, _text(inline)))
    body = tokens[3:]  # the title is printed by the template
    html = parser.renderer.render(body, parser.options, {})
    return mark_safe(html), sections  # noqa: S308  pages of ours; raw HTML in them is text


def _picture(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    """A screenshot with its caption; a tap shows it whole."""
    token = tokens[index]
    found = PICTURE.fullmatch(str(token.attrs["src"]))
    if found is None:
        raise ValueError(f"the guide shows pictures of its own only: {token.attrs['src']}")
    file = FOLDER / "images" / found["name"]
    if not file.is_file():  # never on a released copy: a test looks
        return ""
    width, height = _size(file)
    return format_html(
        '<a class="gd-shot{}" href="{}" data-lightbox><img src="{}" alt="{}" width="{}" height="{}"'
        ' loading="lazy"></a><span class="gd-caption">{}</span>',
        " is-phone" if height > width else "",
        static(f"guide/{found['name']}"),
        static(f"guide/{found['name']}"),
        _text(token),
        width,
        height,
        _text(token),
    )


def _size(path: Path) -> tuple[int, int]:
    """Width and height of a PNG, read from its header."""
    with path.open("rb") as file:
        width, height = struct.unpack(">II", file.read(24)[16:24])
    return width, height


def _menu(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    return format_html('<span class="gd-menu">{}</span>', tokens[index].content)


def _link(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    """A link to another chapter is written by its file name."""
    token = tokens[index]
    target, _, anchor = str(token.attrs["href"]).partition("#")
    if found := FILE.fullmatch(target):
        url = reverse("units:guide-page", args=[found["slug"]])
        token.attrSet("href", f"{url}#{anchor}" if anchor else url)
    return renderer.renderToken(tokens, index, options, env)
