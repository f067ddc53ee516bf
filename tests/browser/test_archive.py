"""The archive in a real browser: ticking rows, the officer drawer, the catalogue picker; also
without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from equipment.models import Equipment
from tests.browser.slow_line import held, next_of
from tests.factories import equipment as machines
from tests.factories import units as people
from tests.world import World

OpenAs = Callable[..., Page]


def officers() -> dict[str, str]:
    rows = Equipment.objects.filter(unit__name__startswith="甲").select_related("officer")
    return {row.name: row.officer.name if row.officer else "" for row in rows}


def test_the_drawer_shows_what_changes_and_carries_it_out(
    committed_world: World, open_as: OpenAs
) -> None:
    people.staff(committed_world.jia, "何梯", ("safety_officer", ["lift"]))
    page = open_as(committed_world.jia_admin, phone=False)
    page.goto("/equipment/?status=in_use")
    expect(page.get_by_role("button", name="批量修改")).to_be_disabled()
    for name in ("1号客梯", "4号客梯", "2号行车"):
        page.get_by_label(f"选择{name}").check()
    expect(page.locator("[data-select-bar]")).to_contain_text("已勾选 3 台")
    page.get_by_role("button", name="批量修改").click()

    drawer = page.locator("#sz-drawer")
    expect(drawer).to_contain_text("已选 3 台设备")
    drawer.get_by_label("安全员").select_option(label="何梯（分管：电梯；已绑定 0 台）")
    expect(drawer.locator("tr", has_text="1号客梯")).to_contain_text("李安→何梯")
    expect(drawer.locator("tr", has_text="2号行车")).to_contain_text("起重机械不在分管范围内")
    expect(drawer.locator(".eq-effects")).to_contain_text(
        "不能绑定：1 台（起重机械不在分管范围内）"
    )
    expect(drawer.get_by_role("button", name="只修改合适的 2 台")).to_be_visible()
    expect(drawer.get_by_role("button", name="提交", exact=True)).to_have_count(0)
    assert officers()["1号客梯"] == "李安"

    drawer.get_by_label("安全员").select_option(label="张全（分管：全部类别；已绑定 1 台）")
    expect(drawer.locator("tr", has_text="2号行车")).to_contain_text("李安→张全")
    drawer.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator(".sz-alert--success")).to_contain_text("已将 3 台设备绑定给张全")
    assert page.url.endswith("/equipment/?status=in_use")
    assert officers() == {
        "1号客梯": "张全",
        "2号行车": "张全",
        "3号锅炉": "张全",
        "4号客梯": "张全",
    }


def test_what_was_ticked_before_the_script_came_stays_ticked(
    committed_world: World, open_as: OpenAs
) -> None:
    page = open_as(committed_world.jia_admin, phone=False)
    script = held(page, "**/select*.js")
    page.goto("/equipment/", wait_until="commit")
    page.get_by_label("选择1号客梯").check()
    next_of(script, page).continue_()
    page.unroute("**/select*.js")
    expect(page.locator("[data-select-bar]")).to_contain_text("已勾选 1 台")
    expect(page.get_by_label("选择1号客梯")).to_be_checked()
    page.get_by_role("button", name="取消选择").click()
    page.reload()
    expect(page.get_by_label("选择1号客梯")).not_to_be_checked()


def test_all_pages_of_a_filter_are_bound_at_once(committed_world: World, open_as: OpenAs) -> None:
    for number in range(12):
        machines.machine(committed_world.jia, "ride", name=f"转马{number:02d}")
    page = open_as(committed_world.jia_admin, phone=False)
    page.goto("/equipment/?category=ride&size=10")
    page.get_by_label("选择转马03").check()
    page.get_by_role("link", name="下一页").click()
    page.get_by_label("选择转马11").check()
    page.get_by_role("link", name="电梯").click()
    expect(page.locator("[data-select-bar]")).to_contain_text("已勾选 2 台")
    page.get_by_role("button", name="批量修改").click()
    drawer = page.locator("#sz-drawer")
    expect(drawer).to_contain_text("已选 2 台设备")
    drawer.get_by_role("button", name="关闭").click()
    page.goto("/equipment/?category=ride&size=10")
    expect(page.get_by_label("选择转马03")).to_be_checked()
    page.get_by_label("选择全部 12 台").check()
    page.get_by_role("button", name="批量修改").click()
    expect(drawer).to_contain_text("已选 12 台设备")
    drawer.get_by_label("安全员").select_option(label="李安（分管：全部类别；已绑定 2 台）")
    drawer.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator(".sz-alert--success")).to_contain_text("已将 12 台设备绑定给李安")
    assert Equipment.objects.filter(officer=committed_world.li).count() == 14
    expect(page.locator("[data-select-bar]")).to_be_hidden()


def test_the_picker_finds_by_letters_and_by_the_catalogue(
    committed_world: World, open_as: OpenAs
) -> None:
    page = open_as(committed_world.jia_admin, phone=False)
    page.goto("/equipment/add/")
    select = page.locator("select[name=catalogue]")
    search = page.get_by_label("按名称或代码查找，如 客梯、3110").first
    search.fill("消防梯")
    expect(select).to_have_value("3420")
    search.press("Enter")
    expect(search).to_have_value("")
    expect(select).to_have_value("3420")
    search.fill("没有的设备")
    expect(select).to_have_value("")
    page.get_by_label("设备名称").fill("观光车1号")
    page.get_by_role("link", name="查看设备目录").click()
    drawer = page.locator("#sz-drawer")
    drawer.get_by_label("按名称或代码查找").fill("观光车")
    drawer.get_by_role("button", name="查询").click()
    expect(drawer.locator(".eq-tree li")).to_have_count(1)
    drawer.get_by_role("link", name="选择此品种").click()
    expect(drawer).not_to_be_visible()
    expect(select).to_have_value("5200")
    expect(page.get_by_label("设备名称")).to_have_value("观光车1号")


@pytest.mark.parametrize("phone", [True, False])
def test_without_javascript_machines_are_added_and_bound(
    committed_world: World, open_as: OpenAs, phone: bool
) -> None:
    page = open_as(committed_world.jia_admin, phone=phone, javascript=False)
    page.goto("/equipment/catalogue/?q=叉车")
    page.get_by_role("link", name="选择此品种").click()
    page.get_by_label("设备名称").fill("7号叉车")
    page.get_by_label("使用地点").fill("北门仓库")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("h1")).to_have_text("7号叉车")
    page.goto("/equipment/?category=vehicle")
    page.get_by_label("选择7号叉车").check()
    page.get_by_role("button", name="批量修改").click()
    page.locator("select[name=officer]").select_option(label="李安（分管：全部类别；已绑定 2 台）")
    page.get_by_role("button", name="下一步：查看变更").click()
    expect(page.locator("#assign-preview")).to_contain_text("未绑定→李安")
    assert officers()["7号叉车"] == ""
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator(".sz-messages")).to_contain_text("已将 1 台设备绑定给李安")
    assert officers()["7号叉车"] == "李安"
    assert page.url.endswith("/equipment/?category=vehicle")
