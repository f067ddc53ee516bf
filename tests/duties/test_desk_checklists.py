"""管控清单 on the desk: the fixed lists a unit's machines call for, read-only (F42)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from duties.models import Checklist
from equipment.models import Equipment
from tests.factories import equipment as machines
from tests.factories.checklists import own
from tests.world import NOW, TODAY, World

As = Callable[[Any], Client]
URL = "/checklists/"


@pytest.fixture(autouse=True)
def _at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def shown(answer: Any) -> dict[str, list[str]]:
    return {
        label: [one.code for one, _period in lists] for label, lists in answer.context["groups"]
    }


def fixed(category: str, cadence: str) -> Checklist:
    return Checklist.objects.get(
        unit=None, unit_kind="using", category=category, cadence=cadence, retired_at=None
    )


def test_the_lists_follow_the_categories_of_the_machines(world: World, as_: As) -> None:
    answer = as_(world.jia_admin).get(URL)
    assert shown(answer) == {
        "锅炉": [fixed("boiler", "daily").code],
        "电梯": [fixed("lift", "daily").code],
        "起重机械": [fixed("crane", "daily").code],
    }
    tabs = [(tab["label"], tab["count"], tab["active"]) for tab in answer.context["tabs"]]
    assert tabs == [("日管控", 3, True), ("周排查", 3, False), ("月调度", 3, False)]


@pytest.mark.parametrize("cadence", ["weekly", "monthly"])
def test_tabs_by_cadence(world: World, as_: As, cadence: str) -> None:
    answer = as_(world.yi_admin).get(URL, {"cadence": cadence})
    assert shown(answer) == {"电梯": [fixed("lift", cadence).code]}


def test_a_scrapped_machine_calls_for_no_list(world: World, as_: As) -> None:
    Equipment.objects.filter(pk=world.boiler.pk).update(status="scrapped")
    assert list(shown(as_(world.jia_admin).get(URL))) == ["电梯", "起重机械"]


def test_only_the_version_in_force_is_listed(world: World, as_: As) -> None:
    old = fixed("lift", "daily")
    new = Checklist.objects.create(
        code="U-LIFT-D-V9",
        unit_kind="using",
        category="lift",
        cadence="daily",
        name="电梯清单新版",
        period=DateRange(TODAY, None),
        version=9,
        enabled_at=NOW,
    )
    Checklist.objects.filter(pk=old.pk).update(period=DateRange(date(2023, 5, 5), TODAY))
    assert shown(as_(world.yi_admin).get(URL)) == {"电梯": [new.code]}
    Checklist.objects.filter(pk=new.pk).update(enabled_at=NOW + timedelta(seconds=1))
    assert shown(as_(world.yi_admin).get(URL)) == {}


def test_one_list_shows_its_items_severity_and_validity(world: World, as_: As) -> None:
    checklist = fixed("lift", "daily")
    answer = as_(world.jia_admin).get(f"{URL}{checklist.code}/")
    [section] = answer.context["sections"]
    items = section.items
    severe = sum(item.is_severe for item in items)
    assert dict(answer.context["facts"]) == {
        "适用单位": "使用单位",
        "适用对象": "电梯",
        "管控形式": "日管控",
        "有效期": "2023年5月5日起",
        "版本": "第 1 版",
        "管控项": f"{len(items)} 项，其中严重隐患 {severe} 项",
    }
    body = answer.content.decode()
    assert [item.number for item in items] == list(range(1, len(items) + 1))
    for item in items:
        assert item.item in body
        assert item.hazard in body
        assert item.measure in body
    assert body.count("严重</span>") == severe


def test_it_is_read_only(world: World, as_: As) -> None:
    client = as_(world.jia_admin)
    url = f"{URL}{fixed('lift', 'daily').code}/"
    assert (client.post(URL).status_code, client.post(url).status_code) == (405, 405)
    assert re.findall(r'method="post" action="([^"]+)"', client.get(url).content.decode()) == [
        "/sign-out/",
        f"{url}copy/",
    ]


def test_another_units_own_list_does_not_exist(world: World, as_: As) -> None:
    made = own(world.yi, "乙的清单")
    assert as_(world.yi_admin).get(f"{URL}{made.code}/").status_code == 200
    assert as_(world.jia_admin).get(f"{URL}{made.code}/").status_code == 404


def test_a_unit_without_machines_is_told_what_to_do(world: World, as_: As) -> None:
    body = as_(world.far_admin).get(URL).content.decode()
    assert "还没有适用的清单" in body
    assert 'href="/equipment/add/"' in body


@pytest.mark.parametrize("number", [1, 3])
def test_queries_do_not_grow(
    world: World, as_: As, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for category in ("ride", "ropeway", "vehicle")[:number]:
        machines.machine(world.far_unit, category)
    client = as_(world.far_admin)
    with django_assert_num_queries(8):
        answer = client.get(URL)
    assert len(answer.context["groups"]) == number
