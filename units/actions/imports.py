"""Imports of workbooks: uploaded, checked (dry run), applied once (B118, D12).

How a job comes about:

1. `start_import` keeps the file and makes the job. A small file is checked in the same request, a
   larger one by a worker; a file that cannot be read is refused beside the upload field.
2. `run_check` computes the plan and keeps what the preview shows, with the plan's digest.
3. `ask_apply` takes the person's yes for exactly that digest, once: the job's row is locked, so a
   second click or tab finds it under way or done.
4. `run_apply` computes the plan again by the same code under the kind's locks. A different digest
   writes nothing: the new preview is kept and told. Otherwise everything is written in one
   transaction with the audit row.
5. A worker that died leaves a job behind: one being checked is found by `touched_at`, one being
   written by its row lock, which died with the worker. `unfinished` names them, any run repeats.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from config.actor import Actor
from config.errors import RuleBroken
from config.excel import annotate, guard, kinds, preview
from config.excel.kinds import Context, ImportKind, Target
from config.excel.plan import Plan, Verdict
from config.excel.reader import Sheet
from units import files, hooks
from units.audit import Verb, record
from units.models import ImportJob
from units.queries_imports import CORRECT_ONLY, INLINE_ROWS, MODES

PURPOSES = ("import-file", "import-annotated", "import-plan")
logger = logging.getLogger(__name__)

FILE_PURPOSE, ANNOTATED_PURPOSE, PREVIEW_PURPOSE = PURPOSES
# A check that has not been heard of for this long is taken over.
SILENT = timedelta(seconds=90)
# A check that still kills its workers after this long is given up.
HOPELESS = timedelta(minutes=20)
# A job that no message has reached is picked up by the sweep.
LOST = timedelta(minutes=1)
MOVED = "档案在预览之后有变化，本次没有写入任何数据。以下是新的预览，请核对后再次确认。"
UNCHECKED = "检查时出错，没有写入任何数据。请重新上传；仍然失败的，请联系客服。"
Clock = Callable[[], datetime]
State = ImportJob.State


def closed_door(actor: Actor, stored_file: Any) -> bool:
    """Files of imports leave through the import's own pages only."""
    return False


@transaction.atomic
def start_import(
    kind: ImportKind,
    *,
    upload: Any,
    target: Target | None = None,
    given: Mapping[str, Any] | None = None,
    actor: Actor,
    now: datetime,
) -> ImportJob:
    """Keep an uploaded workbook and return its job; a small one comes back checked.

    `target` is what the rows go into, for a kind with a door, `given` what its form asked besides.
    RuleBroken(field="file") when the file cannot be read at all (config.excel.guard, reader), and
    what the door refuses.
    """
    if not kind.is_for(actor):
        raise RuleBroken("import_not_allowed", "当前账号不能导入这类数据。", status=403)
    if kind.door is not None:
        if target is None:
            raise RuleBroken("target_missing", "请从要导入的页面进入，再上传文件。", field="file")
        if target.closed:
            raise RuleBroken("target_closed", target.closed, field="file")
        kind.door.keep(target, given or {}, actor=actor, now=now)
    content = upload.read()
    name = str(getattr(upload, "name", ""))
    rows = _rows_of(content, name)
    stored = files.store(
        unit_id=actor.unit_id,
        purpose=FILE_PURPOSE,
        content=content,
        original_name=name,
        actor=actor,
        now=now,
    )
    job = ImportJob.objects.create(
        kind=kind.name,
        target=target.code if target is not None else "",
        unit_id=actor.unit_id,
        bureau_id=actor.bureau_id,
        file=stored,
        step_total=rows,
        created_by_id=actor.user_id,
        created_at=now,
        touched_at=now,
    )
    if rows <= INLINE_ROWS:
        context = Context(actor, now, target=job.target)
        sheet = kind.open(io.BytesIO(content), context)
        _keep_plan(job, kind, sheet, kind.plan(sheet, context), content, actor=actor, now=now)
    return job


def _rows_of(content: bytes, name: str) -> int:
    """How many rows the largest visible sheet lists; refuses what is no workbook."""
    stream = io.BytesIO(content)
    book = guard.check(stream, name=name)
    return max(
        (guard.scan(stream, part).rows for part in book.sheets if not part.is_hidden), default=0
    )


def run_check(job_id: int, *, actor_of: Callable[[Any], Actor], clock: Clock) -> bool:
    """Check a waiting job (or one whose worker died); return whether this call did it.

    Runs outside a transaction, so that the page sees the progress. A worker that was only slow and
    finds its job taken over and finished leaves it as it is.
    """
    now = clock()
    stale = Q(state=State.CHECKING, touched_at__lt=now - SILENT)
    hopeless = ImportJob.objects.filter(stale, pk=job_id, created_at__lt=now - HOPELESS)
    if hopeless.update(state=State.FAILED, message=UNCHECKED):
        return True
    mine = ImportJob.objects.filter(Q(state=State.WAITING) | stale, pk=job_id).update(
        state=State.CHECKING, touched_at=now
    )
    if not mine:
        return False
    job = ImportJob.objects.select_related("file", "created_by").get(pk=job_id)
    actor, kind = actor_of(job.created_by), kinds.get(job.kind)

    mine_still = ImportJob.objects.filter(pk=job_id, state=State.CHECKING)

    def progress(done: int) -> None:
        mine_still.update(step_done=done, touched_at=clock())

    try:
        if kind is None or not kind.is_for(actor):
            raise RuleBroken("import_not_allowed", "当前账号不能导入这类数据。")
        context = Context(actor, now, progress=progress, target=job.target)
        content = files.read_bytes(job.file)
        sheet = kind.open(io.BytesIO(content), context)
        mine_still.update(step_total=sheet.total, touched_at=clock())
        job.step_total = sheet.total
        with hooks.unheard():
            plan = kind.plan(sheet, context)
        with transaction.atomic():
            if mine_still.select_for_update(of=("self",)).exists():
                _keep_plan(job, kind, sheet, plan, content, actor=actor, now=now)
    except RuleBroken as broken:
        _end(job_id, State.CHECKING, State.REFUSED, broken.message)
    except Exception:
        logger.exception("import %s could not be checked", job_id)
        _end(job_id, State.CHECKING, State.FAILED, UNCHECKED)
    return True


def _end(job_id: int, was: str, state: str, message: str) -> None:
    """End a job that nobody has brought further meanwhile."""
    ImportJob.objects.filter(pk=job_id, state=was).update(state=state, message=message[:300])


def _keep_plan(
    job: ImportJob,
    kind: ImportKind,
    sheet: Sheet,
    plan: Plan,
    content: bytes,
    *,
    actor: Actor,
    now: datetime,
    message: str = "",
) -> None:
    """Keep what the preview shows of a plan, and the annotated workbook when rows are wrong."""
    counts = plan.counts()
    packed = preview.pack(plan, lambda line: kind.shown(sheet.columns, line))
    name = job.file.original_name or f"{kind.label}.xlsx"
    shown = files.store(
        unit_id=job.unit_id,
        purpose=PREVIEW_PURPOSE,
        content=packed,
        original_name=name,
        actor=actor,
        now=now,
        is_served=False,
    )
    job.annotated = None
    if counts[Verdict.REFUSED]:
        job.annotated = files.store(
            unit_id=job.unit_id,
            purpose=ANNOTATED_PURPOSE,
            content=annotate.build(
                io.BytesIO(content),
                sheet_name=sheet.name,
                header_row=sheet.header_row,
                lines=plan.of(Verdict.REFUSED),
                total=sheet.total,
            ),
            original_name=name,
            actor=actor,
            now=now,
        )
    known = {column.name: column.label for column in sheet.columns}
    job.outcome = {
        "counts": counts,
        "mended": sum(1 for line in plan.lines if line.mended),
        "notes": plan.notes,
        "labels": [known[name] for name in kind.preview],
        "preview": str(shown.pk),
        "rows": len(plan.lines),
        "is_whole": annotate.comes_whole(io.BytesIO(content), sheet.total),
    }
    job.plan_digest, job.state, job.message = plan.digest(), State.CHECKED, message
    job.checked_at, job.touched_at, job.step_done = now, now, job.step_total
    job.save()


@transaction.atomic
def ask_apply(
    job: ImportJob, *, digest: str, mode: str, actor: Actor, now: datetime
) -> tuple[ImportJob, bool]:
    """Take the yes for a preview; returns the job and whether this call was the one that counted.

    A small file is written at once, a larger one by a worker (the caller sends the task). A job
    that is being written or is done comes back as it is. RuleBroken: preview_old (another preview
    than the present one), rows_wrong (`mode` all with wrong rows), nothing_to_write.
    """
    fresh = ImportJob.objects.select_for_update(of=("self",)).select_related("file").get(pk=job.pk)
    if fresh.state in {State.APPLYING, State.DONE}:
        return fresh, False
    if fresh.state != State.CHECKED:
        raise RuleBroken("not_checked", "这个文件还没有检查完，或不能导入。")
    if digest != fresh.plan_digest:
        raise RuleBroken("preview_old", "预览已经更新，请核对新的预览后再确认。")
    counts = fresh.outcome["counts"]
    if mode not in MODES:
        raise RuleBroken("mode_missing", "请选择怎样处理有错误的行。", field="mode")
    if mode != CORRECT_ONLY and counts["refused"]:
        raise RuleBroken(
            "rows_wrong",
            f"还有 {counts['refused']} 行有错误，没有写入。请下载错误数据改好后重新上传，"
            "或选择“只导入正确的行”。",
            field="mode",
        )
    if not counts["create"] + counts["change"]:
        raise RuleBroken("nothing_to_write", "没有需要写入的行：没有新增，也没有修改。")
    fresh.state, fresh.touched_at, fresh.message = State.APPLYING, now, ""
    fresh.save(update_fields=["state", "touched_at", "message"])
    if fresh.outcome["rows"] <= INLINE_ROWS:
        fresh = _apply(fresh, actor=actor, now=now)
    return fresh, True


def run_apply(job_id: int, *, actor_of: Callable[[Any], Actor], now: datetime) -> bool:
    """Write a job that was said yes to; False when another worker holds it or it is not waiting."""
    try:
        with transaction.atomic():
            job = (
                ImportJob.objects.select_for_update(of=("self",), skip_locked=True)
                .select_related("file", "created_by")
                .filter(pk=job_id, state=State.APPLYING)
                .first()
            )
            if job is None:
                return False
            _apply(job, actor=actor_of(job.created_by), now=now)
    except Exception:
        logger.exception("import %s could not be written", job_id)
        _end(
            job_id,
            State.APPLYING,
            State.FAILED,
            "写入时出错，没有写入任何数据。请重新上传；仍然失败的，请联系客服。",
        )
    return True


def _apply(job: ImportJob, *, actor: Actor, now: datetime) -> ImportJob:
    """Plan again under the locks and write exactly what was previewed, or nothing."""
    kind = kinds.get(job.kind)
    if kind is None or not kind.is_for(actor):
        raise RuleBroken("import_not_allowed", "当前账号不能导入这类数据。", status=403)
    content = files.read_bytes(job.file)
    context = Context(actor, now, is_writing=True, target=job.target)
    sheet = kind.open(io.BytesIO(content), context)
    message = MOVED
    try:
        with transaction.atomic(), hooks.gathered():
            with hooks.unheard():
                plan = kind.plan(sheet, context)
            if plan.digest() == job.plan_digest:
                written = kind.apply(plan, context)
                return _done(job, kind, plan, written, actor=actor, now=now)
    except IntegrityError:  # somebody took a number between our look and our writing
        logger.info("import %s met a newer row", job.pk)
    except RuleBroken as broken:
        message = f"{broken.message}本次没有写入任何数据。"
    reading = replace(context, is_writing=False)
    sheet = kind.open(io.BytesIO(content), reading)
    try:
        with hooks.unheard():
            plan = kind.plan(sheet, reading)
    except RuleBroken as broken:  # what the rows go into was closed meanwhile
        _end(job.pk, State.APPLYING, State.REFUSED, f"{broken.message}没有写入任何数据。")
        job.refresh_from_db()
        return job
    _keep_plan(job, kind, sheet, plan, content, actor=actor, now=now, message=message)
    return job


def _done(
    job: ImportJob,
    kind: ImportKind,
    plan: Plan,
    written: dict[str, int],
    *,
    actor: Actor,
    now: datetime,
) -> ImportJob:
    counts = plan.counts() | written
    job.outcome = {**job.outcome, "counts": counts}
    job.state, job.applied_at, job.touched_at, job.message = State.DONE, now, now, ""
    job.save(update_fields=["outcome", "state", "applied_at", "touched_at", "message"])
    record(
        actor,
        Verb.IMPORT_APPLIED,
        job,
        now=now,
        after={"kind": kind.name, "file": job.file.original_name, **counts},
    )
    return job


def unfinished(*, now: datetime) -> list[tuple[int, str]]:
    """(id, state) of the jobs that a lost message or a dead worker left behind."""
    waiting = Q(state=State.WAITING, touched_at__lt=now - LOST)
    checking = Q(state=State.CHECKING, touched_at__lt=now - SILENT)
    writing = Q(state=State.APPLYING, touched_at__lt=now - LOST)
    rows = ImportJob.objects.filter(waiting | checking | writing).order_by("pk")
    return list(rows.values_list("pk", "state"))
