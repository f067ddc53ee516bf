"""Finishing, reopening and signing a round (F59–F61, decisions 8, 11, 19)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from config.actor import Actor
from config.errors import RuleBroken
from config.workflow import lock, transition
from duties.actions.draft import claim, close_if_expired, draft_of, plausible
from duties.answers import Problem, Sheet, document, missing, numbers_in_words
from duties.documents import digest, freeze_facts
from duties.enums import Handling, Result, RoundStatus, TaskState, Timing
from duties.models import Inspection, InspectionDraft, InspectionPhoto, Task
from equipment.actions.stops import declare_stop
from equipment.queries import stop_on
from hazards.actions import record_hazard
from units import audit
from units.models import Photo, Signature, Staff

ORIGIN_KIND = "inspection"


class Incomplete(RuleBroken):
    """Something is still to be filled in; `problems` says what and where."""

    def __init__(self, problems: Sequence[Problem]):
        super().__init__("incomplete", f"还有内容没有填完：{numbers_in_words(problems)}。")
        self.problems = list(problems)


def sheet_of(task: Task, draft: InspectionDraft) -> Sheet:
    """A draft as completeness and the frozen document see it (one query)."""
    counts: dict[str, int] = {}
    for key in draft.photos.filter(removed_at=None).values_list("item_key", flat=True):
        counts[key] = counts.get(key, 0) + 1
    return Sheet(
        items=draft.version.items,
        answers=draft.answers,
        photos=counts,
        round_status=draft.round_status,
        stop_reason=draft.stop_reason,
        backfill_reason=draft.backfill_reason,
        needs_backfill_reason=task.state == TaskState.MISSED,
    )


@transaction.atomic
def finish(
    task: Task, *, device_finished_at: datetime | None = None, actor: Actor, now: datetime
) -> Task:
    """立即提交: everything is filled in, the round waits for its signature (F59). Repeatable.

    A missed to-do keeps its state; its complete draft is what the sign page backfills.
    Raises Incomplete with everything that is missing, nothing_filled, and what `claim` refuses.
    """
    fresh = claim(task, actor=actor, now=now)
    draft = _own_draft(fresh, actor)
    problems = missing(sheet_of(fresh, draft))
    if problems:
        raise Incomplete(problems)
    if fresh.state != TaskState.MISSED:
        fresh = transition(fresh, "finish", actor=actor, now=now, locked=True)
    draft.device_finished_at = plausible(device_finished_at, now)
    draft.save(update_fields=["device_finished_at"])
    return fresh


@transaction.atomic
def reopen(task: Task, *, actor: Actor, now: datetime) -> Task:
    """返回修改: from the check page back to the form. Repeatable."""
    fresh = claim(task, actor=actor, now=now)
    if fresh.state == TaskState.AWAITING_SIGNATURE:
        fresh = transition(fresh, "reopen", actor=actor, now=now, locked=True)
    return fresh


@transaction.atomic
def sign(
    task: Task,
    *,
    signature: Signature | Callable[[], Signature],
    client_uuid: uuid.UUID | str,
    rev: int | None = None,
    actor: Actor,
    now: datetime,
) -> Inspection:
    """提交: freeze a finished round under its signature and return the inspection (F60, F61).

    One transaction, in this order, so that two taps, two tabs or a retry make one record:

    1. Lock the machine, then the to-do: the order of every action that re-binds or stops a machine
       and then changes its to-dos. If it is signed already under the same `client_uuid`, that
       inspection is the answer; under another one the actor is told who submitted it and when.
    2. Check again what may have changed since the check page: state, assignee, completeness, and
       `rev`, the save the signer saw (None = whatever stands there).
    3. Store the signature (a callable is called here, so the loser of a race stores none).
    4. Freeze facts, answers, photos; 按时 or, for a missed to-do, 补录 for ever.
    5. Move the to-do, then record hazards, and declare the 临时停用 of a stopped machine.

    Raises RuleBroken: already_done, not_finished, changed_meanwhile, Incomplete, blank_signature
    (field `signature`), and what `claim` refuses.
    """
    close_if_expired(task, now=now)
    if task.equipment_id is not None:
        lock(task.equipment)
    lock(task)
    signed = _signed_already(task, client_uuid)
    if signed is not None:
        return signed
    fresh = claim(task, actor=actor, now=now)
    draft = _own_draft(fresh, actor)
    if fresh.state not in {TaskState.AWAITING_SIGNATURE, TaskState.MISSED}:
        raise RuleBroken("not_finished", "巡查内容已在其他页面修改，请核对后重新提交，再签名。")
    if rev is not None and rev != draft.rev:
        raise RuleBroken("changed_meanwhile", "巡查内容已在其他页面修改，请重新核对后再签名。")
    sheet = sheet_of(fresh, draft)
    problems = missing(sheet)
    if problems:
        raise Incomplete(problems)
    photos = _photos_by_item(draft)
    answers = document(
        sheet, {key: [str(photo.code) for photo in taken] for key, taken in photos.items()}
    )
    signed_by = signature() if callable(signature) else signature
    if signed_by.staff_id != actor.staff_id:
        raise RuleBroken("foreign_signature", "签名须由巡查人本人完成。", field="signature")
    inspection = _freeze(fresh, draft, answers, signed_by, actor=actor, now=now)
    _freeze_photos(inspection, answers, photos)
    _complete(fresh, actor=actor, now=now)
    _follow_up(fresh, inspection, photos, actor=actor, now=now)
    return inspection


def _signed_already(task: Task, client_uuid: uuid.UUID | str) -> Inspection | None:
    """The inspection of a to-do if it came from this very page."""
    done = Inspection.objects.filter(task=task).first()
    return done if done is not None and str(done.client_uuid) == str(client_uuid) else None


def _own_draft(task: Task, actor: Actor) -> InspectionDraft:
    draft = draft_of(task, actor)
    if draft is None:
        raise RuleBroken("nothing_filled", "还没有填写巡查内容，请先开始巡查。")
    return draft


def _photos_by_item(draft: InspectionDraft) -> dict[str, list[Photo]]:
    found: dict[str, list[Photo]] = {}
    for link in draft.photos.filter(removed_at=None).select_related("photo"):
        found.setdefault(link.item_key, []).append(link.photo)
    return found


def _freeze(
    task: Task,
    draft: InspectionDraft,
    answers: list[dict[str, Any]],
    signature: Signature,
    *,
    actor: Actor,
    now: datetime,
) -> Inspection:
    officer = Staff.objects.get(pk=actor.staff_id)
    facts = freeze_facts(task, officer)
    missed = task.state == TaskState.MISSED
    stopped = draft.round_status == RoundStatus.STOPPED
    return Inspection.objects.create(
        client_uuid=draft.client_uuid,
        task=task,
        period_on=task.period_on,
        unit_id=task.unit_id,
        cadence=task.cadence,
        level=task.level,
        equipment_id=task.equipment_id,
        category=task.category,
        performer=officer,
        performer_name=officer.name,
        version_id=draft.version_id,
        round_status=draft.round_status,
        stop_reason=draft.stop_reason if stopped else "",
        facts=facts,
        answers=answers,
        hazard_count=sum(answer["result"] == Result.FAIL for answer in answers),
        device_started_at=draft.device_started_at or draft.created_at,
        device_finished_at=draft.device_finished_at or now,
        received_at=now,
        timing=Timing.BACKFILLED if missed else Timing.ON_TIME,
        backfill_reason=draft.backfill_reason if missed else "",
        signature=signature,
        digest=digest(facts, answers),
    )


def _freeze_photos(
    inspection: Inspection,
    answers: Sequence[Mapping[str, Any]],
    photos: Mapping[str, Sequence[Photo]],
) -> None:
    InspectionPhoto.objects.bulk_create(
        InspectionPhoto(inspection=inspection, item_key=answer["key"], photo=photo)
        for answer in answers
        if answer["photos"]
        for photo in photos[answer["key"]]
    )


def _complete(task: Task, *, actor: Actor, now: datetime) -> None:
    name = "backfill" if task.state == TaskState.MISSED else "complete"
    transition(task, name, actor=actor, now=now, locked=True)


def _follow_up(
    task: Task,
    inspection: Inspection,
    photos: Mapping[str, Sequence[Photo]],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Everything a signed round sets going: hazards, the stop declaration, the audit row.

    A 停用 on a day that a 临时停用 covers already opens no second one.
    """
    items = {item["key"]: item for item in inspection.version.items}
    for answer in inspection.answers:
        if answer["result"] != Result.FAIL:
            continue
        record_hazard(
            unit_id=task.unit_id,
            equipment=task.equipment,
            category=task.category,
            source=task.cadence,
            origin_kind=ORIGIN_KIND,
            origin_code=inspection.code,
            item=items[answer["key"]],
            answer=answer,
            photos=photos.get(answer["key"], ()),
            found_on=task.period_on,
            actor=actor,
            now=now,
        )
    stopped = inspection.round_status == RoundStatus.STOPPED
    if stopped and stop_on(task.equipment, task.period_on) is None:
        declare_stop(
            task.equipment,
            reason=inspection.stop_reason,
            from_on=task.period_on,
            until_on=task.period_on,
            origin=f"{ORIGIN_KIND}:{inspection.code}",
            actor=actor,
            now=now,
        )
    immediate = sum(answer["handling"] == Handling.IMMEDIATE for answer in inspection.answers)
    audit.record(
        actor,
        audit.Verb.INSPECTION_SUBMITTED,
        inspection,
        now=now,
        after={
            "task": task.code,
            "period_on": task.period_on,
            "round_status": inspection.round_status,
            "timing": inspection.timing,
            "hazards": inspection.hazard_count,
            "handled_at_once": immediate,
            "digest": inspection.digest,
        },
    )
