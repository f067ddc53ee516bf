"""A lapse that nobody mends goes up: to the principal, then to the district (decision 12, B108).

1. Woken with the hourly sweep of `overdue`, under the same lock, in working hours. What is due is
   read from the deadlines: those that passed so many days ago, and what a longer outage left undone.
2. A line 逾期上报 in the trail says when a step was taken, so each is taken once a deadline however
   often this runs; a deadline given anew by 复查退回 goes up anew. Nobody there to tell: no line.
3. The principal is told of each hazard, the bureau once a unit, round and deadline: its 待办事项 and the
   list that the message opens have them all.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.http import urlencode

from config.actor import SYSTEM
from config.clock import SHANGHAI, local_day
from hazards import people
from hazards.actions import steps
from hazards.actions.overdue import SWEEP_LOCK, end_of_deadline
from hazards.models import Hazard, HazardEvent
from hazards.queries import INSPECTED
from hazards.states import HazardState, Source
from units import audit, outbox

PRINCIPAL, DISTRICT = "principal", "district"
# Full days after the day of the deadline.
AFTER_DAYS = {PRINCIPAL: 3, DISTRICT: 7}
LABELS = {PRINCIPAL: "逾期上报主要负责人", DISTRICT: "逾期上报区县局"}
# Days after its own on which a step that was not taken is still taken: a lapse that nobody mends
# goes up however long the workers stood, and deadlines of long ago are not gone through every hour.
LATE_DAYS = 60
# Hours in which people are written to.
BEGINS, ENDS = 8, 20


@transaction.atomic
def escalate_overdue(*, now: datetime) -> int:
    """Take every step that is due; returns how many hazards went up. Safe to run twice and at once."""
    if not BEGINS <= now.astimezone(SHANGHAI).hour < ENDS:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SWEEP_LOCK])
    day = local_day(now)
    total = 0
    for step, tell in ((PRINCIPAL, _tell_principals), (DISTRICT, _tell_bureaus)):
        told = tell(_due(step, day), day=day, now=now)
        _write_down(told, step, now=now)
        total += len(told)
    return total


def _due(step: str, day: date) -> list[Hazard]:
    """The hazards whose deadline passed so many days ago and that have not gone up this step."""
    last = day - timedelta(days=AFTER_DAYS[step])
    gone_up = HazardEvent.objects.filter(
        hazard=OuterRef("pk"),
        name=HazardEvent.Name.OVERDUE,
        label=LABELS[step],
        at__gte=end_of_deadline(OuterRef("due_on")),
    )
    return list(
        Hazard.objects.filter(
            ~Exists(gone_up),
            state=HazardState.PENDING_RECTIFICATION,
            due_on__range=(last - timedelta(days=LATE_DAYS), last),
        )
        .select_for_update(of=("self",))
        .select_related("unit", *INSPECTED)
        .order_by("pk")
    )


def _tell_principals(hazards: list[Hazard], *, day: date, now: datetime) -> list[Hazard]:
    told = []
    units = {hazard.unit_id for hazard in hazards}
    principals = {unit_id: people.principals(unit_id, day) for unit_id in units}
    for hazard in hazards:
        late = (day - hazard.due_on).days
        who = principals[hazard.unit_id]
        steps.tell_all(
            who,
            hazard,
            kind="hazard.overdue_principal",
            text=f"隐患逾期 {late} 天仍未整改：{steps.subject(hazard)}。"
            f"整改期限 {steps.day_words(hazard.due_on)}，请督促整改。",
            actor=SYSTEM,
            now=now,
            occasion=hazard.due_on.isoformat(),
        )
        told += [hazard] if who else []
    return told


def _tell_bureaus(hazards: list[Hazard], *, day: date, now: datetime) -> list[Hazard]:
    together: dict[tuple[int, str, date], list[Hazard]] = defaultdict(list)
    for hazard in hazards:
        together[hazard.unit_id, hazard.source, hazard.due_on].append(hazard)
    told = []
    for (_, source, due_on), several in together.items():
        unit = several[0].unit
        asked = {"unit": unit.code, "source": source, "overdue": "now"}
        new = outbox.tell_bureau(
            unit.region_id,
            kind="hazard.overdue_district",
            text=f"{unit.name}有 {len(several)} 条{Source(source).label}逾期 {(day - due_on).days} 天"
            "仍未整改，请督促整改。",
            dedupe_key=f"hazard.overdue_district:{unit.code}:{source}:{due_on.isoformat()}",
            now=now,
            link=f"{reverse('hazards:list')}?{urlencode(asked)}",
        )
        told += several if new else []
    return told


def _write_down(hazards: list[Hazard], step: str, *, now: datetime) -> None:
    HazardEvent.objects.bulk_create(
        HazardEvent(
            hazard=hazard,
            name=HazardEvent.Name.OVERDUE.value,
            label=LABELS[step],
            state=hazard.state,
            at=now,
            by_name=SYSTEM.name,
            text=f"整改期限 {steps.day_words(hazard.due_on)} 已过，仍未完成整改",
        )
        for hazard in hazards
    )
    audit.record_many(
        SYSTEM,
        audit.Verb.HAZARD_OVERDUE,
        [(hazard, None, {"due_on": hazard.due_on, "told": step}) for hazard in hazards],
        now=now,
    )
