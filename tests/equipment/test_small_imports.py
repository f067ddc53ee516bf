"""Imports of licences and stations: the preview says what the writing does (B118, D12)."""

from __future__ import annotations

from typing import Any

import pytest

from config.excel.kinds import Context
from equipment.imports import licences, stations
from equipment.models import Licence, LicenceBinding, Station, StationBinding
from tests.factories import units as people
from tests.factories.books import judged, reason, verdicts
from tests.world import NOW, World
from units.loader import load_actor
from units.models import AuditEntry, Staff, Unit


@pytest.fixture
def filler(world: World) -> Unit:
    return people.unit("气体充装有限公司", kinds=("production", "filling"))


@pytest.fixture
def officer(filler: Unit) -> Staff:
    return people.staff(filler, "冯安", "safety_officer", mobile="13800000091")


@pytest.fixture
def context(filler: Unit, officer: Staff) -> Context:
    return Context(actor=load_actor(people.account("unit", "qiti", filler)), now=NOW)


class TestLicences:
    KIND = licences.KIND
    ROW = {
        "family": "气瓶充装",
        "number": "ts4250001－2028",
        "issuer": "重庆市市场监督管理局",
        "valid_from": "2024年5月1日",
        "valid_until": "2028-04-30",
        "officer": "冯安",
    }

    def test_entered_then_the_same_then_changed(self, context: Context, officer: Staff) -> None:
        plan = judged(self.KIND, context, self.ROW)
        assert (verdicts(plan), Licence.objects.count()) == (["create"], 0)
        assert [(one.before, one.after) for one in plan.lines[0].mended] == [
            ("ts4250001－2028", "TS4250001-2028"),
            ("2024年5月1日", "2024-05-01"),
        ]
        assert self.KIND.apply(plan, context) == {"create": 1, "change": 0}
        made = Licence.objects.get()
        assert (made.number, made.officer, made.items.count()) == ("TS4250001-2028", officer, 1)
        assert LicenceBinding.objects.get().staff == officer
        assert verdicts(judged(self.KIND, context, self.ROW)) == ["same"]
        later = judged(self.KIND, context, self.ROW | {"valid_until": "2032-04-30", "issuer": ""})
        assert [(one.label, one.before, one.after) for one in later.lines[0].changes] == [
            ("有效期至", "2028-04-30", "2032-04-30")
        ]
        self.KIND.apply(later, context)
        made.refresh_from_db()
        assert (made.valid_until.year, made.issuer, made.version) == (
            2032,
            "重庆市市场监督管理局",
            2,
        )

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"family": "气瓶"}, "许可类别（A2）：没有“气瓶”这个许可类别"),
            ({"number": "TS@1"}, "许可证编号（B2）：许可证编号只能有字母"),
            ({"number": 4250001}, "许可证编号（B2）：是数字格式"),
            ({"items": "别的项目"}, "许可项目（C2）：“气瓶充装”没有“别的项目”这个项目"),
            ({"valid_until": ""}, "有效期至（I2）：请填写有效期至"),
            ({"valid_until": "2020-01-01"}, "有效期至（I2）：有效期至不能早于有效期自"),
            ({"officer": "没有"}, "责任人（J2）：本单位没有叫“没有”的安全员"),
        ],
    )
    def test_refusals_point_at_their_cell(
        self, context: Context, change: dict[str, Any], said: str
    ) -> None:
        plan = judged(self.KIND, context, self.ROW | change)
        assert verdicts(plan) == ["refused"]
        assert reason(plan).startswith(said), reason(plan)
        assert (Licence.objects.count(), AuditEntry.objects.count()) == (0, 0)

    def test_all_problems_at_once(self, context: Context) -> None:
        wrong = {"items": "别的", "officer": "没有", "valid_until": "2020-13-01"}
        plan = judged(self.KIND, context, self.ROW | wrong)
        assert [one.address for one in plan.lines[0].problems] == ["I2", "C2", "J2"]
        plan = judged(self.KIND, context, self.ROW | wrong | {"family": "气瓶"})
        assert [one.address for one in plan.lines[0].problems] == ["A2", "I2"]

    def test_two_families_of_one_certificate_are_two_rows(self, context: Context) -> None:
        other = self.ROW | {"family": "移动式压力容器充装"}
        assert verdicts(judged(self.KIND, context, self.ROW, other)) == ["create", "create"]
        twice = judged(self.KIND, context, self.ROW, self.ROW)
        assert verdicts(twice) == ["refused", "refused"]

    def test_who_may(self, context: Context, world: World) -> None:
        assert self.KIND.is_for(context.actor)
        assert not self.KIND.is_for(world.actor(world.jia_admin))  # a using unit
        assert not self.KIND.is_for(world.actor(world.regulator))


class TestStations:
    KIND = stations.KIND
    ROW = {"name": "1号充装台", "number": "01", "medium": "液化石油气", "officer": "13800000091"}

    def test_entered_then_the_same_then_changed(self, context: Context, officer: Staff) -> None:
        licences.KIND.apply(judged(licences.KIND, context, TestLicences.ROW), context)
        plan = judged(self.KIND, context, self.ROW)
        assert (verdicts(plan), Station.objects.count()) == (["create"], 0)
        self.KIND.apply(plan, context)
        made = Station.objects.get()
        assert (made.number, made.officer, made.licence) == ("01", officer, None)
        assert StationBinding.objects.get().staff == officer
        assert verdicts(judged(self.KIND, context, self.ROW)) == ["same"]
        row = {"name": "1号台", "number": "01", "medium": "丙烷", "licence": "TS4250001-2028"}
        later = judged(self.KIND, context, row)
        assert [(one.label, one.before, one.after) for one in later.lines[0].changes] == [
            ("工位名称", "1号充装台", "1号台"),
            ("充装介质", "液化石油气", "丙烷"),
            ("所属许可编号", "", "TS4250001-2028"),
        ]
        self.KIND.apply(later, context)
        made.refresh_from_db()
        assert (made.name, made.licence.number, made.officer) == (
            "1号台",
            "TS4250001-2028",
            officer,
        )

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"name": ""}, "工位名称（A2）：请填写工位名称"),
            ({"number": "甲" * 31}, "工位编号（B2）：最多 30 个字"),
            ({"licence": "TS0"}, "所属许可编号（E2）：本单位没有编号为“TS0”的充装许可"),
            ({"officer": "张全"}, "责任人（F2）：本单位没有叫“张全”的安全员"),  # of 甲
        ],
    )
    def test_refusals_point_at_their_cell(
        self, context: Context, change: dict[str, Any], said: str
    ) -> None:
        plan = judged(self.KIND, context, self.ROW | change)
        assert verdicts(plan) == ["refused"]
        assert reason(plan).startswith(said), reason(plan)
