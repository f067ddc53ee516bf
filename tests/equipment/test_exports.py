"""导出 of the lists: the rows of the page, the right of the page, and back in by the import."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest
from django.test import Client
from openpyxl.worksheet.worksheet import Worksheet

from config.excel import export
from config.excel.kinds import Context
from equipment.imports.machines import MACHINES
from equipment.models import Equipment
from tests.factories import duties as tasks
from tests.factories import equipment as machines
from tests.factories import records
from tests.world import NOW, TODAY, World
from units.models import User

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("at_nine")


def content(answer) -> bytes:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def sheet(answer) -> Worksheet:
    return openpyxl.load_workbook(io.BytesIO(content(answer))).active


def column(page: Worksheet, label: str) -> list:
    place = [cell.value for cell in page[3]].index(label)
    return [row[place].value for row in page.iter_rows(min_row=4)]


def test_the_archive_is_exported_as_filtered_and_comes_back_unchanged(
    world: World, as_: SignIn
) -> None:
    Equipment.objects.filter(pk=world.unbound.pk).update(name="=1+1", next_inspection_on=TODAY)
    client = as_(world.jia_admin)
    answer = client.get("/equipment/export/?category=lift")
    assert (
        "filename*=utf-8''%E8%AE%BE%E5%A4%87%E6%A1%A3%E6%A1%8820261120.xlsx"
        in answer.headers["Content-Disposition"]
    )
    page = sheet(answer)
    assert page["A2"].value == "电梯　共 2 条"
    assert column(page, "设备名称") == ["1号客梯", "=1+1"]
    assert page["D5"].data_type == "s"
    assert column(page, "安全员手机号") == ["13800000001", None]
    page = sheet(client.get("/equipment/export/?officer=none"))
    assert page["A2"].value == "安全员：未绑定安全员　共 1 条"

    whole = content(client.get("/equipment/export/"))
    context = Context(world.actor(world.jia_admin), NOW)
    plan = MACHINES.plan(MACHINES.open(io.BytesIO(whole), context), context)
    assert plan.counts() == {"create": 0, "change": 0, "same": 4, "refused": 0}


def test_an_export_holds_what_its_reader_may_see(world: World, as_: SignIn) -> None:
    own = sheet(as_(world.jia_admin).get("/equipment/export/"))
    machines.machine(world.yi, "lift", officer=world.sun, name="乙9号")
    assert column(sheet(as_(world.jia_admin).get("/equipment/export/")), "设备名称") == column(
        own, "设备名称"
    )
    seen = sheet(as_(world.regulator).get("/equipment/export/?keyword=客梯"))
    assert column(seen, "使用单位") == [world.jia.name, world.jia.name, world.yi.name]
    assert "安全员手机号" not in [cell.value for cell in seen[3]]
    assert sheet(as_(world.far_regulator).get("/equipment/export/")).max_row == 3
    for path in ("/equipment/export/", "/hazards/export/", "/records/export/"):
        assert as_(world.li.user).get(path).status_code in {403, 404}


def test_the_number_of_queries_does_not_grow(
    world: World, as_: SignIn, django_assert_num_queries
) -> None:
    client = as_(world.yi_admin)
    for _ in range(2):
        with django_assert_num_queries(5):
            content(client.get("/equipment/export/"))
        for number in range(5):
            machines.machine(world.yi, "crane", officer=world.sun, name=f"吊{number}")


def test_records_and_hazards_are_exported_like_their_lists(world: World, as_: SignIn) -> None:
    done = tasks.task(world.crane, TODAY, state="done")
    tasks.task(world.lift, TODAY)
    tasks.task(world.yi_lift, TODAY)
    inspection = records.inspection(done, world.li, failing=1)
    records.hazard(inspection)
    client = as_(world.jia_admin)
    page = sheet(client.get("/records/export/"))
    assert page["A2"].value == "日管控；应检日期起：2026-10-22　共 2 条"
    assert sorted(column(page, "对象")) == ["1号客梯", "2号行车"]
    assert column(page, "隐患") in ([None, 1], [1, None])
    page = sheet(client.get("/hazards/export/"))
    assert column(page, "单位") == [world.jia.name]
    assert sheet(client.get("/hazards/export/?source=weekly")).max_row == 3
    seen = sheet(as_(world.regulator).get("/records/export/"))
    assert sorted(column(seen, "单位")) == sorted([world.jia.name, world.jia.name, world.yi.name])


def test_a_list_too_long_is_told(
    world: World, as_: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "ROWS_MOST", 3)
    answer = as_(world.jia_admin).get("/equipment/export/")
    assert answer.status_code == 409
    assert "符合条件的有 4 条，一次最多导出 3 条" in answer.content.decode()
