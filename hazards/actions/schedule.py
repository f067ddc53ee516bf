"""设定整改期限: who closes a weekly or monthly hazard says until when (F65)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from config.actor import Actor
from config.errors import RuleBroken
from config.workflow import lock, transition
from hazards.actions import steps
from hazards.models import Hazard, HazardEvent
from units import audit


@transaction.atomic
def set_deadline(
    hazard: Hazard, *, due_on: date | None, seen: date | None, actor: Actor, now: datetime
) -> Hazard:
    """Give a weekly or monthly hazard its 整改期限, or another one, and return it.

    In: `seen` is the deadline the form showed (None = none); when somebody has set another one
    meanwhile nothing is overwritten. The same deadline again changes nothing. A lapse that is
    written down stays (`overdue_at`).
    RuleBroken: due_on_missing, due_on_in_past, due_on_too_far (beside the field), changed_meanwhile
    (409), wrong_state (409), not_yours (403).
    """
    due_on = steps.require_deadline(due_on, now=now)
    fresh = lock(hazard)
    before = fresh.due_on
    may = "schedule" in {row.name for row in fresh.offers(actor)}
    if may and before == due_on:
        return fresh
    if may and before != seen:
        told = f"刚刚被他人设定为{steps.day_words(before)}" if before else "刚刚被他人取消"
        raise RuleBroken("changed_meanwhile", f"整改期限{told}，请核对后再修改。", status=409)
    fresh = transition(
        fresh, "schedule", actor=actor, now=now, changes={"due_on": due_on}, locked=True
    )
    lines = [f"整改期限：{steps.day_words(due_on)}"]
    if before:
        lines.append(f"原整改期限：{steps.day_words(before)}")
    steps.write_event(
        fresh, HazardEvent.Name.SCHEDULED, actor=actor, now=now, text="\n".join(lines)
    )
    audit.record(
        actor,
        audit.Verb.HAZARD_SCHEDULED,
        fresh,
        now=now,
        before={"due_on": before},
        after={"due_on": due_on},
    )
    return fresh
