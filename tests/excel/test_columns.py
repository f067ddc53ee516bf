"""One cell in, a value or a problem out."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.codes import normalise
from config.excel.columns import (
    _PLAIN,
    ChoiceColumn,
    CodeColumn,
    IdNumberColumn,
    PhoneColumn,
    Problem,
    TextColumn,
)
from config.excel.columns_dates import DateColumn
from config.excel.columns_numbers import IntegerColumn

JAN = date(2026, 1, 5)
TEXT = TextColumn("a", "名称", required="请填写名称", longest=6)
CODE = CodeColumn("a", "代码", longest=20)
STATUS = ChoiceColumn("a", "状态", options={"on": "在用", "off": "停用"}, synonyms={"使用中": "on"})
DAY = DateColumn("a", "日期")
MONTH = DateColumn("a", "日期", month_is="end")
NUMBER = IntegerColumn("a", "数量", least=1, most=99)


@pytest.mark.parametrize(
    ("column", "raw", "value"),
    [
        (TEXT, "㛃𬭚梯", "㛃𬭚梯"),
        (TEXT, " １号\u3000梯\u200b ", "1号 梯"),
        (TEXT, "a\nb", "a b"),
        (TEXT, 12.0, "12"),
        (TEXT, "<b>", "<b>"),
        (CODE, "00123", "00123"),
        (STATUS, "使用中", "on"),
        (STATUS, " 停 用", "off"),
        (DAY, "2026-1-5", JAN),
        (DAY, "2026/01/05", JAN),
        (DAY, "2026.1.5", JAN),
        (DAY, "2026年1月5日", JAN),
        (DAY, "２０２６年１月５日", JAN),
        (DAY, "20260105", JAN),
        (DAY, 20260105.0, JAN),
        (DAY, 46027.0, JAN),
        (DAY, "2026-01-05 00:00:00", JAN),
        (DAY, JAN, JAN),
        (DAY, datetime.combine(JAN, time(9)), JAN),
        (MONTH, "2026年2月", date(2026, 2, 28)),
        (MONTH, "2026-12", date(2026, 12, 31)),
        (NUMBER, "１２", 12),
        (NUMBER, 3.0, 3),
        (NUMBER, "", None),
        (PhoneColumn("a", "手机"), 13800000001.0, "13800000001"),
        (PhoneColumn("a", "手机"), "+86 138-0000-0001", "13800000001"),
        (IdNumberColumn("a", "证件"), "50010319900307001x", "50010319900307001X"),
    ],
)
def test_what_a_cell_means(column: Any, raw: Any, value: Any) -> None:
    assert column.clean(raw) == value


@pytest.mark.parametrize(
    ("column", "raw", "code"),
    [
        (TEXT, "", "required"),
        (TEXT, " \u3000\u200b", "required"),
        (TEXT, "\x00", "required"),
        (TEXT, "一二三四五六七", "too_long"),
        (TEXT, True, "wrong_type"),
        (TEXT, JAN, "wrong_type"),
        (TEXT, 1234567890123456789.0, "number_damaged"),
        (CODE, 3110.0, "number_in_code"),
        (CODE, 3.1105e16, "number_damaged"),
        (CODE, float("inf"), "wrong_type"),
        (STATUS, "坏了", "unknown_choice"),
        (STATUS, 1.0, "unknown_choice"),
        (DAY, "2026-2-30", "date_bad"),
        (DAY, "2026年2月", "date_bad"),
        (DAY, "明天", "date_bad"),
        (DAY, "1026-01-05", "date_bad"),
        (DAY, 12.5, "date_bad"),
        (DAY, float("nan"), "wrong_type"),
        (DAY, time(8), "wrong_type"),
        (NUMBER, "1.5", "integer_bad"),
        (NUMBER, 0.0, "integer_bad"),
        (NUMBER, "一", "integer_bad"),
        (IdNumberColumn("a", "证件"), 5.00103199003e17, "number_damaged"),
    ],
)
def test_what_a_cell_cannot_mean(column: Any, raw: Any, code: str) -> None:
    found = column.clean(raw)
    assert isinstance(found, Problem), found
    assert found.code == code


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=12))
def test_plain_text_is_what_normalising_gives(text: str) -> None:
    """The short cut for plain text never differs from the way round."""
    if _PLAIN.fullmatch(text):
        assert normalise(text) == text
    assert TextColumn("a", "名称").clean(text) == " ".join(words_of(text))


def words_of(text: str) -> list[str]:
    """What is expected of text: normalised, line breaks as blanks."""
    found = normalise(text).strip(" \t\r\n\x0b\x0c\u00a0\u3000\u200b\u200c\u200d\ufeff")
    return found.split() if "\n" in found else [found]


def test_a_block_reports_what_was_mended_and_keeps_the_rest() -> None:
    column = DAY.fresh()
    raws = ["2026-01-05", "2026/1/5", "", "2026/1/5", "bad", 46027.0, JAN]
    for _ in range(2):  # the second time from memory
        cleaned = column.clean_block(raws)
        assert cleaned.values == [JAN, JAN, None, JAN, None, JAN, JAN]
        assert cleaned.mended == [(1, "2026-01-05"), (3, "2026-01-05"), (5, "2026-01-05")]
        assert [(place, problem.code) for place, problem in cleaned.problems] == [(4, "date_bad")]
