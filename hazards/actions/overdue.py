"""逾期 as a stored moment: deadlines that have passed are written down and told of once.

How it stays right however often and late it runs:

1. Beat wakes `mark_overdue` every hour; what is due is read from the database, never from the beat.
2. One session at a time (advisory lock); a batch is one transaction, so a killed run loses nothing
   and the next one goes on.
3. A deadline is written down when the trail has an 整改逾期 line no older than its end. A deadline
   given anew by 复查退回 lapses anew; `overdue_at` keeps the first lapse for ever.
4. Messages carry the deadline in their dedupe key: once a person, hazard and deadline.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Case, DateTimeField, Exists, F, Func, OuterRef, When
from django.db.models.expressions import Combinable

from config.actor import SYSTEM
from config.clock import end_of, local_day
from hazards import people
from hazards.actions import steps
from hazards.models import Hazard, HazardEvent, HazardQuerySet
from hazards.queries import INSPECTED
from hazards.states import HazardState
from units import audit
from units.models import Staff

BATCH = 500
# Arbitrary number of the advisory lock that keeps a second sweep waiting.
SWEEP_LOCK = 7_402


def mark_overdue(*, now: datetime) -> int:
    """Write down every deadline that has passed unrectified; returns how many (decision 12).

    Safe to run twice and at once. The rectifier and the deciders are told once a deadline.
    """
    total = 0
    while batch := _mark_batch(now):
        total += batch
    return total


def write_overdue(hazard: Hazard, *, now: datetime, state: str) -> None:
    """Append 整改逾期 to one hazard's trail, unless it stands there for this deadline already."""
    told = HazardEvent.objects.filter(
        hazard=hazard, name=HazardEvent.Name.OVERDUE, at__gte=end_of(hazard.due_on)
    )
    if told.exists():
        return
    _event(hazard, now, state).save(force_insert=True)
    _audit(hazard, now)


@transaction.atomic
def _mark_batch(now: datetime) -> int:
    day = local_day(now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SWEEP_LOCK])
    lapsed = list(
        _lapsed(day)
        .select_for_update(of=("self",))
        .select_related("unit", *INSPECTED, "found_by")
        .order_by("pk")[:BATCH]
    )
    if not lapsed:
        return 0
    HazardEvent.objects.bulk_create([_event(hazard, now, hazard.state) for hazard in lapsed])
    Hazard.objects.filter(pk__in=[hazard.pk for hazard in lapsed]).update(
        overdue_at=Case(When(overdue_at=None, then=end_of_deadline()), default=F("overdue_at"))
    )
    deciders: dict[tuple[int, str], list[Staff]] = {}
    for hazard in lapsed:
        _audit(hazard, now)
        key = (hazard.unit_id, hazard.category)
        if key not in deciders:
            deciders[key] = people.deciders(*key, day)
        _tell(hazard, deciders[key], day=day, now=now)
    return len(lapsed)


def _lapsed(day: date) -> HazardQuerySet:
    recorded = HazardEvent.objects.filter(
        hazard=OuterRef("pk"),
        name=HazardEvent.Name.OVERDUE,
        at__gte=end_of_deadline(OuterRef("due_on")),
    )
    return Hazard.objects.filter(
        ~Exists(recorded), state=HazardState.PENDING_RECTIFICATION, due_on__lt=day
    )


def end_of_deadline(due_on: Combinable | None = None) -> Func:
    """24:00 of the deadline in Asia/Shanghai, computed by the database."""
    return Func(
        (F("due_on") if due_on is None else due_on) + timedelta(days=1),
        template="((%(expressions)s)::timestamp AT TIME ZONE 'Asia/Shanghai')",
        output_field=DateTimeField(),
    )


def _event(hazard: Hazard, now: datetime, state: str) -> HazardEvent:
    return HazardEvent(
        hazard=hazard,
        name=HazardEvent.Name.OVERDUE.value,
        label=HazardEvent.Name.OVERDUE.label,
        state=state,
        at=now,
        by_name=SYSTEM.name,
        text=f"整改期限 {steps.day_words(hazard.due_on)} 已过，尚未完成整改",
    )


def _audit(hazard: Hazard, now: datetime) -> None:
    audit.record(
        SYSTEM,
        audit.Verb.HAZARD_OVERDUE,
        hazard,
        now=now,
        after={"due_on": hazard.due_on, "overdue_at": end_of(hazard.due_on)},
    )


def _tell(hazard: Hazard, deciders: list[Staff], *, day: date, now: datetime) -> None:
    told = {person.pk: person for person in [*people.rectifiers(hazard, day), *deciders]}
    late = (day - hazard.due_on).days
    steps.tell_all(
        told.values(),
        hazard,
        kind="hazard.overdue",
        text=f"隐患整改逾期 {late} 天：{steps.subject(hazard)}。"
        f"整改期限 {steps.day_words(hazard.due_on)}，请尽快完成整改。",
        actor=SYSTEM,
        now=now,
        occasion=hazard.due_on.isoformat(),
    )
