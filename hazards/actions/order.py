"""下达整改措施: the director says what is to be done and until when (F63)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from config.actor import Actor
from config.clock import local_day
from config.workflow import lock, transition
from hazards import people
from hazards.actions import steps
from hazards.models import Hazard, HazardEvent
from hazards.states import HazardState
from units import audit


@transaction.atomic
def order_rectification(
    hazard: Hazard, *, measures: str, due_on: date | None, actor: Actor, now: datetime
) -> Hazard:
    """Order the rectification of a daily hazard and return it as it now is (M 3.6, decision 12).

    A director whose scope covers the category, or the principal where there is none. Of two who
    order at once the first wins; the same order sent twice by one person is one order.
    RuleBroken: measures_missing, measures_too_long, due_on_missing, due_on_in_past,
    due_on_too_far (beside their fields), wrong_state (409), not_yours (403).
    """
    measures = steps.require_text(
        measures, field="measures", label="整改措施", missing="请填写整改措施。"
    )
    due_on = steps.require_deadline(due_on, now=now)
    fresh = lock(hazard)
    if _is_repeat(fresh, measures, due_on, actor):
        return fresh
    fresh = transition(
        fresh,
        "order",
        actor=actor,
        now=now,
        changes={"measures": measures, "due_on": due_on},
        locked=True,
    )
    steps.write_event(
        fresh,
        HazardEvent.Name.ORDERED,
        actor=actor,
        now=now,
        text=f"整改措施：{measures}\n整改期限：{steps.day_words(due_on)}",
    )
    audit.record(
        actor,
        audit.Verb.HAZARD_ORDERED,
        fresh,
        now=now,
        before={"state": HazardState.PENDING_ORDER.value},
        after={"state": fresh.state, "measures": measures, "due_on": due_on},
    )
    steps.tell_all(
        people.rectifiers(fresh, local_day(now)),
        fresh,
        kind="hazard.ordered",
        text=f"{actor.name}下达整改措施：{steps.subject(fresh)}。"
        f"请于{steps.day_words(due_on)}前完成整改并上传照片。措施：{measures}",
        actor=actor,
        now=now,
    )
    return fresh


def _is_repeat(fresh: Hazard, measures: str, due_on: date, actor: Actor) -> bool:
    return (
        fresh.state == HazardState.PENDING_RECTIFICATION
        and fresh.ordered_by_id is not None
        and fresh.ordered_by_id == actor.staff_id
        and fresh.measures == measures
        and fresh.due_on == due_on
    )
