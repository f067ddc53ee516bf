"""How words about cylinders are compared: width, case and blanks do not count (decision 16)."""

from __future__ import annotations

import re
import unicodedata

_HIDDEN = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\x00-\x1f\x7f]+")


def plain(text: str) -> str:
    """NFKC, upper case, without blanks and invisible characters."""
    if text.isascii():
        return "".join(text.upper().split())
    return _HIDDEN.sub("", unicodedata.normalize("NFKC", text)).upper()
