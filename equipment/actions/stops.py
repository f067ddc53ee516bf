"""Declaring a 临时停用 (decision 6)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from config.actor import Actor
from config.codes import normalise
from config.errors import RuleBroken
from equipment.models import Equipment, StopDeclaration
from units.audit import Verb, record

LONGEST_DAYS = 30


@transaction.atomic
def declare_stop(
    equipment: Equipment,
    *,
    reason: str,
    from_on: date,
    until_on: date,
    origin: str,
    actor: Actor,
    now: datetime,
) -> StopDeclaration:
    """Declare a machine out of use from one day through another and return the declaration.

    A temporary stop exempts from nothing: the day's to-do stays and is recorded. `origin` names
    what it came from ("inspection:H7K2M…"); the same origin for the same machine gives the same
    declaration again. At most 30 days, renewable by a further one. Declared by a person of the
    unit. Raises RuleBroken on `stop_reason`, `until_on`.
    """
    machine = Equipment.objects.select_for_update(of=("self",), no_key=True).get(pk=equipment.pk)
    if actor.staff_id is None:
        raise RuleBroken("person_needed", "临时停用须由本单位人员在手机端申报。", status=403)
    if actor.unit_id != machine.unit_id:
        raise RuleBroken("foreign_unit", "设备不属于本单位。", status=404)
    if origin:
        known = machine.stop_declarations.filter(origin=origin).first()
        if known is not None:
            return known
    reason = normalise(reason)
    if not reason:
        raise RuleBroken("reason_needed", "请填写停用原因。", field="stop_reason")
    if until_on < from_on:
        raise RuleBroken("until_before_from", "停用截止日期不能早于开始日期。", field="until_on")
    if (until_on - from_on).days >= LONGEST_DAYS:
        raise RuleBroken(
            "stop_too_long",
            f"临时停用一次最多申报 {LONGEST_DAYS} 天，到期可再次申报；长期不用请办理停用手续。",
            field="until_on",
        )
    made = StopDeclaration.objects.create(
        equipment=machine,
        reason=reason,
        period=DateRange(from_on, until_on + timedelta(days=1)),
        origin=origin,
        declared_by_id=actor.staff_id,
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
