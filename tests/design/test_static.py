"""What is shipped to browsers: vendored parts unchanged, nothing from elsewhere, nothing inline."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from config import menus
from config.templatetags import ui

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PAGES = [path for path in TEMPLATES if "pdf" not in path.parts]
SUMS = sorted(STATIC.rglob("SHA256SUMS"))
OWN = sorted([*(STATIC / "css").glob("*.css"), *(STATIC / "js").rglob("*.js")])


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("sums", SUMS, ids=name_of)
def test_vendored_files_are_as_recorded(sums: Path) -> None:
    recorded = dict(reversed(line.split(maxsplit=1)) for line in sums.read_text().splitlines())
    present = {
        str(path.relative_to(sums.parent)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sums.parent.rglob("*")
        if path.is_file() and path != sums
    }
    assert present == recorded


def test_every_vendored_part_has_sums_and_licence() -> None:
    for part in (STATIC / "vendor").iterdir():
        assert re.fullmatch(r"[a-z_.-]+-\d[\w.]*", part.name)
        assert (part / "LICENSE").is_file()
        assert (part / "SHA256SUMS").is_file()


def test_no_source_map_and_no_foreign_import() -> None:
    for path in [*STATIC.rglob("*.css"), *STATIC.rglob("*.js")]:
        text = path.read_text()
        assert "sourceMappingURL" not in text, name_of(path)
        assert re.findall(r"""@import|url\(\s*['"]?(?:https?:)?//""", text) == [], name_of(path)


@pytest.mark.parametrize("path", OWN, ids=name_of)
def test_own_files_name_no_other_host(path: Path) -> None:
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"https?://\S+", text) == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_nothing_inline(path: Path) -> None:
    # Template tags and comments go first: `{% field one style="row" %}` is no attribute.
    text = re.sub(r"\{#.*?#\}|\{% comment.*?endcomment %\}", "", path.read_text(), flags=re.S)
    text = re.sub(r"\{%.*?%\}", "", text, flags=re.S)
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on", text) == []
    assert [tag for tag in re.findall(r"<script[^>]*>", text) if " src=" not in tag] == []
    assert re.findall(r"""(?:src|href)=["']https?://""", text) == []
    assert re.findall(r"user-scalable|maximum-scale|\scapture[ =>]", text) == []


def test_every_icon_is_in_the_sprite() -> None:
    symbols = set(re.findall(r'<symbol id="([a-z0-9-]+)"', (STATIC / ui.SPRITE).read_text()))
    used = {entry.icon for entry in (*menus.MENU, *menus.TABBAR, *menus.PERSON_MENU)}
    used |= {icon for icon, _ in ui.ALERTS.values()}
    for path in TEMPLATES:
        text = path.read_text()
        used |= set(re.findall(r'\{% icon "([^"]+)"', text))
        used |= set(re.findall(r'icon_name="([^"]+)"', text))
    assert used - symbols == set()


def test_every_static_file_named_by_a_template_exists() -> None:
    named = {
        name
        for path in TEMPLATES
        for name in re.findall(r"""\{% static ['"]([^'"]+)['"]""", path.read_text())
    }
    assert [name for name in sorted(named) if not (STATIC / name).is_file()] == []
    assert [
        n for n in ("list", "calm", "search") if not (STATIC / f"img/empty-{n}.svg").is_file()
    ] == []


def test_print_fonts_are_whole() -> None:
    """Subsets print fluent-looking wrong characters; rare name characters are the first to go."""
    from fontTools.ttLib import TTFont

    for weight in ("Regular", "Bold"):
        with TTFont(STATIC / "fonts" / f"NotoSansSC-{weight}.ttf") as font:
            characters = font.getBestCmap()
        assert [c for c in "镕喆堃昇玥赟骉〇㎡℃✓×" if ord(c) not in characters] == []
        assert len(characters) > 30_000
