"""The body of a request: how long it may be is known before any of it is read."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from pydantic_core import from_json

from cylinders.filling.refusals import Refused
from cylinders.filling.schema import ROWS_MOST

# 500 records of some 600 bytes are 300 kB; texts of full length in Chinese need more.
BODY_MOST = 2 * 1024 * 1024
_TOO_LARGE = f"请求正文最大 {BODY_MOST // 1024 // 1024} MB，请减少每次上报的记录数。"


def refuse_unreadable(request: HttpRequest) -> None:
    """Refused 415 for another type, 411 for a body of unknown length, 413 for one too long.

    Nothing of the body has been read by then, and nothing will be: the connection is closed.
    """
    if request.content_type != "application/json" or _charset(request) not in {"", "utf-8"}:
        raise Refused(
            415,
            "content_type",
            "请求正文应为 UTF-8 编码的 JSON（Content-Type: application/json）。",
        )
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused(415, "content_encoding", "请求正文不能压缩。")
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdecimal():
        raise Refused(411, "length_required", "请在请求头 Content-Length 中给出正文长度。")
    if len(length) > 12 or int(length) > BODY_MOST:
        raise Refused(413, "too_large", _TOO_LARGE)


def _charset(request: HttpRequest) -> str:
    return (request.content_params or {}).get("charset", "").strip('"').lower()


def read_rows(content: bytes) -> list[Any]:
    """The records of a body, 1 to 500; Refused 400 in words."""
    try:
        document = from_json(content, allow_inf_nan=False)
    except ValueError:
        raise Refused(400, "json", "请求正文不是有效的 JSON。") from None
    if not isinstance(document, dict) or not isinstance(document.get("records"), list):
        raise Refused(400, "shape", "请求正文应为对象，其中 records 为记录的数组。")
    unknown = [str(name)[:40] for name in document if name != "records"]
    if unknown:
        raise Refused(400, "shape", f"请求正文中有不认识的字段：{'、'.join(unknown[:5])}。")
    rows = document["records"]
    if not rows:
        raise Refused(400, "empty", "records 中没有记录。")
    if len(rows) > ROWS_MOST:
        said = f"每次最多上报 {ROWS_MOST} 条，本次 {len(rows)} 条，请分批发送。"
        raise Refused(413, "too_many", said)
    return rows
