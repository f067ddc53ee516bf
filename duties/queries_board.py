"""Counting what a person has before him, round by round (F5, F47–F52): 我的待办, its badge, the tabs.

Everything is counted by `_board_groups`, one query whatever the number of to-dos.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, Q

from config.actor import Actor
from config.clock import local_day
from config.prepared import Bound, Prepared
from duties.enums import OPEN_STATES, Cadence, TaskState
from duties.models import Cover, Task
from duties.models.task import TaskQuerySet
from duties.queries import BACKFILL_DAYS, merged, region_codes, region_settings
from duties.rounds import ROUNDS
from duties.scopes import at_hand, first_period, open_to
from equipment.someone import NOW, REGIONS, SINCE, Someone, someone, whose
from units.models import Region

# No region may let missed to-dos be made up for longer (what is older is not even looked at).
LONGEST_BACKFILL = timedelta(days=62)


@dataclass
class Counts:
    """To-dos of one person in the running periods, and what can still be made up (补录)."""

    owed: int = 0
    open: int = 0
    waived: int = 0
    backfill: int = 0
    # Finished ones that wait for a signature; of daily rounds several can be signed at once.
    to_sign: int = 0
    due_at: datetime | None = None

    @property
    def done(self) -> int:
        return self.owed - self.open

    @property
    def total(self) -> int:
        """Rows of its list: what is owed and what was waived."""
        return self.owed + self.waived


@dataclass
class Board:
    """What one person has before him: by round, daily ones also by kind of unit (F52)."""

    days: int = BACKFILL_DAYS
    # Whether a 请假代班 of today names this person, on either side.
    is_covered: bool = False
    rounds: dict[str, Counts] = field(default_factory=dict)
    daily: dict[str, Counts] = field(default_factory=dict)

    def of(self, key: str) -> Counts:
        return self.rounds.get(key) or Counts()

    def of_kind(self, unit_kind: str) -> Counts:
        return self.daily.get(unit_kind) or Counts()

    @property
    def backfill(self) -> int:
        return sum(one.backfill for one in self.rounds.values())

    @property
    def open(self) -> int:
        return sum(one.open for one in self.rounds.values())


@lru_cache(maxsize=256)
def _board_groups(who: Someone, day: date) -> Prepared:
    """A person's to-dos counted by round, kind of unit and due time."""
    actor = who.actor
    first = first_period(day, LONGEST_BACKFILL)
    return Prepared(
        Task.objects.filter(at_hand(actor, day, SINCE, NOW, first))
        .order_by()
        .annotate(
            region=ArraySubquery(
                Region.objects.filter(code__in=REGIONS).order_by("code").values("settings")
            ),
            covered=Exists(
                Cover.objects.in_force(day).filter(
                    Q(staff_id=actor.staff_id) | Q(stand_in_id=actor.staff_id)
                )
            ),
        )
        .values("kind", "cadence", "unit_kind", "due_at", "region", "covered")
        .annotate(
            owed=Count("pk", filter=~Q(state=TaskState.WAIVED)),
            open=Count("pk", filter=Q(state__in=OPEN_STATES)),
            missed=Count("pk", filter=Q(state__in=[*OPEN_STATES, TaskState.MISSED])),
            waived=Count("pk", filter=Q(state=TaskState.WAIVED)),
            to_sign=Count("pk", filter=Q(state=TaskState.AWAITING_SIGNATURE)),
        )
    )


def board(actor: Actor, *, now: datetime) -> Board:
    """Count a person's to-dos of every round (one query; a second where there is nothing)."""
    if actor.staff_id is None:
        return Board()
    codes = [*region_codes(actor.region_code), "", "", ""]
    groups = _board_groups(someone(actor), local_day(now)).rows(
        **whose(actor),
        now=now,
        since=now - LONGEST_BACKFILL,
        province=codes[0],
        city=codes[1],
        district=codes[2],
    )
    settings = merged(groups[0]["region"]) if groups else region_settings(actor.region_code)
    found = Board(
        days=int(settings.get("backfill_days", BACKFILL_DAYS)),
        is_covered=groups[0]["covered"] if groups else True,
    )
    keys = {(one.kind, one.cadence): one.key for one in ROUNDS}
    for group in groups:
        key = keys[group["kind"], group["cadence"]]
        _add(found.rounds.setdefault(key, Counts()), group, now, found.days)
        if key == Cadence.DAILY:
            _add(found.daily.setdefault(group["unit_kind"], Counts()), group, now, found.days)
    return found


def _add(counts: Counts, group: dict[str, Any], now: datetime, days: int) -> None:
    if group["due_at"] > now:
        counts.owed += group["owed"]
        counts.open += group["open"]
        counts.waived += group["waived"]
        counts.to_sign += group["to_sign"]
        counts.due_at = min(counts.due_at or group["due_at"], group["due_at"])
    elif group["due_at"] > now - timedelta(days=days):
        counts.backfill += group["missed"]


@lru_cache(maxsize=256)
def _open_keys(who: Someone, day: date) -> Prepared:
    found = Task.objects.filter(open_to(who.actor, day), due_at__gt=NOW)
    return Prepared(found.order_by().values("pk"))


def open_tasks(actor: Actor, *, now: datetime) -> TaskQuerySet | Bound:
    """The open to-dos of a person, for the menu to count: the badge of 待办."""
    if actor.staff_id is None:
        return Task.objects.none()
    return _open_keys(someone(actor), local_day(now)).bind(**whose(actor), now=now)
