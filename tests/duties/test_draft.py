"""Saving a round step by step (F53–F58, decisions 8–10): the actions, without pages."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest

from config.clock import at, end_of
from config.errors import RuleBroken
from duties.actions.draft import attach_photo, plausible, remove_photo, save_answers
from duties.answers import ROUND_KEY, Change, base_of
from duties.enums import TaskState
from duties.models import ChecklistVersion, DraftPhoto, InspectionDraft, Task
from tests.duties.test_composed_lists import custom
from tests.factories import duties as tasks
from tests.factories import equipment as machines
from tests.factories import rounds
from tests.world import NOW, TODAY, World
from units.photos import store_photo

PAGE = uuid.UUID("11111111-1111-4111-8111-111111111111")
OTHER_PAGE = uuid.UUID("22222222-2222-4222-8222-222222222222")


@pytest.fixture
def task(world: World) -> Task:
    return tasks.task(world.lift)


def save(task: Task, world: World, **fields: object) -> object:
    """Save with the defaults of an ordinary page."""
    given = {
        "client_uuid": PAGE,
        "version_hash": rounds.listed(task).content_hash,
        "changes": {},
        "actor": world.actor(world.li),
        "now": NOW,
    }
    return save_answers(task, **{**given, **fields})


def refused(code: str) -> object:
    return pytest.raises(RuleBroken, check=lambda broken: broken.code == code)


def test_the_first_save_begins_the_round(world: World, task: Task) -> None:
    key = rounds.listed(task).items[0]["key"]
    saved = save(
        task,
        world,
        changes={ROUND_KEY: Change(rounds.status()), key: Change(rounds.answer(), None, "tab", 1)},
        device_started_at=NOW - timedelta(minutes=2),
    )
    task.refresh_from_db()
    assert (task.state, task.started_at) == (TaskState.IN_PROGRESS, NOW)
    draft = InspectionDraft.objects.get()
    assert saved.draft == draft
    assert (draft.client_uuid, draft.staff, draft.rev) == (PAGE, world.li, 1)
    assert draft.round_status == "in_use"
    assert draft.device_started_at == NOW - timedelta(minutes=2)
    assert draft.answers == {
        key: {**rounds.answer(), "at": NOW.isoformat(), "rev": 1, "tab": "tab", "seq": 1}
    }


def test_the_same_save_twice_changes_nothing(world: World, task: Task) -> None:
    key = rounds.listed(task).items[0]["key"]
    changes = {key: Change(rounds.answer(), base_of(key, None), "tab", 1)}
    save(task, world, changes=changes)
    saved = save(task, world, changes=changes, now=NOW + timedelta(minutes=5))
    assert saved.conflicts == []
    draft = InspectionDraft.objects.get()
    assert (draft.rev, draft.updated_at) == (1, NOW)


def test_a_second_page_joins_the_same_draft(world: World, task: Task) -> None:
    one, two = (item["key"] for item in rounds.listed(task).items[:2])
    save(task, world, changes={one: Change(rounds.answer())})
    saved = save(task, world, client_uuid=OTHER_PAGE, changes={two: Change(rounds.answer())})
    assert saved.draft.client_uuid == PAGE
    assert sorted(InspectionDraft.objects.get().answers) == [one, two]


def test_two_tabs_that_disagree_overwrite_nothing(world: World, task: Task) -> None:
    key = rounds.listed(task).items[0]["key"]
    empty = base_of(key, None)
    save(task, world, changes={key: Change(rounds.failed(), empty, "a", 1)})
    saved = save(task, world, changes={key: Change(rounds.answer(), empty, "b", 1)})
    (conflict,) = saved.conflicts
    assert (conflict.key, conflict.mine_in_words) == (key, "合格")
    assert conflict.theirs_in_words == "不合格；待处理；无法拍照的原因：防爆区禁止拍照"
    draft = InspectionDraft.objects.get()
    assert draft.answers[key]["result"] == "fail"
    # The person decides for this page: sent again on the base of the other save.
    saved = save(task, world, changes={key: Change(rounds.answer(), conflict.base, "b", 2)})
    assert saved.conflicts == []
    draft.refresh_from_db()
    assert draft.answers[key]["result"] == "pass"


def test_a_whole_stale_form_keeps_what_others_changed(world: World, task: Task) -> None:
    one, two = (item["key"] for item in rounds.listed(task).items[:2])
    shown = {key: base_of(key, None) for key in (one, two)}
    save(task, world, changes={one: Change(rounds.failed(), shown[one], "a", 1)})
    saved = save(
        task,
        world,
        changes={
            one: Change(rounds.answer(""), shown[one], "b", 1),
            two: Change(rounds.answer(), shown[two], "b", 1),
        },
    )
    assert saved.conflicts == []
    assert saved.kept == {one}
    answers = InspectionDraft.objects.get().answers
    assert (answers[one]["result"], answers[two]["result"]) == ("fail", "pass")


def test_texts_that_are_too_long_are_refused_alone(world: World, task: Task) -> None:
    one, two = (item["key"] for item in rounds.listed(task).items[:2])
    saved = save(
        task,
        world,
        changes={one: Change(rounds.answer(note="长" * 501)), two: Change(rounds.answer())},
    )
    assert saved.errors == {one: {"note": "备注最多 500 个字，现在是 501 个字。"}}
    assert list(InspectionDraft.objects.get().answers) == [two]


def test_unknown_items_are_ignored(world: World, task: Task) -> None:
    saved = save(task, world, changes={"U-CRAN-D-01": Change(rounds.answer())})
    assert saved.draft.answers == {}


@pytest.mark.parametrize(
    ("state", "code", "sentence"),
    [
        ("done", "already_done", "该待办已于 11月20日 09:00 提交，不能再次填写。"),
        ("backfilled", "already_done", "该待办已于 11月20日 09:00 提交，不能再次填写。"),
        ("waived", "waived", "该待办已免检（设备停用），不用再填写。"),
    ],
)
def test_a_closed_to_do_takes_nothing(world: World, state: str, code: str, sentence: str) -> None:
    task = tasks.task(world.lift, state=state)
    with refused(code) as broken:
        save(task, world)
    assert broken.value.message == sentence
    assert InspectionDraft.objects.count() == 0


def test_only_the_assignee_may_fill_it_in(world: World, task: Task) -> None:
    with refused("not_yours") as broken:
        save(task, world, actor=world.actor(world.zhang))
    assert broken.value.message == "该待办现由李安负责，您不能填写。"
    assert broken.value.status == 403
    unbound = tasks.task(world.unbound)
    with refused("not_yours") as broken:
        save(unbound, world)
    assert broken.value.message == "该设备未绑定安全员，请本单位管理员先绑定安全员。"


def test_a_deregistered_officer_is_told(world: World, task: Task) -> None:
    actor = world.actor(world.li)
    world.li.ended_on = TODAY
    world.li.save()
    with refused("deregistered") as broken:
        save(task, world, actor=actor)
    assert broken.value.status == 409


def test_a_list_that_was_never_in_force_is_refused(world: World, task: Task) -> None:
    with refused("checklist_changed") as broken:
        save(task, world, version_hash="f" * 64)
    assert broken.value.message == "检查清单已更新，请核对带入的内容，补充新的检查项后再提交。"
    assert InspectionDraft.objects.count() == 0


def test_a_draft_moves_to_a_newer_list_with_its_answers(world: World, task: Task) -> None:
    before = rounds.listed(task)
    key = before.items[0]["key"]
    save(task, world, version_hash=before.content_hash, changes={key: Change(rounds.answer())})
    custom(world.jia, "甲", enabled_at=at(TODAY, 10))
    later = at(TODAY, 11)
    after = rounds.listed(task, later)
    saved = save(task, world, version_hash=after.content_hash, now=later)
    assert saved.checklist_changed is False
    draft = InspectionDraft.objects.get()
    assert draft.version.content_hash == after.content_hash
    assert draft.answers[key]["result"] == "pass"
    assert ChecklistVersion.objects.count() == 2
    # The first page, still open on the old list, saves on: its answers count, and it must reload.
    second = before.items[1]["key"]
    saved = save(
        task,
        world,
        version_hash=before.content_hash,
        changes={second: Change(rounds.answer("not_applicable"))},
        now=later,
    )
    assert saved.checklist_changed is True
    draft.refresh_from_db()
    assert draft.version.content_hash == after.content_hash
    assert draft.answers[second]["result"] == "not_applicable"


def test_a_category_without_a_list_is_said_in_words(world: World) -> None:
    task = tasks.task(world.lift)
    task.category = "nothing"
    task.save()
    with refused("no_checklist"):
        save(task, world, version_hash=rounds.listed(task).content_hash)


def test_what_an_earlier_officer_began_is_kept_apart(world: World, task: Task) -> None:
    key = rounds.listed(task).items[0]["key"]
    save(task, world, changes={ROUND_KEY: Change(rounds.status()), key: Change(rounds.failed())})
    rounds.take_photo(task, world.actor(world.li), 1)
    task.refresh_from_db()
    task.assignee = world.zhang
    task.save()
    saved = save(task, world, client_uuid=OTHER_PAGE, actor=world.actor(world.zhang))
    draft = saved.draft
    assert (draft.staff, draft.client_uuid, draft.answers) == (world.zhang, OTHER_PAGE, {})
    assert draft.round_status == ""
    (before,) = draft.superseded
    assert (before["name"], before["answers"][key]["result"]) == ("李安", "fail")
    assert before["round"]["round_status"] == "in_use"
    assert len(before["photos"]) == 1
    assert draft.photos.filter(removed_at=None).count() == 0
    task.refresh_from_db()
    assert task.state == TaskState.IN_PROGRESS


# ------------------------------------------------------------------ time
def test_after_midnight_it_is_missed_before_the_sweep(world: World, task: Task) -> None:
    key = rounds.listed(task).items[0]["key"]
    after = end_of(TODAY) + timedelta(minutes=2)
    saved = save(task, world, changes={key: Change(rounds.answer())}, now=after)
    task.refresh_from_db()
    assert (task.state, task.missed_at) == (TaskState.MISSED, after)
    assert saved.draft.answers[key]["result"] == "pass"


@pytest.mark.parametrize(("chosen", "days"), [({}, 7), ({"backfill_days": 3}, 3)])
def test_backfill_closes_after_the_regions_days(world: World, chosen: dict, days: int) -> None:
    region = world.jia.region
    region.settings = chosen
    region.save()
    task = tasks.task(world.lift, date(2026, 11, 10), state="missed")
    closes = end_of(date(2026, 11, 10)) + timedelta(days=days)
    assert save(task, world, now=closes - timedelta(seconds=1)).draft.rev == 0
    with refused("backfill_closed") as broken:
        save(task, world, now=closes)
    assert broken.value.message == "补录期限已过，该待办按漏检保存，不能再补录。"


@pytest.mark.parametrize(
    ("offset", "believed"),
    [(timedelta(hours=-3), True), (timedelta(days=-61), False), (timedelta(days=2), False)],
)
def test_device_clocks_are_believed_within_reason(offset: timedelta, believed: bool) -> None:
    assert plausible(NOW + offset, NOW) == (NOW + offset if believed else NOW)
    assert plausible(None, NOW) == NOW


# ------------------------------------------------------------------ photos
def test_a_photo_is_put_to_its_item_once(world: World, task: Task) -> None:
    photo = rounds.take_photo(task, world.actor(world.li), 1)
    composed = rounds.listed(task)
    for _ in range(2):
        attach_photo(
            task,
            item_key=composed.items[0]["key"],
            photo=photo,
            client_uuid=PAGE,
            version_hash=composed.content_hash,
            actor=world.actor(world.li),
            now=NOW,
        )
    link = DraftPhoto.objects.get()
    assert (link.photo, link.item_key) == (photo, composed.items[0]["key"])
    task.refresh_from_db()
    assert task.state == TaskState.IN_PROGRESS


def test_a_photo_of_one_item_is_not_evidence_for_another(world: World, task: Task) -> None:
    photo = rounds.take_photo(task, world.actor(world.li), 1)
    composed = rounds.listed(task)
    with refused("photo_refused"):
        attach_photo(
            task,
            item_key=composed.items[1]["key"],
            photo=photo,
            client_uuid=PAGE,
            version_hash=composed.content_hash,
            actor=world.actor(world.li),
            now=NOW,
        )


def test_a_photo_for_no_item_is_refused(world: World, task: Task) -> None:
    photo = store_photo(
        rounds.upload(),
        unit_id=world.jia.pk,
        client_uuid=uuid.uuid4(),
        purpose="inspection_photo",
        actor=world.actor(world.li),
        now=NOW,
    )
    with refused("unknown_item"):
        attach_photo(
            task,
            item_key="U-CRAN-D-01",
            photo=photo,
            client_uuid=PAGE,
            version_hash=rounds.listed(task).content_hash,
            actor=world.actor(world.li),
            now=NOW,
        )


def test_nine_photos_an_item(world: World, task: Task) -> None:
    for _ in range(9):
        rounds.take_photo(task, world.actor(world.li), 1)
    with refused("too_many_photos") as broken:
        rounds.take_photo(task, world.actor(world.li), 1)
    assert broken.value.message == "每项最多 9 张照片。"
    rounds.take_photo(task, world.actor(world.li), 2)
    assert DraftPhoto.objects.count() == 10


def test_taking_a_photo_back_keeps_the_picture(world: World, task: Task) -> None:
    photo = rounds.take_photo(task, world.actor(world.li), 1)
    for _ in range(2):
        remove_photo(task, photo_code=photo.code, actor=world.actor(world.li), now=NOW)
    link = DraftPhoto.objects.get()
    assert link.removed_at == NOW
    photo.refresh_from_db()
    # Chosen once more (the long form was sent again): it counts again.
    composed = rounds.listed(task)
    attach_photo(
        task,
        item_key=composed.items[0]["key"],
        photo=photo,
        client_uuid=PAGE,
        version_hash=composed.content_hash,
        actor=world.actor(world.li),
        now=NOW,
    )
    link.refresh_from_db()
    assert link.removed_at is None


def test_another_units_machine_is_not_mixed_up(world: World, task: Task) -> None:
    theirs = tasks.task(machines.machine(world.yi, "lift", officer=world.sun))
    with refused("not_yours"):
        save(theirs, world)
