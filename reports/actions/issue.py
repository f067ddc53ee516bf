"""Issuing documents: rendered once on first demand, kept for ever, never rendered again (F66)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import OperationalError, connection, transaction

from config.actor import Actor
from config.errors import RuleBroken
from duties.documents import digest
from duties.models import Inspection
from reports import pdf, queries
from reports.documents.daily_check import DailyCheck
from reports.documents.frozen import freeze, thaw
from reports.models import DocumentKind, IssuedDocument
from units import audit, files
from units.models import StoredFile
from units.roles import Can

TEMPLATES = {DocumentKind.DAILY_CHECK: "reports/pdf/daily_check.html"}
# What a number begins with, readable on the telephone.
SERIES = {DocumentKind.DAILY_CHECK: "日检"}

_LOCK_TIMED_OUT = "55P03"


def issue_daily_check(inspection: Inspection, *, actor: Actor, now: datetime) -> IssuedDocument:
    """Issue 《每日X安全检查记录》 of a signed inspection and return the document.

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
    with transaction.atomic():
        _lock(DocumentKind.DAILY_CHECK, inspection.code)
        issued = queries.get_issued(inspection)
        if issued is not None:
            return issued
        if digest(inspection.facts, inspection.answers) != inspection.digest:
            raise RuleBroken(
                "record_damaged",
                "巡查记录与提交时的校验值不一致，不能生成表单，请联系平台管理员。",
            )
        serial = _next_serial()
        number = number_of(DocumentKind.DAILY_CHECK, inspection.period_on, serial)
        content = freeze(queries.build_daily_check(inspection, as_of=now, number=number))
        return _keep(inspection, serial, content, actor=actor, now=now)


def number_of(kind: DocumentKind, day: date, serial: int) -> str:
    """日检-20261120-000123: kind, date of the document, serial of the platform (gaps are fine)."""
    return f"{SERIES[kind]}-{day:%Y%m%d}-{serial:06d}"


def file_name(form: DailyCheck) -> str:
    """每日电梯安全检查记录_1号客梯_20261120.pdf"""
    machine = form.equipment_name.replace("/", "-").replace("\\", "-")
    return f"{form.title}_{machine}_{form.period_on:%Y%m%d}.pdf"


def _keep(
    inspection: Inspection, serial: int, content: dict, *, actor: Actor, now: datetime
) -> IssuedDocument:
    """Render frozen content and write file, document and audit row."""
    form = thaw(DailyCheck, content)
    rendered = pdf.render(
        TEMPLATES[DocumentKind.DAILY_CHECK],
        {"doc": form},
        stored_files=StoredFile.objects.filter(pk__in=form.file_ids, unit_id=inspection.unit_id),
    )
    stored = files.store(
        unit_id=inspection.unit_id,
        purpose=DocumentKind.DAILY_CHECK.value,
        content=rendered,
        content_type="application/pdf",
        original_name=file_name(form),
        actor=actor,
        now=now,
    )
    document = IssuedDocument.objects.create(
        id=serial,
        number=form.number,
        unit_id=inspection.unit_id,
        kind=DocumentKind.DAILY_CHECK,
        subject_code=inspection.code,
        title=form.title,
        document_on=form.period_on,
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


def _lock(kind: DocumentKind, subject: str) -> None:
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


def _next_serial() -> int:
    """Take the next id of the documents as serial: no lock, no two alike, gaps where one failed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [IssuedDocument._meta.db_table]
        )
        return cursor.fetchone()[0]
