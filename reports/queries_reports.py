"""Reading what the documents of weekly reports and minutes are made of."""

from __future__ import annotations

from datetime import datetime

from duties.models import MonthlyMinutes, WeeklyReport
from duties.queries_reports import document_title
from equipment import subjects
from reports.documents import duty_report
from reports.documents.duty_report import MinutesForm, Sources, WeeklyReportForm
from reports.documents.frozen import thaw
from reports.models import DocumentKind, IssuedDocument
from reports.queries import no_title, rules_of

Report = WeeklyReport | MonthlyMinutes
Form = WeeklyReportForm | MinutesForm
FORMS: dict[str, type] = {
    DocumentKind.WEEKLY_REPORT.value: WeeklyReportForm,
    DocumentKind.MONTHLY_MINUTES.value: MinutesForm,
}


def kind_of(report: Report) -> DocumentKind:
    """The kind of document a report is issued as."""
    weekly = isinstance(report, WeeklyReport)
    return DocumentKind.WEEKLY_REPORT if weekly else DocumentKind.MONTHLY_MINUTES


def issued_of(report: Report) -> list[IssuedDocument]:
    """The documents issued of a report, the latest revision first."""
    found = IssuedDocument.objects.filter(kind=kind_of(report), subject_code=report.code)
    return list(found.select_related("file").order_by("-revision"))


def build(report: Report, *, as_of: datetime, number: str = "", revision: int = 1) -> Form:
    """Build the form of a signed report. RuleBroken `no_title` without titles of its date."""
    sources = _sources(report)
    if isinstance(report, WeeklyReport):
        return duty_report.build_weekly(report, sources, as_of=as_of, number=number)
    return duty_report.build_minutes(report, sources, as_of=as_of, number=number, revision=revision)


def form_of(document: IssuedDocument) -> Form:
    """The form exactly as it was issued."""
    return thaw(FORMS[document.kind], document.content)


def is_outdated(report: Report, document: IssuedDocument) -> bool:
    """Whether the principal has signed minutes since this document was issued of them."""
    if isinstance(report, WeeklyReport):
        return False
    signed = getattr(report, "principal_signature", None) is not None
    return signed and len(form_of(document).signatures) < 2


def _sources(report: Report) -> Sources:
    weekly = isinstance(report, WeeklyReport)
    title = document_title(
        unit_kind=report.unit_kind,
        category=report.category,
        subject="weekly" if weekly else "monthly",
        region=report.unit.region_id,
        day=report.period_on,
    )
    if not title:
        raise no_title(report.period_on)
    return Sources(
        title=title,
        rules=rules_of(report.unit_kind, report.period_on),
        duty_category=subjects.duty_category(report.category),
    )
