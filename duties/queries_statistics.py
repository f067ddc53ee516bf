"""管控统计 on the phone (M 4.8): how the rounds of a week or month stand, for who answers for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q

from config.actor import Actor
from config.clock import first_of_month, local_day, monday_of
from config.words import cn_month, cn_week
from duties.completion import Numbers
from duties.enums import Cadence, TaskKind
from duties.tallies import figures
from equipment import subjects
from hazards.models import Hazard
from hazards.states import HazardState, Source
from units.roles import Role

DAILY, WEEKLY, MONTHLY = (str(one.value) for one in Cadence)
# What is counted, in this order; monthly ones only in a month.
ROUNDS = (
    ("日管控", DAILY, TaskKind.INSPECTION.value),
    ("周排查", WEEKLY, TaskKind.INSPECTION.value),
    ("周报告", WEEKLY, TaskKind.WEEKLY_REPORT.value),
    ("月调度", MONTHLY, TaskKind.INSPECTION.value),
    ("月报告", MONTHLY, TaskKind.MONTHLY_MINUTES.value),
)
CLOSED = (HazardState.RECTIFIED, HazardState.REVIEWED)


@dataclass(frozen=True)
class Span:
    """A tab of the page: the days counted and their name."""

    key: str
    label: str
    note: str
    first: date
    last: date

    @property
    def is_month(self) -> bool:
        return self.key.startswith("month")


@dataclass(frozen=True)
class RoundNumbers:
    """One round of the span, whole and by category."""

    label: str
    whole: Numbers
    categories: list[tuple[str, Numbers]]


@dataclass(frozen=True)
class HazardNumbers:
    """Hazards found in the span by round: how many, how many of them closed by now."""

    label: str
    found: int
    closed: int


def spans(day: date) -> list[Span]:
    """This week, the last, this month, the last."""
    monday, month = monday_of(day), first_of_month(day)
    before = first_of_month(month - timedelta(days=1))
    weeks = (("week", "本周", monday), ("week-last", "上周", monday - timedelta(days=7)))
    months = (("month", "本月", month), ("month-last", "上月", before))
    return [
        *(Span(k, label, cn_week(d), d, d + timedelta(days=6)) for k, label, d in weeks),
        *(Span(k, label, cn_month(d), d, _month_end(d)) for k, label, d in months),
    ]


def _month_end(first: date) -> date:
    return first_of_month(first + timedelta(days=31)) - timedelta(days=1)


def rounds(actor: Actor, span: Span, *, now: datetime) -> list[RoundNumbers]:
    """Every round that had a to-do in the span, in the actor's scope (two queries).

    Weeks count in the month in which they begin; days to come are not counted yet.
    """
    by = ("cadence", "kind", "category")
    last = min(span.last, max(local_day(now), span.first))
    counted = figures(actor, span.first, last, now=now, by=by)
    mine = None if actor.has_role(Role.PRINCIPAL) else subjects.directed_by(actor.posts)
    found = []
    for label, cadence, kind in ROUNDS:
        if cadence == MONTHLY and not span.is_month:
            continue
        own = {
            category: numbers
            for (of_cadence, of_kind, category), numbers in counted.items()
            if (of_cadence, of_kind) == (cadence, kind) and (mine is None or category in mine)
        }
        lines = [(subjects.label(category), own[category]) for category in sorted(own)]
        if lines:
            found.append(RoundNumbers(label, sum(own.values(), Numbers()), lines))
    return found


def hazards(actor: Actor, span: Span) -> list[HazardNumbers]:
    """The hazards found in the span in the actor's scope, by round (one query)."""
    found = Hazard.objects.for_actor(actor).filter(found_on__range=(span.first, span.last))
    if not actor.has_role(Role.PRINCIPAL):
        found = found.filter(category__in=subjects.directed_by(actor.posts))
    counts = {
        source: (number, closed)
        for source, number, closed in found.order_by()
        .values("source")
        .annotate(number=Count("pk"), closed=Count("pk", filter=Q(state__in=CLOSED)))
        .values_list("source", "number", "closed")
    }
    return [HazardNumbers(one.label, *counts[one.value]) for one in Source if one.value in counts]
