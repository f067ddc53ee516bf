"""Finishing, reopening and signing a round (F59–F61, decisions 8, 11, 19)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from config.actor import Actor
from config.errors import RuleBroken
from config.workflow import transition
from duties.actions.claim import claim, close_if_expired
from duties.actions.draft import plausible
from duties.actions.freeze import (
    Incomplete,
    freeze,
    lock_rounds,
    own_signature,
    require_complete,
    require_ready,
    signed_already,
)
from duties.enums import TaskState
from duties.models import Inspection, Task
from duties.queries_signing import Round, rounds_of
from units.models import Signature

__all__ = ["Incomplete", "finish", "reopen", "round_of", "sign"]


def round_of(task: Task, actor: Actor) -> Round | None:
    """The actor's own draft of a to-do as signing sees it; None where he has not begun."""
    return rounds_of([task], actor).get(task.pk)


@transaction.atomic
def finish(
    task: Task, *, device_finished_at: datetime | None = None, actor: Actor, now: datetime
) -> Task:
    """立即提交: everything is filled in, the round waits for its signature (F59). Repeatable.

    A missed to-do keeps its state; its complete draft is what the sign page backfills.
    Raises Incomplete with everything that is missing, nothing_filled, and what `claim` refuses.
    """
    fresh = claim(task, actor=actor, now=now)
    ready = round_of(fresh, actor)
    if ready is None:
        raise RuleBroken("nothing_filled", "还没有填写巡查内容，请先开始巡查。")
    require_complete(ready)
    if fresh.state != TaskState.MISSED:
        fresh = transition(fresh, "finish", actor=actor, now=now, locked=True)
    ready.draft.device_finished_at = plausible(device_finished_at, now)
    ready.draft.save(update_fields=["device_finished_at"])
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

    1. Lock the machine, then the to-do. If it is signed already under the same `client_uuid`, that
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
    (fresh,) = lock_rounds([task])
    signed = signed_already(fresh, client_uuid)
    if signed is not None:
        return signed
    ready = require_ready(fresh, round_of(fresh, actor), rev, actor=actor, now=now)
    return freeze(ready, own_signature(signature, actor), actor=actor, now=now)
