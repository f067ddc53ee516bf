"""How a run of the tests is shared out (config.embedded.testrun)."""

from __future__ import annotations

import pytest

from config.embedded import testrun


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], []),
        (["-q", "-x"], []),
        (["tests/units", "-q"], ["tests/units"]),
        (["tests/units/test_guide.py::test_x"], ["tests/units/test_guide.py::test_x"]),
        (["-k", " or ".join(["test_a_long_name"] * 40)], []),
    ],
)
def test_only_files_and_folders_are_names(arguments: list[str], named: list[str]) -> None:
    assert testrun._named(arguments) == named


def test_a_whole_run_is_shared_and_a_named_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testrun.os, "cpu_count", lambda: 2)
    assert testrun._parallel(["-q"])[:2] == ["-n", "2"]
    assert testrun._parallel(["tests/units"]) == []
    monkeypatch.setattr(testrun.os, "cpu_count", lambda: 1)
    assert testrun._parallel(["-q"]) == []
