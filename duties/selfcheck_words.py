"""The differences of the self-check in words, and which of them are changes made afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

from config.clock import end_of
from config.words import cn_day, cn_month, cn_week
from duties.enums import Cadence, Level, TaskKind
from duties.models import Cover
from equipment import subjects
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
from units.audit import Verb
from units.models import Appointment, AuditEntry, Staff, Unit

if TYPE_CHECKING:
    from duties.selfcheck import Difference

MISPLACED = "负责人不符"
AFTERWARDS = "（该日之后才登记，属事后变更）"


def lines(differences: Sequence[Difference]) -> Iterator[tuple[bool, str]]:
    """(is it 事后变更, the sentence) of every difference.

    One that is partly explained by later facts is an error for the days that are not.
    """
    units = Unit.objects.in_bulk({one.unit_id for one in differences})
    names = _Names(differences)
    for one in differences:
        late = [period for period in one.periods if _is_late(one, period[1])]
        left = [period for period in one.periods if period not in late]
        for is_late, periods in ((False, left), (True, late)):
            if periods:
                said = f"{units[one.unit_id].name} {names.of(one.shape)}：{one.word}"
                days = _days(one.shape[1], [period_on for period_on, _ in periods])
                yield is_late, f"{said} {days}{AFTERWARDS if is_late else ''}"


class _Names:
    """The names of what the differences are about, fetched together."""

    def __init__(self, differences: Sequence[Difference]) -> None:
        shapes = [one.shape for one in differences]
        models = ((Equipment, 4), (Licence, 5), (Station, 6), (Staff, 7))
        self._found = {
            place: model.objects.in_bulk({shape[place] for shape in shapes} - {None})
            for model, place in models
        }

    def of(self, shape: tuple[Any, ...]) -> str:
        """1号客梯 日管控; 电梯 周排查（安全总监 王总）."""
        kind, cadence, level, category = shape[:4]
        subject = next(
            (str(self._found[place][shape[place]]) for place in (4, 5, 6) if shape[place]),
            subjects.label(category),
        )
        what = Cadence(cadence).label
        if kind != TaskKind.INSPECTION:
            what = TaskKind(kind).label
        if cadence == Cadence.DAILY:
            return f"{subject} {what}"
        owner = f" {self._found[7][shape[7]].name}" if shape[7] else ""
        return f"{subject} {what}（{Level(level).label}{owner}）"


def _days(cadence: str, days: list[date]) -> str:
    """11月3日至11月5日、11月9日; the weeks or months by name."""
    if cadence == Cadence.WEEKLY:
        return "、".join(cn_week(day) for day in days)
    if cadence == Cadence.MONTHLY:
        return "、".join(cn_month(day) for day in days)
    runs = groupby(enumerate(sorted(days)), key=lambda pair: pair[1].toordinal() - pair[0])
    said = []
    for _, members in runs:
        run = [day for _, day in members]
        said.append(cn_day(run[0]) if len(run) == 1 else f"{cn_day(run[0])}至{cn_day(run[-1])}")
    return "、".join(said)


def _is_late(one: Difference, day: date) -> bool:
    """Whether a fact about this to-do that holds on the day was written down after it."""
    moment = end_of(day)
    return any(
        rows.filter(period__contains=day, created_at__gte=moment).exists() for rows in _facts(one)
    ) or any(rows.filter(at__gte=moment).exists() for rows in _corrections(one))


def _corrections(one: Difference) -> list[QuerySet]:
    """Changes of what is no dated fact: the type of a machine, the first day of a licence."""
    _, cadence, _, _, _, licence, _, _ = one.shape
    found = []
    changed = AuditEntry.objects.filter(unit=one.unit_id)
    if cadence != Cadence.DAILY:
        found.append(changed.filter(verb=Verb.EQUIPMENT_CHANGED, after__has_key="catalogue"))
    if cadence != Cadence.DAILY or licence is not None:
        found.append(changed.filter(verb=Verb.LICENCE_CHANGED, after__has_key="valid_from"))
    return found


def _facts(one: Difference) -> list[QuerySet]:
    """The dated rows that decide about a to-do."""
    _, cadence, _, category, equipment, licence, station, _ = one.shape
    unit = one.unit_id
    machines = Q(equipment=equipment) if equipment else Q(equipment__category=category)
    of_unit = Q(equipment__unit=unit) & machines
    found: list[QuerySet] = [
        SuspensionPeriod.objects.filter(unit=unit),
        Cover.objects.filter(unit=unit, cancelled_at=None),
    ]
    if licence is None and station is None:
        found += [StatusPeriod.objects.filter(of_unit), OfficerBinding.objects.filter(of_unit)]
    if cadence != Cadence.DAILY:
        found.append(Appointment.objects.filter(staff__unit=unit))
    if equipment is None:
        mine = {"licence": licence} if licence else {"licence__unit": unit}
        found.append(LicenceBinding.objects.filter(**mine))
    if station:
        found.append(StationBinding.objects.filter(station=station))
    return found
