"""临时停用 on the phone: declaring, the list of who oversees, rejecting; and on the desk."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.clock import local_day
from equipment.models import StopDeclaration
from tests.factories import duties as tasks
from tests.factories import stops as made
from tests.factories.units import staff
from tests.world import World
from units.models import Appointment, User

As = Callable[[User], Client]
LIST = "/m/stops/"


@pytest.fixture
def today() -> date:
    """Pages live in the present; so do these tests."""
    return local_day(timezone.now())


def url(name: str, code: str) -> str:
    return reverse(f"duties:{name}", args=[code])


def form(today: date, **given: object) -> dict[str, object]:
    asked = {"stop_reason": "门机故障", "from_on": today, "until_on": today + timedelta(days=2)}
    return {**asked, "client_uuid": uuid.uuid4(), **given}


def test_the_officer_declares_and_renews(world: World, as_: As, today: date) -> None:
    client = as_(world.li.user)
    declare = url("stop-declare", world.lift.code)
    assert client.get(declare).context["form"]["from_on"].value() == today
    sent = form(today, stop_reason="门机故障\x00，㛃𬭚配件<b>未到</b>")
    answers = [client.post(declare, sent) for _ in range(2)]
    stop = StopDeclaration.objects.get()
    assert [(one.status_code, one["location"]) for one in answers] == [
        (302, url("stop", stop.code))
    ] * 2
    assert (stop.reason, stop.declared_by) == ("门机故障，㛃𬭚配件<b>未到</b>", world.li)
    page = client.get(url("stop", stop.code))
    assert "㛃𬭚配件&lt;b&gt;未到" in page.content.decode()
    assert (page.context["may_reject"], page.context["may_end"], page.context["may_renew"]) == (
        False, True, True,
    )  # fmt: skip
    renewal = client.get(declare).context["form"]
    assert renewal["from_on"].value() == today + timedelta(days=3)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"stop_reason": "　"}, "stop_reason"),
        ({"stop_reason": "长" * 201}, "stop_reason"),
        ({"from_on": "昨天"}, "from_on"),
        ({"from_on": "2020-01-01", "until_on": "2020-01-02"}, "from_on"),
        ({"until_on": ""}, "until_on"),
        ({"until_on": "2126-11-20"}, "until_on"),
    ],
)
def test_bad_input_stays_in_the_form(
    world: World, as_: As, today: date, given: dict[str, object], field: str
) -> None:
    page = as_(world.li.user).post(url("stop-declare", world.lift.code), form(today, **given))
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    sent = {"stop_reason": "门机故障", **given}
    assert page.context["form"]["stop_reason"].value() == sent["stop_reason"]
    assert StopDeclaration.objects.count() == 0


def test_only_of_a_machine_of_ones_own_or_as_stand_in(world: World, as_: As, today: date) -> None:
    zhang = as_(world.zhang.user)
    assert zhang.post(url("stop-declare", world.lift.code), form(today)).status_code == 403
    assert as_(world.sun.user).get(url("stop-declare", world.lift.code)).status_code == 404
    tasks.task(world.lift, today, assignee=world.zhang, stands_in_for=world.li)
    assert zhang.post(url("stop-declare", world.lift.code), form(today)).status_code == 302


def test_a_todo_leads_to_the_declaration_whoever_may_open_it(
    world: World, as_: As, today: date
) -> None:
    link = url("stop", made.stop(world.lift, today).code)
    page = url("task", tasks.task(world.lift, today).code)
    quality = staff(world.jia, "郑质总", "quality_director")
    for who, may in ((world.li, True), (world.wang, True), (quality, False)):
        client = as_(who.user)
        assert (link in client.get(page).content.decode()) is may
        assert client.get(link).status_code == (200 if may else 403)


def test_the_list_by_role_and_state(world: World, as_: As, today: date) -> None:
    lift = made.stop(world.lift, today)
    crane = made.stop(world.crane, today)
    boiler = made.stop(world.boiler, today + timedelta(days=1))
    made.stop(world.yi_lift, today)

    def seen(user: User, **asked: str) -> set[StopDeclaration]:
        return {row.stop for row in as_(user).get(LIST, asked).context["rows"]}

    assert seen(world.chen.user) == seen(world.wang.user) == {lift, crane}
    assert seen(world.wang.user, state="coming") == {boiler}
    assert seen(world.wang.user, state="nonsense") == {lift, crane}
    assert seen(world.zhao.user) == {crane}
    assert seen(world.li.user) == {lift, crane}
    assert seen(world.zhang.user) == set()
    tabs = as_(world.wang.user).get(LIST).context["tabs"]
    assert [(tab["label"], tab["count"]) for tab in tabs] == [
        ("生效中", 2), ("未开始", 1), ("已结束", 0), ("已驳回", 0),
    ]  # fmt: skip


def test_the_list_costs_the_same_with_one_and_three_rows(
    world: World, as_: As, today: date
) -> None:
    client = as_(world.wang.user)
    spent = []
    for machine in (world.lift, world.crane, world.boiler):
        made.stop(machine, today)
        client.get(LIST)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(LIST)
        spent.append(len(queries))
    assert spent[0] == spent[2]


def test_the_director_rejects_and_the_second_keeps_his_reason(
    world: World, as_: As, today: date
) -> None:
    stop = made.stop(world.lift, today)
    where = url("stop-reject", stop.code)
    wang, chen = as_(world.wang.user), as_(world.chen.user)
    empty = wang.post(where, {"reason": " "})
    assert (empty.status_code, list(empty.context["form"].errors)) == (422, ["reason"])
    assert wang.post(where, {"reason": "仍在使用"}).status_code == 302
    late = chen.post(where, {"reason": "我也觉得在用"})
    assert late.status_code == 409
    text = late.content.decode()
    assert "刚刚已被王总驳回" in text
    assert "我也觉得在用" in text
    stop.refresh_from_db()
    assert (stop.rejected_by_name, stop.reject_reason) == ("王总", "仍在使用")
    page = as_(world.li.user).get(LIST, {"state": "rejected"})
    assert "王总驳回：仍在使用" in page.content.decode()


def test_who_may_not_reject_or_end(world: World, as_: As, today: date) -> None:
    stop = made.stop(world.lift, today)
    reject, end = url("stop-reject", stop.code), url("stop-end", stop.code)
    answers = {
        "li rejects": as_(world.li.user).post(reject, {"reason": "x"}).status_code,
        "zhao rejects": as_(world.zhao.user).post(reject, {"reason": "x"}).status_code,
        "zhang ends": as_(world.zhang.user).post(end).status_code,
        "qian rejects": as_(world.qian.user).post(reject, {"reason": "x"}).status_code,
        "sun looks": as_(world.sun.user).get(url("stop", stop.code)).status_code,
    }
    assert answers == {
        "li rejects": 403, "zhao rejects": 403, "zhang ends": 403,
        "qian rejects": 404, "sun looks": 404,
    }  # fmt: skip
    Appointment.objects.filter(staff=world.wang).update(categories=["boiler"])
    assert as_(world.wang.user).post(reject, {"reason": "x"}).status_code == 403
    stop.refresh_from_db()
    assert (stop.rejected_at, stop.ended_on) == (None, None)


def test_ended_on_the_phone_and_at_the_desk(world: World, as_: As, today: date) -> None:
    first, second = made.stop(world.lift, today), made.stop(world.crane, today)
    assert as_(world.li.user).post(url("stop-end", first.code)).status_code == 302
    admin = as_(world.jia_admin)
    listed = reverse("equipment:declaration-list") + "?tab=temporary"
    assert admin.get(listed).content.decode().count(">提前结束</button>") == 1
    end = reverse("equipment:stop-end", args=[second.code])
    assert as_(world.yi_admin).post(end).status_code == 404
    assert admin.post(end).status_code == 302
    assert set(StopDeclaration.objects.values_list("ended_on", "ended_by_name")) == {
        (today, "李安"), (today, world.jia_admin.name),
    }  # fmt: skip
    page = as_(world.regulator).get(listed).content.decode()
    assert (page.count("已结束"), page.count(">提前结束</button>")) == (2, 0)
