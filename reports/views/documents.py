"""Record forms of inspections as web pages and issued PDFs; the list of issued documents (F66)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.errors import RuleBroken
from config.paging import paginate
from duties.enums import Cadence
from duties.models import Inspection
from reports import queries, queries_cylinders, queries_reports
from reports.actions.issue import issue_daily_check
from reports.forms import DocumentFilterForm
from reports.models import DocumentKind, IssuedDocument
from reports.queries_appointment import letter_of
from units.roles import Can

# Every kind of inspection is shown by one view; only a daily one lies under /documents/daily/.
CHECK_PAGES = {Cadence.DAILY.value: "reports:daily-check"}
ROUND_PAGE = "reports:round-check"


@page(Can.DOCUMENT_VIEW)
def daily_check(request: HttpRequest, code: str) -> HttpResponse:
    """The form of a signed inspection, at once; as issued when it has been issued."""
    inspection = queries.get_inspection(request.actor, code)
    if request.path != check_url(inspection):
        return redirect(check_url(inspection))
    return _form_page(request, inspection)


@page(Can.DOCUMENT_ISSUE, writes=True, reads=False)
def issue(request: HttpRequest, code: str) -> HttpResponse:
    """Issue the PDF once; a refusal comes back on the form page in words."""
    inspection = queries.get_inspection(request.actor, code)
    try:
        with transaction.atomic():
            document = issue_daily_check(inspection, actor=request.actor, now=timezone.now())
    except RuleBroken as broken:
        return _form_page(request, inspection, refusal=broken)
    messages.success(request, f"PDF 已生成，文书编号 {document.number}。")
    return redirect(check_url(inspection))


def check_url(inspection: Inspection) -> str:
    """Where the form of an inspection is."""
    name = CHECK_PAGES.get(inspection.cadence, ROUND_PAGE)
    return reverse(name, args=[inspection.code])


@page((Can.UNIT_DASHBOARD, Can.REGION_VIEW))
def document_list(request: HttpRequest) -> HttpResponse:
    """Issued documents of the unit, or of the regulator's subtree."""
    actor = request.actor
    form = DocumentFilterForm(
        request.GET or None, unit_kinds=actor.unit_kinds, is_bureau=actor.kind == "bureau"
    )
    wanted = form.wanted() if form.is_bound else queries.DocumentFilter()
    found, size = paginate(request, queries.list_documents(actor, wanted))
    return render(
        request,
        "reports/document_list.html",
        {
            "form": form,
            "page": found,
            "rows": [
                {"number": number, **_row(document)}
                for number, document in enumerate(found, found.start_index())
            ],
            "size": size,
            "records_url": reverse("duties:record-list"),
            "is_filtered": wanted != queries.DocumentFilter(),
            "shows_unit": actor.kind != "unit",
        },
    )


def _row(document: IssuedDocument) -> dict[str, Any]:
    """A document for the list: what it is about, who stands on it, where it is shown."""
    document.content = document.head
    if document.kind in queries_cylinders.KINDS:
        return {"document": document, **_cylinder_row(document)}
    if document.kind == DocumentKind.APPOINTMENT:
        letter = letter_of(document)
        page = reverse("reports:appointment-letter", args=[letter.person_code])
        query = urlencode({"role": letter.role, "revision": letter.revision})
        return {
            "document": document,
            "url": f"{page}?{query}",
            "about": letter.role_label,
            "person": letter.person_name,
            "marks": (),
        }
    if document.kind in queries_reports.FORMS:
        report = queries_reports.form_of(document)
        weekly = document.kind == DocumentKind.WEEKLY_REPORT
        page = reverse(
            "reports:weekly-report" if weekly else "reports:monthly-minutes",
            args=[document.subject_code],
        )
        return {
            "document": document,
            "url": page if weekly else f"{page}?{urlencode({'revision': document.revision})}",
            "about": f"{report.category_label} {report.week_words if weekly else report.month_words}",
            "person": report.author_name,
            "marks": report.marks,
        }
    form = queries.daily_check_of(document)
    return {
        "document": document,
        "url": reverse(CHECK_PAGES.get(form.cadence, ROUND_PAGE), args=[document.subject_code]),
        "about": form.equipment_name,
        "person": form.officer_name,
        "marks": form.marks,
    }


def _cylinder_row(document: IssuedDocument) -> dict[str, Any]:
    """The same of a document of use registration; nobody stands on it but who issued it."""
    head = document.head
    about = head.get("certificate_no") or head.get("subject_no") or head["application_no"]
    made = {"about": about, "person": document.issued_by_name, "marks": ()}
    if document.kind == DocumentKind.CYLINDER_SUMMARY:
        code, _, part = document.subject_code.rpartition("-")
        is_revision = head["basis"].startswith("r")
        name = "reports:certificate-summary" if is_revision else "reports:cylinder-summary"
        asked = {"revision": document.revision, "part": part} if is_revision else {"part": part}
        several = f"，第 {part} 部分" if head["parts"] > 1 else ""
        return {
            **made,
            "about": about + several,
            "url": f"{reverse(name, args=[code])}?{urlencode(asked)}",
        }
    name = document.kind.replace("_", "-")
    if document.kind == DocumentKind.CYLINDER_CERTIFICATE:
        made["about"] = f"{head['kind_label']} {about}"
    page = reverse(f"reports:{name}", args=[document.subject_code])
    return {**made, "url": f"{page}?{urlencode({'revision': document.revision})}"}


def _form_page(
    request: HttpRequest, inspection: Inspection, refusal: RuleBroken | None = None
) -> HttpResponse:
    issued = queries.get_issued(inspection)
    if issued is not None:
        doc = queries.daily_check_of(issued)
    else:
        doc = queries.build_daily_check(inspection, as_of=timezone.now())
    return render(
        request,
        "reports/daily_check.html",
        {
            "doc": doc,
            "issued": issued,
            "may_issue": request.actor.can(Can.DOCUMENT_ISSUE),
            "refusal": refusal,
            "issue_url": reverse("reports:issue", args=[inspection.code]),
            "back_url": _record_url(request.actor, inspection),
        },
        status=refusal.status if refusal else 200,
    )


def _record_url(actor: Actor, inspection: Inspection) -> str:
    """Where 返回 leads: the record the form belongs to, in the shell of whoever reads it."""
    name = "duties:field-record" if actor.kind == "person" else "duties:record"
    return reverse(name, args=[inspection.code])
