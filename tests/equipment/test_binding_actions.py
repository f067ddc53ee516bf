"""Naming officers: who may be bound, dated rows, hand-over, races."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from config.clock import at
from config.errors import RuleBroken
from duties.models import Task
from equipment import handover, hooks
from equipment.actions.binding import assign_officer
from equipment.actions.machine import add_equipment
from equipment.actions.status import set_status
from equipment.models import Equipment, OfficerBinding
from equipment.queries import officers
from tests.factories import declarations
from tests.factories import equipment as machines
from tests.factories import units as people
from tests.threads import done_at_once, told_at_once
from tests.world import NOW, TODAY, World
from units.identities import Identity
from units.models import AuditEntry, Staff

LONG_AGO = date(2024, 1, 1)
TOMORROW = at(TODAY + timedelta(days=1), 9)


def assign(world: World, officer: Staff | None, *which: Equipment, now: Any = NOW) -> list[str]:
    actor = world.actor(world.jia_admin)
    changed = assign_officer(list(which), officer=officer, actor=actor, now=now)
    return [machine.name for machine in changed]


def bindings(machine: Equipment) -> list[tuple[str, date, date | None]]:
    rows = OfficerBinding.objects.filter(equipment=machine).order_by("period")
    return [(row.staff.name, row.period.lower, row.period.upper) for row in rows]


def refused(code: str, call: Callable[[], Any]) -> str:
    with pytest.raises(RuleBroken) as refusal:
        call()
    assert (refusal.value.code, refusal.value.field) == (code, "officer")
    return refusal.value.message


def test_machines_move_to_the_officer_from_today(world: World, monkeypatch: Any) -> None:
    told: list[Any] = []
    monkeypatch.setattr(hooks, "_hooks", [lambda ids, **rest: told.append((ids, rest["day"]))])
    names = assign(world, world.zhang, world.lift, world.unbound, world.boiler)
    assert names == ["1号客梯", "4号客梯"]
    assert bindings(world.lift) == [("李安", LONG_AGO, TODAY), ("张全", TODAY, None)]
    assert bindings(world.unbound) == [("张全", TODAY, None)]
    assert bindings(world.boiler) == [("张全", LONG_AGO, None)]
    world.lift.refresh_from_db()
    assert world.lift.officer == world.zhang
    assert told == [([world.lift.pk, world.unbound.pk], TODAY)]


def test_each_machine_gets_its_audit_row(world: World) -> None:
    assign(world, world.zhang, world.lift, world.unbound)
    rows = AuditEntry.objects.filter(verb="equipment.officer_assigned").order_by("id")
    zhang = {"officer": "张全", "officer_code": world.zhang.code}
    assert [(row.object_code, row.before, row.after) for row in rows] == [
        (world.lift.code, {"officer": "李安", "officer_code": world.li.code}, zhang),
        (world.unbound.code, {"officer": ""}, zhang),
    ]


def test_a_second_change_of_the_day_replaces_the_first(world: World) -> None:
    assign(world, world.zhang, world.lift)
    assign(world, world.li, world.lift)
    assert bindings(world.lift) == [("李安", LONG_AGO, TODAY), ("李安", TODAY, None)]


def test_releasing_ends_the_binding(world: World) -> None:
    assert assign(world, None, world.lift, world.unbound) == ["1号客梯"]
    world.lift.refresh_from_db()
    assert world.lift.officer is None
    assert bindings(world.lift) == [("李安", LONG_AGO, TODAY)]
    assert AuditEntry.objects.get().verb == "equipment.officer_released"


def test_releasing_what_was_bound_today_leaves_no_binding(world: World) -> None:
    assign(world, world.li, world.unbound)
    assign(world, None, world.unbound)
    assert bindings(world.unbound) == []


def test_a_machine_outside_the_scope_stops_everything(world: World) -> None:
    narrow = people.staff(world.jia, "何梯", ("safety_officer", ["lift"]))
    message = refused(
        "officer_scope", lambda: assign(world, narrow, world.lift, world.crane, world.boiler)
    )
    assert message == (
        "何梯（分管：电梯）不能绑定：2号行车（起重机械不在分管范围内）；"
        "3号锅炉（锅炉不在分管范围内）。所选设备均未修改。"
    )
    world.lift.refresh_from_db()
    assert world.lift.officer == world.li
    assert AuditEntry.objects.count() == 0
    assert assign(world, narrow, world.lift) == ["1号客梯"]


def test_a_scrapped_machine_takes_no_officer(world: World) -> None:
    old = machines.machine(world.jia, "lift", name="旧梯", status="scrapped")
    message = refused("officer_scope", lambda: assign(world, world.li, old))
    assert message == "李安（分管：全部类别）不能绑定：旧梯（已报废）。所选设备均未修改。"


def test_a_director_is_no_officer(world: World) -> None:
    message = refused("not_an_officer", lambda: assign(world, world.wang, world.lift))
    assert message == "王总没有安全员身份，请先在“单位设置--人员管理”中设置身份。"


def test_an_appointment_that_ended_yesterday_does_not_count(world: World) -> None:
    appointment = world.zhang.appointments.get(role="safety_officer")
    appointment.period = type(appointment.period)(LONG_AGO, TODAY)
    appointment.save()
    refused("not_an_officer", lambda: assign(world, world.zhang, world.lift))


def test_somebody_who_left_is_refused(world: World) -> None:
    world.zhang.ended_on = TODAY
    world.zhang.save()
    assert refused("officer_left", lambda: assign(world, world.zhang, world.lift)) == (
        "张全已注销，请重新选择安全员。"
    )


def test_an_officer_of_another_unit_is_refused(world: World) -> None:
    refused("officer_elsewhere", lambda: assign(world, world.sun, world.lift))


def test_machines_of_another_unit_are_refused(world: World) -> None:
    with pytest.raises(RuleBroken) as refusal:
        assign(world, None, world.lift, world.yi_lift)
    assert (refusal.value.code, refusal.value.status) == ("foreign_unit", 404)
    assert bindings(world.lift) == [("李安", LONG_AGO, None)]


def test_a_hook_that_refuses_undoes_the_change(world: World, monkeypatch: Any) -> None:
    def refuse(ids: list[int], **rest: Any) -> None:
        raise RuleBroken("no", "不行。")

    monkeypatch.setattr(hooks, "_hooks", [refuse])
    with pytest.raises(RuleBroken) as refusal:
        assign(world, world.zhang, world.lift)
    assert refusal.value.code == "no"
    assert bindings(world.lift) == [("李安", LONG_AGO, None)]


def test_officers_lists_scope_and_machines_held(world: World) -> None:
    found = officers([world.jia.pk], day=TODAY)
    assert [(one.staff.name, one.scope_label, one.machines) for one in found] == [
        ("李安", "全部类别", 2),
        ("张全", "全部类别", 1),
    ]


def test_todays_to_do_follows_the_machine(world: World) -> None:
    """The archive tells the duties through its hook (decision 7)."""

    def today(machine: Equipment) -> list[tuple[str, str]]:
        rows = Task.objects.filter(equipment=machine, period_on=TODAY).select_related("assignee")
        return [(row.state, row.assignee.name if row.assignee else "") for row in rows]

    assign(world, world.zhang, world.unbound)
    assert today(world.unbound) == [("todo", "张全")]
    assign(world, None, world.unbound)
    assert today(world.unbound) == [("todo", "")]
    admin = world.actor(world.jia_admin)
    given = {"actor": admin, "now": NOW, "from_on": TODAY, "reason": "大修"}
    set_status(world.unbound, status="stopped", receipt_no="回执17", **given)
    assert today(world.unbound) == [("todo", "")]
    declarations.filed(world.unbound, proven=True, actor=admin)
    assert today(world.unbound) == [("waived", "")]
    set_status(world.unbound, status="in_use", **given)
    assert today(world.unbound) == [("todo", "")]


class TestHandover:
    def test_count_and_lines_leave_scrapped_machines_out(self, world: World) -> None:
        machines.machine(world.jia, "lift", name="旧梯", status="scrapped", officer=world.li)
        assert handover.count([world.li.pk, world.zhang.pk, world.wang.pk]) == {
            world.li.pk: 2,
            world.zhang.pk: 1,
        }
        assert handover.lines(world.li) == [
            "2号行车（起重机械，B车间）",
            "1号客梯（电梯，A座大堂）",
        ]

    def test_a_successor_takes_all_machines(self, world: World) -> None:
        old = machines.machine(world.jia, "lift", name="旧梯", status="scrapped", officer=world.li)
        admin = world.actor(world.jia_admin)
        assert handover.move(world.li, world.zhang, actor=admin, now=NOW) == 2
        assert Equipment.objects.filter(officer=world.zhang).count() == 3
        assert bindings(old) == [("李安", LONG_AGO, TODAY)]
        assert handover.count([world.li.pk]) == {}

    def test_a_successor_who_cannot_take_one_takes_none(self, world: World) -> None:
        narrow = people.staff(world.jia, "何梯", ("safety_officer", ["lift"]))
        admin = world.actor(world.jia_admin)
        with pytest.raises(RuleBroken) as refusal:
            handover.move(world.li, narrow, actor=admin, now=NOW)
        assert (refusal.value.code, refusal.value.field) == ("officer_scope", "hand_over_to")
        assert handover.count([world.li.pk]) == {world.li.pk: 2}

    def test_without_a_successor_they_are_released(self, world: World) -> None:
        admin = world.actor(world.jia_admin)
        assert handover.move(world.li, None, actor=admin, now=NOW) == 2
        assert Equipment.objects.filter(officer=world.li).count() == 0

    @pytest.mark.parametrize(
        ("identities", "number"),
        [
            ([], 2),
            ([Identity("safety_director")], 2),
            ([Identity("safety_officer")], 0),
            ([Identity("safety_officer", ("crane",))], 1),
        ],
    )
    def test_what_a_narrower_scope_would_strand(
        self, world: World, identities: list[Identity], number: int
    ) -> None:
        assert handover.stranded(world.li, identities) == number


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_two_assignments_at_once_leave_one_officer(self, committed_world: World) -> None:
        world = committed_world
        done_at_once(
            lambda: assign(world, world.li, world.unbound, world.lift, world.boiler),
            lambda: assign(world, world.zhang, world.boiler, world.lift, world.unbound),
        )
        holders = set(
            Equipment.objects.filter(
                pk__in=[world.unbound.pk, world.lift.pk, world.boiler.pk]
            ).values_list("officer__name", flat=True)
        )
        running = OfficerBinding.objects.filter(
            equipment__in=[world.unbound, world.lift, world.boiler], period__upper_inf=True
        )
        assert len(holders) == 1
        assert {row.staff.name for row in running} == holders
        assert running.count() == 3

    def test_two_units_archiving_one_code_at_once(self, committed_world: World) -> None:
        world = committed_world
        jia, yi = world.actor(world.jia_admin), world.actor(world.yi_admin)

        def add(unit: Any, actor: Any) -> Equipment:
            return add_equipment(
                unit,
                catalogue="3110",
                name="新梯",
                place="东门",
                status="in_use",
                equipment_code="31105012320260777",
                actor=actor,
                now=NOW,
            )

        told = told_at_once(lambda: add(world.jia, jia), lambda: add(world.yi, yi))
        assert sorted(told) == ["", "equipment_code_taken"]
        assert Equipment.objects.filter(equipment_code="31105012320260777").count() == 1
