"""A 临时停用 is declared, rejected, ended early (decision 6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q

from config.actor import Actor
from config.clock import local_day
from config.codes import normalise
from config.errors import RuleBroken
from equipment.enums import UseStatus
from equipment.models import Equipment, StopDeclaration
from equipment.notices import tell_stop_declared, tell_stop_rejected
from equipment.queries_stops import OVER, state_of
from equipment.states import may_end, may_reject
from equipment.words import span
from units.audit import Verb, record
from units.models import StoredFile

LONGEST_DAYS = 30
# The origin of what a daily round declared: it says what was found, whatever is declared already.
ROUND = "inspection:"
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
    `origin` names what it came from ("inspection:H7K2M…", or the form that was sent); the same
    origin for the same machine gives the same declaration again. Unless a round found it, it begins
    today or later and meets no other one. At most 30 days, renewable by a further one. Declared by
    a person of the unit or by its account; the directors in scope are told.
    Raises RuleBroken on `stop_reason`, `from_on`, `until_on`.
    """
    machine = Equipment.objects.select_for_update(of=("self",), no_key=True).get(pk=equipment.pk)
    if actor.unit_id != machine.unit_id:
        raise RuleBroken("foreign_unit", "设备不属于本单位。", status=404)
    if origin:
        known = machine.stop_declarations.filter(origin=origin).first()
        if known is not None:
            return known
    reason = _reason(reason, field="stop_reason", label="停用原因", missing="请填写停用原因。")
    if until_on < from_on:
        raise RuleBroken("until_before_from", "停用截止日期不能早于开始日期。", field="until_on")
    if (until_on - from_on).days >= LONGEST_DAYS:
        raise RuleBroken(
            "stop_too_long",
            f"临时停用一次最多申报 {LONGEST_DAYS} 天，到期可再次申报；长期不用请办理停用手续。",
            field="until_on",
        )
    if not origin.startswith(ROUND):
        _refuse_ahead(machine, from_on, until_on, day=local_day(now))
    period = DateRange(from_on, until_on + timedelta(days=1))
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
    tell_stop_declared(made, actor=actor, now=now)
    return made


@transaction.atomic
def reject_stop(
    stop: StopDeclaration, *, reason: str, actor: Actor, now: datetime
) -> StopDeclaration:
    """驳回 by a director in scope or the principal: the normal round is owed again; return it.

    From now on, today included; what was signed stays as it is. The declarer and the machine's
    officer are told. The same rejection sent twice is one. Raises RuleBroken: reason_needed or
    too_long on `reason`, not_yours (403), rejected_already, stop_over (409).
    """
    missing = "请填写驳回原因，申报人会看到。"
    reason = _reason(reason, field="reason", label="驳回原因", missing=missing)
    fresh = _lock(stop, actor)
    if not may_reject(fresh, actor):
        raise RuleBroken("not_yours", "您没有权限驳回这台设备的临时停用。", status=403)
    if fresh.rejected_at is not None:
        if (fresh.rejected_by_name, fresh.reject_reason) == (actor.name, reason):
            return fresh
        raise RuleBroken(
            "rejected_already",
            f"这份申报刚刚已被{fresh.rejected_by_name}驳回（{fresh.reject_reason}），不必再驳回。",
        )
    if state_of(fresh, local_day(now)) == OVER:
        raise RuleBroken("stop_over", "这份临时停用已经结束，不必再驳回。")
    fresh.rejected_at, fresh.rejected_by_name, fresh.reject_reason = now, actor.name, reason
    fresh.save(update_fields=["rejected_at", "rejected_by_name", "reject_reason"])
    record(actor, Verb.STOP_REJECTED, fresh.equipment, now=now, after=_facts(fresh, reason=reason))
    tell_stop_rejected(fresh, actor=actor, now=now)
    return fresh


@transaction.atomic
def end_stop(stop: StopDeclaration, *, actor: Actor, now: datetime) -> StopDeclaration:
    """End a 临时停用 before its time: from today the normal round is owed again; return it.

    One that has not begun falls away. Ending what has ended changes nothing.
    Raises RuleBroken: not_yours (403), rejected_already (409).
    """
    day = local_day(now)
    fresh = _lock(stop, actor)
    if not may_end(fresh, actor):
        raise RuleBroken("not_yours", "您没有权限结束这台设备的临时停用。", status=403)
    if fresh.rejected_at is not None:
        raise RuleBroken("rejected_already", "这份申报刚刚已被驳回，已恢复正常巡查。")
    if state_of(fresh, day) == OVER:
        return fresh
    fresh.ended_on, fresh.ended_by_name = day, actor.name
    fresh.save(update_fields=["ended_on", "ended_by_name"])
    record(actor, Verb.STOP_ENDED, fresh.equipment, now=now, after=_facts(fresh, on=day))
    return fresh


def _reason(text: str, *, field: str, label: str, missing: str) -> str:
    reason = normalise(text)
    if not reason:
        raise RuleBroken("reason_needed", missing, field=field)
    if len(reason) > REASON_LIMIT:
        raise RuleBroken("too_long", f"{label}最多 {REASON_LIMIT} 个字。", field=field)
    return reason


def _lock(stop: StopDeclaration, actor: Actor) -> StopDeclaration:
    """The declaration as it now is, its machine locked first, as everywhere; 404 for a stranger."""
    Equipment.objects.select_for_update(of=("self",), no_key=True).get(pk=stop.equipment_id)
    rows = StopDeclaration.objects.select_for_update(of=("self",), no_key=True)
    fresh = rows.select_related("equipment__officer", "declared_by").get(pk=stop.pk)
    if actor.unit_id != fresh.equipment.unit_id:
        raise RuleBroken("foreign_unit", "设备不属于本单位。", status=404)
    return fresh


def _facts(stop: StopDeclaration, **more: object) -> dict[str, object]:
    last = stop.period.upper - timedelta(days=1)
    return {"stop": stop.code, "from_on": stop.period.lower, "until_on": last, **more}


def _refuse_ahead(machine: Equipment, from_on: date, until_on: date, *, day: date) -> None:
    """What is declared ahead is about a machine in use and about days to come."""
    if machine.status != UseStatus.IN_USE:
        raise RuleBroken(
            "not_in_use",
            f"设备当前为“{machine.get_status_display()}”，不需要申报临时停用。",
            field="kind",
        )
    if from_on < day:
        raise RuleBroken(
            "from_past",
            "临时停用不能从今天以前开始：以前的日子以当日的巡查记录为准。",
            field="from_on",
        )
    if from_on > day + timedelta(days=LONGEST_DAYS):
        raise RuleBroken(
            "from_far", f"开始日期最晚为今天起 {LONGEST_DAYS} 天内，请核对。", field="from_on"
        )
    period = DateRange(from_on, until_on + timedelta(days=1))
    declared = machine.stop_declarations.filter(period__overlap=period, rejected_at=None)
    lasting = Q(ended_on=None) | Q(ended_on__gt=from_on)
    other = declared.filter(lasting).order_by("period").first()
    if other is not None:
        raise RuleBroken(
            "stopped_already",
            f"这台设备已申报临时停用（{span(other.period)}），日期有重叠；续报请从其结束后一天开始。",
            field="from_on",
        )
