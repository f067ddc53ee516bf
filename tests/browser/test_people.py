"""People in a real browser: the code's countdown, two steps without JavaScript, filtering, 注销."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.world import World
from units.models import Appointment, Staff

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def demo(settings: Any) -> None:
    """Codes stand on the page, as in the embedded demo."""
    settings.SMS_SHOW_CODE_ON_PAGE = True


def ask_for_code(page: Page, phone: str) -> None:
    page.goto("/m/sign-in/")
    page.get_by_label("手机号").fill(phone)
    page.get_by_role("button", name="获取验证码").click()


def test_an_officer_signs_in_by_code(
    committed_world: World, open_as: Callable[..., Page], demo: None
) -> None:
    page = open_as()
    ask_for_code(page, "138 0000 0001")
    resend = page.locator("[data-countdown]")
    expect(resend).to_be_disabled()
    expect(resend).to_contain_text("秒后可重新获取验证码")
    page.get_by_label("验证码").fill("12")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_text("验证码为 6 位数字，请核对。")).to_be_visible()
    page.get_by_label("验证码").fill(page.locator("[data-demo-code]").inner_text())
    page.get_by_role("button", name="登录", exact=True).click()
    page.goto("/m/me/")
    expect(page.get_by_text("13800000001")).to_be_visible()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/m/sign-in/")
    page.goto("/m/me/")
    page.wait_for_url("**/m/sign-in/?next=%2Fm%2Fme%2F")


def test_the_countdown_ends(
    committed_world: World, open_as: Callable[..., Page], demo: None
) -> None:
    page = open_as()
    page.clock.install()
    ask_for_code(page, "13800000001")
    resend = page.locator("[data-countdown]")
    expect(resend).to_be_disabled()
    page.clock.fast_forward(61_000)
    expect(resend).to_be_enabled()
    expect(resend).to_have_text("重新获取验证码")


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize("phone", [True, False])
def test_a_person_is_registered_in_two_steps(
    committed_world: World, open_as: Callable[..., Page], javascript: bool, phone: bool
) -> None:
    page = open_as(committed_world.jia_admin, phone=phone, javascript=javascript)
    page.goto("/staff/")
    page.get_by_role("link", name="新增人员").click()
    page.locator("[name=identities][value=safety_officer]").check()
    page.locator("li", has=page.locator("[value=safety_officer]")).locator("summary").click()
    page.locator("[name=scope_safety_officer][value=lift]").check()
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_text("安全员（电梯）")).to_be_visible()
    page.get_by_label("姓名").fill("㛃𬭚")
    page.get_by_label("手机号").fill("13800000001")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("该手机号已登记在本单位的李安名下。")).to_be_visible()
    page.get_by_role("button", name="上一步").click()
    expect(page.locator("[name=identities][value=safety_officer]")).to_be_checked()
    page.locator("[name=identities][value=principal]").check()
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_label("姓名")).to_have_value("㛃𬭚")
    page.get_by_label("手机号").fill("１３９００００００77")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", name="㛃𬭚")).to_be_visible()
    staff = Staff.objects.select_related("user").get(name="㛃𬭚")
    posts = Appointment.objects.filter(staff=staff).order_by("role_slot")
    assert staff.user.phone == "13900000077"
    assert [(post.role, post.categories) for post in posts] == [
        ("principal", []),
        ("safety_officer", ["lift"]),
    ]


def test_filtering_keeps_the_page_and_goes_into_the_address(
    committed_world: World, open_as: Callable[..., Page]
) -> None:
    page = open_as(committed_world.jia_admin, phone=False)
    page.goto("/staff/")
    page.get_by_label("身份").select_option("principal")
    expect(page.locator("#staff-rows tbody tr")).to_have_count(1)
    expect(page.locator("#staff-rows")).to_contain_text("陈责")
    assert "role=principal" in page.url
    page.reload()
    expect(page.locator("#staff-rows tbody tr")).to_have_count(1)


def test_somebody_is_deregistered_after_being_asked(
    committed_world: World, open_as: Callable[..., Page]
) -> None:
    page = open_as(committed_world.jia_admin, phone=False)
    page.goto(f"/staff/{committed_world.li.code}/deregister/")
    page.get_by_label("移交给").select_option(committed_world.zhang.code)
    page.get_by_label("离职").check()
    page.locator("main").get_by_role("button", name="注销").click()
    page.get_by_role("dialog").get_by_role("button", name="注销").click()
    expect(page.get_by_text("已注销：李安。")).to_be_visible()
    committed_world.lift.refresh_from_db()
    assert committed_world.lift.officer == committed_world.zhang
