"""Which workbooks are read, which are refused and how, and what a sheet's odd cells come to."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import openpyxl
import pytest
from openpyxl.styles import PatternFill

from config.errors import RuleBroken
from config.excel import annotate, export, guard, preview, template
from config.excel.columns import CodeColumn, TextColumn
from config.excel.columns_dates import DateColumn
from config.excel.columns_numbers import IntegerColumn
from config.excel.plan import Change, Line, Plan, Verdict
from config.excel.reader import CellProblem, Mended, Sheet, letters, open_sheet
from tests.factories import workbooks

COLUMNS = [
    TextColumn("name", "设备名称", required="请填写设备名称", longest=10, example="1号客梯"),
    CodeColumn("code", "设备代码", longest=20),
    IntegerColumn("quantity", "数量", least=1),
    DateColumn("due", "下次检验日期"),
    TextColumn("remark", "备注", imported=False),
]
LABELS = ["设备名称", "设备代码", "数量", "下次检验日期"]


def opened(made: openpyxl.Workbook | bytes, **options: int) -> Sheet:
    content = made if isinstance(made, bytes) else workbooks.saved(made)
    return open_sheet(io.BytesIO(content), COLUMNS, sheet_name="设备", **options)


def sheet_of(*rows: dict, **options: object) -> openpyxl.Workbook:
    return workbooks.book(rows, labels=options.pop("labels", LABELS), **options)


def problems(sheet: Sheet) -> list[tuple[str, str]]:
    return [
        (p.address, p.code)
        for block in sheet.blocks()
        for _n, _v, ps, _m in block.rows()
        for p in ps
    ]


def values(sheet: Sheet) -> list[tuple[int, dict]]:
    return [(number, v) for block in sheet.blocks() for number, v, _p, _m in block.rows()]


def test_rows_come_with_addresses_and_blank_ones_are_skipped() -> None:
    made = sheet_of(
        {"设备名称": "一"}, {}, {"设备名称": " \u3000"}, {"设备名称": "二", "数量": "x"}, above=2
    )
    sheet = opened(made)
    assert (sheet.header_row, sheet.total) == (3, 4)
    assert [number for number, _values in values(sheet)] == [4, 7]
    assert problems(sheet) == [("C7", "integer_bad")]


def test_a_header_may_be_moved_starred_and_explained() -> None:
    made = openpyxl.Workbook()
    page = made.active
    page.append([])
    page.append(
        [None, " 设备代码* ", "错误原因", "设备名称（必填）", "数\n量", "随便", "下次检验日期"]
    )
    page.append([None, "A1", "旧的原因", "一", None, "y", None])
    sheet = opened(made)
    assert values(sheet) == [(3, {"name": "一", "code": "A1", "quantity": None, "due": None})]
    assert sheet.address("code", 3) == "B3"
    assert sheet.notes == ["不认识的列“随便”没有读取。"]


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (
            ["设备名称", "设备编码", "数量", "下次检验日期"],
            "“设备代码”（是否被改成了“设备编码”？）",
        ),
        (["设备名称"], "“设备代码”、“数量”、“下次检验日期”"),
        (["甲", "乙"], "没有找到表头"),
        ([*LABELS, "设备名称"], "“设备名称”出现了 2 次（A1、E1）"),
    ],
)
def test_a_wrong_template_is_named(labels: list[str], sentence: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        opened(sheet_of({}, labels=labels))
    assert broken.value.code == "template_wrong"
    assert sentence in broken.value.message


def test_formulas_errors_and_merged_cells_are_told_with_their_address() -> None:
    made = sheet_of({"设备名称": "一", "数量": "1"}, {"设备名称": "二"}, {"设备名称": "三"}, {})
    page = made.active
    page["B2"], page["C3"] = "=A2", "#N/A"
    page["C3"].data_type = "e"
    page["A5"] = "=1+1"  # a row of nothing but a formula
    page.merge_cells("D3:D4")
    assert problems(opened(made)) == [
        ("B2", "formula"),
        ("C3", "error_value"),
        ("D3", "merged"),
        ("D4", "merged"),
        ("A5", "formula"),
    ]


def test_only_the_templates_sheet_is_read_and_that_is_said() -> None:
    made = sheet_of({"设备名称": "一"})
    hidden = made.create_sheet("旧数据", 0)
    hidden.sheet_state = "hidden"
    hidden.append(LABELS)
    made.create_sheet("统计").append(["合计"])
    sheet = opened(made)
    assert [number for number, _v in values(sheet)] == [2]
    assert sheet.notes == [
        "隐藏的工作表“旧数据”没有读取。",
        "只读取工作表“设备”，其余工作表“统计”没有读取。",
    ]


def test_a_renamed_sheet_is_found_by_its_header_a_hidden_one_is_not() -> None:
    made = sheet_of({"设备名称": "一"}, sheet="我的台账")
    made.create_sheet("说明", 0).append(["请看第二页"])
    assert opened(made).name == "我的台账"
    made["我的台账"].sheet_state = "hidden"
    with pytest.raises(RuleBroken, match="没有找到表头"):
        opened(made)


def _with_macros() -> bytes:
    stream = io.BytesIO(workbooks.saved(sheet_of()))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    return stream.getvalue()


# A cell without an address stands in its row, however far down that is.
_FAR_ROW = b'</row><row r="1048576"><c><v>1</v></c></row></sheetData>'


def _with_part(name: str, content: bytes) -> bytes:
    stream = io.BytesIO(workbooks.saved(sheet_of()))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def _rewritten(old: bytes, new: bytes) -> bytes:
    source, stream = (
        zipfile.ZipFile(io.BytesIO(workbooks.saved(sheet_of({"设备名称": "一"})))),
        io.BytesIO(),
    )
    with zipfile.ZipFile(stream, "w") as archive:
        for part in source.infolist():
            content = source.read(part)
            archive.writestr(part.filename, content.replace(old, new, 1))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (lambda: b"", "file_empty"),
        (lambda: b"a,b\n1,2", "file_not_workbook"),
        (lambda: b"PK\x03\x04rubbish", "file_not_workbook"),
        (lambda: workbooks.saved(sheet_of())[:-200], "file_not_workbook"),
        (lambda: workbooks.OLD_XLS, "file_old_excel"),
        (lambda: workbooks.WITH_PASSWORD, "file_password"),
        (lambda: workbooks.zip_bomb(), "file_bomb"),
        (_with_macros, "file_macros"),
        (lambda: workbooks.saved(openpyxl.Workbook()), "file_no_rows"),
        (lambda: _rewritten(b"<worksheet", b"<!DOCTYPE x><worksheet"), "file_not_workbook"),
        (lambda: _with_part("xl/_rels/WORKBOOK.xml.rels", b"<a/>"), "file_not_workbook"),
        (lambda: _rewritten(b"<Relationships", b"<!DOCTYPE x><Relationships"), "file_not_workbook"),
        (lambda: _rewritten(b'r="A2"', b'r="XFD1048576"'), "file_far_cells"),
        # The reader takes all of these for far cells as well, and its process dies of them.
        (lambda: _rewritten(b'r="A2"', b'r="xfd1048576"'), "file_far_cells"),
        (lambda: _rewritten(b'r="A2"', b'r="XFD1048576" x="/"'), "file_far_cells"),
        (lambda: _rewritten(b'<c r="A2"', b'<c x=">" r="XFD1048576"'), "file_far_cells"),
        (lambda: _rewritten(b'<c r="A2"', b'<c\nr="XFD1048576"'), "file_far_cells"),
        (lambda: _rewritten(b"</row></sheetData>", _FAR_ROW), "file_far_cells"),
        (
            lambda: _rewritten(b'<row r="1"', b'<row r="1" x="' + b"y" * 5_000_000),
            "file_not_workbook",
        ),
    ],
)
def test_a_file_that_is_no_sheet_of_ours_is_refused(content, code: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        list(opened(content()).blocks())
    assert (broken.value.code, broken.value.field) == (code, "file")


def test_two_sheets_of_one_name_are_refused() -> None:
    """The reader picks a sheet by its name: the one looked at must be the one that is read."""
    made = sheet_of({"设备名称": "一"}, sheet="设备")
    made.create_sheet("设备2")
    stream, source = io.BytesIO(), zipfile.ZipFile(io.BytesIO(workbooks.saved(made)))
    with zipfile.ZipFile(stream, "w") as archive:
        for part in source.infolist():
            content = source.read(part).replace("设备2".encode(), "设备".encode())
            archive.writestr(part.filename, content)
    with pytest.raises(RuleBroken) as broken:
        opened(stream.getvalue())
    assert broken.value.code == "file_not_workbook"


def test_cells_without_addresses_are_read_and_blank_ones_far_out_do_no_harm() -> None:
    """Some programs write no addresses; Excel writes formatted blanks to the edge of the sheet."""
    content = _rewritten(
        b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'
    )
    assert len(values(opened(content))) == 1
    assert len(values(opened(_rewritten(b'<c r="A2"', b"<c")))) == 1


def test_too_many_rows_are_refused_but_blank_ones_do_not_count() -> None:
    made = sheet_of(*({"设备名称": str(n)} for n in range(6)))
    made.active["A20"] = "  "
    assert len(values(opened(made, rows_most=6))) == 6
    with pytest.raises(RuleBroken, match="一次最多导入 5 行"):
        opened(made, rows_most=5)


def test_the_bomb_is_seen_in_the_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: object) -> None:
        raise AssertionError("unpacked")

    monkeypatch.setattr(guard, "_pieces", never)
    with pytest.raises(RuleBroken) as broken:
        guard.check(io.BytesIO(workbooks.zip_bomb()))
    assert broken.value.code == "file_bomb"


# ------------------------------------------------------------------ what goes out
LINES = [
    Line(2, Verdict.CREATE, {"name": "一"}, mended=[Mended("设备名称", "A2", "一 ", "一")]),
    Line(
        3,
        Verdict.REFUSED,
        {"name": ""},
        problems=[CellProblem("设备代码", "B3", "=有错误", "x"), CellProblem("", "", "整行", "y")],
    ),
    Line(
        4, Verdict.CHANGE, {"name": "三"}, key=9, changes=[Change("name", "设备名称", "二", "三")]
    ),
]


def test_the_annotated_workbook_keeps_everything_and_adds_the_reason() -> None:
    made = sheet_of({"设备名称": "一"}, {"设备名称": "二"}, {"设备名称": "三"})
    made.active["A2"].font = openpyxl.styles.Font(bold=True)
    made.create_sheet("别的")["A1"] = "留着"
    content = workbooks.saved(made)
    for _round in range(2):
        content = annotate.build(
            io.BytesIO(content), sheet_name="设备", header_row=1, lines=LINES, total=3
        )
        book = openpyxl.load_workbook(io.BytesIO(content))
        page = book["设备"]
        assert [page.cell(row, 5).value for row in (1, 2, 3, 4)] == [
            "错误原因",
            None,
            "设备代码（B3）：=有错误；整行",
            None,
        ]
        assert page["B3"].fill.fgColor.rgb == "00FEE4E2"
        assert page["A2"].font.bold
        assert book["别的"]["A1"].value == "留着"


def test_of_a_large_file_only_the_wrong_rows_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(annotate, "WHOLE_MOST", 2)
    rows = ({"设备名称": n, "下次检验日期": date(2026, 1, 5)} for n in "一二三")
    content = workbooks.saved(sheet_of(*rows))
    back = annotate.build(
        io.BytesIO(content), sheet_name="设备", header_row=1, lines=LINES, total=3
    )
    page = openpyxl.load_workbook(io.BytesIO(back)).active
    assert [[cell.value for cell in row][:5] for row in page.iter_rows()][0] == [
        *LABELS,
        "错误原因",
    ]
    assert [cell.value for cell in page[2]][0] == "二"
    assert page.max_row == 2
    assert problems(opened(back)) == []


def test_other_sheets_and_far_blanks_are_not_loaded_into_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """openpyxl loads hidden sheets too, and would make a cell of every row we ask it for."""
    made = sheet_of(*({"设备名称": n} for n in "一二三"))
    made.active.cell(1_048_576, 1).fill = PatternFill("solid", fgColor="FFFFFF")
    content = io.BytesIO(workbooks.saved(made))
    given = {"sheet_name": "设备", "header_row": 1, "lines": LINES, "total": 3}
    assert len(annotate.build(content, **given)) < 20_000
    monkeypatch.setattr(guard, "WHOLE_LARGEST", 1000)
    back = openpyxl.load_workbook(io.BytesIO(annotate.build(content, **given)))
    assert back.active.max_row == 2


def test_a_preview_is_read_page_by_page() -> None:
    lines = [Line(n, Verdict.CREATE, {"name": f"名{n}"}) for n in range(2, 352)] + LINES[1:]
    content = preview.pack(Plan(lines), lambda line: [line.values["name"]])
    pages = preview.Pages(content, "create", 350)
    assert [one.cells[0] for one in pages[98:102]] == ["名100", "名101", "名102", "名103"]
    assert [one.number for one in pages[340:400]] == list(range(342, 352))
    changed = preview.Pages(content, "change", 1)[0]
    assert changed.changes == [["设备名称", "二", "三"]]
    assert list(preview.Pages(content, "same", 0)) == []


def test_the_digest_follows_what_the_preview_says() -> None:
    def digest(**fields: object) -> str:
        line = Line(**{"number": 2, "verdict": Verdict.SAME, "values": {}, "key": 1} | fields)
        return Plan([line]).digest()

    others = [
        digest(key=2),
        digest(verdict=Verdict.CREATE),
        digest(changes=[Change("a", "A", "1", "2")]),
        digest(changes=[Change("a", "A", "1", "3")]),
        digest(changes=[Change("a", "A", "1", "3")], version=2),
        digest(problems=[CellProblem("A", "A2", "x", "c")]),
    ]
    assert digest() == digest()
    assert len({digest(), *others}) == 7


def test_an_export_holds_text_and_no_formula() -> None:
    columns = [
        export.ExportColumn("名称"),
        export.ExportColumn("数", kind="number"),
        export.ExportColumn("日"),
    ]
    risky = ["=1+1", "+1", "-1层", "@x", "\tx", "00123"]
    rows = [[text, 3, date(2026, 1, 5)] for text in risky]
    stream = export.workbook(
        columns, iter(rows), title="设备档案", described="使用状态：在用", total=6
    )
    page = openpyxl.load_workbook(stream).active
    assert (page["A1"].value, page["A2"].value) == ("设备档案", "使用状态：在用　共 6 条")
    cells = [page.cell(row, 1) for row in range(4, 10)]
    assert [cell.value for cell in cells] == risky
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.quotePrefix for cell in cells] == [True, True, True, True, True, False]
    assert (page["B4"].value, page["C4"].value.date()) == (3, date(2026, 1, 5))


def test_a_template_is_read_back_as_empty() -> None:
    sheet = opened(template.build(COLUMNS, sheet_name="设备", title="设备导入"))
    assert list(sheet.blocks()) == []
    assert sheet.notes == []


def test_column_letters() -> None:
    assert [letters(n) for n in (0, 25, 26, 51, 701, 702)] == ["A", "Z", "AA", "AZ", "ZZ", "AAA"]
