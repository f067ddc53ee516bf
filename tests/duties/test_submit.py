"""Finishing, reopening, signing (F59–F61, decisions 8, 11, 19): the actions, without pages."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from config.clock import end_of
from config.errors import RuleBroken
from duties.actions.draft import save_answers
from duties.actions.submit import Incomplete, finish, reopen, sign
from duties.answers import Change
from duties.enums import TaskState
from duties.models import Inspection, InspectionDraft, Task
from equipment.enums import Category
from equipment.models import StopDeclaration
from hazards.models import Hazard
from tests.factories import duties as tasks
from tests.factories import equipment as machines
from tests.factories import rounds
from tests.world import NOW, TODAY, World
from units.models import AuditEntry, OutboxMessage, Signature
from units.signatures import store_signature


@pytest.fixture
def task(world: World) -> Task:
    return tasks.task(world.lift)


def refused(code: str) -> object:
    return pytest.raises(RuleBroken, check=lambda broken: broken.code == code)


def signed(task: Task, world: World, client_uuid: uuid.UUID, **fields: object) -> Inspection:
    actor = fields.pop("actor", world.actor(world.li))
    now = fields.pop("now", NOW)
    return sign(
        task,
        signature=lambda: store_signature(strokes_json=rounds.STROKES, actor=actor, now=now),
        client_uuid=client_uuid,
        actor=actor,
        now=now,
        **fields,
    )


@pytest.mark.parametrize("category", Category.values)
def test_all_nine_categories_go_from_first_save_to_record(world: World, category: str) -> None:
    task = tasks.task(machines.machine(world.jia, category, officer=world.li))
    done = rounds.submit(task, world.actor(world.li))
    task.refresh_from_db()
    assert (task.state, task.completed_at) == (TaskState.DONE, NOW)
    assert done.category == category
    assert done.facts["category_label"] == Category(category).label
    assert len(done.answers) == done.version.item_count >= 10
    assert {one["result"] for one in done.answers} == {"pass"}
    assert (done.hazard_count, done.timing) == (0, "on_time")
    assert Hazard.objects.count() == 0


def test_what_a_record_freezes(world: World, task: Task) -> None:
    world.lift.next_inspection_on = date(2027, 3, 1)
    world.lift.save()
    done = rounds.submit(task, world.actor(world.li), now=NOW)
    lift = world.lift
    assert done.facts == {
        "unit_name": "甲物业管理有限公司",
        "credit_code": world.jia.credit_code,
        "equipment_name": "1号客梯",
        "equipment_code": lift.equipment_code,
        "registration_no": lift.registration_no,
        "inner_no": lift.inner_no,
        "place": "A座大堂",
        "catalogue_name": lift.catalogue.name,
        "category": "lift",
        "category_label": "电梯",
        "subject_name": "1号客梯",
        "officer_name": "李安",
        "level": "officer",
        "post": "安全员",
        "next_inspection_on": "2027-03-01",
    }
    assert (done.period_on, done.unit, done.performer) == (TODAY, world.jia, world.li)
    assert (done.received_at, done.device_finished_at) == (NOW, NOW)
    assert done.device_started_at == NOW - timedelta(minutes=4)
    assert done.signature.staff == world.li
    whole = {"facts": done.facts, "answers": done.answers}
    text = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert done.digest == hashlib.sha256(text.encode()).hexdigest()
    entry = AuditEntry.objects.get(verb="inspection.submitted")
    assert (entry.object_code, entry.after["timing"]) == (done.code, "on_time")


def test_a_record_never_changes(world: World, task: Task) -> None:
    done = rounds.submit(task, world.actor(world.li))
    done.stop_reason = "改"
    for change in (done.save, done.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_failed_items_become_hazards(world: World, task: Task) -> None:
    actor = world.actor(world.li)
    severe = next(i["number"] for i in rounds.listed(task).items if i["is_severe"])
    plain = [i["number"] for i in rounds.listed(task).items if not i["is_severe"]][:2]
    client_uuid = rounds.fill(
        task,
        actor,
        answers={
            severe: rounds.failed(),
            plain[0]: rounds.failed("immediate"),
            plain[1]: rounds.failed(no_photo_reason=""),
        },
    )
    photo = rounds.take_photo(task, actor, plain[1])
    finish(task, actor=actor, now=NOW)
    done = signed(task, world, client_uuid)
    found = {hazard.item_key: hazard for hazard in Hazard.objects.all()}
    items = {item["number"]: item for item in done.version.items}
    assert {hazard.origin_code for hazard in found.values()} == {done.code}
    assert done.hazard_count == len(found) == 3
    assert found[items[severe]["key"]].severity == "severe"
    assert found[items[severe]["key"]].state == "pending_order"
    at_once = found[items[plain[0]]["key"]]
    assert (at_once.state, at_once.result) == ("rectified", "现场已更换")
    pictured = found[items[plain[1]]["key"]]
    assert [link.photo for link in pictured.photos.all()] == [photo]
    assert [(p.item_key, p.photo) for p in done.photos.all()] == [(items[plain[1]]["key"], photo)]
    told = set(
        OutboxMessage.objects.filter(channel="sms").values_list("recipient__name", flat=True)
    )
    assert told == {"王总"}


def test_stopped_is_done_with_a_reason_and_a_declaration(world: World, task: Task) -> None:
    done = rounds.submit(
        task,
        world.actor(world.li),
        first=rounds.status("stopped", stop_reason="维保单位检修"),
    )
    assert (done.answers, done.round_status, done.stop_reason) == ([], "stopped", "维保单位检修")
    declared = StopDeclaration.objects.get()
    assert (declared.equipment, declared.reason) == (world.lift, "维保单位检修")
    assert (declared.period.lower, declared.period.upper) == (TODAY, TODAY + timedelta(days=1))
    assert declared.origin == f"inspection:{done.code}"
    task.refresh_from_db()
    assert task.state == TaskState.DONE


def test_stopped_without_reason_is_not_finished(world: World, task: Task) -> None:
    rounds.fill(task, world.actor(world.li), first=rounds.status("stopped"))
    with pytest.raises(Incomplete) as broken:
        finish(task, actor=world.actor(world.li), now=NOW)
    assert broken.value.message == "还有内容没有填完：使用状态。"
    assert [p.text for p in broken.value.problems] == ["选择停用时，请填写停用原因。"]


def test_everything_missing_is_named(world: World, task: Task) -> None:
    actor = world.actor(world.li)
    rounds.fill(task, actor, answers={3: rounds.answer(""), 7: rounds.answer("fail")})
    with pytest.raises(Incomplete) as broken:
        finish(task, actor=actor, now=NOW)
    assert broken.value.message == "还有内容没有填完：第 3、7 项。"
    task.refresh_from_db()
    assert task.state == TaskState.IN_PROGRESS


def test_finish_and_reopen(world: World, task: Task) -> None:
    actor = world.actor(world.li)
    with refused("nothing_filled"):
        finish(task, actor=actor, now=NOW)
    client_uuid = rounds.fill(task, actor)
    for _ in range(2):
        finish(task, actor=actor, now=NOW)
    task.refresh_from_db()
    assert task.state == TaskState.AWAITING_SIGNATURE
    for _ in range(2):
        reopen(task, actor=actor, now=NOW)
    task.refresh_from_db()
    assert task.state == TaskState.IN_PROGRESS
    with refused("not_finished"):
        signed(task, world, client_uuid)
    assert Signature.objects.count() == 0


def test_an_edit_after_finishing_takes_it_back(world: World, task: Task) -> None:
    actor = world.actor(world.li)
    client_uuid = rounds.fill(task, actor)
    finish(task, actor=actor, now=NOW)
    composed = rounds.listed(task)

    def edit(result: str) -> None:
        save_answers(
            task,
            client_uuid=client_uuid,
            version_hash=composed.content_hash,
            changes={composed.items[0]["key"]: Change(rounds.answer(result))},
            actor=actor,
            now=NOW,
        )

    edit("pass")
    task.refresh_from_db()
    assert task.state == TaskState.AWAITING_SIGNATURE
    edit("not_applicable")
    task.refresh_from_db()
    assert task.state == TaskState.IN_PROGRESS


def test_who_signs_must_have_seen_the_last_save(world: World, task: Task) -> None:
    actor = world.actor(world.li)
    client_uuid = rounds.fill(task, actor)
    finish(task, actor=actor, now=NOW)
    rev = InspectionDraft.objects.get().rev
    with refused("changed_meanwhile"):
        signed(task, world, client_uuid, rev=rev - 1)
    assert signed(task, world, client_uuid, rev=rev).task_id == task.pk


def test_signing_twice_is_one_record(world: World, task: Task) -> None:
    done = rounds.submit(task, world.actor(world.li))
    again = signed(task, world, done.client_uuid, now=NOW + timedelta(minutes=1))
    assert again == done
    assert (Inspection.objects.count(), Signature.objects.count()) == (1, 1)
    with refused("already_done") as broken:
        signed(task, world, uuid.uuid4())
    assert broken.value.message == "该待办已由李安于 11月20日 09:00 提交，不能再次填写。"
    assert Signature.objects.count() == 1


def test_blank_signature_leaves_everything_as_it_was(world: World, task: Task) -> None:
    actor = world.actor(world.li)
    client_uuid = rounds.fill(task, actor, answers={1: rounds.failed()})
    finish(task, actor=actor, now=NOW)
    with refused("blank_signature") as broken:
        sign(
            task,
            signature=lambda: store_signature(strokes_json="[]", actor=actor, now=NOW),
            client_uuid=client_uuid,
            actor=actor,
            now=NOW,
        )
    assert broken.value.field == "signature"
    task.refresh_from_db()
    assert task.state == TaskState.AWAITING_SIGNATURE
    assert (Inspection.objects.count(), Hazard.objects.count()) == (0, 0)


def test_somebody_elses_signature_is_refused(world: World, task: Task) -> None:
    client_uuid = rounds.fill(task, world.actor(world.li))
    finish(task, actor=world.actor(world.li), now=NOW)
    theirs = store_signature(strokes_json=rounds.STROKES, actor=world.actor(world.zhang), now=NOW)
    with refused("foreign_signature"):
        sign(task, signature=theirs, client_uuid=client_uuid, actor=world.actor(world.li), now=NOW)


def test_one_signature_may_cover_several_rounds(world: World) -> None:
    actor = world.actor(world.li)
    signature = store_signature(strokes_json=rounds.STROKES, actor=actor, now=NOW)
    for machine in (world.lift, world.crane):
        task = tasks.task(machine)
        client_uuid = rounds.fill(task, actor)
        finish(task, actor=actor, now=NOW)
        sign(task, signature=signature, client_uuid=client_uuid, actor=actor, now=NOW)
    assert signature.inspections.count() == 2


# ------------------------------------------------------------------ 补录
def test_a_missed_round_is_backfilled_for_ever(world: World) -> None:
    day = TODAY - timedelta(days=2)
    task = tasks.task(world.lift, day, state="missed")
    actor = world.actor(world.li)
    rounds.fill(task, actor)
    with pytest.raises(Incomplete) as broken:
        finish(task, actor=actor, now=NOW)
    assert [p.text for p in broken.value.problems] == ["请填写补录原因。"]
    client_uuid = rounds.fill(
        task,
        actor,
        first=rounds.status(backfill_reason="当日外出培训"),
        answers={1: rounds.failed()},
    )
    finish(task, actor=actor, now=NOW)
    task.refresh_from_db()
    assert task.state == TaskState.MISSED
    done = signed(task, world, client_uuid)
    task.refresh_from_db()
    assert (task.state, task.completed_at) == (TaskState.BACKFILLED, NOW)
    assert task.missed_at == end_of(day)
    assert (done.timing, done.backfill_reason) == ("backfilled", "当日外出培训")
    assert (done.period_on, done.received_at) == (day, NOW)
    assert Hazard.objects.get().found_on == day


def test_signing_after_midnight_is_no_longer_on_time(world: World, task: Task) -> None:
    actor = world.actor(world.li)
    client_uuid = rounds.fill(task, actor)
    finish(task, actor=actor, now=NOW)
    after = end_of(TODAY) + timedelta(seconds=1)
    with pytest.raises(Incomplete) as broken:
        signed(task, world, client_uuid, now=after)
    assert [p.text for p in broken.value.problems] == ["请填写补录原因。"]
    assert Inspection.objects.count() == 0
    rounds.fill(task, actor, now=after, first=rounds.status(backfill_reason="签名时已过零点"))
    done = signed(task, world, client_uuid, now=after)
    assert done.timing == "backfilled"


@pytest.mark.parametrize("state", ["waived", "done"])
def test_what_closed_meanwhile_cannot_be_signed(world: World, task: Task, state: str) -> None:
    client_uuid = rounds.fill(task, world.actor(world.li))
    finish(task, actor=world.actor(world.li), now=NOW)
    stamps = {"waived": {"waived_at": NOW, "waive_reason": "已办理停用手续"}}
    Task.objects.filter(pk=task.pk).update(state=state, **stamps.get(state, {"completed_at": NOW}))
    with refused({"waived": "waived", "done": "already_done"}[state]):
        signed(task, world, client_uuid)
    assert (Inspection.objects.count(), Signature.objects.count()) == (0, 0)
