"""The bureau's decisions: states, people, what is released, what the unit is told (decision 15)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.actor import Actor
from config.errors import RuleBroken
from cylinders.actions import review as actions
from cylinders.actions.settings import change_setting
from cylinders.enums import BatchState, CheckStep, Claim
from cylinders.models import Batch, BatchItem, BatchStep, ItemPhoto, PhotoCheck
from cylinders.queries_checks import sample_of
from cylinders.queries_review import districts, is_supervisor, to_handle
from cylinders.review_rules import due_on, first_in_time, limit_word
from cylinders.review_words import next_of
from cylinders.states import TRANSITIONS
from tests.factories import cylinders as made
from tests.factories import units as people
from tests.world import NOW, World
from units.models import AuditEntry, OutboxMessage, Region, User

GIVEN: dict[str, dict[str, Any]] = {
    "return": {"points": "补照片"},
    "accept": {"opinion": "予以受理"},
    "decline": {"reason": "不在本辖区"},
    "review": {"opinion": "符合条件"},
    "approve": {"opinion": "同意"},
    "void": {"reason": "整批信息有误"},
}
ACTS: dict[str, Callable[..., Batch]] = {
    "return": actions.return_batch,
    "accept": actions.accept,
    "decline": actions.decline,
    "review": actions.review,
    "approve": actions.approve,
    "void": actions.void,
}


def decide(name: str, batch: Batch, actor: Actor, **given: Any) -> Batch:
    number = {"number": batch.number} if name == "void" else {}
    return ACTS[name](batch, **GIVEN[name] | number | given, actor=actor, now=NOW)


def refused(name: str, batch: Batch, actor: Actor, **given: Any) -> RuleBroken:
    with pytest.raises(RuleBroken) as caught:
        decide(name, batch, actor, **given)
    return caught.value


def look(batch: Batch, by: User, wrong: dict[int, str] | None = None, **given: Any) -> None:
    """Judge every photograph of a batch (or of its sample) as one person; `wrong` by item."""
    step = given.get("step", CheckStep.ACCEPT)
    photos = ItemPhoto.objects.filter(item__batch=batch, item__removed_at=None)
    for photo in sample_of(batch) if step == CheckStep.SAMPLE else photos:
        reason = (wrong or {}).get(photo.item_id, "")
        PhotoCheck.objects.create(
            photo=photo,
            step=step,
            round=batch.round,
            verdict="wrong" if reason else "correct",
            reason=reason,
            seen_ms=5000,
            longest_ms=5000,
            user=by,
            user_name=by.name,
            first_at=NOW,
            last_at=NOW,
        )
    if step == CheckStep.ACCEPT:
        Batch.objects.filter(pk=batch.pk).update(checked_at=NOW)


def submitted(world: World, cylinders: int = 3) -> Batch:
    batch = made.batch(world.jia, state="submitted", unit_name="甲物业㛃有限公司")
    for _ in range(cylinders):
        made.complete_item(batch)
    return batch


def to_state(batch: Batch, state: str) -> Batch:
    Batch.objects.filter(pk=batch.pk).update(state=state)
    return Batch.objects.get(pk=batch.pk)


@pytest.fixture
def desk(world: World) -> dict[str, Any]:
    """Three people of the district's bureau, each with account and Actor."""
    users = [
        world.regulator,
        people.account("bureau", "yuzhong2", world.bureau, name="吴二"),
        people.account("bureau", "yuzhong3", world.bureau, name="郑三"),
    ]
    return {"users": users, "actors": [world.actor(user) for user in users]}


def messages(world: World) -> list[str]:
    told = OutboxMessage.objects.filter(recipient=world.jia_admin).order_by("id")
    return list(told.values_list("text", flat=True))


# ------------------------------------------------------------------ states and roles
def test_a_decision_fits_its_states_only(world: World) -> None:
    batch, actor = submitted(world, 1), world.actor(world.regulator)
    sources = {one.name: one.sources for one in TRANSITIONS}
    for name in ACTS:
        found = {
            state: refused(name, to_state(batch, state), actor).code
            for state in set(BatchState.values) - sources[name]
        }
        expected = dict.fromkeys(found, "wrong_state")
        expected |= {"voided": "already_voided"} if name == "void" else {}
        assert (name, found) == (name, expected)
    assert (BatchStep.objects.count(), messages(world)) == (0, [])


def test_only_the_very_district_decides(world: World) -> None:
    """A city's bureau reads, the unit and other districts do not decide: 403 whatever is asked."""
    city = people.account("bureau", "chongqing", people.bureau("500000", "重庆市局"))
    users = (world.jia_admin, world.yi_admin, world.far_regulator, city, world.wang)
    others = [world.actor(one) for one in users]
    batch = submitted(world, 1)
    for row in TRANSITIONS:
        for state in row.sources if row.name in ACTS else ():
            here = to_state(batch, state)
            found = [refused(row.name, here, one) for one in others]
            assert {(one.code, one.status) for one in found} == {("not_yours", 403)}
    assert BatchItem.objects.get().claim == Claim.HELD


# ------------------------------------------------------------------ accepting
def test_accepting_takes_the_wrong_ones_out_and_fixes_the_sample(
    world: World, desk: dict[str, Any]
) -> None:
    batch = submitted(world)
    bad = batch.items.first()
    look(batch, world.regulator, {bad.pk: "产品编号与填报不一致"})
    found = decide("accept", batch, desk["actors"][0])
    assert (found.state, found.sample_percent, len(found.sample_seed)) == ("accepted", 5, 32)
    bad.refresh_from_db()
    assert (bad.claim, bad.removed_at) == (Claim.RELEASED, NOW)
    assert "产品编号与填报不一致" in bad.removed_reason
    assert list(batch.items.standing().values_list("claim", flat=True)) == [Claim.HELD] * 2
    live = ItemPhoto.objects.filter(is_live=True).values_list("item_id", flat=True)
    assert set(live) == set(batch.items.standing().values_list("pk", flat=True))
    step = BatchStep.objects.get()
    judges = [world.regulator.pk]
    assert step.details == {"cylinders": 2, "removed": 1, "judges": judges}
    assert (step.actor_name, step.owner_name, step.is_repeated_person) == (
        world.regulator.name,
        world.bureau.name,
        False,
    )
    assert messages(world) == [
        f"气瓶使用登记申请 {batch.number} 已受理，登记 2 只。"
        "其中 1 只因照片与信息不符已移出，可以重新申请，原因见进度。"
    ]
    verbs = AuditEntry.objects.order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["cylinder_batch.item_removed", "cylinder_batch.accepted"]


def test_accepting_waits_for_every_photograph(world: World) -> None:
    batch = submitted(world, 1)
    assert refused("accept", batch, world.actor(world.regulator)).code == "unfinished"
    item = batch.items.get()
    look(batch, world.regulator, {item.pk: "模糊"})
    broken = refused("accept", batch, world.actor(world.regulator))
    assert (broken.code, "全部 1 只" in broken.message) == ("all_wrong", True)
    item.refresh_from_db()
    assert (item.claim, messages(world)) == (Claim.HELD, [])


@pytest.mark.parametrize(
    ("name", "given", "code", "field"),
    [
        ("accept", {"opinion": " \x00 "}, "opinion_needed", "opinion"),
        ("accept", {"opinion": "好" * 501}, "too_long", "opinion"),
        ("return", {"points": "\n 1. \n"}, "points_needed", "points"),
        ("return", {"points": "补" * 501}, "too_long", "points"),
        ("decline", {"reason": ""}, "reason_needed", "reason"),
        ("void", {"reason": ""}, "reason_needed", "reason"),
        ("void", {"number": "QPSQ-1"}, "number_differs", "number"),
        ("accept", {"seen_round": 2}, "stale", None),
    ],
)
def test_what_is_missing_is_said_beside_its_field(
    world: World, name: str, given: dict[str, Any], code: str, field: str | None
) -> None:
    batch = submitted(world, 1)
    look(batch, world.regulator)
    broken = refused(name, batch, world.actor(world.regulator), **given)
    assert (broken.code, broken.field) == (code, field)
    batch.refresh_from_db()
    assert (batch.state, BatchStep.objects.count()) == ("submitted", 0)


def test_returning_tells_everything_at_once(world: World) -> None:
    batch = submitted(world, 1)
    look(batch, world.regulator)
    typed = "1、补钢印照片 <b>\r\n\r\n（2） 地址写全 𬭚\n容积 35.5 应为 36"
    found = decide("return", batch, world.actor(world.regulator), points=typed)
    assert (found.state, found.checked_at, found.returned_at) == ("correcting", None, NOW)
    opinion = "1. 补钢印照片 <b>\n2. 地址写全 𬭚\n3. 容积 35.5 应为 36"
    assert BatchStep.objects.get().opinion == opinion
    assert "1. 补钢印照片 <b>；2. 地址写全 𬭚；3. 容积" in messages(world)[0]
    assert BatchItem.objects.get().claim == Claim.HELD


@pytest.mark.parametrize(("name", "state"), [("decline", "submitted"), ("void", "approved")])
def test_an_ended_batch_lets_everything_go(world: World, name: str, state: str) -> None:
    batch = to_state(submitted(world, 2), state)
    given = {"number": f" {batch.number.lower()} "} if name == "void" else {}
    found = decide(name, batch, world.actor(world.regulator), **given)
    assert (found.closed_at, found.closed_reason) == (NOW, GIVEN[name]["reason"])
    assert set(batch.items.values_list("claim", "removed_at")) == {(Claim.RELEASED, None)}
    assert ItemPhoto.objects.filter(is_live=True).count() == 0
    assert ItemPhoto.objects.count() == 4
    assert [GIVEN[name]["reason"] in text for text in messages(world)] == [True]
    again = refused(name, found, world.actor(world.regulator))
    assert again.code == ("already_voided" if name == "void" else "wrong_state")
    assert len(messages(world)) == 1


def test_what_a_unit_never_corrects_can_be_voided(world: World, desk: dict[str, Any]) -> None:
    """Otherwise it would hold its cylinders against everybody for ever (decision 16)."""
    batch = decide("return", submitted(world, 1), desk["actors"][0])
    labels = [[act.label for act in next_of(batch, one).acts] for one in desk["actors"][:1]]
    assert labels == [["驳回（退件）"]]
    assert next_of(batch, world.actor(world.far_regulator)).acts == []
    decide("void", batch, desk["actors"][1])
    assert BatchItem.objects.get().claim == Claim.RELEASED


# ------------------------------------------------------------------ the second and third person
def accepted(world: World, by: User, cylinders: int = 2) -> Batch:
    batch = submitted(world, cylinders)
    look(batch, by)
    return decide("accept", batch, world.actor(by))


def test_three_people_take_the_three_steps(world: World, desk: dict[str, Any]) -> None:
    first, second, third = desk["actors"]
    batch = accepted(world, desk["users"][0])
    broken = refused("review", batch, first)
    assert (broken.code, "吴二、郑三" in broken.message) == ("same_person", True)
    assert refused("review", batch, second).code == "unsampled"
    look(batch, desk["users"][1], step=CheckStep.SAMPLE)
    assert refused("review", batch, third).code == "unsampled"
    batch = decide("review", batch, second)
    assert [refused("approve", batch, one).code for one in (first, second)] == ["same_person"] * 2
    batch = decide("approve", batch, third)
    steps = BatchStep.objects.order_by("id")
    assert [(one.name, one.user_id, one.is_repeated_person) for one in steps] == [
        (name, user.pk, False)
        for name, user in zip(("accepted", "reviewed", "approved"), desk["users"], strict=True)
    ]
    assert steps[1].details == {"cylinders": 2, "removed": 0, "sampled": 1, "agreed": 1}


def test_a_bureau_of_two_repeats_only_the_last_step(world: World, desk: dict[str, Any]) -> None:
    User.objects.filter(pk=desk["users"][2].pk).update(is_active=False)
    first, second, _ = desk["actors"]
    batch = accepted(world, desk["users"][0])
    assert refused("review", batch, first).code == "same_person"
    look(batch, desk["users"][1], step=CheckStep.SAMPLE)
    batch = decide("approve", decide("review", batch, second), first)
    repeated = BatchStep.objects.order_by("id").values_list("is_repeated_person", flat=True)
    assert list(repeated) == [False, False, True]
    assert AuditEntry.objects.order_by("-id").first().after["is_repeated_person"] is True


def test_who_judged_the_photographs_does_not_review_them(
    world: World, desk: dict[str, Any]
) -> None:
    """Whoever pressed 受理: a sample of one's own judgements says nothing (D13)."""
    first, second, third = desk["actors"]
    batch = submitted(world, 2)
    look(batch, desk["users"][1])
    batch = decide("accept", batch, first)
    broken = refused("review", batch, second)
    assert (broken.code, broken.message) == (
        "same_person",
        "您已办理本批次的审核附件。受理、审核、审批须由不同的人办理，请由 郑三 办理。",
    )
    assert [to_handle(one).count() for one in (first, second, third)] == [0, 0, 1]
    User.objects.filter(pk=third.user_id).update(is_active=False)
    assert [to_handle(one).count() for one in (first, second)] == [0, 1]
    assert refused("review", batch, first).code == "same_person"
    look(batch, desk["users"][1], step=CheckStep.SAMPLE)
    decide("review", batch, second)
    assert BatchStep.objects.get(name="reviewed").is_repeated_person is True


def test_a_city_without_districts_handles_its_own(world: World) -> None:
    """441900: units are registered at the city itself, its bureau is the one to decide (C 四)."""
    Region.objects.create(code="440000", name="广东省", level="province")
    city = Region.objects.create(code="441900", name="东莞市", level="city", parent_id="440000")
    user = people.account("bureau", "dongguan", people.bureau("441900", "东莞市局"))
    above = people.account("bureau", "guangdong", people.bureau("440000", "广东省局"))
    actor, province = world.actor(user), world.actor(above)
    assert [one.pk for one, _ in districts(actor, NOW.date())] == ["441900"]
    given = {"takes_part": True, "sample_percent": 5, "least_seconds": Decimal(1)}
    change_setting(city, version=0, **given, actor=actor, now=NOW)
    batch = submitted(world, 1)
    Batch.objects.filter(pk=batch.pk).update(region=city)
    assert (is_supervisor(actor), is_supervisor(province)) == (False, True)
    assert (to_handle(actor).get(), to_handle(province).count()) == (batch, 0)
    assert refused("return", batch, province).code == "not_yours"
    assert decide("return", batch, actor).state == BatchState.CORRECTING


def test_a_wrong_sample_holds_the_review_up(world: World) -> None:
    alone = world.actor(world.regulator)
    batch = accepted(world, world.regulator)
    found = sample_of(batch).get().item
    look(batch, world.regulator, {found.pk: "编号不符"}, step=CheckStep.SAMPLE)
    assert refused("review", batch, alone).code == "wrong_in_sample"
    decide("review", batch, alone, removes_wrong=True)
    found.refresh_from_db()
    assert (found.claim, "编号不符" in found.removed_reason) == (Claim.RELEASED, True)
    step = BatchStep.objects.order_by("-id").first()
    assert step.details == {"cylinders": 1, "removed": 1, "sampled": 1, "agreed": 0}
    assert step.is_repeated_person is True
    assert "已通过审核，登记 1 只。其中 1 只" in messages(world)[-1]


# ------------------------------------------------------------------ working days
MONDAY = date(2026, 11, 16)


@pytest.mark.parametrize(
    ("submitted_on", "due"),
    [(0, 7), (1, 8), (4, 11), (5, 11), (6, 11)],  # Monday, Tuesday, Friday, Saturday, Sunday
)
def test_five_working_days_leave_weekends_out(submitted_on: int, due: int) -> None:
    assert due_on(MONDAY + timedelta(days=submitted_on)) == MONDAY + timedelta(days=due)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (0, ("open", "还剩 5 个工作日")),
        (5, ("late", "还剩 1 个工作日")),
        (7, ("late", "今天到期")),
        (8, ("danger", "已超期 1 个工作日")),
        (14, ("danger", "已超期 5 个工作日")),
    ],
)
def test_the_limit_reads_in_words(day: int, said: tuple[str, str]) -> None:
    word = limit_word(MONDAY, MONDAY + timedelta(days=day))
    assert (word.kind, word.text) == said


def test_late_is_the_same_for_list_and_word() -> None:
    for number in range(14):
        day = MONDAY + timedelta(days=number)
        edge = first_in_time(day)
        assert due_on(edge) >= day > due_on(edge - timedelta(days=1))
