"""What is checked of an uploaded file before any parser touches it, each refusal in one sentence.

A workbook is a zip of XML. Sizes are read from the zip directory and kept to while unpacking (a
directory that lies is caught by its own checksum), so nothing is ever unpacked beyond the limits.
While a sheet passes by, the same pass finds what the fast reader cannot tell: formulas, error
values, and cells so far out that a reader would fill memory with the blanks in between. That has
to be exact, because the reader's process dies of it: where a glance at the bytes is not enough to
see that every cell is near, the sheet is parsed.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.etree import ElementTree
from xml.parsers import expat

from config.errors import RuleBroken

MB = 1024 * 1024
FILE_LARGEST = 50 * MB
UNPACKED_LARGEST = 250 * MB
# A workbook of cells by the million costs openpyxl, which loads all of it, gigabytes.
WHOLE_LARGEST = 32 * MB
PARTS_MOST = 2000
# No sheet of text shrinks to less than a hundredth; small parts may.
RATIO_HIGHEST = 120
RATIO_FROM = 5 * MB
# The list of sheets is parsed whole; Excel itself needs a few thousand bytes.
LIST_LARGEST = 4 * MB
_PIECE = MB
# No tag and no text of a cell is longer.
_UNCUT_MOST = 4 * MB

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
# Cells beyond AZ99999 are far. A cell may also stand without an address, behind the one before it.
COLUMNS_MOST, ROWS_FARTHEST, ROWS_IN_EXCEL = 52, 99_999, 1_048_576
_NOT_NEAR = re.compile(rb'<c(?=[\s/>])(?! r="A?[A-Z][1-9][0-9]{0,4}")')
_PREFIXED = re.compile(rb":c[\s/>]")
_ADDRESS = re.compile(r"([A-Z]{1,4})([0-9]{1,9})")
_LISTS = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")

SAVE_AS = "请在 Excel 或 WPS 中“另存为”Excel 工作簿（*.xlsx）后重新上传。"


@dataclass(frozen=True)
class SheetPart:
    """One sheet as the workbook lists it."""

    name: str
    path: str
    is_hidden: bool


@dataclass
class Scan:
    """What one pass over a sheet's XML found."""

    rows: int = 0
    has_formulas: bool = False
    has_errors: bool = False


@dataclass(frozen=True)
class Book:
    """A workbook that passed the guards: its sheets in order, and how it counts days."""

    sheets: list[SheetPart] = field(default_factory=list)
    counts_from_1904: bool = False


def refuse(code: str, sentence: str) -> RuleBroken:
    """A refusal of the whole file, shown beside the upload field."""
    return RuleBroken(code, sentence, field="file", status=422)


def check(content: BinaryIO, *, name: str = "") -> Book:
    """Return the workbook's sheets; RuleBroken(field="file") says what is wrong with the file.

    Codes: file_empty, file_too_large, file_old_excel, file_password, file_not_workbook,
    file_bomb, file_macros.
    """
    size = content.seek(0, 2)
    content.seek(0)
    head = content.read(8)
    content.seek(0)
    if size == 0:
        raise refuse("file_empty", "文件是空的，请重新选择。")
    if size > FILE_LARGEST:
        raise refuse("file_too_large", f"文件超过 {FILE_LARGEST // MB} MB，请分成几个文件导入。")
    if head == _OLE:
        raise _refuse_ole(content)
    if not head.startswith(b"PK") or (name and not name.lower().endswith(".xlsx")):
        raise refuse("file_not_workbook", f"只能导入 .xlsx 格式的 Excel 工作簿。{SAVE_AS}")
    try:
        with zipfile.ZipFile(content) as archive:
            _check_directory(archive)
            return _book(archive)
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, KeyError, EOFError) as error:
        raise _damaged() from error
    except (RuntimeError, ValueError, OSError) as error:
        raise _damaged() from error
    finally:
        content.seek(0)


def _damaged() -> RuleBroken:
    return refuse("file_not_workbook", f"文件不是 Excel 工作簿，或已损坏。{SAVE_AS}")


def _refuse_ole(content: BinaryIO) -> RuleBroken:
    """An OLE container is an old .xls, or a workbook with a password around it."""
    if _ENCRYPTED in content.read(4 * MB):
        return refuse(
            "file_password",
            "文件有打开密码，系统无法读取。请在 Excel 中“文件--信息--保护工作簿”去掉密码后重新上传。",
        )
    return refuse("file_old_excel", f"这是旧版 .xls 格式，不能导入。{SAVE_AS}")


def _check_directory(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    names = {part.filename.lower() for part in parts}
    if len(names) < len(parts):  # two readers might see two different ones
        raise _damaged()
    swollen = any(
        part.file_size > RATIO_FROM and part.file_size > RATIO_HIGHEST * max(part.compress_size, 1)
        for part in parts
    )
    swollen |= any(part.filename in _LISTS and part.file_size > LIST_LARGEST for part in parts)
    if len(parts) > PARTS_MOST or unpacked > UNPACKED_LARGEST or swollen:
        raise refuse(
            "file_bomb",
            "文件解压后异常庞大，已拒绝读取。请删除多余的空白区域和图片，或分成几个文件导入。",
        )
    if any(part.flag_bits & 0x1 for part in parts):
        raise refuse("file_password", "文件有密码，系统无法读取。请去掉密码后重新上传。")
    if "xl/vbaProject.bin" in archive.namelist():
        raise refuse("file_macros", f"文件带有宏，不能导入。{SAVE_AS}")
    for part in parts:  # what the reader unpacks besides the sheet; its checksum is checked here
        if part.filename in {"xl/sharedStrings.xml", "xl/styles.xml", *_LISTS}:
            for _piece in _pieces(archive, part.filename):
                pass


def _pieces(archive: zipfile.ZipFile, path: str) -> Iterator[bytes]:
    """A part piece by piece; one with a DTD, or in an encoding we cannot look through, is refused."""
    tail = b""
    with archive.open(path) as opened:
        while piece := opened.read(_PIECE):
            text = tail + piece
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text or b"\0" in piece:
                raise _damaged()
            tail = piece[-10:]
            yield piece


def is_small(content: BinaryIO) -> bool:
    """Whether all sheets of a checked workbook, hidden ones too, may be loaded as objects."""
    content.seek(0)
    with zipfile.ZipFile(content) as archive:
        parts = [one for one in archive.infolist() if one.filename.lower().endswith(".xml")]
        if sum(one.file_size for one in parts) > WHOLE_LARGEST:
            return False
        try:
            for part in parts:
                for _piece in _pieces(archive, part.filename):
                    pass
        except (RuleBroken, zipfile.BadZipFile, zlib.error, EOFError):
            return False
    return True


def _book(archive: zipfile.ZipFile) -> Book:
    targets = {}
    for relation in _parsed(archive, "xl/_rels/workbook.xml.rels"):
        target = relation.get("Target", "")
        targets[relation.get("Id")] = target.lstrip("/") if target[:1] == "/" else f"xl/{target}"
    root = _parsed(archive, "xl/workbook.xml")
    sheets = [
        SheetPart(
            sheet.get("name", ""),
            targets.get(sheet.get(_RELATION), ""),
            sheet.get("state", "visible") != "visible",
        )
        for sheet in root.iter(f"{_MAIN}sheet")
    ]
    names = [node.get("name", "") for node in root.iter() if node.tag.rpartition("}")[2] == "sheet"]
    if len(names) != len(set(names)):  # the reader picks a sheet by its name
        raise _damaged()
    known = set(archive.namelist())
    sheets = [one for one in sheets if one.path in known and "/worksheets/" in one.path]
    if not sheets:
        raise _damaged()
    properties = root.find(f"{_MAIN}workbookPr")
    is_1904 = properties is not None and properties.get("date1904") in {"1", "true"}
    return Book(sheets, is_1904)


def _parsed(archive: zipfile.ZipFile, path: str) -> ElementTree.Element:
    return ElementTree.fromstring(archive.read(path))  # noqa: S314  no DTD: `_check_directory`


def scan(content: BinaryIO, part: SheetPart) -> Scan:
    """Read a sheet's XML once; RuleBroken("file_far_cells") for content beyond AZ99999."""
    found = Scan()
    tail, all_near = b"", True
    try:
        with zipfile.ZipFile(content) as archive:
            for piece in _pieces(archive, part.path):
                found.rows += piece.count(b"<row")
                text = tail + piece
                cut = max(text.rfind(b"<"), 0)  # a tag is never looked at in halves
                text, tail = text[:cut], text[cut:]
                if len(tail) > _UNCUT_MOST or found.rows > ROWS_IN_EXCEL:
                    raise _damaged()
                found.has_formulas |= b"<f>" in text or b"<f " in text or b"<f/" in text
                found.has_errors |= b't="e"' in text or b"t='e'" in text
                all_near = all_near and not (_NOT_NEAR.search(text) or _PREFIXED.search(text))
            if not all_near:
                _refuse_far(archive, part)
    except (zipfile.BadZipFile, zlib.error, EOFError, expat.ExpatError) as error:
        raise _damaged() from error
    finally:
        content.seek(0)
    return found


def _refuse_far(archive: zipfile.ZipFile, part: SheetPart) -> None:
    """Place every cell of a sheet as a reader does, by its address or behind the one before it."""
    parser = expat.ParserCreate(namespace_separator="}")
    row = column = 0
    in_cell = False

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, in_cell
        kind = name.rpartition("}")[2]
        if in_cell and (row > ROWS_FARTHEST or column > COLUMNS_MOST):
            raise refuse(
                "file_far_cells",
                f"工作表“{part.name}”在 AZ 列之后或第 99999 行之后还有内容，"
                "请删除后重新上传，或改用模板填写。",
            )
        in_cell = kind == "c"
        if kind == "row":
            row, column = int(attributes.get("r", row + 1)), 0
        elif in_cell and "r" not in attributes:
            column += 1
        elif in_cell:
            column, row = _place(attributes["r"])

    def closed(name: str) -> None:
        nonlocal in_cell
        in_cell = False

    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    try:
        for piece in _pieces(archive, part.path):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except ValueError as error:
        raise _damaged() from error


def _place(address: str) -> tuple[int, int]:
    """AZ12 -> (52, 12); ValueError for what is no address."""
    found = _ADDRESS.fullmatch(address.upper())
    if found is None:
        raise ValueError(f"no address of a cell: {address[:20]!r}")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return column, int(found[2])


def odd_cells(content: BinaryIO, part: SheetPart) -> dict[str, str]:
    """Addresses of the cells that hold a formula ("formula") or an error value ("error")."""
    found: dict[str, str] = {}
    with zipfile.ZipFile(content) as archive, archive.open(part.path) as opened:
        for _event, node in ElementTree.iterparse(opened):  # noqa: S314  no DTD: `scan`
            if node.tag == f"{_MAIN}c":
                if node.find(f"{_MAIN}f") is not None:
                    found[node.get("r", "")] = "formula"
                elif node.get("t") == "e":
                    found[node.get("r", "")] = "error"
            elif node.tag == f"{_MAIN}row":
                node.clear()
    content.seek(0)
    return found
