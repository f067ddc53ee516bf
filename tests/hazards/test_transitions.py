"""Every (state, transition, role) cell of the hazard round, against a table written by hand here."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from config.actor import Actor
from config.errors import RuleBroken
from hazards import actions, queries_turn
from hazards.models import Hazard, HazardEvent
from hazards.states import TRANSITIONS, HazardState
from tests.factories import hazards as made
from tests.world import NOW, TODAY, World
from units.models import Appointment

ROLES = (
    "officer",
    "other_officer",
    "director",
    "director_out_of_scope",
    "principal",
    "principal_without_director",
    "unit_admin",
    "bureau",
    "stranger_officer",
    "stranger_director",
)
# (source, transition) -> (state it starts from, who may); everything else is refused.
DECIDERS = {"director", "principal_without_director"}
PRINCIPALS = {"principal", "principal_without_director"}
ALLOWED = {
    ("daily", "order"): ("pending_order", DECIDERS),
    ("daily", "rectify"): ("pending_rectification", {"officer"}),
    ("daily", "review"): ("rectified", DECIDERS),
    ("daily", "send_back"): ("rectified", DECIDERS),
    ("weekly", "rectify"): ("pending_rectification", DECIDERS),
    ("weekly", "schedule"): ("pending_rectification", DECIDERS),
    ("monthly", "rectify"): ("pending_rectification", PRINCIPALS),
    ("monthly", "schedule"): ("pending_rectification", PRINCIPALS),
}
TARGETS = {
    "order": "pending_rectification",
    "rectify": "rectified",
    "schedule": "pending_rectification",
    "review": "reviewed",
    "send_back": "pending_rectification",
}
# Where a step starts in every round, also where nobody may take it.
STARTS = {
    "order": "pending_order",
    "rectify": "pending_rectification",
    "schedule": "pending_rectification",
    "review": "rectified",
    "send_back": "rectified",
}
STATES = ("pending_order", "pending_rectification", "rectified", "reviewed")
CELLS = [
    (source, state, name, role)
    for source in ("daily", "weekly", "monthly")
    for state in STATES
    # Only daily hazards wait for an order (a constraint says so).
    if source == "daily" or state != "pending_order"
    for name in TARGETS
    for role in ROLES
    # What nobody may in this round is asked of those who may something in another one.
    if (source, name) in ALLOWED or role in {"officer", "director", "principal"}
]


def actor_of(world: World, role: str) -> Actor:
    if role == "principal_without_director":
        for director in (world.wang, world.zhao):
            Appointment.objects.filter(staff=director).update(
                period=DateRange(TODAY - timedelta(days=900), TODAY - timedelta(days=400))
            )
        return world.actor(world.chen)
    who = {
        "officer": world.li,
        "other_officer": world.zhang,
        "director": world.wang,
        "director_out_of_scope": world.zhao,
        "principal": world.chen,
        "unit_admin": world.jia_admin,
        "bureau": world.regulator,
        "stranger_officer": world.sun,
        "stranger_director": world.qian,
    }[role]
    return world.actor(who)


def carry_out(name: str, hazard: Hazard, actor: Actor) -> Hazard:
    day = TODAY + timedelta(days=3)
    if name == "order":
        return actions.order_rectification(
            hazard, measures="更换门锁", due_on=day, actor=actor, now=NOW
        )
    if name == "rectify":
        return actions.submit_rectification(
            hazard, result="已更换", photos=[], no_photo_reason="井道内", actor=actor, now=NOW
        )
    if name == "schedule":
        return actions.set_deadline(hazard, due_on=day, seen=None, actor=actor, now=NOW)
    if name == "review":
        return actions.review_rectification(hazard, actor=actor, now=NOW)
    return actions.send_back(hazard, reason="仍有异响", due_on=day, actor=actor, now=NOW)


def test_the_table_of_this_file_covers_the_products_table() -> None:
    assert {row.name for row in TRANSITIONS} == set(TARGETS)
    assert {row.name: row.target for row in TRANSITIONS} == TARGETS
    assert set(HazardState.values) == set(STATES)


@pytest.mark.parametrize(("source", "state", "name", "role"), CELLS)
def test_cell(world: World, source: str, state: str, name: str, role: str) -> None:
    world.jia.reviews_hazards = True
    world.jia.save()
    hazard = made.hazard(world.lift, state=state, source=source)
    actor = actor_of(world, role)
    from_state, may = ALLOWED.get((source, name), (STARTS[name], set()))

    expected = state == from_state and role in may
    offered = {row.name for row in Hazard.objects.get(pk=hazard.pk).offers(actor)}
    assert (name in offered) is expected
    waits = queries_turn.waiting_hazards(actor, day=TODAY).filter(pk=hazard.pk).exists()
    assert waits is bool(offered)

    if expected:
        assert carry_out(name, hazard, actor).state == TARGETS[name]
        assert Hazard.objects.get(pk=hazard.pk).state == TARGETS[name]
        assert HazardEvent.objects.filter(hazard=hazard).count() == 1
        return
    with pytest.raises(RuleBroken) as refused:
        carry_out(name, hazard, actor)
    assert refused.value.code == ("wrong_state" if state != from_state else "not_yours")
    assert refused.value.status == (409 if state != from_state else 403)
    assert Hazard.objects.get(pk=hazard.pk).state == state
    assert HazardEvent.objects.filter(hazard=hazard).count() == 0


@pytest.mark.parametrize("name", ["review", "send_back"])
def test_no_review_where_the_unit_does_not_ask_for_it(world: World, name: str) -> None:
    hazard = made.hazard(world.lift, state="rectified")
    wang = world.actor(world.wang)
    assert hazard.offers(wang) == []
    with pytest.raises(RuleBroken) as refused:
        carry_out(name, hazard, wang)
    assert refused.value.code == "not_yours"


def test_nobody_reviews_his_own_rectification(world: World) -> None:
    world.jia.reviews_hazards = True
    world.jia.save()
    hazard = made.hazard(world.lift, state="rectified", rectified_by=world.wang)
    wang = world.actor(world.wang)
    assert hazard.offers(wang) == []
    assert not queries_turn.waiting_hazards(wang, day=TODAY).exists()
    with pytest.raises(RuleBroken) as refused:
        carry_out("review", hazard, wang)
    assert refused.value.code == "not_yours"


def test_rebinding_moves_the_rectifier(world: World) -> None:
    hazard = made.hazard(world.lift, state="pending_rectification")
    world.lift.officer = world.zhang
    world.lift.save()
    li, zhang = world.actor(world.li), world.actor(world.zhang)
    assert [row.name for row in Hazard.objects.get(pk=hazard.pk).offers(li)] == []
    assert [row.name for row in Hazard.objects.get(pk=hazard.pk).offers(zhang)] == ["rectify"]
    assert queries_turn.waiting(li, day=TODAY).to_rectify == 0
    assert queries_turn.waiting(zhang, day=TODAY).to_rectify == 1
    with pytest.raises(RuleBroken) as refused:
        carry_out("rectify", hazard, li)
    assert refused.value.code == "not_yours"
    assert carry_out("rectify", hazard, zhang).rectified_by_id == world.zhang.pk


def test_nobody_without_employment_puts_right_what_has_no_officer(world: World) -> None:
    hazard = made.hazard(world.unbound, finder=world.li, state="pending_rectification")
    for who in (world.jia_admin, world.regulator, world.li):
        assert not Hazard.objects.get(pk=hazard.pk).is_rectifier(world.actor(who))


def test_a_hazard_without_a_machine_is_put_right_by_its_finder(world: World) -> None:
    hazard = made.hazard(world.lift, state="pending_rectification", equipment=None)
    assert [row.name for row in hazard.offers(world.actor(world.li))] == ["rectify"]
    assert hazard.offers(world.actor(world.zhang)) == []
    assert queries_turn.waiting(world.actor(world.li), day=TODAY).to_rectify == 1
