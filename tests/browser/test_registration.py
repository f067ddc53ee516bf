"""单位注册 in a real browser, from the entrance to the account (F1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.factories import units as people
from tests.world import World
from units.actions import registration as actions
from units.models import Registration

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "Zhuce-2026-ok"


def test_a_unit_registers_and_signs_in(
    committed_world: World, open_as: Callable[..., Page], settings: Any
) -> None:
    settings.SMS_SHOW_CODE_ON_PAGE = True
    page = open_as()
    page.goto("/sign-in/")
    page.locator("nav").get_by_role("link", name="单位注册").click()
    page.get_by_label("单位名称").fill("渝中新城物业有限公司")
    page.get_by_label("统一社会信用代码").fill(people.credit_code(7201))
    page.get_by_label("使用单位").check()
    page.get_by_label("省份").select_option("陕西省")
    page.get_by_label("城市").select_option("西安市")
    expect(page.get_by_label("所在区县").locator("option")).to_have_count(14)
    page.get_by_label("省份").select_option("重庆市")
    expect(page.get_by_label("城市")).to_be_hidden()
    page.get_by_label("所在区县").select_option("渝中区")
    page.get_by_label("地址").fill("民权路9号")
    page.get_by_label("联系人", exact=False).first.fill("㛃𬭚")
    page.get_by_label("联系人手机号").fill("139 1234 5678")
    page.get_by_label("账号").fill("xincheng")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=repeat]").fill("another")
    page.get_by_role("button", name="下一步：验证手机").click()
    expect(page.get_by_text("两次填写的密码不一致。")).to_be_visible()
    expect(page.get_by_label("所在区县")).to_have_value("500103")
    expect(page.get_by_label("省份")).to_have_value("重庆市")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=repeat]").fill(PASSWORD)
    page.get_by_role("button", name="下一步：验证手机").click()
    page.get_by_label("验证码").fill(page.locator("[data-demo-code]").inner_text())
    page.get_by_role("button", name="提交注册申请").click()
    expect(page.get_by_text("待审核")).to_be_visible()
    made = Registration.objects.get()
    regulator = committed_world.actor(committed_world.regulator)
    actions.approve(made, actor=regulator, now=timezone.now())
    page.reload()
    page.get_by_role("link", name="用账号 xincheng 登录").click()
    page.get_by_label("账号").fill("xincheng")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.goto("/profile/")
    expect(page.get_by_text("渝中新城物业有限公司").first).to_be_visible()
