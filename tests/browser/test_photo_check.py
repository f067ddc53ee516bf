"""审核附件 with keys: zoom, turn, 错误 with its reason, the next page without a reload, 完成."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import Page, expect

from cylinders.models import Batch, PhotoCheck
from tests.factories import cylinders as factory
from tests.factories.pictures import jpeg, upload
from tests.world import NOW, World
from units.photos import store_photo

# A quarter turn: the matrix has no diagonal.
TURNED = re.compile(r"^matrix\(0, [\d.]+, -[\d.]+, 0, ")


def with_pictures(world: World) -> Batch:
    """A submitted batch of one cylinder with two real photographs."""
    factory.setting(least_seconds=0.3)
    batch = factory.batch(world.jia, state="submitted")
    item = factory.item(batch)
    for kind, colour in (("stamp", "#c03020"), ("certificate", "#2030c0")):
        photo = store_photo(
            upload(jpeg(colour=colour)),
            unit_id=world.jia.pk,
            client_uuid=uuid.uuid4(),
            purpose="cylinder-photo",
            actor=world.actor(world.jia_admin),
            now=NOW,
        )
        factory.photo(item, kind, of_photo=photo)
    return batch


def test_photographs_are_judged_by_keys(
    committed_world: World, live_server: object, open_as: Callable[..., Page]
) -> None:
    factory.reference()
    batch = with_pictures(committed_world)
    page = open_as(committed_world.regulator, phone=False)
    page.goto(f"{live_server.url}{reverse('cylinders:check', args=[batch.code])}")
    image = page.locator("[data-check-image]")
    expect(image).to_have_js_property("naturalWidth", 320)
    expect(page.locator("[data-photo-check]")).to_have_attribute("data-ready", "1")
    stage = page.locator("[data-check-stage]")
    page.keyboard.press("+")
    expect(stage).to_have_class("ck-stage is-zoomed")
    page.keyboard.press("r")
    expect(image).to_have_css("transform", TURNED)
    image.hover()
    page.mouse.wheel(0, 100)
    expect(stage).to_have_class("ck-stage")
    page.wait_for_timeout(400)
    page.evaluate("window.stayed = true")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".ck-bar__at")).to_have_text("第 2 / 2 张")
    expect(page).to_have_url(
        f"{live_server.url}{reverse('cylinders:check', args=[batch.code])}?at=2"
    )
    first = PhotoCheck.objects.get()
    assert (first.verdict, first.longest_ms >= 300) == ("correct", True)
    page.keyboard.press("2")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("alert")).to_have_text("请选择或填写错误原因，移出气瓶时会告知单位。")
    assert page.evaluate("window.stayed") is True
    page.keyboard.press("7")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/result/")
    expect(page.get_by_role("row").filter(has_text="照片模糊，无法辨认")).to_have_count(1)
    page.get_by_role("button", name="完成").click()
    page.get_by_role("dialog").get_by_role("button", name="完成").click()
    expect(page.get_by_text("附件审核已完成：照片 2 张全部看过，错误 1 张。")).to_be_visible()
    batch.refresh_from_db()
    assert batch.checked_at is not None
