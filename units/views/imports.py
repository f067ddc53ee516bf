"""导入: template, upload, progress, preview, 确认导入, the annotated workbook (B118, D12)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.errors import RuleBroken
from config.excel import export, kinds, template
from config.excel.kinds import Context, ImportKind
from config.excel.plan import Verdict
from config.forms import attempt
from config.paging import paginate
from units import queries_imports as queries
from units.actions import imports as actions
from units.carried import files_of
from units.forms_imports import ApplyForm, UploadForm
from units.models import ImportJob
from units.roles import Can
from units.tasks import run_import

IMPORTERS = (Can.IMPORT_RUN, Can.ARCHIVE_IMPORT)
State = ImportJob.State
BUSY = (State.WAITING, State.CHECKING, State.APPLYING)
STATE_KINDS = {
    State.CHECKED: "open",
    State.DONE: "done",
    State.REFUSED: "danger",
    State.FAILED: "danger",
}
# Tab -> the colour of its figure.
TONES = {Verdict.CREATE: "is-done", Verdict.REFUSED: "is-danger"}


@page(IMPORTERS, writes=True)
def start(request: HttpRequest, kind: str) -> HttpResponse:
    """Template, upload, the latest imports of this kind; into `?target=` for a kind with a door."""
    now = timezone.now()
    found = queries.get_kind(request.actor, kind)
    target = queries.get_target(request.actor, found, request.GET.get("target", ""))
    if found.door is not None and target is None:
        return redirect(found.list_url)
    extra = found.door.fields(target) if target is not None else {}
    is_post = request.method == "POST"
    given = (request.POST, files_of(request, now)) if is_post else ()
    form = UploadForm(*given, extra=extra)
    if is_post and form.is_valid():
        job = attempt(
            form,
            lambda: actions.start_import(
                found,
                upload=form.cleaned_data["file"],
                target=target,
                given=form.given,
                actor=request.actor,
                now=now,
            ),
        )
        if job is not None:
            if job.state == State.WAITING:
                run_import.delay_on_commit(job.pk)
            return redirect("units:import-job", job.code)
    form.put_files_aside()
    context = {
        "kind": found,
        "form": form,
        "target": target,
        "jobs": [
            (job, STATE_KINDS.get(job.state, "neutral"))
            for job in queries.recent_jobs(request.actor, kind, target.code if target else "")
        ],
        "list_url": _list_url(found),
    }
    status = 422 if is_post else 200
    return render(request, "units/import_start.html", context, status=status)


def _list_url(kind: ImportKind) -> str:
    return reverse(kind.list_url) if kind.list_url else ""


def _start_url(job: ImportJob) -> str:
    """Where the next file of this sort is uploaded."""
    asked = f"?target={job.target}" if job.target else ""
    return reverse("units:import-start", args=[job.kind]) + asked


@page(IMPORTERS)
def template_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The template of a kind as .xlsx."""
    found = queries.get_kind(request.actor, kind)
    content = template.build(
        found.columns(Context(request.actor, timezone.now())),
        sheet_name=found.sheet_name,
        title=f"{found.label}导入",
        guide=found.guide,
    )
    return export.download_bytes(content, f"{found.label}导入模板")


@page(IMPORTERS)
def job_page(request: HttpRequest, code: str) -> HttpResponse:
    """Progress while it runs (polled), the preview when it is checked, the result when done."""
    job = queries.get_job(request.actor, code)
    return _job_page(request, job, ApplyForm(initial={"digest": job.plan_digest}), 200)


def _job_page(request: HttpRequest, job: ImportJob, form: ApplyForm, status: int) -> HttpResponse:
    kind = kinds.get(job.kind)
    target = queries.target_of(request.actor, job)
    context: dict[str, Any] = {
        "job": job,
        "kind": kind,
        "form": form,
        "is_busy": job.state in BUSY,
        "is_checked": job.state == State.CHECKED,
        "state_kind": STATE_KINDS.get(job.state, "neutral"),
        "target": target,
        "list_label": target.label if target is not None else kind.label,
        "start_url": _start_url(job),
        "list_url": target.url if target is not None else _list_url(kind),
    }
    if request.htmx and request.htmx.target == "import-progress":
        response = render(request, "units/_import_progress.html", context)
        if not context["is_busy"]:
            response["HX-Refresh"] = "true"
        return response
    if "counts" in job.outcome and not context["is_busy"]:
        context |= _preview(request, job)
    return render(request, "units/import_job.html", context, status=status)


def _preview(request: HttpRequest, job: ImportJob) -> dict[str, Any]:
    counts = job.outcome["counts"]
    default = next((v.value for v in reversed(Verdict) if counts[v]), Verdict.CREATE.value)
    chosen = request.GET.get("tab", default)
    chosen = chosen if chosen in Verdict.values else default
    lines, size = paginate(request, queries.preview_of(job, chosen))
    return {
        "counts": counts,
        "figures": [(v.label, counts[v], TONES.get(v, "") if counts[v] else "") for v in Verdict],
        "tabs": [
            {"label": v.label, "count": counts[v], "url": f"?tab={v.value}", "active": v == chosen}
            for v in Verdict
        ],
        "tab": chosen,
        "page": lines,
        "rows": [(one, list(zip(job.outcome["labels"], one.cells, strict=True))) for one in lines],
        "size": size,
        "labels": job.outcome["labels"],
        "notes": job.outcome["notes"],
        "mended": job.outcome["mended"],
        "writable": counts[Verdict.CREATE] + counts[Verdict.CHANGE],
        "refused": counts[Verdict.REFUSED],
        "is_whole": job.outcome["is_whole"],
    }


@page(IMPORTERS, writes=True, reads=False)
def apply(request: HttpRequest, code: str) -> HttpResponse:
    """确认导入: once, and only what the shown preview said."""
    now = timezone.now()
    job = queries.get_job(request.actor, code)
    form = ApplyForm(request.POST)
    if not form.is_valid():
        return _job_page(request, job, form, 422)
    given = form.cleaned_data
    broken = None
    try:
        job, is_first = actions.ask_apply(
            job, digest=given["digest"], mode=given["mode"], actor=request.actor, now=now
        )
    except RuleBroken as refusal:
        broken = refusal
    if broken is not None:
        form.add_error("mode" if broken.field == "mode" else None, broken.message)
        job = queries.get_job(request.actor, code)
        form.data = form.data.copy()
        form.data["digest"] = job.plan_digest
        return _job_page(request, job, form, 422 if broken.field else 409)
    if job.state == State.APPLYING and is_first:
        run_import.delay_on_commit(job.pk)
    if job.state == State.CHECKED:
        fresh = ApplyForm(initial={"digest": job.plan_digest})
        return _job_page(request, queries.get_job(request.actor, code), fresh, 409)
    if job.state == State.DONE and is_first:
        counts = job.outcome["counts"]
        messages.success(
            request,
            f"已导入：新增 {counts['create']} 行，修改 {counts['change']} 行，"
            f"无变化 {counts['same']} 行，未导入 {counts['refused']} 行。",
        )
        target = queries.target_of(request.actor, job)
        if target is not None and not counts["refused"]:
            return redirect(target.url)
    return redirect("units:import-job", job.code)


@page(IMPORTERS)
def annotated(request: HttpRequest, code: str) -> HttpResponseBase:
    """下载错误数据: the uploaded workbook with 错误原因; 404 when no row was wrong."""
    job = queries.get_job(request.actor, code)
    if job.annotated is None:
        raise Http404("no wrong rows")
    name = (job.file.original_name or "导入").rsplit(".", 1)[0]
    stream = default_storage.open(job.annotated.storage_name, "rb")
    return export.download(stream, f"{name}-错误数据")
