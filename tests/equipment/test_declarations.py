"""Declarations about use: from which day they exempt, who decides, what follows (decision 6)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from config.clock import at
from config.errors import RuleBroken
from duties import generation
from duties.models import Task
from equipment.actions import declarations as actions
from equipment.models import Declaration, Equipment, SuspensionPeriod
from equipment.queries_declarations import effect, waiting
from tests.factories import declarations as made
from tests.factories import equipment as machines
from tests.world import NOW, TODAY, World
from units.models import AuditEntry, OutboxMessage


def moment(offset: int) -> datetime:
    """9 o'clock on a day counted from TODAY."""
    return at(TODAY + timedelta(days=offset), 9)


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


class Story:
    """One machine and what is declared and decided about it, on days counted from TODAY."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.admin = world.actor(world.jia_admin)
        self.bureau = world.actor(world.regulator)
        self.found: Declaration | None = None

    def file(
        self, offset: int, *, kind: str = "stop", from_on: int | None = None, proven: bool = False
    ) -> None:
        self.found = made.filed(
            self.world.lift,
            kind,
            proven=proven,
            actor=self.admin,
            now=moment(offset),
            from_on=day(offset if from_on is None else from_on),
        )

    def confirm(self, offset: int) -> None:
        actions.confirm(self.found, actor=self.bureau, now=moment(offset))

    def object(self, offset: int) -> None:
        actions.object_to(
            self.found, opinion="现场仍在运行。", actor=self.bureau, now=moment(offset)
        )

    def withdraw(self, offset: int) -> None:
        actions.withdraw(self.found, reason="误报", actor=self.admin, now=moment(offset))

    def owed(self, first: int, last: int) -> str:
        """Per day: x = a to-do is owed, - = exempt; as generation of that day decides it."""
        found = ""
        for offset in range(first, last + 1):
            generation.generate(day(offset), now=NOW, unit_ids=[self.world.jia.pk])
            tasks = Task.objects.filter(equipment=self.world.lift, period_on=day(offset))
            found += "x" if tasks.exclude(state="waived").exists() else "-"
        return found


# (what happens on which day, the days -2 … 5 as owed x or exempt -)
COURSES: list[tuple[list[tuple[str, int, dict[str, Any]]], str]] = [
    ([("file", 0, {})], "xxxxxxxx"),
    ([("file", 0, {"proven": True})], "xx------"),
    ([("file", 0, {"proven": True, "from_on": -2})], "xx------"),
    ([("file", 0, {"from_on": -2}), ("confirm", 2, {})], "xxxx----"),
    ([("file", 0, {}), ("confirm", 0, {})], "xx------"),
    ([("file", 0, {"proven": True}), ("confirm", 3, {})], "xx------"),
    ([("file", 0, {"proven": True}), ("object", 3, {})], "xx---xxx"),
    ([("file", 0, {"proven": True}), ("object", 0, {})], "xxxxxxxx"),
    ([("file", 0, {}), ("object", 2, {})], "xxxxxxxx"),
    ([("file", 0, {}), ("confirm", 1, {}), ("object", 4, {})], "xxx---xx"),
    ([("file", 0, {"proven": True}), ("withdraw", 2, {})], "xx--xxxx"),
    ([("file", 0, {"proven": True}), ("file", 2, {"kind": "resume"})], "xx--xxxx"),
    # A scrapping of a machine that is exempt leaves it exempt; one of a machine in use does not.
    (
        [("file", -1, {}), ("confirm", -1, {}), ("file", 2, {"kind": "scrap"})],
        "x-------",
    ),
    ([("file", 0, {"kind": "scrap"}), ("confirm", 3, {})], "xxxxx---"),
    # Withdrawn, the confirmed stop before it holds again.
    (
        [
            ("file", -1, {}),
            ("confirm", 0, {}),
            ("file", 2, {"kind": "scrap"}),
            ("withdraw", 3, {}),
        ],
        "xx------",
    ),
    # A stop that nobody confirmed does not come back so: the bureau's to-do went with it.
    (
        [
            ("file", 0, {"proven": True}),
            ("file", 2, {"kind": "scrap"}),
            ("withdraw", 3, {}),
        ],
        "xx---xxx",
    ),
    # After an objection no paper exempts again before the bureau has looked at it.
    (
        [("file", 0, {"proven": True}), ("object", 1, {}), ("file", 2, {"proven": True})],
        "xx-xxxxx",
    ),
    (
        [
            ("file", 0, {"proven": True}),
            ("object", 1, {}),
            ("file", 1, {"kind": "resume"}),
            ("file", 2, {"proven": True}),
            ("withdraw", 2, {}),
            ("file", 3, {"proven": True}),
            ("confirm", 4, {}),
        ],
        "xx-xxx--",
    ),
]


@pytest.mark.parametrize(("course", "expected"), COURSES)
def test_exactly_these_days_are_exempt(world: World, course: list[Any], expected: str) -> None:
    """The dated rows alone decide; every day is generated after everything has happened."""
    story = Story(world)
    for what, offset, given in course:
        getattr(story, what)(offset, **given)
    Task.objects.all().delete()
    assert story.owed(-2, 5) == expected


@pytest.mark.parametrize(("course", "expected"), COURSES)
def test_the_same_days_when_each_is_generated_in_its_night(
    world: World, course: list[Any], expected: str
) -> None:
    """Night by night, with the hooks acting on the to-dos of the day: the same days are exempt."""
    story = Story(world)
    for offset in range(-2, 6):
        generation.generate(day(offset), now=moment(offset))
        for what, when, given in course:
            if when == offset:
                getattr(story, what)(when, **given)
    states = dict(Task.objects.filter(equipment=world.lift).values_list("period_on", "state"))
    found = "".join("-" if states.get(day(n), "waived") == "waived" else "x" for n in range(-2, 6))
    assert found == expected


def test_todays_to_do_is_waived_and_comes_back(world: World) -> None:
    generation.generate(TODAY, now=NOW)
    task = Task.objects.get(equipment=world.lift)
    story = Story(world)
    story.file(0)
    task.refresh_from_db()
    assert task.state == "todo"
    story.confirm(0)
    task.refresh_from_db()
    assert (task.state, task.waive_reason) == ("waived", "已办理停用手续")
    story.object(0)
    task.refresh_from_db()
    assert (task.state, task.waive_reason, task.assignee) == ("todo", "", world.li)


class TestFiling:
    def file(self, world: World, machine: Equipment | None = None, **given: Any) -> Declaration:
        given = {"actor": world.actor(world.jia_admin)} | given
        return made.filed(machine or world.lift, **given)

    def test_it_is_recorded_and_the_bureau_is_told_once(self, world: World) -> None:
        found = self.file(world)
        assert (found.state, found.declared_by_name) == ("filed", world.jia_admin.name)
        entry = AuditEntry.objects.get(object_code=found.code)
        assert (entry.verb, entry.unit, entry.after["kind"]) == (
            "declaration.filed",
            world.jia,
            "stop",
        )
        told = OutboxMessage.objects.filter(recipient=world.regulator)
        assert [one.text for one in told] == [
            "甲物业管理有限公司申报“1号客梯”停用，请核实后确认或提出异议。"
        ]
        assert list(waiting(world.actor(world.regulator))) == [found]
        assert list(waiting(world.actor(world.far_regulator))) == []

    def test_resuming_needs_nobodys_word(self, world: World) -> None:
        self.file(world, proven=True)
        found = self.file(world, kind="resume", reason="", now=moment(1))
        world.lift.refresh_from_db()
        assert (found.state, world.lift.status) == ("recorded", "in_use")
        assert not waiting(world.actor(world.regulator)).exists()
        first = Declaration.objects.get(kind="stop")
        assert (first.state, first.opinion) == ("withdrawn", "被新的启用申报取代")

    def test_an_overdue_inspection_comes_before_use(self, world: World) -> None:
        self.file(world, proven=True)
        Equipment.objects.filter(pk=world.lift.pk).update(next_inspection_on=TODAY)
        with pytest.raises(RuleBroken) as refusal:
            self.file(world, kind="resume", now=moment(1))
        assert refusal.value.code == "inspection_overdue"
        assert "检验已于2026年11月20日到期" in refusal.value.message
        Equipment.objects.filter(pk=world.lift.pk).update(next_inspection_on=day(1))
        assert self.file(world, kind="resume", now=moment(1)).state == "recorded"

    def test_withdrawing_is_no_way_round_the_inspection(self, world: World) -> None:
        found = self.file(world, proven=True)
        Equipment.objects.filter(pk=world.lift.pk).update(next_inspection_on=day(-1))
        given = {"reason": "误报", "actor": world.actor(world.jia_admin)}
        with pytest.raises(RuleBroken) as refusal:
            actions.withdraw(found, now=moment(1), **given)
        assert refusal.value.code == "inspection_overdue"
        found.refresh_from_db()
        assert found.state == "filed"
        assert actions.withdraw(found, now=NOW, **given).state == "withdrawn"  # a slip of the day

    def test_a_scrapping_is_final_and_frees_the_numbers(self, world: World) -> None:
        self.file(world, kind="scrap", proven=True)
        twin = machines.machine(world.yi, "lift")
        Equipment.objects.filter(pk=twin.pk).update(equipment_code=world.lift.equipment_code)
        for kind in ("resume", "stop"):
            with pytest.raises(RuleBroken) as refusal:
                self.file(world, kind=kind, now=moment(1))
            assert refusal.value.code == "scrapped_is_final"
        found = Declaration.objects.get(kind="scrap")
        with pytest.raises(RuleBroken) as refusal:
            actions.withdraw(
                found, reason="误报", actor=world.actor(world.jia_admin), now=moment(1)
            )
        assert (refusal.value.code, refusal.value.field) == (
            "equipment_code_taken",
            "equipment_code",
        )

    @pytest.mark.parametrize(
        ("given", "code", "field"),
        [
            ({"reason": " \u3000"}, "reason_needed", "reason"),
            ({"reason": "停" * 201}, "too_long", "reason"),
            ({"receipt_no": "渝停17"}, "file_needed", "file"),
            ({"receipt_no": "渝" * 61}, "too_long", "receipt_no"),
            ({"from_on": day(1)}, "from_future", "from_on"),
            ({"from_on": date(2023, 12, 31)}, "from_too_early", "from_on"),
            ({"kind": "resume"}, "status_same", "kind"),
        ],
    )
    def test_what_is_refused_changes_nothing(
        self, world: World, given: dict[str, Any], code: str, field: str
    ) -> None:
        with pytest.raises(RuleBroken) as refusal:
            self.file(world, **given)
        assert (refusal.value.code, refusal.value.field) == (code, field)
        world.lift.refresh_from_db()
        assert (world.lift.status, Declaration.objects.count()) == ("in_use", 0)

    def test_declaring_again_what_is_in_force_is_refused(self, world: World) -> None:
        self.file(world, proven=True)
        with pytest.raises(RuleBroken) as refusal:
            self.file(world, now=moment(1))
        assert refusal.value.code == "status_same"

    def test_proof_that_comes_later_is_filed_anew(self, world: World) -> None:
        first = self.file(world)
        second = self.file(world, proven=True, now=moment(1))
        first.refresh_from_db()
        assert (first.state, second.state) == ("withdrawn", "filed")
        assert second.status_periods.get().exempt_period == DateRange(day(1), None)

    @pytest.mark.parametrize("who", ["yi_admin", "sun"])
    def test_another_units_machine_does_not_exist(self, world: World, who: str) -> None:
        with pytest.raises(RuleBroken) as refusal:
            self.file(world, actor=world.actor(getattr(world, who)))
        assert refusal.value.status == 404


class TestDeciding:
    @pytest.fixture
    def story(self, world: World) -> Story:
        story = Story(world)
        story.file(0)
        return story

    def test_the_unit_is_told_why(self, world: World, story: Story) -> None:
        story.object(1)
        told = OutboxMessage.objects.filter(recipient=world.jia_admin)
        assert [one.text for one in told] == [
            "监管部门对“1号客梯”的停用申报有异议：现场仍在运行。从今天起恢复每日待办。"
        ]

    @pytest.mark.parametrize("who", ["far_regulator", "jia_admin", "wang", "yi_admin"])
    def test_only_the_bureau_over_the_unit_decides(
        self, world: World, story: Story, who: str
    ) -> None:
        actor = world.actor(getattr(world, who))
        for call in (actions.confirm, actions.object_to):
            with pytest.raises(RuleBroken) as refusal:
                call(story.found, opinion="看过", actor=actor, now=NOW)
            assert (refusal.value.code, refusal.value.status) == ("not_yours", 403)

    @pytest.mark.parametrize("who", ["regulator", "yi_admin", "wang"])
    def test_only_the_unit_withdraws(self, world: World, story: Story, who: str) -> None:
        with pytest.raises(RuleBroken) as refusal:
            actions.withdraw(
                story.found, reason="误报", actor=world.actor(getattr(world, who)), now=NOW
            )
        assert refusal.value.code == "not_yours"

    @pytest.mark.parametrize(
        ("first", "second", "refused"),
        [
            ("confirm", "confirm", True),
            ("confirm", "withdraw", True),
            ("confirm", "object", False),
            ("object", "confirm", True),
            ("object", "object", True),
            ("object", "withdraw", True),
            ("withdraw", "confirm", True),
            ("withdraw", "object", True),
        ],
    )
    def test_the_second_of_two_is_told(
        self, story: Story, first: str, second: str, refused: bool
    ) -> None:
        getattr(story, first)(0)
        if not refused:
            getattr(story, second)(0)
            return
        before = AuditEntry.objects.count()
        with pytest.raises(RuleBroken) as refusal:
            getattr(story, second)(0)
        assert refusal.value.code == "wrong_state"
        assert AuditEntry.objects.count() == before

    def test_an_objection_says_why(self, world: World, story: Story) -> None:
        with pytest.raises(RuleBroken) as refusal:
            actions.object_to(story.found, opinion=" ", actor=story.bureau, now=NOW)
        assert (refusal.value.code, refusal.value.field) == ("opinion_needed", "opinion")

    def test_several_at_once_leave_those_decided_meanwhile(
        self, world: World, story: Story
    ) -> None:
        other = made.filed(world.crane, actor=story.admin)
        gone = made.filed(world.boiler, actor=story.admin)
        actions.withdraw(gone, reason="误报", actor=story.admin, now=NOW)
        done, left = actions.confirm_all([gone, other, story.found], actor=story.bureau, now=NOW)
        assert ({one.pk for one in done}, [one.pk for one in left]) == (
            {story.found.pk, other.pk},
            [gone.pk],
        )
        assert set(Declaration.objects.filter(state="confirmed")) == {story.found, other}


class TestSuspension:
    def file(self, world: World, **given: Any) -> Declaration:
        given = {"actor": world.actor(world.jia_admin)} | given
        return made.filed(None, "suspend", unit=world.jia, **given)

    def states(self) -> set[str]:
        return set(Task.objects.filter(period_on=TODAY).values_list("unit__name", "state"))

    def test_every_machine_of_the_unit_is_exempt_and_no_other(self, world: World) -> None:
        generation.generate(TODAY, now=NOW)
        found = self.file(world, proven=True)
        assert self.states() == {
            ("甲物业管理有限公司", "waived"),
            ("乙机械有限公司", "todo"),
        }
        assert set(Task.objects.filter(unit=world.jia).values_list("waive_reason", flat=True)) == {
            "单位已停产"
        }
        actions.end_suspension(found, actor=world.actor(world.jia_admin), now=NOW)
        assert self.states() == {("甲物业管理有限公司", "todo"), ("乙机械有限公司", "todo")}
        found.refresh_from_db()
        assert found.state == "withdrawn"

    @pytest.mark.parametrize(
        ("proven", "from_on", "until_on", "confirmed", "expected"),
        [
            (True, 0, None, None, "-----"),
            (True, 1, 2, None, "x--xx"),
            (False, 0, 2, None, "xxxxx"),
            (False, 0, 3, 1, "x---x"),
            (False, 2, None, 0, "xx---"),
        ],
    )
    def test_exactly_these_days(
        self,
        world: World,
        proven: bool,
        from_on: int,
        until_on: int | None,
        confirmed: int | None,
        expected: str,
    ) -> None:
        found = self.file(
            world,
            proven=proven,
            from_on=day(from_on),
            until_on=None if until_on is None else day(until_on),
        )
        if confirmed is not None:
            actions.confirm(found, actor=world.actor(world.regulator), now=moment(confirmed))
        Task.objects.all().delete()
        assert Story(world).owed(0, 4) == expected

    def test_an_objection_ends_it_that_day(self, world: World) -> None:
        found = self.file(world, proven=True)
        actions.object_to(
            found, opinion="仍在生产", actor=world.actor(world.regulator), now=moment(2)
        )
        Task.objects.all().delete()
        assert Story(world).owed(0, 4) == "--xxx"
        found = Declaration.objects.get()
        assert effect(found, day(2)).text == "2026年11月20日至2026年11月21日免检，现已恢复每日待办"

    def test_after_an_objection_papers_wait_for_the_bureau(self, world: World) -> None:
        found = self.file(world, proven=True)
        bureau = world.actor(world.regulator)
        actions.object_to(found, opinion="仍在生产", actor=bureau, now=moment(1))
        again = self.file(world, proven=True, from_on=day(1), now=moment(1))
        assert (again.state, again.suspensions.get().exempt_period) == ("filed", None)
        actions.confirm(again, actor=bureau, now=moment(2))
        assert Story(world).owed(0, 3) == "-x--"

    def test_one_that_has_not_begun_falls_away(self, world: World) -> None:
        found = self.file(world, proven=True, from_on=day(3))
        actions.end_suspension(found, actor=world.actor(world.jia_admin), now=NOW)
        assert SuspensionPeriod.objects.count() == 0
        with pytest.raises(RuleBroken) as refusal:
            actions.end_suspension(found, actor=world.actor(world.jia_admin), now=NOW)
        assert refusal.value.code == "not_running"

    @pytest.mark.parametrize(
        ("given", "code", "field"),
        [
            ({"from_on": day(-1)}, "from_past", "from_on"),
            ({"from_on": day(367)}, "from_far", "from_on"),
            ({"from_on": day(2), "until_on": day(1)}, "until_before_from", "until_on"),
            ({"from_on": day(10), "until_on": date.max}, "until_far", "until_on"),
            ({"from_on": day(5)}, "suspended_already", "from_on"),
        ],
    )
    def test_what_is_refused(
        self, world: World, given: dict[str, Any], code: str, field: str
    ) -> None:
        self.file(world, from_on=day(5), until_on=day(9))
        with pytest.raises(RuleBroken) as refusal:
            self.file(world, **given)
        assert (refusal.value.code, refusal.value.field) == (code, field)
        assert SuspensionPeriod.objects.count() == 1
