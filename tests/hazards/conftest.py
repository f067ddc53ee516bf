"""What the tests of hazards share: an item and an answer as an inspection hands them in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hazards.actions import record_hazard
from hazards.models import Hazard
from tests.factories import hazards as made
from tests.world import NOW, TODAY, World

ITEM = {
    "key": "U-LIFT-D-03",
    "number": 3,
    "risk_category": "设备类",
    "item": "层门、轿门开关正常",
    "hazard": "门系统故障导致剪切、坠落",
    "measure": "立即停梯并通知维保单位修复",
    "is_severe": False,
    "source": "fixed",
}
PENDING = {
    "result": "fail",
    "handling": "pending",
    "handling_result": "",
    "note": "夜间更明显",
    "no_photo_reason": "",
}
IMMEDIATE = {**PENDING, "handling": "immediate", "handling_result": "现场复位后恢复正常"}


@pytest.fixture
def found(request: pytest.FixtureRequest) -> Callable[..., Hazard]:
    """Record a hazard of 甲's lift as 李's inspection of today would: `found(answer=…, item=…)`."""
    is_committed = "committed_world" in request.fixturenames
    world: World = request.getfixturevalue("committed_world" if is_committed else "world")

    def record(**changes: object) -> Hazard:
        actor = changes.pop("actor", world.actor(world.li))
        values: dict[str, object] = {
            "unit_id": world.jia.pk,
            "equipment": world.lift,
            "category": "lift",
            "source": "daily",
            "origin_kind": "inspection",
            "origin_code": "ACDEFGHJKM",
            "item": ITEM,
            "answer": PENDING,
            "found_on": TODAY,
            "now": NOW,
        }
        values |= changes
        if "photos" not in values:
            values["photos"] = [made.photo(actor)]
        return record_hazard(actor=actor, **values)

    return record
