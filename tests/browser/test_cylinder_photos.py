"""A folder of photographs in a real browser: matched by name, cut off in the middle, gone on with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from cylinders.models import ItemPhoto
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
