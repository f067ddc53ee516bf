"""The steps of the main-job test: what people do on the pages, by the words they see there."""

from __future__ import annotations

import io
import re
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page, expect


def photo_file(folder: Path, name: str, colour: str) -> Path:
    """A JPEG as a phone makes it."""
    image = Image.new("RGB", (1600, 1200), "#8a9199")
    ImageDraw.Draw(image).rectangle((300, 300, 1200, 900), fill=colour)
    path = folder / name
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    path.write_bytes(buffer.getvalue())
    return path


def sign_in_with_password(page: Page, account: str, password: str) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile(r"/sign-in/"))
    page.get_by_label("账号").fill(account)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="统计分析")).to_be_visible()


def sign_in_by_phone(page: Page, number: str) -> None:
    page.goto("/m/sign-in/")
    page.get_by_label("手机号").fill(number)
    page.get_by_role("button", name="获取验证码").click()
    code = page.locator("[data-demo-code]").inner_text()
    page.get_by_label("验证码", exact=False).first.fill(code)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page).to_have_url(re.compile(r"/m/$"))


def add_person(page: Page, identity: str, name: str, phone: str) -> None:
    page.goto("/staff/")
    page.get_by_role("link", name="新增人员").first.click()
    page.locator(".sz-roles__head").filter(
        has=page.locator("strong", has_text=re.compile(f"^{identity}$"))
    ).click()
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("姓名").fill(name)
    page.get_by_label("手机号").fill(phone)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text(name).first).to_be_visible()


def add_machine(page: Page, *, catalogue: str, name: str, code: str, place: str) -> None:
    page.goto("/equipment/")
    page.get_by_role("link", name="新增设备").first.click()
    page.locator("select[name=catalogue]").select_option(catalogue)
    page.locator("input[name=name]").fill(name)
    page.locator("input[name=equipment_code]").fill(code)
    page.locator("input[name=place]").fill(place)
    page.locator("input[name=next_inspection_on]").fill("2027-06-30")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text(name).first).to_be_visible()


def bind_all(page: Page, officer: str) -> None:
    """档案管理: tick every machine, 批量修改, pick the officer in the drawer, 提交 (F27)."""
    page.goto("/equipment/")
    for box in page.locator("[data-select-row]").all():
        box.check()
    page.get_by_role("button", name=re.compile("批量修改")).first.click()
    drawer = page.locator("dialog[open], [data-drawer]").last
    chosen = drawer.locator("option", has_text=officer).first.get_attribute("value")
    drawer.locator("select").first.select_option(chosen)
    drawer.get_by_role("button", name="提交").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("main table").get_by_text(officer).first).to_be_visible()


def draw_signature(page: Page) -> None:
    page.get_by_role("button", name=re.compile("点此签名")).click()
    canvas = page.locator("[data-signature-canvas]")
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    for start, end in (((0.2, 0.3), (0.8, 0.6)), ((0.5, 0.2), (0.45, 0.8))):
        page.mouse.move(box["x"] + box["width"] * start[0], box["y"] + box["height"] * start[1])
        page.mouse.down()
        page.mouse.move(
            box["x"] + box["width"] * end[0], box["y"] + box["height"] * end[1], steps=12
        )
        page.mouse.up()
    page.get_by_role("button", name="确定").click()


def step(page: Page) -> Locator:
    """The one item on the screen."""
    return page.locator(".insp-step:visible")


def next_step(page: Page) -> None:
    page.locator("[data-next]").tap()


def inspect(page: Page, machine: str, *, failing: int, photo: Path, at_once: str = "") -> None:
    """7. From 我的待办 to the record: one failing item, everything else 合格."""
    page.goto("/m/")
    page.get_by_role("link", name=re.compile("日管控")).first.click()
    expect(page.get_by_text("设备巡查").first).to_be_visible()
    page.get_by_role("link", name=re.compile(machine)).first.click()
    page.get_by_role("link", name=re.compile("开始巡查")).click()
    step(page).get_by_role("radio", name=re.compile("在用")).tap()
    next_step(page)
    total = page.locator(".insp-step[data-key]").count() - 1
    for number in range(1, total + 1):
        expect(step(page)).to_contain_text(f"第 {number} 项")
        if number == failing:
            _fail(page, photo, at_once)
        else:
            step(page).get_by_role("radio", name="合格", exact=True).tap()
        last = number == total
        expect(page.locator("[data-next]")).to_have_text("完成" if last else "下一项")
        next_step(page)
    expect(page.get_by_role("heading", name="答题卡")).to_be_visible()
    # The number grid leads back to an item and from there again to the grid.
    page.locator(".insp-num").nth(failing - 1).click()
    expect(step(page)).to_contain_text(f"第 {failing} 项")
    page.get_by_role("link", name="答题卡").click()
    page.get_by_role("button", name="立即提交").click()
    expect(page.get_by_role("heading", name=re.compile("核对"))).to_be_visible()
    draw_signature(page)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page).to_have_url(re.compile(r"/m/records/"))


def _fail(page: Page, photo: Path, at_once: str) -> None:
    item = step(page)
    item.get_by_role("radio", name="不合格", exact=True).tap()
    expect(item.get_by_text("风险隐患")).to_be_visible()
    item.locator("[data-photo-input]").set_input_files(photo)
    expect(item.locator(".insp-photo[data-photo] img")).to_be_visible()
    if at_once:
        item.get_by_role("radio", name=re.compile("立即处理")).tap()
        item.get_by_label("处理结果").fill(at_once)
    else:
        item.get_by_role("radio", name=re.compile("待处理")).tap()
