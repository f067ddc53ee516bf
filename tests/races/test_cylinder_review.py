"""Two people of the bureau decide on one batch in the same moment: one does, the other is told."""

from __future__ import annotations

import pytest

from cylinders.actions.review import accept, decline, void
from cylinders.actions.settings import change_setting
from cylinders.enums import BatchState, Claim
from cylinders.models import Batch, BatchItem, BatchStep, DistrictSetting
from tests.cylinders.test_review import look
from tests.factories import cylinders as made
from tests.threads import told_at_once
from tests.world import NOW, World
from units.models import OutboxMessage, Region

pytestmark = pytest.mark.django_db(transaction=True)


def test_decisions_take_turns(committed_world: World) -> None:
    world = committed_world
    given = {"actor": world.actor(world.regulator), "now": NOW}
    batches = []
    for _ in range(2):
        batch = made.batch(world.jia, state="submitted")
        made.complete_item(batch)
        look(batch, world.regulator)
        batches.append(batch)
    # 受理 against 不予受理: whichever is first.
    first, second = batches
    told = told_at_once(
        lambda: accept(first, opinion="予以受理", **given),
        lambda: decline(first, reason="不符合", **given),
    )
    assert sorted(told) == ["", "wrong_state"]
    state = BatchState.DECLINED if told[0] else BatchState.ACCEPTED
    assert Batch.objects.get(pk=first.pk).state == state
    claim = Claim.RELEASED if told[0] else Claim.HELD
    assert BatchItem.objects.get(batch=first).claim == claim
    # 退件 by a double click.
    again = {"number": second.number, "reason": "整批有误"} | given
    told = told_at_once(lambda: void(second, **again), lambda: void(second, **again))
    assert sorted(told) == ["", "already_voided"]
    assert BatchStep.objects.count() == 2
    texts = OutboxMessage.objects.filter(recipient=world.jia_admin, text__contains="退件")
    assert texts.count() == 1


def test_the_first_setting_of_a_district_is_made_once(committed_world: World) -> None:
    world = committed_world
    region = Region.objects.get(pk="500103")
    given = {
        "version": 0,
        "takes_part": True,
        "sample_percent": 5,
        "least_seconds": 1,
        "actor": world.actor(world.regulator),
        "now": NOW,
    }
    told = told_at_once(*[lambda: change_setting(region, **given)] * 2)
    assert sorted(told) == ["", "stale"]
    assert DistrictSetting.objects.get().version == 1
