"""What forms of signed duties have in common: whose they are, the rules they cite, their marks (pure).

Issued documents are thawed by the names of their fields: those stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from config.words import cn_date
from duties.models import Inspection, MonthlyMinutes, WeeklyReport
from units.models import Rule
from units.models.unit import UnitKind

UNIT_LABELS = {
    UnitKind.USING.value: "使用单位",
    UnitKind.PRODUCTION.value: "生产单位",
    UnitKind.FILLING.value: "充装单位",
}


@dataclass(frozen=True, slots=True)
class Citation:
    """One rule as it was in force on the date of the form."""

    key: str
    number: str
    title: str
    article: str

    def __str__(self) -> str:
        return f"《{self.title}》（{self.number}）{self.article}"


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark that stands on the form for ever, with its reason."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class DutyForm:
    """The fields of every form of a duty. `number` is empty until the document is issued."""

    kind: str
    number: str
    title: str
    record_code: str
    unit_kind: str
    category: str
    category_label: str
    unit_name: str
    credit_code: str
    received_at: datetime
    marks: tuple[Mark, ...]
    rules: tuple[Citation, ...]
    digest: str
    as_of: datetime

    @property
    def unit_label(self) -> str:
        return UNIT_LABELS.get(self.unit_kind, "单位")


def common(
    signed: Inspection | WeeklyReport | MonthlyMinutes,
    rules: Iterable[Rule],
    topic: str,
    category: str,
) -> dict[str, Any]:
    """The fields of a form that were frozen when it was signed, and the rules on its topic."""
    return {
        "record_code": signed.code,
        "unit_kind": signed.unit_kind,
        "category": signed.category,
        "category_label": signed.facts["category_label"],
        "unit_name": signed.facts["unit_name"],
        "credit_code": signed.facts["credit_code"],
        "received_at": signed.received_at,
        "rules": tuple(cite(rule, topic, category) for rule in rules),
        "digest": signed.digest,
    }


def cite(rule: Rule, topic: str, category: str) -> Citation:
    """A rule with the article on a topic (daily, weekly, monthly), where its row names one."""
    article = rule.articles.get(topic, {})
    return Citation(
        rule.key, rule.number, rule.title, article.get(category) or article.get("") or ""
    )


def day_of(iso: str) -> str:
    """A day of the frozen facts (2027-01-31) as the form writes days; empty stays empty."""
    return cn_date(date.fromisoformat(iso)) if iso else ""
