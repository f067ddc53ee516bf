"""The cards that `units` itself puts on a person's page: trainings and drills, requests to leave."""

from __future__ import annotations

from django.urls import reverse

from config.actor import Actor
from config.panels import Panel, PanelRow
from config.words import plain_number
from units import queries_activities, queries_leave
from units.models import LeaveRequest, Participation, Staff

ROWS = 10
RESULT_KINDS = {"": "neutral", "passed": "done", "failed": "danger", "absent": "late"}
LEAVE_KINDS = {
    LeaveRequest.State.OPEN: "late",
    LeaveRequest.State.GRANTED: "done",
    LeaveRequest.State.LAPSED: "done",
    LeaveRequest.State.REFUSED: "danger",
    LeaveRequest.State.WITHDRAWN: "neutral",
}


def own_panels(staff: Staff, actor: Actor) -> list[Panel]:
    """培训与演练 always; 离职申请 for whoever has ever asked."""
    taken = queries_activities.trainings_of(staff)
    title = f"培训与演练 {len(taken)} 次" if taken else "培训与演练"
    panels = [
        Panel(
            title,
            [_activity_row(one) for one in taken[:ROWS]],
            empty="还没有参加培训或演练的记录。",
        )
    ]
    asked = queries_leave.requests_of(staff)
    if asked:
        panels.append(Panel("离职申请", [_leave_row(one) for one in asked[:ROWS]]))
    return panels


def _activity_row(one: Participation) -> PanelRow:
    activity = one.activity
    is_training = activity.kind == activity.Kind.TRAINING
    hours = f"，{plain_number(activity.hours)} 学时" if activity.hours is not None else ""
    score = f"，{plain_number(one.score)} 分" if one.score is not None else ""
    return PanelRow(
        text=activity.title,
        at=activity.held_on,
        note=f"{activity.get_kind_display()}{hours}{score}",
        word=one.get_result_display() if is_training else "",
        kind=RESULT_KINDS[one.result],
        url=reverse("units:activity", args=[activity.code]),
    )


def _leave_row(one: LeaveRequest) -> PanelRow:
    return PanelRow(
        text=one.reason,
        at=one.requested_at,
        note=one.opinion,
        word=one.get_state_display(),
        kind=LEAVE_KINDS[one.state],
    )
