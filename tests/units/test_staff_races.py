"""Two at the same moment, on real PostgreSQL with real threads (F14)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from config.errors import RuleBroken
from tests.threads import at_once, begin
from tests.waiting import PATIENCE
from tests.world import NOW, TODAY, World
from units.actions.staff import Identity, add_staff, change_staff, deregister_staff
from units.identities import EXCLUDED_SENTENCE
from units.models import Appointment, Staff, User
from units.models.person import slot_of

pytestmark = pytest.mark.django_db(transaction=True)

QUALITY = [Identity("quality_director"), Identity("quality_officer")]


def told_in_words(*calls: Callable[[], Any]) -> list[str]:
    """Run the calls at the same moment; "" or the sentence of the refusal of each."""
    return [one.message for one in at_once(*calls)]


def change(world: World, *identities: Identity) -> Callable[[], Staff]:
    return lambda: change_staff(
        world.wang,
        version=1,
        name="王总",
        phone="13800000003",
        identities=list(identities),
        actor=world.actor(world.jia_admin),
        now=NOW,
    )


def add(
    world: World, unit: Any, admin: User, *identities: Identity, phone: str
) -> Callable[[], Staff]:
    return lambda: add_staff(
        unit,
        name="吴",
        phone=phone,
        identities=list(identities),
        actor=world.actor(admin),
        now=NOW,
    )


def in_force(staff: Staff) -> set[str]:
    return set(
        Appointment.objects.in_force(TODAY).filter(staff=staff).values_list("role", flat=True)
    )


def test_two_tabs_change_one_person_to_the_excluded_pair(committed_world: World) -> None:
    world = committed_world
    told = told_in_words(change(world, QUALITY[0]), change(world, QUALITY[1]))
    [sentence] = [one for one in told if one]
    assert sentence.startswith("此人的资料刚刚被别人修改过，您的修改尚未保存。")
    assert in_force(world.wang) in ({"quality_director"}, {"quality_officer"})


def test_two_tabs_register_one_phone_with_the_excluded_pair(committed_world: World) -> None:
    world = committed_world
    told = told_in_words(
        *(add(world, world.jia, world.jia_admin, one, phone="13900000001") for one in QUALITY)
    )
    assert sorted(told) == ["", "该手机号已登记在本单位的吴名下。"]
    assert User.objects.filter(phone="13900000001").count() == 1
    assert Staff.objects.filter(name="吴").count() == 1


def test_two_units_register_one_phone(committed_world: World) -> None:
    world = committed_world
    officer = Identity("safety_officer")
    told = told_in_words(
        add(world, world.jia, world.jia_admin, officer, phone="13900000001"),
        add(world, world.yi, world.yi_admin, officer, phone="13900000001"),
    )
    assert sorted(told) == ["", "该手机号已在其他单位登记，请先由原单位注销。"]
    assert Staff.objects.filter(name="吴").count() == 1


def test_two_tabs_deregister_one_person(committed_world: World) -> None:
    world = committed_world

    def leave() -> Staff:
        return deregister_staff(
            world.zhang, reason="离职", actor=world.actor(world.jia_admin), now=NOW
        )

    assert sorted(told_in_words(leave, leave)) == ["", "张全已注销，不能再修改。"]


def test_two_people_leave_and_hand_over_to_each_other(committed_world: World) -> None:
    world = committed_world
    actor = world.actor(world.jia_admin)

    def leave(staff: Staff, successor: Staff) -> Callable[[], Staff]:
        return lambda: deregister_staff(
            staff, hand_over_to=successor, reason="离职", actor=actor, now=NOW
        )

    told = told_in_words(leave(world.li, world.zhang), leave(world.zhang, world.li))
    assert sorted(told) == ["", "接手人应为本单位在职的其他人员，请重新选择。"]
    assert Staff.objects.filter(pk__in=[world.li.pk, world.zhang.pk], ended_on=None).count() == 1


def post(staff: Staff, role: str) -> Appointment:
    return Appointment(
        staff=staff,
        role=role,
        period=DateRange(TODAY, None),
        role_slot=slot_of(role),
        created_at=NOW,
    )


def test_the_database_itself_refuses_the_excluded_pair(committed_world: World) -> None:
    """Whatever code forgets: the constraint holds, for one transaction and for two at once."""
    post(committed_world.wang, "quality_director").save()
    with pytest.raises(IntegrityError, match="quality_director_is_not_quality_officer"):
        post(committed_world.wang, "quality_officer").save()
    post(committed_world.zhao, "quality_officer").save()


def test_the_databases_refusal_reads_as_the_rule(committed_world: World) -> None:
    """Another transaction has written the pair's other half and not committed yet.

    The action passes its own checks, waits at the constraint, and is refused in the same words.
    """
    world = committed_world
    written, finished = threading.Event(), threading.Event()

    def other() -> None:
        with transaction.atomic():
            post(world.wang, "quality_director").save()
            written.set()
            # Until the action waits for this transaction.
            for _ in range(200):
                with connection.cursor() as cursor:
                    cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                    if cursor.fetchone()[0]:
                        break
                finished.wait(0.05)

    begun = begin(other)
    assert written.wait(PATIENCE)
    with pytest.raises(RuleBroken) as refused:
        change(world, QUALITY[1])()
    finished.set()
    begun.result(20)
    assert (refused.value.message, refused.value.field) == (EXCLUDED_SENTENCE, "identities")
    assert in_force(world.wang) == {"safety_director", "quality_director"}
