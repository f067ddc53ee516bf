"""Text that a spreadsheet must not take for a formula."""

from __future__ import annotations

# What Excel, WPS and the CSV import of both would calculate or split (OWASP, CSV injection).
STARTS = ("=", "+", "-", "@", "\t", "\r")


def is_risky(text: str) -> bool:
    """Whether a spreadsheet might take the text for a formula once it is edited or saved as CSV."""
    return text.startswith(STARTS)


def inert(text: str) -> str:
    """The text with an apostrophe before it when it could be taken for a formula."""
    return f"'{text}" if is_risky(text) else text
