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

from config.words import cn_month, cn_week
from duties.enums import Evaluation
from duties.models import MonthlyMinutes, WeeklyReport
from duties.queries_reports import figures_sentence
from reports.documents.marks import report_marks
from reports.documents.parts import DutyForm, common
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
class ReportForm(DutyForm):
    """What both forms have beside the fields of every duty: the author and who signed."""

    document_on: date
    author_name: str
    signatures: tuple[Signed, ...]


@dataclass(frozen=True, slots=True)
class WeeklyReportForm(ReportForm):
    """Every field of the weekly report."""

    week_words: str
    first_on: date
    last_on: date
    last_sentence: str
    last_week: str
    main_hazards: str
    this_sentence: str
    choices: tuple[Choice, ...]
    next_work: str

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
class MinutesForm(ReportForm):
    """Every field of the minutes; a revision more when the principal has signed."""

    revision: int
    month_words: str
    held_at: datetime
    place: str
    summary: str
    month_sentence: str
    pages: tuple[Page, ...]
    needs_principal: bool

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
    figures = report.figures
    last = figures["last"]
    return WeeklyReportForm(
        **_common(report, sources, "weekly"),
        kind="weekly_report",
        number=number,
        marks=report_marks(report, cn_week(report.week_on)),
        as_of=as_of,
        week_words=f"{report.week_on.isocalendar().year}年{cn_week(report.week_on)}",
        first_on=date.fromisoformat(last["first_on"]),
        last_on=date.fromisoformat(last["last_on"]),
        last_sentence=figures_sentence("上周", last, report.category),
        last_week=report.last_week,
        main_hazards=report.main_hazards,
        this_sentence=figures_sentence("本周", figures["this"], report.category),
        choices=tuple(
            Choice(one.words(report.unit_kind), report.evaluation == one.value)
            for one in Evaluation
        ),
        next_work=report.next_work,
        signatures=(_author(report),),
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
    return MinutesForm(
        **_common(minutes, sources, "monthly"),
        kind="monthly_minutes",
        number=number,
        revision=revision,
        marks=report_marks(minutes, cn_month(minutes.period_on)),
        as_of=as_of,
        month_words=cn_month(minutes.period_on),
        held_at=minutes.held_at,
        place=minutes.place,
        summary=minutes.summary,
        month_sentence=_month_sentence(minutes.figures, minutes.category),
        pages=tuple(
            Page(number_, str(link.photo.copy_id))
            for number_, link in enumerate(minutes.photos.all(), 1)
        ),
        needs_principal=bool(minutes.facts["needs_principal"]),
        signatures=_signatures(minutes),
    )


def _common(report: WeeklyReport | MonthlyMinutes, sources: Sources, topic: str) -> dict[str, Any]:
    return common(report, sources.rules, topic, sources.duty_category) | {
        "title": sources.title,
        "document_on": report.period_on,
        "author_name": report.author_name,
    }


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
