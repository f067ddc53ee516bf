"""Shape of single values that are typed or imported: forms and import rows share these."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from config.codes import normalise
from config.errors import RuleBroken

# No paper of a unit is older; a later year is a slip of the keyboard.
EARLIEST, LATEST = date(1950, 1, 1), date(2099, 12, 31)


def line(text: str, *, field: str, label: str, longest: int, required: bool = False) -> str:
    """One line of text, normalised; RuleBroken beside `field` when it is missing or too long."""
    text = " ".join(normalise(text or "").split())
    if required and not text:
        raise RuleBroken(f"{field}_missing", f"请填写{label}。", field=field)
    if len(text) > longest:
        raise RuleBroken(
            f"{field}_long",
            f"{label}最多 {longest} 个字，现在有 {len(text)} 个。",
            field=field,
        )
    return text


def choice(
    value: str, allowed: Iterable[str], *, field: str, label: str, required: bool = True
) -> str:
    """A value out of a fixed set; "" passes when it is not `required`."""
    if not value and not required:
        return ""
    if value not in set(allowed):
        raise RuleBroken(f"{field}_unknown", f"{label}不存在，请重新选择。", field=field)
    return value


def day(value: date | None, *, field: str, label: str) -> date | None:
    """A date of a sensible year, None for none."""
    if value is not None and not EARLIEST <= value <= LATEST:
        raise RuleBroken(f"{field}_odd", f"{label}不合理，请核对年份。", field=field)
    return value


def needed_day(value: date | None, *, field: str, label: str) -> date:
    """A date of a sensible year that has to be given."""
    found = day(value, field=field, label=label)
    if found is None:
        raise RuleBroken(f"{field}_missing", f"请填写{label}。", field=field)
    return found
