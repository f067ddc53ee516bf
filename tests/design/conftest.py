"""A browser for the behaviour tests: Debian's chromium when it is there, else Playwright's own."""

from __future__ import annotations

import pytest

from tests import chromium


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    found = {"executable_path": chromium.PROGRAM} if chromium.PROGRAM else {}
    return {**browser_type_launch_args, **found, "args": chromium.ARGUMENTS}
