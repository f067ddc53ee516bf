"""Each kind of unit, level and kind of to-do is played on the phone once (issue: duties in full).

From 我的待办 by what one taps: officer 日管控 周排查 月调度; director 周排查 周报告 月调度 月报告; principal
月调度 and his signature on the minutes. The to-dos are the generator's; all but the last item of a
round is filled in beforehand (walking through a whole one is tests/browser/test_inspection.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from config.clock import SHANGHAI, local_day
from duties import generation, wording
from duties.models import Inspection, MonthlyMinutes, Task, WeeklyReport
from equipment.models import Equipment, Licence, Station
from hazards.models import Hazard
from tests.browser.test_inspection import (
    at_sheet,
    choose,
    file,
    here,
    photo_of,
    sign_by_touch,
)
from tests.factories import licences, pictures, rounds
from tests.factories.units import staff
from tests.world import World
from units.models import Staff

Open = Callable[..., Page]
TABS = {"using": "设备巡查", "production": "许可巡查", "filling": "工位巡查"}
BEGIN = {"日管控": "开始|继续巡查", "周排查": "继续排查", "月调度": "继续调度"}
# The rounds whose way to the record is walked, one of each cadence and level.
RECORDS = {("daily", "officer"), ("weekly", "director"), ("monthly", "principal")}
RECEIPT = {"日管控": "巡查", "周排查": "周排查", "月调度": "月调度"}


@dataclass
class Cast:
    """Who plays for one kind of unit, and what his daily round is about."""

    kind: str
    subject: Equipment | Licence | Station
    category: str
    officer: Staff
    director: Staff
    principal: Staff


def cast(world: World, kind: str) -> Cast:
    yesterday = timezone.now() - timedelta(days=1)
    if kind == "using":
        return Cast(kind, world.lift, "lift", world.li, world.wang, world.chen)
    licences.licensed(world.jia)
    if kind == "filling":
        station = licences.station(world.jia, officer=world.li, now=yesterday)
        return Cast(kind, station, "filling", world.li, world.wang, world.chen)
    officer = staff(world.jia, "吴质", "quality_officer")
    director = staff(world.jia, "郑质总", "quality_director")
    licence = licences.licence(world.jia, officer=officer, now=yesterday)
    return Cast(kind, licence, licence.family_id, officer, director, world.chen)


def to_do(cast: Cast, cadence: str, level: str, kind: str = "inspection") -> Task:
    """The generator's to-do of the running period."""
    wanted = {
        "kind": kind,
        "cadence": cadence,
        "unit_kind": cast.kind,
        "due_at__gt": timezone.now(),
    }
    if kind != "monthly_minutes":
        wanted["level"] = level
    about = {"category": cast.category}
    if cadence == "daily":
        about = {type(cast.subject).__name__.lower(): cast.subject}
    return Task.objects.get(unit_id=cast.subject.unit_id, **wanted, **about)


def from_home(page: Page, entry: str, row: str) -> None:
    """我的待办, the entry of the round, the row: as one taps."""
    page.goto("/m/")
    page.get_by_role("link", name=re.compile(entry)).first.tap()
    page.get_by_role("link", name=re.compile(row)).first.tap()


def choose_tab(page: Page, label: str) -> None:
    """The tab of the kind of unit, where a page has one (daily rounds of a unit of several kinds)."""
    tab = page.get_by_role("navigation").get_by_role("link", name=re.compile(f"^{label}"))
    if tab.count():
        tab.tap()


def play_round(
    world: World,
    page: Page,
    cast: Cast,
    who: Staff,
    cadence: str,
    level: str,
    *,
    fails: bool = False,
) -> None:
    """A round by its last item, the answer sheet, the signature and its record among the records."""
    task = to_do(cast, cadence, level)
    word = {"daily": "日管控", "weekly": "周排查", "monthly": "月调度"}[cadence]
    now = timezone.now()
    last = len(rounds.listed(task, now).items)
    actor = world.actor(who, local_day(now))
    rounds.fill(task, actor, now=now, answers={last: rounds.answer("")})
    page.goto("/m/")
    page.get_by_role("link", name=re.compile(word)).first.tap()
    expect(page.get_by_role("heading", name=word, exact=True)).to_be_visible()
    choose_tab(page, TABS[cast.kind])
    page.get_by_role("link").filter(has_text=wording.title(task)).first.tap()
    page.get_by_role("link", name=re.compile(f"^({BEGIN[word]})")).tap()
    page.get_by_role("link", name="答题卡").tap()
    page.get_by_role("link", name=f"{last} 未完成").tap()
    expect(here(page)).to_have_attribute("data-step", str(last))
    # Only machines are asked for their 使用状态.
    assert page.locator('[data-name="使用状态"]').count() == (task.equipment_id is not None)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    choose(page, "不合格" if fails else "合格")
    if fails:
        photo_of(page).set_input_files(file("现场.jpg", pictures.jpeg()))
        expect(here(page).locator("[data-photo]:not([data-photo=''])")).to_have_count(1)
        choose(page, "待处理")
    page.get_by_role("button", name="完成").tap()
    at_sheet(page)
    page.get_by_role("button", name="立即提交").tap()
    expect(page).to_have_url(re.compile(r"/sign/$"))
    sign_by_touch(page)
    page.get_by_role("button", name="提交", exact=True).tap()
    found = "，发现隐患 1 项" if fails else ""
    expect(page.get_by_text(f"{RECEIPT[word]}已提交{found}。")).to_be_visible()
    done = Inspection.objects.get(task=task)
    assert (done.performer, done.timing, done.hazard_count) == (who, "on_time", int(fails))
    if (cadence, level) not in RECORDS:
        return
    # Its record: by the tab, the subject, the period (M 2.6–2.8, 3.8–3.10, 4.5–4.7).
    page.goto(f"/m/records/?tab={cadence}")
    choose_tab(page, TABS[cast.kind][:2])
    page.get_by_role("link").filter(has_text=wording.title(task)).first.tap()
    link = page.get_by_role("link", name=re.compile("^(查看|巡查)记录$"))
    row = page.get_by_role("listitem").filter(has=link, has_text=who.name)
    expect(row.get_by_text("按时", exact=True)).to_be_visible()
    row.get_by_role("link").tap()
    expect(page).to_have_url(re.compile(f"/m/records/{done.code}/"))
    expect(page.get_by_alt_text(re.compile("签名"))).to_be_visible()


def play_weekly_report(page: Page, cast: Cast) -> None:
    task = to_do(cast, "weekly", "director", "weekly_report")
    from_home(page, "周报告", f"{re.escape(task.subject_name)}.*待填报")
    page.get_by_label(re.compile("^本周主要")).fill("未发现较大隐患。")
    page.get_by_text(re.compile("^存在.*需尽快采取防范措施")).tap()
    page.get_by_label("下周工作重点").fill("复核整改情况")
    sign_by_touch(page)
    page.get_by_role("button", name="保存", exact=True).tap()
    expect(page.get_by_text("周报告已保存，不能再修改。")).to_be_visible()
    report = WeeklyReport.objects.get(task=task)
    assert (report.author, report.next_work) == (cast.director, "复核整改情况")


def play_minutes(page: Page, cast: Cast) -> None:
    """The director generates them."""
    task = to_do(cast, "monthly", "", "monthly_minutes")
    from_home(page, "月报告", f"{re.escape(task.subject_name)}.*待填报")
    held = (timezone.now() - timedelta(minutes=2)).astimezone(SHANGHAI)
    page.get_by_label("会议时间").fill(f"{held:%Y-%m-%dT%H:%M}")
    page.locator("input[name=photo_1]").set_input_files(file("纪要.jpg", pictures.jpeg()))
    expect(page.get_by_alt_text("已选择的照片")).to_be_visible()
    sign_by_touch(page)
    page.get_by_role("button", name="生成月调度报告").tap()
    expect(page.get_by_text("月调度报告已生成，不能再修改。")).to_be_visible()
    assert MonthlyMinutes.objects.get(task=task).author == cast.director


def play_countersign(page: Page, cast: Cast) -> None:
    """The principal finds them waiting for his signature."""
    task = to_do(cast, "monthly", "", "monthly_minutes")
    from_home(page, "待签名的月报告", f"{re.escape(task.subject_name)}.*待签名")
    sign_by_touch(page)
    page.get_by_role("button", name="签名提交").tap()
    expect(page.get_by_alt_text(f"{cast.principal.name}的签名")).to_be_visible()
    minutes = MonthlyMinutes.objects.get(task=task)
    assert minutes.principal_signature.staff == cast.principal


@pytest.mark.parametrize("kind", list(TABS))
def test_every_path(committed_world: World, open_as: Open, kind: str) -> None:
    world = committed_world
    played = cast(world, kind)
    now = timezone.now()
    generation.generate(local_day(now), now=now, unit_ids=[world.jia.pk])

    page = open_as(played.officer.user)
    # Where a daily round finds something, it hangs on the station.
    fails = kind == "filling"
    play_round(world, page, played, played.officer, "daily", "officer", fails=fails)
    assert list(Hazard.objects.values_list("station", flat=True)) == [played.subject.pk] * fails
    for cadence in ("weekly", "monthly"):
        play_round(world, page, played, played.officer, cadence, "officer")

    page = open_as(played.director.user)
    play_round(world, page, played, played.director, "weekly", "director", fails=True)
    assert Hazard.objects.get(source="weekly").state == "pending_rectification"
    play_weekly_report(page, played)
    play_round(world, page, played, played.director, "monthly", "director")
    play_minutes(page, played)

    page = open_as(played.principal.user)
    play_round(world, page, played, played.principal, "monthly", "principal")
    play_countersign(page, played)
    done = Task.objects.filter(unit=world.jia, unit_kind=kind, state="done")
    assert done.count() == 8
