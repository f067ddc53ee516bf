"""Reading one sheet of a workbook: its header, then blocks of cleaned rows with cell addresses.

The sheet is the template's (by name, else the first visible one with the header); hidden sheets
are never read. The header stands within the first five rows; every column of the template must be
there, in any order. Rows that look empty are skipped, and so is the template's example row.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, BinaryIO, NamedTuple

from python_calamine import CalamineError, CalamineWorkbook

from config.excel import guard
from config.excel.columns import BLANKS, Column, Problem

ROWS_MOST = 50_000
HEADER_WITHIN = 5
BLOCK = 2_000
EXAMPLE = "示例"
NUMBER_LABEL = "序号"
REASON_LABEL = "错误原因"
# Sheets of our own template that hold no rows.
GUIDE_SHEET, LISTS_SHEET = "填写说明", "选项"
_STARS = str.maketrans("", "", "*＊※ \t\r\n\u3000\u00a0\u200b\ufeff:：")
_BRACKETED = re.compile(r"[（(](?:必填|选填|可选|文本|日期)[^）)]*[）)]$")
_ODD = {
    "formula": Problem("是公式，请复制后“选择性粘贴--值”再上传", "formula"),
    "error": Problem("是错误值（如 #N/A），请改正后重填", "error_value"),
}


class CellProblem(NamedTuple):
    """One problem with its place; `address` is "" when it is about the whole row."""

    label: str
    address: str
    text: str
    code: str

    def sentence(self) -> str:
        """设备代码（F5）：是数字格式……；the row is named by whoever prints it."""
        place = f"（{self.address}）" if self.address else ""
        return f"{self.label}{place}：{self.text}" if self.label else self.text


class Mended(NamedTuple):
    """A cell whose text was normalised: as it was typed, and as it is taken (已规范)."""

    label: str
    address: str
    before: str
    after: str


@dataclass(slots=True)
class Block:
    """Some rows in order: row numbers, one list of values a column, problems and mended cells."""

    numbers: list[int]
    columns: dict[str, list[Any]]
    problems: dict[int, list[CellProblem]] = field(default_factory=dict)
    mended: dict[int, list[Mended]] = field(default_factory=dict)

    def rows(self) -> Iterator[tuple[int, dict[str, Any], list[CellProblem], list[Mended]]]:
        """Row by row, for small tables: number, values by column name, problems, mended cells."""
        names = list(self.columns)
        for place, values in enumerate(zip(*self.columns.values(), strict=True)):
            yield (
                self.numbers[place],
                dict(zip(names, values, strict=True)),
                self.problems.get(place, []),
                self.mended.get(place, []),
            )


def letters(index: int) -> str:
    """0 -> A, 26 -> AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def label_of(cell: Any) -> str:
    """A header cell without star, blanks and （必填）."""
    return _BRACKETED.sub("", str(cell or "").translate(_STARS)) if isinstance(cell, str) else ""


class Sheet:
    """An opened sheet whose header fits; `blocks()` cleans its rows.

    `notes` are sentences about what was left aside (hidden sheets, unknown columns); `total` is
    the number of rows below the header, blank ones included.
    """

    def __init__(
        self, content: BinaryIO, columns: Sequence[Column], *, sheet_name: str, rows_most: int
    ) -> None:
        self.columns = [column.fresh() for column in columns]
        self.notes: list[str] = []
        self._book = guard.check(content)
        part, scan = self._choose(content, sheet_name)
        self.name = part.name
        self._opened = _calamine(content, part.name)
        self._first_column = (self._opened.start or (0, 0))[1]
        self._find_header(sheet_name)
        self.total = max((self._opened.end or (0, 0))[0] + 1 - self.header_row, 0)
        if self.total > rows_most and sum(1 for _ in self._filled()) > rows_most:
            raise guard.refuse(
                "file_too_many_rows", f"一次最多导入 {rows_most} 行，请分成几个文件导入。"
            )
        self._odd = self._odd_cells(content, part, scan)

    def _choose(self, content: BinaryIO, wanted: str) -> tuple[guard.SheetPart, guard.Scan]:
        visible = [one for one in self._book.sheets if not one.is_hidden]
        hidden = [one.name for one in self._book.sheets if one.is_hidden]
        hidden = [name for name in hidden if name != LISTS_SHEET]
        if hidden:
            names = "、".join(f"“{name}”" for name in hidden[:5])
            self.notes.append(f"隐藏的工作表{names}没有读取。")
        ordered = sorted(
            (one for one in visible if one.name not in {GUIDE_SHEET, LISTS_SHEET}),
            key=lambda one: one.name != wanted,
        )
        if not ordered:
            raise guard.refuse(
                "file_no_sheet",
                f"没有可以读取的工作表：请把数据放在名为“{wanted}”的工作表中，不要隐藏。",
            )
        chosen, scan = ordered[0], None
        if chosen.name != wanted:  # a renamed sheet: the first that has our header
            for part in ordered[:10]:
                scan = guard.scan(content, part)
                opened = _calamine(content, part.name)
                if self._header_of(list(islice(opened.iter_rows(), HEADER_WITHIN)))[1]:
                    chosen = part
                    break
        scan = guard.scan(content, chosen)
        others = [one.name for one in ordered if one is not chosen]
        if others:
            names = "、".join(f"“{name}”" for name in others[:5])
            self.notes.append(f"只读取工作表“{chosen.name}”，其余工作表{names}没有读取。")
        return chosen, scan

    # -------------------------------------------------------------- header
    def _header_of(self, top: list[list[Any]]) -> tuple[int, int]:
        """(index of the row most like a header, how many of its cells are our columns)."""
        wanted = {column.label for column in self.columns}
        hits = [len({label_of(cell) for cell in row} & wanted) for row in top]
        best = max(hits, default=0)
        return (hits.index(best), best) if best else (0, 0)

    def _find_header(self, sheet_name: str) -> None:
        top = list(islice(self._opened.iter_rows(), HEADER_WITHIN))
        if not any(any(row) for row in top) and not any(
            any(row) for row in self._opened.iter_rows()
        ):
            raise guard.refuse("file_no_rows", f"工作表“{self.name}”是空的，请填写后再上传。")
        index, hits = self._header_of(top)
        if not hits:
            raise guard.refuse(
                "template_wrong",
                f"在工作表“{self.name}”的前 {HEADER_WITHIN} 行中没有找到表头，请下载本页的“{sheet_name}”"
                "导入模板填写，不要修改表头。",
            )
        self.header_row = index + 1
        labels = [label_of(cell) for cell in top[index]]
        self._places = self._match(labels)
        known = {column.label for column in self.columns} | {NUMBER_LABEL, REASON_LABEL, ""}
        strange = [label for label in labels if label not in known]
        if strange:
            names = "、".join(f"“{label[:20]}”" for label in strange[:6])
            self.notes.append(f"不认识的列{names}没有读取。")
        numbers = [place for place, label in enumerate(labels) if label == NUMBER_LABEL]
        self._number_place = numbers[0] if numbers else None

    def _match(self, labels: list[str]) -> dict[str, int]:
        places, missing = {}, []
        for column in self.columns:
            found = [place for place, label in enumerate(labels) if label == column.label]
            if len(found) > 1:
                where = "、".join(
                    f"{letters(self._first_column + place)}{self.header_row}" for place in found
                )
                raise guard.refuse(
                    "template_wrong",
                    f"表头“{column.label}”出现了 {len(found)} 次（{where}），请只保留一列。",
                )
            if found:
                places[column.name] = found[0]
            elif column.imported:
                missing.append(column.label)
        if missing:
            raise guard.refuse("template_wrong", self._missing_sentence(labels, missing))
        return places

    def _missing_sentence(self, labels: list[str], missing: list[str]) -> str:
        known = {column.label for column in self.columns}
        strange = [label for label in labels if label and label not in known]
        named = []
        for label in missing[:8]:
            close = difflib.get_close_matches(label, strange, n=1, cutoff=0.5)
            named.append(f"“{label}”" + (f"（是否被改成了“{close[0][:20]}”？）" if close else ""))
        more = f"等 {len(missing)} 列" if len(missing) > 8 else ""
        return (
            f"第 {self.header_row} 行的表头缺少{'、'.join(named)}{more}。"
            "请使用本页下载的模板，不要删除或改名表头；不填的列可以留空。"
        )

    # -------------------------------------------------------------- cells that cannot be trusted
    def _odd_cells(
        self, content: BinaryIO, part: guard.SheetPart, scan: guard.Scan
    ) -> dict[int, dict[int, Problem]]:
        """Row number -> column place -> problem: formulas, error values and merged cells."""
        odd: dict[int, dict[int, Problem]] = {}
        if scan.has_formulas or scan.has_errors:
            for address, kind in guard.odd_cells(content, part).items():
                match = re.fullmatch(r"([A-Z]+)(\d+)", address)
                if match:
                    place = _index(match[1]) - self._first_column
                    odd.setdefault(int(match[2]), {})[place] = _ODD[kind]
        for (top, left), (bottom, right) in self._opened.merged_cell_ranges or []:
            if bottom < self.header_row:
                continue
            name = f"{letters(left)}{top + 1}:{letters(right)}{bottom + 1}"
            problem = Problem(f"在合并单元格 {name} 中，请取消合并后逐格填写", "merged")
            for row in range(
                max(top, self.header_row), min(bottom, self.header_row + self.total) + 1
            ):
                for column in range(left, min(right, left + 60) + 1):
                    odd.setdefault(row + 1, {})[column - self._first_column] = problem
        return odd

    # -------------------------------------------------------------- rows
    def _filled(self) -> Iterator[tuple[int, list[Any]]]:
        """(row number, raw cells) of the rows that hold anything in our columns."""
        places = [
            self._places[c.name] for c in self.columns if c.imported and c.name in self._places
        ]
        odd = getattr(self, "_odd", {})
        number_place = self._number_place
        rows = islice(self._opened.iter_rows(), self.header_row, None)
        last = self.header_row + self.total
        blank = [""] * (self._opened.width or 1)
        beyond = [blank] * (max(odd, default=0) - last)  # formulas that hold no value, at the end
        for number, row in enumerate(chain(rows, beyond), self.header_row + 1):
            for place in places:
                cell = row[place]
                if cell != "" and (type(cell) is not str or cell.strip(BLANKS)):
                    break
            else:
                if number not in odd or not any(place in odd[number] for place in places):
                    continue
            if number_place is not None:
                mark = row[number_place]
                if type(mark) is str and mark.strip(BLANKS).startswith(EXAMPLE):
                    continue
            yield number, row

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        """The rows, cleaned, `size` at a time."""
        filled = self._filled()
        while piece := list(islice(filled, size)):
            numbers = [number for number, _row in piece]
            raw_columns = list(zip(*(row for _number, row in piece), strict=True))
            block = Block(numbers, {})
            odd = {
                place: self._odd[number]
                for place, number in enumerate(numbers)
                if number in self._odd
            }
            for column in self.columns:
                if column.imported:
                    self._clean(block, column, raw_columns[self._places[column.name]], odd)
            yield block

    def _clean(
        self, block: Block, column: Column, raws: Sequence[Any], odd: dict[int, dict[int, Problem]]
    ) -> None:
        at = self._places[column.name]
        name = letters(self._first_column + at)
        cleaned = column.clean_block(raws)
        block.columns[column.name] = cleaned.values
        refused = {place for place, cells in odd.items() if at in cells}
        for place in refused:
            cleaned.values[place] = column.empty
        found = [(place, odd[place][at]) for place in refused]
        found += [(place, problem) for place, problem in cleaned.problems if place not in refused]
        for place, problem in found:
            address = f"{name}{block.numbers[place]}"
            block.problems.setdefault(place, []).append(
                CellProblem(column.label, address, problem.text, problem.code)
            )
        label, numbers, mended = column.label, block.numbers, block.mended
        for place, shown in cleaned.mended:
            if place not in refused:
                one = Mended(label, f"{name}{numbers[place]}", _typed(raws[place]), shown)
                if place in mended:
                    mended[place].append(one)
                else:
                    mended[place] = [one]

    def address(self, name: str, number: int) -> str:
        """The address of a column's cell in a row: F5."""
        return f"{letters(self._first_column + self._places[name])}{number}"

    def label(self, name: str) -> str:
        """How a column is called."""
        return next(column.label for column in self.columns if column.name == name)


def _typed(raw: Any) -> str:
    if type(raw) is str:
        return raw if len(raw) <= 60 else raw[:60]
    return f"{raw:.15g}" if isinstance(raw, float) else str(raw)[:60]


def _index(name: str) -> int:
    index = 0
    for letter in name:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _calamine(content: BinaryIO, name: str) -> Any:
    try:
        content.seek(0)
        return CalamineWorkbook.from_filelike(content).get_sheet_by_name(name)
    except (CalamineError, ValueError, OSError) as error:
        raise guard.refuse(
            "file_not_workbook", f"文件不是 Excel 工作簿，或已损坏。{guard.SAVE_AS}"
        ) from error


def open_sheet(
    content: BinaryIO,
    columns: Sequence[Column],
    *,
    sheet_name: str,
    rows_most: int = ROWS_MOST,
) -> Sheet:
    """Open a workbook and return its sheet of these columns.

    RuleBroken(field="file") says in words why the file cannot be read: see guard.check, besides
    file_no_sheet, file_no_rows, template_wrong, file_too_many_rows.
    """
    return Sheet(content, columns, sheet_name=sheet_name, rows_most=rows_most)
