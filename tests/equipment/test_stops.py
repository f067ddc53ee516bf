"""临时停用: declared by a person, dated, at most 30 days, once per origin."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from config.errors import RuleBroken
from equipment.actions.stops import declare_stop
from equipment.models import StopDeclaration
from tests.world import NOW, TODAY, World
from units.models import AuditEntry


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
