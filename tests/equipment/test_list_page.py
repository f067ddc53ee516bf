"""档案管理: tabs, filters in the URL, words of the rows, counts of queries, who sees what."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from equipment.actions.machine import change_equipment
from equipment.models import Equipment, StatusPeriod
from tests.factories import equipment as machines
from tests.factories import units as people
from tests.world import NOW, TODAY, World

pytestmark = pytest.mark.usefixtures("at_nine")
URL = "/equipment/"
As = Callable[[Any], Client]


@pytest.fixture
def admin(world: World, as_: As) -> Client:
    return as_(world.jia_admin)


def names(answer: Any) -> list[str]:
    return [row.machine.name for row in answer.context["rows"]]


def total(answer: Any) -> int:
    return int(re.search(r"共 (\d+) 条", answer.content.decode()).group(1))


def test_tabs_are_the_units_categories_with_counts(admin: Client) -> None:
    answer = admin.get(URL)
    tabs = [(tab["label"], tab["count"], tab["active"]) for tab in answer.context["tabs"]]
    assert tabs == [
        ("全部", 4, True),
        ("锅炉", 1, False),
        ("电梯", 2, False),
        ("起重机械", 1, False),
    ]
    assert names(answer) == ["3号锅炉", "2号行车", "1号客梯", "4号客梯"]
    assert total(answer) == 4


def test_a_tab_narrows_and_keeps_the_filter(admin: Client) -> None:
    answer = admin.get(URL, {"category": "lift", "keyword": "客梯", "page": "7"})
    assert names(answer) == ["1号客梯", "4号客梯"]
    urls = {tab["label"]: tab["url"] for tab in answer.context["tabs"]}
    assert urls["起重机械"] == "?keyword=%E5%AE%A2%E6%A2%AF&category=crane"
    assert [tab["count"] for tab in answer.context["tabs"]] == [2, 0, 2, 0]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"keyword": "A座"}, ["1号客梯"]),
        ({"keyword": "４号 C座"}, ["4号客梯"]),
        ({"keyword": "行车"}, ["2号行车"]),
        ({"status": "in_use"}, ["3号锅炉", "2号行车", "1号客梯", "4号客梯"]),
        ({"status": "scrapped"}, []),
        ({"officer": "none"}, ["4号客梯"]),
        ({"due": "30"}, ["2号行车"]),
        ({"due": "overdue"}, ["1号客梯"]),
        ({"due": "none"}, ["3号锅炉"]),
        ({"due": "90"}, ["2号行车", "4号客梯"]),
        ({"status": "nonsense", "due": "x", "category": "y", "page": "zz"}, None),
    ],
)
def test_filters(
    admin: Client, world: World, asked: dict[str, str], found: list[str] | None
) -> None:
    for machine, days in ((world.lift, -1), (world.crane, 30), (world.unbound, 31)):
        machine.next_inspection_on = TODAY + timedelta(days=days)
        machine.save()
    answer = admin.get(URL, asked)
    everything = ["3号锅炉", "2号行车", "1号客梯", "4号客梯"]
    assert names(answer) == (everything if found is None else found)


def test_control_characters_filter_nothing(admin: Client) -> None:
    nonsense = {"keyword": "\x00", "status": "\x00", "officer": "\x00", "category": "\x00"}
    assert total(admin.get(URL, nonsense)) == 4
    assert admin.get("/equipment/catalogue/", {"q": "\x00客梯"}).status_code == 200


def test_codes_and_numbers_are_found(admin: Client, world: World) -> None:
    for column in ("equipment_code", "registration_no", "inner_no"):
        keyword = getattr(world.crane, column)
        assert (column, keyword != "") == (column, True)
        assert (column, names(admin.get(URL, {"keyword": keyword}))) == (column, ["2号行车"])


def test_an_officers_machines(admin: Client, world: World) -> None:
    assert names(admin.get(URL, {"officer": world.li.code})) == ["2号行车", "1号客梯"]
    people_shown = [label for _, label in admin.get(URL).context["form"].fields["officer"].choices]
    assert people_shown == ["不限", "未绑定安全员", "李安", "张全"]


def test_the_next_inspection_reads_in_words(admin: Client, world: World) -> None:
    for machine, days in (
        (world.lift, -3),
        (world.crane, 0),
        (world.boiler, 30),
        (world.unbound, 31),
    ):
        machine.next_inspection_on = TODAY + timedelta(days=days)
        machine.save()
    rows = {row.machine.name: row.inspection for row in admin.get(URL).context["rows"]}
    words = {name: (word.kind, word.text) if word else None for name, word in rows.items()}
    assert words == {
        "1号客梯": ("danger", "已超期 3 天"),
        "2号行车": ("late", "今天到期"),
        "3号锅炉": ("late", "30 天后到期"),
        "4号客梯": None,
    }


def test_a_stop_that_exempts_from_nothing_says_so(admin: Client, world: World) -> None:
    machines.machine(world.jia, "crane", name="停用一", status="stopped")
    loose = machines.machine(world.jia, "crane", name="停用二", status="stopped")
    StatusPeriod.objects.filter(equipment=loose).update(exempt_period=None)
    rows = {row.machine.name: row.status for row in admin.get(URL).context["rows"]}
    assert (rows["停用一"].kind, rows["停用一"].text) == ("neutral", "停用")
    assert (rows["停用二"].kind, rows["停用二"].text) == ("late", "停用（未备案）")
    assert (rows["1号客梯"].kind, rows["1号客梯"].text) == ("done", "在用")


def test_pages_keep_the_filter(admin: Client, world: World) -> None:
    for number in range(12):
        machines.machine(world.jia, "ride", name=f"转马{number:02d}")
    answer = admin.get(URL, {"category": "ride", "size": "10", "page": "2"})
    assert names(answer) == ["转马10", "转马11"]
    assert total(answer) == 12
    body = answer.content.decode()
    assert "选择全部 12 台（当前筛选结果，含其他页）" in body
    assert 'name="filter" value="category=ride&amp;size=10&amp;page=2"' in body


def heads(answer: Any) -> list[str]:
    return [column.label for column in answer.context["columns"]]


class TestColumns:
    def test_the_usual_ones(self, admin: Client) -> None:
        assert heads(admin.get(URL)) == [
            "品种",
            "设备代码",
            "使用登记证编号",
            "使用地点",
            "使用状态",
            "安全员",
            "下次检验日期",
        ]

    def test_a_choice_stands_in_the_url_and_is_remembered_for_the_account(
        self, admin: Client, as_: As, world: World
    ) -> None:
        Equipment.objects.filter(pk=world.lift.pk).update(model="TKJ-1000")
        answer = admin.get(URL, {"col": ["model", "officer", "nonsense"], "keyword": "1号客梯"})
        assert heads(answer) == ["安全员", "型号"]
        assert "TKJ-1000" in answer.content.decode()
        assert answer.context["filter"] == "keyword=1%E5%8F%B7%E5%AE%A2%E6%A2%AF"
        assert heads(admin.get(URL)) == ["安全员", "型号"]
        other = as_(world.yi_admin)
        other.cookies.update(admin.cookies)
        other.cookies["sessionid"] = as_(world.yi_admin).cookies["sessionid"]
        assert heads(other.get(URL))[0] == "品种"

    def test_a_cookie_that_was_tampered_with_counts_for_nothing(
        self, admin: Client, world: World
    ) -> None:
        admin.cookies[f"eq-columns-{world.jia_admin.code}"] = "model:forged"
        assert heads(admin.get(URL))[0] == "品种"


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_six_queries_whatever_its_length(
    as_: As, world: World, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    unit = people.unit("查询数量有限公司")
    officer = people.staff(unit, "吴查", "safety_officer")
    account = people.account("unit", f"queries{number}", unit)
    for _ in range(number):
        machines.machine(unit, "lift", officer=officer)
    client = as_(account)
    with django_assert_num_queries(6):
        answer = client.get(URL)
    assert len(answer.context["rows"]) == number


class TestRegulator:
    def test_reads_the_subtree_and_changes_nothing(self, as_: As, world: World) -> None:
        answer = as_(world.regulator).get(URL)
        assert sorted(names(answer)) == [
            "1号客梯",
            "2号行车",
            "3号锅炉",
            "4号客梯",
            "乙1号客梯",
        ]
        body = answer.content.decode()
        assert "新增设备" not in body
        assert "批量修改" not in body
        assert "甲物业管理有限公司" in body

    def test_narrows_to_a_unit(self, as_: As, world: World) -> None:
        answer = as_(world.regulator).get(URL, {"unit": world.yi.code})
        assert names(answer) == ["乙1号客梯"]
        assert "只看单位：乙机械有限公司" in answer.content.decode()
        assert names(as_(world.regulator).get(URL, {"unit_name": "乙机械"})) == ["乙1号客梯"]

    def test_sees_nothing_of_another_district(self, as_: As, world: World) -> None:
        answer = as_(world.far_regulator).get(URL, {"unit": world.yi.code})
        assert "辖区内还没有设备" in answer.content.decode()
        assert "乙机械" not in answer.content.decode()

    @pytest.mark.parametrize("name", ["equipment:edit", "equipment:declare"])
    def test_has_no_page_to_change_a_machine(self, as_: As, world: World, name: str) -> None:
        client = as_(world.regulator)
        url = reverse(name, args=[world.lift.code])
        assert (client.get(url).status_code, client.post(url).status_code) == (403, 403)


class TestEmpty:
    def test_a_new_unit_is_told_what_to_do(self, as_: As, world: World) -> None:
        body = as_(world.far_admin).get(URL).content.decode()
        assert "还没有设备" in body
        assert 'href="/equipment/add/"' in body

    def test_a_filter_without_result_says_so(self, admin: Client) -> None:
        assert "没有符合条件的设备" in admin.get(URL, {"keyword": "没有这台"}).content.decode()


class TestDetail:
    def test_facts_history_and_panels(self, admin: Client, world: World) -> None:
        machines.bind(world.unbound, world.zhang, since=TODAY - timedelta(days=9), until=TODAY)
        answer = admin.get(reverse("equipment:detail", args=[world.unbound.code]))
        lines = [(one.text, one.note, one.is_running) for one in answer.context["bindings"]]
        assert lines == [("张全", "2026年11月11日至2026年11月19日", False)]
        assert [(one.text, one.note) for one in answer.context["periods"]] == [
            ("在用", "2024年1月1日起")
        ]
        assert dict(answer.context["facts"])["设备品种"] == world.unbound.catalogue
        assert [panel.title for panel in answer.context["panels"]] == [
            "一码通",
            "公众报告",
            "未完成整改的隐患",
            "近期待办与巡查",
        ]
        assert "这台设备还没有安全员" in answer.content.decode()

    def test_a_change_is_told_in_words(self, admin: Client, world: World) -> None:
        """Types by name and dates as everywhere, not as they are stored."""
        due = date(2027, 3, 1)
        Equipment.objects.filter(pk=world.lift.pk).update(next_inspection_on=due)
        changes = {"catalogue": "3120", "next_inspection_on": date(2027, 5, 31), "model": "TE-1"}
        given = {"actor": world.actor(world.jia_admin), "now": NOW}
        change_equipment(world.lift, version=1, changes=changes, **given)
        answer = admin.get(reverse("equipment:detail", args=[world.lift.code]))
        assert set(answer.context["timeline"].entries[0]["note"].split("；")) == {
            "设备品种：曳引驱动乘客电梯（3110） → 曳引驱动载货电梯（3120）",
            "下次检验日期：2027年3月1日 → 2027年5月31日",
            "型号：空 → TE-1",
        }

    def test_odd_numbers_are_hinted_at(self, admin: Client, world: World) -> None:
        Equipment.objects.filter(pk=world.lift.pk).update(
            equipment_code="DT-98017", registration_no="梯11渝A00001(23)"
        )
        answer = admin.get(reverse("equipment:detail", args=[world.lift.code]))
        assert answer.context["hints"] == [
            "设备代码 DT-98017 不是 17 位标准格式（4 位品种代码 + 5 位制造单位代号 + 4 位年份 + "
            "4 位顺序号），已按旧格式保存，请核对。"
        ]

    def test_a_foreign_machine_does_not_exist(self, admin: Client, world: World) -> None:
        for name in ("detail", "edit", "declare"):
            url = reverse(f"equipment:{name}", args=[world.yi_lift.code])
            assert admin.get(url).status_code == 404

    def test_script_text_is_shown_as_text(self, admin: Client, world: World) -> None:
        Equipment.objects.filter(pk=world.lift.pk).update(name="<script>alert(1)</script>")
        for url in (URL, reverse("equipment:detail", args=[world.lift.code])):
            body = admin.get(url).content.decode()
            assert "<script>alert(1)" not in body
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body


class TestCatalogue:
    def test_an_entry_is_found_by_name_and_code(self, admin: Client) -> None:
        for text in ("客梯", "3110", "３１１０"):
            groups = admin.get("/equipment/catalogue/", {"q": text}).context["groups"]
            codes = [line.entry.code for group in groups for line in group.entries]
            assert "3110" in codes

    def test_what_is_not_archived_is_listed_with_the_reason(self, admin: Client) -> None:
        answer = admin.get("/equipment/catalogue/", {"q": "安全阀"})
        lines = [line for group in answer.context["groups"] for line in group.entries]
        assert {line.refusal != "" for line in lines} == {True}
        assert "压力管道元件、安全附件不单独建档" in answer.content.decode()

    def test_nine_categories_and_the_rest(self, admin: Client) -> None:
        groups = admin.get("/equipment/catalogue/").context["groups"]
        assert [group.label for group in groups][-1] == "不单独建档"
        assert len(groups) == 10
        assert sum(len(group.entries) for group in groups) == 157
