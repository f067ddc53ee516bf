"""The dated rows of a 停产: written and ended by equipment.actions.declarations only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateRange

from config.actor import Actor
from config.errors import RuleBroken
from config.words import cn_date
from equipment import hooks
from equipment.actions.status import cut
from equipment.models import Declaration, Equipment, SuspensionPeriod
from equipment.words import span
from units import hooks as unit_hooks
from units.models import Unit

# A 停产 that is planned this far ahead is a slip of the keyboard.
FARTHEST = timedelta(days=366)
# One that is to last longer has no end that is known: it is left open.
LONGEST_YEARS = 10


@dataclass(frozen=True)
class Ended:
    """What ending a 停产 did: whether it held at all, and the machines whose to-dos change."""

    was_running: bool
    machines: list[int] = field(default_factory=list)


def lock_unit(unit_id: int) -> None:
    """Two declarations of one unit's 停产 wait for each other."""
    Unit.objects.select_for_update(of=("self",), no_key=True).get(pk=unit_id)


def refuse_dates(unit: Unit, *, from_on: date, until_on: date | None, day: date) -> None:
    """A 停产 begins today or later, ends after it began, and meets no other one of the unit."""
    lock_unit(unit.pk)
    if from_on < day:
        raise RuleBroken(
            "from_past",
            "停产开始日期不能早于今天：申报以前的日期不能改写已经产生的待办。",
            field="from_on",
        )
    if from_on > day + FARTHEST:
        raise RuleBroken("from_far", "停产开始日期不能晚于一年以后，请核对。", field="from_on")
    if until_on is not None and until_on < from_on:
        raise RuleBroken("until_before_from", "停产结束日期不能早于开始日期。", field="until_on")
    if until_on is not None and until_on.year > from_on.year + LONGEST_YEARS:
        raise RuleBroken(
            "until_far",
            f"停产结束日期不能晚于开始后 {LONGEST_YEARS} 年；还不确定何时恢复的，请不填。",
            field="until_on",
        )
    period = _range(from_on, until_on)
    other = SuspensionPeriod.objects.filter(unit=unit, period__overlap=period).first()
    if other is not None:
        raise RuleBroken(
            "suspended_already",
            f"本单位已申报停产（{span(other.period)}），日期有重叠；请先恢复生产或改选日期。",
            field="from_on",
        )


def write(made: Declaration, *, is_proven: bool, day: date, now: datetime) -> list[int]:
    """Write the dated row of a 停产; return the machines whose to-dos it changes today."""
    period = _range(made.from_on, made.until_on)
    SuspensionPeriod.objects.create(
        unit=made.unit,
        declaration=made,
        period=period,
        exempt_period=period if is_proven else None,
        created_at=now,
    )
    return _machines(made.unit_id) if is_proven and made.from_on <= day else []


def confirm(declaration: Declaration, *, day: date) -> list[int]:
    """From today at the latest it exempts; return the machines whose to-dos change today."""
    row = declaration.suspensions.first()
    if row is None or (row.period.upper is not None and row.period.upper <= day):
        return []
    if row.exempt_period is None:
        row.exempt_period = DateRange(max(row.period.lower, day), row.period.upper)
        row.save(update_fields=["exempt_period"])
    return _machines(declaration.unit_id) if row.period.lower <= day else []


def end(declaration: Declaration, *, day: date) -> Ended:
    """The 停产 holds no longer from today on; one that has not begun yet leaves no row."""
    row = declaration.suspensions.first()
    if row is None or (row.period.upper is not None and row.period.upper <= day):
        return Ended(False)
    left = cut(row.period, day)
    if left is None:
        row.delete()
    else:
        row.period, row.exempt_period = left, cut(row.exempt_period, day)
        row.save(update_fields=["period", "exempt_period"])
    return Ended(True, _machines(declaration.unit_id))


def tell_duties(
    declaration: Declaration, machines: list[int], *, day: date, actor: Actor, now: datetime
) -> None:
    """Let today's to-dos follow a declaration; a 停产 is also about the unit's licences and stations."""
    if declaration.kind == Declaration.Kind.SUSPEND:
        unit_hooks.changed([declaration.unit_id], day=day, actor=actor, now=now)
    else:
        hooks.changed(machines, day=day, actor=actor, now=now)


def describe(row: SuspensionPeriod) -> str:
    """A running or coming 停产 in one sentence."""
    if row.exempt_period is None:
        return f"停产 {span(row.period)}，尚未免除待办"
    return f"停产 {span(row.period)}，自{cn_date(row.exempt_period.lower)}起免检"


def _range(from_on: date, until_on: date | None) -> DateRange:
    return DateRange(from_on, until_on + timedelta(days=1) if until_on else None)


def _machines(unit_id: int) -> list[int]:
    """All machines of a unit, locked in the order of their keys like every change of to-dos."""
    return list(
        Equipment.objects.select_for_update(of=("self",), no_key=True)
        .filter(unit_id=unit_id)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
