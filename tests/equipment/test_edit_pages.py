"""新增设备, 编辑, 变更使用状态: errors beside the field, everything typed still there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from equipment.models import Equipment
from tests.world import World

pytestmark = pytest.mark.usefixtures("at_nine")
As = Callable[[Any], Client]
ADD = "/equipment/add/"


@pytest.fixture
def admin(world: World, as_: As) -> Client:
    return as_(world.jia_admin)


def filled(**given: Any) -> dict[str, Any]:
    return {
        "catalogue": "3110",
        "name": "5号客梯",
        "place": "D座",
        "equipment_code": "３１１０５０１２３２０２３０００１",
        "registration_no": "梯11渝A00501（23）",
        "inner_no": "05",
        "quantity": "1",
        "next_inspection_on": "2027-03-31",
        "in_use_since": "2023-06-01",
        "status": "in_use",
    } | given


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


class TestAdd:
    def test_a_machine_is_archived(self, admin: Client, world: World) -> None:
        answer = admin.post(ADD, filled())
        made = Equipment.objects.get(name="5号客梯")
        assert answer.headers["Location"] == f"/equipment/{made.code}/"
        assert (made.unit, made.category, made.equipment_code, made.registration_no) == (
            world.jia,
            "lift",
            "31105012320230001",
            "梯11渝A00501(23)",
        )
        assert said(answer) == ["已新增“5号客梯”。请接着绑定安全员，否则无人收到每日待办。"]

    def test_another_can_be_begun_at_once(self, admin: Client) -> None:
        assert admin.post(ADD, filled(another="1")).headers["Location"] == ADD

    def test_hints_are_said_after_saving(self, admin: Client) -> None:
        answer = admin.post(ADD, filled(equipment_code="41105012320230001", status="stopped"))
        assert said(answer)[1:] == [
            "设备代码前 4 位 4110 与设备品种代码 3110 不一致，请核对。",
            "停用、报废尚未申报：这台设备照常生成每日待办。"
            "请在设备页“使用状态申报”中上传回执，或等监管部门确认。",
        ]

    def test_the_picker_chooses_by_the_url(self, admin: Client) -> None:
        body = admin.get(ADD, {"catalogue": "3110"}).content.decode()
        assert '<option value="3110" selected>3110 曳引驱动乘客电梯</option>' in body
        assert '<optgroup label="电梯">' in body

    @pytest.mark.parametrize(
        ("given", "field", "sentence"),
        [
            ({"catalogue": ""}, "catalogue", "请选择设备品种。"),
            (
                {"catalogue": "F000"},
                "catalogue",
                "“安全附件”不能建档：压力管道元件、安全附件不单独建档，请选择它所属的设备。",
            ),
            ({"name": " "}, "name", "请填写设备名称。"),
            ({"place": ""}, "place", "请填写使用地点。"),
            ({"status": ""}, "status", "请选择使用状态。"),
            (
                {"equipment_code": "电梯"},
                "equipment_code",
                "设备代码只能由数字和字母组成，请核对。",
            ),
            (
                {"equipment_code": "3" * 21},
                "equipment_code",
                "设备代码最多 20 个字符，现为 21 个，请核对铭牌或使用登记证。",
            ),
            (
                {"quantity": "3"},
                "quantity",
                "“曳引驱动乘客电梯”按台登记，每台单独建档，数量应为 1。",
            ),
            (
                {"in_use_since": "2026-11-21"},
                "in_use_since",
                "投入使用日期不能晚于今天；尚未投用的设备请把使用状态选为“未投用”。",
            ),
        ],
    )
    def test_a_wrong_field_comes_back_with_everything_typed(
        self, admin: Client, given: dict[str, str], field: str, sentence: str
    ) -> None:
        answer = admin.post(ADD, filled(inner_no="内-05", **given))
        assert answer.status_code == 422
        assert answer.context["form"].errors == {field: [sentence]}
        body = answer.content.decode()
        assert sentence in body
        assert 'value="内-05"' in body
        assert Equipment.objects.filter(inner_no="内-05").count() == 0

    def test_a_number_of_another_unit_stands_beside_its_field(
        self, admin: Client, world: World
    ) -> None:
        answer = admin.post(ADD, filled(equipment_code=world.yi_lift.equipment_code))
        assert answer.context["form"].errors == {
            "equipment_code": [
                "这个设备代码已被登记，请核对铭牌或使用登记证；确认无误的，请联系属地市场监管部门。"
            ]
        }
        assert "乙" not in str(answer.context["form"].errors)

    def test_several_errors_are_shown_at_once(self, admin: Client) -> None:
        answer = admin.post(ADD, filled(name="", equipment_code="电梯", catalogue="3000"))
        assert sorted(answer.context["form"].errors) == ["catalogue", "equipment_code", "name"]


class TestEdit:
    def form_of(self, admin: Client, world: World) -> dict[str, Any]:
        initial = admin.get(self.url(world)).context["form"].initial
        return {key: "" if value is None else value for key, value in initial.items()}

    def url(self, world: World) -> str:
        return reverse("equipment:edit", args=[world.lift.code])

    def test_facts_are_changed(self, admin: Client, world: World) -> None:
        answer = admin.post(self.url(world), self.form_of(admin, world) | {"place": "A座 西侧"})
        assert answer.headers["Location"] == f"/equipment/{world.lift.code}/"
        world.lift.refresh_from_db()
        assert (world.lift.place, world.lift.version, world.lift.name) == ("A座 西侧", 2, "1号客梯")

    def test_the_second_of_two_editors_is_told(self, admin: Client, world: World) -> None:
        mine = self.form_of(admin, world) | {"place": "我的地点"}
        admin.post(self.url(world), self.form_of(admin, world) | {"place": "别人的地点"})
        answer = admin.post(self.url(world), mine)
        assert answer.status_code == 409
        body = answer.content.decode()
        assert "这台设备的档案刚刚被他人修改过" in body
        assert 'value="我的地点"' in body
        world.lift.refresh_from_db()
        assert world.lift.place == "别人的地点"
