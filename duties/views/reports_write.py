"""Writing 周报告 and 月报告 on the phone: form, draft, photographed pages, signature (F69, F71)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from config.access import page, set_web_timeouts
from config.actor import Actor
from config.clock import SHANGHAI
from config.errors import RuleBroken
from config.readonly import read_only
from duties import queries_reports as queries
from duties.actions import report_drafts as drafts
from duties.actions import reports
from duties.enums import TaskKind
from duties.forms_reports import MinutesForm, ReportForm, WeeklyReportForm
from duties.models import MonthlyMinutes, ReportDraft, Task, WeeklyReport
from duties.queries import is_missed
from duties.views import reports_shown as shown
from duties.views.signing import has_photograph, signature_shown, stored_photograph
from units.carried import files_of
from units.models import Photo
from units.photos import store_photo
from units.roles import Can
from units.signatures import store_signature

WEEKLY, MONTHLY = TaskKind.WEEKLY_REPORT.value, TaskKind.MONTHLY_MINUTES.value
FORMS: dict[str, type[ReportForm]] = {WEEKLY: WeeklyReportForm, MONTHLY: MinutesForm}
WRITE_PAGES = {WEEKLY: "duties:report-write", MONTHLY: "duties:minutes-write"}
SIGNED_PAGES = {WEEKLY: "duties:field-report", MONTHLY: "duties:field-minutes"}
# Refusals after which nothing can be filled in any more; what was typed is shown to be read.
FINAL = {"already_done", "waived", "not_yours", "backfill_closed", "deregistered"}


@page(Can.REPORT_WRITE, writes=True, own_transaction=True)
@never_cache
def report_write(request: HttpRequest, code: str) -> HttpResponse:
    """周排查治理报告: the form (GET), 保存草稿 and 保存 under the signature (POST)."""
    return _write_page(request, code, WEEKLY)


@page(Can.REPORT_WRITE, writes=True, own_transaction=True)
@never_cache
def minutes_write(request: HttpRequest, code: str) -> HttpResponse:
    """月调度会议报告: the form (GET), 保存草稿 and 生成月调度报告 (POST)."""
    return _write_page(request, code, MONTHLY)


@page(Can.REPORT_WRITE, writes=True, reads=False)
@never_cache
def report_draft(request: HttpRequest, code: str) -> HttpResponse:
    """Save the draft while somebody types (fetch); answers with the clock and the new rev."""
    now = timezone.now()
    kind = MONTHLY if request.POST.get("kind") == MONTHLY else WEEKLY
    task = queries.get_report_task(request.actor, code, kind)
    saved = _save_draft(request, task, now)
    return JsonResponse({"saved_at": _clock(now), "rev": saved.rev})


def _write_page(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    now = timezone.now()
    task = queries.get_report_task(request.actor, code, kind)
    if request.method == "POST":
        return _post(request, task, now)
    with read_only():
        signed = shown.signed_of(task)
        if signed is not None:
            return redirect(SIGNED_PAGES[kind], signed.code)
        try:
            drafts.refuse_unless_writable(task, actor=request.actor, now=now)
        except RuleBroken as broken:
            return _refused(request, task, broken, now)
        begun = queries.draft_of(task, request.actor)
        return _render(request, task, _blank_form(task, begun, now), begun, now)


def _blank_form(task: Task, begun: ReportDraft | None, now: datetime) -> ReportForm:
    """The form as the draft has it; a fresh weekly one is filled from the hazards."""
    if begun is not None and begun.fields:
        initial = dict(begun.fields)
    else:
        initial = queries.proposed(task) if task.kind == WEEKLY else {}
    initial |= {
        "client_uuid": begun.client_uuid if begun is not None else uuid.uuid4(),
        "rev": begun.rev if begun is not None else 0,
    }
    return _form(task, now, initial=initial)


def _form(task: Task, now: datetime, *given: Any, **initial: Any) -> ReportForm:
    return FORMS[task.kind](
        *given, unit_kind=task.unit_kind, is_missed=is_missed(task, now), **initial
    )


def _post(request: HttpRequest, task: Task, now: datetime) -> HttpResponse:
    """Keep the draft and the photos first, then do what the button asks for."""
    actor = request.actor
    form = _form(task, now, request.POST, request.FILES)
    signed = shown.signed_of(task)
    if signed is not None and str(signed.client_uuid) == request.POST.get("client_uuid"):
        return redirect(SIGNED_PAGES[task.kind], signed.code)
    refusal = None
    try:
        with transaction.atomic():
            set_web_timeouts()
            _save_draft(request, task, now)
    except RuleBroken as broken:
        refusal = broken
    if refusal is not None and refusal.code in FINAL:
        return _refused(request, task, refusal, now, form)
    if isinstance(form, MinutesForm):
        _take_photos(request, form, task, now)
    begun = queries.draft_of(task, actor)
    if refusal is not None:
        return _refused(request, task, refusal, now, form)
    _carry_rev(form, begun)
    if request.POST.get("do") == "draft" and not shown.photo_errors(form):
        messages.success(request, f"草稿已存 {_clock(now)}")
        return redirect(WRITE_PAGES[task.kind], task.code)
    if form.errors:
        blank = [] if _is_signed(request, now) else ["签名为空，请重新签名。"]
        return _render(request, task, form, begun, now, errors=blank, status=422)
    return _sign(request, task, form, begun, now)


def _save_draft(request: HttpRequest, task: Task, now: datetime) -> ReportDraft:
    if not any(name in request.POST for name in drafts.DRAFT_FIELDS[task.kind]):
        drafts.refuse_unless_writable(task, actor=request.actor, now=now)
        raise RuleBroken("stale_page", "页面内容不完整，请重新打开本页后再填写。")
    rev = request.POST.get("rev", "")
    return drafts.save_draft(
        task,
        fields={key: value.replace("\x00", "") for key, value in request.POST.items()},
        client_uuid=_uuid(request.POST.get("client_uuid", "")),
        rev=int(rev) if rev.isdecimal() and len(rev) < 10 else None,
        actor=request.actor,
        now=now,
    )


def _take_photos(request: HttpRequest, form: MinutesForm, task: Task, now: datetime) -> None:
    """Take back what was ticked, store what came; a bad picture becomes an error of its slot."""
    actor, page_uuid = request.actor, _uuid(request.POST.get("client_uuid", ""))
    dropped = [str(_uuid(code)) for code in request.POST.getlist("drop")]
    try:
        if dropped:
            drafts.remove_photos(task, codes=dropped, actor=actor, now=now)
    except RuleBroken as broken:
        form.add_error(None, broken.message)
    for name, upload, client_uuid in form.uploads():
        try:
            photo = _store(upload, client_uuid, task, actor, now)
            drafts.attach_photo(task, photo=photo, client_uuid=page_uuid, actor=actor, now=now)
        except RuleBroken as broken:
            form.add_error(name, f"{upload.name}：{broken.message}")


def _store(upload: Any, client_uuid: str, task: Task, actor: Actor, now: datetime) -> Photo:
    return store_photo(
        upload,
        unit_id=task.unit_id,
        client_uuid=client_uuid,
        purpose=drafts.PHOTO_PURPOSE,
        actor=actor,
        now=now,
    )


def _pictures_of_loser(
    request: HttpRequest, form: ReportForm, task: Task, now: datetime
) -> list[Photo]:
    """The pages that came with a form which was a moment too late: kept, so that he sees them."""
    kept = []
    for _, upload, client_uuid in form.uploads() if isinstance(form, MinutesForm) else ():
        try:
            kept.append(_store(upload, client_uuid, task, request.actor, now))
        except RuleBroken:
            continue
    return kept


def _sign(
    request: HttpRequest, task: Task, form: ReportForm, begun: ReportDraft | None, now: datetime
) -> HttpResponse:
    actor = request.actor
    data = form.cleaned_data
    try:
        signature = signature_of(request, task, data["client_uuid"], now)
        with transaction.atomic():
            set_web_timeouts()
            if task.kind == WEEKLY:
                signed = _sign_weekly(task, data, signature, actor, now)
            else:
                pages = [link.photo for link in begun.kept_photos] if begun else []
                signed = _generate(task, data, pages, signature, actor, now)
            files_of(request, now).use_up()
    except RuleBroken as broken:
        if broken.code in FINAL:
            return _refused(request, task, broken, now, form)
        errors = [broken.message] if broken.field in {"signature", "photo"} else []
        if broken.code == "no_photo":
            form.add_error("photo_1", broken.message)
            errors = []
        elif not errors:
            form.add_error(broken.field if broken.field in form.fields else None, broken.message)
        status = 422 if broken.field else broken.status
        return _render(request, task, form, begun, now, errors=errors, status=status)
    late = "补录" if signed.backfill_reason else ""
    done = "周报告已保存" if task.kind == WEEKLY else "月调度报告已生成"
    messages.success(request, f"{done}{'（' + late + '）' if late else ''}，不能再修改。")
    return redirect(SIGNED_PAGES[task.kind], signed.code)


def _sign_weekly(
    task: Task, data: dict[str, Any], signature: reports.Signing, actor: Actor, now: datetime
) -> WeeklyReport:
    return reports.sign_weekly_report(
        task,
        said=reports.WeeklyText(
            main_hazards=data["main_hazards"],
            evaluation=data["evaluation"],
            next_work=data["next_work"],
            last_week=data["last_week"],
            backfill_reason=data.get("backfill_reason", ""),
        ),
        signature=signature,
        client_uuid=data["client_uuid"],
        actor=actor,
        now=now,
    )


def _generate(
    task: Task,
    data: dict[str, Any],
    pages: list[Photo],
    signature: reports.Signing,
    actor: Actor,
    now: datetime,
) -> MonthlyMinutes:
    return reports.generate_minutes(
        task,
        said=reports.MinutesText(
            held_at=data["held_at"],
            place=data["place"],
            summary=data["summary"],
            backfill_reason=data.get("backfill_reason", ""),
        ),
        photos=pages,
        signature=signature,
        client_uuid=data["client_uuid"],
        actor=actor,
        now=now,
    )


def signature_of(
    request: HttpRequest, about: Task | MonthlyMinutes, key: Any, now: datetime
) -> Callable[[], Any]:
    """What makes the signature; a photographed one is stored before anything is locked."""
    actor, strokes = request.actor, request.POST.get("signature_strokes", "")
    photo = stored_photograph(request, unit_id=about.unit_id, key=key, now=now)
    return lambda: store_signature(strokes_json=strokes, photo=photo, actor=actor, now=now)


def _is_signed(request: HttpRequest, now: datetime) -> bool:
    """Whether there is a signature at all, to be said together with what else is missing."""
    return bool(request.POST.get("signature_strokes")) or has_photograph(request, now)


def _carry_rev(form: ReportForm, begun: ReportDraft | None) -> None:
    """Give a page that comes back the number of the draft as it now is."""
    if begun is not None:
        form.data = form.data.copy()
        form.data["rev"] = str(begun.rev)


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.uuid4()


def _clock(now: datetime) -> str:
    return f"{now.astimezone(SHANGHAI):%H:%M}"


# ------------------------------------------------------------------ showing the page
def _render(
    request: HttpRequest,
    task: Task,
    form: ReportForm,
    begun: ReportDraft | None,
    now: datetime,
    *,
    errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        **shown.writing(task, form, begun, request.actor, now),
        **signature_shown(request, now, errors or ()),
    }
    name = "report_weekly_write" if task.kind == WEEKLY else "report_monthly_write"
    return render(request, f"duties/field/{name}.html", context, status=status)


def _refused(
    request: HttpRequest,
    task: Task,
    broken: RuleBroken,
    now: datetime,
    form: ReportForm | None = None,
) -> HttpResponse:
    """A rule refused: the form as typed, or, when it is too late, text and photos to read."""
    task = queries.get_report_task(request.actor, task.code, task.kind)
    begun = queries.draft_of(task, request.actor)
    if form is not None and broken.code not in FINAL:
        form.add_error(None, broken.message)
        _carry_rev(form, begun)  # what stands elsewhere has been told: the next 保存 is meant
        return _render(request, task, form, begun, now, status=broken.status)
    signed = shown.signed_of(task)
    photos = [link.photo for link in begun.kept_photos] if begun is not None else []
    if form is not None and broken.code == "already_done":
        photos += _pictures_of_loser(request, form, task, now)
    context = {
        "task": task,
        "heading": shown.heading(task),
        "broken": broken,
        "typed": shown.typed(form) if form is not None else [],
        "pictures": shown.pictures(photos),
        "signed_url": reverse(SIGNED_PAGES[task.kind], args=[signed.code]) if signed else "",
    }
    return render(request, "duties/field/report_refused.html", context, status=broken.status)
