"""确认完成整改: result and photo of the rectification (F64, F65)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from config.actor import Actor
from config.clock import end_of, local_day
from config.workflow import lock, transition
from hazards import people, wording
from hazards.actions import steps
from hazards.actions.overdue import write_overdue
from hazards.models import Hazard, HazardEvent, HazardPhoto
from hazards.states import HazardState, Source
from units import audit
from units.models import Photo

NO_PHOTO = "请至少上传一张整改后的照片，无法拍照的请说明原因。"


@transaction.atomic
def submit_rectification(
    hazard: Hazard,
    *,
    result: str,
    photos: Iterable[Photo],
    no_photo_reason: str = "",
    actor: Actor,
    now: datetime,
) -> Hazard:
    """Confirm that a hazard has been put right and return it (M 2.5, 3.7, 4.4; decision 12).

    Daily: the present officer of what was inspected or who stands in for him (the trail says so),
    not before the order; weekly: a director; monthly: the principal. Wants a result, and photos or
    the reason why there is none. Sent twice by the same person with the same result it is one
    confirmation. After the deadline the lapse is written down first, whether or not the hourly
    sweep has come by.
    RuleBroken: result_missing, result_too_long, no_photo_reason_missing (beside their fields),
    foreign_photo, photo_used, wrong_state (409), not_yours (403).
    """
    photos = list(photos)
    result = steps.require_text(
        result, field="result", label="整改结果", missing="请填写整改结果。"
    )
    reason = steps.require_text(
        no_photo_reason,
        field="no_photo_reason",
        label="无法拍照原因",
        limit=200,
        missing="" if photos else NO_PHOTO,
    )
    reason = "" if photos else reason
    fresh = lock(hazard)
    if _is_repeat(fresh, result, actor):
        return fresh
    changes = {"result": result, "result_no_photo_reason": reason}
    late = wording.overdue_days(fresh, local_day(now)) > 0
    if late and fresh.overdue_at is None:
        changes["overdue_at"] = end_of(fresh.due_on)
    state_before = fresh.state
    fresh = transition(fresh, "rectify", actor=actor, now=now, changes=changes, locked=True)
    if late:
        write_overdue(fresh, state=state_before, now=now)
    _write_down(fresh, photos, actor=actor, now=now)
    return fresh


def _is_repeat(fresh: Hazard, result: str, actor: Actor) -> bool:
    return (
        fresh.state == HazardState.RECTIFIED
        and fresh.rectified_by_id is not None
        and fresh.rectified_by_id == actor.staff_id
        and fresh.result == result
    )


def _write_down(hazard: Hazard, photos: list[Photo], *, actor: Actor, now: datetime) -> None:
    absent = hazard.stood_in_by(actor)
    lines = [f"代 {absent.name} 整改（请假代班）"] if absent else []
    lines.append(f"整改结果：{hazard.result}")
    if hazard.result_no_photo_reason:
        lines.append(f"未拍照原因：{hazard.result_no_photo_reason}")
    event = steps.write_event(
        hazard, HazardEvent.Name.RECTIFIED, actor=actor, now=now, text="\n".join(lines)
    )
    if photos:
        steps.attach_photos(hazard, HazardPhoto.Stage.RECTIFIED, photos, event)
    audit.record(
        actor,
        audit.Verb.HAZARD_RECTIFIED,
        hazard,
        now=now,
        before={"state": HazardState.PENDING_RECTIFICATION.value},
        after={
            "state": hazard.state,
            "result": hazard.result,
            "photos": len(photos),
            "on_behalf_of": absent.name if absent else "",
        },
    )
    if hazard.unit.reviews_hazards and hazard.source == Source.DAILY:
        steps.tell_all(
            people.deciders(hazard.unit_id, hazard.category, local_day(now)),
            hazard,
            kind="hazard.rectified",
            text=f"{actor.name}已完成整改：{steps.subject(hazard)}。请复查。",
            actor=actor,
            now=now,
            occasion=str(event.pk),
        )
