"""Two people at once, on real PostgreSQL with real threads: one wins, the other is told in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from hazards import actions
from hazards.models import Hazard, HazardEvent
from tests.factories import hazards as made
from tests.factories.units import staff
from tests.threads import at_once, done_at_once
from tests.world import NOW, TODAY, World
from units.models import OutboxMessage

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_directors_the_first_order_wins(committed_world: World) -> None:
    world = committed_world
    hazard = made.hazard(world.crane)

    def order(who: object, measures: str) -> Callable[[], Hazard]:
        actor = world.actor(who)
        return lambda: actions.order_rectification(
            hazard, measures=measures, due_on=TODAY + timedelta(days=3), actor=actor, now=NOW
        )

    outcomes = at_once(order(world.wang, "王的措施"), order(world.zhao, "赵的措施"))
    [refusal] = [one.refusal for one in outcomes if one.refusal]
    assert (refusal.code, refusal.status) == ("wrong_state", 409)
    won = Hazard.objects.get()
    assert won.measures == {world.wang: "王的措施", world.zhao: "赵的措施"}[won.ordered_by]
    assert list(HazardEvent.objects.values_list("name", "by_name")) == [
        ("ordered", won.ordered_by.name)
    ]
    assert OutboxMessage.objects.filter(channel="sms").count() == 1


def test_a_double_tap_confirms_once(committed_world: World) -> None:
    world = committed_world
    hazard = made.hazard(world.lift, state="pending_rectification")
    actor = world.actor(world.li)
    photo = made.photo(actor)

    def confirm() -> Hazard:
        return actions.submit_rectification(
            hazard, result="已更换", photos=[photo], actor=actor, now=NOW
        )

    done_at_once(confirm, confirm)
    assert HazardEvent.objects.count() == 1
    assert hazard.photos.count() == 1


def test_passing_and_sending_back_at_once(committed_world: World) -> None:
    world = committed_world
    world.jia.reviews_hazards = True
    world.jia.save()
    second = staff(world.jia, "钱二", "safety_director")
    hazard = made.hazard(world.lift, state="rectified")
    wang, other = world.actor(world.wang), world.actor(second)
    outcomes = at_once(
        lambda: actions.review_rectification(hazard, actor=wang, now=NOW),
        lambda: actions.send_back(
            hazard, reason="不行", due_on=TODAY + timedelta(days=1), actor=other, now=NOW
        ),
    )
    assert [one.refusal.status for one in outcomes if one.refusal] == [409]
    state = Hazard.objects.get().state
    assert [row.state for row in HazardEvent.objects.all()] == [state]


def test_the_same_item_recorded_at_once_is_one_hazard(
    committed_world: World, found: Callable[..., Hazard]
) -> None:
    photos = [made.photo(committed_world.actor(committed_world.li)) for _ in range(2)]
    first, second = done_at_once(*[lambda one=one: found(photos=[one]).pk for one in photos])
    assert first == second
    assert (Hazard.objects.count(), HazardEvent.objects.count()) == (1, 1)
