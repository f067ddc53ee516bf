"""Columns of measured and of whole numbers between two bounds (pure)."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from config.excel.columns import Column, Problem


class DecimalColumn(Column):
    """A measured number between two bounds with at most `places` decimals; `unit` may follow it."""

    empty = None

    def __init__(
        self,
        name: str,
        label: str,
        *,
        least: Decimal,
        most: Decimal,
        places: int = 2,
        unit: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(name, label, **kwargs)
        self.least, self.most, self.places, self.unit = least, most, places, unit
        self._step = Decimal(1).scaleb(-places)

    def number(self, raw: float) -> Any:
        return self.read(f"{raw:.12g}")  # what Excel shows of 0.1 + 0.2

    def read(self, text: str) -> Any:
        bare = text
        if self.unit and text.lower().endswith(self.unit.lower()):
            bare = text[: -len(self.unit)].strip()
        if not re.fullmatch(r"[+-]?\d{1,12}(?:\.\d{0,12})?(?:e[+-]?\d{1,2})?", bare, re.ASCII):
            return Problem(f"“{text[:20]}”不是数字", "number_bad")
        value = Decimal(bare)
        if not self.least <= value <= self.most:
            return Problem(
                f"“{text[:20]}”应为 {self.show(self.least)} 到 {self.show(self.most)} 之间的数",
                "number_bad",
            )
        made = value.quantize(self._step)
        if made != value:
            return Problem(f"“{text[:20]}”最多 {self.places} 位小数", "number_bad")
        return made

    def show(self, value: Any) -> str:
        return "" if value is None else f"{value.normalize():f}"

    def is_alike(self, raw: str, value: Any) -> bool:
        try:
            return value is not None and Decimal(raw) == value
        except InvalidOperation:
            return False


class IntegerColumn(Column):
    """A whole number between two bounds; `default` for an empty cell."""

    def __init__(
        self,
        name: str,
        label: str,
        *,
        least: int = 0,
        most: int = 9_999_999,
        default: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name, label, **kwargs)
        self.least, self.most, self.empty = least, most, default

    def number(self, raw: float) -> Any:
        return self._within(int(raw)) if raw == int(raw) else self._bad(f"{raw:g}")

    def read(self, text: str) -> Any:
        if not re.fullmatch(r"[+-]?\d{1,15}(?:\.0+)?", text, re.ASCII):
            return self._bad(text)
        return self._within(int(text.split(".")[0]))

    def _within(self, number: int) -> Any:
        return number if self.least <= number <= self.most else self._bad(str(number))

    def _bad(self, text: str) -> Problem:
        return Problem(f"“{text[:20]}”应为 {self.least} 到 {self.most} 之间的整数", "integer_bad")
