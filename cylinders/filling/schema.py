"""The documents that stations send and get back, declared once: checking, OpenAPI and pages read them.

Fields are those of domain 6.4 for cylinders. Values are strict: a number in quotes is no number, a
time has its offset, an unknown field is an error. Cross-checks between fields stand in `judge`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from config.codes import normalise
from cylinders.enums import FillingKind

ROWS_MOST = 500
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
RECORD_ID = r"^[A-Za-z0-9][A-Za-z0-9._:-]*$"


def _tidy(value: Any) -> Any:
    """Typed text as everywhere in the product: no invisible characters, one line."""
    if not isinstance(value, str):
        return value
    # Most of it is plain: nothing to fold, nothing invisible.
    plain = value.isascii() and value.isprintable()
    return " ".join((value if plain else normalise(value)).split())


def _written(value: Any) -> Any:
    """A time is text with date and time; numbers and numbers in quotes are not guessed at."""
    if not isinstance(value, str) or not _MOMENT.match(value):
        raise PydanticCustomError("moment", "a moment")
    return value


def _text(title: str, longest: int, *, least: int = 0, **extra: Any) -> Any:
    return Annotated[
        str,
        BeforeValidator(_tidy, json_schema_input_type=str),
        StringConstraints(strict=True, min_length=least, max_length=longest),
        Field(title=title, **extra),
    ]


def _number(title: str, most: float, *, least: float = 0, optional: bool = True) -> Any:
    kind: Any = float | None if optional else float
    return Annotated[kind, Field(title=title, strict=True, ge=least, le=most, allow_inf_nan=False)]


def _moment(title: str) -> Any:
    shape = {"type": "string", "format": "date-time", "examples": ["2026-11-20T09:30:00+08:00"]}
    return Annotated[
        AwareDatetime, BeforeValidator(_written), WithJsonSchema(shape), Field(title=title)
    ]


Verdict = Literal["pass", "fail"]


class Row(BaseModel):
    """What every record has: its own number, and the cylinder it is about."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    record_id: Annotated[
        str,
        BeforeValidator(_tidy, json_schema_input_type=str),
        StringConstraints(strict=True, min_length=1, max_length=64, pattern=RECORD_ID),
        Field(
            title="记录编号",
            description="由工位系统生成，在本单位同类记录中唯一；重发同一条记录必须用同一编号。",
            examples=["20261120-0001"],
        ),
    ]
    cylinder: _text(
        "气瓶标识",
        300,
        least=1,
        description="气瓶二维码对应的网址（URL），或气瓶使用登记代码。",
        examples=["https://qp.example.cn/q/00000001"],
    )
    person: _text("作业人员", 40, least=1, description="检查、充装或复查的人员姓名。")


class CheckRow(Row):
    """充装前检查"""

    checked_at: _moment("检查时间")
    gun: _text("枪号", 30) = ""
    original_no: _text("原始编号", 60) = ""
    medium: _text("拟充装介质", 80, description="填写后一并核对介质是否与登记相符。") = ""
    appearance: Annotated[Verdict, Field(title="外观")]
    marking: Annotated[Verdict, Field(title="颜色和标志")]
    valve: Annotated[Verdict, Field(title="瓶阀及附件")]
    inspection_valid: Annotated[bool, Field(title="在检验有效期内", strict=True)]
    residual_pressure: _number("余压（MPa）", 100) = None
    volume: _number("容积（L）", 10_000) = None
    nominal_pressure: _number("公称压力（MPa）", 100) = None
    max_fill: _number("最大充装量（kg）", 10_000) = None
    tare: _number("皮重（kg）", 10_000) = None
    empty_weight: _number("空瓶现重（kg）", 10_000) = None
    residue: _number("余量（kg）", 10_000) = None
    conclusion: Annotated[Verdict, Field(title="检查结论")]
    reason: _text("不合格原因", 200, description="结论为 fail 时必填。") = ""


class FillRow(Row):
    """充装记录"""

    started_at: _moment("开始时间")
    ended_at: _moment("结束时间")
    medium: _text("充装介质", 80, least=1, examples=["液化石油气"])
    device_no: _text("充装设备编号", 40) = ""
    gun: _text("枪号", 30) = ""
    evacuated: Annotated[bool | None, Field(title="已抽真空", strict=True)] = None
    pressure: _number("充装压力（MPa）", 100) = None
    temperature: _number("充装温度（℃）", 200, least=-273.15) = None
    amount: _number("充装量", 100_000, least=0.001, optional=False)
    unit: Annotated[Literal["kg", "L", "m3"], Field(title="充装量单位")]
    abnormal: _text("异常情况", 200) = ""
    handling: _text("处理情况", 200, description="有异常情况时必填。") = ""


class RecheckRow(Row):
    """充装后复查"""

    rechecked_at: _moment("复查时间")
    full_weight: _number("实瓶重（kg）", 10_000) = None
    medium_weight: _number("介质重量（kg）", 10_000) = None
    review_weight: _number("复核重量（kg）", 10_000) = None
    pressure: _number("瓶内压力（MPa）", 100) = None
    leak: Annotated[Verdict, Field(title="检漏")]
    quality: Annotated[Verdict | None, Field(title="质量检验")] = None
    label: Annotated[Verdict, Field(title="标签")]
    conclusion: Annotated[Verdict, Field(title="复查结论")]
    reason: _text("不合格原因", 200, description="结论为 fail 时必填。") = ""


ROWS: dict[str, type[Row]] = {
    FillingKind.CHECK: CheckRow,
    FillingKind.FILL: FillRow,
    FillingKind.RECHECK: RecheckRow,
}
# The moment that stands for the record: when it is judged, and what lists are ordered by.
MOMENT_OF = {
    FillingKind.CHECK: "checked_at",
    FillingKind.FILL: "started_at",
    FillingKind.RECHECK: "rechecked_at",
}


def title_of(kind: str, name: str) -> str:
    """The Chinese name of a field of a kind of record; the name itself for an unknown one."""
    found = ROWS[kind].model_fields.get(name)
    return (found.title if found is not None else None) or name


# ------------------------------------------------------------------ what comes back
class Said(BaseModel):
    """代码和说明"""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(title="代码")]
    message: Annotated[str, Field(title="说明")]


class FieldError(Said):
    """字段错误"""

    field: Annotated[str, Field(title="字段")]


class RowAnswer(BaseModel):
    """一条记录的处理结果"""

    model_config = ConfigDict(extra="forbid")

    index: Annotated[int, Field(title="序号", description="在请求中的位置，从 0 开始。")]
    record_id: Annotated[str | None, Field(title="记录编号")]
    result: Annotated[
        Literal["accepted", "stopped", "refused"],
        Field(
            title="结果",
            description="accepted 已接收；stopped 已接收，但该气瓶禁止充装；refused 未接收。",
        ),
    ]
    duplicate: Annotated[
        bool, Field(title="重复", description="true 表示以前已经接收，本次没有改变任何数据。")
    ] = False
    code: Annotated[str, Field(title="平台记录编码")] = ""
    stops: Annotated[list[Said], Field(title="禁止充装的原因")] = []
    warnings: Annotated[list[Said], Field(title="提醒")] = []
    errors: Annotated[list[FieldError], Field(title="错误")] = []


class Answer(BaseModel):
    """一次上报的处理结果"""

    model_config = ConfigDict(extra="forbid")

    total: Annotated[int, Field(title="记录数")]
    accepted: Annotated[int, Field(title="已接收")]
    stopped: Annotated[int, Field(title="已接收但禁止充装")]
    refused: Annotated[int, Field(title="未接收")]
    results: Annotated[list[RowAnswer], Field(title="逐条结果", description="与请求的顺序相同。")]


class CylinderFactsAnswer(BaseModel):
    """气瓶登记信息"""

    model_config = ConfigDict(extra="forbid")

    registration_code: Annotated[str, Field(title="使用登记代码")]
    kind: Annotated[str, Field(title="设备品种")]
    medium: Annotated[str, Field(title="充装介质")]
    manufacturer: Annotated[str, Field(title="制造单位")]
    product_no: Annotated[str, Field(title="产品编号")]
    nominal_pressure: Annotated[float, Field(title="公称压力（MPa）")]
    volume: Annotated[float, Field(title="容积（L）")]
    tare: Annotated[float | None, Field(title="皮重（kg）")]
    next_inspection_on: Annotated[str, Field(title="下次检验日期")]
    ends_on: Annotated[str, Field(title="使用年限截止日期")]
    state: Annotated[str, Field(title="状态")]


class CylinderAnswer(BaseModel):
    """气瓶能否充装"""

    model_config = ConfigDict(extra="forbid")

    may_fill: Annotated[bool, Field(title="可以充装")]
    stops: Annotated[list[Said], Field(title="禁止充装的原因")]
    cylinder: Annotated[
        CylinderFactsAnswer | None,
        Field(title="气瓶", description="未登记或其他单位登记的气瓶不返回登记信息。"),
    ]


class Problem(Said):
    """整个请求未受理的原因"""

    request_id: Annotated[str, Field(title="请求编号", description="联系客服时提供。")]
    server_time: Annotated[int | None, Field(title="平台时间（Unix 秒）")] = None
