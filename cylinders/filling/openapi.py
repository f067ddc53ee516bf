"""The interface as an OpenAPI 3.1 document, built from the schema that checks what is sent."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.urls import reverse
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from cylinders.enums import FillingKind, Stop
from cylinders.filling import auth
from cylinders.filling.body import BODY_MOST
from cylinders.filling.schema import ROWS, ROWS_MOST, Answer, CylinderAnswer, Problem

VERSION = "1.0"
# Kind of record -> the route that takes it.
ROUTES = {
    FillingKind.CHECK: "cylinders:filling-api-checks",
    FillingKind.FILL: "cylinders:filling-api-fills",
    FillingKind.RECHECK: "cylinders:filling-api-rechecks",
}
# Status -> (codes, what it means): what a whole request can be answered besides 200.
PROBLEMS: dict[int, tuple[tuple[str, ...], str]] = {
    400: (("json", "shape", "empty", "query"), "正文或参数不能理解"),
    401: (("auth_missing", "auth_time", "clock_skew", "auth_failed"), "签名验证未通过"),
    405: (("method",), "请求方法不对"),
    411: (("length_required",), "没有给出正文长度"),
    413: (("too_large", "too_many"), "正文太大或记录太多"),
    415: (("content_type", "content_encoding"), "正文不是 JSON"),
    429: (("too_often",), "请求过于频繁"),
    500: (("server_error",), "平台出错，请稍后原样重发"),
    503: (("busy",), "平台繁忙，请稍后原样重发"),
}
_ABOUT = (
    "充装工位的信息系统通过本接口上报充装前检查、充装记录和充装后复查，并在充装前查询气瓶能否充装。"
    f"每次最多 {ROWS_MOST} 条，正文最大 {BODY_MOST // 1024 // 1024} MB；逐条返回结果，"
    "部分记录有错不影响其余记录。同一条记录用同一 record_id 重发，不会重复登记，返回与第一次相同的结果。"
)


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The whole document; paths are those of the product's own routes."""
    answers: list[type[BaseModel]] = [Answer, CylinderAnswer, Problem]
    made = models_json_schema(
        [(one, "validation") for one in ROWS.values()]
        + [(one, "serialization") for one in answers],
        ref_template="#/components/schemas/{model}",
    )[1]
    return {
        "openapi": "3.1.0",
        "info": {"title": "守责充装数据接口", "version": VERSION, "description": _ABOUT},
        "paths": {
            **{reverse(ROUTES[kind]): _posting(kind) for kind in FillingKind},
            reverse("cylinders:filling-api-cylinders"): _asking(),
        },
        "components": {"schemas": made["$defs"], "securitySchemes": _SCHEMES},
        "security": [{name: [] for name in _SCHEMES}],
    }


_SCHEMES = {
    name: {"type": "apiKey", "in": "header", "name": header, "description": about}
    for name, header, about in (
        ("key", auth.KEY, "密钥编号"),
        ("time", auth.TIME, f"Unix 时间（秒），与平台时间相差不超过 {auth.SKEW_SECONDS} 秒"),
        ("signature", auth.SIGNATURE, "HMAC-SHA256 签名（十六进制）"),
    )
}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _responses(model: type[BaseModel], about: str, statuses: tuple[int, ...]) -> dict[str, Any]:
    refused = {
        str(status): {
            "description": f"{PROBLEMS[status][1]}（{'、'.join(PROBLEMS[status][0])}）",
            "content": _body(_ref(Problem)),
        }
        for status in statuses
    }
    return {"200": {"description": about, "content": _body(_ref(model))}, **refused}


def _posting(kind: FillingKind) -> dict[str, Any]:
    rows = {"type": "array", "items": _ref(ROWS[kind]), "minItems": 1, "maxItems": ROWS_MOST}
    schema = {
        "type": "object",
        "properties": {"records": rows},
        "required": ["records"],
        "additionalProperties": False,
    }
    return {
        "post": {
            "operationId": f"send_{kind.value}",
            "summary": f"上报{kind.label}",
            "requestBody": {"required": True, "content": _body(schema)},
            "responses": _responses(Answer, "逐条处理结果", tuple(PROBLEMS)),
        }
    }


def _asking() -> dict[str, Any]:
    parameters = (
        ("label", "气瓶二维码对应的网址；与 code 二选一"),
        ("code", "气瓶使用登记代码"),
        ("medium", "拟充装介质，填写后一并核对"),
    )
    stops = "、".join(f"{stop.value} {stop.label}" for stop in Stop)
    return {
        "get": {
            "operationId": "ask_cylinder",
            "summary": "查询气瓶现在能否充装",
            "description": f"禁止充装的原因代码：{stops}。",
            "parameters": [
                {
                    "name": name,
                    "in": "query",
                    "required": False,
                    "description": about,
                    "schema": {"type": "string", "maxLength": 300},
                }
                for name, about in parameters
            ],
            "responses": _responses(CylinderAnswer, "能否充装", (400, 401, 405, 429, 500, 503)),
        }
    }
