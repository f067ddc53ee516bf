"""What the bureau decides on an application for use registration (F84 to F87, decision 15).

1. Every decision locks the batch first, then its cylinders, then their photographs: two people who
   decide at once take turns, and the second one is told what has happened meanwhile.
2. 受理 takes the cylinders with a photograph marked 错误 out of the batch, each with its reason, and
   fixes the sample; 审核 does the same with what the second look found. What is taken out, declined
   or voided is released: it may be applied for again, and its photographs may be used again.
3. A decision is one append-only step, one audit row, and one message to the unit.
4. 受理, 审核 and 审批 are taken by three people (cylinders.review_rules).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from config.actor import Actor
from config.codes import normalise
from config.errors import RuleBroken
from config.workflow import lock
from config.workflow import transition as take
from cylinders.actions.checks import fix_sample, refuse_unfinished, refuse_unsampled
from cylinders.enums import BatchState, Claim, StepName
from cylinders.models import Batch, BatchItem, BatchStep, ItemPhoto
from cylinders.queries_checks import agreement, wrong_items
from cylinders.review_notices import tell_unit_decided
from cylinders.review_rules import JUDGES, judges_of, refuse_same_person
from units.audit import Verb, record, record_many

LONGEST = 500
VERBS = {
    StepName.RETURNED: Verb.BATCH_RETURNED,
    StepName.ACCEPTED: Verb.BATCH_ACCEPTED,
    StepName.DECLINED: Verb.BATCH_DECLINED,
    StepName.REVIEWED: Verb.BATCH_REVIEWED,
    StepName.APPROVED: Verb.BATCH_APPROVED,
    StepName.VOIDED: Verb.BATCH_VOIDED,
}
_NUMBERING = re.compile(r"^\s*(?:[（(]?\d{1,2}[)）]|\d{1,2}[.、．](?!\d))\s*")


@transaction.atomic
def return_batch(
    batch: Batch, *, points: str, seen_round: int | None = None, actor: Actor, now: datetime
) -> Batch:
    """一次性告知补正: the unit may change the batch again and submits it anew; return it.

    `points` has one thing to be put right in each line; they are numbered. What was looked at in
    this round is looked at again after the next submission. Raises RuleBroken: points_needed and
    too_long on `points`, stale, wrong_state, not_yours.
    """
    fresh = _decide(batch, "return", seen_round, actor=actor, now=now, changes={"checked_at": None})
    told = _limited(numbered(points), "points", "补正内容")
    if not told:
        raise RuleBroken(
            "points_needed", "请写明需要补正的全部内容，每行一项，单位会看到。", field="points"
        )
    _write(fresh, StepName.RETURNED, opinion=told, actor=actor, now=now)
    return fresh


@transaction.atomic
def accept(
    batch: Batch, *, opinion: str, seen_round: int | None = None, actor: Actor, now: datetime
) -> Batch:
    """受理: every photograph was looked at and finished; return the batch.

    Cylinders with a photograph marked 错误 leave it with their reason, and the sample that 审核 will
    look at is fixed. Raises RuleBroken: unfinished (by cylinders.actions.checks), all_wrong,
    same_person, opinion_needed, too_long, stale, wrong_state, not_yours.
    """
    fresh = _decide(batch, "accept", seen_round, actor=actor, now=now)
    said = _needed(opinion, "opinion", "受理意见")
    is_repeated = refuse_same_person(fresh, actor)
    refuse_unfinished(fresh)
    details = _take_out(fresh, wrong_items(fresh), actor=actor, now=now)
    details[JUDGES] = judges_of(fresh)
    fix_sample(fresh)
    step = {"opinion": said, "details": details, "is_repeated": is_repeated}
    _write(fresh, StepName.ACCEPTED, **step, actor=actor, now=now)
    return fresh


@transaction.atomic
def decline(
    batch: Batch, *, reason: str, seen_round: int | None = None, actor: Actor, now: datetime
) -> Batch:
    """不予受理, final: every cylinder may be applied for again; return the batch.

    Raises RuleBroken: reason_needed and too_long on `reason`, stale, wrong_state, not_yours.
    """
    fresh = _decide(batch, "decline", seen_round, actor=actor, now=now)
    said = _needed(reason, "reason", "不予受理的理由")
    _end(fresh, StepName.DECLINED, said, actor=actor, now=now)
    return fresh


@transaction.atomic
def review(
    batch: Batch,
    *,
    opinion: str,
    removes_wrong: bool = False,
    seen_round: int | None = None,
    actor: Actor,
    now: datetime,
) -> Batch:
    """审核: another person has looked at the sample; return the batch.

    A cylinder of the sample that was found 错误 holds the review up until the person says
    (`removes_wrong`) that it leaves the batch. Raises RuleBroken: unsampled (by
    cylinders.actions.checks), wrong_in_sample on `removes_wrong`, all_wrong, same_person,
    opinion_needed, too_long, stale, wrong_state, not_yours.
    """
    fresh = _decide(batch, "review", seen_round, actor=actor, now=now)
    said = _needed(opinion, "opinion", "审核意见")
    is_repeated = refuse_same_person(fresh, actor)
    refuse_unsampled(fresh, actor)
    wrong = wrong_items(fresh)
    if wrong and not removes_wrong:
        raise RuleBroken(
            "wrong_in_sample",
            f"抽样复看判定 {len(wrong)} 只气瓶错误：请勾选“移出这些气瓶”，或者退件。",
            field="removes_wrong",
        )
    found = agreement(fresh)
    details = _take_out(fresh, wrong, actor=actor, now=now)
    details |= {"sampled": found.sampled, "agreed": found.agreed}
    step = {"opinion": said, "details": details, "is_repeated": is_repeated}
    _write(fresh, StepName.REVIEWED, **step, actor=actor, now=now)
    return fresh


@transaction.atomic
def approve(
    batch: Batch, *, opinion: str, seen_round: int | None = None, actor: Actor, now: datetime
) -> Batch:
    """审批: the certificates may be made; return the batch.

    Raises RuleBroken: same_person, opinion_needed, too_long, stale, wrong_state, not_yours.
    """
    fresh = _decide(batch, "approve", seen_round, actor=actor, now=now)
    said = _needed(opinion, "opinion", "审批意见")
    is_repeated = refuse_same_person(fresh, actor)
    details = {"cylinders": fresh.items.standing().count()}
    step = {"opinion": said, "details": details, "is_repeated": is_repeated}
    _write(fresh, StepName.APPROVED, **step, actor=actor, now=now)
    return fresh


@transaction.atomic
def void(
    batch: Batch,
    *,
    number: str,
    reason: str,
    seen_round: int | None = None,
    actor: Actor,
    now: datetime,
) -> Batch:
    """驳回（退件）: the whole batch is void, every cylinder may be applied for again; return it.

    `number` is the batch's own, typed by the person (F86). Raises RuleBroken: number_differs on
    `number`, reason_needed and too_long on `reason`, already_voided, stale, wrong_state, not_yours.
    """
    fresh = lock(batch)
    if fresh.state == BatchState.VOIDED:
        raise RuleBroken("already_voided", _voided_by(fresh))
    fresh = _decide(fresh, "void", seen_round, actor=actor, now=now, is_locked=True)
    if "".join(normalise(number).upper().split()) != fresh.number:
        raise RuleBroken(
            "number_differs", f"与本批次的申请编号不一致，请输入 {fresh.number}。", field="number"
        )
    said = _needed(reason, "reason", "退件原因")
    _end(fresh, StepName.VOIDED, said, actor=actor, now=now)
    return fresh


def numbered(points: str) -> str:
    """Lines as a numbered list; one line alone, and numbers that were typed, stay without."""
    lines = [_NUMBERING.sub("", line).strip() for line in normalise(points or "").split("\n")]
    found = [line for line in lines if line]
    if len(found) <= 1:
        return "".join(found)
    return "\n".join(f"{number}. {line}" for number, line in enumerate(found, 1))


# ------------------------------------------------------------------ pieces
def _decide(
    batch: Batch,
    name: str,
    seen_round: int | None,
    *,
    actor: Actor,
    now: datetime,
    changes: dict[str, Any] | None = None,
    is_locked: bool = False,
) -> Batch:
    """The transition, for the submission that the person has seen; what is refused rolls it back."""
    fresh = take(batch, name, actor=actor, now=now, changes=changes, locked=is_locked)
    if seen_round is not None and seen_round != fresh.round:
        raise RuleBroken(
            "stale", "单位已补正并重新提交了这份申请，请按最新内容办理：您填写的内容仍在下面。"
        )
    return fresh


def _end(batch: Batch, name: StepName, said: str, *, actor: Actor, now: datetime) -> None:
    """An application that ends without a certificate: everything in it is released."""
    batch.closed_reason = said
    batch.save(update_fields=["closed_reason"])
    released = _release(batch.items.standing())
    details = {"cylinders": released}
    _write(batch, name, opinion=said, details=details, actor=actor, now=now)


def _take_out(
    batch: Batch, wrong: Mapping[int, str], *, actor: Actor, now: datetime
) -> dict[str, Any]:
    """Remove the cylinders of these keys, each with its reason; return the figures of the step."""
    standing = batch.items.standing().count()
    if standing <= len(wrong):
        raise RuleBroken(
            "all_wrong",
            f"本批次全部 {standing} 只气瓶都被判定为错误，没有可以登记的气瓶。"
            "请告知补正或不予受理；已经受理的请退件。",
        )
    if wrong:
        items = list(batch.items.standing().filter(pk__in=wrong).order_by("pk"))
        _release(BatchItem.objects.filter(pk__in=[item.pk for item in items]))
        for item in items:
            item.removed_at, item.removed_reason = now, wrong[item.pk][:LONGEST]
        BatchItem.objects.bulk_update(items, ["removed_at", "removed_reason"], batch_size=500)
        rows = [(item, None, {"reason": item.removed_reason}) for item in items]
        record_many(actor, Verb.BATCH_ITEM_REMOVED, rows, now=now)
    return {"cylinders": standing - len(wrong), "removed": len(wrong)}


def _release(items: QuerySet[BatchItem]) -> int:
    """Let go of cylinders and of their photographs; return how many cylinders."""
    ItemPhoto.objects.filter(item__in=items.order_by(), is_live=True).update(is_live=False)
    return items.order_by().update(claim=Claim.RELEASED)


def _write(
    batch: Batch,
    name: StepName,
    *,
    opinion: str,
    details: dict[str, Any] | None = None,
    is_repeated: bool = False,
    actor: Actor,
    now: datetime,
) -> None:
    """The step of a decision, its audit row, and the word to the unit."""
    step = BatchStep.objects.create(
        batch=batch,
        round=batch.round,
        name=name,
        opinion=opinion,
        details=details or {},
        user_id=actor.user_id,
        actor_name=actor.name,
        owner_name=actor.owner_name,
        is_repeated_person=is_repeated,
        at=now,
    )
    figures = {name: value for name, value in step.details.items() if name != JUDGES}
    after = {"opinion": opinion, "round": batch.round, **figures}
    if is_repeated:
        after["is_repeated_person"] = True
    record(actor, VERBS[name], batch, now=now, after=after)
    tell_unit_decided(step, now=now)


def _needed(text: str, field: str, label: str) -> str:
    said = _limited(normalise(text or ""), field, label)
    if not said:
        code = "opinion_needed" if field == "opinion" else "reason_needed"
        raise RuleBroken(code, f"请填写{label}，单位会看到。", field=field)
    return said


def _limited(text: str, field: str, label: str) -> str:
    if len(text) > LONGEST:
        raise RuleBroken("too_long", f"{label}最多 {LONGEST} 个字。", field=field)
    return text


def _voided_by(batch: Batch) -> str:
    step = batch.steps.filter(name=StepName.VOIDED).order_by("-id").first()
    who = f"由{step.actor_name}" if step else ""
    return f"该批次已{who}退件，不需要再次操作。"
