"""复查: where the unit asks for it, a director re-checks a rectification (decision 12)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from config.actor import Actor
from config.clock import local_day
from config.errors import RuleBroken
from config.workflow import lock, transition
from hazards import people
from hazards.actions import steps
from hazards.models import Hazard, HazardEvent
from hazards.states import HazardState
from units import audit


@transaction.atomic
def review_rectification(hazard: Hazard, *, note: str = "", actor: Actor, now: datetime) -> Hazard:
    """Pass the re-check of a rectification and return the hazard.

    A director in scope who did not do the rectification himself. RuleBroken: note_too_long,
    wrong_state (409), not_yours (403).
    """
    note = steps.require_text(note, field="note", label="复查意见")
    fresh = transition(hazard, "review", actor=actor, now=now)
    steps.write_event(
        fresh,
        HazardEvent.Name.REVIEWED,
        actor=actor,
        now=now,
        text=f"复查意见：{note}" if note else "",
    )
    audit.record(
        actor,
        audit.Verb.HAZARD_REVIEWED,
        fresh,
        now=now,
        before={"state": HazardState.RECTIFIED.value},
        after={"state": fresh.state, "note": note},
    )
    return fresh


@transaction.atomic
def send_back(
    hazard: Hazard, *, reason: str, due_on: date | None = None, actor: Actor, now: datetime
) -> Hazard:
    """Send a rectification back to be done again and return the hazard.

    The present deadline stays unless a new one is given; one is needed where there is none (立即
    处理) or the present one has passed, so that nothing comes back overdue. What was handed in
    stays in the trail with its photos. RuleBroken: reason_missing, reason_too_long,
    due_on_missing, due_on_in_past, due_on_too_far, wrong_state (409), not_yours (403).
    """
    reason = steps.require_text(
        reason, field="reason", label="退回原因", missing="请填写退回原因。"
    )
    fresh = lock(hazard)
    changes: dict[str, Any] = {
        "due_on": _new_deadline(fresh, due_on, now),
        "result": "",
        "result_no_photo_reason": "",
        "rectified_at": None,
        "rectified_by": None,
    }
    result_before = fresh.result
    fresh = transition(fresh, "send_back", actor=actor, now=now, changes=changes, locked=True)
    event = steps.write_event(
        fresh,
        HazardEvent.Name.RETURNED,
        actor=actor,
        now=now,
        text=f"退回原因：{reason}\n整改期限：{steps.day_words(fresh.due_on)}",
    )
    audit.record(
        actor,
        audit.Verb.HAZARD_RETURNED,
        fresh,
        now=now,
        before={"state": HazardState.RECTIFIED.value, "result": result_before},
        after={"state": fresh.state, "reason": reason, "due_on": fresh.due_on},
    )
    steps.tell_all(
        people.rectifiers(fresh, local_day(now)),
        fresh,
        kind="hazard.returned",
        text=f"{actor.name}退回整改：{steps.subject(fresh)}。原因：{reason}"
        f"（整改期限 {steps.day_words(fresh.due_on)}）",
        actor=actor,
        now=now,
        occasion=str(event.pk),
    )
    return fresh


def needs_new_deadline(hazard: Hazard, day: date) -> bool:
    """Whether sending back must come with a deadline: there is none, or it has passed."""
    return hazard.due_on is None or hazard.due_on < day


def _new_deadline(fresh: Hazard, due_on: date | None, now: datetime) -> date:
    if due_on is not None:
        return steps.require_deadline(due_on, now=now)
    if needs_new_deadline(fresh, local_day(now)):
        raise RuleBroken(
            "due_on_missing", "原整改期限已过或未设定，请选择新的整改期限。", field="due_on"
        )
    return fresh.due_on
