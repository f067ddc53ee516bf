"""Issuing the documents of use registration: form, summary table in parts, certificate (F82, F87)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from config.actor import Actor
from config.errors import RuleBroken
from cylinders.enums import BatchState
from cylinders.models import Batch, Certificate, CertificateRevision
from reports import queries_cylinders as queries
from reports.actions.issue import Issue, keep, lock, next_serial, number_of, safe_name
from reports.documents.cylinder_certificate import Certificate as CertificateForm
from reports.documents.cylinder_form import Form
from reports.documents.cylinder_summary import PART, Summary
from reports.documents.frozen import freeze, thaw
from reports.models import DocumentKind, IssuedDocument
from reports.queries_cylinders import Table

FORM = DocumentKind.CYLINDER_FORM
SUMMARY = DocumentKind.CYLINDER_SUMMARY
CERTIFICATE = DocumentKind.CYLINDER_CERTIFICATE
# Rows that are drawn while the person waits; a longer table is the worker's (a row takes 15 ms).
AT_ONCE = 200


def issue_form(batch: Batch, *, actor: Actor, now: datetime) -> IssuedDocument:
    """Issue the 使用登记表 of a submitted application; another revision once there is another step.

    Repeatable and safe when clicked twice at once, as every document (reports.actions.issue).
    RuleBroken: not_yours (403), not_submitted, issue_in_progress, pdf_unavailable, pdf_failed.
    """
    _refuse_foreign(actor, batch.unit_id, batch.region_id)
    _refuse_draft(batch)
    with transaction.atomic():
        lock(FORM, batch.code)
        issued = queries.issued(FORM, batch.code)
        if issued and issued[0].content["basis"] == queries.form_basis(batch):
            return issued[0]
        revision = issued[0].revision + 1 if issued else 1
        serial = next_serial()
        draft = queries.build_form(batch, as_of=now, revision=revision)
        number = number_of(FORM, draft.document_on, serial)
        content = {**freeze(draft), "number": number}
        form = thaw(Form, content)
        return keep(
            Issue(
                kind=FORM,
                serial=serial,
                unit_id=batch.unit_id,
                subject_code=batch.code,
                document_on=form.document_on,
                file_name=safe_name(form.title, batch.number, f"第{revision}版"),
                revision=revision,
            ),
            form,
            content,
            actor=actor,
            now=now,
        )


def issue_certificate(
    certificate: Certificate, revision: CertificateRevision, *, actor: Actor, now: datetime
) -> IssuedDocument:
    """Issue the 使用登记证 of a revision, once; every revision keeps its own.

    RuleBroken: not_yours (403), issue_in_progress, pdf_unavailable, pdf_failed.
    """
    _refuse_foreign(actor, certificate.unit_id, queries.region_of(certificate, revision))
    with transaction.atomic():
        lock(CERTIFICATE, certificate.code)
        found = [
            one
            for one in queries.issued(CERTIFICATE, certificate.code)
            if one.revision == revision.revision
        ]
        if found:
            return found[0]
        serial = next_serial()
        draft = queries.build_certificate(certificate, revision, as_of=now)
        number = number_of(CERTIFICATE, draft.issued_on, serial)
        content = {**freeze(draft), "number": number}
        form = thaw(CertificateForm, content)
        return keep(
            Issue(
                kind=CERTIFICATE,
                serial=serial,
                unit_id=certificate.unit_id,
                subject_code=certificate.code,
                document_on=form.issued_on,
                file_name=safe_name(form.title, certificate.number, f"第{form.revision}版"),
                revision=form.revision,
            ),
            form,
            content,
            actor=actor,
            now=now,
        )


def issue_part(table: Table, part: int, *, actor: Actor, now: datetime) -> IssuedDocument:
    """Issue one part of a summary table in its present revision, once.

    RuleBroken: not_yours (403), not_submitted, issue_in_progress, pdf_unavailable, pdf_failed.
    """
    refuse_issue(table, actor=actor)
    with transaction.atomic():
        lock(SUMMARY, table.subject)
        revision, issued = table.issued()
        if part in issued:
            return issued[part]
        serial = next_serial()
        number = number_of(SUMMARY, table.document_on, serial)
        content = freeze(
            queries.build_part(table, part, as_of=now, number=number, revision=revision)
        )
        form = thaw(Summary, content)
        several = [f"第{part}部分"] if form.parts > 1 else []
        return keep(
            Issue(
                kind=SUMMARY,
                serial=serial,
                unit_id=table.unit_id,
                subject_code=table.subject_of(part),
                document_on=form.document_on,
                file_name=safe_name(form.title, table.subject_no, f"第{revision}版", *several),
                revision=revision,
            ),
            form,
            content,
            actor=actor,
            now=now,
        )


def is_short(table: Table) -> bool:
    """Whether the table is drawn while the person waits: one part, and not a long one."""
    return table.total <= min(AT_ONCE, PART)


def refuse_issue(table: Table, *, actor: Actor) -> None:
    """Refuse who may not have the table issued, and the table of a draft."""
    _refuse_foreign(actor, table.unit_id, table.region_code)
    if not table.subject_no:
        raise _not_submitted()


def next_part(table: Table) -> int | None:
    """The first part that is not issued yet."""
    _, issued = table.issued()
    return next((part for part in range(1, table.parts + 1) if part not in issued), None)


def _refuse_foreign(actor: Actor, unit_id: int, region_code: str | None) -> None:
    if not queries.may_issue(actor, unit_id=unit_id, region_code=region_code):
        raise RuleBroken("not_yours", "只有本单位和登记的区县局可以生成这份文书。", status=403)


def _refuse_draft(batch: Batch) -> None:
    if batch.state == BatchState.DRAFT:
        raise _not_submitted()


def _not_submitted() -> RuleBroken:
    return RuleBroken("not_submitted", "申请还没有提交，提交后才能生成 PDF。")
