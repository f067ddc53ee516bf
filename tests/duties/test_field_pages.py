"""我的待办, 日管控, the machine page and 日管控记录 (F5, F47, F51, F52, F67)."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.clock import at
from equipment.models import Equipment
from tests.factories import duties as tasks
from tests.factories import equipment as machines
from tests.factories import rounds
from tests.factories import units as people
from tests.world import NOW, TODAY, World

pytestmark = pytest.mark.usefixtures("clock")
YESTERDAY = TODAY - timedelta(days=1)


def text_of(response: object) -> str:
    """What a reader sees: the page without tags, blanks folded."""
    plain = re.sub(r"<[^>]+>", " ", html.unescape(response.content.decode()))
    return re.sub(r"\s+", " ", plain)


@pytest.fixture
def li(world: World, as_: Callable[..., Client]) -> Client:
    return as_(world.li.user)


def test_the_card_counts_today(world: World, li: Client) -> None:
    rounds.submit(tasks.task(world.crane), world.actor(world.li))
    tasks.task(world.lift)
    tasks.task(machines.machine(world.jia, officer=world.li), state="waived")
    tasks.task(world.lift, YESTERDAY, state="missed")
    tasks.task(world.boiler)
    page = text_of(li.get("/m/"))
    assert "李安，上午好" in page
    assert "2026年11月20日 星期五" in page
    assert "1 台待巡查" in page
    assert "已完成 1 / 2 台，免检 1 台" in page
    assert "漏检可补录" in page
    assert "待完成" not in page


def test_weekly_and_monthly_ones_stand_with_their_due_day(world: World, li: Client) -> None:
    mine = {"owner": world.li, "assignee": world.li}
    tasks.task(world.jia, category="lift", **mine)
    tasks.task(world.jia, category="crane", state="done", **mine)
    tasks.task(world.jia, category="lift", cadence="monthly", state="done", **mine)
    tasks.task(world.jia, category="lift", day=TODAY - timedelta(days=7), state="missed", **mine)
    page = text_of(li.get("/m/"))
    assert "周排查 1 项待完成，11月22日 24:00 前" in page
    assert "月调度 1 项已全部完成" in page
    assert "周排查漏检可补录" in page
    assert "周报告" not in page


@pytest.mark.parametrize(
    ("hour", "greeting"), [(8, "上午好"), (13, "下午好"), (20, "晚上好"), (2, "晚上好")]
)
def test_the_greeting_follows_the_clock(
    li: Client, clock: Callable, hour: int, greeting: str
) -> None:
    clock(at(TODAY, hour))
    assert f"李安，{greeting}" in text_of(li.get("/m/"))


def test_all_done_says_so(world: World, li: Client) -> None:
    rounds.submit(tasks.task(world.lift), world.actor(world.li))
    page = text_of(li.get("/m/"))
    assert "今日 1 台已全部巡查" in page
    assert "全部完成" in page


def test_an_officer_without_machines_is_told_who_binds_them(world: World, as_: Callable) -> None:
    newcomer = people.staff(world.jia, "新来", "safety_officer", mobile="13900000001")
    for url in ("/m/", "/m/daily/"):
        page = text_of(as_(newcomer.user).get(url))
        assert "您还没有绑定设备" in page
        assert "请联系本单位管理员" in page
    assert "您还没有绑定设备" in text_of(as_(newcomer.user).get("/m/records/"))


def test_a_quality_officer_is_not_sent_to_bind_machines(world: World, as_: Callable) -> None:
    quality = people.staff(world.jia, "质检", "quality_officer", mobile="13900000001")
    client = as_(quality.user)
    for url in ("/m/", "/m/daily/"):
        page = text_of(client.get(url))
        assert "质量安全员名下没有设备待办" in page
        assert "您还没有绑定设备" not in page
    assert "还没有给您绑定设备" not in text_of(client.get("/m/me/"))
    assert "1号客梯" in text_of(client.get("/m/records/"))


def test_machines_stand_in_the_order_people_count(world: World, li: Client) -> None:
    places = ("D座10层", "D座9层", "D座100层")
    for place in places:
        tasks.task(machines.machine(world.jia, place=place, officer=world.li))
    for url in ("/m/daily/", "/m/records/"):
        found = re.findall("D座[0-9]+层", text_of(li.get(url)))
        assert found == ["D座9层", "D座10层", "D座100层"]


def test_bound_today_but_nothing_generated(li: Client) -> None:
    page = text_of(li.get("/m/"))
    assert "今日待办还没有生成" in page
    assert "00:05" in page


def test_stopped_machines_owe_nothing_and_say_why(world: World, li: Client) -> None:
    Equipment.objects.filter(officer=world.li).update(status="stopped")
    page = text_of(li.get("/m/"))
    assert "今日没有应检设备" in page
    assert "停用 2 台" in page


def test_waived_machines_are_explained(world: World, li: Client) -> None:
    tasks.task(world.lift, state="waived")
    assert "今日应检的设备都已免检" in text_of(li.get("/m/"))
    assert "免检原因：设备停用" in text_of(li.get("/m/daily/"))


def test_a_director_gets_the_progress_of_his_scope(world: World, as_: Callable) -> None:
    for machine in (world.lift, world.crane, world.boiler, world.unbound):
        tasks.task(machine)
    page = text_of(as_(world.wang.user).get("/m/"))
    assert "今日日管控情况" in page
    assert "已巡查 0 / 4 未完成 4" in page
    assert "1 台未绑定安全员" in page
    assert "待巡查" not in page
    assert "已巡查 0 / 1 未完成" in text_of(as_(world.zhao.user).get("/m/"))  # cranes only
    page = text_of(as_(world.chen.user).get("/m/team/"))
    assert re.findall(r"(\d+) (应检|已完成|未完成|免检)", page) == [
        ("4", "应检"), ("0", "已完成"), ("4", "未完成"), ("0", "免检"),
    ]  # fmt: skip
    assert f"4号客梯 C座 · {world.unbound.inner_no} · 未绑定安全员" in page
    assert f"1号客梯 A座大堂 · {world.lift.inner_no} · 李安" in page
    assert "您不是安全员" in text_of(as_(world.wang.user).get("/m/daily/"))


def test_a_director_without_rounds_gets_a_helpful_page(world: World, as_: Callable) -> None:
    page = text_of(as_(world.qian.user).get("/m/"))
    assert "您分管范围内今日没有应检的设备、许可或工位" in page
    assert "管控记录" in page


def test_waiting_hazards_are_counted(world: World, as_: Callable, li: Client) -> None:
    rounds.submit(
        tasks.task(world.lift),
        world.actor(world.li),
        answers={1: rounds.failed(), 2: rounds.failed()},
    )
    assert re.search(r"待下达整改措施 .*? 2 条", text_of(as_(world.wang.user).get("/m/")))
    assert "待下达整改措施" not in text_of(li.get("/m/"))


# ------------------------------------------------------------------ 日管控
def test_open_ones_first_then_done_with_their_state(world: World, li: Client) -> None:
    rounds.submit(tasks.task(world.crane), world.actor(world.li))
    task = tasks.task(world.lift, state="in_progress", started_at=NOW)
    page = text_of(li.get("/m/daily/"))
    assert "11月20日：待巡查 1 台，共 2 台" in page
    assert page.index("1号客梯 A座大堂") < page.index("2号行车 B车间")
    assert "进行中" in page
    assert "11月20日 09:00 提交" in page
    assert f"/m/tasks/{task.code}/" in li.get("/m/daily/").content.decode()
    assert "设备巡查" in page
    assert "许可巡查" not in page
    assert "工位巡查" not in page


def test_missed_within_the_days_can_be_made_up(world: World, li: Client) -> None:
    for days in (1, 7, 8):
        tasks.task(world.lift, TODAY - timedelta(days=days), state="missed")
    page = text_of(li.get("/m/daily/"))
    assert "可补录（漏检后 7 天内）" in page
    assert "11月19日 · A座大堂" in page
    assert "11月13日 · A座大堂" in page
    assert "11月12日" not in page
    only = text_of(li.get("/m/daily/?show=backfill"))
    assert "记录会一直标为“补录”" in only
    assert only.index("11月13日") < only.index("11月19日")


def test_a_region_may_shorten_the_days(world: World, li: Client) -> None:
    region = world.jia.region
    region.settings = {"backfill_days": 3}
    region.save()
    for days in (3, 4):
        tasks.task(world.lift, TODAY - timedelta(days=days), state="missed")
    page = text_of(li.get("/m/daily/"))
    assert "可补录（漏检后 3 天内）" in page
    assert re.findall(r"11月1\d日", page) == ["11月17日"]


def test_an_expired_one_reads_as_missed_before_the_sweep(
    world: World, li: Client, clock: Callable
) -> None:
    task = tasks.task(world.lift, YESTERDAY)
    clock(at(TODAY, 0, 1))
    assert "11月19日 · A座大堂" in text_of(li.get("/m/daily/"))
    page = text_of(li.get(f"/m/tasks/{task.code}/"))
    assert "记为漏检" in page
    assert "补录" in page


def test_the_search_box_comes_with_many_machines(world: World, li: Client) -> None:
    for number in range(8):
        tasks.task(machines.machine(world.jia, officer=world.li, place=f"{number}栋"))
    tasks.task(world.lift)
    tasks.task(world.crane)
    assert 'type="search"' not in li.get("/m/daily/").content.decode()
    tasks.task(machines.machine(world.jia, officer=world.li, place="地下车库"))
    assert 'type="search"' in li.get("/m/daily/").content.decode()
    found = text_of(li.get("/m/daily/?q=地下"))
    assert "地下车库" in found
    assert "A座大堂" not in found
    nothing = text_of(li.get("/m/daily/?q=没有这台"))
    assert "没有找到" in nothing
    assert "查看全部" in nothing
    assert li.get("/m/daily/?q=" + "长" * 60).status_code == 200


def test_four_hundred_to_dos_stay_usable(
    world: World, li: Client, django_assert_num_queries: Callable
) -> None:
    def look() -> None:
        # Session, user, employment; two of the page; the badges of the tab bar.
        for url in ("/m/", "/m/daily/"):
            with django_assert_num_queries(6):
                assert li.get(url).status_code == 200

    tasks.task(world.lift)
    tasks.task(world.lift, YESTERDAY, state="missed")
    look()
    for number in range(399):
        machine = machines.machine(world.jia, officer=world.li, place=f"{number:03d}栋")
        tasks.task(machine)
        tasks.task(machine, YESTERDAY, state="missed")
    look()
    page = text_of(li.get("/m/daily/"))
    assert "待巡查 400 台，共 400 台" in page
    assert "查看全部 400 条可补录" in page
    assert page.count("待巡查") == 21  # the heading and one page of twenty
    last = text_of(li.get("/m/daily/?page=20"))
    places = {f"{number:03d}栋" for number in range(380, 399)} | {"A座大堂"}
    assert set(re.findall(r"\d{3}栋|A座大堂", last)) == places
    assert last.count("待巡查") == 21
    assert "查看全部" not in last


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("url", "number"),
    [("/m/", 6), ("/m/records/", 7), ("/m/team/", 6)],
)
def test_query_counts_do_not_grow(
    world: World,
    as_: Callable,
    rows: int,
    url: str,
    number: int,
    django_assert_num_queries: Callable,
) -> None:
    client = as_(world.wang.user if url == "/m/team/" else world.li.user)
    for _ in range(rows):
        machine = machines.machine(world.jia, officer=world.li)
        tasks.task(machine, YESTERDAY, state="missed")
        tasks.task(machine)
    with django_assert_num_queries(number):
        assert client.get(url).status_code == 200


# ------------------------------------------------------------------ the machine page
def test_the_machine_page_has_facts_history_and_hazards(world: World, li: Client) -> None:
    world.lift.next_inspection_on = TODAY + timedelta(days=10)
    world.lift.save()
    rounds.submit(
        tasks.task(world.lift, YESTERDAY), world.actor(world.li),
        now=at(YESTERDAY, 10), answers={1: rounds.failed()},
    )  # fmt: skip
    tasks.task(world.lift, TODAY - timedelta(days=2), state="missed")
    task = tasks.task(world.lift)
    page = text_of(li.get(f"/m/tasks/{task.code}/"))
    assert world.lift.registration_no in page
    assert world.lift.catalogue.name in page
    assert "2026年11月30日 即将到期" in page
    assert "未整改隐患（1）" in page
    assert rounds.listed(task).items[0]["hazard"] in page
    assert re.search(
        r"2026年11月19日 李安 · 隐患 1 项 .*按时 2026年11月18日 李安 · 未按时完成 .*漏检", page
    )


def test_overdue_inspection_is_said_in_words(world: World, li: Client) -> None:
    world.lift.next_inspection_on = YESTERDAY
    world.lift.save()
    assert "2026年11月19日 已超期" in text_of(li.get(f"/m/tasks/{tasks.task(world.lift).code}/"))


# ------------------------------------------------------------------ 日管控记录
def test_records_of_machines_and_their_history(world: World, as_: Callable, li: Client) -> None:
    actor = world.actor(world.li)
    days = [TODAY - timedelta(days=n) for n in range(5)]
    done = rounds.submit(tasks.task(world.lift, days[1]), actor, now=at(days[1], 10))
    stopped = rounds.submit(
        tasks.task(world.lift, days[2]), actor,
        now=at(days[2], 10), first=rounds.status("stopped", stop_reason="检修"),
    )  # fmt: skip
    tasks.task(world.lift, days[3], state="missed")
    tasks.task(world.lift, days[4], state="waived")
    tasks.task(world.lift)
    page = text_of(li.get("/m/records/"))
    assert "1号客梯 A座大堂" in page
    assert "最近：11月19日 李安 · 未发现隐患" in page
    assert "还没有巡查记录" in page  # the crane
    assert "3号锅炉" not in page
    assert "3号锅炉" in text_of(li.get("/m/records/?of=all"))
    assert "3号锅炉" in text_of(as_(world.wang.user).get("/m/records/"))
    assert "3号锅炉" not in text_of(as_(world.zhao.user).get("/m/records/"))
    history = text_of(li.get(f"/m/records/machines/{world.lift.code}/"))
    rows = re.findall(r"2026年11月(\d+)日 (\S+)", history)
    assert rows == [
        ("20", "待巡查"), ("19", "按时"), ("18", "按时"), ("17", "漏检"), ("16", "免检"),
    ]  # fmt: skip
    for words in ("停用：检修", "李安 · 未按时完成", "设备停用"):
        assert words in history
    links = li.get(f"/m/records/machines/{world.lift.code}/").content.decode()
    assert [c for c in (done.code, stopped.code) if f"/m/records/{c}/" in links] == [
        done.code,
        stopped.code,
    ]


def test_a_record_shows_everything(world: World, li: Client) -> None:
    task = tasks.task(world.lift)
    actor = world.actor(world.li)
    rounds.fill(task, actor, answers={2: rounds.failed(no_photo_reason="", note="夜间更响")})
    photo = rounds.take_photo(task, actor, 2)
    done = rounds.submit(
        task, actor, answers={2: rounds.failed(no_photo_reason="", note="夜间更响")}
    )
    response = li.get(f"/m/records/{done.code}/")
    page = text_of(response)
    item = done.version.items[1]
    for words in (
        item["item"],
        item["hazard"],
        "待处理",
        "夜间更响",
        "发现隐患 1 项",
        "待下达",
        "按时",
    ):
        assert words in page
    markup = response.content.decode()
    assert f"/files/{photo.copy_id}/" in markup
    assert f"/files/{done.signature.image_id}/" in markup
    assert f"/documents/daily/{done.code}/" in markup
    assert page.count(" 合格") == len(done.answers) - 1


def test_a_zero_finding_day_is_a_record(world: World, li: Client) -> None:
    done = rounds.submit(tasks.task(world.lift), world.actor(world.li))
    assert "未发现问题（零风险）" in text_of(li.get(f"/m/records/{done.code}/"))


def test_records_of_another_unit_do_not_exist(world: World, as_: Callable) -> None:
    done = rounds.submit(tasks.task(world.lift), world.actor(world.li))
    sun = as_(world.sun.user)
    assert sun.get(f"/m/records/{done.code}/").status_code == 404
    assert sun.get(f"/m/records/machines/{world.lift.code}/").status_code == 404
    assert "1号客梯 A座大堂" not in text_of(sun.get("/m/records/?of=all"))


@pytest.mark.parametrize("day", [date(2026, 11, 20)])
def test_the_badge_counts_open_ones(world: World, li: Client, day: date) -> None:
    tasks.task(world.lift, day)
    tasks.task(world.crane, day, state="in_progress")
    tasks.task(world.boiler, day)
    page = li.get("/m/me/").content.decode()
    assert re.search(r'sz-badge">2<', page)


def test_pages_that_count_themselves_show_the_same_badge(world: World, li: Client) -> None:
    """待办, 日管控, 周排查 and 月调度 tell the tab bar what they counted; every other page asks."""
    tasks.task(world.lift)
    tasks.task(world.crane, state="in_progress")
    tasks.task(world.boiler, state="waived")
    tasks.task(world.lift, YESTERDAY, state="missed")
    tasks.task(world.crane, YESTERDAY)  # lapsed, not yet closed
    tasks.task(world.jia, category="lift", assignee=world.li)  # of the week
    pages = ["/m/me/", "/m/", "/m/daily/", "/m/daily/?show=backfill", "/m/weekly/", "/m/monthly/"]
    shown = {}
    for url in pages:
        with CaptureQueriesContext(connection) as queries:
            page = li.get(url).content.decode()
        asked = any("duties_task" in q["sql"] and "AS rows" in q["sql"] for q in queries)
        shown[url] = (re.findall(r'sz-badge">(\d+)<', page)[-1:], asked)
    assert shown == {url: (["3"], url == "/m/me/") for url in pages}
