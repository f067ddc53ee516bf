"""The typed columns of a cylinder: of the workbook, and of the form of one cylinder alike."""

from __future__ import annotations

import re
from decimal import Decimal

from config.errors import RuleBroken
from config.excel.columns import CodeColumn, Column, ReferenceColumn, TextColumn
from config.excel.columns_dates import DateColumn, MonthColumn
from config.excel.columns_numbers import DecimalColumn, IntegerColumn
from config.excel.kinds import Context
from cylinders.enums import Origin
from cylinders.identity import label_of
from cylinders.models import BatchItem
from cylinders.rules import Book

# A URL that `label_of` gives back unchanged.
_SURE_URL = r"https?://[a-z0-9]+(?:[.-][a-z0-9]+)*\.[a-z]{2,}/[\w/.~%+-]*(?:\?[\w/.~%=&+-]+)?"
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
LIFE_MOST = 60


def _label(name: str) -> str:
    return str(BatchItem._meta.get_field(name).verbose_name)


def _longest(name: str) -> int:
    return BatchItem._meta.get_field(name).max_length


def clean_vin(text: str) -> str:
    """17 letters and digits without I, O and Q; RuleBroken("vin_bad")."""
    made = "".join(text.split()).upper()
    if not _VIN.fullmatch(made):
        raise RuleBroken(
            "vin_bad", "应为 17 位字母和数字，不含 I、O、Q（见行驶证“车辆识别代号”）。", field="vin"
        )
    return made


def clean_plate(text: str) -> str:
    """A plate without blanks and dots, in capital letters."""
    return re.sub(r"[\s·・.\-]", "", text).upper()


def _text(name: str, **more: object) -> TextColumn:
    return TextColumn(name, _label(name), longest=_longest(name), **more)


def _code(name: str, **more: object) -> CodeColumn:
    return CodeColumn(name, _label(name), longest=_longest(name), **more)


def _measure(name: str, *, least: str, most: str, unit: str, **more: object) -> DecimalColumn:
    return DecimalColumn(
        name, _label(name), least=Decimal(least), most=Decimal(most), unit=unit, width=12, **more
    )


def columns_of(book: Book, origin: str) -> list[Column]:
    """The columns of an application of this origin, in the order of the template."""
    return [
        *_what(book),
        *_make(),
        *_measures(),
        *_dates(),
        *_marks(origin),
        *_vehicle(),
        _text("note", width=20),
    ]


def columns_new(context: Context) -> list[Column]:
    """The columns of 新增登记."""
    return columns_of(Book.on(context.day), Origin.NEW)


def columns_existing(context: Context) -> list[Column]:
    """The columns of 存量补登记."""
    return columns_of(Book.on(context.day), Origin.EXISTING)


def _what(book: Book) -> list[Column]:
    return [
        ReferenceColumn(
            "kind",
            _label("kind"),
            find=book.kind,
            shown=lambda kind: kind.name,
            offered=lambda: [kind.name for kind in book.kinds.values()],
            required="请选择设备品种",
            example="液化石油气钢瓶",
            width=20,
        ),
        ReferenceColumn(
            "medium",
            _label("medium"),
            find=book.medium,
            offered=lambda: list(book.media),
            required="请填写充装介质",
            note="从列表选择；混合气体逐一写出组分，用“+”隔开，如 氩气+二氧化碳。",
            example="液化石油气",
            width=16,
        ),
        _text("model", example="YSP35.5", width=12),
    ]


def _make() -> list[Column]:
    return [
        _text(
            "manufacturer",
            required="请填写制造单位",
            note="按钢印或监检证书上的全称填写。",
            example="重庆某钢瓶制造有限公司",
            width=28,
        ),
        _code("maker_licence", example="TS2250123-2028", width=18),
        _code(
            "product_no",
            required="请填写产品编号",
            sure=r"[0-9A-Z-]{1,60}",
            note="钢印上的产品编号（出厂编号），开头的 0 照抄。制造单位、产品编号、制造年月相同的视为同一只气瓶。",
            example="0012345",
            width=16,
        ),
        MonthColumn(
            "made_on",
            _label("made_on"),
            required="请填写制造年月",
            note="如 2024-05，也可以写 2024.5、2024年5月 或 202405。",
            example="2024-05",
            width=12,
        ),
    ]


def _measures() -> list[Column]:
    return [
        _measure(
            "nominal_pressure",
            least="0.01",
            most="100",
            unit="MPa",
            required="请填写公称压力",
            example="2.1",
        ),
        _measure("test_pressure", least="0.01", most="150", unit="MPa", example="3.2"),
        _measure(
            "volume", least="0.1", most="3000", unit="L", required="请填写容积", example="35.5"
        ),
        _measure("wall_thickness", least="0.1", most="100", unit="mm", example="3"),
        _measure("tare", least="0.1", most="9999", unit="kg", example="16.5"),
    ]


def _dates() -> list[Column]:
    return [
        IntegerColumn(
            "life_years",
            _label("life_years"),
            least=1,
            most=LIFE_MOST,
            note="留空的按设备品种和介质的规定填入；不能超过规定。存量液化石油气钢瓶评定合格延长的，填评定后的总年限。",
            example="8",
            width=12,
        ),
        DateColumn(
            "last_inspected_on",
            _label("last_inspected_on"),
            month_is="start",
            note="没有检验过的新瓶留空；只有年月的，按当月第一天。",
            width=14,
        ),
        DateColumn(
            "next_inspection_on",
            _label("next_inspection_on"),
            month_is="end",
            note="留空的按检验周期推算。不能晚于规定的检验周期；只有年月的，按当月最后一天。",
            example="2028-05-31",
            width=14,
        ),
    ]


def _marks(origin: str) -> list[Column]:
    old = "请填写原使用登记代码" if origin == Origin.EXISTING else ""
    return [
        TextColumn(
            "qr_url",
            _label("qr_url"),
            required="请填写二维码对应的 URL",
            longest=_longest("qr_url"),
            check=label_of,
            sure=_SURE_URL,
            note="请务必填入二维码对应的URL：用手机扫描气瓶上的二维码，复制打开的网址；不是编号，也不是图片。",
            example="https://qp.example.cn/q/8F3K2M",
            width=34,
        ),
        _code("inner_no", example="001", width=12),
        _text("owner", note="与使用单位不同时填写。", width=24),
        _code(
            "old_code",
            required=old,
            note="存量气瓶原来的使用登记代码（或原登记证上的编号），照抄。"
            if old
            else "新增登记的气瓶留空。",
            example="350012300001" if old else "",
            width=20,
        ),
    ]


def _vehicle() -> list[Column]:
    return [
        _text("plate", check=clean_plate, note="车用气瓶填写；与 VIN 至少填一项。", width=12),
        _text(
            "vin",
            check=clean_vin,
            sure=_VIN.pattern,
            note="车用气瓶填写；17 位，不含 I、O、Q。",
            width=20,
        ),
    ]
