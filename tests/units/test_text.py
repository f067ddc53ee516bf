"""What is done to every text that people type (config.codes.normalise)."""

from __future__ import annotations

import pytest

from config.codes import normalise


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("１３９－００００", "139-0000"),
        ("Ａｂ１２．／＃＿＠", "Ab12./#_@"),
        ("　 李安 　", "李安"),
        ("已更换，正常：（３号）！", "已更换，正常：（3号）！"),
        ("温度 85℃，①②项……", "温度 85℃，①②项……"),
        ("㛃𬭚", "㛃𬭚"),
        ("阿依古丽·买买提", "阿依古丽·买买提"),
        ("李\u200b安\u202e\x00\x07", "李安"),
        ("第一行\r\n第二行", "第一行\n第二行"),
        ("e\u0301", "\u00e9"),
        ("", ""),
    ],
)
def test_normalised(typed: str, kept: str) -> None:
    assert normalise(typed) == kept
