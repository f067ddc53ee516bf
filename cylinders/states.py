"""Transitions of an application for use registration (decision 15).

Who may: the unit's account edits and submits; the bureau of the very district handles. That three
different people take 受理, 审核 and 审批 is a rule of cylinders.actions.review, as it needs the steps.
"""

from __future__ import annotations

from typing import Any

from config.actor import Actor
from config.workflow import Transition
from cylinders.enums import BatchState
from units.roles import Can


def is_applicant(batch: Any, actor: Actor) -> bool:
    """The account of the unit that applies."""
    return (
        actor.kind == "unit" and actor.unit_id == batch.unit_id and actor.can(Can.CYLINDER_MANAGE)
    )


def seat_of(actor: Actor) -> str:
    """The code of the region whose bureau a person belongs to, "" for everybody else: what is
    registered at this very region is theirs to handle. Of a city it is 441900, which only a city
    without districts ever takes part with."""
    if actor.kind != "bureau" or actor.region_prefix is None:
        return ""
    return actor.region_prefix.ljust(6, "0")


def is_handler(batch: Any, actor: Actor) -> bool:
    """A person of the bureau of the batch's own district; the one of the city above only reads."""
    return (
        batch.region_id is not None
        and seat_of(actor) == batch.region_id
        and actor.can(Can.CYLINDER_REVIEW)
    )


def _states(*states: BatchState) -> frozenset[str]:
    return frozenset(map(str, states))


TRANSITIONS = (
    Transition(
        "submit",
        _states(BatchState.DRAFT, BatchState.CORRECTING),
        BatchState.SUBMITTED.value,
        "提交使用登记表",
        is_applicant,
        stamps="submitted",
        refused="该申请已经提交，不能重复提交。",
    ),
    Transition(
        "return",
        _states(BatchState.SUBMITTED),
        BatchState.CORRECTING.value,
        "告知补正",
        is_handler,
        stamps="returned",
    ),
    Transition(
        "accept",
        _states(BatchState.SUBMITTED),
        BatchState.ACCEPTED.value,
        "受理",
        is_handler,
        stamps="accepted",
    ),
    Transition(
        "decline",
        _states(BatchState.SUBMITTED),
        BatchState.DECLINED.value,
        "不予受理",
        is_handler,
        stamps="closed",
    ),
    Transition(
        "review",
        _states(BatchState.ACCEPTED),
        BatchState.REVIEWED.value,
        "审核通过",
        is_handler,
        stamps="reviewed",
    ),
    Transition(
        "approve",
        _states(BatchState.REVIEWED),
        BatchState.APPROVED.value,
        "审批通过",
        is_handler,
        stamps="approved",
    ),
    Transition(
        "certify",
        _states(BatchState.APPROVED),
        BatchState.CERTIFIED.value,
        "证书生成",
        is_handler,
        stamps="certified",
        refused="该批次的证书已经生成，或还没有审批，不能生成证书。",
    ),
    Transition(
        "void",
        _states(
            # 待补正 too: a unit that never answers would hold its cylinders for ever.
            BatchState.SUBMITTED,
            BatchState.CORRECTING,
            BatchState.ACCEPTED,
            BatchState.REVIEWED,
            BatchState.APPROVED,
        ),
        BatchState.VOIDED.value,
        "驳回（退件）",
        is_handler,
        stamps="closed",
        refused="该批次已经退件或已经办结，不能再退件。",
    ),
)
