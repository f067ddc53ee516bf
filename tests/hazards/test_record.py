"""A hazard is found (F55–F57, decisions 10 and 12): its row, its photos, who is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from config.errors import RuleBroken
from hazards import queries_hazard, queries_turn
from hazards.models import Hazard, HazardEvent, HazardPhoto
from tests.factories import hazards as made
from tests.hazards.conftest import IMMEDIATE, ITEM, PENDING
from tests.world import NOW, TODAY, World
from units.models import Appointment, AuditEntry, OutboxMessage

Found = Callable[..., Hazard]


def told() -> dict[str, set[str]]:
    """Kind of message -> names of who got it."""
    rows: dict[str, set[str]] = {}
    for message in OutboxMessage.objects.filter(channel="sms").select_related("recipient"):
        rows.setdefault(message.kind, set()).add(message.recipient.name)
    return rows


def end_appointments(*people: object) -> None:
    Appointment.objects.filter(staff__in=people).update(
        period=DateRange(TODAY - timedelta(days=900), TODAY - timedelta(days=400))
    )


def test_pending_waits_for_the_order(world: World, found: Found) -> None:
    hazard = found()
    assert (hazard.state, hazard.severity, hazard.is_immediate) == (
        "pending_order", "general", False,
    )  # fmt: skip
    assert (hazard.description, hazard.advice) == (ITEM["hazard"], ITEM["measure"])
    assert (hazard.found_by, hazard.found_on, hazard.found_at) == (world.li, TODAY, NOW)
    assert (hazard.result, hazard.rectified_at, hazard.due_on) == ("", None, None)
    event = HazardEvent.objects.get()
    assert (event.name, event.state, event.by, event.by_name, event.at) == (
        "found", "pending_order", world.li, "李安", NOW,
    )  # fmt: skip
    photo = HazardPhoto.objects.get()
    assert (photo.hazard, photo.stage, photo.event) == (hazard, "found", event)
    audit = AuditEntry.objects.get(verb="hazard.found")
    assert (audit.object_code, audit.actor_name, audit.after["item_key"]) == (
        hazard.code, "李安", ITEM["key"],
    )  # fmt: skip
    assert told() == {"hazard.found": {"王总"}}
    message = OutboxMessage.objects.get(channel="sms")
    assert message.text == (
        "李安发现隐患：1号客梯（A座大堂）：门系统故障导致剪切、坠落。请下达整改措施。"
    )
    assert message.link == f"/m/hazards/{hazard.code}/"


def test_immediate_is_born_rectified_and_nobody_is_bothered(world: World, found: Found) -> None:
    hazard = found(answer=IMMEDIATE)
    assert (hazard.state, hazard.result, hazard.rectified_at, hazard.rectified_by) == (
        "rectified", "现场复位后恢复正常", NOW, world.li,
    )  # fmt: skip
    assert HazardEvent.objects.get().state == "rectified"
    assert told() == {}


@pytest.mark.parametrize("source", ["weekly", "monthly"])
def test_weekly_and_monthly_wait_for_rectification(world: World, found: Found, source: str) -> None:
    hazard = found(source=source)
    assert hazard.state == "pending_rectification"
    assert told() == {"hazard.found": {"王总"} if source == "weekly" else {"陈责"}}


def test_every_director_in_scope_is_told(world: World, found: Found) -> None:
    found(equipment=world.crane, category="crane")
    assert told() == {"hazard.found": {"王总", "赵督"}}


def test_the_finder_is_not_told_of_his_own_find(world: World, found: Found) -> None:
    from tests.factories.units import appointment

    appointment(world.li, "safety_director")
    found()
    assert told() == {"hazard.found": {"王总"}}


def test_without_director_the_principal_is_told(world: World, found: Found) -> None:
    end_appointments(world.wang)
    found()
    assert told() == {"hazard.found": {"陈责"}}


def test_without_anybody_the_unit_admin_is_warned(world: World, found: Found) -> None:
    end_appointments(world.wang, world.zhao, world.chen)
    hazard = found()
    assert told() == {}
    admin = world.actor(world.jia_admin)
    assert queries_turn.unattended(admin, day=TODAY) == queries_turn.Unattended(1, 0)
    assert queries_hazard.next_step(hazard, day=TODAY).is_stuck is True


def test_a_director_of_other_categories_does_not_count(world: World, found: Found) -> None:
    end_appointments(world.wang, world.chen)
    found()
    found(equipment=world.crane, category="crane", origin_code="ACDEFGHJKN")
    admin = world.actor(world.jia_admin)
    assert queries_turn.unattended(admin, day=TODAY).without_decider == 1


@pytest.mark.parametrize("answer", [PENDING, IMMEDIATE])
def test_severe_is_told_at_once_with_stop_use(
    world: World, found: Found, answer: dict[str, str]
) -> None:
    hazard = found(item={**ITEM, "is_severe": True}, answer=answer)
    assert hazard.severity == "severe"
    assert told() == {"hazard.severe": {"王总"}}
    text = OutboxMessage.objects.get(channel="sms").text
    assert text.startswith("【严重隐患】1号客梯（A座大堂）：")
    assert "应立即停止使用，隐患消除前不得投入使用" in text
    assert text.endswith("请立即下达整改措施。" if answer is PENDING else "已现场处理，请核实。")


def test_severe_without_director_goes_to_the_principal(world: World, found: Found) -> None:
    end_appointments(world.wang, world.zhao)
    found(item={**ITEM, "is_severe": True})
    assert told() == {"hazard.severe": {"陈责"}}


def test_recording_twice_is_recording_once(world: World, found: Found) -> None:
    first = found()
    again = found(answer=IMMEDIATE)
    assert again.pk == first.pk
    assert again.state == "pending_order"
    counts = [
        model.objects.count()
        for model in (Hazard, HazardEvent, HazardPhoto, AuditEntry, OutboxMessage)
    ]
    assert counts == [1, 1, 1, 1, 2]  # the SMS and its copy in the product


def test_another_item_or_origin_is_another_hazard(world: World, found: Found) -> None:
    found()
    found(item={**ITEM, "key": "U-LIFT-D-04"})
    found(origin_code="ACDEFGHJKN")
    assert Hazard.objects.count() == 3


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({**PENDING, "handling": ""}, "handling"),
        ({**IMMEDIATE, "handling_result": " 　"}, "handling_result"),
        ({**IMMEDIATE, "handling_result": "长" * 501}, "handling_result"),
        ({**PENDING, "no_photo_reason": "暗", "note": "长" * 501}, "note"),
        ({**PENDING, "no_photo_reason": ""}, "no_photo_reason"),
    ],
)
def test_incomplete_answers_are_refused(
    world: World, found: Found, answer: dict[str, str], field: str
) -> None:
    with pytest.raises(RuleBroken) as refused:
        found(answer=answer, photos=[])
    assert refused.value.field == field
    assert Hazard.objects.count() == 0


def test_a_reason_stands_for_the_photo(world: World, found: Found) -> None:
    hazard = found(answer={**PENDING, "no_photo_reason": "井道内光线不足"}, photos=[])
    assert hazard.no_photo_reason == "井道内光线不足"
    assert HazardEvent.objects.get().text.endswith("未拍照原因：井道内光线不足")


def test_a_foreign_photo_is_refused(world: World, found: Found) -> None:
    with pytest.raises(RuleBroken) as refused:
        found(photos=[made.photo(world.actor(world.sun))])
    assert refused.value.code == "foreign_photo"
    assert Hazard.objects.count() == 0


@pytest.mark.parametrize("who", ["sun", "jia_admin", "regulator"])
def test_only_the_units_people_find_hazards(world: World, found: Found, who: str) -> None:
    actor = world.actor(getattr(world, who))
    with pytest.raises(RuleBroken) as refused:
        found(actor=actor, photos=[], answer={**PENDING, "no_photo_reason": "无"})
    assert (refused.value.code, refused.value.status) == ("not_yours", 403)
