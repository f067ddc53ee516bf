"""A weekly report and the month's minutes in a real browser, from the phone to the PDF (F69–F72)."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.utils import timezone
from playwright.sync_api import Page, expect

from config.clock import SHANGHAI, local_day
from duties.models import MonthlyMinutes, ReportDraft, WeeklyReport
from tests.browser.slow_line import held, next_of
from tests.browser.test_inspection import file, sign_by_touch
from tests.factories import duty_reports as made
from tests.factories import hazards, pictures
from tests.world import World

Open = Callable[..., Page]


def test_reports_from_the_phone_to_the_pdf(committed_world: World, open_as: Open) -> None:
    """The director's weekly report with 重新签名, the principal's minutes, both on the desk."""
    world, now = committed_world, timezone.now()
    day = local_day(now)
    hazards.hazard(world.lift, found_at=now)
    weekly = made.weekly_task(world.jia, world.wang, day=day)
    monthly = made.monthly_task(world.jia, day=day)

    page = open_as(world.wang.user)
    # On a slow line he types before the script that keeps the draft is there.
    script = held(page, "**/report-draft*.js")
    page.goto("/m/reports/weekly/")
    page.get_by_role("link", name=re.compile("电梯.*待填报")).tap()
    expect(
        page.get_by_text("本周共排查 0 个电梯，共发现隐患 1 条，整改完成 0 条。")
    ).to_be_visible()
    expect(page.get_by_label("本周主要安全风险隐患和整改情况")).to_have_value(re.compile("1号客梯"))
    expect(page.get_by_role("radio", checked=True)).to_have_count(0)
    page.get_by_label("下周工作重点").fill("加强㛃记大厦电梯巡查")
    next_of(script, page).continue_()
    page.unroute("**/report-draft*.js")
    expect(page.locator("[data-draft-state]")).to_have_text(re.compile(r"^草稿已存 \d\d:\d\d$"))
    page.reload()
    expect(page.get_by_label("下周工作重点")).to_have_value("加强㛃记大厦电梯巡查")
    page.get_by_role("button", name="保存", exact=True).tap()
    expect(page.get_by_text("请选择本周安全管理情况评价。").first).to_be_visible()
    page.get_by_text("存在安全风险隐患，需尽快采取防范措施").tap()
    sign_by_touch(page)
    page.get_by_role("button", name="重新签名").tap()
    page.get_by_role("button", name="重签").tap()
    page.get_by_role("button", name="取消").tap()
    expect(page.get_by_label("已签名")).to_be_visible()
    page.get_by_role("button", name="保存", exact=True).tap()
    expect(page.get_by_text("周报告已保存，不能再修改。")).to_be_visible()
    report = WeeklyReport.objects.get(task=weekly)
    assert (report.evaluation, report.next_work) == ("at_risk", "加强㛃记大厦电梯巡查")
    assert ReportDraft.objects.get().rev == 2

    phone = open_as(world.chen.user)
    phone.goto("/m/reports/monthly/")
    phone.get_by_role("link", name=re.compile("电梯.*待填报")).tap()
    met = now.astimezone(SHANGHAI)
    phone.get_by_label("会议时间").fill(f"{met:%Y-%m-%dT%H:%M}")
    phone.get_by_label("会议地点").fill("三楼会议室")
    phone.locator("input[name=photo_1]").set_input_files(file("纪要.jpg", pictures.jpeg(900, 1200)))
    expect(phone.get_by_alt_text("已选择的照片")).to_be_visible()
    # Signed out in the middle, and in again in another tab, which changes the CSRF cookie, too.
    cookies = phone.context.cookies()
    phone.context.clear_cookies()
    phone.get_by_label("会议内容摘要").fill("布置")
    state = phone.locator("[data-draft-state]")
    expect(state).to_contain_text("登录已过期")
    phone.context.add_cookies([one for one in cookies if "csrf" not in one["name"]])
    phone.get_by_label("会议内容摘要").fill("布置下月工作")
    expect(state).to_have_text(re.compile(r"^草稿已存 \d\d:\d\d$"))
    sign_by_touch(phone)
    phone.get_by_role("button", name="生成月调度报告").tap()
    expect(phone.get_by_text("月调度报告已生成，不能再修改。")).to_be_visible()
    minutes = MonthlyMinutes.objects.get(task=monthly)
    assert (minutes.place, minutes.photos.count()) == ("三楼会议室", 1)

    desk = open_as(world.jia_admin, phone=False)
    for listed, link in (("/weekly-reports/", "报告文书"), ("/minutes/", "纪要文书")):
        desk.goto(listed)
        expect(desk.locator("tbody").get_by_text("按时")).to_be_visible()
        desk.get_by_role("link", name=link).click()
        desk.get_by_role("button", name="生成 PDF").click()
        expect(desk.get_by_text(re.compile("PDF 已生成，文书编号"))).to_be_visible()
        opened = desk.request.get(desk.get_by_role("link", name="查看 PDF").get_attribute("href"))
        assert opened.body().startswith(b"%PDF-")


def test_a_draft_whose_session_ended_or_is_anothers(committed_world: World, open_as: Open) -> None:
    """Tried again every ten seconds, not without a pause; nothing goes out in another's session."""
    world = committed_world
    made.weekly_task(world.jia, world.wang, day=local_day(timezone.now()))
    page, other = open_as(world.wang.user), open_as(world.li.user)
    page.clock.install()
    page.goto("/m/reports/weekly/")
    page.get_by_role("link", name=re.compile("电梯.*待填报")).tap()
    expect(page.get_by_label("下周工作重点")).to_be_visible()
    saves = []
    page.on("request", lambda one: one.method == "POST" and saves.append(one.url))
    state, kept = page.locator("[data-draft-state]"), page.context.cookies()
    page.context.clear_cookies()
    page.get_by_label("下周工作重点").fill("加强巡查")
    page.clock.run_for(2_000)
    expect(state).to_contain_text("登录已过期")
    page.clock.run_for(5_000)
    assert len(saves) == 1
    page.context.add_cookies(other.context.cookies())
    page.clock.run_for(11_000)
    expect(state).to_contain_text("请在另一个页面用原来的账号重新登录")
    assert not ReportDraft.objects.exists()
    page.context.add_cookies([one for one in kept if "csrf" not in one["name"]])
    page.clock.run_for(12_000)
    expect(state).to_have_text(re.compile(r"^草稿已存 \d\d:\d\d$"))
    # Who may write it no more is told so, and not asked again.
    page.route(re.compile("/m/reports/"), lambda route: route.fulfill(status=403, body="<p>403"))
    page.get_by_label("下周工作重点").fill("加强巡查和值守")
    page.clock.run_for(2_000)
    expect(state).to_have_text("您现在不能填写这份报告，草稿未保存；已填写的内容还在本页。")
    before = len(saves)
    page.clock.run_for(30_000)
    assert len(saves) == before
    expect(page.get_by_label("下周工作重点")).to_have_value("加强巡查和值守")
