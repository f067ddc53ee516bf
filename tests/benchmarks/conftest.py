"""Options of benchmarks: `./shouze bench todo-page --rows 1000000`."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rows", type=int, default=None, help="待办表的行数，默认先后测 100 万和 3000 万"
    )
