"""The picker of participants: search, 全选 of a department, nothing lost while searching (F21)."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.factories import organisation
from tests.world import World
from units.models import Activity


def test_people_are_found_and_ticked_by_department(
    committed_world: World, open_as: Callable[..., Page]
) -> None:
    world = committed_world
    department = organisation.department(world.jia, "工程部")
    organisation.put(world.li, world.zhang, department=department)
    page = open_as(world.jia_admin, phone=False)
    page.goto("/trainings/add/")
    page.get_by_label("名称").fill("救援培训")
    page.get_by_label("内容").fill("困人救援")
    page.get_by_label("陈责").check()
    search = page.get_by_label("查找人员")
    search.fill("安全员")
    expect(page.get_by_label("陈责")).to_be_hidden()
    expect(page.get_by_text("未分配部门")).to_be_hidden()
    page.get_by_role("button", name="全选", exact=True).click()
    expect(page.locator("[data-people-count]")).to_have_text("3")
    search.fill("没有这个人")
    expect(page.get_by_text("没有找到，请换个词。")).to_be_visible()
    search.fill("")
    page.get_by_label("张全").uncheck()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", name="救援培训")).to_be_visible()
    rows = Activity.objects.get().participations.order_by("staff_id")
    assert [row.staff for row in rows] == [world.li, world.chen]
