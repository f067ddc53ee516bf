"""统计分析 and the bureau's pages: every figure equals the list behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from hazards.models import Hazard
from reports.views.dashboard import Board, Figure
from tests.factories import duties as tasks
from tests.factories import equipment as machines
from tests.factories import hazards, records
from tests.factories import units as people
from tests.world import NOW, TODAY, World

As = Callable[[Any], Client]
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture(autouse=True)
def _at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


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


def figures(board: Board) -> list[Figure]:
    lines = [*board.week, *board.hazards]
    return [*board.today, *board.machines, *(one for line in lines for one in line.figures)]


def values(found: Iterable[Figure]) -> dict[str, int]:
    return {one.label: one.value for one in found}


def total(client: Client, url: str) -> int:
    answer = client.get(url)
    assert answer.status_code == 200
    found = re.search(r"共 (\d+) 条", answer.content.decode())
    return int(found.group(1)) if found else 0


class TestDashboard:
    def test_today_adds_up(self, history: World, as_: As) -> None:
        board = as_(history.jia_admin).get("/dashboard/").context["board"]
        today = values(board.today)
        assert today == {"应检": 3, "按时": 1, "补录": 0, "漏检": 0, "未到期": 2, "免检": 1}
        assert board.rate == "33.3%"
        for line in board.week:
            day = values(line.figures)
            assert day["应检"] == day["按时"] + day["补录"] + day["漏检"] + day["未到期"]

    def test_the_week_is_the_last_seven_days(self, history: World, as_: As) -> None:
        week = as_(history.jia_admin).get("/dashboard/").context["board"].week
        assert [line.day for line in week] == [TODAY - timedelta(days=n) for n in range(7)]
        assert values(week[1].figures) == {
            "应检": 3, "按时": 0, "补录": 1, "漏检": 2, "未到期": 0, "免检": 0
        }  # fmt: skip
        assert (week[1].rate, week[2].rate) == ("33.3%", "—")

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

    def test_every_figure_is_the_length_of_the_list_behind_it(
        self, history: World, as_: As
    ) -> None:
        Hazard.objects.filter(state="rectified").update(source="weekly")
        client = as_(history.jia_admin)
        found = figures(client.get("/dashboard/").context["board"])
        assert len(found) == 6 + 5 + 7 * 6 + 2 * 6
        lengths = {one.url: total(client, one.url) for one in found}
        assert {one.url: one.value for one in found} == lengths
        assert sum(one.value > 0 for one in found) > 15

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
        assert "有 1 台在用设备没有安全员" in body

    def test_a_new_unit_is_told_how_to_begin(self, world: World, as_: As) -> None:
        body = as_(world.far_admin).get("/dashboard/").content.decode()
        assert "开始使用" in body
        assert 'href="/staff/add/"' in body
        assert 'href="/equipment/add/"' in body

    def test_it_is_where_a_unit_account_lands(self, world: World, as_: As) -> None:
        assert as_(world.jia_admin).get("/").headers["Location"] == "/dashboard/"

    @pytest.mark.parametrize("number", [1, 3])
    def test_queries_do_not_grow(
        self, world: World, as_: As, number: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(number):
            tasks.task(machines.machine(world.far_unit, "lift"), TODAY)
        client = as_(world.far_admin)
        with django_assert_num_queries(5):
            answer = client.get("/dashboard/")
        assert answer.context["board"].today[0].value == number


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
        assert [one.value for one in figures(board)] == [one.value for one in figures(own)]
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
        assert as_(world.regulator).get("/").headers["Location"] == "/bureau/"

    def test_an_empty_district_says_so(self, world: World, as_: As) -> None:
        nobody = people.account("bureau", "none", people.bureau("500101", "万州区市场监督管理局"))
        assert "辖区内还没有单位" in as_(nobody).get("/bureau/").content.decode()

    @pytest.mark.parametrize("number", [1, 3])
    def test_queries_do_not_grow(
        self, world: World, as_: As, number: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        bureau = people.account("bureau", "wz", people.bureau("500101", "万州区市场监督管理局"))
        for index in range(number):
            unit = people.unit(f"万州{index}公司", region="500101")
            tasks.task(machines.machine(unit, "lift"), TODAY)
        client = as_(bureau)
        with django_assert_num_queries(10):
            answer = client.get("/bureau/")
        assert len(answer.context["rows"]) == number
