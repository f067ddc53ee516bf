"""统计分析 and the bureau's pages: every figure equals the list behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from config import menus
from equipment.models import Licence, LicenceFamily, Station
from hazards.models import Hazard
from reports import statistics
from reports.board import UnitBoard, build
from reports.figures import Figure, Line
from reports.setup import Setup, Step
from tests.factories import (
    codes,
    declarations,
    hazards,
    notices,
    people_papers,
    records,
    registrations,
)
from tests.factories import duties as tasks
from tests.factories import equipment as machines
from tests.factories import units as people
from tests.factories.licences import licensed
from tests.world import NOW, TODAY, World
from units.models import Department, Position, Staff, Unit

As = Callable[[Any], Client]
YESTERDAY = TODAY - timedelta(days=1)
QUERIES = 11


@pytest.fixture(autouse=True)
def _at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def no_badges(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counts of the menu are other pages' business."""
    monkeypatch.setattr(menus, "_badges", {})


@pytest.fixture
def history(world: World) -> World:
    """Two days of every completion, hazards in every state, inspections due and overdue."""
    records.inspection(tasks.task(world.lift, TODAY, state="done"), world.li)
    tasks.task(world.crane, TODAY)
    tasks.task(world.boiler, TODAY, state="waived")
    tasks.task(world.unbound, TODAY)
    tasks.task(world.lift, YESTERDAY, state="missed")
    late = tasks.task(world.crane, YESTERDAY, state="backfilled")
    records.inspection(late, world.li, timing="backfilled", backfill_reason="停电")
    tasks.task(world.unbound, YESTERDAY)
    tasks.task(world.lift, TODAY - timedelta(days=7), state="missed")
    director = {"director": world.wang}
    hazards.hazard(world.lift)
    hazards.hazard(world.lift, state="pending_rectification", **director)
    hazards.hazard(world.crane, state="pending_rectification", due_on=YESTERDAY, **director)
    hazards.hazard(world.lift, state="rectified", **director)
    for machine, days in ((world.lift, -1), (world.crane, 0), (world.unbound, 30)):
        machine.next_inspection_on = TODAY + timedelta(days=days)
        machine.save()
    machines.machine(world.jia, "ride", name="旧转马", status="scrapped")
    records.inspection(tasks.task(world.yi_lift, TODAY, state="done"), world.sun)
    hazards.hazard(world.yi_lift)
    return world


def figures(board: Any) -> list[Figure]:
    """Every number of a unit's board, or of a bureau's."""
    if isinstance(board, UnitBoard):
        return board.figures
    lines = [*board.week, *board.hazards]
    return [*board.today, *board.machines, *(one for line in lines for one in line.figures)]


def values(found: Iterable[Figure]) -> dict[str, int]:
    return {one.label: one.value for one in found}


def total(client: Client, url: str) -> int:
    answer = client.get(url)
    assert answer.status_code == 200
    found = re.search(r"共 (\d+) 条", answer.content.decode())
    return int(found.group(1)) if found else 0


def table(lines: list[Line]) -> dict[str, list[int]]:
    return {line.label: [one.value for one in line.figures] for line in lines}


class TestDashboard:
    """应检 按时 补录 漏检 未到期 免检, in this order, everywhere."""

    def test_today_this_week_and_this_month(self, history: World, as_: As) -> None:
        board = as_(history.jia_admin).get("/dashboard/").context["board"]
        assert table(board.periods) == {
            "今日": [3, 1, 0, 0, 2, 1],
            "本周": [6, 1, 1, 2, 2, 1],
            "本月": [7, 1, 1, 3, 2, 1],
        }
        assert [line.rate for line in board.periods] == ["33.3%", "33.3%", "28.6%"]
        assert [line.note for line in board.periods] == [
            "2026年11月20日", "第47周(11.16–11.22)", "2026年11月"
        ]  # fmt: skip

    def test_the_longer_rounds_and_reports(self, history: World, as_: As) -> None:
        client = as_(history.jia_admin)
        assert client.get("/dashboard/").context["board"].longer == []
        licensed(history.jia, "using", "production")
        longer_rounds(history)
        answer = client.get("/dashboard/?period=weekly")
        board = answer.context["board"]
        assert table(board.longer) == {
            "周排查 · 本周": [3, 1, 0, 0, 2, 0],
            "周排查 · 上周": [2, 0, 1, 1, 0, 1],
            "周报告 · 本周": [1, 0, 0, 0, 1, 0],
            "月调度 · 本月": [1, 0, 0, 0, 1, 0],
            "月调度 · 上月": [1, 0, 0, 1, 0, 0],
            "月报告 · 上月": [1, 0, 0, 1, 0, 0],
        }
        this_week, this_month = "第47周(11.16–11.22)", "2026年11月"
        assert [line.note for line in board.longer] == [
            this_week, "第46周(11.9–11.15)", this_week, this_month, "2026年10月", "2026年10月"
        ]  # fmt: skip
        assert table(board.categories)["电梯"] == [2, 1, 0, 0, 1, 0]
        assert table(board.categories)["电梯安装（含修理）"] == [1, 0, 0, 0, 1, 0]
        found = figures(board)
        assert {one.url: one.value for one in found} == lengths(client, found)

    @pytest.mark.parametrize(
        ("today", "week", "month"),
        [
            # Sunday, Monday: the week turns; 30 November, 1 December: the month turns in the week.
            (date(2026, 11, 22), ["11-16", "11-22"], ["11-01", "11-30"]),
            (date(2026, 11, 23), ["11-23", "11-29"], ["11-01", "11-30"]),
            (date(2026, 12, 1), ["11-30", "12-06"], ["12-01", "12-31"]),
            (date(2027, 1, 1), ["12-28", "01-03"], ["01-01", "01-31"]),
            (date(2028, 2, 29), ["02-28", "03-05"], ["02-01", "02-29"]),
        ],
    )
    def test_weeks_begin_on_monday_and_months_end_where_they_end(
        self, today: date, week: list[str], month: list[str]
    ) -> None:
        _, this_week, this_month = statistics.periods(today)
        for period, expected in ((this_week, week), (this_month, month)):
            assert [f"{one:%m-%d}" for one in (period.first, period.last)] == expected

    def test_a_to_do_counts_in_the_periods_its_day_lies_in(self, world: World, as_: As) -> None:
        for day in ("11-01", "11-15", "11-16", "10-31", "10-22", "10-21"):
            tasks.task(world.lift, date.fromisoformat(f"2026-{day}"), state="missed")
        board = as_(world.jia_admin).get("/dashboard/").context["board"]
        assert [line.figures[0].value for line in board.periods] == [0, 1, 3]
        assert sum(line.figures[0].value for line in board.days) == 5  # 22 October is the thirtieth
        assert len(board.days) == 30

    @pytest.mark.parametrize(
        ("period", "lift"),
        [("", [2, 2, 1, 0, 0, 1, 0]), ("week", [2, 4, 1, 0, 2, 1, 0]),
         ("month", [2, 5, 1, 0, 3, 1, 0]), ("zz", [2, 2, 1, 0, 0, 1, 0])],
    )  # fmt: skip
    def test_by_category(self, history: World, as_: As, period: str, lift: list[int]) -> None:
        answer = as_(history.jia_admin).get("/dashboard/", {"period": period})
        lines = table(answer.context["board"].categories)
        assert list(lines) == ["锅炉", "电梯", "起重机械", "大型游乐设施"]
        assert lines["电梯"] == lift
        assert sum(one["active"] for one in answer.context["tabs"]) == 1

    def test_hazards_and_machines(self, history: World, as_: As) -> None:
        board = as_(history.jia_admin).get("/dashboard/").context["board"]
        assert [(line.label, values(line.figures)) for line in board.hazards] == [
            (
                "日隐患",
                {"待下达": 1, "待整改": 2, "其中逾期": 1, "已整改": 1, "已复查": 0, "合计": 4},
            )
        ]
        assert values(board.machines) == {
            "设备总数": 5, "在用": 4, "未绑定安全员": 1, "30 天内到期": 2, "检验已超期": 1
        }  # fmt: skip

    def test_the_chart_draws_every_day_to_scale(self, history: World, as_: As) -> None:
        answer = as_(history.jia_admin).get("/dashboard/")
        chart = answer.context["board"].chart
        assert (len(chart.bars), chart.top) == (30, 3)
        today = chart.bars[-1]
        assert [(block.kind, block.height) for block in today.blocks] == [
            ("on_time", 33.33), ("open", 66.67)
        ]  # fmt: skip
        assert today.blocks[-1].y == 0
        assert today.title == "11月20日 应检 3：按时 1，未到期 2"
        assert chart.bars[0].title == "10月22日 没有应检"
        assert "每天的数字" in answer.content.decode()

    def test_every_figure_is_the_length_of_the_list_behind_it(
        self, history: World, as_: As
    ) -> None:
        Hazard.objects.filter(state="rectified").update(source="weekly")
        client = as_(history.jia_admin)
        found = figures(client.get("/dashboard/?period=month").context["board"])
        assert {one.url: one.value for one in found} == lengths(client, found)
        assert sum(one.value > 0 for one in found) > 30
        add_foreign_data(history)
        again = figures(client.get("/dashboard/?period=month").context["board"])
        assert again == found

    def test_every_figure_stands_on_the_page_as_a_link(self, history: World, as_: As) -> None:
        answer = as_(history.jia_admin).get("/dashboard/")
        body = answer.content.decode()
        missing = [
            one.label
            for one in figures(answer.context["board"])
            if f'href="{one.url.replace("&", "&amp;")}"' not in body
        ]
        assert missing == []

    def test_machines_without_officer_are_pointed_out(self, history: World, as_: As) -> None:
        body = as_(history.jia_admin).get("/dashboard/").content.decode()
        assert "有 1 台设备未绑定安全员" in body

    def test_a_stopped_machine_without_officer_counts_as_on_the_profile(
        self, world: World, as_: As
    ) -> None:
        machines.machine(world.jia, "lift", name="停梯", status="stopped")
        client = as_(world.jia_admin)
        board = client.get("/dashboard/").context["board"]
        assert (board.unbound.value, total(client, board.unbound.url)) == (2, 2)
        assert "2 台设备未绑定安全员" in client.get("/profile/").content.decode()

    def test_it_is_where_a_unit_account_lands(self, world: World, as_: As) -> None:
        assert as_(world.jia_admin).get("/").headers["Location"] == "/dashboard/"

    @pytest.mark.parametrize("number", [1, 3])
    def test_queries_do_not_grow(
        self,
        world: World,
        as_: As,
        number: int,
        no_badges: None,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for _ in range(number):
            machine = machines.machine(world.far_unit, "lift")
            tasks.task(machine, TODAY)
            hazards.hazard(machine, finder=people.staff(world.far_unit, "黄安", "safety_officer"))
        client = as_(world.far_admin)
        with django_assert_num_queries(2 + QUERIES):  # the session and its account come first
            board = client.get("/dashboard/").context["board"]
        assert board.periods[0].figures[0].value == number


def longer_rounds(world: World) -> None:
    """Weekly and monthly to-dos of now and last time, of a category and of a licence family."""
    jia, last_week, last_month = world.jia, TODAY - timedelta(days=7), date(2026, 10, 31)
    tasks.task(jia, TODAY, category="lift", state="done", owner=world.li)
    tasks.task(jia, TODAY, category="lift", level="director", owner=world.wang)
    family = LicenceFamily.objects.get(name="电梯安装（含修理）").code
    tasks.task(jia, TODAY, category=family)
    tasks.task(jia, TODAY, category="lift", kind="weekly_report", level="director")
    for level, state in (
        ("officer", "missed"),
        ("director", "backfilled"),
        ("principal", "waived"),
    ):
        tasks.task(jia, last_week, category="crane", level=level, state=state)
    monthly = {"cadence": "monthly", "level": "principal", "category": "lift"}
    tasks.task(jia, TODAY, **monthly)
    tasks.task(jia, last_month, state="missed", **monthly)
    tasks.task(jia, last_month, state="missed", kind="monthly_minutes", **monthly)


def lengths(client: Client, found: Iterable[Figure]) -> dict[str, int]:
    """What the list behind every figure counts; each address is opened once."""
    return {url: total(client, url) for url in {one.url for one in found}}


def add_foreign_data(world: World) -> None:
    """乙 gets one of everything, in every state."""
    director = {"director": world.qian}
    for state in ("done", "missed", "waived", "backfilled", "todo"):
        machine = machines.machine(world.yi, "lift", officer=world.sun)
        tasks.task(machine, TODAY, state=state)
        tasks.task(machine, TODAY - timedelta(days=20), state=state)
    machines.machine(world.yi, "boiler", next_inspection_on=TODAY)
    for state in ("pending_order", "pending_rectification", "rectified", "reviewed"):
        hazards.hazard(world.yi_lift, state=state, **director)


@pytest.fixture
def waiting(world: World) -> World:
    """One or two of everything that a unit admin is reminded of, with what does not count."""
    jia, li = world.jia, world.li
    for days in (-1, 0, 60, 61):
        people_papers.certificate(li, until=TODAY + timedelta(days=days))
    people_papers.leave_request(world.zhang)
    notice = notices.notice(world.bureau)
    notices.receipt(notice, jia)
    withdrawn = notices.notice(world.bureau, withdrawn_at=NOW, withdraw_reason="重发")
    notices.receipt(withdrawn, jia)
    declarations.filed(world.boiler, actor=world.actor(world.jia_admin))
    code = codes.device_code(world.lift)
    codes.public_report(code)
    codes.public_report(code, answered_at=NOW, answer="已处理", answered_by_name="甲")
    registrations.archived(jia, world.bureau)
    return world


class TestReminders:
    def test_what_waits_is_counted(self, waiting: World, as_: As) -> None:
        board = as_(waiting.jia_admin).get("/dashboard/").context["board"]
        assert values(board.reminders.figures) == {
            "证书 60 天内到期": 2,
            "证书已过期": 1,
            "离职申请待处理": 1,
            "通知未读": 1,
            "申报待监管确认": 1,
            "公众报告待处理": 1,
            "历史设备待认领": 1,
        }

    def test_every_reminder_is_the_length_of_the_list_behind_it(
        self, waiting: World, as_: As
    ) -> None:
        client = as_(waiting.jia_admin)
        found = client.get("/dashboard/").context["board"].reminders.figures
        assert {one.url: one.value for one in found} == lengths(client, found)
        assert values(
            as_(waiting.yi_admin).get("/dashboard/").context["board"].reminders.figures
        ) == {one.label: 0 for one in found}

    def test_licences_and_stations_only_where_they_concern(self, world: World, as_: As) -> None:
        unit = world.far_unit
        labels = ["许可即将到期", "许可已过期", "许可未指定责任人", "工位未指定责任人"]
        family = LicenceFamily.objects.filter(unit_kind="filling").first()
        for number, days in enumerate((-1, 0, 30, 800)):
            Licence.objects.create(
                unit=unit, family=family, number=f"TS{number}", valid_from=date(2020, 1, 1),
                valid_until=TODAY + timedelta(days=days), created_at=NOW,
            )  # fmt: skip
        Station.objects.create(unit=unit, name="1号位", number="1", medium="氧", created_at=NOW)
        for kinds, shown in (
            (["using"], {}),
            (["production"], dict(zip(labels[:3], (2, 1, 4), strict=True))),
            (["filling"], dict(zip(labels, (2, 1, 4, 1), strict=True))),
        ):
            Unit.objects.filter(pk=unit.pk).update(kinds=kinds)
            client = as_(world.far_admin)
            found = client.get("/dashboard/").context["board"].reminders.figures
            about = [one for one in found if one.label in labels]
            assert values(about) == shown
            assert {one.url: one.value for one in about} == lengths(client, about)

    def test_what_the_year_lacks_is_said(self, world: World, as_: As) -> None:
        people_papers.activity(world.jia, world.li, held_on=date(2026, 1, 1))
        people_papers.activity(world.jia, world.li, kind="drill", held_on=date(2025, 12, 31))
        notes = as_(world.jia_admin).get("/dashboard/").context["board"].reminders.notes
        assert [note.text for note in notes[1:]] == ["2026 年还没有登记应急演练。"]
        assert notes[0].text.startswith("企业信息还缺 ")
        assert notes[0].word.startswith("完整度 ")


class TestSetup:
    def test_a_new_unit_is_told_how_to_begin(self, world: World, as_: As) -> None:
        answer = as_(world.far_admin).get("/dashboard/")
        board = answer.context["board"]
        assert board.setup.is_new is True
        assert [step.label for step in board.setup.steps] == SETUP_USING
        assert "开始使用" in answer.content.decode()

    def test_what_is_done_is_ticked_and_what_comes_next_is_named(
        self, world: World, as_: As
    ) -> None:
        unit = world.far_unit
        people.staff(unit, "黄安", "safety_officer")
        people.staff(unit, "黄总", "safety_director")
        step = steps_of(world)["人员"]
        assert (step.is_done, step.note) == (False, "还缺主要负责人")
        people.staff(unit, "黄责", "principal")
        Department.objects.create(unit=unit, name="安全部", created_at=NOW)
        assert steps_of(world)["人员"].is_done is True
        assert steps_of(world)["部门与岗位"].note == "还没有岗位"
        Position.objects.create(unit=unit, name="安全员", created_at=NOW)
        assert steps_of(world)["部门与岗位"].is_done is True
        machine = machines.machine(unit, "lift")
        found = steps_of(world)
        assert found["设备"].is_done is True
        assert found["绑定安全员"].note == "1 台在用设备未绑定"
        assert setup_of(world).is_new is False
        machine.officer = Staff.objects.get(name="黄安")
        machine.save()
        assert steps_of(world)["绑定安全员"].is_done is True

    def test_a_person_who_left_does_not_count(self, world: World) -> None:
        gone = people.staff(world.far_unit, "黄责", "principal")
        Staff.objects.filter(pk=gone.pk).update(ended_on=TODAY)
        assert "主要负责人" in steps_of(world)["人员"].note

    def test_a_production_unit_is_led_to_licences_not_machines(self, world: World, as_: As) -> None:
        Unit.objects.filter(pk=world.far_unit.pk).update(kinds=["production"])
        board = as_(world.far_admin).get("/dashboard/").context["board"]
        labels = [step.label for step in board.setup.steps]
        assert labels == [*SETUP_FIRST, "许可", "指定责任人"]
        assert steps_of(world)["人员"].note == "还缺质量安全员、质量安全总监、主要负责人"
        assert board.machines == []

    def test_a_filling_unit_registers_stations(self, world: World) -> None:
        Unit.objects.filter(pk=world.far_unit.pk).update(kinds=["filling"])
        assert list(steps_of(world)) == [*SETUP_FIRST, "许可", "工位", "指定责任人"]
        family = LicenceFamily.objects.filter(unit_kind="filling").first()
        licence = Licence.objects.create(
            unit=world.far_unit, family=family, number="TS1", valid_from=TODAY,
            valid_until=TODAY, created_at=NOW,
        )  # fmt: skip
        station = Station.objects.create(
            unit=world.far_unit, name="1号位", number="1", medium="氧", created_at=NOW
        )
        found = steps_of(world)
        assert (found["许可"].is_done, found["工位"].is_done) == (True, True)
        assert found["指定责任人"].note == "1 项许可未指定，1 个工位未指定"
        officer = people.staff(world.far_unit, "黄安", "safety_officer")
        for one in (licence, station):
            one.officer = officer
            one.save()
        assert steps_of(world)["指定责任人"].is_done is True

    def test_a_unit_of_several_kinds_has_the_steps_of_all(self, world: World) -> None:
        Unit.objects.filter(pk=world.far_unit.pk).update(kinds=["using", "production", "filling"])
        assert list(steps_of(world)) == [
            *SETUP_USING, "许可", "工位", "指定责任人"
        ]  # fmt: skip

    def test_a_unit_at_work_sees_only_what_is_missing(self, history: World, as_: As) -> None:
        answer = as_(history.jia_admin).get("/dashboard/")
        assert answer.context["board"].setup.is_new is False
        assert "开始使用" not in answer.content.decode()
        assert "单位设置还差" in answer.content.decode()


SETUP_FIRST = ["企业信息", "部门与岗位", "人员"]
SETUP_USING = [*SETUP_FIRST, "设备", "绑定安全员"]


def setup_of(world: World) -> Setup:
    return build(world.actor(world.far_admin), NOW).setup


def steps_of(world: World) -> dict[str, Step]:
    return {step.label: step for step in setup_of(world).steps}


class TestRegion:
    def test_the_subtree_with_todays_figures(self, history: World, as_: As) -> None:
        answer = as_(history.regulator).get("/bureau/")
        assert values(answer.context["board"].today)["应检"] == 4
        rows = {row.unit.name: values(found) for row, found in answer.context["rows"]}
        assert rows == {
            "乙机械有限公司": {
                "设备": 1, "应检": 1, "按时": 1, "补录": 0, "漏检": 0, "未到期": 0,
                "未完成整改隐患": 1, "未绑定设备": 0,
            },
            "甲物业管理有限公司": {
                "设备": 5, "应检": 3, "按时": 1, "补录": 0, "漏检": 0, "未到期": 2,
                "未完成整改隐患": 3, "未绑定设备": 1,
            },
        }  # fmt: skip

    def test_every_figure_is_the_length_of_the_list_behind_it(
        self, history: World, as_: As
    ) -> None:
        client = as_(history.regulator)
        context = client.get("/bureau/").context
        found = [*context["board"].today, *context["board"].machines]
        found += [one for _row, shown in context["rows"] for one in shown]
        assert {one.url: one.value for one in found} == {
            one.url: total(client, one.url) for one in found
        }

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({"keyword": "乙"}, ["乙机械有限公司"]),
            ({"keyword": "民权路"}, ["甲物业管理有限公司"]),
            ({"kind": "production"}, []),
            ({"kind": "using", "keyword": "甲 物业"}, ["甲物业管理有限公司"]),
            ({"kind": "zz"}, ["乙机械有限公司", "甲物业管理有限公司"]),
        ],
    )
    def test_search(self, world: World, as_: As, asked: dict[str, str], found: list[str]) -> None:
        rows = as_(world.regulator).get("/bureau/", asked).context["rows"]
        assert [row.unit.name for row, _ in rows] == found

    def test_a_city_bureau_sees_its_districts(self, history: World, as_: As) -> None:
        city = people.account("bureau", "city", people.bureau("500000", "重庆市市场监督管理局"))
        rows = as_(city).get("/bureau/").context["rows"]
        assert [row.unit.name for row, _ in rows] == [
            "乙机械有限公司",
            "甲物业管理有限公司",
            "丙酒店有限公司",
        ]

    def test_one_unit(self, history: World, as_: As) -> None:
        client = as_(history.regulator)
        answer = client.get(f"/bureau/units/{history.jia.code}/")
        own = as_(history.jia_admin).get("/dashboard/").context["board"]
        board = answer.context["board"]
        assert [one.value for one in board.machines] == [one.value for one in own.machines]
        assert table(board.hazards) == table(own.hazards)
        assert [line.rate for line in board.week] == [line.rate for line in own.days[:7]]
        assert {one.url: one.value for one in figures(board)} == {
            one.url: total(client, one.url) for one in figures(board)
        }
        for _label, url in answer.context["links"]:
            assert client.get(url).status_code == 200
        assert "甲物业管理有限公司" in answer.content.decode()

    def test_a_unit_of_another_subtree_does_not_exist(self, world: World, as_: As) -> None:
        url = f"/bureau/units/{world.jia.code}/"
        assert as_(world.far_regulator).get(url).status_code == 404
        assert as_(world.jia_admin).get(url).status_code == 403
        assert as_(world.regulator).post(url).status_code == 405

    def test_it_is_where_a_bureau_lands(self, world: World, as_: As) -> None:
        assert as_(world.regulator).get("/").headers["Location"] == "/bureau/desk/"

    def test_an_empty_district_says_so(self, world: World, as_: As) -> None:
        nobody = people.account("bureau", "none", people.bureau("500101", "万州区市场监督管理局"))
        assert "辖区内还没有单位" in as_(nobody).get("/bureau/").content.decode()

    @pytest.mark.parametrize("number", [1, 3])
    def test_queries_do_not_grow(
        self,
        world: World,
        as_: As,
        number: int,
        no_badges: None,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        bureau = people.account("bureau", "wz", people.bureau("500101", "万州区市场监督管理局"))
        for index in range(number):
            unit = people.unit(f"万州{index}公司", region="500101")
            tasks.task(machines.machine(unit, "lift"), TODAY)
        client = as_(bureau)
        with django_assert_num_queries(12):
            answer = client.get("/bureau/")
        assert len(answer.context["rows"]) == number
