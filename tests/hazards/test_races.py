"""Two people at once, on real PostgreSQL with real threads: one wins, the other is told in words."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from config.errors import RuleBroken
from hazards import actions
from hazards.models import Hazard, HazardEvent
from tests.factories import hazards as made
from tests.factories.units import staff
from tests.world import NOW, TODAY, World
from units.models import OutboxMessage

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], object]) -> tuple[list[object], list[RuleBroken]]:
    """Run everything at the same moment; returns what was done and what was refused."""
    gate = threading.Barrier(len(works))
    done: list[object] = []
    refused: list[RuleBroken] = []
    broken: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            gate.wait(10)
            done.append(work())
        except RuleBroken as rule:
            refused.append(rule)
        except BaseException as error:  # a thread must not swallow it
            broken.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert broken == []
    return done, refused


def test_of_two_directors_the_first_order_wins(committed_world: World) -> None:
    world = committed_world
    hazard = made.hazard(world.crane)

    def order(who: object, measures: str) -> Callable[[], Hazard]:
        actor = world.actor(who)
        return lambda: actions.order_rectification(
            hazard, measures=measures, due_on=TODAY + timedelta(days=3), actor=actor, now=NOW
        )

    done, refused = at_once(order(world.wang, "王的措施"), order(world.zhao, "赵的措施"))
    assert (len(done), [(r.code, r.status) for r in refused]) == (1, [("wrong_state", 409)])
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

    done, refused = at_once(confirm, confirm)
    assert (len(done), refused) == (2, [])
    assert HazardEvent.objects.count() == 1
    assert hazard.photos.count() == 1


def test_passing_and_sending_back_at_once(committed_world: World) -> None:
    world = committed_world
    world.jia.reviews_hazards = True
    world.jia.save()
    second = staff(world.jia, "钱二", "safety_director")
    hazard = made.hazard(world.lift, state="rectified")
    wang, other = world.actor(world.wang), world.actor(second)
    done, refused = at_once(
        lambda: actions.review_rectification(hazard, actor=wang, now=NOW),
        lambda: actions.send_back(
            hazard, reason="不行", due_on=TODAY + timedelta(days=1), actor=other, now=NOW
        ),
    )
    assert (len(done), [rule.status for rule in refused]) == (1, [409])
    state = Hazard.objects.get().state
    assert [row.state for row in HazardEvent.objects.all()] == [state]


def test_the_same_item_recorded_at_once_is_one_hazard(
    committed_world: World, found: Callable[..., Hazard]
) -> None:
    photos = [made.photo(committed_world.actor(committed_world.li)) for _ in range(2)]
    done, refused = at_once(
        lambda: found(photos=[photos[0]]).pk, lambda: found(photos=[photos[1]]).pk
    )
    assert (len(set(done)), refused) == (1, [])
    assert (Hazard.objects.count(), HazardEvent.objects.count()) == (1, 1)
