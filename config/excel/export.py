"""Lists as workbooks: text stays text, nothing is ever a formula, memory stays flat (B120).

A list page's 导出 streams the same scoped, filtered queryset as the page:
`workbook(columns, rows, title=…, described=…)` and `download(stream, name)`.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO

import xlsxwriter
from django import forms
from django.http import FileResponse

from config.clock import SHANGHAI
from config.errors import RuleBroken
from config.excel.safe import is_risky
from config.excel.template import CONTENT_TYPE

ROWS_MOST = 100_000
_IN_MEMORY = 2 * 1024 * 1024


@dataclass(frozen=True)
class ExportColumn:
    """A column of an export; `kind` is text (codes too), number or date."""

    label: str
    width: int = 16
    kind: str = "text"


def workbook(
    columns: Sequence[ExportColumn],
    rows: Iterable[Sequence[Any]],
    *,
    title: str,
    described: str = "",
    total: int | None = None,
) -> BinaryIO:
    """Return an .xlsx as an open temporary file: title, what was filtered, 共 N 条, header, rows.

    `rows` may be a generator if `total` is given. A text that starts like a formula is a string
    with Excel's own quote mark: shown as it is, calculated never. RuleBroken("export_too_large")
    above ROWS_MOST rows.
    """
    if total is None:
        rows = list(rows)
        total = len(rows)
    if total > ROWS_MOST:
        raise RuleBroken(
            "export_too_large",
            f"符合条件的有 {total} 条，一次最多导出 {ROWS_MOST} 条，请先用筛选条件缩小范围。",
        )
    stream = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  handed on open
    book = xlsxwriter.Workbook(
        stream, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(_sheet_name(title))
    formats = _Formats(book)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width)
    sheet.write_string(0, 0, title, formats.title)
    about = "　".join(filter(None, [described, f"共 {total} 条"]))
    sheet.write_string(1, 0, about, formats.quoted if is_risky(about) else formats.note)
    for place, column in enumerate(columns):
        sheet.write_string(2, place, column.label, formats.head)
    sheet.freeze_panes(3, 0)
    for number, row in enumerate(rows, 3):
        for place, value in enumerate(row):
            _write(sheet, number, place, columns[place].kind, value, formats)
    book.close()
    stream.seek(0)
    return stream


class _Formats:
    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.note = book.add_format({"font_color": "#667085"})
        self.head = book.add_format(
            {"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F4E9C", "border": 1}
        )
        self.text = book.add_format({"num_format": "@"})
        self.quoted = book.add_format({"num_format": "@", "quote_prefix": True})
        self.date = book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})


def _write(sheet: Any, row: int, place: int, kind: str, value: Any, formats: _Formats) -> None:
    if value is None or value == "":
        return
    if isinstance(value, datetime):
        local = value.astimezone(SHANGHAI).replace(tzinfo=None)
        sheet.write_datetime(row, place, local, formats.moment)
    elif isinstance(value, date):
        sheet.write_datetime(row, place, value, formats.date)
    elif kind == "number" and isinstance(value, (int, float)):
        sheet.write_number(row, place, value)
    else:
        text = str(value)
        sheet.write_string(row, place, text, formats.quoted if is_risky(text) else formats.text)


def described(form: forms.BaseForm) -> str:
    """What a filter form asks for, in words: 使用状态：在用；关键词：客梯."""
    said = []
    for bound in form.visible_fields():
        value = bound.value()
        if value in (None, "", []):
            continue
        choices = dict(getattr(bound.field, "choices", []))
        said.append(f"{bound.label}：{choices.get(value, value)}")
    return "；".join(said)


def _sheet_name(title: str) -> str:
    return "".join(c for c in title if c not in "[]:*?/\\'")[:31] or "数据"


def download(stream: BinaryIO, name: str) -> FileResponse:
    """The answer that saves a workbook under a (Chinese) name."""
    response = FileResponse(stream, as_attachment=True, filename=f"{name}.xlsx")
    response["Content-Type"] = CONTENT_TYPE
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def download_bytes(content: bytes, name: str) -> FileResponse:
    """Like `download`, for a workbook that lies in memory."""
    return download(io.BytesIO(content), name)
