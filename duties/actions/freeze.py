"""From a finished draft to the signed record: what is checked, frozen and set going (decision 19).

Used by `submit.sign` for one round and by `together.sign_several` for several under one signature.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from config.actor import Actor
from config.clock import local_day
from config.codes import new_code
from config.errors import RuleBroken
from config.workflow import transition
from duties.actions.claim import refuse_expired, refuse_unless_workable, take
from duties.answers import (
    ROUND_KEY,
    Problem,
    document,
    missing,
    numbers_in_words,
)
from duties.documents import Facts, digest, freeze_facts, stop_facts
from duties.enums import Handling, Result, TaskState, Timing
from duties.models import Inspection, InspectionPhoto, Task
from duties.queries_signing import Round
from duties.tallies import recount
from equipment.actions.stops import declare_stop
from equipment.models import Equipment
from hazards.actions import record_hazard
from units import audit
from units.models import Signature

ORIGIN_KIND = "inspection"


class Incomplete(RuleBroken):
    """Something is still to be filled in; `problems` says what and where."""

    def __init__(self, problems: Sequence[Problem]):
        super().__init__("incomplete", f"还有内容没有填完：{numbers_in_words(problems)}。")
        self.problems = list(problems)


# ------------------------------------------------------------------ locking
def lock_rounds(tasks: Sequence[Task]) -> list[Task]:
    """Lock the machines by pk, then the to-dos by pk; return the to-dos as they now are, in order.

    That is the order of every action that re-binds or stops a machine and then changes its to-dos,
    so nobody waits for the other's rows. What the caller had read of unit and subject is kept.
    """
    ids = sorted({task.equipment_id for task in tasks if task.equipment_id is not None})
    machines = {}
    if ids:
        locked = Equipment.objects.select_for_update(of=("self",), no_key=True)
        machines = {one.pk: one for one in locked.filter(pk__in=ids).order_by("pk")}
    rows = Task.objects.select_for_update(of=("self",), no_key=True)
    fresh = {one.pk: one for one in rows.filter(pk__in=[t.pk for t in tasks]).order_by("pk")}
    for task in tasks:
        now_it = fresh[task.pk]
        now_it.unit, now_it.licence, now_it.station = task.unit, task.licence, task.station
        if task.equipment_id is not None:
            machine = machines[task.equipment_id]
            if machine.catalogue_id == task.equipment.catalogue_id:
                machine.catalogue = task.equipment.catalogue
            now_it.equipment = machine
    return [fresh[task.pk] for task in tasks]


# ------------------------------------------------------------------ checking
def require_ready(
    task: Task, ready: Round | None, rev: int | None, *, actor: Actor, now: datetime
) -> Round:
    """Check again what may have changed since the check page; return the round.

    State, assignee, employment, completeness, and `rev`, the save the signer saw (None = whatever
    stands there). Raises RuleBroken: what refuse_unless_workable says, nothing_filled,
    not_finished, changed_meanwhile, Incomplete.
    """
    refuse_expired(task, now=now)
    is_employed = ready.draft.staff.ended_on is None if ready is not None else None
    refuse_unless_workable(task, actor=actor, now=now, is_employed=is_employed)
    if ready is None:
        raise RuleBroken("nothing_filled", "还没有填写巡查内容，请先开始巡查。")
    if task.state not in {TaskState.AWAITING_SIGNATURE, TaskState.MISSED}:
        raise RuleBroken("not_finished", "巡查内容已在其他页面修改，请核对后重新提交，再签名。")
    if rev is not None and rev != ready.draft.rev:
        raise RuleBroken("changed_meanwhile", "巡查内容已在其他页面修改，请重新核对后再签名。")
    require_complete(ready)
    return ready


def require_complete(ready: Round) -> None:
    """Raise Incomplete with everything that is missing; nothing if all is there."""
    problems = missing(ready.sheet)
    if problems:
        raise Incomplete(problems)


def signed_already(task: Task, client_uuid: uuid.UUID | str) -> Inspection | None:
    """The inspection of a to-do if it came from this very page."""
    if task.state not in {TaskState.DONE, TaskState.BACKFILLED}:
        return None
    done = Inspection.objects.filter(task=task).first()
    return done if done is not None and str(done.client_uuid) == str(client_uuid) else None


def own_signature(signature: Signature | Callable[[], Signature], actor: Actor) -> Signature:
    """The signature (a callable is called now, so the loser of a race stores none)."""
    signed_by = signature() if callable(signature) else signature
    if signed_by.staff_id != actor.staff_id:
        raise RuleBroken("foreign_signature", "签名须由巡查人本人完成。", field="signature")
    return signed_by


# ------------------------------------------------------------------ freezing
def freeze(
    ready: Round,
    signature: Signature,
    *,
    code: str = "",
    together: Sequence[dict[str, str]] = (),
    actor: Actor,
    now: datetime,
) -> Inspection:
    """Write the record of a round that `require_ready` has let through, and all that follows.

    Facts, answers and photos are frozen; 按时 or, for a missed to-do, 补录 for ever. Then the to-do
    moves on, a closed period is tallied anew, hazards are recorded, and the 临时停用 of a machine
    found out of use is declared.
    """
    # One of a pool that was freed meanwhile (an identity ended and came back) is the signer's again.
    take(ready.task, actor=actor, now=now)
    sheet, draft = ready.sheet, ready.draft
    codes = {key: [str(photo.code) for photo in taken] for key, taken in ready.photos.items()}
    answers = document(sheet, codes)
    facts = freeze_facts(
        ready.task, draft.staff, declared_stop=_declared(ready, codes), together=together
    )
    inspection = _record(ready, answers, facts, signature, code=code or new_code(), now=now)
    _freeze_photos(inspection, ready)
    _complete(ready.task, actor=actor, now=now)
    _follow_up(ready, inspection, actor=actor, now=now)
    return inspection


def _declared(ready: Round, codes: Mapping[str, Sequence[str]]) -> Facts | None:
    if ready.stop is None:
        return None
    is_stopped = ready.sheet.is_stopped
    return stop_facts(
        ready.stop,
        no_photo_reason=ready.sheet.no_photo_reason if is_stopped else "",
        photos=codes.get(ROUND_KEY, ()) if is_stopped else (),
    )


def _record(
    ready: Round,
    answers: list[dict[str, Any]],
    facts: Facts,
    signature: Signature,
    *,
    code: str,
    now: datetime,
) -> Inspection:
    task, draft, sheet = ready.task, ready.draft, ready.sheet
    missed = task.state == TaskState.MISSED
    reason = draft.stop_reason or (ready.stop.reason if ready.stop else "")
    return Inspection.objects.create(
        code=code,
        client_uuid=draft.client_uuid,
        task=task,
        period_on=task.period_on,
        unit_id=task.unit_id,
        unit_kind=task.unit_kind,
        cadence=task.cadence,
        level=task.level,
        equipment_id=task.equipment_id,
        licence_id=task.licence_id,
        station_id=task.station_id,
        category=task.category,
        performer=draft.staff,
        performer_name=draft.staff.name,
        version=draft.version,
        round_status=draft.round_status if sheet.has_status else "",
        stop_reason=reason if sheet.is_stopped else "",
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


def _freeze_photos(inspection: Inspection, ready: Round) -> None:
    """The photos of failed items, and of a machine that stands still as declared."""
    keys = [answer["key"] for answer in inspection.answers if answer["photos"]]
    if inspection.facts.get("declared_stop", {}).get("photos"):
        keys.append(ROUND_KEY)
    if keys:
        InspectionPhoto.objects.bulk_create(
            InspectionPhoto(inspection=inspection, item_key=key, photo=photo)
            for key in keys
            for photo in ready.photos[key]
        )


def _complete(task: Task, *, actor: Actor, now: datetime) -> None:
    if task.state != TaskState.MISSED:
        transition(task, "complete", actor=actor, now=now, locked=True)
        return
    transition(task, "backfill", actor=actor, now=now, locked=True)
    recount([(task.unit_id, task.period_on, str(task.cadence))])


def _follow_up(ready: Round, inspection: Inspection, *, actor: Actor, now: datetime) -> None:
    """Everything a signed round sets going: hazards, the stop declaration, the audit row.

    Hazards are found on the day of the round; one made up later counts for the last day of its
    period. A 停用 on a day that a 临时停用, 停用 or 停产 covers already opens no second one.
    """
    task = ready.task
    items = {item["key"]: item for item in inspection.version.items}
    for answer in inspection.answers:
        if answer["result"] != Result.FAIL:
            continue
        record_hazard(
            unit_id=task.unit_id,
            equipment=task.equipment,
            licence=task.licence,
            station=task.station,
            category=task.category,
            source=task.cadence,
            origin_kind=ORIGIN_KIND,
            origin_code=inspection.code,
            item=items[answer["key"]],
            answer=answer,
            photos=ready.photos.get(answer["key"], ()),
            found_on=min(local_day(now), local_day(task.due_at - timedelta(microseconds=1))),
            actor=actor,
            now=now,
        )
    if ready.sheet.is_stopped and ready.stop is None:
        declare_stop(
            task.equipment,
            reason=inspection.stop_reason,
            from_on=task.period_on,
            until_on=task.period_on,
            origin=f"{ORIGIN_KIND}:{inspection.code}",
            actor=actor,
            now=now,
        )
    _write_down(task, inspection, actor=actor, now=now)


def _write_down(task: Task, inspection: Inspection, *, actor: Actor, now: datetime) -> None:
    immediate = sum(answer["handling"] == Handling.IMMEDIATE for answer in inspection.answers)
    together = inspection.facts.get("signed_together", ())
    audit.record(
        actor,
        audit.Verb.INSPECTION_SUBMITTED,
        inspection,
        now=now,
        after={
            "task": task.code,
            "period_on": task.period_on,
            "cadence": task.cadence,
            "level": task.level,
            "round_status": inspection.round_status,
            "timing": inspection.timing,
            "hazards": inspection.hazard_count,
            "handled_at_once": immediate,
            "signed_together": len(together),
            "on_behalf_of": inspection.facts.get("on_behalf_of", ""),
            "digest": inspection.digest,
        },
    )
