"""Issuing documents: rendered once on first demand, kept for ever, never rendered again (F66)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import OperationalError, connection, transaction

from config.actor import Actor
from config.errors import RuleBroken
from duties.documents import digest
from duties.models import Inspection
from reports import pdf, queries
from reports.documents.daily_check import KINDS, DailyCheck
from reports.documents.frozen import freeze, thaw
from reports.models import DocumentKind, IssuedDocument
from units import audit, files
from units.models import StoredFile
from units.roles import Can

TEMPLATES = {
    DocumentKind.DAILY_CHECK: "reports/pdf/daily_check.html",
    DocumentKind.WEEKLY_CHECK: "reports/pdf/daily_check.html",
    DocumentKind.MONTHLY_CHECK: "reports/pdf/daily_check.html",
    DocumentKind.WEEKLY_REPORT: "reports/pdf/weekly_report.html",
    DocumentKind.MONTHLY_MINUTES: "reports/pdf/monthly_minutes.html",
    DocumentKind.APPOINTMENT: "reports/pdf/appointment.html",
    DocumentKind.CYLINDER_FORM: "reports/pdf/cylinder_form.html",
    DocumentKind.CYLINDER_SUMMARY: "reports/pdf/cylinder_summary.html",
    DocumentKind.CYLINDER_CERTIFICATE: "reports/pdf/cylinder_certificate.html",
}
# What a number begins with, readable on the telephone.
SERIES = {
    DocumentKind.DAILY_CHECK: "日检",
    DocumentKind.WEEKLY_CHECK: "周检",
    DocumentKind.MONTHLY_CHECK: "月检",
    DocumentKind.WEEKLY_REPORT: "周报",
    DocumentKind.MONTHLY_MINUTES: "纪要",
    DocumentKind.APPOINTMENT: "任命",
    DocumentKind.CYLINDER_FORM: "瓶登",
    DocumentKind.CYLINDER_SUMMARY: "瓶表",
    DocumentKind.CYLINDER_CERTIFICATE: "瓶证",
}

_LOCK_TIMED_OUT = "55P03"


def issue_daily_check(inspection: Inspection, *, actor: Actor, now: datetime) -> IssuedDocument:
    """Issue the record form of a signed inspection, of any cadence, and return the document.

    Repeatable and safe when clicked twice at once:
    1. a lock on the subject lets one request through, the others wait for it;
    2. whoever holds it looks first: a document that exists already is returned as it is;
    3. the form is built with titles and rules of the inspection's own date and frozen to JSON;
    4. the PDF is rendered from that JSON, stored, hashed, and written down with its audit row.
    The unique key (kind, subject, revision) holds even without the lock.
    RuleBroken: not_yours (403), issue_in_progress, record_damaged, no_title, pdf_unavailable,
    pdf_failed.
    """
    if not actor.can(Can.DOCUMENT_ISSUE) or actor.unit_id != inspection.unit_id:
        raise RuleBroken("not_yours", "只有本单位人员可以生成记录表单。", status=403)
    kind = DocumentKind(KINDS[inspection.cadence])
    with transaction.atomic():
        lock(kind, inspection.code)
        issued = queries.get_issued(inspection)
        if issued is not None:
            return issued
        if digest(inspection.facts, inspection.answers) != inspection.digest:
            raise RuleBroken(
                "record_damaged",
                "巡查记录与提交时的校验值不一致，不能生成表单，请联系平台管理员。",
            )
        serial = next_serial()
        number = number_of(kind, inspection.period_on, serial)
        content = freeze(queries.build_daily_check(inspection, as_of=now, number=number))
        form = thaw(DailyCheck, content)
        return keep(
            Issue(
                kind=kind,
                serial=serial,
                unit_id=inspection.unit_id,
                subject_code=inspection.code,
                document_on=form.period_on,
                file_name=file_name(form),
            ),
            form,
            content,
            file_ids=form.file_ids,
            actor=actor,
            now=now,
        )


def number_of(kind: DocumentKind, day: date, serial: int) -> str:
    """日检-20261120-000123: kind, date of the document, serial of the platform (gaps are fine)."""
    return f"{SERIES[kind]}-{day:%Y%m%d}-{serial:06d}"


def file_name(form: DailyCheck) -> str:
    """每日电梯安全检查记录_1号客梯_20261120.pdf"""
    return safe_name(form.title, form.equipment_name, f"{form.period_on:%Y%m%d}")


def safe_name(*parts: str) -> str:
    """The name of a PDF: the parts joined, without the signs that part folders."""
    return f"{'_'.join(parts).replace('/', '-')}.pdf".replace("\\", "-")


@dataclass(frozen=True)
class Issue:
    """What is written down about a document besides its content."""

    kind: DocumentKind
    serial: int
    unit_id: int
    subject_code: str
    document_on: date
    file_name: str
    revision: int = 1


def keep(
    issue: Issue,
    form: Any,
    content: dict,
    *,
    file_ids: Collection[str] = (),
    actor: Actor,
    now: datetime,
) -> IssuedDocument:
    """Render a form thawed from its frozen content; write file, document and audit row."""
    rendered = pdf.render(
        TEMPLATES[issue.kind],
        {"doc": form},
        stored_files=StoredFile.objects.filter(pk__in=file_ids, unit_id=issue.unit_id),
    )
    stored = files.store(
        unit_id=issue.unit_id,
        purpose=issue.kind.value,
        content=rendered,
        content_type="application/pdf",
        original_name=issue.file_name,
        actor=actor,
        now=now,
    )
    document = IssuedDocument.objects.create(
        id=issue.serial,
        number=form.number,
        unit_id=issue.unit_id,
        kind=issue.kind,
        subject_code=issue.subject_code,
        revision=issue.revision,
        title=form.title,
        document_on=issue.document_on,
        rules=content["rules"],
        content=content,
        file=stored,
        sha256=stored.sha256,
        issued_at=now,
        issued_by_id=actor.user_id,
        issued_by_name=actor.name[:60],
    )
    audit.record(
        actor,
        audit.Verb.DOCUMENT_ISSUED,
        document,
        now=now,
        after={
            "number": document.number,
            "kind": document.kind,
            "subject": document.subject_code,
            "revision": document.revision,
            "sha256": document.sha256,
        },
    )
    return document


def lock(kind: DocumentKind, subject: str) -> None:
    """Wait for whoever issues this subject now; held until the transaction ends."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"issue:{kind}:{subject}"]
            )
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) != _LOCK_TIMED_OUT:
            raise
        raise RuleBroken("issue_in_progress", "该记录表单正在生成，请稍后刷新页面查看。") from error


def next_serial() -> int:
    """Take the next id of the documents as serial: no lock, no two alike, gaps where one failed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [IssuedDocument._meta.db_table]
        )
        return cursor.fetchone()[0]
