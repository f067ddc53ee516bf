"""Files of a refused form in a real browser: in the drawer, and a signature taken on paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from config.clock import local_day
from equipment.models import Declaration
from tests.browser.conftest import session_cookie
from tests.browser.slow_line import held, next_of
from tests.factories import duty_reports, pictures
from tests.world import World
from units.models import CarriedFile, Department, Signature

OpenAs = Callable[..., Page]


def picture(name: str, colour: str = "#c03020") -> dict[str, Any]:
    return {
        "name": name,
        "mimeType": "image/jpeg",
        "buffer": pictures.jpeg(900, 600, colour=colour),
    }


def test_the_drawer_keeps_a_paper(committed_world: World, open_as: OpenAs) -> None:
    page = open_as(committed_world.jia_admin, phone=False)
    page.goto(reverse("equipment:detail", args=[committed_world.lift.code]))
    page.locator(
        f'a[data-drawer][href^="/equipment/{committed_world.lift.code}/declare/"]'
    ).first.click()
    drawer = page.locator("#sz-drawer")
    drawer.get_by_label("证明材料").set_input_files(picture("停用回执.jpg"))
    drawer.get_by_role("button", name="提交申报").click()
    expect(drawer.locator(".sz-aside__item")).to_contain_text("停用回执.jpg")
    shown = drawer.locator("img.sz-aside__picture")
    expect(shown).to_have_js_property("naturalWidth", 160)
    drawer.get_by_label("原因").fill("大修")
    drawer.get_by_role("button", name="提交申报").click()
    expect(page.locator(".sz-alert--success")).to_contain_text("已申报")
    made = Declaration.objects.get()
    assert (made.file.original_name, CarriedFile.objects.count()) == ("停用回执.jpg", 0)


def test_the_drawer_keeps_a_paper_until_it_has_arrived(
    committed_world: World, open_as: OpenAs
) -> None:
    """A server that fails, a session that ended, a drawer closed before the answer came."""
    page = open_as(committed_world.jia_admin, phone=False)
    page.goto(reverse("equipment:detail", args=[committed_world.lift.code]))
    way = reverse("equipment:declare", args=[committed_world.lift.code])
    page.locator(f'a[data-drawer][href^="{way}"]').first.click()
    drawer = page.locator("#sz-drawer")
    send = drawer.get_by_role("button", name="提交申报")
    drawer.get_by_label("证明材料").set_input_files(picture("停用回执.jpg"))
    page.route(f"**{way}", lambda route: route.fulfill(status=502, body="<h1>502</h1>"))
    send.click()
    told = drawer.locator("[data-unsent]")
    expect(told).to_have_text("没有提交成功，请稍后重试。已填写的内容还在本页。")
    page.unroute(f"**{way}")
    cookies = page.context.cookies()
    page.context.clear_cookies()
    send.click()
    expect(told).to_contain_text("登录已过期，尚未提交。")
    # Signing in again changes the CSRF cookie, too.
    page.context.add_cookies([one for one in cookies if "csrf" not in one["name"]])
    sent = held(page, f"**{way}")
    send.click()
    one = next_of(sent, page)
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    one.continue_()
    expect(drawer.locator(".sz-aside__item")).to_contain_text("停用回执.jpg")
    page.unroute(f"**{way}")
    drawer.get_by_label("原因").fill("大修")
    send.click()
    expect(page.locator(".sz-alert--success")).to_contain_text("已申报")
    assert Declaration.objects.get().file.original_name == "停用回执.jpg"


def test_a_drawer_sends_nothing_in_the_name_of_somebody_else(
    committed_world: World, open_as: OpenAs, live_server: object
) -> None:
    """Another account signed in meanwhile, in another tab of the same browser."""
    page = open_as(committed_world.jia_admin, phone=False)
    page.goto(reverse("units:department-list"))
    page.get_by_role("link", name="新增部门").first.click()
    drawer = page.locator("#sz-drawer")
    drawer.get_by_label("部门名称").fill("工程部")
    page.context.clear_cookies()
    theirs = session_cookie(committed_world.yi_admin)
    page.context.add_cookies([{**theirs, "url": live_server.url}])
    drawer.get_by_role("button", name="提交").click()
    expect(drawer.locator("[data-unsent]")).to_contain_text("请重新登录原来的账号后再提交")
    expect(drawer.get_by_label("部门名称")).to_have_value("工程部")
    assert not Department.objects.exists()


def test_a_signature_on_paper_stays_and_can_be_taken_away(
    committed_world: World, open_as: OpenAs
) -> None:
    day = local_day(timezone.now())
    task = duty_reports.weekly_task(committed_world.jia, committed_world.wang, day=day)
    page = open_as(committed_world.wang.user)
    page.goto(reverse("duties:report-write", args=[task.code]))
    page.locator("details[data-signature-other] summary").click()
    page.get_by_label("签名照片").set_input_files(picture("签名.jpg"))
    page.get_by_label("下周工作重点").fill("照常")
    page.get_by_role("button", name="保存", exact=True).click()
    kept = page.locator(".sz-aside__item")
    expect(kept).to_contain_text("签名.jpg")  # the fold stands open
    page.get_by_label("安全风险可控，无较大安全风险隐患").check()
    page.get_by_label("移除 签名.jpg").check()
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#id_signature_error")).to_contain_text("签名为空")
    expect(kept).to_have_count(0)
    page.locator("details[data-signature-other] summary").click()
    page.get_by_label("签名照片").set_input_files(picture("新签名.jpg"))
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator(".sz-alert--success")).to_contain_text("周报告已保存")
    assert Signature.objects.get().photo.original.original_name == "新签名.jpg"
