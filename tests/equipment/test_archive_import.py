"""A bureau imports historical machines: verdicts, re-upload, what the unit said meanwhile (F29)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from config.excel.kinds import Context
from equipment.actions import archive as actions
from equipment.imports.archive import ARCHIVE
from equipment.models import ArchiveRecord, Equipment
from tests.factories.books import book, judged, reason, verdicts
from tests.factories.registrations import archived
from tests.world import NOW, World
from units.models import Bureau, ImportJob, Region, User


@pytest.fixture
def context(world: World) -> Context:
    return Context(actor=world.actor(world.regulator), now=NOW)


@pytest.fixture
def row(world: World) -> dict[str, Any]:
    return {
        "unit_name": "甲物业管理有限公司",
        "credit_code": world.jia.credit_code,
        "region": "渝中区",
        "catalogue": "3110",
        "name": "㛃1号𬭚梯",
        "equipment_code": "31105001220010001",
        "registration_no": "梯11渝Ａ00009（01）",
        "place": "旧楼",
        "status": "在用",
        "next_inspection_on": "2027-05",
    }


def test_imported_then_the_same_then_changed(context: Context, row: dict[str, Any]) -> None:
    plan = judged(ARCHIVE, context, row)
    assert (verdicts(plan), reason(plan), ArchiveRecord.objects.count()) == (["create"], "", 0)
    assert ARCHIVE.apply(plan, context) == {"create": 1, "change": 0}
    made = ArchiveRecord.objects.get()
    assert (made.credit_code, made.unit_name, made.region_id, made.registration_no) == (
        row["credit_code"],
        row["unit_name"],
        "500103",
        "梯11渝A00009(01)",
    )
    assert made.facts == {
        "catalogue": "3110",
        "name": "㛃1号𬭚梯",
        "equipment_code": "31105001220010001",
        "registration_no": "梯11渝A00009(01)",
        "place": "旧楼",
        "status": "in_use",
        "next_inspection_on": "2027-05-31",
    }
    assert verdicts(judged(ARCHIVE, context, row)) == ["same"]
    later = judged(ARCHIVE, context, row | {"place": "新楼", "unit_name": "甲物业有限公司"})
    assert [(one.label, one.before, one.after) for one in later.lines[0].changes] == [
        ("使用单位名称", "甲物业管理有限公司", "甲物业有限公司"),
        ("使用地点", "旧楼", "新楼"),
    ]
    assert ARCHIVE.apply(later, context) == {"create": 0, "change": 1}
    made.refresh_from_db()
    assert (made.facts["place"], made.unit_name) == ("新楼", "甲物业有限公司")


def test_what_was_imported_can_be_claimed(
    world: World, context: Context, row: dict[str, Any]
) -> None:
    ARCHIVE.apply(judged(ARCHIVE, context, row), context)
    unit = world.actor(world.jia_admin)
    machine = actions.claim(ArchiveRecord.objects.get(), actor=unit, now=NOW)
    assert (machine.unit, machine.name, machine.next_inspection_on.isoformat()) == (
        world.jia,
        "㛃1号𬭚梯",
        "2027-05-31",
    )
    assert verdicts(judged(ARCHIVE, context, row)) == ["same"]


def test_what_its_unit_declined_is_not_offered_again(
    world: World, context: Context, row: dict[str, Any]
) -> None:
    ARCHIVE.apply(judged(ARCHIVE, context, row), context)
    unit = world.actor(world.jia_admin)
    actions.decline(ArchiveRecord.objects.all(), reason="已转让给乙", actor=unit, now=NOW)
    assert "该单位已否认这台设备（已转让给乙）" in reason(judged(ARCHIVE, context, row))
    moved = row | {"credit_code": world.yi.credit_code, "unit_name": "乙机械有限公司"}
    assert verdicts(judged(ARCHIVE, context, moved)) == ["create"]


@pytest.mark.parametrize(
    ("column", "typed", "sentence"),
    [
        ("unit_name", None, "使用单位名称（A2）：请填写使用单位名称"),
        ("credit_code", None, "统一社会信用代码（B2）：请填写统一社会信用代码"),
        ("credit_code", "9150", "统一社会信用代码应为 18 位，现为 4 位"),
        ("credit_code", 915001030000000001, "Excel 只保留 15 位"),
        ("region", "沙坪坝区", "“沙坪坝区”不是本局辖区内现行的区县"),
        ("region", None, "请选择区县"),
        ("catalogue", "7000", "不能建档"),
        ("catalogue", "9999", "设备目录中没有这个代码"),
        ("name", "长" * 81, "最多 80 个字"),
        ("status", "坏了", "不在可选范围内"),
        ("quantity", 2, "按台登记"),
        ("in_use_since", "2027-01-01", "投入使用日期不能晚于今天"),
        ("next_inspection_on", "=NOW()", "是公式"),
    ],
)
def test_every_wrong_cell_is_named(
    context: Context, row: dict[str, Any], column: str, typed: Any, sentence: str
) -> None:
    plan = judged(ARCHIVE, context, row | {column: typed})
    assert verdicts(plan) == ["refused"]
    assert sentence in reason(plan)


def test_a_row_needs_a_number_and_has_it_once(context: Context, row: dict[str, Any]) -> None:
    bare = row | {"equipment_code": None, "registration_no": None}
    assert "至少填一项" in reason(judged(ARCHIVE, context, bare))
    twice = judged(ARCHIVE, context, row, row | {"registration_no": None})
    assert verdicts(twice) == ["refused", "refused"]
    assert "与第 3 行重复" in reason(twice)


def test_numbers_of_other_units_and_regions(
    world: World, context: Context, row: dict[str, Any]
) -> None:
    taken = row | {"equipment_code": world.yi_lift.equipment_code}
    assert reason(judged(ARCHIVE, context, taken)).endswith("已由另一单位建档，请核实使用单位")
    own = row | {"equipment_code": world.lift.equipment_code}
    assert verdicts(judged(ARCHIVE, context, own)) == ["create"]
    archived(world.far_unit, world.far_bureau, equipment_code="FAR1")
    assert "已在其他辖区" in reason(judged(ARCHIVE, context, row | {"equipment_code": "FAR1"}))
    one = archived(world.jia, world.bureau, equipment_code="A1", registration_no="")
    two = archived(world.jia, world.bureau, equipment_code="", registration_no="B2")
    both = row | {"equipment_code": one.equipment_code, "registration_no": two.registration_no}
    assert "分别属于两台待认领的设备" in reason(judged(ARCHIVE, context, both))


def test_a_city_bureau_names_the_district(world: World, row: dict[str, Any]) -> None:
    city = Bureau.objects.create(
        name="重庆市局", region=Region.objects.get(pk="500000"), created_at=NOW
    )
    user = User.objects.create(
        kind="bureau", username="chongqing", name="市局", bureau=city, created_at=NOW
    )
    context = Context(actor=world.actor(user), now=NOW)
    for name in ("沙坪坝区", "500106", "重庆市沙坪坝区"):
        assert verdicts(judged(ARCHIVE, context, row | {"region": name})) == ["create"]
    assert verdicts(judged(ARCHIVE, context, row | {"region": "新城区"})) == ["refused"]


def test_the_bureau_imports_on_the_shared_pages(
    world: World, context: Context, row: dict[str, Any], as_: Any
) -> None:
    client = as_(world.regulator)
    start = client.get("/bureau/archive/import/").url
    content = book(ARCHIVE, context, row, row | {"equipment_code": "X2", "status": "坏了"}).read()
    answer = client.post(start, {"file": SimpleUploadedFile("历史.xlsx", content)})
    job = ImportJob.objects.get()
    assert (answer.status_code, job.bureau, job.state) == (302, world.bureau, "checked")
    assert job.outcome["counts"] == {"create": 0, "change": 0, "same": 0, "refused": 2}
    good = book(ARCHIVE, context, row).read()
    client.post(start, {"file": SimpleUploadedFile("历史.xlsx", good)})
    job = ImportJob.objects.latest("pk")
    yes = {"digest": job.plan_digest, "mode": "all"}
    assert client.post(f"/import/jobs/{job.code}/apply/", yes).status_code == 302
    assert (ArchiveRecord.objects.count(), Equipment.objects.filter(name=row["name"]).count()) == (
        1,
        0,
    )
    assert client.post(f"/import/jobs/{job.code}/apply/", yes).status_code == 302
    assert ArchiveRecord.objects.count() == 1


@pytest.mark.parametrize("who", ["jia_admin", "far_regulator"])
def test_an_import_is_its_bureaus_own(world: World, as_: Any, who: str) -> None:
    context = Context(actor=world.actor(world.regulator), now=NOW)
    content = book(ARCHIVE, context).read()
    as_(world.regulator).post("/import/archive/", {"file": SimpleUploadedFile("a.xlsx", content)})
    job = ImportJob.objects.get()
    stranger = as_(getattr(world, who))
    assert stranger.get(f"/import/jobs/{job.code}/").status_code == 404
    assert stranger.get("/import/archive/").status_code == (404 if who == "jia_admin" else 200)
