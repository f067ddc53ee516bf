"""Typed columns of an import: one cell in, a value or a Problem out (pure).

Values are cleaned a block of rows at a time, column by column: a column keeps what it has cleaned
once, so that the tenth thousandth 「1号楼」 costs one look into a dictionary.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from config.codes import normalise
from config.errors import RuleBroken

# Text that `normalise` gives back as it is but for blanks around it: ASCII and plain Chinese.
_PLAIN = re.compile(r"[!-~\u3400-\u9fff](?:[ -~\u3400-\u9fff]*[!-~\u3400-\u9fff])?")
BLANKS = " \t\r\n\x0b\x0c\u00a0\u3000\u200b\u200c\u200d\ufeff"
_KEPT_MOST = 8000
# Excel keeps 15 digits of a number.
_EXACT_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a cell cannot be taken, in words that follow the cell's name and address."""

    text: str
    code: str = "bad"


@dataclass
class Cleaned:
    """One column of one block: values, problems and silently mended cells by place in the block."""

    values: list[Any]
    problems: list[tuple[int, Problem]]
    mended: list[tuple[int, str]]  # how the cell now reads


class Column:
    """Text; the other kinds change `read` (what a typed cell means) and `show`.

    `check` may refuse a value (raise RuleBroken) or give it its stored form; the same functions
    are used by the actions, so that no rule stands twice.
    """

    empty: Any = ""
    is_code = False

    def __init__(
        self,
        name: str,
        label: str,
        *,
        required: str = "",
        longest: int | None = None,
        unique: bool = False,
        check: Callable[[str], Any] | None = None,
        sure: str = "",
        note: str = "",
        example: str = "",
        width: int = 16,
        imported: bool = True,
    ) -> None:
        """`required` is the sentence for an empty cell; `sure` a pattern of text that `check` would
        give back unchanged; `imported=False` a column for the person's own use."""
        self.name, self.label = name, label
        self.required, self.longest, self.unique = required, longest, unique
        self.check, self.note, self.example, self.width = check, note, example, width
        self.imported = imported
        self._sure = re.compile(sure) if sure else None
        self._kept: dict[str, Any] = {}
        self._mended: dict[str, Any] = {}

    def fresh(self) -> Column:
        """This column for another file, with nothing kept from earlier ones."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin._kept, twin._mended = {}, {}
        return twin

    # -------------------------------------------------------------- one cell
    def clean(self, raw: Any) -> Any:
        """The value of a cell as the reader gives it, or a Problem."""
        if isinstance(raw, str):
            text = raw if _PLAIN.fullmatch(raw) else normalise(raw).strip(BLANKS)
        else:
            found = self.typed(raw)
            if not isinstance(found, str):
                return found
            text = found
        if not text:
            return Problem(self.required, "required") if self.required else self.empty
        return self.read(text)

    def typed(self, raw: Any) -> Any:
        """Text of a cell that is not text, or its value or Problem at once."""
        if raw is None:
            return ""
        if isinstance(raw, bool):
            return Problem("是逻辑值，请填写文字", "wrong_type")
        if isinstance(raw, (date, datetime, time, timedelta)):
            return Problem("是日期格式，请把单元格格式设为文本后重填", "wrong_type")
        return self.number(raw) if math.isfinite(raw) else Problem("不是有效的数字", "wrong_type")

    def number(self, raw: float) -> Any:
        """What a number in this column means: its digits, unless Excel has lost some."""
        if raw != int(raw):
            return (
                f"{raw:.12g}" if abs(raw) < 10**9 else Problem("是数字，请填写文字", "wrong_type")
            )
        if len(str(abs(int(raw)))) > _EXACT_DIGITS:
            return damaged(raw)
        return str(int(raw))

    def read(self, text: str) -> Any:
        """The value of non-empty, normalised text, or a Problem."""
        if self._sure is None or not self._sure.fullmatch(text):
            if "\n" in text:
                text = " ".join(text.split())
            if self.check is not None:
                try:
                    text = self.check(text)
                except RuleBroken as broken:
                    return Problem(broken.message.rstrip("。"), broken.code)
        if self.longest is not None and len(text) > self.longest:
            return Problem(f"最多 {self.longest} 个字，现为 {len(text)} 个", "too_long")
        return text

    def show(self, value: Any) -> str:
        """A value as the preview prints it."""
        return "" if value is None else str(value)

    @property
    def choices(self) -> Sequence[str]:
        """What the template offers in a drop-down list."""
        return ()

    # -------------------------------------------------------------- many cells
    def clean_block(self, raws: Sequence[Any]) -> Cleaned:
        """Clean a block of cells of this column."""
        kept, mended = self._kept, self._mended
        try:  # a column of few words knows them all after its first block
            return Cleaned(list(map(kept.__getitem__, raws)), [], [])
        except KeyError:
            cleaned = Cleaned([], [], [])
        put = cleaned.values.append
        if len(kept) > _KEPT_MOST:
            kept.clear()
            mended.clear()
        for place, raw in enumerate(raws):
            if type(raw) is str:
                if raw in kept:
                    put(kept[raw])
                    continue
                if raw in mended:
                    value = mended[raw]
                    put(value)
                    cleaned.mended.append((place, self.show(value)))
                    continue
            value = self.clean(raw)
            if type(value) is Problem:
                cleaned.problems.append((place, value))
                put(self.empty)
                continue
            put(value)
            if type(raw) is str:
                if self.show(value) == raw or not raw.strip(BLANKS) or self.is_alike(raw, value):
                    kept[raw] = value
                else:
                    mended[raw] = value
                    cleaned.mended.append((place, self.show(value)))
            elif self.is_mended(raw, value):
                cleaned.mended.append((place, self.show(value)))
        return cleaned

    def is_alike(self, raw: str, value: Any) -> bool:
        """Whether text that `show` writes otherwise still needs no telling (2.10 for 2.1)."""
        return False

    def is_mended(self, raw: Any, value: Any) -> bool:
        """Whether a cell that is not text came to mean something that should be shown."""
        return False


def damaged(raw: float) -> Problem:
    """The words about a number of which Excel has kept only 15 digits."""
    return Problem(
        f"是数字格式（{raw:.14E}），Excel 只保留 15 位，后面的数字已经丢失。请把这一列设为文本后重填",
        "number_damaged",
    )


class TextColumn(Column):
    """Free text of limited length."""


class CodeColumn(Column):
    """A code or number that is text: a numeric cell is refused, since digits may be lost."""

    is_code = True

    def number(self, raw: float) -> Any:
        if raw == int(raw) and len(str(abs(int(raw)))) <= _EXACT_DIGITS:
            return Problem(
                "是数字格式，开头的 0 会丢失、超过 15 位会改变。请把这一列设为文本后重填",
                "number_in_code",
            )
        return damaged(raw)


class ChoiceColumn(Column):
    """One of a list; `synonyms` are other ways people write a choice. The value is the key."""

    def __init__(
        self,
        name: str,
        label: str,
        *,
        options: Mapping[str, str],
        synonyms: Mapping[str, str] | None = None,
        default: str | None = None,
        **kwargs: Any,
    ) -> None:
        """`options` maps key -> label; `default` is the key of an empty cell."""
        super().__init__(name, label, **kwargs)
        self.options = dict(options)
        self.empty = "" if default is None else default
        self._known = {shown: key for key, shown in options.items()}
        self._known |= dict(synonyms or {})

    def read(self, text: str) -> Any:
        key = self._known.get(text)
        if key is None:
            key = self._known.get("".join(text.split()))
        if key is None:
            offered = "、".join(list(self.options.values())[:12])
            more = "等" if len(self.options) > 12 else ""
            return Problem(f"“{text[:30]}”不在可选范围内，应为：{offered}{more}", "unknown_choice")
        return key

    def show(self, value: Any) -> str:
        return self.options.get(value, "")

    @property
    def choices(self) -> Sequence[str]:
        return list(self.options.values())


class ReferenceColumn(Column):
    """A code or a name that must be known; `find(text)` gives the value or raises RuleBroken."""

    def __init__(
        self,
        name: str,
        label: str,
        *,
        find: Callable[[str], Any],
        offered: Callable[[], Sequence[str]] = tuple,
        shown: Callable[[Any], str] = str,
        **kwargs: Any,
    ) -> None:
        super().__init__(name, label, **kwargs)
        self.find, self.offered, self.shown = find, offered, shown
        self.empty = None

    def read(self, text: str) -> Any:
        try:
            return self.find(text)
        except RuleBroken as broken:
            return Problem(broken.message.rstrip("。"), broken.code)

    def show(self, value: Any) -> str:
        return "" if value is None else self.shown(value)

    @property
    def choices(self) -> Sequence[str]:
        return self.offered()


class PhoneColumn(Column):
    """A mobile number: eleven digits survive in a numeric cell, so a number is taken."""

    def read(self, text: str) -> Any:
        digits = re.sub(r"[\s-]", "", text)
        return super().read(digits[3:] if digits.startswith("+86") else digits)


class IdNumberColumn(CodeColumn):
    """An id number: 18 characters, always text; a small x at its end is the capital one."""

    def read(self, text: str) -> Any:
        return super().read("".join(text.split()).upper())
