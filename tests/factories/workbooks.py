"""Workbooks as people send them: good ones, and every bad kind."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import openpyxl
import xlsxwriter

MACHINE_LABELS = [
    "序号",
    "设备类别",
    "设备品种代码",
    "设备品种名称",
    "设备名称",
    "设备代码",
    "使用登记证编号",
    "单位内编号",
    "使用地点",
    "使用状态",
    "数量",
    "型号",
    "制造单位",
    "产品编号",
    "投入使用日期",
    "下次检验日期",
    "应急救援电话",
    "安全员姓名",
    "安全员手机号",
    "备注",
]

CYLINDER_LABELS = [
    "序号",
    "设备品种",
    "充装介质",
    "气瓶型号",
    "制造单位",
    "制造许可证编号",
    "产品编号",
    "制造年月",
    "公称压力（MPa）",
    "试验压力（MPa）",
    "容积（L）",
    "设计壁厚（mm）",
    "皮重（kg）",
    "设计使用年限（年）",
    "最近一次检验日期",
    "下次检验日期",
    "二维码标识（URL）",
    "单位内编号",
    "产权单位",
    "原使用登记代码",
    "车牌号",
    "车辆识别代号（VIN）",
    "备注",
]


def machine_row(number: int, **cells: Any) -> dict[str, Any]:
    """A good row of the machine template; `cells` by header override it."""
    row = {
        "序号": str(number),
        "设备品种代码": "3110",
        "设备名称": f"{number}号新梯",
        "设备代码": f"31105009920{number:06d}",
        "使用登记证编号": f"梯11渝B{number:05d}(20)",
        "单位内编号": f"N{number:03d}",
        "使用地点": "D座",
        "使用状态": "在用",
        "下次检验日期": "2027-05-31",
    }
    return row | cells


def book(
    rows: Iterable[dict[str, Any]],
    *,
    labels: Sequence[str] = MACHINE_LABELS,
    sheet: str = "设备",
    above: int = 0,
) -> openpyxl.Workbook:
    """A workbook object to be damaged further; `above` blank rows stand over the header."""
    made = openpyxl.Workbook()
    page = made.active
    page.title = sheet
    for _ in range(above):
        page.append(["设备台账"])
    page.append(list(labels))
    for row in rows:
        page.append([row.get(label) for label in labels])
    return made


def saved(made: openpyxl.Workbook) -> bytes:
    """The bytes of a workbook."""
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def machines(rows: Iterable[dict[str, Any]], **options: Any) -> bytes:
    """The bytes of a workbook of machines."""
    return saved(book(rows, **options))


def many_machines(number: int, officer: str = "李安") -> io.BytesIO:
    """A large workbook with all 20 columns filled, written row by row."""
    stream = io.BytesIO()
    made = xlsxwriter.Workbook(stream, {"constant_memory": True})
    page = made.add_worksheet("设备")
    for place, label in enumerate(MACHINE_LABELS):
        page.write_string(0, place, label)
    for n in range(1, number + 1):
        cells = (
            str(n),
            "电梯",
            "3110",
            "曳引驱动乘客电梯",
            f"{n}号客梯",
            f"31105001220{n:06d}",
            f"梯11渝A{n:05d}(20)" if n < 100_000 else "",
            f"{n:05d}",
            f"{n % 300}号楼{n % 7}单元",
            "在用",
            "1",
            "GPS-3",
            f"某电梯{n % 20}有限公司",
            f"GT-{n:06d}",
            f"20{10 + n % 10}-0{1 + n % 9}-1{n % 10}",
            f"2027/{1 + n % 12}/{1 + n % 28}",
            "023-96333",
            officer,
            "",
            "每周清洁",
        )
        for place, cell in enumerate(cells):
            page.write_string(n, place, cell)
    made.close()
    stream.seek(0)
    return stream


def many_cylinders(number: int, sheet: str = "气瓶") -> io.BytesIO:
    """A large workbook of cylinders with 20 columns filled (and two empty ones), row by row."""
    stream = io.BytesIO()
    made = xlsxwriter.Workbook(stream, {"constant_memory": True})
    page = made.add_worksheet(sheet)
    for place, label in enumerate(CYLINDER_LABELS):
        page.write_string(0, place, label)
    for n in range(1, number + 1):
        cells = (
            str(n),
            "液化石油气钢瓶",
            "液化石油气",
            "YSP35.5",
            f"重庆某钢瓶{n % 12}制造有限公司",
            f"TS2250{n % 12:03d}-2028",
            f"{n:07d}",
            f"202{3 + n % 3}-{1 + n % 10:02d}",
            "2.1",
            "3.2",
            "35.5",
            "3.0",
            f"{16 + n % 10 / 10:.1f}",
            "8",
            "",
            f"{('2026-12', '2027-01')[n % 2]}-{1 + n % 28:02d}",
            f"https://qp.example.cn/q/{n:08d}",
            f"{n:05d}",
            f"某燃气{n % 40}有限公司",
            "",
            "",
            "",
            "首批",
        )
        for place, cell in enumerate(cells):
            if cell:
                page.write_string(n, place, cell)
    made.close()
    stream.seek(0)
    return stream


@cache
def zip_bomb() -> bytes:
    """A workbook whose second sheet unpacks to 300 MB of nothing."""
    stream = io.BytesIO(machines([]))
    nothing = b" " * 1024 * 1024
    with (
        zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/worksheets/sheet2.xml", "w") as opened,
    ):
        for _ in range(300):
            opened.write(nothing)
    return stream.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLD_XLS = OLE + b"\x00" * 2000 + "Workbook".encode("utf-16-le") + b"\x00" * 500
WITH_PASSWORD = OLE + b"\x00" * 2000 + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 500
