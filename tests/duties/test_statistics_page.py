"""管控统计 on the phone: directors their scope, the principal the unit; officers have no such page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from config import menus
from tests.factories import duties as tasks
from tests.factories import hazards
from tests.world import NOW, TODAY, World

As = Callable[[Any], Client]
URL = "/m/statistics/"


@pytest.fixture(autouse=True)
def _at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    monkeypatch.setattr(menus, "_badges", {})


@pytest.fixture
def month(world: World) -> World:
    tasks.task(world.lift, TODAY, state="done")
    tasks.task(world.crane, TODAY)
    tasks.task(world.crane, TODAY - timedelta(days=1), state="missed")
    tasks.task(world.boiler, TODAY, state="waived")
    tasks.task(world.lift, TODAY - timedelta(days=9), state="backfilled")
    tasks.task(world.lift, TODAY + timedelta(days=1))  # made ahead of its day
    for category in ("lift", "crane"):
        tasks.task(world.jia, TODAY, category=category, level="director")
        fields = {"category": category, "level": "principal"}
        tasks.task(world.jia, TODAY, cadence="monthly", kind="monthly_minutes", **fields)
    tasks.task(world.jia, TODAY, category="lift", kind="weekly_report", state="done")
    hazards.hazard(world.lift)
    hazards.hazard(world.crane, state="rectified", director=world.wang)
    tasks.task(world.yi_lift, TODAY)
    return world


def shown(client: Client, span: str) -> dict[str, list[int]]:
    """Round -> 按时, 补录, 漏检, 未到期, 免检."""
    rounds = client.get(URL, {"span": span}).context["rounds"]
    found = ((one.label, one.whole) for one in rounds)
    return {
        label: [all_.on_time, all_.backfilled, all_.missed, all_.open, all_.waived]
        for label, all_ in found
    }


def test_the_principal_sees_the_unit(month: World, as_: As) -> None:
    client = as_(month.chen.user)
    assert shown(client, "") == {
        "日管控": [1, 0, 1, 1, 1], "周排查": [0, 0, 0, 2, 0], "周报告": [1, 0, 0, 0, 0]
    }  # fmt: skip
    assert shown(client, "month") == {
        "日管控": [1, 1, 1, 1, 1], "周排查": [0, 0, 0, 2, 0], "周报告": [1, 0, 0, 0, 0],
        "月报告": [0, 0, 0, 2, 0],
    }  # fmt: skip
    assert shown(client, "month-last") == {}
    answer = client.get(URL)
    daily = answer.context["rounds"][0]
    assert [(label, one.rate) for label, one in daily.categories] == [
        ("锅炉", "—"), ("起重机械", "0.0%"), ("电梯", "100.0%")
    ]  # fmt: skip
    assert [(one.label, one.found, one.closed) for one in answer.context["hazards"]] == [
        ("日隐患", 2, 1)
    ]
    assert "另有免检 1 项" in answer.content.decode()
    assert "上月没有应检的待办" in client.get(URL, {"span": "month-last"}).content.decode()


def test_a_director_sees_his_scope(month: World, as_: As) -> None:
    client = as_(month.zhao.user)
    assert shown(client, "zz") == {"日管控": [0, 0, 1, 1, 0], "周排查": [0, 0, 0, 1, 0]}
    found = client.get(URL).context["hazards"]
    assert [(one.found, one.closed) for one in found] == [(1, 1)]


def test_an_officer_has_no_such_page(month: World, as_: As) -> None:
    assert as_(month.li.user).get(URL).status_code == 403
    assert URL not in as_(month.li.user).get("/m/").content.decode()
    assert URL in as_(month.chen.user).get("/m/").content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_queries_do_not_grow(
    world: World, as_: As, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for one in (world.lift, world.crane, world.boiler)[:number]:
        tasks.task(one, TODAY)
        hazards.hazard(one)
    client = as_(world.chen.user)
    client.get(URL)
    with django_assert_num_queries(6):
        answer = client.get(URL)
    assert len(answer.context["rounds"][0].categories) == number
