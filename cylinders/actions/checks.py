"""审核附件 and the second look at the sample: judgements, 完成, what holds a batch up (F85, D13).

How a photograph is looked at:

1. The page carries a signed token with the moment it was given out. It comes back with the judgement
   and what the page itself measured; the server counts the smaller of the two, and nothing for a
   forged, old or used token (cylinders.check_rules.look_ms).
2. Every photograph has one row a step and round. The last judgement stands; a colleague who merely
   leafs past it with the same judgement leaves it as it was.
3. 正确 after looks that were all shorter than the district's least time is 需复看: it lets neither
   完成 nor 审核 pass. 错误 wants a reason instead.
4. The batch's row is locked: what two people do at once happens one after the other, and nothing is
   judged after 完成. One person's judgements take turns as well, whichever batches they are of, so
   that each finds the one before it.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Count, Q, Sum

from config.actor import Actor
from config.codes import normalise
from config.errors import RuleBroken
from config.workflow import lock
from cylinders.check_rules import LONGEST_REASON, given_out_at, look_ms
from cylinders.enums import BatchState, CheckStep, Verdict
from cylinders.models import Batch, ItemPhoto, PhotoCheck
from cylinders.queries_checks import (
    AGAIN,
    UNSEEN,
    agreement,
    is_checked,
    last_save,
    least_ms,
    photos_of,
    progress,
    sample_of,
    setting_of,
    step_open,
    wrong_items,
)
from cylinders.review_rules import refuse_same_person
from cylinders.states import is_handler
from units.audit import Verb, record

# What the workflow asks for (cylinders.actions.review), besides the actions below.
__all__ = [
    "agreement",
    "finish",
    "fix_sample",
    "refuse_unfinished",
    "refuse_unsampled",
    "sample_of",
    "save_check",
    "wrong_items",
]

_MOST_MS, _MOST_LOOKS = 2_000_000_000, 30_000


@transaction.atomic
def save_check(
    photo: ItemPhoto,
    *,
    verdict: str,
    reason: str,
    seen_ms: int | None,
    opened_token: str,
    actor: Actor,
    now: datetime,
    step: CheckStep | None = None,
) -> PhotoCheck:
    """Keep the judgement on one photograph with the time it was looked at; return its row.

    In: what the page measured (None without JavaScript), the token it came with, and the step of the
    page (None: whichever is open). The row is the record, there is no audit row for each picture.
    RuleBroken: not_yours (403), wrong_state, checked, same_person, not_there, verdict_needed on
    `verdict`, reason_needed and too_long on `reason`.
    """
    batch = lock(photo.item.batch)
    step = _refuse_unless_open(batch, step, actor)
    if step == CheckStep.SAMPLE:
        refuse_same_person(batch, actor)
    if not photos_of(batch, step).filter(pk=photo.pk).exists():
        raise RuleBroken("not_there", "这张照片不在本次审核的范围内，请返回重新打开。")
    reason = _refuse_verdict(verdict, reason)
    given_out = given_out_at(
        opened_token,
        photo.photo.code,
        step=step,
        round_=batch.round,
        user_id=actor.user_id,
        now=now,
    )
    _take_turns(actor.user_id)
    before = last_save(actor.user_id)
    shown = look_ms(seen_ms, given_out=given_out, last_save=before, now=now)
    judged = PhotoCheck.objects.filter(photo=photo, step=step, round=batch.round).first()
    if judged is None:
        judged = PhotoCheck(photo=photo, step=step, round=batch.round, looks=0, first_at=now)
    elif judged.user_id != actor.user_id:
        if (judged.verdict, judged.reason) == (verdict, reason) and shown < least_ms(batch):
            return judged
        judged.longest_ms = 0
    judged.verdict, judged.reason = verdict, reason
    judged.seen_ms = min(judged.seen_ms + shown, _MOST_MS)
    judged.longest_ms = max(judged.longest_ms, shown)
    judged.looks = min(judged.looks + 1, _MOST_LOOKS)
    judged.user_id, judged.user_name, judged.last_at = actor.user_id, actor.name, now
    judged.save()
    return judged


@transaction.atomic
def finish(batch: Batch, *, actor: Actor, now: datetime) -> Batch:
    """完成: the photographs of this round were all seen long enough; from now on they are read only.

    RuleBroken: not_yours (403), wrong_state, checked (finished already), unfinished (what is left).
    """
    fresh = lock(batch)
    _refuse_unless_open(fresh, CheckStep.ACCEPT, actor)
    found = progress(fresh)
    if not found.is_complete:
        raise RuleBroken("unfinished", f"还不能完成：{found.sentence}")
    fresh.checked_at = now
    fresh.save(update_fields=["checked_at"])
    looks = PhotoCheck.objects.filter(
        photo__item__batch=fresh, step=CheckStep.ACCEPT, round=fresh.round
    ).aggregate(ms=Sum("seen_ms"), people=Count("user", distinct=True))
    figures = {
        "round": fresh.round,
        "photos": found.total,
        "wrong": found.wrong,
        "seconds": round((looks["ms"] or 0) / 1000),
        "people": looks["people"],
    }
    record(actor, Verb.BATCH_CHECKED, fresh, now=now, after=figures)
    return fresh


def refuse_unfinished(batch: Batch) -> None:
    """Refuse to accept a batch whose photographs were not finished in this round (unfinished)."""
    if not is_checked(batch):
        left = progress(batch).sentence or "照片已全部看过，还没有点“完成”。"
        raise RuleBroken("unfinished", f"附件尚未审核完成：{left}请先在“审核附件”中完成。")


def fix_sample(batch: Batch) -> Batch:
    """Freeze by which seed and percentage the sample is drawn; called once, with 受理, under its lock."""
    batch.sample_seed = secrets.token_hex(16)
    batch.sample_percent = setting_of(batch).sample_percent
    batch.save(update_fields=["sample_seed", "sample_percent"])
    return batch


def refuse_unsampled(batch: Batch, actor: Actor) -> None:
    """Refuse 审核 until this very person has looked at the whole sample, long enough (unsampled)."""
    found = (
        photos_of(batch, CheckStep.SAMPLE)
        .order_by()
        .aggregate(
            unseen=Count("pk", filter=Q(standing=UNSEEN)),
            others=Count("pk", filter=~Q(standing=UNSEEN) & ~Q(judged_by_id=actor.user_id)),
            again=Count("pk", filter=Q(standing=AGAIN, judged_by_id=actor.user_id)),
        )
    )
    left = [f"{found['unseen']} 张未复看"] if found["unseen"] else []
    left += [f"{found['others']} 张由他人复看"] if found["others"] else []
    left += [f"{found['again']} 张查看时间太短"] if found["again"] else []
    if left:
        raise RuleBroken(
            "unsampled", f"抽样复看尚未完成：{'，'.join(left)}。请先在“抽样复看”中逐张查看。"
        )


# ------------------------------------------------------------------ pieces
def _take_turns(user_id: int | None) -> None:
    """Wait for the same person's judgement that is being written in another tab, of any batch."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"cylinder-look:{user_id}"]
        )


def _refuse_unless_open(batch: Batch, step: CheckStep | None, actor: Actor) -> CheckStep:
    """The step in which a handler may judge now; RuleBroken in words otherwise."""
    if not is_handler(batch, actor):
        raise RuleBroken("not_yours", "只有受理区县的登记机关可以审核照片。", status=403)
    now_open = step_open(batch)
    if now_open is not None and step in (None, now_open):
        return now_open
    if batch.state == BatchState.SUBMITTED and step != CheckStep.SAMPLE:
        raise RuleBroken("checked", "本批次的附件审核已经完成，判定不能再修改。")
    doing = "抽样复看" if step == CheckStep.SAMPLE else "审核附件"
    raise RuleBroken("wrong_state", f"当前状态为“{batch.get_state_display()}”，不能{doing}。")


def _refuse_verdict(verdict: str, reason: str) -> str:
    """The reason as it is kept; 错误 needs one, 正确 has none."""
    if verdict not in Verdict.values:
        raise RuleBroken("verdict_needed", "请选择“正确”或“错误”。", field="verdict")
    if verdict == Verdict.CORRECT:
        return ""
    reason = " ".join(normalise(reason or "").split())
    if not reason:
        raise RuleBroken(
            "reason_needed", "请选择或填写错误原因，移出气瓶时会告知单位。", field="reason"
        )
    if len(reason) > LONGEST_REASON:
        raise RuleBroken("too_long", f"错误原因最多 {LONGEST_REASON} 个字。", field="reason")
    return reason
