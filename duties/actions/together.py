"""Signing once for several finished daily rounds of a day (decision 11)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from config.actor import Actor
from config.codes import new_code
from config.errors import RuleBroken
from duties.actions.claim import close_if_expired
from duties.actions.freeze import (
    freeze,
    lock_rounds,
    own_signature,
    require_ready,
    signed_already,
)
from duties.documents import subject_name
from duties.enums import Cadence, TaskKind
from duties.models import Inspection, Task
from duties.queries_signing import Round, rounds_of
from units.models import Signature

# More than this many records under one signature nobody reads through.
MOST_TOGETHER = 100


@dataclass(frozen=True)
class Chosen:
    """One ticked row of the sheet: the to-do, its draft's UUID and the save the signer saw."""

    task: Task
    client_uuid: uuid.UUID | str
    rev: int | None = None


class SomeRefused(RuleBroken):
    """Some of the ticked rounds cannot be signed any more; none was. `reasons` by to-do pk."""

    def __init__(self, reasons: dict[int, str], names: Sequence[str]):
        super().__init__(
            "some_refused",
            f"{'、'.join(names)}已不能一并签名，本次没有提交任何一条；请核对后再签其余的。",
        )
        self.reasons = reasons


@transaction.atomic
def sign_several(
    chosen: Sequence[Chosen],
    *,
    signature: Signature | Callable[[], Signature],
    actor: Actor,
    now: datetime,
) -> list[Inspection]:
    """Freeze several finished daily rounds of one day under one signature; return the records.

    All or nothing. Machines are locked by pk, then to-dos by pk, as everywhere. Every record carries
    the same Signature and the list of all of them (facts `signed_together`). Repeatable: when all
    are signed already from these very drafts, their records are the answer. Raises RuleBroken:
    none_chosen, too_many, chosen_twice, not_one_day, SomeRefused (with the reason of each), blank_signature.
    """
    _refuse_odd_choice(chosen)
    for one in chosen:
        close_if_expired(one.task, now=now)
    fresh = lock_rounds([one.task for one in chosen])
    signed = [
        signed_already(task, one.client_uuid) for task, one in zip(fresh, chosen, strict=True)
    ]
    if all(signed):
        return [inspection for inspection in signed if inspection is not None]
    ready = _require_all(fresh, chosen, actor=actor, now=now)
    signed_by = own_signature(signature, actor)
    codes = [new_code() for _ in ready]
    names = [subject_name(one.task) for one in ready]
    together = [{"code": code, "name": name} for code, name in zip(codes, names, strict=True)]
    return [
        freeze(one, signed_by, code=code, together=together, actor=actor, now=now)
        for one, code in zip(ready, codes, strict=True)
    ]


def _refuse_odd_choice(chosen: Sequence[Chosen]) -> None:
    if not chosen:
        raise RuleBroken("none_chosen", "请至少勾选一条再签名。")
    if len(chosen) > MOST_TOGETHER:
        raise RuleBroken("too_many", f"一次最多一并签名 {MOST_TOGETHER} 条，请分次签名。")
    tasks = [one.task for one in chosen]
    if len({task.pk for task in tasks}) < len(tasks):
        raise RuleBroken("chosen_twice", "同一条巡查被勾选了两次，请刷新页面后重新勾选。")
    is_daily = all(
        task.cadence == Cadence.DAILY and task.kind == TaskKind.INSPECTION for task in tasks
    )
    if not is_daily or len({task.period_on for task in tasks}) > 1:
        raise RuleBroken("not_one_day", "只有同一天的日管控可以一并签名，请分开签名。")


def _require_all(
    fresh: Sequence[Task], chosen: Sequence[Chosen], *, actor: Actor, now: datetime
) -> list[Round]:
    """All rounds, ready to be frozen; else SomeRefused with the reason of every one that is not."""
    found = rounds_of(fresh, actor)
    ready: list[Round] = []
    reasons: dict[int, str] = {}
    names: list[str] = []
    for task, one in zip(fresh, chosen, strict=True):
        try:
            able = require_ready(task, found.get(task.pk), one.rev, actor=actor, now=now)
            if str(able.draft.client_uuid) != str(one.client_uuid):
                raise RuleBroken("changed_meanwhile", "巡查内容已重新填写，请重新核对后再签名。")
            ready.append(able)
        except RuleBroken as broken:
            reasons[task.pk] = broken.message
            names.append(subject_name(task))
    if reasons:
        raise SomeRefused(reasons, names)
    return ready
