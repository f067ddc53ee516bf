"""The columns of the machine import; every rule is the one of the form and of add_equipment."""

from __future__ import annotations

from config.errors import RuleBroken
from config.excel.columns import (
    ChoiceColumn,
    CodeColumn,
    Column,
    PhoneColumn,
    ReferenceColumn,
    TextColumn,
)
from config.excel.columns_dates import DateColumn
from config.excel.columns_numbers import IntegerColumn
from config.excel.kinds import Context
from equipment import queries
from equipment.catalogue import Register
from equipment.enums import Category, UseStatus
from equipment.models import CatalogueEntry, Equipment
from equipment.validators import clean_equipment_code, clean_registration_no
from units.validators import phone_problem

STATUS_SYNONYMS = {
    "使用": UseStatus.IN_USE.value,
    "使用中": UseStatus.IN_USE.value,
    "在使用": UseStatus.IN_USE.value,
    "未使用": UseStatus.NOT_YET_IN_USE.value,
    "未投入使用": UseStatus.NOT_YET_IN_USE.value,
    "已停用": UseStatus.STOPPED.value,
    "停用中": UseStatus.STOPPED.value,
    "已报废": UseStatus.SCRAPPED.value,
}
CATEGORY_SYNONYMS = {
    "场车": Category.VEHICLE.value,
    "场(厂)内专用机动车辆": Category.VEHICLE.value,
    "厂内机动车辆": Category.VEHICLE.value,
    "叉车": Category.VEHICLE.value,
    "起重机": Category.CRANE.value,
    "索道": Category.ROPEWAY.value,
    "游乐设施": Category.RIDE.value,
}
# Columns whose value becomes a fact of the machine, by the name of the model's field.
FACT_NAMES = (
    "name",
    "equipment_code",
    "registration_no",
    "inner_no",
    "place",
    "quantity",
    "model",
    "manufacturer",
    "product_no",
    "in_use_since",
    "next_inspection_on",
    "rescue_phone",
)


def _longest(name: str) -> int:
    return Equipment._meta.get_field(name).max_length


def _check_phone(text: str) -> str:
    if problem := phone_problem(text):
        raise RuleBroken("phone_bad", problem)
    return text


def columns(context: Context) -> list[Column]:
    """The twenty columns of the sheet but 序号, which every template has."""
    register = Register(context.day)
    officers = (
        queries.officers([context.actor.unit_id], day=context.day)
        if context.actor.unit_id is not None
        else []
    )
    names = list(dict.fromkeys(one.staff.name for one in officers))
    return [
        ChoiceColumn(
            "category",
            "设备类别",
            options=dict(Category.choices),
            synonyms=CATEGORY_SYNONYMS,
            note="可不填；由设备品种决定，填写了就会核对。",
            example="电梯",
            width=12,
        ),
        *_catalogue(register),
        TextColumn(
            "name",
            "设备名称",
            required="请填写设备名称",
            longest=_longest("name"),
            note="本单位习惯的叫法，如 1号客梯、B车间行车。",
            example="1号客梯",
            width=20,
        ),
        *_numbers(),
        *_use(),
        *_make(),
        *_dates(),
        _officer(names),
        PhoneColumn(
            "officer_phone",
            "安全员手机号",
            check=_check_phone,
            note="安全员有同名的，必须填写手机号。",
            width=14,
        ),
        TextColumn("remark", "备注", imported=False, width=20),
    ]


def _use() -> list[Column]:
    return [
        TextColumn(
            "place",
            "使用地点",
            required="请填写使用地点",
            longest=_longest("place"),
            example="A座大堂",
            width=28,
        ),
        ChoiceColumn(
            "status",
            "使用状态",
            options=dict(UseStatus.choices),
            synonyms=STATUS_SYNONYMS,
            required="请选择使用状态",
            note="停用、报废的设备建档后，还须在设备页申报，在此之前照常生成每日待办。已建档设备的状态不能通过导入改变。",
            example="在用",
            width=10,
        ),
        IntegerColumn(
            "quantity",
            "数量",
            least=1,
            note="气瓶、压力管道按登记组一组一条，填写本组数量；其他设备每台一条，填 1 或留空。",
            example="1",
            width=8,
        ),
    ]


def _dates() -> list[Column]:
    return [
        DateColumn("in_use_since", "投入使用日期", note="不能晚于今天。", example="2020-05-08"),
        DateColumn(
            "next_inspection_on",
            "下次检验日期",
            month_is="end",
            note="以检验报告为准；只有年月的，按当月最后一天。",
            example="2027-05-31",
        ),
        TextColumn(
            "rescue_phone", "应急救援电话", longest=_longest("rescue_phone"), example="023-96333"
        ),
    ]


def _catalogue(register: Register) -> list[Column]:
    def code_of(entry: CatalogueEntry) -> str:
        return entry.code

    return [
        ReferenceColumn(
            "catalogue",
            "设备品种代码",
            find=register.by_code,
            shown=code_of,
            offered=lambda: [entry.code for entry in register.archivable()],
            note="特种设备目录的 4 位代码；代码与名称至少填一项。",
            example="3110",
            width=10,
        ),
        ReferenceColumn(
            "variety",
            "设备品种名称",
            find=register.by_name,
            shown=lambda entry: entry.name,
            offered=lambda: list(dict.fromkeys(entry.name for entry in register.archivable())),
            note="与代码至少填一项；两项都填时必须一致。",
            example="曳引驱动乘客电梯",
            width=20,
        ),
    ]


def _numbers() -> list[Column]:
    return [
        CodeColumn(
            "equipment_code",
            "设备代码",
            check=clean_equipment_code,
            sure=r"[0-9A-Z]{1,20}",
            note="17 位；旧设备按铭牌或使用登记证照抄，最多 20 位。设备代码、使用登记证编号、单位内编号至少填一项。",
            example="31105001220200001",
            width=22,
        ),
        CodeColumn(
            "registration_no",
            "使用登记证编号",
            check=clean_registration_no,
            sure=r"[锅容瓶管梯起索游车][0-9A-Z]{2}[\u4e00-\u9fa5][A-Z][0-9A-Z]{5}\([0-9]{2}\)",
            note="如 梯11渝A00001(23)；旧证编号照抄。",
            example="梯11渝A00001(20)",
            width=22,
        ),
        CodeColumn(
            "inner_no",
            "单位内编号",
            longest=_longest("inner_no"),
            note="没有设备代码和证号的，按单位内编号加设备名称识别同一台设备。",
            example="001",
            width=12,
        ),
    ]


def _make() -> list[Column]:
    return [
        TextColumn("model", "型号", longest=_longest("model"), example="GPS-3", width=14),
        TextColumn(
            "manufacturer",
            "制造单位",
            longest=_longest("manufacturer"),
            example="某电梯有限公司",
            width=24,
        ),
        CodeColumn(
            "product_no",
            "产品编号",
            longest=_longest("product_no"),
            note="气瓶按登记组建档，此列留空。",
            example="GT2020-0117",
            width=16,
        ),
    ]


class _OfficerColumn(TextColumn):
    """A name; the unit's officers are offered, another name is judged with its phone."""

    names: list[str]

    @property
    def choices(self) -> list[str]:
        return self.names


def _officer(names: list[str]) -> Column:
    column = _OfficerColumn(
        "officer",
        "安全员姓名",
        longest=30,
        note="本单位在职、有安全员身份、分管范围包括该类设备的人员；留空则不绑定（已绑定的不变）。",
        width=12,
    )
    column.names = names
    return column
