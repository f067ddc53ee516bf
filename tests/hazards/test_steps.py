"""Order, rectification, review: what each step writes, whom it tells, what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from config.clock import end_of
from config.errors import RuleBroken
from hazards import actions, queries_hazard, queries_turn
from hazards.models import Hazard, HazardEvent, HazardPhoto
from tests.factories import hazards as made
from tests.world import NOW, TODAY, World
from units.models import AuditEntry, OutboxMessage

LATER = NOW + timedelta(hours=2)
DUE = TODAY + timedelta(days=3)
Found = Callable[..., Hazard]


def test_prose_keeps_its_chinese_punctuation(world: World) -> None:
    hazard = order(
        made.hazard(world.lift), world, measures="　停梯，更换门锁（3层）；\r\n复检。\x07"
    )
    assert hazard.measures == "停梯，更换门锁（3层）；\n复检。"


def order(hazard: Hazard, world: World, **changes: object) -> Hazard:
    values = {"measures": "更换门锁", "due_on": DUE, "actor": world.actor(world.wang), "now": NOW}
    return actions.order_rectification(hazard, **{**values, **changes})


def rectify(hazard: Hazard, world: World, **changes: object) -> Hazard:
    actor = changes.get("actor") or world.actor(world.li)
    values = {"result": "已更换", "actor": actor, "now": LATER}
    if "photos" not in changes:
        values["photos"] = [made.photo(actor, "green")]
    return actions.submit_rectification(hazard, **{**values, **changes})


def lines() -> list[tuple[str, str, str]]:
    return list(HazardEvent.objects.values_list("name", "state", "by_name"))


def test_the_whole_round(world: World, found: Found) -> None:
    world.jia.reviews_hazards = True
    world.jia.save()
    hazard = order(found(), world)
    assert (hazard.state, hazard.measures, hazard.due_on, hazard.ordered_by, hazard.ordered_at) == (
        "pending_rectification", "更换门锁", DUE, world.wang, NOW,
    )  # fmt: skip
    message = OutboxMessage.objects.get(channel="sms", kind="hazard.ordered")
    assert message.recipient == world.li.user
    assert "请于2026年11月23日前完成整改并上传照片。措施：更换门锁" in message.text

    hazard = rectify(hazard, world)
    assert (hazard.state, hazard.result, hazard.rectified_by, hazard.rectified_at) == (
        "rectified", "已更换", world.li, LATER,
    )  # fmt: skip
    assert (
        OutboxMessage.objects.get(channel="sms", kind="hazard.rectified").recipient
        == world.wang.user
    )

    hazard = actions.review_rectification(
        hazard, note="现场核实", actor=world.actor(world.wang), now=LATER
    )
    assert (hazard.state, hazard.reviewed_by, hazard.reviewed_at) == ("reviewed", world.wang, LATER)
    assert lines() == [
        ("found", "pending_order", "李安"),
        ("ordered", "pending_rectification", "王总"),
        ("rectified", "rectified", "李安"),
        ("reviewed", "reviewed", "王总"),
    ]
    assert list(
        AuditEntry.objects.order_by("id")
        .filter(object_code=hazard.code)
        .values_list("verb", flat=True)
    ) == ["hazard.found", "hazard.ordered", "hazard.rectified", "hazard.reviewed"]
    photos = queries_hazard.photos(hazard)
    assert (len(photos["found"]), len(photos["rectified"])) == (1, 1)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"measures": " 　"}, "measures_missing", "measures"),
        ({"measures": "长" * 501}, "measures_too_long", "measures"),
        ({"due_on": None}, "due_on_missing", "due_on"),
        ({"due_on": TODAY - timedelta(days=1)}, "due_on_in_past", "due_on"),
        ({"due_on": TODAY + timedelta(days=366)}, "due_on_too_far", "due_on"),
    ],
)
def test_a_bad_order_is_refused_beside_its_field(
    world: World, changes: dict[str, object], code: str, field: str
) -> None:
    hazard = made.hazard(world.lift)
    with pytest.raises(RuleBroken) as refused:
        order(hazard, world, **changes)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert lines() == []


@pytest.mark.parametrize("days", [0, 365])
def test_today_and_a_year_ahead_are_good_deadlines(world: World, days: int) -> None:
    hazard = order(made.hazard(world.lift), world, due_on=TODAY + timedelta(days=days))
    assert hazard.due_on == TODAY + timedelta(days=days)


def test_the_same_order_sent_twice_is_one_order(world: World) -> None:
    hazard = made.hazard(world.lift)
    order(hazard, world)
    assert order(hazard, world).state == "pending_rectification"
    assert len(lines()) == 1
    assert OutboxMessage.objects.filter(channel="sms").count() == 1


def test_the_second_directors_order_is_refused(world: World) -> None:
    hazard = made.hazard(world.crane)
    order(hazard, world)
    with pytest.raises(RuleBroken) as refused:
        order(hazard, world, actor=world.actor(world.zhao))
    assert (refused.value.status, refused.value.message) == (
        409, "该隐患的整改措施已经下达，不能重复下达。",
    )  # fmt: skip
    assert Hazard.objects.get().ordered_by == world.wang


def test_nobody_to_tell_where_no_officer_is_bound(world: World) -> None:
    hazard = order(made.hazard(world.unbound, finder=world.li), world)
    assert OutboxMessage.objects.filter(channel="sms").count() == 0
    step = queries_hazard.next_step(Hazard.objects.get(pk=hazard.pk), day=TODAY)
    assert step.is_stuck is True
    assert "未绑定安全员" in step.text
    assert queries_turn.unattended(world.actor(world.jia_admin), day=TODAY).without_officer == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"result": ""}, "result"),
        ({"result": "长" * 501}, "result"),
        ({"photos": []}, "no_photo_reason"),
        ({"photos": [], "no_photo_reason": "长" * 201}, "no_photo_reason"),
    ],
)
def test_a_rectification_wants_result_and_photo(
    world: World, changes: dict[str, object], field: str
) -> None:
    hazard = made.hazard(world.lift, state="pending_rectification")
    with pytest.raises(RuleBroken) as refused:
        rectify(hazard, world, **changes)
    assert refused.value.field == field
    assert Hazard.objects.get().state == "pending_rectification"


def test_a_stated_reason_stands_for_the_photo(world: World) -> None:
    hazard = made.hazard(world.lift, state="pending_rectification")
    hazard = rectify(hazard, world, photos=[], no_photo_reason="井道内无法拍照")
    assert hazard.result_no_photo_reason == "井道内无法拍照"
    assert HazardEvent.objects.get().text == "整改结果：已更换\n未拍照原因：井道内无法拍照"


def test_confirming_twice_is_confirming_once(world: World) -> None:
    hazard = made.hazard(world.lift, state="pending_rectification")
    photo = made.photo(world.actor(world.li))
    rectify(hazard, world, photos=[photo])
    assert rectify(hazard, world, photos=[photo]).state == "rectified"
    assert len(lines()) == 1
    assert HazardPhoto.objects.count() == 1


@pytest.mark.parametrize("own", [True, False])
def test_a_photo_hangs_on_one_hazard_once_and_never_on_a_foreign_one(
    world: World, own: bool
) -> None:
    hazard = made.hazard(world.lift, state="pending_rectification")
    photo = made.photo(world.actor(world.li if own else world.sun))
    if own:
        HazardPhoto.objects.create(hazard=hazard, stage="found", photo=photo)
    with pytest.raises(RuleBroken) as refused:
        rectify(hazard, world, photos=[photo])
    assert refused.value.code == ("photo_used" if own else "foreign_photo")


def test_the_officer_cannot_close_before_the_order(world: World) -> None:
    with pytest.raises(RuleBroken) as refused:
        rectify(made.hazard(world.lift), world)
    assert refused.value.message == "当前状态为“待下达”，不能确认完成整改。"


def test_late_rectification_writes_the_lapse_down_first(world: World) -> None:
    due = TODAY - timedelta(days=1)
    hazard = made.hazard(world.lift, state="pending_rectification", due_on=due)
    hazard = rectify(hazard, world)
    assert hazard.overdue_at == end_of(due)
    assert lines() == [
        ("overdue", "pending_rectification", "系统"),
        ("rectified", "rectified", "李安"),
    ]
    assert actions.mark_overdue(now=LATER) == 0


def returned(hazard: Hazard, world: World, **changes: object) -> Hazard:
    values = {"reason": "仍有异响", "actor": world.actor(world.wang), "now": LATER}
    return actions.send_back(hazard, **{**values, **changes})


@pytest.fixture
def reviewing(world: World) -> World:
    world.jia.reviews_hazards = True
    world.jia.save()
    return world


def test_sent_back_it_starts_over_and_keeps_what_was_handed_in(
    reviewing: World, found: Found
) -> None:
    world = reviewing
    hazard = rectify(order(found(), world), world)
    hazard = returned(hazard, world)
    assert (hazard.state, hazard.result, hazard.rectified_at, hazard.rectified_by) == (
        "pending_rectification", "", None, None,
    )  # fmt: skip
    assert hazard.due_on == DUE
    assert (
        OutboxMessage.objects.get(channel="sms", kind="hazard.returned").recipient == world.li.user
    )
    hazard = rectify(hazard, world, result="再次更换", now=LATER + timedelta(hours=1))
    assert [line[0] for line in lines()] == [
        "found", "ordered", "rectified", "returned", "rectified",
    ]  # fmt: skip
    assert HazardPhoto.objects.filter(stage="rectified").count() == 2
    assert len(queries_hazard.photos(hazard)["rectified"]) == 1
    assert OutboxMessage.objects.filter(channel="sms", kind="hazard.rectified").count() == 2


def test_sending_back_needs_a_reason(reviewing: World) -> None:
    hazard = made.hazard(reviewing.lift, state="rectified")
    with pytest.raises(RuleBroken) as refused:
        returned(hazard, reviewing, reason="　")
    assert refused.value.field == "reason"


@pytest.mark.parametrize("immediate", [True, False])
def test_sending_back_needs_a_deadline_where_none_holds(reviewing: World, immediate: bool) -> None:
    hazard = made.hazard(
        reviewing.lift,
        state="rectified",
        immediate=immediate,
        **({} if immediate else {"due_on": TODAY - timedelta(days=1)}),
    )
    with pytest.raises(RuleBroken) as refused:
        returned(hazard, reviewing)
    assert (refused.value.code, refused.value.field) == ("due_on_missing", "due_on")
    assert returned(hazard, reviewing, due_on=DUE).due_on == DUE


def test_a_given_deadline_replaces_the_old_one(reviewing: World) -> None:
    hazard = made.hazard(reviewing.lift, state="rectified", due_on=date(2026, 12, 1))
    assert returned(hazard, reviewing, due_on=DUE).due_on == DUE


@pytest.mark.parametrize("model", [HazardEvent, HazardPhoto])
@pytest.mark.parametrize("how", ["save", "delete"])
def test_the_trail_is_append_only(world: World, found: Found, model: type, how: str) -> None:
    found()
    row = model.objects.get()
    change = {
        "save": row.save,
        "delete": lambda: model.objects.filter(pk=row.pk)._raw_delete("default"),
    }[how]
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        change()
    assert model.objects.count() == 1
