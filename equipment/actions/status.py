"""The 使用状态 of a machine: the dated rows behind it, and the plain changes of it."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from config.actor import Actor
from config.clock import local_day
from config.codes import normalise
from config.errors import RuleBroken
from config.words import cn_date
from equipment import hooks
from equipment.actions.numbers import refuse_taken, write_unique
from equipment.enums import UseStatus
from equipment.models import Declaration, Equipment, StatusPeriod
from units.audit import Verb, record

# Statuses that exempt from duties only when declared with file or confirmed (decision 6).
REGISTERED = (UseStatus.STOPPED, UseStatus.SCRAPPED)


@transaction.atomic
def set_status(
    equipment: Equipment,
    *,
    status: str,
    from_on: date,
    receipt_no: str = "",
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Equipment:
    """Give a machine another 使用状态 from a day on and return it, without a declaration.

    The running period ends the day before; one that was written down today for the same day is
    replaced, so that a slip can be put right. 停用 and 报废 want a reason and exempt from nothing
    here, receipt or not: that takes a declaration (equipment.actions.declarations, decision 6).
    未投用 can only be where a machine starts; a 报废 in force is final.
    """
    day = local_day(now)
    fresh = lock_machine(equipment, actor)
    wanted = UseStatus(status)
    reason = normalise(reason)
    receipt_no = normalise(receipt_no) if wanted in REGISTERED else ""
    running = running_period(fresh)
    refuse_dates(running, from_on, day)
    if wanted == running.status and receipt_no == running.receipt_no:
        raise RuleBroken("status_same", f"设备当前已是“{wanted.label}”，没有变化。", field="status")
    if wanted in REGISTERED and not reason:
        raise RuleBroken("reason_needed", f"请填写{wanted.label}原因。", field="reason")
    refuse_course(fresh, running, wanted, from_on=from_on)
    before = {"status": running.status, "receipt_no": running.receipt_no}
    change_status(
        fresh,
        wanted,
        running=running,
        from_on=from_on,
        reason=reason,
        receipt_no=receipt_no,
        now=now,
    )
    record(
        actor,
        Verb.EQUIPMENT_STATUS_SET,
        fresh,
        now=now,
        before=before,
        after={
            "status": wanted.value,
            "from_on": from_on,
            "receipt_no": receipt_no,
            "reason": reason,
        },
    )
    hooks.changed([fresh.pk], day=day, actor=actor, now=now)
    return fresh


# ------------------------------------------------------------------ writing
def change_status(
    machine: Equipment,
    status: UseStatus,
    *,
    running: StatusPeriod,
    from_on: date,
    now: datetime,
    reason: str = "",
    receipt_no: str = "",
    declaration: Declaration | None = None,
    exempt: DateRange | None = None,
    confirmed_at: datetime | None = None,
) -> StatusPeriod:
    """Write another status of a locked machine; a number taken meanwhile is refused in words.

    A machine that is scrapped no longer holds its numbers: whoever brings it back must have them.
    """
    if running.status == UseStatus.SCRAPPED and status != UseStatus.SCRAPPED:
        refuse_taken(machine)
    made: list[StatusPeriod] = []
    write_unique(
        lambda: made.append(
            write_status(
                machine,
                status,
                from_on=from_on,
                reason=reason,
                receipt_no=receipt_no,
                declaration=declaration,
                exempt=exempt,
                confirmed_at=confirmed_at,
                now=now,
            )
        )
    )
    return made[0]


def write_status(
    machine: Equipment,
    status: UseStatus,
    *,
    from_on: date,
    now: datetime,
    reason: str = "",
    receipt_no: str = "",
    declaration: Declaration | None = None,
    exempt: DateRange | None = None,
    confirmed_at: datetime | None = None,
) -> StatusPeriod:
    """The one place that writes Equipment.status, with the dated row it is a copy of.

    What the ended row exempted from stays on record: its exemption ends today, even when the new
    status is dated back.
    """
    running = machine.status_periods.filter(period__upper_inf=True).first()
    if running is not None and running.period.lower == from_on:
        running.delete()
    elif running is not None:
        running.period = DateRange(running.period.lower, from_on)
        running.exempt_period = cut(running.exempt_period, local_day(now))
        running.save(update_fields=["period", "exempt_period"])
    made = StatusPeriod.objects.create(
        equipment=machine,
        status=status,
        period=DateRange(from_on, None),
        receipt_no=receipt_no,
        reason=reason,
        declaration=declaration,
        exempt_period=exempt,
        confirmed_at=confirmed_at,
        created_at=now,
    )
    machine.status = status
    machine.save(update_fields=["status"])
    return made


def cut(period: DateRange | None, day: date) -> DateRange | None:
    """What is left of a range that ends on a day (the day itself no longer in it); None = nothing."""
    if period is None or period.lower >= day:
        return None
    if period.upper is not None and period.upper <= day:
        return period
    return DateRange(period.lower, day)


def lock_machine(equipment: Equipment, actor: Actor) -> Equipment:
    """The machine as it is now, locked until the transaction ends; 404 for another unit's."""
    fresh = (
        Equipment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("catalogue", "officer", "unit")
        .get(pk=equipment.pk)
    )
    refuse_foreign(fresh.unit_id, actor)
    return fresh


def running_period(machine: Equipment) -> StatusPeriod:
    """The dated row of the present status."""
    return machine.status_periods.select_related("declaration").get(period__upper_inf=True)


# ------------------------------------------------------------------ rules
def exempts(period: StatusPeriod) -> bool:
    """Whether a running row exempts today and on (the exemption has no end yet)."""
    return period.exempt_period is not None and period.exempt_period.upper is None


def refuse_dates(running: StatusPeriod, from_on: date, day: date) -> None:
    """A status begins today or earlier, and never rewrites a period of an earlier day."""
    if from_on > day:
        raise RuleBroken("from_future", "生效日期不能晚于今天。", field="from_on")
    begun = running.period.lower
    is_slip = local_day(running.created_at) == day  # put right on the day it was made
    if from_on < begun or (from_on == begun and not is_slip):
        than = "早于" if is_slip else "早于或等于"
        raise RuleBroken(
            "from_too_early",
            f"生效日期不能{than}当前状态的开始日期（{begun:%Y-%m-%d}），以前的记录不能改写。",
            field="from_on",
        )


def refuse_course(
    machine: Equipment, running: StatusPeriod, wanted: UseStatus, *, from_on: date
) -> None:
    """未投用 only at the start; a 报废 in force stays (F34), one the bureau refused does not."""
    replaces = running.period.lower == from_on
    if running.status == UseStatus.SCRAPPED and exempts(running):
        raise RuleBroken(
            "scrapped_is_final", "设备已办理报废，使用状态不能再变更。", field="status"
        )
    if wanted == UseStatus.NOT_YET_IN_USE:
        history = machine.status_periods.exclude(status=UseStatus.NOT_YET_IN_USE)
        if replaces:
            history = history.exclude(pk=running.pk)
        if history.exists():
            raise RuleBroken(
                "was_in_use",
                "设备已经投入使用，不能改为“未投用”；暂不使用请选“停用”。",
                field="status",
            )


def refuse_overdue(machine: Equipment, day: date) -> None:
    """A machine whose inspection has run out is inspected first, then used again (F33)."""
    due = machine.next_inspection_on
    if due is not None and due < day:
        raise RuleBroken(
            "inspection_overdue",
            f"检验已于{cn_date(due)}到期。请先检验合格，在“编辑档案”中填写新的下次检验日期，再办理启用。",
            field="kind",
        )


def refuse_foreign(unit_id: int, actor: Actor) -> None:
    """People and accounts of a unit act on their own unit's machines only."""
    if actor.unit_id is not None and actor.unit_id != unit_id:
        raise RuleBroken("foreign_unit", "设备不属于本单位。", status=404)
