"""The one form of a round: page, step-by-step saves, photos (F53–F59)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
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
from duties import queries, sheet
from duties.actions import draft as drafts
from duties.actions import submit
from duties.answers import Change, is_blank
from duties.checklists import Composed, compose
from duties.forms import PageForm, PhotoForm, Upload, changes_of, uploads_of
from duties.models import InspectionDraft, Task
from duties.round_words import words_of
from duties.standstill import standstill_of
from units.photos import store_photo
from units.roles import Can

TEMPLATE = "duties/field/inspect.html"
LIST_CHANGED = "检查清单已更新，请核对新的内容后再提交。"
# Refusals after which nothing can be filled in any more; what was typed is shown to be read.
FINAL = {"already_done", "waived", "not_yours", "backfill_closed", "deregistered"}


@page(Can.INSPECT, writes=True, own_transaction=True)
@never_cache
def inspect(request: HttpRequest, code: str) -> HttpResponse:
    """The form (GET, writes nothing) and 保存草稿 / 立即提交 / 移除照片 of the long form (POST)."""
    now = timezone.now()
    if request.method == "POST":
        return _post(request, code, now)
    with read_only():
        task = queries.get_task(request.actor, code)
        if task.state in queries.FINISHED_STATES and hasattr(task, "inspection"):
            return redirect("duties:field-record", task.inspection.code)
        try:
            drafts.refuse_unless_workable(task, actor=request.actor, now=now)
            return _render(request, task, _page_of(task, request.actor, now), now)
        except RuleBroken as broken:
            return _refused(request, task, PageForm(), {}, broken, now)


@page(Can.INSPECT, writes=True, reads=False)
@never_cache
def draft(request: HttpRequest, code: str) -> HttpResponse:
    """Save what changed (fetch); answers with the new bases, or with both values of a conflict."""
    now = timezone.now()
    task = queries.get_task(request.actor, code)
    form = _valid(PageForm(request.POST), task, request.actor, now)
    changes = changes_of(request.POST, form)
    saved = _save(task, form, changes, request.actor, now)
    current = built(task, queries.draft_of(task, request.actor), now)
    steps = {step.key: step for step in [current.round, *current.steps]}
    asked = {key: steps[key] for key in changes if key in steps}
    if saved.checklist_changed:
        messages.warning(request, LIST_CHANGED)  # shown when the page has loaded itself again
    return JsonResponse(
        {
            "saved_at": _clock(now),
            "client_uuid": str(saved.draft.client_uuid),
            "rev": saved.draft.rev,
            "reload": saved.checklist_changed,
            "errors": saved.errors,
            "bases": {key: str(step.base) for key, step in asked.items()},
            "kept": {key: steps[key].values for key in saved.kept},
            "conflicts": {
                one.key: {
                    "mine": one.mine_in_words,
                    "theirs": one.theirs_in_words,
                    "values": one.theirs,
                    "base": str(one.base),
                }
                for one in saved.conflicts
            },
        }
    )


@page(Can.INSPECT, writes=True, reads=False, own_transaction=True)
@never_cache
def draft_photo(request: HttpRequest, code: str) -> HttpResponse:
    """Take one photo for one item (fetch); the picture is decoded before any row is locked."""
    now = timezone.now()
    task = queries.get_task(request.actor, code)
    form = _valid(PhotoForm(request.POST), task, request.actor, now)
    data = form.cleaned_data
    upload = Upload(data["item_key"], str(data["photo_uuid"]), request.FILES.get("photo"))
    photo = _take(task, upload, form, request.actor, now)
    return JsonResponse(
        {
            "code": str(photo.code),
            "url": reverse("units:file", args=[photo.copy_id]),
            "remove_url": reverse("duties:draft-photo-remove", args=[task.code, photo.code]),
            "saved_at": _clock(now),
        }
    )


@page(Can.INSPECT, writes=True, reads=False)
@never_cache
def draft_photo_remove(request: HttpRequest, code: str, photo: uuid.UUID) -> HttpResponse:
    """Take a photo back from the draft (fetch, or a button of the long form)."""
    now = timezone.now()
    task = queries.get_task(request.actor, code)
    drafts.remove_photo(task, photo_code=photo, actor=request.actor, now=now)
    if request.headers.get("X-Requested-With") == "fetch":
        return JsonResponse({"saved_at": _clock(now)})
    return redirect("duties:inspect", task.code)


# ------------------------------------------------------------------ the long form
def _post(request: HttpRequest, code: str, now: datetime) -> HttpResponse:
    """Everything at once: answers are saved, valid photos kept, then what the button asks for."""
    actor = request.actor
    task = queries.get_task(actor, code)
    form = PageForm(request.POST)
    changes: dict[str, Change] = {}
    try:
        _valid(form, task, actor, now)
        changes = changes_of(request.POST, form)
        with transaction.atomic():
            set_web_timeouts()
            saved = _save(task, form, changes, actor, now)
    except RuleBroken as broken:
        return _refused(request, task, form, changes, broken, now)
    button, _, argument = request.POST.get("do", "save").partition(":")
    photo_errors = _take_all(request, task, form, now)
    task = queries.get_task(actor, code)
    try:
        if button == "remove":
            _remove(task, argument, actor, now)
        if button == "finish" and not (saved.conflicts or saved.errors or photo_errors):
            _finish(task, form, actor, now)
            return redirect("duties:sign", task.code)
    except submit.Incomplete as incomplete:
        return _again(request, task, now, saved, changes, photo_errors, incomplete)
    except RuleBroken as broken:
        return _refused(request, task, form, changes, broken, now)
    if saved.conflicts or saved.errors or photo_errors or saved.checklist_changed:
        return _again(request, task, now, saved, changes, photo_errors)
    messages.success(request, f"草稿已存 {_clock(now)}")
    return redirect(reverse("duties:inspect", args=[task.code]) + _anchor(request))


def _valid(form: PageForm, task: Task, actor: Actor, now: datetime) -> PageForm:
    """The form if it is whole; otherwise why not, beginning with whose to-do it is."""
    if not form.is_valid():
        drafts.refuse_unless_workable(task, actor=actor, now=now)
        raise _stale_page()
    return form


def _stale_page() -> RuleBroken:
    return RuleBroken("stale_page", "页面内容不完整，请重新打开本页后再填写。")


def _save(
    task: Task, form: PageForm, changes: Mapping[str, Change], actor: Actor, now: datetime
) -> drafts.Saved:
    return drafts.save_answers(
        task,
        client_uuid=form.cleaned_data["client_uuid"],
        version_hash=form.cleaned_data["version_hash"],
        changes=changes,
        device_started_at=form.cleaned_data["device_started_at"],
        actor=actor,
        now=now,
    )


def _take(task: Task, upload: Upload, form: PageForm, actor: Actor, now: datetime) -> Any:
    """Store one photo and put it to its item; refused before decoding if the to-do is closed."""
    drafts.refuse_unless_workable(task, actor=actor, now=now)
    photo = store_photo(
        upload.file,
        unit_id=task.unit_id,
        client_uuid=upload.photo_uuid,
        purpose=drafts.PHOTO_PURPOSE,
        actor=actor,
        now=now,
    )
    with transaction.atomic():
        set_web_timeouts()
        drafts.attach_photo(
            task,
            item_key=upload.item_key,
            photo=photo,
            client_uuid=form.cleaned_data["client_uuid"],
            version_hash=form.cleaned_data["version_hash"],
            actor=actor,
            now=now,
        )
    return photo


def _take_all(
    request: HttpRequest, task: Task, form: PageForm, now: datetime
) -> dict[str, dict[str, str]]:
    """Store every photo that can be stored; the refusals by item key, each naming its file."""
    errors: dict[str, dict[str, str]] = {}
    for upload in uploads_of(request.POST, request.FILES):
        try:
            _take(task, upload, form, request.actor, now)
        except RuleBroken as broken:
            said = errors.setdefault(upload.item_key, {})
            text = f"{upload.file.name}：{broken.message}"
            said["photo"] = f"{said['photo']} {text}" if "photo" in said else text
    return errors


def _remove(task: Task, code: str, actor: Actor, now: datetime) -> None:
    try:
        photo_code = uuid.UUID(code)
    except ValueError as error:
        raise _stale_page() from error
    drafts.remove_photo(task, photo_code=photo_code, actor=actor, now=now)


def _finish(task: Task, form: PageForm, actor: Actor, now: datetime) -> None:
    with transaction.atomic():
        set_web_timeouts()
        submit.finish(
            task,
            device_finished_at=form.cleaned_data["device_finished_at"],
            actor=actor,
            now=now,
        )


def _anchor(request: HttpRequest) -> str:
    number = request.POST.get("at", "")
    return f"#q-{number}" if number.isdecimal() and len(number) < 5 else ""


# ------------------------------------------------------------------ showing the page
def _page_of(task: Task, actor: Actor, now: datetime) -> sheet.Page:
    """The page as the draft has it, or of the checklist in force for the to-do."""
    begun = queries.draft_of(task, actor)
    if begun is not None:
        return built(task, begun, now)
    composed = _composed(task, now)
    if not composed.items:
        raise RuleBroken("no_checklist", "还没有可用的管控清单，请联系单位管理员或客服。")
    return built(task, None, now, composed)


def built(
    task: Task, begun: InspectionDraft | None, now: datetime, composed: Composed | None = None
) -> sheet.Page:
    """The page of a draft, or of a composed list that nobody has begun."""
    items = begun.version.items if begun is not None else composed.items
    version_hash = begun.version.content_hash if begun is not None else composed.content_hash
    return sheet.build(
        items,
        version_hash,
        begun,
        has_status=task.equipment_id is not None,
        declared=standstill_of(task),
        is_missed=queries.is_missed(task, now),
    )


def _composed(task: Task, now: datetime) -> Composed:
    return compose(
        unit=task.unit,
        category=task.category,
        cadence=task.cadence,
        at=drafts.last_instant(task, now),
        unit_kind=task.unit_kind,
    )


def _render(
    request: HttpRequest,
    task: Task,
    shown: sheet.Page,
    now: datetime,
    *,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "task": task,
        "words": words_of(task),
        "machine": task.equipment,
        "sheet": shown,
        "is_missed": shown.is_missed,
        "is_free": task.assignee_id is None,
        "is_waiting": task.state == "awaiting_signature",
        "notice": notice,
        "most_photos": drafts.MOST_PHOTOS,
    }
    return render(request, TEMPLATE, context, status=status)


def _again(
    request: HttpRequest,
    task: Task,
    now: datetime,
    saved: drafts.Saved,
    changes: Mapping[str, Change],
    photo_errors: Mapping[str, Mapping[str, str]],
    incomplete: submit.Incomplete | None = None,
) -> HttpResponse:
    """The form once more: what is saved from the draft, what is not as it was typed."""
    shown = _page_of(task, request.actor, now)
    sheet.keep_typed(shown, changes, saved.errors)
    sheet.show_conflicts(shown, saved.conflicts)
    for step in [shown.round, *shown.steps]:
        step.errors |= photo_errors.get(step.key, {})
    if incomplete is not None:
        sheet.show_problems(shown, incomplete.problems)
    notice = incomplete.message if incomplete else ""
    status = 422
    if saved.conflicts:
        notice, status = "有内容在另一个页面被改成了不同的值，请核对标出的项目后再提交。", 409
    elif saved.checklist_changed:
        notice, status = LIST_CHANGED, 409
    elif not notice:
        notice = "有内容没有保存，请修改标出的项目；其余内容和照片都已保存。"
    return _render(request, task, shown, now, notice=notice, status=status)


def _refused(
    request: HttpRequest,
    task: Task,
    form: PageForm,
    changes: Mapping[str, Change],
    broken: RuleBroken,
    now: datetime,
) -> HttpResponse:
    """A rule refused everything: the form as typed, or, when it is too late, the text to read."""
    task = queries.get_task(request.actor, task.code)
    shown = None
    if broken.code not in FINAL | {"no_checklist"}:
        shown = _page_of(task, request.actor, now)
        sheet.keep_typed(shown, changes)
        if "client_uuid" in getattr(form, "cleaned_data", {}):
            shown.client_uuid = form.cleaned_data["client_uuid"]
        return _render(request, task, shown, now, notice=broken.message, status=broken.status)
    items: list[dict[str, Any]] = []
    if changes and broken.code != "no_checklist":
        items = _typed(task, changes, now)
    return refused_page(request, task, broken, items, now)


def refused_page(
    request: HttpRequest,
    task: Task,
    broken: RuleBroken,
    typed: list[dict[str, Any]],
    now: datetime,
) -> HttpResponse:
    """Why this to-do cannot be filled in, the way to its record if there is one, what was typed.

    Where nothing came with the request, what the person's own draft holds is shown instead.
    """
    has_record = hasattr(task, "inspection")
    begun = None if typed or has_record else queries.draft_of(task, request.actor)
    context = {
        "task": task,
        "words": words_of(task),
        "broken": broken,
        "typed": typed,
        "written": sheet.written(built(task, begun, now)) if begun is not None else [],
        "record_code": task.inspection.code if has_record else "",
    }
    return render(request, "duties/field/inspect_refused.html", context, status=broken.status)


def _typed(task: Task, changes: Mapping[str, Change], now: datetime) -> list[dict[str, Any]]:
    """What a page that comes too late says, in words, item by item."""
    items = _composed(task, now).items
    names = {item["key"]: f"{item['number']}. {item['item']}" for item in items}
    return [
        {"name": names.get(key, "使用状态" if key == "round" else key), "text": text}
        for key, change in changes.items()
        if not is_blank(change.values) and (text := sheet.typed_words(key, change.values))
    ]


def _clock(now: datetime) -> str:
    return f"{now.astimezone(SHANGHAI):%H:%M}"
