"""Documents of use registration as web pages and issued PDFs: form, summary table, certificate."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.errors import RuleBroken
from cylinders.enums import BatchState
from cylinders.models import Batch, Certificate, CertificateRevision
from cylinders.queries_batches import get_batch
from cylinders.queries_certificates import get_certificate, revisions_of
from reports import queries_cylinders as queries
from reports.actions import cylinders as actions
from reports.actions import paperwork
from reports.documents.cylinder_summary import PART
from reports.models import DocumentKind, IssuedDocument
from reports.queries import chosen_revision
from reports.queries_cylinders import Table
from units.roles import Can

READS = Can.CYLINDER_VIEW
WRITES = (Can.CYLINDER_MANAGE, Can.CYLINDER_REVIEW)


# ------------------------------------------------------------------ 使用登记表
@page(READS)
def form(request: HttpRequest, code: str) -> HttpResponse:
    """气瓶使用登记表 of an application, as it stands; `?revision=` shows one as issued."""
    return _form_page(request, get_batch(request.actor, code))


@page(WRITES, writes=True, reads=False)
def form_issue(request: HttpRequest, code: str) -> HttpResponse:
    """Issue the form's PDF: once for each state of the application."""
    batch = get_batch(request.actor, code)
    try:
        with transaction.atomic():
            document = actions.issue_form(batch, actor=request.actor, now=timezone.now())
    except RuleBroken as broken:
        return _form_page(request, batch, refusal=broken)
    _say(request, document)
    return redirect("reports:cylinder-form", code=batch.code)


def _form_page(
    request: HttpRequest, batch: Batch, refusal: RuleBroken | None = None
) -> HttpResponse:
    issued = queries.issued(DocumentKind.CYLINDER_FORM, batch.code)
    shown = chosen_revision(issued, request.GET.get("revision", ""))
    outdated = bool(issued) and issued[0].content["basis"] != queries.form_basis(batch)
    if shown is None and issued and not outdated:
        shown = issued[0]
    revision = issued[0].revision + 1 if issued else 1
    doc = (
        queries.form_of(shown)
        if shown
        else queries.build_form(batch, as_of=timezone.now(), revision=revision)
    )
    is_draft = batch.state == BatchState.DRAFT
    sheet = _sheet(request, batch.unit_id, batch.region_id, refusal)
    context = {
        **sheet,
        "may_issue": sheet["may_issue"] and not is_draft,
        "doc": doc,
        "issued": shown,
        "earlier": [one for one in issued if one is not shown],
        "is_draft": is_draft,
        "is_outdated": outdated and shown is None,
        "page_url": reverse("reports:cylinder-form", args=[batch.code]),
        "issue_url": reverse("reports:cylinder-form-issue", args=[batch.code]),
        "back_url": _batch_url(request, batch),
    }
    return _answer(request, "reports/cylinder_form.html", context, refusal)


# ------------------------------------------------------------------ 使用登记证
@page(READS)
def certificate(request: HttpRequest, code: str) -> HttpResponse:
    """特种设备使用登记证: the newest revision, or the one that `?revision=` names."""
    return _certificate_page(request, get_certificate(request.actor, code))


@page(WRITES, writes=True, reads=False)
def certificate_issue(request: HttpRequest, code: str) -> HttpResponse:
    """Issue the PDF of a revision, once."""
    found = get_certificate(request.actor, code)
    revision = _revision(found, request.POST.get("revision", ""))
    try:
        with transaction.atomic():
            document = actions.issue_certificate(
                found, revision, actor=request.actor, now=timezone.now()
            )
    except RuleBroken as broken:
        return _certificate_page(request, found, revision, refusal=broken)
    _say(request, document)
    return redirect(_at("reports:cylinder-certificate", found, revision))


def _certificate_page(
    request: HttpRequest,
    found: Certificate,
    revision: CertificateRevision | None = None,
    refusal: RuleBroken | None = None,
) -> HttpResponse:
    revision = revision or _revision(found, request.GET.get("revision", ""))
    issued = queries.issued(DocumentKind.CYLINDER_CERTIFICATE, found.code)
    shown = next((one for one in issued if one.revision == revision.revision), None)
    doc = (
        queries.form_of(shown)
        if shown
        else queries.build_certificate(found, revision, as_of=timezone.now())
    )
    context = {
        **_sheet(request, found.unit_id, queries.region_of(found, revision), refusal),
        "doc": doc,
        "issued": shown,
        "revisions": revisions_of(found),
        "is_newest": revision.revision == found.revision,
        "page_url": reverse("reports:cylinder-certificate", args=[found.code]),
        "issue_url": reverse("reports:cylinder-certificate-issue", args=[found.code]),
        "summary_url": _at("reports:certificate-summary", found, revision),
        "back_url": reverse("cylinders:certificate", args=[found.code]),
    }
    return _answer(request, "reports/cylinder_certificate.html", context, refusal)


# ------------------------------------------------------------------ 汇总表
@page(READS)
def batch_summary(request: HttpRequest, code: str) -> HttpResponse:
    """气瓶基本信息汇总表 of an application; `?part=` of a long one."""
    batch = get_batch(request.actor, code)
    return _summary_page(request, *_batch_table(request, batch))


@page(WRITES, writes=True, reads=False)
def batch_summary_issue(request: HttpRequest, code: str) -> HttpResponse:
    """Issue the PDF; a long table is written by the worker, part by part."""
    batch = get_batch(request.actor, code)
    return _summary_issue(request, *_batch_table(request, batch))


@page(READS)
def certificate_summary(request: HttpRequest, code: str) -> HttpResponse:
    """气瓶基本信息汇总表 of a revision of a certificate."""
    found = get_certificate(request.actor, code)
    return _summary_page(request, *_revision_table(found, request.GET.get("revision", "")))


@page(WRITES, writes=True, reads=False)
def certificate_summary_issue(request: HttpRequest, code: str) -> HttpResponse:
    """Issue the PDF of a revision's table; a long one is written by the worker."""
    found = get_certificate(request.actor, code)
    return _summary_issue(request, *_revision_table(found, request.POST.get("revision", "")))


Urls = dict[str, str]


def _batch_table(request: HttpRequest, batch: Batch) -> tuple[Table, Urls]:
    table = queries.table_of_batch(batch, day=local_day(timezone.now()))
    return table, {
        "page_url": reverse("reports:cylinder-summary", args=[batch.code]),
        "issue_url": reverse("reports:cylinder-summary-issue", args=[batch.code]),
        "back_url": _batch_url(request, batch),
        "query": "",
    }


def _revision_table(found: Certificate, wanted: str) -> tuple[Table, Urls]:
    revision = _revision(found, wanted)
    return queries.table_of_revision(found, revision), {
        "page_url": reverse("reports:certificate-summary", args=[found.code]),
        "issue_url": reverse("reports:certificate-summary-issue", args=[found.code]),
        "back_url": reverse("cylinders:certificate", args=[found.code]),
        "query": f"revision={revision.revision}&",
    }


def _summary_issue(request: HttpRequest, table: Table, urls: Urls) -> HttpResponse:
    back = f"{urls['page_url']}?{urls['query']}"
    try:
        if actions.is_short(table):
            with transaction.atomic():
                document = actions.issue_part(table, 1, actor=request.actor, now=timezone.now())
            _say(request, document)
            return redirect(f"{back}part=1")
        actions.refuse_issue(table, actor=request.actor)
        paperwork.ask_summary(table, actor=request.actor)
    except RuleBroken as broken:
        return _summary_page(request, table, urls, refusal=broken)
    messages.success(
        request, f"正在后台生成 PDF，共 {table.parts} 部分，完成一部分即可下载一部分。"
    )
    return redirect(f"{back}writing=1")


def _summary_page(
    request: HttpRequest, table: Table, urls: Urls, refusal: RuleBroken | None = None
) -> HttpResponse:
    revision, issued = table.issued()
    part = _part(request.GET.get("part", ""), table.parts)
    shown = issued.get(part)
    doc = (
        queries.form_of(shown)
        if shown
        else queries.build_part(table, part, as_of=timezone.now(), revision=revision)
    )
    base = f"{urls['page_url']}?{urls['query']}"
    context = {
        **_sheet(request, table.unit_id, table.region_code, refusal),
        **urls,
        "doc": doc,
        "issued": shown,
        "parts": [
            {"number": n, "url": f"{base}part={n}", "active": n == part, "document": issued.get(n)}
            for n in range(1, table.parts + 1)
        ],
        "done": len(issued),
        "per_part": PART,
        "revision": revision,
        "is_draft": not table.subject_no,
        "is_writing": "writing" in request.GET and len(issued) < table.parts,
        "here": f"{base}part={part}&writing=1",
    }
    return _answer(request, "reports/cylinder_summary.html", context, refusal)


# ------------------------------------------------------------------ what they share
def _sheet(
    request: HttpRequest, unit_id: int, region_code: str | None, refusal: RuleBroken | None
) -> dict[str, Any]:
    may = queries.may_issue(request.actor, unit_id=unit_id, region_code=region_code)
    return {"may_issue": may, "refusal": refusal}


def _answer(
    request: HttpRequest, template: str, context: dict[str, Any], refusal: RuleBroken | None
) -> HttpResponse:
    return render(request, template, context, status=refusal.status if refusal else 200)


def _say(request: HttpRequest, document: IssuedDocument) -> None:
    messages.success(request, f"PDF 已生成，文书编号 {document.number}。")


def _revision(found: Certificate, wanted: str) -> CertificateRevision:
    """The revision asked for, the newest one unless asked; 404 for one that was never issued."""
    wanted = wanted or str(found.revision)
    revision = next((one for one in revisions_of(found) if str(one.revision) == wanted), None)
    if revision is None:
        raise Http404("no such revision")
    return revision


def _part(wanted: str, parts: int) -> int:
    if not wanted:
        return 1
    if not (wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:6]) <= parts):
        raise Http404("no such part")
    return int(wanted)


def _at(name: str, found: Certificate, revision: CertificateRevision) -> str:
    return f"{reverse(name, args=[found.code])}?revision={revision.revision}"


def _batch_url(request: HttpRequest, batch: Batch) -> str:
    """Where 返回 leads: the application, in the pages of whoever reads it."""
    name = "cylinders:review" if request.actor.kind == "bureau" else "cylinders:batch"
    return reverse(name, args=[batch.code])
