"""The hazard round in a real browser at 390 px: quick dates, photo tiles, and without JavaScript."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Page, expect

from config.clock import local_day
from hazards.models import Hazard, HazardPhoto
from tests.browser.slow_line import (
    MAKE_PICTURES,
    SLOW_PICTURES,
    expect_question,
    expect_told,
    held,
    next_of,
)
from tests.factories import hazards as made
from tests.world import World
from units.files import read_bytes
from units.models import Photo

Open = Callable[..., Page]


def file(name: str, content: bytes) -> dict[str, object]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


def url(name: str, hazard: Hazard) -> str:
    return reverse(f"hazards:{name}", args=[hazard.code])


@pytest.fixture
def ordered(committed_world: World) -> Hazard:
    return made.hazard(
        committed_world.lift,
        state="pending_rectification",
        director=committed_world.wang,
        found_at=timezone.now() - timedelta(days=1),
    )


def test_the_director_orders_with_a_quick_date(
    committed_world: World, open_as: Open, live_server: object
) -> None:
    hazard = made.hazard(committed_world.lift)
    page = open_as(committed_world.wang.user)
    page.goto(live_server.url + reverse("hazards:field-list"))
    page.get_by_text(hazard.description).click()
    page.get_by_role("link", name="下达整改措施").click()
    quick = page.get_by_role("button", name="3天")
    quick.click()
    expect(quick).to_have_attribute("aria-pressed", "true")
    page.get_by_label("整改措施").fill("停梯，更换门锁。")
    page.get_by_role("button", name="下达整改措施").click()
    expect(page.get_by_text("已下达整改措施。")).to_be_visible()
    hazard.refresh_from_db()
    assert (hazard.state, hazard.measures, hazard.due_on) == (
        "pending_rectification",
        "停梯，更换门锁。",
        local_day(timezone.now()) + timedelta(days=3),
    )


def test_the_officer_adds_photos_tile_by_tile(
    committed_world: World, open_as: Open, live_server: object, ordered: Hazard
) -> None:
    page = open_as(committed_world.li.user)
    page.goto(live_server.url + url("rectify", ordered))
    tiles = page.locator("[data-photo-slot]:visible")
    expect(tiles).to_have_count(1)
    large = made.jpeg("green", (3200, 2000))
    page.locator("#id_photo_1").set_input_files(file("大图.jpg", large))
    expect(tiles).to_have_count(2)
    expect(page.locator(".hz-slot__preview")).to_have_count(1)
    # Something that is no picture: it says so, and the good photo stays.
    page.locator("#id_photo_2").set_input_files(file("说明.jpg", b"no picture"))
    expect(page.get_by_text("已选择 说明.jpg")).to_be_visible()
    page.get_by_label("整改结果").fill("已更换门锁")
    page.get_by_role("button", name="确认完成整改").click()
    expect(page.get_by_text("这个文件不是照片").first).to_be_visible()
    expect(page.locator(".hz-kept__item img")).to_have_count(1)
    expect(page.get_by_label("整改结果")).to_have_value("已更换门锁")
    stored = Photo.objects.get()
    # Made smaller on the phone before it was sent.
    with Image.open(io.BytesIO(read_bytes(stored.original))) as received:
        assert received.size == (1600, 1000)

    page.locator("#id_photo_1").set_input_files(file("第二张.jpg", made.jpeg("blue")))
    page.get_by_role("button", name="确认完成整改").click()
    expect(page.get_by_text("已确认完成整改。")).to_be_visible()
    ordered.refresh_from_db()
    assert (ordered.state, ordered.result) == ("rectified", "已更换门锁")
    assert HazardPhoto.objects.filter(hazard=ordered, stage="rectified").count() == 2
    assert (
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        == 0
    )


def test_a_chosen_photo_is_not_left_behind(
    committed_world: World, open_as: Open, ordered: Hazard
) -> None:
    page = open_as(committed_world.li.user)
    page.goto(url("rectify", ordered))
    page.evaluate(SLOW_PICTURES)
    large = made.jpeg("green", (3200, 2000))
    page.locator("#id_photo_1").set_input_files(file("大图.jpg", large))
    with expect_question(page):
        page.locator(".sz-bar__left a").tap()
    page.get_by_label("整改结果").fill("已更换门锁")
    button = page.get_by_role("button", name="确认完成整改")
    page.route("**/rectify/", lambda route: route.fulfill(status=502, body="<h1>502</h1>"))
    button.tap()  # waits until it is smaller, and says so
    expect(button).to_have_attribute("aria-busy", "true")
    expect_told(page, "正在提交，请不要离开本页。")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.evaluate(MAKE_PICTURES)
    expect(page.get_by_role("alert")).to_have_text(
        "没有提交成功，请稍后重试。已填写的内容还在本页。"
    )
    page.unroute("**/rectify/")
    page.context.set_offline(True)
    button.tap()
    expect(page.get_by_role("alert")).to_contain_text("网络中断，尚未提交，请重试。")
    page.context.set_offline(False)
    button.tap()
    expect(page.get_by_text("已确认完成整改。")).to_be_visible()
    photo = HazardPhoto.objects.get(hazard=ordered, stage="rectified").photo
    assert (photo.width, photo.height) == (1600, 1000)


# A second tap while the next page is on its way, then the page comes back as after Back.
TAP_AGAIN = """() => {
  const form = document.getElementById("hazard-form");
  const held = () => [...form.elements].filter((one) => one.disabled).length;
  const send = window.fetch;
  window.fetch = async (...given) => {
    const answer = await send(...given);
    setTimeout(() => {
      const before = held();
      form.requestSubmit();
      window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
      console.info(`${before > 0} ${held() > 0}`);
    }, 50);
    return answer;
  };
}"""


def test_what_is_done_is_not_sent_again_while_its_page_is_left(
    committed_world: World, open_as: Open, ordered: Hazard
) -> None:
    page = open_as(committed_world.li.user)
    page.goto(url("rectify", ordered))
    page.locator("#id_photo_1").set_input_files(file("门锁.jpg", made.jpeg("green")))
    page.get_by_label("整改结果").fill("已更换门锁")
    page.evaluate(TAP_AGAIN)
    posts: list[str] = []
    told: list[str] = []  # a page that is being left answers no question
    page.on("console", lambda one: told.append(one.text) if one.type == "info" else None)
    page.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    sent, done = held(page, "**/rectify/"), held(page, f"**{url('field-detail', ordered)}")
    page.get_by_role("button", name="确认完成整改").tap()
    one = next_of(sent, page)
    # Another picture would come too late to go along.
    expect(page.locator("#id_photo_2")).to_be_disabled()
    one.continue_()
    one = next_of(done, page)
    assert next_of(told, page) == "true false"
    assert len(posts) == 1
    one.continue_()
    expect(page.get_by_text("已确认完成整改。")).to_be_visible()


def test_it_works_without_javascript(
    committed_world: World, open_as: Open, live_server: object, ordered: Hazard
) -> None:
    page = open_as(committed_world.li.user, javascript=False)
    page.goto(live_server.url + url("rectify", ordered))
    expect(page.locator("[data-photo-slot]:visible")).to_have_count(4)
    buffer = io.BytesIO()
    Image.new("RGB", (320, 240), "red").save(buffer, "JPEG")
    page.locator("#id_photo_2").set_input_files(file("照片.jpg", buffer.getvalue()))
    page.get_by_role("button", name="确认完成整改").click()
    expect(page.get_by_text("请填写整改结果。").first).to_be_visible()
    page.get_by_label("整改结果").fill("已更换门锁")
    page.get_by_role("button", name="确认完成整改").click()
    expect(page.get_by_text("已确认完成整改。")).to_be_visible()
    assert HazardPhoto.objects.get(hazard=ordered).photo == Photo.objects.get()
