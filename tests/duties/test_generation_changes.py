"""Changes of people, licences and stations act on open to-dos at once (decisions 4, 7)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from config.actor import SYSTEM
from config.errors import RuleBroken
from duties import generation, handover
from duties.actions.claim import claim
from duties.models import Cover, Task
from equipment.actions import licences as licence_actions
from equipment.actions import stations as station_actions
from tests.factories import declarations, licences
from tests.factories import units as people
from tests.world import NOW, TODAY, World
from units import hooks
from units.actions.staff import Identity, add_staff, deregister_staff
from units.models import Appointment, AuditEntry, Staff

GIVEN = {"actor": SYSTEM, "now": NOW}


def weekly(world: World, **found: object) -> dict[str, tuple[str, str]]:
    """State and reason of the weekly to-dos of 甲 by category and owner."""
    rows = Task.objects.filter(unit=world.jia, cadence="weekly", **found).select_related("owner")
    return {
        f"{row.category} {row.owner.name if row.owner else '-'}": (row.state, row.waive_reason)
        for row in rows
    }


@pytest.fixture
def pooled(world: World) -> tuple[Task, Staff]:
    """A licence nobody is named for, its daily to-do begun by one of two quality officers."""
    first, _ = (people.staff(world.jia, name, "quality_officer") for name in ("吴质", "郑质"))
    made = licences.licence(licences.licensed(world.jia))
    task = Task.objects.get(licence=made, cadence="daily")
    assert task.assignee_id is None
    Task.objects.filter(pk=task.pk).update(assignee=first, state="in_progress", started_at=NOW)
    return task, first


def test_who_began_a_pooled_one_keeps_it_until_the_identity_ends(
    world: World, pooled: tuple[Task, Staff]
) -> None:
    task, first = pooled
    generation.refresh_units([world.jia.pk], day=TODAY, now=NOW)
    task.refresh_from_db()
    assert (task.assignee, task.state) == (first, "in_progress")
    deregister_staff(first, reason="离职", **GIVEN)
    task.refresh_from_db()
    assert (task.assignee, task.state) == (None, "in_progress")


def test_a_closed_licence_waives_what_it_owed(world: World, pooled: tuple[Task, Staff]) -> None:
    task, _ = pooled
    licence_actions.close_licence(task.licence, reason="到期不再从事", **GIVEN)
    task.refresh_from_db()
    assert (task.state, task.waive_reason) == ("waived", "许可或工位已注销")
    family = Task.objects.filter(category="lift_installation").exclude(cadence="daily")
    assert set(family.values_list("state", "waive_reason")) == {
        ("waived", "已没有应检的设备、许可或工位")
    }
    assert AuditEntry.objects.filter(verb="task.waived").count() == family.count() + 1


def test_naming_somebody_for_a_station_gives_him_its_todo(world: World) -> None:
    licences.licensed(world.jia)
    made = licences.station(world.jia)
    task = Task.objects.get(station=made)
    assert (task.category, task.assignee) == ("cylinder_filling", None)
    station_actions.assign(made, officer=world.li, **GIVEN)
    task.refresh_from_db()
    assert task.assignee == world.li


def test_leaving_hands_over_moves_and_waives(world: World) -> None:
    """李's machines and their weekly rounds go to 张; what 李 himself owed is waived in words."""
    generation.generate(TODAY, now=NOW)
    assert "电梯（周排查，本人，待办，11月16日）" in handover.lines(world.li)
    deregister_staff(world.li, hand_over_to=world.zhang, reason="离职", **GIVEN)
    assert not Task.objects.open().filter(assignee=world.li).exists()
    assert Task.objects.get(equipment=world.lift).assignee == world.zhang
    assert weekly(world, level="officer", kind="inspection") == {
        "lift 李安": ("waived", "已改由其他人员负责"),
        "crane 李安": ("waived", "已改由其他人员负责"),
        "lift 张全": ("todo", ""),
        "crane 张全": ("todo", ""),
        "boiler 张全": ("todo", ""),
    }


def test_a_new_director_owes_at_once_and_the_principals_report_falls_away(world: World) -> None:
    Appointment.objects.filter(staff=world.wang).delete()
    generation.generate(TODAY, now=NOW)
    found = weekly(world, kind="weekly_report")
    assert found == {
        "lift -": ("todo", ""),
        "boiler -": ("todo", ""),
        "crane 赵督": ("todo", ""),
    }
    new = [Identity("safety_director", ("lift",))]
    add_staff(world.jia, name="冯新", phone=people.phone(78), identities=new, **GIVEN)
    assert weekly(world, kind="weekly_report") == {
        "lift 冯新": ("todo", ""),
        "lift -": ("waived", "已改由其他人员负责"),
        "boiler -": ("todo", ""),
        "crane 赵督": ("todo", ""),
    }


def test_leave_cover_moves_the_days_and_brings_them_back(world: World) -> None:
    Cover.objects.create(
        unit=world.jia,
        staff=world.li,
        stand_in=world.zhang,
        period=DateRange(TODAY, TODAY + timedelta(days=1)),
        named_by_name="李安",
        created_at=NOW,
    )
    generation.run_due(now=NOW)
    task = Task.objects.get(equipment=world.lift)
    assert (task.assignee, task.stands_in_for) == (world.zhang, world.li)
    week = Task.objects.get(cadence="weekly", category="lift", owner=world.li)
    assert (week.assignee, week.stands_in_for) == (world.zhang, world.li)
    generation.run_due(now=NOW + timedelta(days=1))
    week.refresh_from_db()
    assert (week.assignee, week.stands_in_for) == (world.li, None)


def test_a_look_before_the_catch_up_makes_no_missed_one_of_what_was_not_owed(world: World) -> None:
    """The generator stands still over a Sunday on which the unit is in a 停产 declared before."""
    generation.run_due(now=NOW)
    given = {"proven": True, "actor": world.actor(world.jia_admin)}
    from_on = TODAY + timedelta(days=1)
    until_on = from_on + timedelta(days=1)
    declarations.filed(None, "suspend", unit=world.jia, from_on=from_on, until_on=until_on, **given)
    late = NOW + timedelta(days=4)
    week = Task.objects.get(cadence="weekly", category="lift", owner=world.li)
    day = Task.objects.get(equipment=world.lift, period_on=TODAY)
    generation.close_expired(now=late)
    for task, code in ((week, "waived"), (day, "not_yours")):
        with pytest.raises(RuleBroken) as refused:
            claim(task, actor=world.actor(world.yi_admin), now=late)
        assert refused.value.code == code
    generation.run_due(now=late)
    for task, state in ((week, "waived"), (day, "missed")):
        task.refresh_from_db()
        assert task.state == state


def test_changes_of_a_block_are_told_once_and_those_of_a_dry_run_never() -> None:
    heard: list[list[int]] = []

    def listen(ids: list[int], **given: object) -> None:
        heard.append(ids)

    told = {"day": TODAY, **GIVEN}
    with hooks.gathered():
        hooks.tell(listen, [1], **told)
        with hooks.gathered():
            hooks.tell(listen, [2, 1], **told)
        assert heard == []
    with hooks.unheard():
        hooks.tell(listen, [3], **told)

    def fail() -> None:
        with hooks.gathered():
            hooks.tell(listen, [4], **told)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    hooks.tell(listen, [5], **told)
    assert heard == [[1, 2], [5]]
