"""Judging one row that a station sent: its shape in words, what its fields say of each other."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from config.clock import SHANGHAI
from cylinders.enums import FillingKind
from cylinders.filling.schema import MOMENT_OF, ROWS, CheckRow, FillRow, RecheckRow, Row, title_of

OLDEST = timedelta(days=31)
AHEAD = timedelta(minutes=5)
LONGEST_FILL = timedelta(hours=24)
PARTS = (("appearance", "外观"), ("marking", "颜色和标志"), ("valve", "瓶阀及附件"))

FieldError = dict[str, str]


def judge(kind: str, raw: Any, *, now: datetime) -> tuple[Row | None, list[FieldError]]:
    """The checked row, or None with every error of it: field, stable code, sentence."""
    try:
        row = ROWS[kind].model_validate(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return None, [_in_words(kind, one) for one in found]
    errors = [*_moments(kind, row, now), *_crossed(row)]
    return (None, errors) if errors else (row, [])


def facts_of(row: Row) -> dict[str, Any]:
    """The row as it is kept: moments in China's time, so that one content has one form."""
    facts = {}
    for name, value in row:
        is_moment = isinstance(value, datetime)
        facts[name] = value.astimezone(SHANGHAI).isoformat() if is_moment else value
    return facts


def digest_of(facts: dict[str, Any]) -> str:
    """What tells two records of one number apart."""
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def moment_of(kind: str, row: Row) -> datetime:
    """When the record happened: the check, the beginning of the filling, the re-check."""
    return getattr(row, MOMENT_OF[FillingKind(kind)])


# ------------------------------------------------------------------ fields together
def _error(field: str, code: str, message: str) -> FieldError:
    return {"field": field, "code": code, "message": message}


def _moments(kind: str, row: Row, now: datetime) -> list[FieldError]:
    """Nothing of the future; nothing so old that nobody could still look into it."""
    errors = []
    for name, value in row:
        if not isinstance(value, datetime):
            continue
        title = title_of(kind, name)
        if value > now + AHEAD:
            errors.append(_error(name, "future", f"{title}晚于平台当前时间，请校准时钟。"))
        elif value < now - OLDEST:
            errors.append(_error(name, "too_old", f"{title}早于 {OLDEST.days} 天前，不再接收。"))
    return errors


def _crossed(row: Row) -> list[FieldError]:
    match row:
        case CheckRow():
            return _check(row)
        case FillRow():
            return _fill(row)
        case RecheckRow():
            return _recheck(row)
    return []


def _check(row: CheckRow) -> list[FieldError]:
    failed = [title for name, title in PARTS if getattr(row, name) == "fail"]
    if not row.inspection_valid:
        failed.append("检验有效期")
    return _conclusion(FillingKind.CHECK, row, failed)


def _recheck(row: RecheckRow) -> list[FieldError]:
    parts = (("leak", "检漏"), ("quality", "质量检验"), ("label", "标签"))
    failed = [title for name, title in parts if getattr(row, name) == "fail"]
    return _conclusion(FillingKind.RECHECK, row, failed)


def _conclusion(kind: str, row: CheckRow | RecheckRow, failed: list[str]) -> list[FieldError]:
    title = title_of(kind, "conclusion")
    if row.conclusion == "pass" and failed:
        said = f"{'、'.join(failed)}不合格，{title}应为 fail。"
        return [_error("conclusion", "contradiction", said)]
    if row.conclusion == "fail" and not row.reason:
        return [_error("reason", "missing", f"{title}为 fail 时，请填写不合格原因。")]
    return []


def _fill(row: FillRow) -> list[FieldError]:
    errors = []
    if row.ended_at < row.started_at:
        errors.append(_error("ended_at", "order", "结束时间早于开始时间。"))
    elif row.ended_at - row.started_at > LONGEST_FILL:
        errors.append(_error("ended_at", "range", "一次充装最长 24 小时，请核对起止时间。"))
    if row.abnormal and not row.handling:
        errors.append(_error("handling", "missing", "有异常情况时，请填写处理情况。"))
    return errors


# ------------------------------------------------------------------ pydantic's words in ours
def _in_words(kind: str, error: Any) -> FieldError:
    """One sentence of what is wrong with a value, naming the field as the guide does."""
    if not error["loc"]:
        return _error("", "type", "每条记录应为一个 JSON 对象。")
    name = str(error["loc"][0])[:40]
    title, given = title_of(kind, name), error.get("ctx") or {}
    match error["type"]:
        case "missing":
            return _error(name, "missing", f"请填写{title}。")
        case "extra_forbidden":
            return _error(name, "unknown_field", f"不认识的字段“{name}”，请核对字段名。")
        case "too_short" | "string_too_short":
            return _error(name, "missing", f"请填写{title}。")
        case "too_long" | "string_too_long":
            most = given["max_length"]
            return _error(name, "too_long", f"{title}最多 {most} 个字符。")
        case "string_pattern_mismatch":
            said = f"{title}只能由字母、数字和 . _ : - 组成，以字母或数字开头。"
            return _error(name, "format", said)
        case "greater_than_equal":
            return _error(name, "range", f"{title}不能小于 {given['ge']:g}。")
        case "less_than_equal":
            return _error(name, "range", f"{title}不能大于 {given['le']:g}。")
        case "literal_error":
            choices = _choices(kind, name)
            return _error(name, "choice", f"{title}应为以下之一：{choices}。")
        case "bool_type" | "bool_parsing":
            return _error(name, "type", f"{title}应为 true 或 false，不加引号。")
        case "float_type" | "finite_number" | "float_parsing":
            return _error(name, "type", f"{title}应为数字，不加引号。")
        case "string_type":
            return _error(name, "type", f"{title}应为文字（加引号）。")
        case _:
            said = f"{title}应为带时区的时间，例如 2026-11-20T09:30:00+08:00。"
            return _error(name, "format", said)


def _choices(kind: str, name: str) -> str:
    shape = ROWS[kind].model_json_schema()["properties"][name]
    listed = shape.get("enum") or shape["anyOf"][0]["enum"]
    return "、".join(listed)
