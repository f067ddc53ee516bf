"""临时停用: declared by a person, dated, at most 30 days, once per origin."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from config.errors import RuleBroken
from equipment import queries_stops
from equipment.actions.stops import declare_stop, end_stop, reject_stop
from equipment.models import Equipment, StopDeclaration
from tests.factories import stops as made
from tests.world import NOW, TODAY, World
from units.models import Appointment, AuditEntry, OutboxMessage


def stop_on(machine: Equipment, day: date) -> StopDeclaration | None:
    """The one that holds on a day."""
    return StopDeclaration.objects.in_force(day).filter(equipment=machine).first()


def declare(world: World, **given: Any) -> StopDeclaration:
    asked = {
        "reason": "门机故障待配件",
        "from_on": TODAY,
        "until_on": TODAY,
        "origin": "inspection:ABC",
        "actor": world.actor(world.li),
        "now": NOW,
    }
    return declare_stop(world.lift, **(asked | given))


def test_a_stop_covers_its_days(world: World) -> None:
    made = declare(world, until_on=TODAY + timedelta(days=2))
    assert (made.period.lower, made.period.upper, made.declared_by) == (
        TODAY,
        date(2026, 11, 23),
        world.li,
    )
    covering = [
        StopDeclaration.objects.covering(TODAY + timedelta(days=n)).count() for n in range(4)
    ]
    assert covering == [1, 1, 1, 0]
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.object_code, entry.after["reason"]) == (
        "equipment.stop_declared",
        world.lift.code,
        "门机故障待配件",
    )


def test_the_same_origin_gives_the_same_declaration(world: World) -> None:
    assert declare(world) == declare(world, reason="又说一遍")
    assert StopDeclaration.objects.count() == 1
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"reason": "\u3000"}, "reason_needed", "stop_reason"),
        ({"until_on": TODAY - timedelta(days=1)}, "until_before_from", "until_on"),
        ({"until_on": TODAY + timedelta(days=30)}, "stop_too_long", "until_on"),
    ],
)
def test_what_is_refused(world: World, given: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        declare(world, **given)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert StopDeclaration.objects.count() == 0


def test_thirty_days_are_allowed(world: World) -> None:
    made = declare(world, until_on=TODAY + timedelta(days=29))
    assert (made.period.upper - made.period.lower).days == 30


def test_the_units_account_declares_in_its_own_name(world: World) -> None:
    made = declare(world, actor=world.actor(world.jia_admin), origin="")
    assert (made.declared_by, made.declared_by_name) == (None, world.jia_admin.name)


@pytest.mark.parametrize("who", ["sun", "yi_admin", "regulator"])
def test_a_stranger_declares_nothing(world: World, who: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        declare(world, actor=world.actor(getattr(world, who)))
    assert refusal.value.code == "foreign_unit"


class TestAtTheDesk:
    """Declared ahead, without a round it came from."""

    def test_renewed_from_the_day_after_the_last(self, world: World) -> None:
        declare(world, origin="", until_on=TODAY + timedelta(days=29))
        with pytest.raises(RuleBroken) as refusal:
            declare(
                world,
                origin="",
                from_on=TODAY + timedelta(days=29),
                until_on=TODAY + timedelta(days=40),
            )
        assert (refusal.value.code, refusal.value.field) == ("stopped_already", "from_on")
        later = TODAY + timedelta(days=30)
        assert declare(world, origin="", from_on=later, until_on=later).period.lower == later

    def test_a_rejected_one_is_no_obstacle(self, world: World) -> None:
        first = declare(world, origin="")
        StopDeclaration.objects.update(rejected_at=NOW)
        assert declare(world, origin="") != first

    @pytest.mark.parametrize(
        ("given", "status", "code"),
        [
            ({"from_on": TODAY - timedelta(days=1)}, "in_use", "from_past"),
            (
                {"from_on": TODAY + timedelta(days=31), "until_on": TODAY + timedelta(days=31)},
                "in_use",
                "from_far",
            ),
            ({"from_on": date.max, "until_on": date.max}, "in_use", "from_far"),
            ({}, "stopped", "not_in_use"),
            ({"reason": "停" * 201}, "in_use", "too_long"),
        ],
    )
    def test_what_is_refused(
        self, world: World, given: dict[str, Any], status: str, code: str
    ) -> None:
        world.lift.status = status
        world.lift.save()
        with pytest.raises(RuleBroken) as refusal:
            declare(world, origin="", **given)
        assert refusal.value.code == code


def reject(stop: StopDeclaration, world: World, who: str = "wang", **given: Any) -> StopDeclaration:
    asked = {"reason": "现场核实仍在使用", "actor": world.actor(getattr(world, who)), "now": NOW}
    return reject_stop(stop, **(asked | given))


def told(kind: str) -> set[tuple[str, str]]:
    rows = OutboxMessage.objects.filter(kind=kind).select_related("recipient")
    return {(row.recipient.name, row.channel) for row in rows}


def test_a_form_sent_twice_is_one_declaration_and_the_directors_see_it(world: World) -> None:
    first = declare(world, origin="form:1")
    assert declare(world, origin="form:1") == first
    # 王 directs everything; 赵 only cranes.
    assert told("stop.declared") == {("王总", "in_app")}
    with pytest.raises(RuleBroken) as refusal:
        declare(world, origin="form:2")
    assert refusal.value.code == "stopped_already"


def test_without_a_director_in_scope_the_principal_sees_it(world: World) -> None:
    Appointment.objects.filter(staff=world.wang).update(categories=["crane"])
    declare(world, origin="form:1")
    assert told("stop.declared") == {("陈责", "in_app")}


class TestRejecting:
    def test_the_normal_round_is_owed_again_and_both_are_told(self, world: World) -> None:
        stop = made.stop(world.lift, by=world.zhang)
        assert stop_on(world.lift, TODAY) == stop
        rejected = reject(stop, world)
        assert (rejected.rejected_at, rejected.rejected_by_name, rejected.reject_reason) == (
            NOW, "王总", "现场核实仍在使用",
        )  # fmt: skip
        assert [stop_on(world.lift, TODAY + timedelta(days=n)) for n in (0, 1)] == [None] * 2
        both = {(name, way) for name in ("李安", "张全") for way in ("sms", "in_app")}
        assert told("stop.rejected") == both
        entry = AuditEntry.objects.get(verb="equipment.stop_rejected")
        assert (entry.object_code, entry.after["stop"]) == (world.lift.code, stop.code)

    def test_what_the_account_declared_is_told_to_the_account(self, world: World) -> None:
        actor = world.actor(world.jia_admin)
        stop = declare(world, actor=actor, origin="")
        reject(stop, world, "chen")
        assert told("stop.rejected") == {
            (world.jia_admin.name, "in_app"), ("李安", "sms"), ("李安", "in_app"),
        }  # fmt: skip

    @pytest.mark.parametrize("who", ["li", "zhang", "zhao", "jia_admin"])
    def test_who_may_not(self, world: World, who: str) -> None:
        stop = made.stop(world.lift)
        with pytest.raises(RuleBroken) as refusal:
            reject(stop, world, who)
        assert (refusal.value.code, refusal.value.status) == ("not_yours", 403)
        stop.refresh_from_db()
        assert stop.rejected_at is None

    def test_a_director_who_lost_his_scope_rejects_nothing(self, world: World) -> None:
        stop = made.stop(world.lift)
        Appointment.objects.filter(staff=world.wang).update(categories=["crane"])
        with pytest.raises(RuleBroken) as refusal:
            reject(stop, world)
        assert refusal.value.code == "not_yours"
        assert queries_stops.to_watch(world.actor(world.wang), day=TODAY) == 0
        assert queries_stops.to_watch(world.actor(world.chen), day=TODAY) == 1

    def test_a_stranger_finds_nothing(self, world: World) -> None:
        with pytest.raises(RuleBroken) as refusal:
            reject(made.stop(world.lift), world, "qian")
        assert refusal.value.status == 404

    def test_twice_is_once_and_a_second_person_is_told_by_whom(self, world: World) -> None:
        stop = made.stop(world.lift)
        reject(stop, world)
        reject(stop, world)
        assert AuditEntry.objects.filter(verb="equipment.stop_rejected").count() == 1
        with pytest.raises(RuleBroken) as refusal:
            reject(stop, world, "chen", reason="另一个原因")
        assert refusal.value.status == 409
        assert refusal.value.message.startswith("这份申报刚刚已被王总驳回")

    @pytest.mark.parametrize(
        ("fields", "given", "code"),
        [
            ({}, {"reason": "　"}, "reason_needed"),
            ({}, {"reason": "长" * 201}, "too_long"),
            ({"from_on": TODAY - timedelta(days=3)}, {}, "stop_over"),
            ({"ended_on": TODAY, "ended_by_name": "李安"}, {}, "stop_over"),
        ],
    )
    def test_what_is_refused(
        self, world: World, fields: dict[str, Any], given: dict[str, Any], code: str
    ) -> None:
        with pytest.raises(RuleBroken) as refusal:
            reject(made.stop(world.lift, **fields), world, **given)
        assert refusal.value.code == code


class TestEndingEarly:
    @pytest.mark.parametrize("who", ["li", "wang", "chen", "jia_admin"])
    def test_the_normal_round_is_owed_from_today(self, world: World, who: str) -> None:
        stop = made.stop(world.lift, TODAY - timedelta(days=1))
        actor = world.actor(getattr(world, who))
        ended = end_stop(stop, actor=actor, now=NOW)
        assert (ended.ended_on, ended.ended_by_name) == (TODAY, actor.name)
        end_stop(stop, actor=actor, now=NOW + timedelta(days=1))
        days = [TODAY + timedelta(days=n) for n in (-1, 0, 1)]
        assert [stop_on(world.lift, day) for day in days] == [stop, None, None]
        assert AuditEntry.objects.filter(verb="equipment.stop_ended").count() == 1
        # From today on it can be declared again.
        assert declare(world, origin="form:1").period.lower == TODAY

    @pytest.mark.parametrize("who", ["zhang", "zhao"])
    def test_who_may_not(self, world: World, who: str) -> None:
        with pytest.raises(RuleBroken) as refusal:
            end_stop(made.stop(world.lift), actor=world.actor(getattr(world, who)), now=NOW)
        assert refusal.value.status == 403

    def test_a_rejected_one_is_told(self, world: World) -> None:
        stop = made.stop(world.lift)
        reject(stop, world)
        with pytest.raises(RuleBroken) as refusal:
            end_stop(stop, actor=world.actor(world.li), now=NOW)
        assert refusal.value.code == "rejected_already"


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "running"),
        ({"from_on": TODAY - timedelta(days=2)}, "running"),
        ({"from_on": TODAY - timedelta(days=3)}, "over"),
        ({"from_on": TODAY + timedelta(days=1)}, "coming"),
        ({"from_on": TODAY + timedelta(days=1), "ended_on": TODAY}, "over"),
        ({"ended_on": TODAY}, "over"),
        ({"rejected_at": NOW, "rejected_by_name": "王总"}, "rejected"),
    ],
)
def test_state_and_set_say_the_same(world: World, fields: dict[str, Any], state: str) -> None:
    stop = made.stop(world.lift, **fields)
    assert queries_stops.state_of(stop, TODAY) == state
    counts = queries_stops.state_counts(StopDeclaration.objects.all(), TODAY)
    assert counts == {key: int(key == state) for key in queries_stops.LABELS}
    holds = StopDeclaration.objects.in_force(TODAY).exists()
    assert holds is (state == "running")
