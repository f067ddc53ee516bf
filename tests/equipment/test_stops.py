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


def test_an_account_and_a_stranger_declare_nothing(world: World) -> None:
    for who, code in ((world.jia_admin, "person_needed"), (world.sun, "foreign_unit")):
        with pytest.raises(RuleBroken) as refusal:
            declare(world, actor=world.actor(who))
        assert refusal.value.code == code
