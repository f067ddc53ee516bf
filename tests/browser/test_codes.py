"""A scan in a real browser: reporting without sign-in and without JavaScript, and what the unit sees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from equipment.models import Equipment
from tests.factories import codes, pictures
from tests.world import World

OpenAs = Callable[..., Page]


def test_a_report_reaches_the_unit(committed_world: World, open_as: OpenAs, tmp_path: Path) -> None:
    world = committed_world
    Equipment.objects.filter(pk=world.lift.pk).update(rescue_phone="023-96333")
    held = codes.device_code(world.lift)
    picture = tmp_path / "a.jpg"
    picture.write_bytes(pictures.jpeg())

    public = open_as(javascript=False)
    public.goto(f"/c/{held.token}/")
    expect(public.get_by_role("link", name="拨打应急救援电话")).to_have_attribute(
        "href", "tel:023-96333"
    )
    public.get_by_role("link", name="报告问题").click()
    public.get_by_label("运行异常或故障").check()
    public.get_by_label("问题描述").fill("关门时有异响。")
    public.get_by_label("照片").set_input_files(picture)
    public.get_by_role("button", name="提交").click()
    expect(public.get_by_role("heading", name="已收到您的报告")).to_be_visible()
    assert public.evaluate("document.documentElement.scrollWidth") == 390

    officer = open_as(world.li.user)
    officer.goto("/messages/")
    officer.get_by_role("button", name="公众扫码报告：1号客梯").click()
    expect(officer.locator("main")).to_contain_text("关门时有异响。")
    expect(officer.get_by_role("link", name="照片 1")).to_be_visible()
    officer.goto("/messages/?show=unread")
    expect(officer.locator("main")).to_contain_text("没有未读消息")
