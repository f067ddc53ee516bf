"""Loads the dated facts of units for the rule in `duties.calendar` (tests, nightly self-check)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from config.clock import local_day
from duties.calendar import ANY_STATION
from duties.dated_facts import (
    Binding,
    CoverFacts,
    LicenceFacts,
    MachineFacts,
    PostFacts,
    Span,
    StationFacts,
    StatusDays,
    SuspensionDays,
    UnitFacts,
)
from duties.models import Cover
from equipment.models import (
    Equipment,
    Licence,
    LicenceBinding,
    OfficerBinding,
    Station,
    StationBinding,
    StatusPeriod,
    SuspensionPeriod,
)
from units.models import Appointment, Staff


def load(unit_ids: Collection[int]) -> dict[int, UnitFacts]:
    """The facts of some units, one query a table; every unit asked for is in the answer."""
    machines = _machines(unit_ids)
    licences = _licences(unit_ids)
    stations = _stations(unit_ids)
    posts, suspensions, covers = defaultdict(list), defaultdict(list), defaultdict(list)
    ended: dict[int, dict[int, date]] = defaultdict(dict)
    for one in Appointment.objects.filter(staff__unit__in=unit_ids).select_related("staff"):
        scope = tuple(one.categories)
        post = PostFacts(one.staff_id, one.role, _span(one.period), scope)
        posts[one.staff.unit_id].append(post)
    for one in SuspensionPeriod.objects.filter(unit__in=unit_ids):
        exempt = _span(one.exempt_period) if one.exempt_period is not None else None
        suspensions[one.unit_id].append(SuspensionDays(_span(one.period), exempt))
    for one in Cover.objects.filter(staff__unit__in=unit_ids, cancelled_at=None):
        covers[one.unit_id].append(CoverFacts(one.staff_id, one.stand_in_id, _span(one.period)))
    left = Staff.objects.filter(unit__in=unit_ids).exclude(ended_on=None)
    for unit, staff, day in left.values_list("unit_id", "id", "ended_on"):
        ended[unit][staff] = day
    return {
        unit: UnitFacts(
            tuple(machines[unit]),
            tuple(licences[unit]),
            tuple(stations[unit]),
            tuple(posts[unit]),
            tuple(suspensions[unit]),
            tuple(covers[unit]),
            ended[unit],
        )
        for unit in unit_ids
    }


def _span(period: DateRange) -> Span:
    if period.isempty:
        return Span(date.max, date.min)
    return Span(period.lower, period.upper)


def _machines(unit_ids: Collection[int]) -> dict[int, list[MachineFacts]]:
    mine = {"equipment__unit__in": unit_ids}
    bindings = _bindings(OfficerBinding.objects.filter(**mine), "equipment_id")
    statuses = defaultdict(list)
    for one in StatusPeriod.objects.filter(**mine):
        exempt = _span(one.exempt_period) if one.exempt_period is not None else None
        statuses[one.equipment_id].append(StatusDays(one.status, _span(one.period), exempt))
    found = defaultdict(list)
    rows = Equipment.objects.filter(unit__in=unit_ids).order_by("pk")
    for unit, pk, category in rows.values_list("unit_id", "pk", "category"):
        found[unit].append(MachineFacts(pk, category, tuple(statuses[pk]), tuple(bindings[pk])))
    return found


def _licences(unit_ids: Collection[int]) -> dict[int, list[LicenceFacts]]:
    bindings = _bindings(LicenceBinding.objects.filter(licence__unit__in=unit_ids), "licence_id")
    found = defaultdict(list)
    for one in Licence.objects.filter(unit__in=unit_ids).select_related("family").order_by("pk"):
        first = max(local_day(one.created_at), one.valid_from)
        found[one.unit_id].append(
            LicenceFacts(
                one.pk,
                one.family_id,
                one.family.unit_kind,
                one.family.category,
                Span(first, local_day(one.closed_at) if one.closed_at else None),
                tuple(bindings[one.pk]),
            )
        )
    return found


def _stations(unit_ids: Collection[int]) -> dict[int, list[StationFacts]]:
    bindings = _bindings(StationBinding.objects.filter(station__unit__in=unit_ids), "station_id")
    found = defaultdict(list)
    for one in Station.objects.filter(unit__in=unit_ids).select_related("licence").order_by("pk"):
        family = one.licence.family_id if one.licence is not None else ANY_STATION
        closed = local_day(one.closed_at) if one.closed_at else None
        span = Span(local_day(one.created_at), closed)
        found[one.unit_id].append(StationFacts(one.pk, family, span, tuple(bindings[one.pk])))
    return found


def _bindings(rows: Iterable[Any], column: str) -> dict[int, list[Binding]]:
    found = defaultdict(list)
    for one in rows:
        found[getattr(one, column)].append(Binding(one.staff_id, _span(one.period)))
    return found
