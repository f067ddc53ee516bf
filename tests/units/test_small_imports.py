"""Imports of departments and people: the preview says what the writing does (B118, D12)."""

from __future__ import annotations

from typing import Any

import pytest

from config.excel.kinds import Context
from tests.factories.books import judged, reason, verdicts
from tests.world import NOW, TODAY, World
from units.actions.organisation import add_department, add_position
from units.imports import departments, staff
from units.models import Appointment, AuditEntry, Department, Staff, User


@pytest.fixture
def context(world: World) -> Context:
    return Context(actor=world.actor(world.jia_admin), now=NOW)


class TestDepartments:
    KIND = departments.KIND
    ROWS = (
        {"name": "工程部", "head": "王总", "phone": "023-6370"},
        {"name": "电梯班", "parent": "工程部"},
        {"name": "夜班组", "parent": "工程部/电梯班", "head": "㛃𬭚"},
    )

    def test_a_tree_in_one_file(self, context: Context) -> None:
        before = (Department.objects.count(), AuditEntry.objects.count())
        plan = judged(self.KIND, context, *self.ROWS)
        assert verdicts(plan) == ["create", "create", "create"]
        assert (Department.objects.count(), AuditEntry.objects.count()) == before
        assert self.KIND.apply(plan, context) == {"create": 3, "change": 0}
        night = Department.objects.get(name="夜班组")
        assert (night.parent.name, night.parent.parent.name, night.head) == (
            "电梯班",
            "工程部",
            "㛃𬭚",
        )
        again = judged(self.KIND, context, *self.ROWS)
        assert verdicts(again) == ["same", "same", "same"]

    def test_what_is_filled_in_changes_and_what_is_empty_stays(
        self, context: Context, world: World
    ) -> None:
        add_department(
            world.jia, name="工程部", head="旧人", phone="1", actor=context.actor, now=NOW
        )
        plan = judged(self.KIND, context, {"name": "工程部", "head": "新人"})
        assert [(c.label, c.before, c.after) for c in plan.lines[0].changes] == [
            ("负责人", "旧人", "新人")
        ]
        assert self.KIND.apply(plan, context) == {"create": 0, "change": 1}
        found = Department.objects.get(name="工程部")
        assert (found.head, found.phone, found.version) == ("新人", "1", 2)

    def test_refusals_point_at_their_cell(self, context: Context) -> None:
        plan = judged(
            self.KIND,
            context,
            {"name": "电梯班", "parent": "没有的部门"},
            {"name": "", "parent": "", "head": "谁"},
            {"name": "甲" * 61},
        )
        assert verdicts(plan) == ["refused", "refused", "refused"]
        assert reason(plan, 0).startswith("上级部门（B2）：没有名为“没有的部门”的部门")
        assert reason(plan, 1) == "部门名称（A3）：请填写部门名称"
        assert reason(plan, 2) == "部门名称（A4）：最多 60 个字，现为 61 个"

    def test_twice_in_the_file(self, context: Context) -> None:
        plan = judged(self.KIND, context, {"name": "工程部"}, {"name": "工程部", "head": "王"})
        assert verdicts(plan) == ["refused", "refused"]
        assert reason(plan, 1) == "部门名称（A3）：与第 2 行重复，请只保留正确的一行"

    def test_another_units_departments_are_not_seen(self, context: Context, world: World) -> None:
        add_department(world.yi, name="乙部", actor=world.actor(world.yi_admin), now=NOW)
        plan = judged(self.KIND, context, {"name": "班组", "parent": "乙部"})
        assert verdicts(plan) == ["refused"]


class TestStaff:
    KIND = staff.KIND
    NEW = {
        "name": "郑新",
        "phone": "13800000077",
        "identities": "安全员（电梯、起重机械），安全总监",
        "id_number": "500103199001011239",
        "job_number": "007",
    }

    @pytest.fixture(autouse=True)
    def _valid_id_number(self) -> None:
        from units.validators import id_number_check_digit

        body = "50010319900101123"
        type(self).NEW = {**self.NEW, "id_number": body + id_number_check_digit(body)}

    def test_a_new_person(self, context: Context, world: World) -> None:
        department = add_department(world.jia, name="工程部", actor=context.actor, now=NOW)
        position = add_position(world.jia, name="电梯安全员", actor=context.actor, now=NOW)
        row = self.NEW | {"department": "工程部", "position": "电梯安全员"}
        before = (Staff.objects.count(), User.objects.count(), AuditEntry.objects.count())
        plan = judged(self.KIND, context, row)
        assert verdicts(plan) == ["create"]
        assert (Staff.objects.count(), User.objects.count(), AuditEntry.objects.count()) == before
        assert self.KIND.apply(plan, context) == {"create": 1, "change": 0}
        made = Staff.objects.get(name="郑新")
        assert (made.department, made.position, made.job_number, made.started_on) == (
            department,
            position,
            "007",
            TODAY,
        )
        posts = Appointment.objects.filter(staff=made).order_by("role_slot")
        assert [(post.role, post.categories) for post in posts] == [
            ("safety_director", []),
            ("safety_officer", ["lift", "crane"]),
        ]
        assert verdicts(judged(self.KIND, context, row)) == ["same"]

    def test_a_new_phone_is_found_by_the_id_number(self, context: Context) -> None:
        self.KIND.apply(judged(self.KIND, context, self.NEW), context)
        plan = judged(self.KIND, context, self.NEW | {"phone": "13800000078", "identities": ""})
        assert [(c.label, c.before, c.after) for c in plan.lines[0].changes] == [
            ("手机号", "13800000077", "13800000078")
        ]
        self.KIND.apply(plan, context)
        made = Staff.objects.get(name="郑新")
        assert made.user.phone == "13800000078"
        assert Appointment.objects.filter(staff=made).count() == 2

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"name": ""}, "姓名（A2）：请填写姓名"),
            ({"phone": ""}, "手机号（B2）：请填写手机号"),
            (
                {"phone": "1380000"},
                "手机号（B2）：手机号应为 11 位数字、以 1 开头，现为 7 位，请核对",
            ),
            ({"identities": ""}, "身份（C2）：请填写身份"),
            ({"identities": "电工"}, "身份（C2）：没有“电工”这个身份"),
            ({"identities": "安全员（飞机）"}, "身份（C2）：没有“飞机”这个设备类别"),
            (
                {"identities": "质量安全员、质量安全总监"},
                "身份（C2）：质量安全总监和质量安全员不能由同一人担任",
            ),
            ({"identities": "安全员、安全员"}, "身份（C2）：同一身份只能选择一次"),
            ({"identities": "（电梯）安全员"}, "身份（C2）：“（电梯）安全员”看不懂"),
            ({"id_number": 500103199001011239}, "身份证件号码（D2）：是数字格式"),
            ({"id_number": "500103199001011230"}, "身份证件号码（D2）：身份证件号码的校验位不对"),
            ({"department": "不存在"}, "部门（F2）：没有名为“不存在”的部门"),
            ({"position": "不存在"}, "岗位（G2）：没有名为“不存在”的岗位"),
            ({"started_on": "2026-13-01"}, "入职日期（H2）：“2026-13-01”这一天不存在"),
            ({"name": "=1+1"}, "姓名（A2）：是公式"),
            ({"department": "=1+1"}, "部门（F2）：是公式"),
        ],
    )
    def test_refusals_point_at_their_cell(
        self, context: Context, change: dict[str, Any], said: str
    ) -> None:
        plan = judged(self.KIND, context, self.NEW | change)
        assert verdicts(plan) == ["refused"]
        assert reason(plan).startswith(said), reason(plan)

    def test_all_problems_at_once(self, context: Context) -> None:
        plan = judged(self.KIND, context, self.NEW | {"name": "", "phone": "1", "identities": "x"})
        assert [problem.address for problem in plan.lines[0].problems] == ["A2", "B2", "C2"]

    def test_unknown_names_are_told_with_the_other_problems(self, context: Context) -> None:
        wrong = {"phone": "1", "department": "不存在", "position": "不存在"}
        plan = judged(self.KIND, context, self.NEW | wrong)
        assert [problem.address for problem in plan.lines[0].problems] == ["B2", "F2", "G2"]

    def test_somebody_employed_elsewhere(self, context: Context) -> None:
        plan = judged(self.KIND, context, self.NEW | {"phone": "13800000006"})  # 孙 of 乙
        assert verdicts(plan) == ["refused"]
        assert "乙" not in reason(plan)

    def test_one_phone_twice_in_the_file(self, context: Context) -> None:
        plan = judged(self.KIND, context, self.NEW, self.NEW | {"name": "郑二", "id_number": ""})
        assert verdicts(plan) == ["refused", "refused"]

    def test_identities_that_would_strand_machines(self, context: Context, world: World) -> None:
        row = {"name": "李安", "phone": "13800000001", "identities": "安全员（锅炉）"}
        plan = judged(self.KIND, context, row)
        assert verdicts(plan) == ["refused"]
        assert "身份（C2）" in reason(plan)

    def test_what_was_overtaken_is_not_written(self, context: Context, world: World) -> None:
        """A plan whose person was registered elsewhere since: nothing of the file is written."""
        from config.errors import RuleBroken
        from tests.factories import units as people

        other = self.NEW | {"name": "郑二", "phone": "13800000079", "id_number": ""}
        plan = judged(self.KIND, context, other, self.NEW)
        people.staff(world.yi, "郑新", "safety_officer", mobile="13800000077")
        with pytest.raises(RuleBroken, match="没有写入任何一行"):
            self.KIND.apply(plan, context)
