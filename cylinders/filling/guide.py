"""接口说明 as a page: docs/api-filling.md, and the fields as the schema has them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from cylinders.enums import FillingKind, Stop
from cylinders.filling.openapi import PROBLEMS, ROUTES
from cylinders.filling.schema import ROWS

FILE = settings.BASE_DIR / "docs" / "api-filling.md"
_TYPES = {"string": "文字", "number": "数字", "boolean": "true / false"}


@dataclass(frozen=True)
class Field:
    """One field of a kind of record."""

    name: str
    title: str
    is_required: bool
    shape: str
    note: str


@dataclass(frozen=True)
class Part:
    """One kind of record: where it goes, and its fields."""

    title: str
    anchor: str
    url: str
    fields: list[Field]


@dataclass(frozen=True)
class Page:
    """The whole page; `sections` are (anchor, heading) of the written part."""

    html: SafeString
    sections: list[tuple[str, str]]
    parts: list[Part]
    stops: list[tuple[str, str]]
    problems: list[tuple[int, str, str]]


@lru_cache(maxsize=1)
def page() -> Page:
    """Rendered once a process."""
    html, sections = _written()
    return Page(
        html=html,
        sections=sections,
        parts=[_part(kind) for kind in FillingKind],
        stops=[(stop.value, stop.label) for stop in Stop],
        problems=[(status, "、".join(codes), said) for status, (codes, said) in PROBLEMS.items()],
    )


def _written() -> tuple[SafeString, list[tuple[str, str]]]:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.add_render_rule("table_open", lambda *_: '<div class="gd-table"><table>')
    parser.add_render_rule("table_close", lambda *_: "</table></div>")
    tokens = parser.parse(FILE.read_text("utf-8"))
    sections = []
    for opening, inline in zip(tokens, tokens[1:], strict=False):
        if opening.type == "heading_open" and opening.tag == "h2":
            anchor = f"s{len(sections) + 1}"
            opening.attrSet("id", anchor)
            sections.append((anchor, inline.content))
    # The title is printed by the template.
    html = parser.renderer.render(tokens[3:], parser.options, {})
    return mark_safe(html), sections  # noqa: S308  a page of ours


def _part(kind: FillingKind) -> Part:
    shape = ROWS[kind].model_json_schema()
    required = set(shape["required"])
    fields = [
        Field(name, one["title"], name in required, _shape(one), one.get("description", ""))
        for name, one in shape["properties"].items()
    ]
    return Part(kind.label, kind.value, reverse(ROUTES[kind]), fields)


def _shape(one: dict[str, Any]) -> str:
    """The type and its limits in words."""
    inner = one["anyOf"][0] if "anyOf" in one else one
    if "enum" in inner:
        return " / ".join(inner["enum"])
    if inner.get("format") == "date-time":
        return "带时区的时间"
    words = _TYPES[inner["type"]]
    if "maxLength" in inner:
        return f"{words}，最多 {inner['maxLength']} 个字符"
    if "maximum" in inner:
        return f"{words}，{inner['minimum']:g} 至 {inner['maximum']:g}"
    return words
