"""Pools (decisions 4, 5, 9): who may start what nobody is named for, and who has it then."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import timedelta

import pytest

from config.errors import RuleBroken
from duties import pools, scopes
from duties.actions.draft import claim
from duties.actions.submit import finish, sign
from duties.enums import TaskState
from duties.models import InspectionDraft, Task
from tests.factories import duties as tasks
from tests.factories import equipment as machines
from tests.factories import licences, rounds
from tests.factories.rounds import LongForm
from tests.factories.units import staff
from tests.world import NOW, TODAY, World
from units.actions.staff import deregister_staff
from units.loader import actor_for_staff
from units.models import AuditEntry, Staff
from units.models.unit import UnitKind
from units.signatures import store_signature

pytestmark = pytest.mark.usefixtures("clock")


def quality(world: World, name: str = "吴质", *roles: object) -> Staff:
    return staff(world.jia, name, *(roles or ("quality_officer",)))


@pytest.fixture
def licence(world: World) -> Task:
    return tasks.task(licences.licence(licences.licensed(world.jia)))


@pytest.fixture
def station(world: World) -> Task:
    return tasks.task(licences.station(licences.licensed(world.jia)))


def test_who_may_take_what(world: World, licence: Task, station: Task) -> None:
    """The filter of the lists and the check of one row say the same for every person and to-do."""
    unit = world.jia
    pooled = {
        "licence": licence,
        "station": station,
        "unbound machine": tasks.task(world.unbound),
        "weekly of a family": tasks.task(unit, category="lift_installation"),
        "weekly filling": tasks.task(unit, category="filling"),
        "director filling": tasks.task(unit, category="filling", level="director"),
        "principal lift": tasks.task(unit, level="principal", cadence="monthly"),
        "report of a type nobody directs": tasks.task(
            unit, level="principal", kind="weekly_report"
        ),
        "minutes lift": tasks.task(
            unit, level="principal", kind="monthly_minutes", cadence="monthly"
        ),
        "minutes crane": tasks.task(
            unit, level="principal", kind="monthly_minutes", cadence="monthly", category="crane"
        ),
        "owned": tasks.task(unit, category="crane", owner=world.zhang),
        "of 乙": tasks.task(world.yi, level="principal", cadence="monthly"),
        "done": tasks.task(
            unit, level="principal", cadence="monthly", category="boiler", state="done"
        ),
    }
    boilers = quality(world, "只管锅炉", ("quality_officer", ["boiler"]))
    may = {
        world.li: {"station", "weekly filling"},
        quality(world): {"licence", "weekly of a family"},
        boilers: set(),
        world.wang: {"director filling", "minutes lift", "minutes crane"},
        world.zhao: {"director filling", "minutes crane"},
        world.chen: {
            "principal lift",
            "report of a type nobody directs",
            "minutes lift",
            "minutes crane",
        },
        quality(world, "质总", "quality_director"): set(),
    }
    for who, wanted in may.items():
        actor = world.actor(who)
        assert {n for n, task in pooled.items() if pools.may_claim(task, actor)} == wanted, who.name
        found = Task.objects.filter(pk__in=[task.pk for task in pooled.values()])
        codes = {pooled[name].code for name in wanted}
        assert {task.code for task in found.filter(pools.claimable(actor))} == codes
        assert {task.code for task in found.filter(pools.mine(actor))} == codes
    assert pools.takers(licence) == "质量安全员"
    assert pools.takers(pooled["unbound machine"]) == ""
    assert not Task.objects.filter(pools.mine(world.actor(world.jia_admin))).exists()


def test_the_first_save_takes_it_and_a_look_does_not(
    world: World, as_: Callable, licence: Task
) -> None:
    who, other = quality(world), quality(world, "郑质")
    client = as_(who.user)
    form = LongForm.open(client, licence)
    assert form.response.status_code == 200
    assert "待领取：开始填写后即由您负责。" in html.unescape(form.response.content.decode())
    licence.refresh_from_db()
    assert (licence.assignee, licence.state) == (None, TaskState.TODO)
    key = rounds.listed(licence).items[0]["key"]
    late = LongForm.open(as_(other.user), licence).set(key, result="pass", note="我先看的")
    assert form.set(key, result="pass").press(licence, "save").status_code == 302
    licence.refresh_from_db()
    assert (licence.assignee, licence.state) == (who, TaskState.IN_PROGRESS)
    entry = AuditEntry.objects.get(verb="task.claimed")
    assert (entry.object_code, entry.after["assignee"]) == (licence.code, "吴质")
    # The loser is told by whom it was begun; what he typed is there to be read.
    response = late.press(licence, "save")
    page = html.unescape(response.content.decode())
    assert response.status_code == 403
    assert "该待办已由吴质于 11月20日 09:00 开始，您不能填写。" in page
    assert "我先看的" in page
    assert InspectionDraft.objects.get().staff == who
    assert not Task.objects.filter(pools.mine(world.actor(other)), pk=licence.pk).exists()


def test_an_identity_that_does_not_cover_it(world: World, as_: Callable, licence: Task) -> None:
    boilers = quality(world, "只管锅炉", ("quality_officer", ["boiler"]))
    response = as_(boilers.user).get(f"/m/tasks/{licence.code}/inspect/")
    assert response.status_code == 403
    assert "该待办由本单位质量安全员开始后负责" in html.unescape(response.content.decode())
    with pytest.raises(RuleBroken) as broken:
        claim(licence, actor=world.actor(boilers), now=NOW)
    assert broken.value.code == "not_yours"
    unbound = tasks.task(world.unbound)
    with pytest.raises(RuleBroken) as broken:
        claim(unbound, actor=world.actor(world.li), now=NOW)
    assert broken.value.message == "该设备未绑定安全员，请本单位管理员先绑定安全员。"


def test_a_freed_round_is_begun_anew_by_the_next(world: World, licence: Task) -> None:
    """Who lost his identity loses the to-do; what he had answered stays beside the draft."""
    who, other = quality(world), quality(world, "郑质")
    rounds.fill(licence, world.actor(who))
    licence.refresh_from_db()
    licence.assignee = None
    licence.save()
    who.appointments.all().delete()
    with pytest.raises(RuleBroken) as broken:
        rounds.fill(licence, world.actor(who))
    assert broken.value.code == "not_yours"
    assert "您现在没有这项身份" in broken.value.message
    rounds.fill(licence, world.actor(other))
    draft = InspectionDraft.objects.get()
    assert (draft.staff, draft.superseded[0]["name"]) == (other, "吴质")


def test_a_missed_one_of_a_pool_can_be_made_up(world: World) -> None:
    licence = licences.licence(licences.licensed(world.jia))
    late = tasks.task(licence, TODAY - timedelta(days=1), state="missed")
    who = world.actor(quality(world))
    done = rounds.submit(late, who, first=rounds.status("", backfill_reason="当日停电"))
    late.refresh_from_db()
    assert (late.state, late.assignee_id) == (TaskState.BACKFILLED, who.staff_id)
    assert (done.timing, done.round_status) == ("backfilled", "")


def test_a_freed_round_is_signed_by_who_filled_it_in(world: World, licence: Task) -> None:
    """His identity ended and came back while the round waited for his signature."""
    who = quality(world)
    actor = world.actor(who)
    client_uuid = rounds.fill(licence, actor)
    finish(licence, actor=actor, now=NOW)
    Task.objects.filter(pk=licence.pk).update(assignee=None)
    signature = store_signature(strokes_json=rounds.STROKES, actor=actor, now=NOW)
    sign(licence, signature=signature, client_uuid=client_uuid, actor=actor, now=NOW)
    licence.refresh_from_db()
    assert (licence.state, licence.assignee) == (TaskState.DONE, who)


def test_what_a_leaver_had_taken_and_missed_others_make_up(world: World, as_: Callable) -> None:
    """A missed to-do keeps whose it was until a colleague of that pool makes it up."""
    who, other = quality(world), quality(world, "郑质")
    late = tasks.task(
        licences.licence(licences.licensed(world.jia)),
        TODAY - timedelta(days=1),
        assignee=who,
        state="missed",
    )
    found = Task.objects.filter(pools.mine(world.actor(other)), pk=late.pk)
    assert not found.exists()
    with pytest.raises(RuleBroken) as refused:
        claim(late, actor=world.actor(other), now=NOW)
    assert refused.value.code == "not_yours"
    deregister_staff(who, reason="离职", actor=world.actor(world.jia_admin), now=NOW)
    assert [task.code for task in found] == [late.code]
    assert "补录" in html.unescape(as_(other.user).get("/m/daily/").content.decode())
    assert claim(late, actor=world.actor(other), now=NOW).assignee == other
    entry = AuditEntry.objects.get(verb="task.claimed")
    assert (entry.before, entry.after["assignee"]) == ({"assignee": "吴质"}, "郑质")
    assert not Task.objects.filter(pools.mine(world.actor(world.zhang)), pk=late.pk).exists()


def test_what_is_at_hand_is_what_three_conditions_say(world: World) -> None:
    """The short conditions of the lists and the board find what the plain ones find, for everybody."""
    quality(world)
    gone = staff(world.jia, "走人", "safety_officer", "quality_officer")
    for number, state in enumerate(TaskState.values):
        if state == TaskState.BACKFILLED:
            continue  # a kind of done
        unit = licences.licensed(world.jia)
        subjects = (
            machines.machine(world.jia, officer=world.li),
            licences.licence(unit, number=f"TS335013{number}-2028"),
            licences.station(unit, f"{number}#"),
        )
        for subject in subjects:
            for back, who in ((0, world.li), (1, None), (2, gone), (9, None), (100, world.li)):
                tasks.task(subject, TODAY - timedelta(days=back), state=state, assignee=who)
    tasks.task(world.jia, category="filling")
    tasks.task(world.jia, TODAY - timedelta(days=7), category="filling", state="missed")
    tasks.task(world.jia, level="principal", cadence="monthly")
    deregister_staff(gone, reason="离职", actor=world.actor(world.jia_admin), now=NOW)
    since, counts = timedelta(days=62), {}
    first = scopes.first_period(TODAY, since)
    for who in Staff.objects.filter(ended_on=None):
        actor = actor_for_staff(who, on=TODAY)
        plain = (
            scopes.open_to(actor, TODAY)
            | scopes.closed_by(actor, TODAY)
            | scopes.missed_by(actor, NOW - since, NOW, first)
        )
        found = Task.objects.filter(plain)
        short = Task.objects.filter(scopes.at_hand(actor, TODAY, NOW - since, NOW, first))
        assert set(short) == set(found)
        for kind in UnitKind.values:
            of_today = {"unit_id": who.unit_id, "period_on": TODAY, "cadence": "daily"}
            named = Task.objects.filter(unit_kind=kind, **of_today)
            listed = named.filter(scopes.open_to(actor, TODAY) | scopes.closed_by(actor, TODAY))
            assert set(named.filter(scopes.in_period(actor, kind))) == set(listed)
            assert set(named.filter(scopes.in_period(actor))) == set(listed)
        counts[who.name] = len(found)
    assert {"李安": 38, "吴质": 15, "张全": 19}.items() <= counts.items()
