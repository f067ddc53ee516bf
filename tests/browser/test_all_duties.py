"""Rounds on the phone that are more than one path (issue: duties in full): pools, the short confirmation
of a stopped machine, one signature for several. The to-dos are the generator's."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page, expect

from config.clock import local_day
from duties import generation
from duties.actions.submit import finish
from duties.models import Inspection, Task
from equipment.actions.stops import declare_stop
from tests.browser.slow_line import expect_told
from tests.browser.test_inspection import (
    at_sheet,
    choose,
    file,
    here,
    photo_of,
    saved,
    sign_by_touch,
)
from tests.factories import licences, pictures, rounds
from tests.factories.units import staff
from tests.world import World
from units.models import Staff

Open = Callable[..., Page]


def generated(world: World, **wanted: object) -> Task:
    """The to-do of the generator for today that is asked for."""
    now = timezone.now()
    generation.generate(local_day(now), now=now, unit_ids=[world.jia.pk])
    return Task.objects.get(unit=world.jia, kind="inspection", due_at__gt=now, **wanted)


def walk(page: Page, task: Task, *, first: int = 1) -> None:
    """Item by item to the answer sheet, 合格 everywhere."""
    total = len(rounds.listed(task, timezone.now()).items)
    for number in range(first, total + 1):
        expect(here(page)).to_have_attribute("data-step", str(number))
        expect(page.locator("[data-progress-text]")).to_have_text(f"{number}/{total}")
        choose(page, "合格")
        page.get_by_role("button", name="完成" if number == total else "下一项").tap()
    at_sheet(page)


def submit(page: Page, words: str) -> None:
    page.get_by_role("button", name="立即提交").tap()
    expect(page).to_have_url(re.compile(r"/sign/$"))
    sign_by_touch(page)
    page.get_by_role("button", name="提交", exact=True).tap()
    expect(page.get_by_text(words)).to_be_visible()


def no_sideways_scroll(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_licence_of_a_pool(committed_world: World, open_as: Open) -> None:
    world = committed_world
    licences.licence(licences.licensed(world.jia), now=timezone.now() - timedelta(days=1))
    first: Staff = staff(world.jia, "吴质", "quality_officer")
    second: Staff = staff(world.jia, "郑质", "quality_officer")
    task = generated(world, cadence="daily", licence__isnull=False)
    one, two = open_as(first.user), open_as(second.user)
    for page in (one, two):
        page.goto(f"/m/tasks/{task.code}/inspect/")
        expect(page.get_by_text("待领取：开始填写后即由您负责。")).to_be_visible()
    choose(one, "合格")
    saved(one)
    # The loser of the race is told by whom it was begun; what he chose stays on his page.
    choose(two, "不合格")
    dialog = two.locator("[data-refused]")
    expect(dialog).to_contain_text(re.compile("该待办已由吴质于 .* 开始，您不能填写。"))
    expect(dialog).to_contain_text("您填写的内容还在本页，可以查看。")
    two.get_by_role("button", name="留在本页查看").tap()
    expect(here(two).get_by_role("radio", name="不合格")).to_be_checked()
    task.refresh_from_db()
    assert task.assignee == first
    one.goto(f"/m/tasks/{task.code}/")
    one.get_by_role("link", name=re.compile("继续")).tap()
    walk(one, task, first=2)  # a draft goes on where the first answer is missing
    submit(one, "巡查已提交。")
    assert Inspection.objects.get().performer == first


def test_short_confirmation_and_one_signature_for_several(
    committed_world: World, open_as: Open
) -> None:
    world = committed_world
    now = timezone.now()
    today = local_day(now)
    lift = generated(world, cadence="daily", equipment=world.lift)
    crane = generated(world, cadence="daily", equipment=world.crane)
    declare_stop(
        world.lift,
        reason="更换曳引绳",
        from_on=today,
        until_on=today + timedelta(days=2),
        origin="",
        actor=world.actor(world.li, today),
        now=now,
    )
    page = open_as(world.li.user)
    page.goto(f"/m/tasks/{lift.code}/inspect/")
    expect(page.get_by_text("这台设备已申报临时停用，原因：更换曳引绳。")).to_be_visible()
    choose(page, "仍停用")
    page.get_by_role("button", name="完成").tap()
    expect_told(page, "请拍照确认，不能拍照的请说明原因。")
    photo_of(page).set_input_files(file("停用.jpg", pictures.jpeg()))
    expect(here(page).locator("[data-photo]:not([data-photo=''])")).to_have_count(1)
    no_sideways_scroll(page)
    page.get_by_role("button", name="完成").tap()
    at_sheet(page)
    page.get_by_role("button", name="立即提交").tap()
    expect(page.get_by_text("仍停用（已申报临时停用）")).to_be_visible()
    # A second one is finished; both wait for one signature.
    actor = world.actor(world.li, today)
    rounds.fill(crane, actor, now=now)
    finish(crane, actor=actor, now=now)
    page.reload()
    page.get_by_role("link", name=re.compile("一并签名")).tap()
    expect(page.get_by_role("checkbox")).to_have_count(2)
    no_sideways_scroll(page)
    page.get_by_role("button", name="一并提交").tap()
    expect(page.get_by_text("签名为空，请重新签名。").first).to_be_visible()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(2)
    sign_by_touch(page)
    page.get_by_role("button", name="一并提交").dblclick()
    expect(page.get_by_text("2 条巡查已一并提交。")).to_be_visible()
    done = {one.equipment: one for one in Inspection.objects.all()}
    assert done[world.lift].photos.count() == 1
    assert done[world.lift].signature == done[world.crane].signature
    assert len(done[world.crane].facts["signed_together"]) == 2
