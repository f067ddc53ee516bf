"""守则 and 职责 of a post as a printed page, in force on a chosen day (F11)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client

from tests.factories import licences
from tests.factories import organisation as org
from tests.world import World
from units.models import DutyText


@pytest.fixture
def admin(world: World, as_: Any) -> Client:
    return as_(world.jia_admin)


def title(response: Any) -> str:
    assert response.status_code == 200
    return response.context["text"].title


@pytest.mark.parametrize(
    ("role", "name", "expected"),
    [
        ("safety_officer", "安全员", "锅炉安全员守则"),
        ("safety_officer", "电梯安全员", "电梯安全员守则"),
        ("safety_director", "起重机械安全总监", "起重机械安全总监职责"),
        ("principal", "法人", "使用单位主要负责人安全职责"),
        ("quality_officer", "质检", "锅炉质量安全员守则"),
        ("quality_director", "质量安全总监", "锅炉质量安全总监职责"),
    ],
)
def test_the_text_of_a_post(
    role: str, name: str, expected: str, world: World, admin: Client
) -> None:
    post = org.position(world.jia, name, role)
    assert title(admin.get(f"/positions/{post.code}/duty/")) == expected


def test_the_page_cites_the_rule_and_offers_the_units_own_categories(
    world: World, admin: Client
) -> None:
    post = org.position(world.jia)
    response = admin.get(f"/positions/{post.code}/duty/", {"category": "lift"})
    text = response.content.decode()
    assert "国家市场监督管理总局令第74号，2023年5月5日起施行，第六十八条至第八十三条" in text
    assert "妥善保管电梯专用钥匙和工具" in text
    assert "甲物业管理有限公司" in text and "签收" in text
    offered = [value for value, _ in response.context["form"].fields["category"].choices]
    assert offered == ["boiler", "lift", "crane"]


def test_a_unit_without_machines_is_offered_every_category(world: World, as_: Any) -> None:
    post = org.position(world.far_unit)
    response = as_(world.far_admin).get(f"/positions/{post.code}/duty/")
    assert len(response.context["form"].fields["category"].choices) == 9


def test_categories_of_a_producer_come_from_its_licences(world: World, admin: Client) -> None:
    licences.licensed(world.jia)
    licences.licence(world.jia, "crane_installation")
    post = org.position(world.jia, "质检", "quality_officer")
    response = admin.get(f"/positions/{post.code}/duty/")
    assert title(response) == "起重机械质量安全员守则"
    assert "国家市场监督管理总局令第73号" in response.content.decode()


def test_a_unit_of_two_kinds_chooses_the_kind(world: World, admin: Client) -> None:
    licences.licensed(world.jia)
    post = org.position(world.jia)
    response = admin.get(f"/positions/{post.code}/duty/", {"kind": "filling"})
    assert title(response) == "压力容器安全员守则"
    assert "检查静电接地、紧急切断和装卸软管" in response.content.decode()


def test_the_version_in_force_on_the_chosen_day(world: World, admin: Client) -> None:
    old = DutyText.objects.get(unit_kind="using", role="safety_officer", category="lift")
    DutyText.objects.filter(pk=old.pk).update(period=DateRange(date(2023, 5, 5), date(2026, 1, 1)))
    DutyText.objects.create(
        role=old.role,
        unit_kind=old.unit_kind,
        category="lift",
        title="电梯安全员守则",
        clauses=["新版第一条。"],
        rule_key=old.rule_key,
        period=DateRange(date(2026, 1, 1), None),
        version=2,
    )
    url = f"/positions/{org.position(world.jia).code}/duty/"
    now = admin.get(url, {"category": "lift"})
    assert now.context["text"].version == 2
    assert [one.version for one in now.context["history"]] == [1]
    before = admin.get(url, {"category": "lift", "on": "2025-12-31"})
    assert before.context["text"].version == 1
    assert "新版第一条" not in before.content.decode()


def test_a_day_before_the_order_has_no_text(world: World, admin: Client) -> None:
    response = admin.get(f"/positions/{org.position(world.jia).code}/duty/", {"on": "2023-05-04"})
    assert response.context["text"] is None
    assert "最早的版本自 2023年5月5日起施行" in response.content.decode()


def test_odd_choices_fall_back_and_posts_without_a_text_have_no_page(
    world: World, admin: Client
) -> None:
    url = f"/positions/{org.position(world.jia).code}/duty/"
    query = {"category": "<script>", "kind": "x", "on": "明天"}
    assert title(admin.get(url, query)) == "电梯安全员守则"
    other = org.position(world.jia, "前台", "")
    assert admin.get(f"/positions/{other.code}/duty/").status_code == 404
