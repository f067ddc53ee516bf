"""Issuing weekly reports and minutes; minutes get a revision more when the principal signs."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from config.actor import Actor
from config.errors import RuleBroken
from duties.models import MonthlyMinutes, WeeklyReport
from reports import queries_reports as queries
from reports.actions.issue import Issue, keep, lock, next_serial, number_of, safe_name
from reports.documents.frozen import freeze, thaw
from reports.models import IssuedDocument
from units.roles import Can


def issue_report(
    report: WeeklyReport | MonthlyMinutes, *, actor: Actor, now: datetime
) -> IssuedDocument:
    """Issue the document of a signed weekly report or of minutes and return it.

    Repeatable and safe when clicked twice at once, as every document (reports.actions.issue). What
    was issued stays as it is; minutes that the principal has signed since get the next revision.
    RuleBroken: not_yours (403), issue_in_progress, no_title, pdf_unavailable, pdf_failed.
    """
    if not actor.can(Can.DOCUMENT_ISSUE) or actor.unit_id != report.unit_id:
        raise RuleBroken("not_yours", "只有本单位人员可以生成文书。", status=403)
    kind = queries.kind_of(report)
    with transaction.atomic():
        lock(kind, report.code)
        issued = queries.issued_of(report)
        if issued and not queries.is_outdated(report, issued[0]):
            return issued[0]
        revision = issued[0].revision + 1 if issued else 1
        serial = next_serial()
        number = number_of(kind, report.period_on, serial)
        content = freeze(queries.build(report, as_of=now, number=number, revision=revision))
        form = thaw(queries.FORMS[kind], content)
        return keep(
            Issue(
                kind=kind,
                serial=serial,
                unit_id=report.unit_id,
                subject_code=report.code,
                document_on=report.period_on,
                file_name=safe_name(form.title, form.category_label, f"{report.period_on:%Y%m%d}"),
                revision=revision,
            ),
            form,
            content,
            file_ids=form.file_ids,
            actor=actor,
            now=now,
        )
