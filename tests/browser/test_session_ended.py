"""A form that is sent after its session ended, was renewed elsewhere, or became another person's."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.slow_line import held, next_of
from tests.world import World
from units.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_was_typed_is_sent_after_a_new_sign_in(
    committed_world: World, open_as: Callable[..., Page]
) -> None:
    page = open_as(committed_world.jia_admin, phone=False)
    other = open_as(committed_world.yi_admin, phone=False)
    page.goto("/help/")
    kept = page.context.cookies()
    page.get_by_label("问题描述").fill("导入的设备看不到")
    send = page.get_by_role("button", name="提交问题")

    page.context.clear_cookies()
    send.click()
    said = page.locator("[data-unsent]")
    expect(said).to_have_text(
        "登录已过期，尚未提交。请在另一个页面用原来的账号重新登录后再提交，已填写的内容还在本页。"
    )
    other.goto("/help/")  # who has been on a page has a token, too
    page.context.add_cookies(other.context.cookies())
    send.click()
    expect(said).to_contain_text("现在登录的是另一个账号，尚未提交。")
    expect(page.get_by_label("问题描述")).to_have_value("导入的设备看不到")

    page.context.add_cookies([one for one in kept if "csrf" not in one["name"]])
    send.click()
    expect(page.get_by_text("问题已提交，编号")).to_be_visible()
    ticket = Ticket.objects.get()
    assert (ticket.unit, "导入的设备看不到" in str(vars(ticket))) == (committed_world.jia, True)


def test_a_page_that_stood_open_for_long_asks_before_it_sends(
    committed_world: World, open_as: Callable[..., Page]
) -> None:
    page = open_as(committed_world.jia_admin, phone=False)
    page.clock.install()
    page.goto("/help/")
    page.get_by_label("问题描述").fill("码怎么贴")
    session = [one for one in page.context.cookies() if "session" in one["name"]]
    page.context.clear_cookies(name=session[0]["name"])
    page.clock.fast_forward(11 * 60_000)
    page.get_by_role("button", name="提交问题").click()
    expect(page.locator("[data-unsent]")).to_contain_text("登录已过期，尚未提交。")
    page.context.add_cookies(session)
    page.get_by_role("button", name="提交问题").click()
    expect(page.get_by_text("问题已提交，编号")).to_be_visible()


def test_a_page_without_anything_typed_goes_to_the_entrance(
    committed_world: World, open_as: Callable[..., Page]
) -> None:
    page = open_as(committed_world.li.user)
    page.goto("/m/me/")
    page.context.clear_cookies()
    page.get_by_role("button", name="退出登录").tap()
    page.wait_for_url("**/m/sign-in/?next=%2Fm%2Fme%2F")


def test_without_a_line_a_form_stays(committed_world: World, open_as: Callable[..., Page]) -> None:
    page = open_as(committed_world.li.user)
    page.clock.install()
    page.goto("/m/me/")
    page.clock.fast_forward(11 * 60_000)
    page.context.set_offline(True)
    page.get_by_role("button", name="退出登录").tap()
    expect(page.locator("[data-unsent]")).to_have_text(
        "网络中断，尚未提交，请重试。已填写的内容还在本页。"
    )
    page.context.set_offline(False)
    page.get_by_role("button", name="退出登录").tap()
    page.wait_for_url("**/m/sign-in/")


def test_two_taps_while_it_asks_are_one_form(
    committed_world: World, open_as: Callable[..., Page]
) -> None:
    page = open_as(committed_world.jia_admin, phone=False)
    page.clock.install()
    page.goto("/departments/")
    page.get_by_role("link", name="新增部门").first.click()
    drawer = page.locator("#sz-drawer")
    drawer.get_by_label("部门名称").fill("工程部")
    page.clock.fast_forward(11 * 60_000)
    posts: list[str] = []
    page.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    asked = held(page, re.compile(r"^https?://[^/]+/$"))
    drawer.get_by_role("button", name="提交").dblclick()
    routes = [next_of(asked, page)]
    page.wait_for_timeout(200)
    for route in routes + asked:
        route.continue_()
    expect(page.get_by_text("工程部").first).to_be_visible()
    page.wait_for_timeout(500)
    assert len(posts) == 1
