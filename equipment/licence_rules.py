"""The rule about a licence's validity in force on a day, read from its data file."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db.backends.postgresql.psycopg_any import DateRange

from config.reference import overlaps, read, stop_if

PATH = Path(__file__).resolve().parent / "data" / "licence_rules.yaml"
CONFIDENCE = ("H", "M", "L")


@dataclass(frozen=True)
class LicenceRule:
    """When to apply for a renewal, how long a licence runs, when to remind (longest first)."""

    rule: str
    period: DateRange
    apply_before_months: int
    valid_years: int
    remind_days: tuple[int, ...]
    confidence: str

    def covers(self, day: date) -> bool:
        """Whether this edition is in force on a day."""
        return self.period.lower <= day and (self.period.upper is None or day < self.period.upper)


def rule_on(day: date) -> LicenceRule:
    """The rule in force on a day; before the first one, the first one."""
    rules = _rules(PATH)
    return next((one for one in rules if one.covers(day)), rules[0])


def load(path: Path = PATH) -> tuple[LicenceRule, ...]:
    """Read and check the file. Raises DataError in words."""
    problems: list[str] = []
    document = read(path, problems)
    rows = document.rows("rules")
    document.done()
    made = []
    for row in rows:
        days = row.values.get("remind_days")
        row._seen.add("remind_days")
        if not isinstance(days, list) or not days or any(type(one) is not int for one in days):
            row.complain("remind_days", f"应为非空的整数列表，现为 {days!r}")
            days = [1]
        made.append(
            LicenceRule(
                rule=row.text("rule", longest=40),
                period=row.period(),
                apply_before_months=row.number("apply_before_months"),
                valid_years=row.number("valid_years"),
                remind_days=tuple(sorted(days, reverse=True)),
                confidence=row.text("confidence", choices=CONFIDENCE),
            )
        )
        if any(overlaps(made[-1].period, earlier.period) for earlier in made[:-1]):
            row.complain("valid_from", "与上一条施行期间重叠")
        row.done()
    if not made and not problems:
        problems.append("许可规则文件里没有规则")
    stop_if(problems)
    return tuple(made)


@functools.cache
def _rules(path: Path) -> tuple[LicenceRule, ...]:
    return load(path)
