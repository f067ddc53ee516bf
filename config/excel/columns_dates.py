"""Columns of days and months: the ways people and Excel write them (pure)."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta
from typing import Any

from config.excel.columns import Column, Problem

_SERIAL_FROM, _SERIAL_TO = 7306, 73050  # 1920-01-01 … 2099-12-31 as Excel counts days
_EPOCH = date(1899, 12, 30)
_DATE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:\s+0?0:00(?::00)?)?"
)
_DATE_PLAIN = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTH = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?")
_MONTH_PLAIN = re.compile(r"(\d{4})(\d{2})")


class DateColumn(Column):
    """A day: a date cell, or one of the ways people type a day; an Excel day number too."""

    empty = None

    def __init__(
        self,
        name: str,
        label: str,
        *,
        month_is: str = "",
        earliest: date = date(1920, 1, 1),
        latest: date = date(2099, 12, 31),
        **kwargs: Any,
    ) -> None:
        """`month_is`: a year and month mean the month's last day ("end"), its first ("start"), or
        are refused ("")."""
        super().__init__(name, label, **kwargs)
        self.month_is, self.earliest, self.latest = month_is, earliest, latest

    def typed(self, raw: Any) -> Any:
        if isinstance(raw, datetime):
            return self._within(raw.date())
        if isinstance(raw, date):
            return self._within(raw)
        if isinstance(raw, (int, float)) and not isinstance(raw, bool) and math.isfinite(raw):
            return self.number(raw)
        return Problem("不是日期，请按 2026-01-05 的样子填写", "wrong_type") if raw else ""

    def number(self, raw: float) -> Any:
        if raw == int(raw):
            if _SERIAL_FROM <= raw <= _SERIAL_TO:
                return _EPOCH + timedelta(days=int(raw))
            if len(str(int(raw))) == 8:
                return self.read(str(int(raw)))
        return Problem(f"{raw:g} 不是日期，请按 2026-01-05 的样子填写", "date_bad")

    def read(self, text: str) -> Any:
        found = _DATE.fullmatch(text) or _DATE_PLAIN.fullmatch(text)
        try:
            if found is not None:
                year, month, day = (int(part) for part in found.groups())
                return self._within(date(year, month, day))
            found = _MONTH.fullmatch(text) if self.month_is else None
            if found is not None:
                year, month = int(found[1]), int(found[2])
                if self.month_is == "start":
                    return self._within(date(year, month, 1))
                following = date(year + month // 12, month % 12 + 1, 1)
                return self._within(following - timedelta(days=1))
        except ValueError:
            return Problem(f"“{text[:20]}”这一天不存在", "date_bad")
        return Problem(f"“{text[:20]}”不是日期，请按 2026-01-05 的样子填写", "date_bad")

    def _within(self, day: date) -> Any:
        if self.earliest <= day <= self.latest:
            return day
        return Problem(f"{day.isoformat()} 不合理，请核对年份", "date_bad")

    def show(self, value: Any) -> str:
        return value.isoformat() if value is not None else ""

    def is_mended(self, raw: Any, value: Any) -> bool:
        return value is not None and not isinstance(raw, date)


class MonthColumn(DateColumn):
    """A year and month as the month's first day; a whole date is taken for its month."""

    def number(self, raw: float) -> Any:
        """202405, an Excel day number, or 2024.05; 2024.1 may be January or October."""
        if raw == int(raw):
            if len(str(int(raw))) == 6:
                return self.read(str(int(raw)))
            return super().number(raw)
        year, _point, month = f"{raw:.10g}".partition(".")
        if month == "1":
            return Problem(
                f"{raw:g} 是数字，看不出是 1 月还是 10 月，请写成 {year}-01 或 {year}-10",
                "month_unsure",
            )
        return self.read(f"{year}-{month}")

    def read(self, text: str) -> Any:
        found = _MONTH.fullmatch(text) or _MONTH_PLAIN.fullmatch(text)
        if found is not None:
            year, month = int(found[1]), int(found[2])
            if not (1 <= month <= 12 and year):
                return Problem(f"“{text[:20]}”这个月不存在", "date_bad")
            return self._within(date(year, month, 1))
        value = super().read(text)
        if type(value) is Problem and "这一天不存在" not in value.text:
            return self._unread(text)
        return value

    def _within(self, day: date) -> Any:
        return super()._within(day.replace(day=1))

    def _unread(self, text: str) -> Problem:
        if _DATE.fullmatch(text) or _DATE_PLAIN.fullmatch(text):
            return Problem(f"{text[:20]} 不合理，请核对年份", "date_bad")
        return Problem(f"“{text[:20]}”不是年月，请按 2024-05 的样子填写", "date_bad")

    def show(self, value: Any) -> str:
        return f"{value:%Y-%m}" if value is not None else ""

    def is_alike(self, raw: str, value: Any) -> bool:
        return value is not None and raw == f"{value:%Y}-{value.month}"
