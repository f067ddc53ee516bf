"""The person's own workbook back, with 错误原因 in its last column and the wrong cells coloured."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from typing import BinaryIO

import xlsxwriter
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from python_calamine import CalamineWorkbook

from config.excel import guard
from config.excel.plan import Line
from config.excel.reader import REASON_LABEL, label_of
from config.excel.safe import inert

# A workbook of more rows is not loaded whole again: its wrong rows alone are written.
WHOLE_MOST = 20_000
# What Excel takes in one cell is 32,767 characters; nobody reads that many.
REASON_LONGEST = 2_000

_WRONG = PatternFill("solid", fgColor="FEE4E2")
_REASON = PatternFill("solid", fgColor="FEF0C7")
_HEAD = PatternFill("solid", fgColor="B42318")


def build(
    content: BinaryIO, *, sheet_name: str, header_row: int, lines: Sequence[Line], total: int
) -> bytes:
    """Return the annotated workbook as bytes; `lines` are the plan's lines, `total` its rows.

    A workbook that `comes_whole` is as uploaded (formats, other sheets, right rows), with one column
    more; of a larger one it is a new workbook of the header and the wrong rows only.
    """
    reasons = {
        line.number: "；".join(problem.sentence() for problem in line.problems)[:REASON_LONGEST]
        for line in lines
        if line.problems
    }
    if not comes_whole(content, total):
        return _wrong_rows(content, sheet_name, header_row, reasons)
    cells = {problem.address for line in lines for problem in line.problems if problem.address}
    return _whole(content, sheet_name, header_row, reasons, cells, total)


def comes_whole(content: BinaryIO, total: int) -> bool:
    """Whether the annotated workbook is the whole one: few rows, and no other sheet is huge."""
    return total <= WHOLE_MOST and guard.is_small(content)


def _whole(
    content: BinaryIO,
    sheet_name: str,
    header_row: int,
    reasons: Mapping[int, str],
    addresses: set[str],
    total: int,
) -> bytes:
    content.seek(0)
    with warnings.catch_warnings():  # openpyxl warns of what it does not keep (pictures, themes)
        warnings.simplefilter("ignore")
        book = load_workbook(content)
    sheet = book[sheet_name]
    place = _reason_place(sheet, header_row)
    head = sheet.cell(header_row, place, REASON_LABEL)
    head.font, head.fill = Font(bold=True, color="FFFFFF"), _HEAD
    for row in range(header_row + 1, header_row + total + 1):  # blanks may be formatted far below
        if row not in reasons and sheet.cell(row, place).value is not None:
            sheet.cell(row, place).value = None  # what an earlier round said
    for row, reason in reasons.items():
        cell = sheet.cell(row, place, inert(reason))
        cell.fill, cell.alignment = _REASON, Alignment(wrap_text=True, vertical="top")
    for address in addresses:
        sheet[address].fill = _WRONG
    sheet.column_dimensions[head.column_letter].width = 60
    head.comment = Comment("改好后可直接上传本文件；这一列会被忽略。", "守责", width=220, height=60)
    book.active = book.index(sheet)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _reason_place(sheet: object, header_row: int) -> int:
    """The column of 错误原因: where it stands from an earlier round, else behind the last header."""
    last = 1
    for cell in sheet[header_row]:
        if cell.value not in (None, ""):
            last = cell.column
            if label_of(cell.value) == REASON_LABEL:
                return cell.column
    return last + 1


def _wrong_rows(
    content: BinaryIO, sheet_name: str, header_row: int, reasons: Mapping[int, str]
) -> bytes:
    content.seek(0)
    rows = CalamineWorkbook.from_filelike(content).get_sheet_by_name(sheet_name).iter_rows()
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"constant_memory": True, "in_memory": False})
    sheet = book.add_worksheet(sheet_name)
    text = book.add_format({"num_format": "@"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    bold = book.add_format({"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F4E9C"})
    mark = book.add_format({"bg_color": "#FEF0C7", "text_wrap": True})
    width, written = 0, 1
    for number, row in enumerate(rows, 1):
        if number == header_row:
            kept = [i for i, cell in enumerate(row) if label_of(cell) != REASON_LABEL]
            width = len(kept)
            for place, index in enumerate(kept):
                sheet.write_string(0, place, str(row[index]), bold)
            sheet.write_string(0, width, REASON_LABEL, bold)
            sheet.set_column(0, width - 1, 16)
            sheet.set_column(width, width, 60)
        elif number in reasons:
            for place, index in enumerate(kept):
                _write(sheet, written, place, row[index], text, day)
            sheet.write_string(written, width, reasons[number], mark)
            written += 1
    book.close()
    return stream.getvalue()


def _write(sheet: object, row: int, place: int, cell: object, text: object, day: object) -> None:
    if hasattr(cell, "year"):
        sheet.write_datetime(row, place, cell, day)
    elif isinstance(cell, (int, float)) and not isinstance(cell, bool):
        sheet.write_number(row, place, cell)
    elif cell != "":
        sheet.write_string(row, place, str(cell), text)
