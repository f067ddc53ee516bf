"""Signing weekly reports and monthly minutes, and the principal's signature (F69, F71).

How a signing goes, for both kinds:

1. The to-do is locked and read again; one that is done already tells who did it and when, so that
   the loser of a race keeps his text on the page (decision 9).
2. The texts are checked again, whatever the form said; figures are counted inside the lock.
3. The signature is stored, the record written with its digest, the to-do moved (按时 or 补录).
4. Whoever signs becomes the to-do's assignee: reports of a pool belong to who hands them in.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from config.actor import Actor
from config.clock import first_of_month, local_day
from config.errors import RuleBroken
from config.words import cn_datetime, cn_month
from config.workflow import lock, transition
from duties import queries_reports as queries
from duties import tallies
from duties.actions.draft import close_if_expired
from duties.actions.report_drafts import MOST_PHOTOS, claim, free_uuid, require_employed
from duties.answers import canonical
from duties.enums import Evaluation, Level, TaskKind, TaskState, Timing
from duties.models import (
    MinutesPhoto,
    MinutesSignature,
    MonthlyMinutes,
    Task,
    WeeklyReport,
)
from equipment import subjects
from hazards.actions import steps
from hazards.people import principals
from units import audit, outbox
from units.models import Photo, Signature, Staff
from units.roles import Role

TEXT_LIMIT = 2000

# A signature, or what makes one once it is certain that it is needed.
Signing = Signature | Callable[[], Signature]


@dataclass(frozen=True)
class WeeklyText:
    """What the author says in a weekly report; the figures are counted, never typed."""

    main_hazards: str
    evaluation: str
    next_work: str
    last_week: str = ""
    backfill_reason: str = ""


@dataclass(frozen=True)
class MinutesText:
    """What is typed of minutes; the minutes themselves are photographed."""

    held_at: datetime
    place: str = ""
    summary: str = ""
    backfill_reason: str = ""


@transaction.atomic
def sign_weekly_report(
    task: Task,
    *,
    said: WeeklyText,
    signature: Signing,
    client_uuid: uuid.UUID | str,
    actor: Actor,
    now: datetime,
) -> WeeklyReport:
    """保存: freeze the report of a week with both weeks' figures under the signature (M 3.4).

    Sent twice under one `client_uuid` it is one report. RuleBroken: main_hazards_missing,
    next_work_missing, evaluation_missing, backfill_reason_missing, … (beside their fields),
    blank_signature (field `signature`), already_done, and what `claim` refuses.
    """
    signed = _signed_already(task, WeeklyReport, client_uuid, now)
    if signed is not None:
        return signed
    fresh = claim(task, actor=actor, now=now)
    texts = {
        "last_week": _text(said.last_week, "last_week", "上周问题整改情况"),
        "main_hazards": _text(
            said.main_hazards,
            "main_hazards",
            "本周主要安全风险隐患和整改情况",
            missing="请填写本周主要安全风险隐患和整改情况。",
        ),
        "evaluation": said.evaluation,
        "next_work": _text(
            said.next_work, "next_work", "下周工作重点", missing="请填写下周工作重点。"
        ),
    }
    if said.evaluation not in Evaluation.values:
        raise RuleBroken("evaluation_missing", "请选择本周安全管理情况评价。", field="evaluation")
    figures = queries.report_figures(fresh)
    shared = _shared(fresh, said.backfill_reason, signature, texts, figures, actor=actor, now=now)
    report = WeeklyReport.objects.create(
        client_uuid=free_uuid(WeeklyReport, client_uuid),
        week_on=fresh.period_on - queries.WEEK,
        figures=figures,
        **texts,
        **shared,
    )
    _file(fresh, actor=actor, now=now)
    _audit(audit.Verb.WEEKLY_REPORT_SIGNED, report, figures, actor=actor, now=now)
    return report


@transaction.atomic
def generate_minutes(
    task: Task,
    *,
    said: MinutesText,
    photos: Sequence[Photo],
    signature: Signing,
    client_uuid: uuid.UUID | str,
    actor: Actor,
    now: datetime,
) -> MonthlyMinutes:
    """生成月调度报告: freeze meeting and photographed minutes under the signature (M 3.5).

    The to-do is everybody's: whoever comes first closes it, the second is told who and when. What
    somebody else than a principal generated waits for a principal's signature, and he is told.
    RuleBroken: held_at_out_of_month, held_at_in_future, no_photo, too_many_photos, foreign_photo,
    photo_used, already_done, blank_signature, and what `claim` refuses.
    """
    signed = _signed_already(task, MonthlyMinutes, client_uuid, now)
    if signed is not None:
        return signed
    fresh = claim(task, actor=actor, now=now)
    _require_meeting(fresh, said.held_at, now)
    pages = _pages(fresh, photos)
    texts = {
        "held_at": said.held_at,
        "place": _text(said.place, "place", "会议地点", limit=120),
        "summary": _text(said.summary, "summary", "会议内容摘要"),
    }
    said_in_json = {
        **texts,
        "held_at": said.held_at.isoformat(),
        "photos": [str(photo.code) for photo in pages],
    }
    figures = queries.month_figures(fresh)
    shared = _shared(
        fresh, said.backfill_reason, signature, said_in_json, figures, actor=actor, now=now
    )
    minutes = MonthlyMinutes.objects.create(
        client_uuid=free_uuid(MonthlyMinutes, client_uuid), figures=figures, **texts, **shared
    )
    MinutesPhoto.objects.bulk_create(MinutesPhoto(minutes=minutes, photo=photo) for photo in pages)
    _file(fresh, actor=actor, now=now)
    _audit(audit.Verb.MINUTES_SIGNED, minutes, {"photos": len(pages)}, actor=actor, now=now)
    if minutes.facts["needs_principal"]:
        _ask_principals(minutes, actor=actor, now=now)
    return minutes


@transaction.atomic
def countersign(
    minutes: MonthlyMinutes, *, signature: Signing, actor: Actor, now: datetime
) -> MinutesSignature:
    """The principal's signature on minutes that a director generated (decision 13). Repeatable.

    RuleBroken: not_yours (403), not_asked, already_signed, blank_signature (field `signature`).
    """
    fresh = lock(minutes)
    if actor.unit_id != fresh.unit_id or not actor.has_role(Role.PRINCIPAL):
        raise RuleBroken("not_yours", "只有本单位主要负责人可以签名。", status=403)
    if not fresh.facts.get("needs_principal"):
        raise RuleBroken("not_asked", "该月报告由主要负责人生成并签名，不用再次签名。")
    done = MinutesSignature.objects.filter(minutes=fresh).first()
    if done is not None:
        if done.staff_id == actor.staff_id:
            return done
        raise RuleBroken(
            "already_signed", f"该月报告已由{done.name}于 {cn_datetime(done.signed_at)} 签名。"
        )
    require_employed(actor)
    signed_by = _own(signature, actor)
    made = MinutesSignature.objects.create(
        minutes=fresh,
        staff_id=actor.staff_id,
        name=signed_by.signer_name,
        signature=signed_by,
        signed_at=now,
    )
    audit.record(
        actor,
        audit.Verb.MINUTES_COUNTERSIGNED,
        fresh,
        now=now,
        after={"principal": made.name},
    )
    return made


def _signed_already(task: Task, model: type, client_uuid: uuid.UUID | str, now: datetime) -> Any:
    """Lock the to-do; what came of this very page, if the person only sent it twice."""
    close_if_expired(task, now=now)
    lock(task)
    return model.objects.filter(task=task, client_uuid=client_uuid).first()


# ------------------------------------------------------------------ what is frozen
def _text(text: str, field: str, label: str, *, limit: int = TEXT_LIMIT, missing: str = "") -> str:
    return steps.require_text(text, field=field, label=label, limit=limit, missing=missing)


def _require_meeting(task: Task, held_at: datetime, now: datetime) -> None:
    if first_of_month(local_day(held_at)) != task.period_on:
        raise RuleBroken(
            "held_at_out_of_month",
            f"会议时间须在 {cn_month(task.period_on)}内，请重新选择。",
            field="held_at",
        )
    if held_at > now:
        raise RuleBroken("held_at_in_future", "会议时间不能晚于现在。", field="held_at")


def _pages(task: Task, photos: Sequence[Photo]) -> list[Photo]:
    pages = list({photo.pk: photo for photo in photos}.values())
    if not pages:
        raise RuleBroken("no_photo", "请拍照上传会议纪要。", field="photos")
    if len(pages) > MOST_PHOTOS:
        raise RuleBroken("too_many_photos", f"最多上传 {MOST_PHOTOS} 张照片。", field="photos")
    if any(photo.unit_id != task.unit_id for photo in pages):
        raise RuleBroken("foreign_photo", "照片不属于本单位，请重新上传。", field="photos")
    if MinutesPhoto.objects.filter(photo__in=pages).exists():
        raise RuleBroken("photo_used", "该照片已用于其他月报告，请重新拍摄。", field="photos")
    return pages


def _shared(
    task: Task,
    backfill_reason: str,
    signature: Signing,
    said: Mapping[str, Any],
    figures: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> dict[str, Any]:
    """The columns both kinds have; the signature is made last, when nothing can refuse any more."""
    missed = task.state == TaskState.MISSED
    reason = ""
    if missed:
        reason = _text(
            backfill_reason, "backfill_reason", "补录原因", limit=200, missing="请填写补录原因。"
        )
    author = Staff.objects.get(pk=actor.staff_id)
    role = queries.acting_role(task, actor)
    facts = _facts(task, author, role)
    frozen = {"facts": facts, "figures": figures, "said": dict(said)}
    signed_by = _own(signature, actor)
    return {
        "task": task,
        "period_on": task.period_on,
        "unit_id": task.unit_id,
        "unit_kind": task.unit_kind,
        "category": task.category,
        "level": role,
        "author": author,
        "author_name": author.name,
        "facts": facts,
        "received_at": now,
        "timing": Timing.BACKFILLED if missed else Timing.ON_TIME,
        "backfill_reason": reason,
        "signature": signed_by,
        "digest": hashlib.sha256(canonical(frozen)).hexdigest(),
    }


def _facts(task: Task, author: Staff, role: str) -> dict[str, Any]:
    """What the document says of unit and author for ever, as it is now."""
    day = task.period_on
    post = "主要负责人"
    if role != Level.PRINCIPAL:
        post = queries.document_title(
            unit_kind=task.unit_kind,
            category=task.category,
            subject=role,
            region=task.unit.region_id,
            day=day,
        ) or str(Level(role).label)
    stands_in = task.stands_in_for if task.assignee_id == author.pk else None
    return {
        "unit_name": task.unit.name,
        "credit_code": task.unit.credit_code,
        "category_label": subjects.label(task.category),
        "author_name": author.name,
        "author_post": post,
        "on_behalf_of": stands_in.name if stands_in is not None else "",
        "needs_principal": task.kind == TaskKind.MONTHLY_MINUTES and role != Level.PRINCIPAL,
    }


def _own(signature: Signing, actor: Actor) -> Signature:
    made = signature() if callable(signature) else signature
    if made.staff_id != actor.staff_id:
        raise RuleBroken("foreign_signature", "签名须由填报人本人完成。", field="signature")
    return made


def _file(task: Task, *, actor: Actor, now: datetime) -> None:
    """Move the to-do; whoever handed it in is its assignee from now on."""
    missed = task.state == TaskState.MISSED
    changes: dict[str, Any] = {}
    if task.assignee_id != actor.staff_id:
        task.assignee_id = actor.staff_id
        changes = {"assignee_id": actor.staff_id, "stands_in_for_id": None}
    name = "backfill" if missed else "file"
    transition(task, name, actor=actor, now=now, changes=changes, locked=True)
    if missed:
        tallies.recount([(task.unit_id, task.period_on, task.cadence)])


def _audit(
    verb: audit.Verb, report: Any, told: Mapping[str, Any], *, actor: Actor, now: datetime
) -> None:
    audit.record(
        actor,
        verb,
        report,
        now=now,
        after={
            "task": report.task.code,
            "period_on": report.period_on,
            "category": report.category,
            "timing": report.timing,
            "digest": report.digest,
            **told,
        },
    )


def _ask_principals(minutes: MonthlyMinutes, *, actor: Actor, now: datetime) -> None:
    label = minutes.facts["category_label"]
    for person in principals(minutes.unit_id, local_day(now)):
        if person.pk == actor.staff_id:
            continue
        outbox.tell(
            person,
            kind="minutes.to_sign",
            text=f"{actor.name}已生成{cn_month(minutes.period_on)}{label}月调度报告，请您签名。",
            dedupe_key=f"minutes.to_sign:{minutes.code}",
            now=now,
            link=reverse("duties:field-minutes", args=[minutes.code]),
        )
