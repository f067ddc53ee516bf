"""《每周X安全排查治理报告》 and 《每月X安全调度会议纪要》 (F69–F72; domain 2.3, 2.4).

Pure: a signed report and what was loaded for its date go in, a frozen dataclass comes out. All it
says was frozen at signing; only the principal's signature on minutes comes later, and with it a new
revision of the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from config.words import cn_date, cn_datetime, cn_month, cn_week
from duties.enums import Evaluation
from duties.models import MonthlyMinutes, WeeklyReport
from duties.queries_reports import figures_sentence
from reports.documents.daily_check import UNIT_LABELS, Citation, Mark, cite
from units.models import Rule


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the two evaluations, ticked or not."""

    text: str
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature of a report: as what, who, when, and the picture."""

    post: str
    name: str
    at: datetime
    file_id: str


@dataclass(frozen=True, slots=True)
class WeeklyReportForm:
    """Every field of the weekly report. `number` is empty until the document is issued."""

    kind: str
    number: str
    title: str
    record_code: str
    unit_kind: str
    category: str
    category_label: str
    unit_name: str
    credit_code: str
    week_words: str
    first_on: date
    last_on: date
    document_on: date
    last_sentence: str
    last_week: str
    main_hazards: str
    this_sentence: str
    choices: tuple[Choice, ...]
    next_work: str
    author_name: str
    signatures: tuple[Signed, ...]
    received_at: datetime
    marks: tuple[Mark, ...]
    rules: tuple[Citation, ...]
    digest: str
    as_of: datetime

    @property
    def unit_label(self) -> str:
        return UNIT_LABELS.get(self.unit_kind, "单位")

    @property
    def file_ids(self) -> tuple[str, ...]:
        """Every stored file that stands on the form."""
        return tuple(signed.file_id for signed in self.signatures)


@dataclass(frozen=True, slots=True)
class Page:
    """One photographed page of minutes."""

    number: int
    file_id: str

    @property
    def caption(self) -> str:
        return f"会议纪要 第 {self.number} 页"


@dataclass(frozen=True, slots=True)
class MinutesForm:
    """Every field of the minutes; a revision more when the principal has signed."""

    kind: str
    number: str
    revision: int
    title: str
    record_code: str
    unit_kind: str
    category: str
    category_label: str
    unit_name: str
    credit_code: str
    month_words: str
    document_on: date
    held_at: datetime
    place: str
    summary: str
    month_sentence: str
    pages: tuple[Page, ...]
    author_name: str
    needs_principal: bool
    signatures: tuple[Signed, ...]
    received_at: datetime
    marks: tuple[Mark, ...]
    rules: tuple[Citation, ...]
    digest: str
    as_of: datetime

    @property
    def unit_label(self) -> str:
        return UNIT_LABELS.get(self.unit_kind, "单位")

    @property
    def waits_for_principal(self) -> bool:
        return self.needs_principal and len(self.signatures) < 2

    @property
    def file_ids(self) -> tuple[str, ...]:
        """Every stored file that stands on the form."""
        signed = (one.file_id for one in self.signatures)
        return (*signed, *(page.file_id for page in self.pages))


@dataclass(frozen=True)
class Sources:
    """What the builders need besides the report (loaded by reports.queries_reports)."""

    title: str
    rules: tuple[Rule, ...]
    duty_category: str


def build_weekly(
    report: WeeklyReport, sources: Sources, *, as_of: datetime, number: str = ""
) -> WeeklyReportForm:
    """Return the form of a signed weekly report."""
    facts, figures = report.facts, report.figures
    last = figures["last"]
    return WeeklyReportForm(
        kind="weekly_report",
        number=number,
        title=sources.title,
        record_code=report.code,
        unit_kind=report.unit_kind,
        category=report.category,
        category_label=facts["category_label"],
        unit_name=facts["unit_name"],
        credit_code=facts["credit_code"],
        week_words=f"{report.week_on.isocalendar().year}年{cn_week(report.week_on)}",
        first_on=date.fromisoformat(last["first_on"]),
        last_on=date.fromisoformat(last["last_on"]),
        document_on=report.period_on,
        last_sentence=figures_sentence("上周", last, report.category),
        last_week=report.last_week,
        main_hazards=report.main_hazards,
        this_sentence=figures_sentence("本周", figures["this"], report.category),
        choices=tuple(Choice(str(one.label), report.evaluation == one.value) for one in Evaluation),
        next_work=report.next_work,
        author_name=report.author_name,
        signatures=(_author(report),),
        received_at=report.received_at,
        marks=_marks(report, cn_week(report.week_on)),
        rules=tuple(cite(rule, "weekly", sources.duty_category) for rule in sources.rules),
        digest=report.digest,
        as_of=as_of,
    )


def build_minutes(
    minutes: MonthlyMinutes,
    sources: Sources,
    *,
    as_of: datetime,
    number: str = "",
    revision: int = 1,
) -> MinutesForm:
    """Return the form of signed minutes, with the principal's signature if it is there."""
    facts = minutes.facts
    return MinutesForm(
        kind="monthly_minutes",
        number=number,
        revision=revision,
        title=sources.title,
        record_code=minutes.code,
        unit_kind=minutes.unit_kind,
        category=minutes.category,
        category_label=facts["category_label"],
        unit_name=facts["unit_name"],
        credit_code=facts["credit_code"],
        month_words=cn_month(minutes.period_on),
        document_on=minutes.period_on,
        held_at=minutes.held_at,
        place=minutes.place,
        summary=minutes.summary,
        month_sentence=_month_sentence(minutes.figures, minutes.category),
        pages=tuple(
            Page(number_, str(link.photo.copy_id))
            for number_, link in enumerate(minutes.photos.all(), 1)
        ),
        author_name=minutes.author_name,
        needs_principal=bool(facts["needs_principal"]),
        signatures=_signatures(minutes),
        received_at=minutes.received_at,
        marks=_marks(minutes, cn_month(minutes.period_on)),
        rules=tuple(cite(rule, "monthly", sources.duty_category) for rule in sources.rules),
        digest=minutes.digest,
        as_of=as_of,
    )


def _month_sentence(figures: Mapping[str, Any], category: str) -> str:
    return figures_sentence("本月截至提交时", dict(figures), category) if figures else ""


def _author(report: WeeklyReport | MonthlyMinutes) -> Signed:
    return Signed(
        report.facts["author_post"],
        report.author_name,
        report.signature.signed_at,
        str(report.signature.image_id),
    )


def _signatures(minutes: MonthlyMinutes) -> tuple[Signed, ...]:
    principal = getattr(minutes, "principal_signature", None)
    if principal is None:
        return (_author(minutes),)
    second = Signed(
        "主要负责人",
        principal.name,
        principal.signed_at,
        str(principal.signature.image_id),
    )
    return (_author(minutes), second)


def _marks(report: WeeklyReport | MonthlyMinutes, period: str) -> tuple[Mark, ...]:
    """补录 and 代班 with their reasons, from the signed report alone."""
    marks = []
    if stands_in := report.facts.get("on_behalf_of"):
        marks.append(Mark("代班", f"{report.author_name}代{stands_in}填报。"))
    if report.backfill_reason:
        marks.append(
            Mark(
                "补录",
                f"{period}的报告自 {cn_date(report.period_on)} 起应报，逾期未报，"
                f"{cn_datetime(report.received_at)} 补录。补录原因：{report.backfill_reason}",
            )
        )
    return tuple(marks)
