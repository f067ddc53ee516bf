"""Hazards of licences, stations and whole subjects: who decides, who puts right, how they read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.clock import end_of, local_day
from config.errors import RuleBroken
from equipment import subjects
from hazards import actions, people, queries, queries_field, queries_hazard, queries_turn, wording
from hazards.models import Hazard, HazardEvent
from tests.factories import hazards as made
from tests.factories import licences
from tests.factories import units as persons
from tests.world import NOW, TODAY, World
from units.models import Appointment, OutboxMessage, Staff, User

Found = Callable[..., Hazard]
As = Callable[[User], Client]
FAMILY = "lift_installation"
DUE = TODAY + timedelta(days=3)


@pytest.fixture
def producing(world: World) -> World:
    """甲 produces and fills as well: 吴 and 郑 are 质量安全员, 冯 directs quality of lifts."""
    licences.licensed(world.jia)
    world.wu = persons.staff(world.jia, "吴质", "quality_officer")
    world.zheng = persons.staff(world.jia, "郑质", ("quality_officer", ["lift"]))
    world.feng = persons.staff(world.jia, "冯督", ("quality_director", ["lift"]))
    return world


def offered(hazard: Hazard, world: World, *who: Staff) -> list[list[str]]:
    """The steps each of these may take, by the row and by the set alike."""
    found = []
    for person in who:
        actor = world.actor(person)
        fresh = Hazard.objects.get(pk=hazard.pk)
        names = [row.name for row in fresh.offers(actor)]
        waits = queries_turn.waiting_hazards(actor, day=TODAY).filter(pk=hazard.pk).exists()
        assert waits is bool(names), person.name
        found.append(names)
    return found


def order(hazard: Hazard, world: World, who: Staff) -> Hazard:
    return actions.order_rectification(
        hazard, measures="换件", due_on=DUE, actor=world.actor(who), now=NOW
    )


def rectify(hazard: Hazard, world: World, who: Staff) -> Hazard:
    return actions.submit_rectification(
        hazard, result="已换", photos=[], no_photo_reason="暗", actor=world.actor(who), now=NOW
    )


def leave(*who: Staff) -> None:
    over = DateRange(TODAY - timedelta(days=900), TODAY - timedelta(days=400))
    Appointment.objects.filter(staff__in=who).update(period=over)


def test_a_licences_hazard_goes_its_round_and_moves_with_the_officer(
    producing: World, found: Found
) -> None:
    world = producing
    licence = licences.licence(world.jia, officer=world.wu)
    hazard = found(equipment=None, licence=licence, category=FAMILY, actor=world.actor(world.wu))
    assert (hazard.licence, hazard.state) == (licence, "pending_order")
    assert wording.place_of(hazard) == "电梯安装（含修理） TS3350123-2028"
    # 王 directs safety, not quality; 冯 directs the quality of lifts.
    assert offered(hazard, world, world.wang, world.chen, world.feng) == [[], [], ["order"]]
    told = OutboxMessage.objects.filter(kind="hazard.found", channel="sms")
    assert [one.recipient.name for one in told] == ["冯督"]
    hazard = order(hazard, world, world.feng)
    assert offered(hazard, world, world.wu, world.zheng) == [["rectify"], []]
    licence.officer = world.zheng
    licence.save()
    assert offered(hazard, world, world.wu, world.zheng) == [[], ["rectify"]]
    assert rectify(hazard, world, world.zheng).state == "rectified"


def test_without_the_fitting_director_the_principal_decides(producing: World) -> None:
    world = producing
    licence = licences.licence(world.jia, "crane_installation")
    crane = made.hazard(world.crane, equipment=None, licence=licence, category="crane_installation")
    assert offered(crane, world, world.feng, world.wang, world.chen) == [[], [], ["order"]]
    step = queries_hazard.next_step(Hazard.objects.get(pk=crane.pk), day=TODAY)
    assert step.text.startswith("等待 陈责 下达整改措施")
    leave(world.chen)
    step = queries_hazard.next_step(Hazard.objects.get(pk=crane.pk), day=TODAY)
    assert (step.is_stuck, step.text) == (
        True,
        "本单位没有分管“起重机械安装（含修理）”的质量安全总监，也没有主要负责人，无人下达整改措施，"
        "请单位管理员在人员管理中登记。",
    )
    assert queries_turn.unattended(world.actor(world.jia_admin), day=TODAY).without_decider == 1


def test_in_a_pool_the_finder_puts_right_and_after_him_everybody_in_scope(
    producing: World,
) -> None:
    world = producing
    station = licences.station(world.jia)
    hazard = made.hazard(
        world.lift,
        finder=world.li,
        equipment=None,
        station=station,
        category="cylinder_filling",
        state="pending_rectification",
    )
    assert wording.place_of(hazard) == "1#充装工位（充装间）"
    assert offered(hazard, world, world.li, world.zhang, world.wu) == [["rectify"], [], []]
    leave(world.li)
    assert offered(hazard, world, world.li, world.zhang, world.wu) == [[], ["rectify"], []]
    fresh = Hazard.objects.get(pk=hazard.pk)
    assert [one.name for one in people.rectifiers(fresh, TODAY)] == ["张全"]
    seen = queries_field.field_hazards(world.actor(world.zhang), day=TODAY)
    assert list(seen) == [hazard]


@pytest.mark.parametrize(
    ("category", "director"), [("lift", "wang"), (FAMILY, "feng"), (subjects.FILLING, "wang")]
)
def test_weekly_ones_are_closed_by_the_director_of_the_subject(
    producing: World, found: Found, category: str, director: str
) -> None:
    world = producing
    hazard = found(equipment=None, category=category, source="weekly")
    steps = {name: offered(hazard, world, getattr(world, name))[0] for name in ("wang", "feng")}
    assert steps == {
        name: (["schedule", "rectify"] if name == director else []) for name in ("wang", "feng")
    }
    assert rectify(hazard, world, getattr(world, director)).state == "rectified"
    assert wording.place_of(hazard) == subjects.label(category)


def test_a_director_who_lost_his_scope_closes_nothing(world: World, found: Found) -> None:
    hazard = found(equipment=None, source="weekly")
    wang = world.actor(world.wang)
    Appointment.objects.filter(staff=world.wang).update(categories=["crane"])
    assert offered(hazard, world, world.wang, world.chen) == [[], ["schedule", "rectify"]]
    with pytest.raises(RuleBroken) as refused:
        rectify(hazard, world, world.wang)
    assert refused.value.code == "not_yours"
    assert wang.has_role("safety_director", "lift")  # what he held when he opened the page


@pytest.mark.parametrize("source", ["weekly", "monthly"])
def test_where_nobody_can_close_the_unit_is_warned(world: World, found: Found, source: str) -> None:
    leave(world.wang, world.zhao, world.chen)
    found(equipment=None, source=source)
    message = OutboxMessage.objects.get(kind="hazard.unattended")
    assert (message.recipient, message.channel) == (world.jia_admin, "in_app")
    assert queries_turn.unattended(world.actor(world.jia_admin), day=TODAY).without_decider == 1


def deadline(hazard: Hazard, world: World, who: Staff, **given: object) -> Hazard:
    values = {"due_on": DUE, "seen": None, "actor": world.actor(who), "now": NOW}
    return actions.set_deadline(hazard, **{**values, **given})


def test_a_deadline_is_set_told_apart_and_lapses(world: World, found: Found) -> None:
    hazard = found(equipment=None, source="weekly")
    hazard = deadline(hazard, world, world.wang)
    assert (hazard.due_on, hazard.state) == (DUE, "pending_rectification")
    deadline(hazard, world, world.wang)  # sent twice
    event = HazardEvent.objects.get(name="scheduled")
    assert (event.by_name, event.text) == ("王总", "整改期限：2026年11月23日")
    later = NOW + timedelta(days=4)
    assert actions.mark_overdue(now=later) == 1
    hazard.refresh_from_db()
    assert hazard.overdue_at == end_of(DUE)
    told = OutboxMessage.objects.filter(kind="hazard.overdue", channel="sms")
    assert [one.recipient.name for one in told] == ["王总"]
    moved = deadline(hazard, world, world.wang, due_on=DUE + timedelta(days=9), seen=DUE, now=later)
    assert (moved.due_on, moved.overdue_at) == (DUE + timedelta(days=9), end_of(DUE))


@pytest.mark.parametrize(
    ("given", "code", "status"),
    [
        ({"due_on": TODAY - timedelta(days=1)}, "due_on_in_past", 409),
        ({"due_on": TODAY + timedelta(days=366)}, "due_on_too_far", 409),
        ({"due_on": DUE, "seen": TODAY}, "changed_meanwhile", 409),
    ],
)
def test_what_deadline_is_refused(
    world: World, found: Found, given: dict[str, object], code: str, status: int
) -> None:
    hazard = found(equipment=None, source="weekly")
    with pytest.raises(RuleBroken) as refused:
        deadline(hazard, world, world.wang, **given)
    assert (refused.value.code, refused.value.status) == (code, status)
    assert Hazard.objects.get().due_on is None


def test_the_deadline_page_tells_of_another_ones_date(world: World, as_: As) -> None:
    hazard = made.hazard(
        world.lift, source="monthly", state="pending_rectification", equipment=None
    )
    today = local_day(timezone.now())
    page = reverse("hazards:deadline", args=[hazard.code])
    client = as_(world.chen.user)
    assert as_(world.wang.user).get(page).status_code == 403
    assert client.get(page).status_code == 200
    bad = client.post(page, {"due_on": "明天", "seen": ""})
    assert (bad.status_code, list(bad.context["form"].errors)) == (422, ["due_on"])
    assert client.post(page, {"due_on": today, "seen": ""}).status_code == 302
    late = client.post(page, {"due_on": today + timedelta(days=3), "seen": ""})
    assert late.status_code == 409
    assert "刚刚被他人设定为" in late.content.decode()
    hazard.refresh_from_db()
    assert hazard.due_on == today


def test_found_again_within_90_days_is_counted(producing: World, as_: As) -> None:
    world = producing
    licence = licences.licence(world.jia)
    moments = [NOW - timedelta(days=days) for days in (95, 40, 1)]
    for moment in moments:
        made.hazard(world.lift, found_at=moment)
        made.hazard(world.lift, found_at=moment, equipment=None, licence=licence, category=FAMILY)
    made.hazard(world.lift, item_key="another")
    listed = queries.with_people(Hazard.objects.order_by("id"))
    assert [one.earlier for one in listed] == [0, 0, 1, 1, 1, 1, 0]
    page = as_(world.jia_admin).get(reverse("hazards:list"))
    assert page.content.decode().count("90 天内第 2 次") == 4


def test_desk_lists_say_what_was_inspected(producing: World, as_: As) -> None:
    world = producing
    licence = licences.licence(world.jia)
    made.hazard(world.lift, equipment=None, licence=licence, category=FAMILY)
    made.hazard(
        world.lift,
        equipment=None,
        category=subjects.FILLING,
        source="weekly",
        state="pending_rectification",
    )
    admin = as_(world.jia_admin)
    rows = admin.get(reverse("hazards:list"), {"category": FAMILY}).context["rows"]
    assert [(row.place, row.category) for row in rows] == [
        ("电梯安装（含修理） TS3350123-2028", "电梯安装（含修理）")
    ]
    rows = admin.get(reverse("hazards:list"), {"source": "weekly"}).context["rows"]
    assert [row.place for row in rows] == ["充装单位"]
    narrowed = admin.get(reverse("hazards:list"), {"licence": licence.code})
    assert narrowed.context["narrowed"] == str(licence)
