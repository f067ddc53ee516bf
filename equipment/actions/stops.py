"""Declaring a 临时停用 (decision 6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from config.actor import Actor
from config.clock import local_day
from config.codes import normalise
from config.errors import RuleBroken
from equipment.enums import UseStatus
from equipment.models import Equipment, StopDeclaration
from equipment.words import span
from units.audit import Verb, record
from units.models import StoredFile

LONGEST_DAYS = 30
REASON_LIMIT = 200


@transaction.atomic
def declare_stop(
    equipment: Equipment,
    *,
    reason: str,
    from_on: date,
    until_on: date,
    origin: str,
    file: StoredFile | Callable[[], StoredFile] | None = None,
    actor: Actor,
    now: datetime,
) -> StopDeclaration:
    """Declare a machine out of use from one day through another and return the declaration.

    A temporary stop exempts from nothing: the day's to-do stays and is recorded (decision 6).
    `origin` names what it came from ("inspection:H7K2M…"); the same origin for the same machine
    gives the same declaration again. From the desk (`origin` empty) it begins today or later and
    meets no other one. At most 30 days, renewable by a further one. Declared by a person of the
    unit or by its account. Raises RuleBroken on `stop_reason`, `from_on`, `until_on`.
    """
    machine = Equipment.objects.select_for_update(of=("self",), no_key=True).get(pk=equipment.pk)
    if actor.unit_id != machine.unit_id:
        raise RuleBroken("foreign_unit", "设备不属于本单位。", status=404)
    if origin:
        known = machine.stop_declarations.filter(origin=origin).first()
        if known is not None:
            return known
    reason = normalise(reason)
    if not reason:
        raise RuleBroken("reason_needed", "请填写停用原因。", field="stop_reason")
    if len(reason) > REASON_LIMIT:
        raise RuleBroken("too_long", f"停用原因最多 {REASON_LIMIT} 个字。", field="stop_reason")
    if until_on < from_on:
        raise RuleBroken("until_before_from", "停用截止日期不能早于开始日期。", field="until_on")
    if (until_on - from_on).days >= LONGEST_DAYS:
        raise RuleBroken(
            "stop_too_long",
            f"临时停用一次最多申报 {LONGEST_DAYS} 天，到期可再次申报；长期不用请办理停用手续。",
            field="until_on",
        )
    period = DateRange(from_on, until_on + timedelta(days=1))
    if not origin:
        _refuse_at_desk(machine, period, day=local_day(now))
    made = StopDeclaration.objects.create(
        equipment=machine,
        reason=reason,
        period=period,
        origin=origin,
        file=file() if callable(file) else file,
        declared_by_id=actor.staff_id,
        declared_by_name=actor.name,
        declared_at=now,
    )
    record(
        actor,
        Verb.STOP_DECLARED,
        machine,
        now=now,
        after={"from_on": from_on, "until_on": until_on, "reason": reason, "origin": origin},
    )
    return made


def _refuse_at_desk(machine: Equipment, period: DateRange, *, day: date) -> None:
    """What is declared ahead is about a machine in use and about days to come."""
    if machine.status != UseStatus.IN_USE:
        raise RuleBroken(
            "not_in_use",
            f"设备当前为“{machine.get_status_display()}”，不需要申报临时停用。",
            field="kind",
        )
    if period.lower < day:
        raise RuleBroken(
            "from_past",
            "临时停用不能从今天以前开始：以前的日子以当日的巡查记录为准。",
            field="from_on",
        )
    if period.lower > day + timedelta(days=LONGEST_DAYS):
        raise RuleBroken(
            "from_far", f"开始日期最晚为今天起 {LONGEST_DAYS} 天内，请核对。", field="from_on"
        )
    declared = machine.stop_declarations.filter(period__overlap=period, rejected_at=None)
    other = declared.order_by("period").first()
    if other is not None:
        raise RuleBroken(
            "stopped_already",
            f"这台设备已申报临时停用（{span(other.period)}），日期有重叠；续报请从其结束后一天开始。",
            field="from_on",
        )
