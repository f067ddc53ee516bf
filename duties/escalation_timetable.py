"""When people are reminded and when a miss goes one step up; a region may set other times.

Region setting `escalation` (units/data/regions.yaml), each key optional, the nearest level counts:
remind_hour (16), morning_hour (8), principal_after_days (3).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from config.clock import SHANGHAI, first_of_month, local_day, monday_of
from units.models import Region
from units.reference import ESCALATION

# A morning that was missed is made good until then; a reminder of the day until its end.
MORNING_ENDS = 20
# Days beside the one that is due on which a message that nobody sent is still sent: to the one
# above, and to the principal, who thus hears of everything that an outage of a week kept quiet.
LATE_DAYS, LATE_DAYS_PRINCIPAL = 1, 7


@dataclass(frozen=True)
class Timetable:
    """What a region goes by; made from its settings by `timetables`."""

    remind_hour: int = 16
    morning_hour: int = 8
    principal_after_days: int = 3
    backfill_days: int = 7

    def reminds(self, now: datetime) -> bool:
        """Whether it is late enough to remind of what is due today."""
        return now.astimezone(SHANGHAI).hour >= self.remind_hour

    def escalates(self, now: datetime) -> bool:
        """Whether it is the morning in which yesterday's misses are told."""
        return self.morning_hour <= now.astimezone(SHANGHAI).hour < MORNING_ENDS

    def told_next_morning(self, now: datetime) -> list[date]:
        """The last days of the periods whose misses are told first: yesterday, and one before."""
        yesterday = local_day(now) - timedelta(days=1)
        return [yesterday - timedelta(days=back) for back in range(LATE_DAYS + 1)]

    def told_the_principal(self, now: datetime) -> list[date]:
        """The last days of the periods whose misses go to the principal: due that many days ago.

        None once nothing can be made up any more: then the record stands as 漏检.
        """
        after = self.principal_after_days
        first = local_day(now) - timedelta(days=after + 1)
        return [
            first - timedelta(days=back)
            for back in range(LATE_DAYS_PRINCIPAL + 1)
            if after + back < self.backfill_days
        ]


def timetables() -> dict[Timetable, list[str]]:
    """Every timetable in force and the region codes that go by it (one query)."""
    settings = dict(Region.objects.values_list("code", "settings"))
    found: dict[Timetable, list[str]] = defaultdict(list)
    for code in sorted(settings):
        merged: dict[str, Any] = {}
        chosen: dict[str, Any] = {}
        for above in dict.fromkeys((f"{code[:2]}0000", f"{code[:4]}00", code)):
            own = settings.get(above, {})
            merged |= own
            chosen |= own.get("escalation", {})
        chosen["backfill_days"] = merged.get("backfill_days")
        found[_timetable(chosen)].append(code)
    return dict(found)


def _timetable(chosen: dict[str, Any]) -> Timetable:
    """A value that is no sensible number counts as not given."""
    return Timetable(
        **{
            one.name: chosen[one.name]
            for one in fields(Timetable)
            if type(chosen.get(one.name)) is int
            and 0 <= chosen[one.name] <= ESCALATION.get(one.name, 3650)
        }
    )


def periods_ending(day: date) -> list[date]:
    """First days of the periods whose last day is `day`: of the day, the week, the month."""
    tomorrow = day + timedelta(days=1)
    first = [day]
    if tomorrow.weekday() == 0:
        first.append(monday_of(day))
    if tomorrow.day == 1:
        first.append(first_of_month(day))
    return first
