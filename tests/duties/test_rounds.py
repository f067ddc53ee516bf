"""我的待办, 日管控 by subject, 周排查, 月调度, the team page: all kinds of unit and levels (F48–F52)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest

from duties import queries_team
from duties.models import Task
from equipment import subjects
from tests.duties.test_field_pages import text_of
from tests.factories import duties as tasks
from tests.factories import licences, rounds
from tests.factories import units as people
from tests.world import NOW, TODAY, World

pytestmark = pytest.mark.usefixtures("clock")
YESTERDAY = TODAY - timedelta(days=1)
LAST_WEEK = TODAY - timedelta(days=7)


@pytest.fixture
def mixed(world: World) -> SimpleNamespace:
    """甲 uses, produces and fills: a licence and a station of nobody, people of both identities."""
    licences.licensed(world.jia)
    licence, station = licences.licence(world.jia), licences.station(world.jia)
    Task.objects.all().delete()  # what the new ones owe at once: the tests lay their own
    return SimpleNamespace(
        world=world,
        licence=licence,
        station=station,
        wu=people.staff(world.jia, "吴质", "quality_officer", mobile="13800000011"),
        zheng=people.staff(world.jia, "郑质", "quality_director", mobile="13800000012"),
    )


def tab_labels(page: str) -> list[str]:
    return [label for label in ("设备巡查", "许可巡查", "工位巡查") if label in page]


# ------------------------------------------------------------------ 日管控 (F52)
def test_the_tabs_follow_the_kinds_of_the_unit(mixed: SimpleNamespace, as_: Callable) -> None:
    assert tab_labels(text_of(as_(mixed.world.li.user).get("/m/daily/"))) == [
        "设备巡查", "许可巡查", "工位巡查",
    ]  # fmt: skip
    assert tab_labels(text_of(as_(mixed.world.sun.user).get("/m/daily/"))) == ["设备巡查"]


def test_a_pool_is_offered_to_its_identity_only(mixed: SimpleNamespace, as_: Callable) -> None:
    tasks.task(mixed.licence)
    tasks.task(mixed.station)
    tasks.task(mixed.world.unbound)  # 未绑定 is no pool
    wu, li = as_(mixed.wu.user), as_(mixed.world.li.user)
    page = text_of(wu.get("/m/daily/?tab=licence"))
    assert "11月20日：待巡查 1 项，共 1 项" in page
    assert f"{mixed.licence.family.name} {mixed.licence.number} 待领取" in page
    assert "1 项待巡查" in text_of(wu.get("/m/"))
    assert "今日没有工位巡查" not in text_of(wu.get("/m/daily/?tab=station"))
    assert "您不是安全员" in text_of(wu.get("/m/daily/?tab=station"))
    page = text_of(li.get("/m/daily/?tab=station"))
    assert "1#充装工位 1# · 充装间 · 液化石油气 待领取" in page
    assert "4号客梯" not in text_of(li.get("/m/daily/?tab=equipment"))
    assert "您不是质量安全员" in text_of(li.get("/m/daily/?tab=licence"))
    assert "1 个待巡查" in text_of(li.get("/m/"))


def test_one_begun_by_somebody_is_his_alone(mixed: SimpleNamespace, as_: Callable) -> None:
    task = tasks.task(
        mixed.licence, assignee=mixed.wu, state="in_progress", started_at=NOW - timedelta(hours=1)
    )
    other = people.staff(mixed.world.jia, "冯质", "quality_officer", mobile="13800000013")
    assert "待巡查" not in text_of(as_(other.user).get("/m/"))
    page = text_of(as_(other.user).get(f"/m/tasks/{task.code}/"))
    assert "吴质 已于 11月20日 08:00 开始，由其负责" in page
    assert "继续巡查" not in page
    assert "继续巡查" in text_of(as_(mixed.wu.user).get(f"/m/tasks/{task.code}/"))


def test_a_missed_pool_may_be_made_up_by_its_identity(
    mixed: SimpleNamespace, as_: Callable
) -> None:
    tasks.task(mixed.licence, YESTERDAY, state="missed")
    tasks.task(mixed.station, YESTERDAY)  # the sweep has not come yet
    assert "日管控漏检可补录" in text_of(as_(mixed.wu.user).get("/m/"))
    page = text_of(as_(mixed.wu.user).get("/m/daily/?tab=licence&show=backfill"))
    assert f"11月19日 · {mixed.licence.number} 漏检" in page
    page = text_of(as_(mixed.world.li.user).get("/m/daily/?tab=station"))
    assert "11月19日 · 1# · 充装间 · 液化石油气 漏检" in page


@pytest.mark.parametrize(
    "query",
    ["?tab=zz", "?tab=%00", "?page=-1", "?page=zz", "?page=999999999999", "?tab=licence&q=%00"],
)
@pytest.mark.parametrize("url", ["/m/daily/", "/m/team/", "/m/records/", "/m/weekly/"])
def test_odd_parameters_are_forgiven(world: World, as_: Callable, url: str, query: str) -> None:
    tasks.task(world.lift)
    assert as_(world.wang.user).get(url + query).status_code == 200


# ------------------------------------------------------------------ 周排查, 月调度
def test_types_of_the_week_by_name(mixed: SimpleNamespace, as_: Callable) -> None:
    li = mixed.world.li
    mine = {"owner": li, "assignee": li}
    tasks.task(mixed.world.jia, category="lift", **mine)
    tasks.task(mixed.world.jia, category="crane", state="done", **mine)
    tasks.task(mixed.world.jia, category=subjects.FILLING)
    tasks.task(mixed.world.jia, LAST_WEEK, category="lift", state="missed", **mine)
    tasks.task(
        mixed.world.jia, category="boiler", owner=mixed.world.zhang, assignee=mixed.world.zhang
    )
    page = text_of(as_(li.user).get("/m/weekly/"))
    assert "第47周(11.16–11.22) 进行中 已完成 1 / 3 项。请在 11月22日 24:00 前完成。" in page
    assert "使用的设备 电梯 安全员 待排查 起重机械 安全员" in page
    assert "充装 工位巡查 安全员 待领取" in page
    assert "可补录（漏检后 7 天内） 电梯 第46周(11.9–11.15) · 安全员 漏检" in page
    assert "锅炉" not in page


def test_levels_of_one_person_add_up(world: World, as_: Callable) -> None:
    both = people.staff(
        world.jia, "双任", "safety_officer", "safety_director", mobile="13800000014"
    )
    for level in ("officer", "director"):
        for cadence in ("weekly", "monthly"):
            tasks.task(world.jia, cadence=cadence, level=level, owner=both, assignee=both)
    page = text_of(as_(both.user).get("/m/"))
    assert "周排查 2 项待完成" in page
    assert "月调度 2 项待完成，11月30日 24:00 前" in page
    page = text_of(as_(both.user).get("/m/monthly/"))
    assert "2026年11月 进行中 已完成 0 / 2 项" in page
    assert "电梯 安全员 待调度" in page
    assert "电梯 安全总监 待调度" in page


def test_reports_and_the_principals_month(world: World, as_: Callable) -> None:
    wang = {"level": "director", "owner": world.wang, "assignee": world.wang}
    tasks.task(world.jia, kind="weekly_report", **wang)
    tasks.task(world.jia, kind="monthly_minutes", cadence="monthly", level="principal")
    tasks.task(world.jia, cadence="monthly", level="principal", assignee=world.chen)
    page = text_of(as_(world.wang.user).get("/m/"))
    assert "周报告 1 份待提交，11月22日 24:00 前" in page
    assert "月报告 1 份待提交，11月30日 24:00 前" in page
    page = text_of(as_(world.chen.user).get("/m/"))
    assert "月调度 1 项待完成" in page
    assert "月报告 1 份待提交" in page
    assert "周报告 1 份" not in page
    assert "月报告 1 份" not in text_of(as_(world.zhao.user).get("/m/"))  # cranes only


def test_entries_by_identity(world: World, as_: Callable) -> None:
    """单位责任落实 (F51) leads to the same lists, owed at present or not."""
    doors = ("/m/daily/", "/m/weekly/", "/m/reports/weekly/", "/m/monthly/", "/m/reports/monthly/")
    found = {}
    for who in ("li", "wang", "chen"):
        markup = as_(getattr(world, who).user).get("/m/").content.decode()
        section = markup.partition("单位责任落实")[2]
        found[who] = [door for door in doors if f'href="{door}"' in section]
    assert found == {
        "li": [doors[0], doors[1], doors[3]],
        "wang": [doors[1], doors[2], doors[3], doors[4]],
        "chen": [doors[3], doors[4]],
    }


def test_a_stand_in_is_told_for_whom(world: World, as_: Callable) -> None:
    task = tasks.task(world.lift, assignee=world.zhang, stands_in_for=world.li)
    zhang = as_(world.zhang.user)
    assert "代 李安（请假代班）" in text_of(zhang.get("/m/daily/"))
    assert "您代 李安 完成（请假代班）" in text_of(zhang.get(f"/m/tasks/{task.code}/"))
    assert "张全 代 李安 完成（请假代班）" in text_of(
        as_(world.wang.user).get(f"/m/tasks/{task.code}/")
    )


# ------------------------------------------------------------------ one to-do
def test_pages_of_a_licence_a_station_and_a_type(mixed: SimpleNamespace, as_: Callable) -> None:
    wu, li = as_(mixed.wu.user), as_(mixed.world.li.user)
    page = text_of(wu.get(f"/m/tasks/{tasks.task(mixed.licence).code}/"))
    assert f"许可证编号 {mixed.licence.number}" in page
    assert "有效期 2024年12月1日 至 2028年11月30日" in page
    assert "质量安全员中谁先开始，就由谁负责到底" in page
    assert "开始巡查" in page
    page = text_of(li.get(f"/m/tasks/{tasks.task(mixed.station).code}/"))
    assert "充装介质 液化石油气" in page
    assert "开始巡查" in page
    weekly = tasks.task(mixed.world.jia, owner=mixed.world.li, assignee=mixed.world.li)
    page = text_of(li.get(f"/m/tasks/{weekly.code}/"))
    assert "期间 第47周(11.16–11.22) 履职身份 安全员 责任人 李安" in page
    assert "开始排查" in page
    page = text_of(wu.get(f"/m/tasks/{weekly.code}/"))
    assert "由 李安 负责，您可以查看，不能填写" in page
    assert "开始排查" not in page


# ------------------------------------------------------------------ what is left in a scope
def test_the_team_page_by_period_scope_and_level(mixed: SimpleNamespace, as_: Callable) -> None:
    world = mixed.world
    tasks.task(world.lift)
    tasks.task(world.crane)
    tasks.task(mixed.licence)
    tasks.task(mixed.station)
    tasks.task(world.jia, owner=world.li, assignee=world.li)
    tasks.task(world.jia, category="crane", owner=world.li, assignee=world.li, state="done")
    tasks.task(world.jia, kind="weekly_report", level="principal", assignee=world.chen)
    tasks.task(world.jia, kind="monthly_minutes", cadence="monthly", level="principal")
    seen = {}
    for who in (world.wang, world.zhao, mixed.zheng, world.chen):
        found = queries_team.overviews(world.actor(who), now=NOW)
        seen[who.name] = [(one.owed, one.done) for one in found.values()]
    assert seen == {
        # Machines and the station, not the licence; the minutes are his as well as the principal's.
        "王总": [(3, 0), (2, 1), (1, 0)],
        "赵督": [(1, 0), (1, 1), (0, 0)],  # cranes
        "郑质": [(1, 0), (0, 0), (0, 0)],  # the licence
        "陈责": [(4, 0), (3, 1), (1, 0)],
    }
    page = text_of(as_(world.chen.user).get("/m/team/?tab=weekly"))
    assert "周排查 · 电梯 安全员 · 李安 待排查" in page
    assert "周报告 · 电梯 主要负责人 · 陈责 待提交" in page
    page = text_of(as_(world.chen.user).get("/m/team/"))
    assert "1#充装工位 1# · 充装间 · 液化石油气 · 待领取" in page


# ------------------------------------------------------------------ records (F67, F68)
def test_daily_records_of_licences_and_stations(mixed: SimpleNamespace, as_: Callable) -> None:
    tasks.task(mixed.licence, YESTERDAY, state="missed")
    tasks.task(mixed.station, YESTERDAY, state="waived")
    wu = as_(mixed.wu.user)
    page = text_of(wu.get("/m/records/?what=licence"))
    assert f"{mixed.licence.number} 最近：11月19日 无人领取 · 未按时完成 漏检" in page
    page = text_of(wu.get(f"/m/records/licences/{mixed.licence.code}/"))
    assert "未指定责任人" in page
    assert "2026年11月19日 漏检 无人领取 · 未按时完成" in page
    page = text_of(as_(mixed.world.li.user).get(f"/m/records/stations/{mixed.station.code}/"))
    assert "2026年11月19日 免检 设备停用" in page
    sun = as_(mixed.world.sun.user)
    assert sun.get(f"/m/records/licences/{mixed.licence.code}/").status_code == 404
    assert sun.get(f"/m/records/stations/{mixed.station.code}/").status_code == 404


def test_records_of_types_week_by_week(mixed: SimpleNamespace, as_: Callable) -> None:
    world = mixed.world
    mine = {"owner": world.li, "assignee": world.li}
    done = rounds.submit(tasks.task(world.jia, **mine), world.actor(world.li))
    tasks.task(world.jia, LAST_WEEK, state="missed", **mine)
    tasks.task(world.jia, LAST_WEEK, level="director", owner=world.wang, assignee=world.wang)
    li, wang = as_(world.li.user), as_(world.wang.user)
    assert "电梯 最近：第47周(11.16–11.22) 已完成" in text_of(li.get("/m/records/?tab=weekly"))
    page = text_of(li.get("/m/records/types/weekly/lift/"))
    assert "第47周(11.16–11.22) 安全员 按时 李安 · 未发现隐患 查看记录" in page
    assert "第46周(11.9–11.15) 安全员 漏检 李安 · 未按时完成" in page
    assert "安全总监" not in page
    assert "安全总监 漏检 王总" in text_of(wang.get("/m/records/types/weekly/lift/"))
    page = text_of(wang.get(f"/m/records/{done.code}/"))
    assert "排查周期 第47周(11.16–11.22) 履职身份 安全员 排查人 李安" in page
    assert "未发现问题（零风险）" in page
    # Cranes are not his only, lifts are not his at all.
    assert as_(world.zhao.user).get("/m/records/types/weekly/lift/").status_code == 404
    for odd in ("weekly/zz", "daily/lift", "yearly/lift", "monthly/lift"):
        assert li.get(f"/m/records/types/{odd}/").status_code == 404
    assert as_(world.sun.user).get("/m/records/types/weekly/lift/").status_code == 404
    assert "还没有月调度记录" in text_of(li.get("/m/records/?tab=monthly"))
