"""请假代班: who may stand in, on which days, what becomes of it; the pages of phone and desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from config.actor import SYSTEM
from config.errors import RuleBroken
from duties import handover_cover
from duties import queries_cover as queries
from duties.actions.cover import end_cover, name_cover
from duties.generation import generate
from duties.models import Cover, Task
from duties.queries import bound_machines, why_nothing
from hazards import queries_turn
from hazards.people import rectifiers
from tests.factories import cover as made
from tests.factories import equipment as machines
from tests.factories import hazards, licences, rounds
from tests.factories import units as people
from tests.threads import done_and_refused
from tests.world import NOW, TODAY, World
from units import hooks
from units.actions.staff import Identity, change_staff, deregister_staff
from units.models import AuditEntry, OutboxMessage, Staff, User

FRIDAY = TODAY + timedelta(days=7)


def name(world: World, staff: Staff, stand_in: Staff, **changes: Any) -> Cover:
    given: dict[str, Any] = {
        "from_on": TODAY,
        "until_on": TODAY + timedelta(days=2),
        "reason": "年休假",
        "actor": world.actor(staff),
        "now": NOW,
    }
    return name_cover(staff, stand_in=stand_in, **(given | changes))


def messages(kind: str) -> list[tuple[str, str, str]]:
    found = OutboxMessage.objects.filter(kind=kind, channel="in_app")
    return sorted(found.values_list("recipient__name", "text", "link"))


def test_naming_writes_the_row_tells_both_and_wakes_the_to_dos(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    monkeypatch.setattr(hooks, "_hooks", [lambda ids, **given: told.append((ids, given["day"]))])
    cover = name(world, world.li, world.zhang)
    assert (cover.unit, cover.staff, cover.stand_in) == (world.jia, world.li, world.zhang)
    assert (cover.period.lower, cover.period.upper) == (TODAY, TODAY + timedelta(days=3))
    assert (cover.reason, cover.named_by_name) == ("年休假", "李安")
    assert told == [([world.jia.pk], TODAY)]
    assert messages("cover_named") == [
        (
            "张全",
            "李安11月20日至11月22日请假，由您代班。这几天其待办转到您名下，由您完成并签名，记录注明代班。",
            "/m/cover/",
        ),
        ("甲物业管理有限公司", "李安登记11月20日至11月22日请假，由张全代班。", "/covers/"),
    ]
    assert OutboxMessage.objects.filter(channel="sms").count() == 1
    entry = AuditEntry.objects.get(verb="cover.named")
    assert entry.after == {
        "staff": "李安",
        "stand_in": "张全",
        "from_on": "2026-11-20",
        "until_on": "2026-11-22",
    }


def test_the_admin_names_for_somebody_who_cannot(world: World) -> None:
    admin = world.actor(world.jia_admin)
    name(world, world.li, world.zhang, actor=admin)
    assert [who for who, _, _ in messages("cover_named")] == ["张全", "李安"]


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"from_on": TODAY - timedelta(days=1)}, "from_on", "from_past"),
        ({"from_on": date(2126, 1, 1), "until_on": date(2126, 1, 2)}, "from_on", "from_far"),
        ({"until_on": TODAY - timedelta(days=1)}, "until_on", "until_before_from"),
        ({"until_on": TODAY + timedelta(days=60)}, "until_on", "too_long"),
        ({"reason": " \x00　"}, "reason", "reason_missing"),
        ({"reason": "事" * 201}, "reason", "reason_long"),
    ],
)
def test_days_and_reason_are_judged_in_words(
    world: World, changes: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(RuleBroken) as told:
        name(world, world.li, world.zhang, **changes)
    assert (told.value.field, told.value.code) == (field, code)
    assert not Cover.objects.exists()


def test_the_longest_and_the_farthest_are_allowed(world: World) -> None:
    first = TODAY + timedelta(days=90)
    cover = name(world, world.li, world.zhang, from_on=first, until_on=first + timedelta(days=59))
    assert (cover.period.upper - cover.period.lower).days == 60


def test_who_may_not_stand_in(world: World) -> None:
    """Oneself, a director, a foreigner, one who left, one whose scope is too small."""
    boilers = people.staff(world.jia, "郑炉", ("safety_officer", ["boiler"]))
    gone = people.staff(world.jia, "吴离", "safety_officer")
    gone.ended_on = TODAY
    gone.save()
    said = {}
    for who in (world.li, world.wang, world.sun, gone, boilers):
        with pytest.raises(RuleBroken) as told:
            name(world, world.li, who)
        assert told.value.field == "stand_in"
        said[who.name] = told.value.code
    assert said == {
        "李安": "self",
        "王总": "stand_in_unfit",
        "孙安": "stand_in_wrong",
        "吴离": "stand_in_wrong",
        "郑炉": "stand_in_unfit",
    }


def test_who_is_offered_by_what_is_handed_over(world: World) -> None:
    """An officer hands over what is bound to him, a director what the unit has in his scope."""
    boilers = people.staff(world.jia, "郑炉", ("safety_officer", ["boiler"]))

    def offered(staff: Staff) -> tuple[str, list[str]]:
        needs = queries.needs_of(staff, day=TODAY)
        return queries.needs_in_words(needs), [
            label for _, label in queries.choices(staff, needs, day=TODAY)
        ]

    made.cover(world.zhang, world.li, FRIDAY)
    zhang = "张全（安全员；请假 11月27日）"
    assert offered(world.li) == ("安全员（电梯、起重机械）", [zhang])
    assert offered(world.zhang) == ("安全员（锅炉）", ["李安（安全员）", "郑炉（安全员（锅炉））"])
    assert offered(boilers) == ("安全员", ["李安（安全员）", zhang])
    assert offered(world.zhao) == ("安全总监（起重机械）", ["王总（安全总监）"])
    assert offered(world.wang) == ("安全总监（锅炉、电梯、起重机械）", [])
    assert offered(world.chen) == ("", [])


def test_licences_and_stations_count_by_their_category(world: World) -> None:
    unit = licences.licensed(people.unit("丁充装有限公司", kinds=("production", "filling")))
    officer = people.staff(unit, "何质", "quality_officer", "safety_officer")
    station = licences.station(unit)
    station.officer = officer
    station.save()
    needs = {one.role: one.categories for one in queries.needs_of(officer, day=TODAY)}
    assert needs == {"quality_officer": frozenset(), "safety_officer": frozenset({"cylinder"})}


def test_people_away_or_standing_in_are_told_apart(world: World) -> None:
    third = people.staff(world.jia, "郑全", "safety_officer")
    name(world, world.li, world.zhang)
    refused = {}
    for staff, stand_in in ((world.li, third), (third, world.li), (world.zhang, third)):
        with pytest.raises(RuleBroken) as told:
            name(world, staff, stand_in)
        refused[staff.name] = (told.value.code, told.value.message)
    assert refused == {
        "李安": (
            "overlaps",
            "李安在11月20日至11月22日已由张全代班，日期有重叠；请先结束原登记。",
        ),
        "郑全": ("stand_in_away", "李安在11月20日至11月22日请假，请另选代班人或调整日期。"),
        "张全": (
            "stands_in_himself",
            "张全在11月20日至11月22日为李安代班，请先由李安或单位管理员结束该代班、改由他人。",
        ),
    }
    later = {"from_on": TODAY + timedelta(days=3), "until_on": TODAY + timedelta(days=3)}
    assert name(world, world.zhang, third, **later).stand_in == third
    # One may stand in for two people at once.
    assert name(world, third, world.zhang).stand_in == world.zhang


def test_the_database_refuses_overlap_by_itself(world: World) -> None:
    made.cover(world.li, world.zhang, TODAY, FRIDAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        made.cover(world.li, world.zhang, FRIDAY)
    made.cover(world.li, world.zhang, FRIDAY, cancelled_at=NOW)


def test_ending_before_during_and_twice(world: World) -> None:
    """Before it begins and on its first day it is taken back, later it ends the day before."""
    cover = name(world, world.li, world.zhang, until_on=FRIDAY)
    ended = end_cover(cover, actor=world.actor(world.li), now=NOW + timedelta(days=2))
    assert ended.period.upper == TODAY + timedelta(days=2)
    assert (ended.cancelled_at, ended.ended_early_at) == (None, NOW + timedelta(days=2))
    with pytest.raises(RuleBroken) as told:
        end_cover(cover, actor=world.actor(world.li), now=NOW + timedelta(days=2))
    assert told.value.code == "ended"
    again = name(world, world.li, world.zhang, from_on=FRIDAY, until_on=FRIDAY)
    assert end_cover(again, actor=world.actor(world.jia_admin), now=NOW).cancelled_at == NOW
    assert messages("cover_ended") == [
        ("张全", "您为李安的代班已提前结束。尚未完成的待办已转回。", "/m/cover/"),
        ("张全", "您为李安的代班已撤销（原定11月27日起）。", "/m/cover/"),
        ("李安", "张全为您的代班已撤销（原定11月27日起）。", "/m/cover/"),
        ("甲物业管理有限公司", "张全为李安的代班已提前结束。", "/covers/"),
    ]
    assert AuditEntry.objects.filter(verb="cover.ended").count() == 2


def test_nobody_else_names_or_ends(world: World) -> None:
    cover = name(world, world.li, world.zhang)
    for who in (world.zhang, world.wang, world.yi_admin):
        with pytest.raises(RuleBroken) as told:
            end_cover(cover, actor=world.actor(who), now=NOW)
        assert told.value.status == 403
        with pytest.raises(RuleBroken) as told:
            name(world, world.li, world.zhang, actor=world.actor(who))
        assert told.value.status == 403


def test_who_leaves_ends_both_sides(world: World) -> None:
    third = people.staff(world.jia, "郑全", "safety_officer")
    far = date(2090, 1, 5)  # shares ask for the database's own today
    own = made.cover(world.zhang, third, far)
    as_stand_in = made.cover(world.li, world.zhang, far)
    made.cover(third, world.li, far)
    assert handover_cover.count([world.zhang.pk, world.wang.pk]) == {world.zhang.pk: 2}
    assert handover_cover.lines(world.zhang) == [
        "郑全为张全代班（1月5日，注销时终止）",
        "张全为李安代班（1月5日，注销时终止）",
    ]
    deregister_staff(
        world.zhang,
        hand_over_to=world.li,
        reason="离职",
        actor=world.actor(world.jia_admin),
        now=NOW,
    )
    for cover in (own, as_stand_in):
        cover.refresh_from_db()
        assert cover.cancelled_at == NOW
    assert Cover.objects.filter(cancelled_at=None).count() == 1
    text = "张全为您的代班已撤销（原定1月5日起）：张全已注销。"
    assert ("李安", text, "/m/cover/") in messages("cover_ended")


def test_losing_the_identity_ends_it_and_gaining_one_does_not(world: World) -> None:
    cover = made.cover(world.li, world.zhang, TODAY, FRIDAY)
    people.appointment(world.li, "safety_director", since=TODAY + timedelta(days=1))
    assert queries.lost(cover, day=TODAY + timedelta(days=1)) == ""
    machines.OfficerBinding.objects.filter(staff=world.zhang).delete()
    world.boiler.officer = None
    world.boiler.save()
    change_staff(
        world.zhang,
        version=world.zhang.version,
        name="张全",
        phone=world.zhang.user.phone,
        identities=[Identity("operator")],
        actor=world.actor(world.jia_admin),
        now=NOW + timedelta(days=1),
    )
    day = TODAY + timedelta(days=1)
    assert queries.lost(cover, day=day) == "代班人张全已不再担任安全员"
    hooks.changed([world.jia.pk], day=day, actor=SYSTEM, now=NOW + timedelta(days=1))
    cover.refresh_from_db()
    assert cover.period.upper == day


@pytest.mark.django_db(transaction=True)
def test_two_name_each_other_at_once(committed_world: World) -> None:
    """One of them is away; the other, who stands in, is told. Twice the same is one row."""
    world = committed_world
    pairs = ((world.li, world.zhang), (world.zhang, world.li))
    machines.machine(world.jia, "lift", officer=world.zhang)
    done, refused = done_and_refused(*[lambda pair=pair: name(world, *pair) for pair in pairs])
    assert len(done) == 1
    assert [one.code for one in refused] in (["stand_in_away"], ["stands_in_himself"])
    Cover.objects.all().delete()
    done, refused = done_and_refused(*[lambda: name(world, world.li, world.zhang)] * 3)
    assert (len(done), [one.code for one in refused]) == (1, ["overlaps"] * 2)


# ------------------------------------------------------------------ pages
FORM = {"from_on": "2026-11-27", "until_on": "2026-11-28", "reason": "<b>𬭚㛃</b>"}


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("duties.views.cover.timezone.now", lambda: NOW)


@pytest.mark.usefixtures("today")
def test_the_phone_from_the_empty_page_to_the_end(
    world: World, as_: Callable[[User], Client]
) -> None:
    li, zhang = as_(world.li.user), as_(world.zhang.user)
    assert "还没有请假代班" in li.get("/m/cover/").text
    form = li.get("/m/cover/add/").text
    assert f'<option value="{world.zhang.code}">张全（安全员）</option>' in form
    answer = li.post("/m/cover/add/", FORM | {"stand_in": world.zhang.code})
    assert (answer.status_code, answer.url) == (302, "/m/cover/")
    page = li.get("/m/cover/").text
    assert "已登记：11月27日至11月28日由张全代李安完成待办。" in page
    assert "我请假，张全代班" in page
    assert "&lt;b&gt;𬭚㛃&lt;/b&gt;" in page
    seen = zhang.get("/m/cover/").text
    assert "我为李安代班" in seen
    assert "𬭚㛃" not in seen  # the reason is not the stand-in's business
    cover = Cover.objects.get()
    url = f"/covers/{cover.code}/end/"
    assert url in page
    assert url not in seen
    assert zhang.post(url).status_code == 403
    assert as_(world.sun.user).post(url).status_code == 404
    assert li.post(url).url == "/m/cover/"
    assert li.post(url).status_code == 409
    assert "已撤销" in li.get("/m/cover/").text


@pytest.mark.usefixtures("today")
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"from_on": "2026-11-19"}, "请假不能从今天以前开始"),
        ({"from_on": "三天后"}, "请按“2026-11-20”的样子填写日期。"),
        ({"reason": ""}, "请填写请假原因"),
        ({"stand_in": "nobody"}, "所选代班人的身份或分管类别不够"),
        ({"until_on": ""}, "请选择结束日期。"),
    ],
)
def test_what_was_typed_stays(
    world: World, as_: Callable[[User], Client], changes: dict[str, str], sentence: str
) -> None:
    answer = as_(world.li.user).post(
        "/m/cover/add/", FORM | {"stand_in": world.zhang.code} | changes
    )
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="&lt;b&gt;𬭚㛃&lt;/b&gt;"' in answer.text or "reason" in changes
    assert not Cover.objects.exists()


@pytest.mark.usefixtures("today")
def test_the_desk_names_for_others_and_ends(world: World, as_: Callable[[User], Client]) -> None:
    admin = as_(world.jia_admin)
    assert "没有请假代班" in admin.get("/covers/").text
    assert f'value="{world.wang.code}"' in admin.get("/covers/add/").text
    url = f"/covers/add/?staff={world.li.code}"
    assert "代班人须担任：安全员（电梯、起重机械）。" in admin.get(url).text
    assert admin.post(url, FORM | {"stand_in": world.zhang.code}).url == "/covers/"
    page = admin.get("/covers/?state=open").text
    assert "未开始" in page
    assert "请假代班" in admin.get(f"/staff/{world.zhang.code}/").text
    assert "11月27日至11月28日 为李安代班" in admin.get(f"/staff/{world.zhang.code}/").text
    assert admin.post(f"/covers/{Cover.objects.get().code}/end/").url == "/covers/"
    assert admin.get(f"/covers/add/?staff={world.sun.code}").status_code == 404
    alone = admin.get(f"/covers/add/?staff={world.wang.code}").text
    assert "没有可以代班的同事" in alone
    principal = admin.get(f"/covers/add/?staff={world.chen.code}").text
    assert "陈责没有安全员或安全总监等身份" in principal


@pytest.mark.parametrize("rows", [1, 3])
def test_lists_cost_the_same_whatever_their_length(
    world: World,
    as_: Callable[[User], Client],
    django_assert_num_queries: Callable[[int], Any],
    rows: int,
) -> None:
    for number in range(rows):
        made.cover(world.li, world.zhang, TODAY + timedelta(days=number))
    desk, phone = as_(world.jia_admin), as_(world.li.user)
    with django_assert_num_queries(6):
        assert desk.get("/covers/").status_code == 200
    with django_assert_num_queries(6):
        assert phone.get("/m/cover/").status_code == 200


def test_the_head_of_todo_is_one_query(
    world: World, django_assert_num_queries: Callable[[int], Any]
) -> None:
    made.cover(world.li, world.zhang, TODAY, FRIDAY)
    expected = ((world.li, ["代班中"]), (world.zhang, ["代班中"]), (world.wang, []))
    for who, words in expected:
        actor = world.actor(who)
        with django_assert_num_queries(1):
            lines = queries.standing(actor, day=TODAY)
        assert [one.word for one in lines] == words


# ------------------------------------------------------------------ with the to-dos
def test_to_dos_go_to_the_stand_in_and_come_back(world: World) -> None:
    """Today's move at once; what he did stays his, marked 代班; the rest goes back at the end."""
    generate(TODAY, now=NOW)

    def standing() -> set[tuple[str, str, str | None, str]]:
        mine = Task.objects.filter(unit=world.jia, category__in=["lift", "crane"], level="officer")
        rows = mine.exclude(assignee=None).select_related("assignee", "stands_in_for")
        return {
            (one.cadence, one.subject_name, one.assignee.name, str(one.stands_in_for or ""))
            for one in rows
        }

    before = {
        ("daily", "1号客梯", "李安", ""),
        ("daily", "2号行车", "李安", ""),
        ("weekly", "电梯", "李安", ""),
        ("weekly", "起重机械", "李安", ""),
        ("monthly", "电梯", "李安", ""),
        ("monthly", "起重机械", "李安", ""),
    }
    assert standing() == before
    cover = name(world, world.li, world.zhang)
    away = {(cadence, subject, "张全", "李安") for cadence, subject, _, _ in before}
    assert standing() == away
    done = Task.objects.get(equipment=world.lift)
    record = rounds.submit(done, world.actor(world.zhang), now=NOW)
    assert (record.performer, record.facts["on_behalf_of"]) == (world.zhang, "李安")
    owners = Task.objects.filter(cadence="weekly", assignee=world.zhang, category="lift")
    assert {one.owner for one in owners} == {world.li}
    end_cover(cover, actor=world.actor(world.li), now=NOW + timedelta(hours=1))
    assert standing() == before - {("daily", "1号客梯", "李安", "")} | {
        ("daily", "1号客梯", "张全", "李安")
    }


def test_hazards_of_who_is_away_are_put_right_by_the_stand_in(
    world: World, as_: Callable[[User], Client], clock: object
) -> None:
    """Shown, counted, told and done as his own; the trail says for whom; over when the cover is."""
    hazard = hazards.hazard(world.lift, state="pending_rectification", due_on=TODAY)
    field = as_(world.zhang.user)
    address = f"/m/hazards/{hazard.code}/rectify/"
    assert field.get(address).status_code == 403
    assert queries_turn.waiting(world.actor(world.zhang), day=TODAY).to_rectify == 0
    cover = name(world, world.li, world.zhang)
    assert queries_turn.waiting(world.actor(world.zhang), day=TODAY).to_rectify == 1
    assert [one.name for one in rectifiers(hazard, TODAY)] == ["李安", "张全"]
    assert hazard.description in field.get("/m/hazards/").content.decode()
    detail = field.get(f"/m/hazards/{hazard.code}/").content.decode()
    assert "李安请假，由您代班整改，记录会注明。" in detail
    end_cover(cover, actor=world.actor(world.li), now=NOW)
    assert field.get(address).status_code == 403
    name(world, world.li, world.zhang)
    answer = field.post(address, {"result": "已更换触点", "no_photo_reason": "井道禁止拍照"})
    assert answer.status_code == 302
    hazard.refresh_from_db()
    assert (hazard.state, hazard.rectified_by) == ("rectified", world.zhang)
    (event,) = hazard.events.filter(name="rectified")
    assert event.text.split("\n")[0] == "代 李安 整改（请假代班）"
    assert AuditEntry.objects.get(verb="hazard.rectified").after["on_behalf_of"] == "李安"


def test_the_absent_officer_reads_why_nothing_is_owed(world: World) -> None:
    actor = world.actor(world.li)
    machines = bound_machines(actor)
    assert why_nothing(actor, 0, machines, day=TODAY) == "not_generated"
    name(world, world.li, world.zhang)
    days = [TODAY, TODAY + timedelta(days=3)]
    assert [why_nothing(actor, 0, machines, day=day) for day in days] == ["away", "not_generated"]
    assert why_nothing(world.actor(world.zhang), 0, machines, day=TODAY) == "not_generated"


def test_a_day_generated_later_knows_who_stood_in(world: World) -> None:
    later = TODAY + timedelta(days=3)
    name(world, world.li, world.zhang, from_on=later, until_on=later)
    who = {}
    for days in (2, 3, 4):
        day = TODAY + timedelta(days=days)
        generate(day, now=NOW + timedelta(days=days))
        task = Task.objects.get(equipment=world.lift, period_on=day)
        who[days] = (task.assignee.name, str(task.stands_in_for or ""))
    assert who == {2: ("李安", ""), 3: ("张全", "李安"), 4: ("李安", "")}
