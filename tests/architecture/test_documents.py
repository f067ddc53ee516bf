"""The documents name what exists: routes, files, commands; every route stands in functions.md."""

from __future__ import annotations

import re
import subprocess

import pytest
from django.core.management import get_commands

from config.embedded.place import PROJECT
from tests.access.routes import ROUTES

DOCUMENTS = [
    PROJECT / "README.md",
    *(PROJECT / "docs" / f"{name}.md" for name in ("architecture", "functions", "operations")),
]
NAMES = {route.name for route in ROUTES}
SPACES = "|".join(sorted({name.split(":")[0] for name in NAMES if ":" in name}))
# What stands behind everything, and addresses that only say that there is nothing.
NO_FUNCTION = {"home", "healthz", "cylinders:filling-api-unknown"}
# Of Django's own, those that the manual tells people to run.
COMMANDS = {name for name, app in get_commands().items() if not app.startswith("django")} | {
    "check", "test",
}  # fmt: skip


@pytest.fixture(scope="module")
def files() -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    folders = {name[:at] for name in listed for at, sign in enumerate(name) if sign == "/"}
    return set(listed) | folders


def quoted(name: str) -> list[str]:
    path = next(path for path in DOCUMENTS if path.name == name)
    return re.findall(r"`([^`\n]+)`", path.read_text("utf-8"))


@pytest.mark.parametrize("name", [path.name for path in DOCUMENTS])
def test_named_routes_and_commands_exist(name: str) -> None:
    text = next(path for path in DOCUMENTS if path.name == name).read_text("utf-8")
    routes = [
        one
        for token in quoted(name)
        for one in re.findall(rf"^(?:{SPACES}):[a-z0-9*-]+", token)
        if "*" not in one
    ]
    assert [one for one in routes if one not in NAMES] == []
    run = re.findall(r"(?:\./shouze|manage\.py) ([a-z_]+)", text)
    assert [one for one in run if one not in COMMANDS] == []


def test_named_files_exist(files: set[str]) -> None:
    named = [
        token.rstrip("/")
        for token in quoted("functions.md")
        if re.fullmatch(r"[a-z][\w.-]*/[\w./-]*", token)
    ]
    assert [one for one in named if one not in files] == []


def test_every_route_belongs_to_a_function() -> None:
    named = set(quoted("functions.md"))
    wanted = {name.removesuffix("-issue") for name in NAMES - NO_FUNCTION}
    assert {one for one in wanted if one not in named and f"{one}-issue" not in named} == set()
