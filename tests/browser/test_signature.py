"""The signature sheet in a real browser: sign, turn, shrink, sign again, and without JavaScript."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.factories.pictures import jpeg

URL = "/try-signature/"
PHOTO = {"name": "签名.jpg", "mimeType": "image/jpeg", "buffer": jpeg(60, 40)}


@pytest.fixture(autouse=True)
def _page_of_our_own(settings: object) -> None:
    settings.ROOT_URLCONF = "tests.browser.signature_page"


def draw(page: Page, *strokes: list[tuple[float, float]]) -> None:
    """Draw with the mouse, in shares of the sheet."""
    box = page.locator("[data-signature-canvas]").bounding_box()
    for stroke in strokes:
        for number, (x, y) in enumerate(stroke):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
            if number == 0:
                page.mouse.down()
        page.mouse.up()


HOOK = [(0.2, 0.2 + 0.11 * i) for i in range(6)] + [(0.2 + 0.11 * i, 0.75) for i in range(6)]
SLASH = [(0.5 + 0.04 * i, 0.2 + 0.08 * i) for i in range(6)]


def open_sheet(page: Page) -> None:
    page.get_by_role("button", name="点此签名").click()
    expect(page.locator("[data-signature-sheet]")).to_be_visible()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def strokes(page: Page) -> list[dict]:
    return json.loads(page.locator("[name=signature_strokes]").input_value() or "[]")


def dark_pixels(page: Page, canvas: str) -> int:
    """How much is drawn on a canvas."""
    return page.locator(canvas).evaluate(
        """c => { const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
        let n = 0; for (let i = 3; i < d.length; i += 4) if (d[i] > 100) n += 1; return n; }"""
    )


CANVAS, THUMB = "[data-signature-canvas]", "[data-signature-thumb]"


def inside(page: Page) -> bool:
    """Whether every point of the pad lies on the sheet: nothing is drawn out of sight."""
    return page.locator(CANVAS).evaluate(
        """c => { const d = c.getContext("2d").getImageData(0, 0, c.width, c.height);
        let edge = 0; for (let x = 0; x < c.width; x += 1) for (const y of [0, c.height - 1])
        if (d.data[(y * c.width + x) * 4 + 3] > 100) edge += 1;
        for (let y = 0; y < c.height; y += 1) for (const x of [0, c.width - 1])
        if (d.data[(y * c.width + x) * 4 + 3] > 100) edge += 1; return edge === 0; }"""
    )


def turn(page: Page, width: int, height: int) -> None:
    """Turn the phone, and wait until the pad is drawn for the new size."""
    page.set_viewport_size({"width": width, "height": height})
    expect(page.locator("html")).to_have_js_property("clientWidth", width)
    sharp = page.locator(CANVAS).evaluate("c => Math.round(c.offsetWidth * devicePixelRatio)")
    expect(page.locator(CANVAS)).to_have_js_property("width", sharp)


def test_signing_with_the_finger_or_mouse(open_as: Callable[..., Page]) -> None:
    page = open_as()
    page.goto(URL)
    expect(page.get_by_label("签名照片")).to_be_hidden()
    open_sheet(page)
    box = page.locator("[data-signature-sheet]").bounding_box()
    assert (box["width"], box["height"]) == (390, 844)
    draw(page, HOOK, SLASH)
    assert dark_pixels(page, CANVAS) > 300
    press(page, "确定")
    expect(page.locator("[data-signature-sheet]")).to_be_hidden()
    expect(page.locator(THUMB)).to_be_visible()
    assert dark_pixels(page, THUMB) > 100
    sent = strokes(page)
    assert len(sent) == 2
    assert set(sent[0]["points"][0]) == {"x", "y", "pressure", "time"}
    press(page, "提交")
    expect(page.locator("output")).to_have_text("2 strokes, photo none")


def test_buttons_are_big_enough_to_tap(open_as: Callable[..., Page]) -> None:
    page = open_as()
    page.goto(URL)
    open_sheet(page)
    for name in ("取消", "重签", "确定"):
        box = page.get_by_role("button", name=name, exact=True).bounding_box()
        assert (box["height"] >= 48, box["width"] >= 48) == (True, True)


def test_a_blank_sheet_is_not_accepted(open_as: Callable[..., Page]) -> None:
    page = open_as()
    page.goto(URL)
    open_sheet(page)
    press(page, "确定")
    expect(page.get_by_text("签名为空，请重新签名。")).to_be_visible()
    draw(page, [(0.5, 0.5), (0.5, 0.5)])
    expect(page.locator("[data-signature-hint]")).to_be_hidden()
    press(page, "确定")
    expect(page.locator("[data-signature-sheet]")).to_be_visible()
    expect(page.get_by_text("签名为空，请重新签名。")).to_be_visible()
    assert strokes(page) == []


def test_the_server_says_it_too(open_as: Callable[..., Page]) -> None:
    page = open_as()
    page.goto(URL)
    press(page, "提交")
    expect(page.locator("#id_signature_error")).to_have_text("签名为空，请重新签名。")
    open_sheet(page)
    draw(page, HOOK)
    press(page, "确定")
    expect(page.locator("#id_signature_error")).to_be_hidden()


def test_signing_again_clears_and_cancelling_keeps(open_as: Callable[..., Page]) -> None:
    page = open_as()
    page.goto(URL)
    open_sheet(page)
    draw(page, HOOK)
    press(page, "重签")
    assert dark_pixels(page, CANVAS) == 0
    draw(page, HOOK, SLASH)
    press(page, "确定")
    before = strokes(page)
    press(page, "重新签名")
    assert dark_pixels(page, CANVAS) > 300
    press(page, "重签")
    press(page, "取消")
    assert strokes(page) == before
    expect(page.locator(THUMB)).to_be_visible()


def test_turning_the_phone_keeps_the_strokes_on_the_sheet(open_as: Callable[..., Page]) -> None:
    page = open_as()
    page.goto(URL)
    open_sheet(page)
    draw(page, [(0.2 + 0.04 * i, 0.1 + 0.15 * i) for i in range(6)])
    upright = dark_pixels(page, CANVAS)
    turn(page, 844, 390)
    assert dark_pixels(page, CANVAS) > 60
    assert inside(page)
    draw(page, SLASH)
    turn(page, 390, 844)
    assert (dark_pixels(page, CANVAS) > 60, upright > 60, inside(page)) == (True, True, True)
    press(page, "确定")
    assert len(strokes(page)) == 2


def test_the_landscape_sheet_leaves_room_to_write(open_as: Callable[..., Page]) -> None:
    page = open_as()
    page.set_viewport_size({"width": 844, "height": 390})
    page.goto(URL)
    open_sheet(page)
    box = page.locator(CANVAS).bounding_box()
    assert (box["width"] > 650, box["height"] > 300) == (True, True)
    for name in ("取消", "重签", "确定"):
        button = page.get_by_role("button", name=name, exact=True).bounding_box()
        assert (button["x"] + button["width"] <= 844, button["y"] + button["height"] <= 390) == (
            True,
            True,
        )


def test_scrolling_and_a_returned_form_keep_the_signature(open_as: Callable[..., Page]) -> None:
    page = open_as()
    page.goto(URL)
    open_sheet(page)
    draw(page, HOOK)
    press(page, "确定")
    drawn = dark_pixels(page, THUMB)
    page.mouse.wheel(0, 900)
    page.mouse.wheel(0, -900)
    assert dark_pixels(page, THUMB) == drawn
    press(page, "提交")
    expect(page.locator("output")).to_have_text("1 strokes, photo none")
    expect(page.locator(THUMB)).to_be_visible()
    assert dark_pixels(page, THUMB) == drawn
    assert len(strokes(page)) == 1


def test_a_photograph_takes_the_strokes_back(open_as: Callable[..., Page]) -> None:
    page = open_as()
    page.goto(URL)
    open_sheet(page)
    draw(page, HOOK)
    press(page, "确定")
    page.get_by_text("无法在屏幕上签名？上传签名照片").click()
    page.get_by_label("签名照片").set_input_files(PHOTO)
    assert strokes(page) == []
    expect(page.locator(THUMB)).to_be_hidden()
    press(page, "提交")
    expect(page.locator("output")).to_have_text("0 strokes, photo 签名.jpg")


def test_without_javascript_the_photograph_is_open(open_as: Callable[..., Page]) -> None:
    page = open_as(javascript=False)
    page.goto(URL)
    expect(page.get_by_role("button", name="点此签名")).to_be_hidden()
    page.get_by_label("签名照片").set_input_files(PHOTO)
    press(page, "提交")
    expect(page.locator("output")).to_have_text("0 strokes, photo 签名.jpg")
