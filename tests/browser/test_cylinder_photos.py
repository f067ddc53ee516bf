"""Photographs of cylinders in a real browser: one by one on the phone, and a folder matched by name;
both cut off in the middle and gone on with."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from cylinders.models import BatchItem, ItemPhoto
from tests.browser.slow_line import MAKE_PICTURES, SLOW_PICTURES, expect_question, held, next_of
from tests.browser.test_inspection import file
from tests.factories import cylinders, pictures
from tests.world import World

OpenAs = Callable[..., Page]


def test_a_folder_goes_on_after_a_reload(
    committed_world: World, open_as: OpenAs, tmp_path: Path
) -> None:
    batch = cylinders.batch(committed_world.jia)
    folder = tmp_path / "照片"
    folder.mkdir()
    for number in (1, 2, 3):
        cylinders.item(batch, product_no=f"LB-{number:04d}")
        for word, colour in (("钢印", "c03020"), ("监检证书", "2030c0")):
            picture = pictures.jpeg(64 + number, 48, f"#{colour}")
            (folder / f"LB-{number:04d}-{word}.jpg").write_bytes(picture)
    page = open_as(committed_world.jia_admin, phone=False)
    page.on("dialog", lambda dialog: dialog.accept())
    sent: list[str] = []
    most = [2]

    def let_some_through(route: Route) -> None:
        sent.append(route.request.url)
        if len(sent) <= most[0]:
            route.continue_()

    def choose_and_start() -> None:
        page.locator("#folder_input").set_input_files(folder)
        page.get_by_role("button", name="开始上传 6 张").click()

    count = page.locator("[data-count]")
    page.route("**/items/*/photos/", let_some_through)
    page.goto(f"/cylinders/applications/{batch.code}/photos/")
    choose_and_start()
    expect(page.locator("[data-count=done]")).to_have_text("2")
    page.reload()
    most[0] = 99
    choose_and_start()
    expect(page.locator("[data-run-word]")).to_have_text("全部 6 张照片都已上传。")
    assert count.all_inner_texts() == ["0", "4", "2", "0", "0"]
    rows = ItemPhoto.objects.values_list("item__product_no", "kind", "file_name", "is_live")
    assert sorted(rows) == [
        (f"LB-{number:04d}", kind, f"LB-{number:04d}-{word}.jpg", True)
        for number in (1, 2, 3)
        for kind, word in (("certificate", "监检证书"), ("stamp", "钢印"))
    ]
    page.get_by_role("link", name="返回气瓶清单").click()
    expect(page.get_by_role("link", name="信息与照片").first).to_be_visible()


def phone_page(item: BatchItem) -> str:
    return reverse("cylinders:field-item", args=[item.batch.code, item.code])


def kinds_of(item: BatchItem) -> list[str]:
    return sorted(item.photos.filter(is_live=True).values_list("kind", flat=True))


def test_two_pictures_at_once_wait_for_each_other(committed_world: World, open_as: OpenAs) -> None:
    item = cylinders.item(cylinders.batch(committed_world.jia))
    page = open_as(committed_world.li.user)
    page.goto(phone_page(item))
    sent = held(page, "**/items/*/photos/")
    page.locator("#photo_stamp").set_input_files(file("钢印.jpg", pictures.jpeg()))
    stamp = next_of(sent, page)
    page.evaluate(SLOW_PICTURES)
    page.locator("#photo_certificate").set_input_files(file("证书.jpg", pictures.jpeg(500)))
    # Another picture for the same tile would be dropped, so none can be chosen.
    expect(page.locator("#photo_certificate")).to_be_disabled()
    with expect_question(page):
        page.locator(".sz-bar__left a").tap()
    stamp.continue_()
    page.evaluate(MAKE_PICTURES)
    expect(page.get_by_text("已上传，刷新页面后显示。")).to_be_visible()
    next_of(sent, page).continue_()
    expect(page.locator(".ph-one")).to_have_count(2)
    assert kinds_of(item) == ["certificate", "stamp"]
    page.locator(".sz-bar__left a").tap()  # nothing is on its way: nobody is asked
    expect(page).to_have_url(re.compile(rf"/m/cylinders/{item.batch.code}/$"))


def test_a_picture_stays_until_it_has_arrived(
    committed_world: World, open_as: OpenAs, tmp_path: Path
) -> None:
    """Chosen before the script was there; then a server that fails, and a session that ended."""
    item = cylinders.item(cylinders.batch(committed_world.jia))
    page = open_as(committed_world.li.user)
    script = held(page, "**/cylinder-photos*.js")
    page.goto(phone_page(item), wait_until="commit")
    page.route("**/items/*/photos/", lambda route: route.fulfill(status=502, body="<h1>502</h1>"))
    page.locator("#photo_stamp").set_input_files(file("钢印.jpg", pictures.jpeg()))
    next_of(script, page).continue_()
    page.unroute("**/cylinder-photos*.js")
    told = page.locator("[data-photo-error]:visible")
    expect(told).to_have_text("照片没有上传成功，请重试。")
    with expect_question(page):
        page.locator(".sz-bar__left a").tap()
    page.unroute("**/items/*/photos/")
    cookies = page.context.cookies()
    page.context.clear_cookies()
    again = page.get_by_role("button", name="重新上传")
    again.tap()
    expect(told).to_have_text("登录已失效，请重新登录后再上传。")
    # Signing in again changes the CSRF cookie, too.
    page.context.add_cookies([one for one in cookies if "csrf" not in one["name"]])
    again.tap()
    expect(page.locator(".ph-one")).to_have_count(1)
    assert kinds_of(item) == ["stamp"]
    # A file that changes after it was chosen cannot be read any more.
    page.route("**/items/*/photos/", lambda route: route.fulfill(status=502, body="<h1>502</h1>"))
    picture = tmp_path / "证书.jpg"
    picture.write_bytes(pictures.jpeg(500))
    page.locator("#photo_certificate").set_input_files(picture)
    expect(told).to_have_text("照片没有上传成功，请重试。")
    picture.write_bytes(pictures.jpeg(400))
    again.tap()
    expect(told).to_have_text("照片读取不出来，请重新拍摄或选择。")


def test_nothing_that_is_chosen_in_bulk_is_dropped(
    committed_world: World, open_as: OpenAs, tmp_path: Path
) -> None:
    """Chosen before the script was there, while others are sent, and under a name already known."""
    item = cylinders.item(cylinders.batch(committed_world.jia), product_no="LB-0001")
    page = open_as(committed_world.jia_admin, phone=False)
    script = held(page, "**/cylinder-folder*.js")
    page.goto(reverse("cylinders:photo-upload", args=[item.batch.code]), wait_until="commit")
    chooser = page.locator("#files_input")
    chooser.set_input_files(file("LB-0001-钢印.jpg", pictures.jpeg()))
    next_of(script, page).continue_()
    sent = held(page, "**/items/*/photos/")
    page.get_by_role("button", name="开始上传 1 张").click()
    one = next_of(sent, page)
    expect(chooser).to_be_disabled()
    one.continue_()
    said = page.locator("[data-run-word]")
    expect(said).to_have_text("全部 1 张照片都已上传。")
    chooser.set_input_files(file("LB-0001-钢印.jpg", pictures.jpeg(500)))
    page.get_by_role("button", name="继续上传 1 张").click()
    next_of(sent, page).continue_()
    expect(said).to_have_text("全部 2 张照片都已上传。")
    assert kinds_of(item) == ["stamp", "stamp"]
    # A file that changes after it was chosen cannot be read any more.
    picture = tmp_path / "LB-0001-监检证书.jpg"
    picture.write_bytes(pictures.jpeg(400))
    chooser.set_input_files(picture)
    expect(page.get_by_role("button", name="继续上传 1 张")).to_be_visible()
    picture.write_bytes(pictures.jpeg(300))
    page.get_by_role("button", name="继续上传 1 张").click()
    expect(page.locator("[data-row-why]")).to_contain_text("文件读取不出来，请重新选择。")
    chooser.set_input_files(picture)
    page.get_by_role("button", name="继续上传 1 张").click()
    next_of(sent, page).continue_()
    expect(said).to_have_text("全部 3 张照片都已上传。")

    archive = held(page, "**/photos/")
    page.locator("#id_archive").set_input_files(
        {"name": "照片.zip", "mimeType": "application/zip", "buffer": b"no archive"}
    )
    page.get_by_role("button", name="上传压缩包").click()
    one = next_of(archive, page)
    with expect_question(page):
        page.get_by_role("link", name="使用登记申请").last.click()
    one.continue_()
    expect(page.locator("[data-zip-error]")).to_be_visible()
