"""Writing weekly reports and monthly minutes: who may still write, drafts and their photos."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from config.actor import Actor
from config.clock import SHANGHAI
from config.errors import RuleBroken
from config.workflow import lock, transition
from duties import queries_reports as queries
from duties.actions.draft import close_if_expired
from duties.enums import TaskKind, TaskState
from duties.models import MonthlyMinutes, ReportDraft, ReportDraftPhoto, Task, WeeklyReport
from duties.queries import backfill_closes_at, is_missed
from units.models import Photo, Staff

PHOTO_PURPOSE = "minutes_photo"
MOST_PHOTOS = 9
DRAFT_LIMIT = 20_000
# What a draft may hold, by the names of the form fields.
DRAFT_FIELDS = {
    TaskKind.WEEKLY_REPORT.value: (
        "last_week", "main_hazards", "evaluation", "next_work", "backfill_reason",
    ),
    TaskKind.MONTHLY_MINUTES.value: ("held_at", "place", "summary", "backfill_reason"),
}  # fmt: skip


# ------------------------------------------------------------------ drafts
@transaction.atomic
def save_draft(
    task: Task,
    *,
    fields: Mapping[str, str],
    client_uuid: uuid.UUID | str,
    rev: int | None = None,
    actor: Actor,
    now: datetime,
) -> ReportDraft:
    """Keep what one person has typed so far and return the draft. Repeatable.

    Saving claims nothing: a report of a pool belongs to who signs it. RuleBroken: draft_changed
    (`rev` is not the save this page was opened with), draft_too_long, and what `claim` refuses.
    """
    fresh = claim(task, actor=actor, now=now)
    known = {name: str(fields.get(name, "")) for name in DRAFT_FIELDS[fresh.kind]}
    for text in known.values():
        if len(text) > DRAFT_LIMIT:
            raise RuleBroken("draft_too_long", "内容过长，草稿没有保存，请删减后再试。")
    draft = _own_draft(fresh, client_uuid, actor=actor, now=now)
    if rev is not None and rev != draft.rev and known != draft.fields:
        raise RuleBroken(
            "draft_changed", "草稿刚刚在另一个页面被修改过，本页内容没有保存，请核对后再保存。"
        )
    if known != draft.fields:
        draft.fields = known
        draft.rev += 1
        draft.updated_at = now
        draft.save(update_fields=["fields", "rev", "updated_at"])
    return draft


@transaction.atomic
def attach_photo(
    task: Task, *, photo: Photo, client_uuid: uuid.UUID | str, actor: Actor, now: datetime
) -> ReportDraftPhoto:
    """Put a photographed page of minutes to the person's draft. Repeatable.

    RuleBroken: too_many_photos, photo_refused (field `photo`), and what `claim` refuses.
    """
    fresh = claim(task, actor=actor, now=now)
    draft = _own_draft(fresh, client_uuid, actor=actor, now=now)
    link = ReportDraftPhoto.objects.filter(photo=photo).first()
    if photo.unit_id != fresh.unit_id or (link is not None and link.draft_id != draft.pk):
        raise RuleBroken("photo_refused", "这张照片已用于其他报告，请重新拍摄。", field="photo")
    if link is not None and link.removed_at is None:
        return link
    if draft.photos.filter(removed_at=None).count() >= MOST_PHOTOS:
        raise RuleBroken("too_many_photos", f"最多上传 {MOST_PHOTOS} 张照片。", field="photo")
    if link is None:
        return ReportDraftPhoto.objects.create(draft=draft, photo=photo, created_at=now)
    link.removed_at = None
    link.save(update_fields=["removed_at"])
    return link


@transaction.atomic
def remove_photos(task: Task, *, codes: Sequence[str], actor: Actor, now: datetime) -> int:
    """Take pages back from the person's draft; the pictures stay as received. Repeatable."""
    fresh = claim(task, actor=actor, now=now)
    return ReportDraftPhoto.objects.filter(
        draft__task=fresh, draft__staff_id=actor.staff_id, photo__code__in=codes, removed_at=None
    ).update(removed_at=now)


# ------------------------------------------------------------------ may he, still
def claim(task: Task, *, actor: Actor, now: datetime) -> Task:
    """Lock a report's to-do and return it as it now is, if this person may still write it.

    RuleBroken in words: already_done, waived, not_yours (403), deregistered, just_expired,
    backfill_closed.
    """
    close_if_expired(task, now=now)
    fresh = lock(task)
    if fresh.is_open and fresh.due_at <= now:
        raise RuleBroken("just_expired", "该报告刚刚超过截止时间，请刷新页面后补录。")
    refuse_unless_writable(fresh, actor=actor, now=now)
    return fresh


def refuse_unless_writable(task: Task, *, actor: Actor, now: datetime) -> None:
    """Say in words why this person cannot write a report; nothing if he can (no lock taken)."""
    if task.state in {TaskState.DONE, TaskState.BACKFILLED}:
        raise RuleBroken("already_done", _done_words(task))
    if task.state == TaskState.WAIVED:
        raise RuleBroken("waived", f"该报告已免检（{task.waive_reason}），不用再填写。")
    require_employed(actor)
    if not queries.may_write(task, actor):
        name = task.assignee.name if task.assignee_id else "其他人员"
        raise RuleBroken("not_yours", f"该报告现由{name}负责，您不能填写。", status=403)
    if is_missed(task, now) and now >= backfill_closes_at(task):
        raise RuleBroken("backfill_closed", "补录期限已过，该报告按漏检保存，不能再补录。")


def _done_words(task: Task) -> str:
    model = WeeklyReport if task.kind == TaskKind.WEEKLY_REPORT else MonthlyMinutes
    name = model.objects.filter(task=task).values_list("author_name", flat=True).first()
    when = f"{task.completed_at.astimezone(SHANGHAI):%m月%d日 %H:%M}"
    return f"该报告已由{name or '他人'}于 {when} 提交，不能再次提交。"


def require_employed(actor: Actor) -> None:
    """Refuse who has been deregistered meanwhile (RuleBroken deregistered)."""
    if not Staff.objects.employed().filter(pk=actor.staff_id).exists():
        raise RuleBroken("deregistered", "您已从本单位注销，不能再提交；请联系单位管理员。")


def free_uuid(model: type, client_uuid: uuid.UUID | str) -> uuid.UUID:
    """The page's UUID, or a new one if another record has it (a page that was copied)."""
    wanted = uuid.UUID(str(client_uuid))
    return uuid.uuid4() if model.objects.filter(client_uuid=wanted).exists() else wanted


def _own_draft(
    task: Task, client_uuid: uuid.UUID | str, *, actor: Actor, now: datetime
) -> ReportDraft:
    """The person's draft, made with the first save; who is to write it has then begun."""
    draft = ReportDraft.objects.filter(task=task, staff_id=actor.staff_id).first()
    if draft is not None:
        return draft
    if task.state == TaskState.TODO and task.assignee_id == actor.staff_id:
        transition(task, "start", actor=actor, now=now, locked=True)
    return ReportDraft.objects.create(
        task=task,
        client_uuid=free_uuid(ReportDraft, client_uuid),
        staff_id=actor.staff_id,
        created_at=now,
        updated_at=now,
    )
