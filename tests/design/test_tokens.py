"""Colours as declared in tokens.css reach 4.5:1, and every style sheet takes them from there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "static" / "css"
TOKENS = dict(re.findall(r"--sz-([a-z0-9-]+):\s*(#[0-9a-f]{6});", (CSS / "tokens.css").read_text()))

# (text, background) as the style sheets combine them.
PAIRS = [
    *[(ink, paper) for ink in ("ink", "ink-2", "ink-3") for paper in ("paper", "page", "sunken")],
    ("ink", "selected"),
    ("ink-2", "neutral-soft"),
    ("ink-3", "selected"),
    ("ink-3", "neutral-soft"),
    ("neutral", "neutral-soft"),
    ("brand", "paper"),
    ("brand", "page"),
    ("brand", "sunken"),
    ("brand", "selected"),
    ("brand-strong", "brand-soft"),
    ("brand-strong", "open-soft"),
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
    ("paper", "danger"),
    ("paper", "danger-strong"),
    ("danger", "paper"),
    ("danger", "page"),
    ("danger-strong", "danger-soft"),
    ("late", "paper"),
    ("late-strong", "late-soft"),
    ("done", "paper"),
    ("done-strong", "done-soft"),
    ("on-navy", "navy"),
    ("on-navy", "navy-2"),
    ("on-navy-2", "navy"),
    ("paper", "navy"),
]


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.1)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_formula() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21.0
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize(("text", "background"), PAIRS)
def test_text_is_readable(text: str, background: str) -> None:
    assert contrast(TOKENS[text], TOKENS[background]) >= 4.5


def test_danger_is_red_late_is_amber_done_is_green() -> None:
    def rgb(name: str) -> tuple[int, ...]:
        return tuple(int(TOKENS[name][i : i + 2], 16) for i in (1, 3, 5))

    red, amber, green, blue = rgb("danger"), rgb("late"), rgb("done"), rgb("brand")
    assert max(range(3), key=red.__getitem__) == 0
    assert amber[0] > amber[1] > amber[2]
    assert max(range(3), key=green.__getitem__) == 1
    assert max(range(3), key=blue.__getitem__) == 2


@pytest.mark.parametrize("sheet", sorted(path.name for path in CSS.glob("*.css")))
def test_sheets_use_known_tokens(sheet: str) -> None:
    text = (CSS / sheet).read_text()
    declared = set(re.findall(r"--(sz-[a-z0-9-]+):", (CSS / "tokens.css").read_text() + text))
    assert set(re.findall(r"var\(--(sz-[a-z0-9-]+)\)", text)) - declared == set()


def test_the_phone_keeps_its_letters_and_targets_big() -> None:
    sheet = (CSS / "field.css").read_text()
    too_small = [
        value for value in re.findall(r"font-size:\s*([\d.]+)rem", sheet) if float(value) < 1.0
    ]
    assert too_small == []
    tokens = (CSS / "tokens.css").read_text()
    assert re.findall(r"--sz-tap(?:-main)?: (\d+)px", tokens) == ["44", "48"]
