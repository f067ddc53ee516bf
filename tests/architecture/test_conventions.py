"""House rules that machines keep: budgets, declarations, time, queries, templates."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver

from config.access import declaration_of
from units.models import StoredFile

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("config", "units", "equipment", "hazards", "duties", "cylinders", "reports")
SOURCES = sorted(
    path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts
)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# Where a clock may be read: at the edge, and where a permission is about the present moment.
MAY_READ_CLOCK = re.compile(
    r"(/views/|/views\.py|/tasks\.py|/commands/|config/middleware\.py|config/embedded/"
    r"|config/menus\.py|config/templatetags/|units/loader\.py|units/auth\.py|hazards/models\.py)"
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def patterns(resolver: URLResolver | None = None) -> list[URLPattern]:
    found: list[URLPattern] = []
    for entry in (resolver or get_resolver()).url_patterns:
        found += patterns(entry) if isinstance(entry, URLResolver) else [entry]
    return found


def test_every_page_declares_its_access() -> None:
    assert [str(p.pattern) for p in patterns() if declaration_of(p.callback) is None] == []


def test_every_page_is_named() -> None:
    assert [str(p.pattern) for p in patterns() if not p.name] == []


def _calls(tree: ast.AST, attribute: str, owner: str | None = None) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == attribute
        and (owner is None or (isinstance(node.value, ast.Name) and node.value.id == owner))
    ]


def test_time_is_an_argument() -> None:
    wrong = [
        f"{name_of(path)}:{line}"
        for path in SOURCES
        if not MAY_READ_CLOCK.search(name_of(path))
        for line in _calls(ast.parse(path.read_text()), "now", "timezone")
    ]
    assert wrong == []


@pytest.mark.parametrize("pattern", ["*/views/*.py", "*/forms.py", "*/templatetags/*.py"])
def test_pages_fetch_through_scoped_queries(pattern: str) -> None:
    """A bare `.objects` in a view would bypass `for_actor`."""
    wrong = [
        f"{name_of(path)}:{line}"
        for path in ROOT.glob(pattern)
        if path.parts[-3] in ROOMS or path.parts[-2] in ROOMS
        for line in _calls(ast.parse(path.read_text()), "objects")
    ]
    assert wrong == []


def test_tasks_are_sent_after_commit() -> None:
    wrong = [
        f"{name_of(path)}:{line}"
        for path in SOURCES
        for line in _calls(ast.parse(path.read_text()), "delay")
    ]
    assert wrong == []


def _budget(path: Path) -> int | None:
    name = name_of(path)
    if "/models/" in name or name.endswith("/models.py"):
        return 500
    if "/views/" in name or "/actions/" in name or name.endswith(("/views.py", "/actions.py")):
        return 400
    return 600


def test_modules_stay_within_their_budget() -> None:
    lengths = {name_of(p): len(p.read_text().splitlines()) for p in SOURCES}
    over = {name: n for name, n in lengths.items() if n > _budget(ROOT / name)}
    assert over == {}


def test_functions_stay_within_their_budget() -> None:
    over = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > 60:
                    over.append(f"{name_of(path)}:{node.name} {length}")
    assert over == []


def test_templates_stay_within_their_budget() -> None:
    lengths = {name_of(p): len(p.read_text().splitlines()) for p in TEMPLATES}
    assert {name: n for name, n in lengths.items() if n > 220} == {}


def test_nothing_inline_and_nothing_from_elsewhere() -> None:
    wrong = []
    for path in TEMPLATES:
        if "/pdf/" in name_of(path):
            continue  # read by WeasyPrint alone, never sent to a browser
        # `style="inline"` of a template tag is an argument, not an attribute.
        text = re.sub(r"\{%.*?%\}", "", path.read_text())
        for bad in re.finditer(
            r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|<style\b"
            r"|\sstyle=\"|\son[a-z]+=\"|(?:src|href)=\"https?://",
            text,
        ):
            wrong.append(f"{name_of(path)}: {bad.group(0).strip()}")
    assert wrong == []


def test_every_post_form_carries_the_csrf_token() -> None:
    wrong = []
    for path in TEMPLATES:
        for form in re.finditer(
            r"<form\b[^>]*method=\"post\"[^>]*>.*?</form>", path.read_text(), re.S | re.I
        ):
            if "csrf_token" not in form.group(0):
                wrong.append(name_of(path))
    assert wrong == []


def test_public_functions_and_modules_say_what_they_are() -> None:
    missing = []
    for path in SOURCES:
        tree = ast.parse(path.read_text())
        if tree.body and ast.get_docstring(tree) is None:
            missing.append(name_of(path))
        if "/actions/" not in name_of(path):
            continue
        missing += [
            f"{name_of(path)}:{node.name}"
            for node in tree.body
            if isinstance(node, ast.FunctionDef)
            and not node.name.startswith("_")
            and ast.get_docstring(node) is None
        ]
    assert missing == []


def test_files_cannot_be_deleted_from_under_a_row() -> None:
    wrong = [
        str(field)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey)
        and field.related_model is StoredFile
        and field.remote_field.on_delete is not models.PROTECT
    ]
    assert wrong == []


def test_models_have_no_hidden_behaviour() -> None:
    """No save() override in our models (house style, layers)."""
    wrong = [
        model._meta.label
        for model in apps.get_models()
        if model.__module__.split(".")[0] in ROOMS and "save" in vars(model)
    ]
    assert wrong == []


def test_migrations_say_what_the_models_say(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_linter_has_nothing_to_say() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() in {"All checks passed!", ""}, done.stdout


def test_no_leftovers() -> None:
    words = re.compile(r"(#|//|\{#)\s*(TODO|FIXME|XXX)\b|\bNotImplementedError\b")
    wrong = [
        f"{name_of(path)}:{number}"
        for path in [*SOURCES, *TEMPLATES]
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if words.search(line)
    ]
    assert wrong == []
