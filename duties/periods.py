"""Days, weeks and months: which period a day lies in, when one ends, which come before (no queries)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from config.clock import end_of, first_of_month, monday_of
from duties.enums import Cadence

ONE_DAY = timedelta(days=1)


def period_of(cadence: str, day: date) -> date:
    """The first day of the period that holds a day: itself, the ISO week's Monday, the 1st."""
    firsts = {
        Cadence.DAILY: day,
        Cadence.WEEKLY: monday_of(day),
        Cadence.MONTHLY: first_of_month(day),
    }
    return firsts[Cadence(cadence)]


def last_day(cadence: str, period_on: date) -> date:
    """The last day of a period that begins on a day."""
    if cadence == Cadence.MONTHLY:
        return first_of_month(period_on + timedelta(days=31)) - ONE_DAY
    return period_on + timedelta(days=6 if cadence == Cadence.WEEKLY else 0)


def due_of(cadence: str, period_on: date) -> datetime:
    """24:00 of the last day of a period (decision 8)."""
    return end_of(last_day(cadence, period_on))


def last_ended(cadence: str, day: date) -> date:
    """The `period_on` of the last period of a cadence that ended on or before a day."""
    return period_of(cadence, period_of(cadence, day + ONE_DAY) - ONE_DAY)


def period_starts(cadence: str, first: date, last: date) -> Iterator[date]:
    """Every `period_on` of a cadence from `first` to `last`."""
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if day == period_of(cadence, day):
            yield day


def periods_before(cadence: str, first: date, number: int) -> list[date]:
    """The first days of the weeks or months before one, the latest first."""
    found = []
    for _ in range(number):
        first = period_of(cadence, first - ONE_DAY)
        found.append(first)
    return found
