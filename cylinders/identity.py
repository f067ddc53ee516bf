"""What a cylinder and its label are known by (decision 16); pure."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from urllib.parse import urlsplit, urlunsplit

from config.codes import normalise
from config.errors import RuleBroken
from cylinders.words import plain

LONGEST = 220
LABEL_LONGEST = 300
_HOST = re.compile(
    r"(?:[a-z0-9\u00a1-\uffff](?:[a-z0-9\u00a1-\uffff_-]*[a-z0-9\u00a1-\uffff])?\.)+[a-z0-9\u00a1-\uffff-]{2,}"
    r"|localhost|\d{1,3}(?:\.\d{1,3}){3}"
)
_NOT_A_URL = "应填写二维码对应的 URL（用手机扫码后看到的网址），例如 https://qp.example.cn/q/8F3K"


def identity_of(manufacturer: str, product_no: str, made_on: date) -> str:
    """Manufacturer, product number and month of manufacture as one normalised text.

    Width, case and blanks do not count. Text that folding has made longer than the column keeps
    its beginning and a digest.
    """
    text = f"{plain(manufacturer)}|{plain(product_no)}|{made_on:%Y-%m}"
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST - 65]}|{hashlib.sha256(text.encode()).hexdigest()}"


def label_of(url: str) -> str:
    """The stored form of a label's URL: scheme and host in small letters, no default port.

    RuleBroken("label_bad") for what is no http(s) address with a host, and "label_long".
    """
    text = "".join(normalise(url).split())
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        parts, host, port = None, "", None
    if (
        parts is None
        or parts.scheme.lower() not in {"http", "https"}
        or not _HOST.fullmatch(host)
        or parts.username is not None
    ):
        raise RuleBroken("label_bad", f"{_NOT_A_URL}。", field="qr_url")
    scheme = parts.scheme.lower()
    default = {"http": 80, "https": 443}[scheme]
    place = host if port is None or port == default else f"{host}:{port}"
    made = urlunsplit((scheme, place, parts.path or "/", parts.query, parts.fragment))
    if len(made) > LABEL_LONGEST:
        raise RuleBroken("label_long", f"网址最多 {LABEL_LONGEST} 个字符。", field="qr_url")
    return made
