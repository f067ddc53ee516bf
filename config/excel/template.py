"""The workbook people fill in: header with notes, text columns, drop-down lists, 填写说明."""

from __future__ import annotations

import io
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from config.excel.columns import Column
from config.excel.columns_dates import DateColumn, MonthColumn
from config.excel.columns_numbers import DecimalColumn, IntegerColumn
from config.excel.reader import EXAMPLE, GUIDE_SHEET, LISTS_SHEET, NUMBER_LABEL, letters

# Rows that offer the drop-down lists; more may be filled in below.
PREPARED = 5_000
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_HEAD = PatternFill("solid", fgColor="1F4E9C")
_NEEDED = PatternFill("solid", fgColor="B42318")
_EXAMPLE = PatternFill("solid", fgColor="F2F4F7")
_LINE = Side(style="thin", color="C9CED6")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)

GUIDE = (
    "红色表头为必填列。请不要删除表头或给表头改名；不需要的列留空即可，列的先后可以调整。",
    f"“{NUMBER_LABEL}”列写着“{EXAMPLE}”的行只是示例，导入时会跳过，可以删除。",
    "空白行会自动跳过。请不要合并单元格，不要使用公式（公式请“选择性粘贴--值”）。",
    "代码、证号、编号请保持文本格式：数字格式只保留 15 位，开头的 0 也会丢失。",
    "日期写成 2026-01-05，也可以写 2026/1/5、2026.1.5、2026年1月5日 或 20260105，系统会统一。",
    "上传后先看预览：新增、修改、无变化、有错误各多少行，确认后才写入。",
    "有错误的行可以“下载错误数据”：在原表最后一列标出原因，改好后重新上传即可；已经导入过的行显示为“无变化”，不会重复。",
)


def build(
    columns: Sequence[Column], *, sheet_name: str, title: str, guide: Sequence[str] = ()
) -> bytes:
    """Return the template as the bytes of an .xlsx."""
    book = Workbook()
    sheet = book.active
    sheet.title = sheet_name
    labels = [NUMBER_LABEL, *(column.label for column in columns)]
    _write_head(sheet, labels, columns)
    _write_example(sheet, columns)
    lists = book.create_sheet(LISTS_SHEET)
    for place, column in enumerate(columns, 2):
        _prepare(sheet, lists, place, column)
    lists.sheet_state = "hidden"
    sheet.freeze_panes = "B2"
    _write_guide(book.create_sheet(GUIDE_SHEET), columns, title, guide)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _write_head(sheet: Worksheet, labels: Sequence[str], columns: Sequence[Column]) -> None:
    for place, label in enumerate(labels, 1):
        cell = sheet.cell(1, place, label)
        column = columns[place - 2] if place > 1 else None
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = _NEEDED if column is not None and column.required else _HEAD
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = _BOX
        sheet.column_dimensions[letters(place - 1)].width = column.width if column else 8
        note = _note(column) if column else ""
        if note:
            cell.comment = Comment(note, "守责", width=260, height=110)
    sheet.row_dimensions[1].height = 32


def _note(column: Column) -> str:
    needed = "必填。" if column.required else ""
    longest = f"最多 {column.longest} 个字。" if column.longest else ""
    return f"{needed}{column.note}{longest if not column.note else ''}"


def _write_example(sheet: Worksheet, columns: Sequence[Column]) -> None:
    for place, text in enumerate([EXAMPLE, *(column.example for column in columns)], 1):
        cell = sheet.cell(2, place, text or None)
        cell.number_format = "@"
        cell.fill = _EXAMPLE
        cell.font = Font(italic=True, color="667085")


def _prepare(sheet: Worksheet, lists: Worksheet, place: int, column: Column) -> None:
    """Text format for a whole column (dates and numbers too: they are read from text), its list."""
    letter = letters(place - 1)
    if not isinstance(column, (IntegerColumn, DecimalColumn)):
        sheet.column_dimensions[letter].number_format = "@"
    offered = list(column.choices)
    if not offered:
        return
    for row, text in enumerate(offered, 1):
        lists.cell(row, place, text).number_format = "@"
    rule = DataValidation(
        type="list",
        formula1=f"='{LISTS_SHEET}'!${letter}$1:${letter}${len(offered)}",
        allow_blank=not column.required,
        showErrorMessage=True,
        errorTitle=column.label,
        error=f"请从下拉列表中选择{column.label}。",
        errorStyle="warning",
    )
    rule.add(f"{letter}3:{letter}{PREPARED + 2}")
    sheet.add_data_validation(rule)


def _write_guide(
    sheet: Worksheet, columns: Sequence[Column], title: str, guide: Sequence[str]
) -> None:
    sheet.column_dimensions["A"].width = 22
    sheet.column_dimensions["B"].width = 8
    sheet.column_dimensions["C"].width = 90
    sheet.cell(1, 1, f"{title}：填写说明").font = Font(bold=True, size=14)
    row = 3
    for number, sentence in enumerate([*GUIDE, *guide], 1):
        cell = sheet.cell(row, 1, f"{number}. {sentence}")
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=3)
        sheet.row_dimensions[row].height = 32 if len(sentence) > 58 else 18
        row += 1
    row += 1
    for place, label in enumerate(("列", "必填", "怎样填"), 1):
        cell = sheet.cell(row, place, label)
        cell.font, cell.fill, cell.border = Font(bold=True, color="FFFFFF"), _HEAD, _BOX
    for column in columns:
        row += 1
        texts = (column.label, "是" if column.required else "", _how(column))
        for place, text in enumerate(texts, 1):
            cell = sheet.cell(row, place, text)
            cell.alignment, cell.border = Alignment(wrap_text=True, vertical="top"), _BOX


def _how(column: Column) -> str:
    parts = [column.note]
    if column.longest:
        parts.append(f"最多 {column.longest} 个字。")
    offered = list(column.choices)
    if 0 < len(offered) <= 12:
        parts.append(f"可选：{'、'.join(offered)}。")
    elif offered:
        parts.append("请从下拉列表中选择。")
    if isinstance(column, MonthColumn):
        parts.append("年月。")
    elif isinstance(column, DateColumn):
        parts.append("日期。")
    if column.is_code:
        parts.append("请保持文本格式。")
    if not column.imported:
        parts.append("供您自己使用，不导入。")
    if column.example:
        parts.append(f"例：{column.example}")
    return "".join(part if part.endswith(("。", "：")) else f"{part}。" for part in parts if part)
