"""导出 of people, departments, licences and stations: what comes out goes in again (B120)."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from config.excel.kinds import Context
from equipment.imports import licences, stations
from tests.factories import units as people
from tests.factories.books import judged, verdicts
from tests.world import NOW, World
from units.actions.organisation import add_department
from units.actions.staff import change_staff
from units.imports import departments, staff
from units.loader import load_actor


def answer(client: Client, name: str, **query: str) -> BytesIO:
    response = client.get(reverse(name), query)
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    return BytesIO(b"".join(response.streaming_content))


def grid(content: BytesIO) -> list[tuple[object, ...]]:
    content.seek(0)
    return list(load_workbook(content).active.iter_rows(values_only=True))


def test_people_come_out_as_they_go_in(world: World, as_) -> None:
    admin = world.actor(world.jia_admin)
    top = add_department(world.jia, name="=工程部", actor=admin, now=NOW)
    change_staff(
        world.li,
        version=1,
        name="李安",
        phone="13800000001",
        identities=[staff.Identity("safety_officer", ("lift", "crane"))],
        job_number="0012",
        department=top,
        actor=admin,
        now=NOW,
    )
    content = answer(as_(world.jia_admin), "units:staff-export")
    rows = grid(content)
    assert rows[1][0].endswith("共 5 条")
    li = next(row for row in rows if row[0] == "李安")
    assert li[1:6] == ("13800000001", "安全员（电梯、起重机械）", None, "0012", "=工程部")
    context = Context(actor=admin, now=NOW)
    content.seek(0)
    plan = staff.KIND.plan(staff.KIND.open(content, context), context)
    assert verdicts(plan) == ["same"] * 5


def test_the_filter_is_the_lists(world: World, as_) -> None:
    client = as_(world.jia_admin)
    rows = grid(answer(client, "units:staff-export", role="safety_director"))
    assert [row[0] for row in rows[3:]] == ["赵督", "王总"]
    assert rows[1][0].endswith("共 2 条")


def test_departments_come_out_as_they_go_in(world: World, as_) -> None:
    context = Context(actor=world.actor(world.jia_admin), now=NOW)
    given = ({"name": "工程部"}, {"name": "电梯班", "parent": "工程部", "phone": "0231"})
    departments.KIND.apply(judged(departments.KIND, context, *given), context)
    content = answer(as_(world.jia_admin), "units:department-export")
    assert grid(content)[3:] == [("工程部", None, None, None), ("电梯班", "工程部", None, "0231")]
    content.seek(0)
    plan = departments.KIND.plan(departments.KIND.open(content, context), context)
    assert verdicts(plan) == ["same", "same"]
    assert grid(answer(as_(world.yi_admin), "units:department-export"))[3:] == []


def test_licences_and_stations_come_out_as_they_go_in(world: World, as_) -> None:
    filler = people.unit("气体充装有限公司", kinds=("production", "filling"))
    account = people.account("unit", "qiti", filler)
    context = Context(actor=load_actor(account), now=NOW)
    licence = {
        "family": "气瓶充装",
        "number": "TS4250001-2028",
        "valid_from": "2024-05-01",
        "valid_until": "2028-04-30",
    }
    station = {"name": "1号台", "number": "01", "medium": "氧", "licence": "TS4250001-2028"}
    for kind, row, name in (
        (licences.KIND, licence, "equipment:licence-export"),
        (stations.KIND, station, "equipment:station-export"),
    ):
        kind.apply(judged(kind, context, row), context)
        content = answer(as_(account), name)
        plan = kind.plan(kind.open(content, context), context)
        assert verdicts(plan) == ["same"]
        assert as_(world.jia_admin).get(reverse(name)).status_code == 404


@pytest.mark.parametrize("name", ["units:staff-export", "units:department-export"])
def test_only_the_units_admin(world: World, as_, name: str) -> None:
    for who in (world.regulator, world.li.user):
        assert as_(who).get(reverse(name)).status_code == 403
