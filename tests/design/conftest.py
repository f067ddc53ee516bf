"""A browser for the behaviour tests: Debian's chromium when it is there, else Playwright's own."""

from __future__ import annotations

import shutil

import pytest


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    program = shutil.which("chromium")
    quiet = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
    found = {"executable_path": program} if program else {}
    return {
        **browser_type_launch_args,
        **found,
        "args": [*quiet, "--disable-sync", "--no-first-run"],
    }
