"""Declarations about use and the bureau's word on them (F33, F34, decisions 6 and 7).

What a declaration exempts from, and on which days, stands in the dated row it wrote
(`exempt_period` of StatusPeriod or SuspensionPeriod); generation reads nothing else.

1. Filed with a receipt number and its file, it exempts from its first day, but never from a day
   before the one it was written on: what was owed and missed until then stays as it is.
2. Filed without, it exempts from nothing (it acts as 临时停用) until the bureau confirms it: from
   the day of the confirmation on.
3. An objection ends the exemption on its day: the to-dos of that day are owed again. So does a
   withdrawal. After an objection the next one exempts as in 2, papers or not.
4. Machines are locked before declarations, declarations before to-dos, as everywhere; the hooks
   then act on today's to-dos, taking turns with generation (duties.generation, point 5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from config.actor import Actor
from config.clock import local_day
from config.codes import normalise
from config.errors import RuleBroken
from config.workflow import lock, transition
from equipment.actions import status as statuses
from equipment.actions import suspensions
from equipment.actions.status import cut, exempts
from equipment.enums import UseStatus
from equipment.models import Declaration, Equipment, StatusPeriod
from equipment.notices import tell_bureau_filed, tell_unit_decided
from units.audit import Verb, record
from units.models import StoredFile, Unit

Kind, State = Declaration.Kind, Declaration.State

# A file that is kept already, or what keeps it once nothing else stands against the declaration.
Paper = StoredFile | Callable[[], StoredFile] | None

TARGETS = {
    Kind.STOP: UseStatus.STOPPED,
    Kind.RESUME: UseStatus.IN_USE,
    Kind.SCRAP: UseStatus.SCRAPPED,
}
LONGEST = {"reason": (200, "原因"), "receipt_no": (60, "办理回执编号"), "opinion": (200, "意见")}


@transaction.atomic
def file_declaration(
    *,
    unit: Unit,
    equipment: Equipment | None,
    kind: str,
    from_on: date,
    until_on: date | None = None,
    reason: str,
    receipt_no: str = "",
    file: Paper = None,
    actor: Actor,
    now: datetime,
) -> Declaration:
    """File a declaration of a unit, let it take effect, tell the bureau, and return it.

    停用 / 报废 / 启用 are about a machine and begin today or earlier; 停产 is about the unit and may
    begin later and have an end. 启用 needs nobody's word, but no overdue inspection either (F33).
    An earlier declaration of the same machine that still waits is withdrawn by the new one.
    Raises RuleBroken on from_on, until_on, reason, receipt_no, file, kind.
    """
    wanted = Kind(kind)
    day = local_day(now)
    statuses.refuse_foreign(unit.pk, actor)
    reason, receipt_no = _texts(wanted, reason, receipt_no, file)
    machine = running = None
    if wanted == Kind.SUSPEND:
        suspensions.refuse_dates(unit, from_on=from_on, until_on=until_on, day=day)
    else:
        machine = _own_machine(unit, equipment, actor)
        running = statuses.running_period(machine)
        _refuse_course(machine, running, wanted, from_on=from_on, day=day)
        until_on = None
    made = Declaration.objects.create(
        unit=unit,
        equipment=machine,
        kind=wanted,
        from_on=from_on,
        until_on=until_on,
        reason=reason,
        receipt_no=receipt_no,
        file=file() if callable(file) else file,
        state=State.RECORDED if wanted == Kind.RESUME else State.FILED,
        declared_by_name=actor.name,
        declared_at=now,
    )
    if machine is not None and running is not None:
        _supersede(machine, made, actor=actor, now=now)
        _write_machine(machine, running, made, day=day, now=now)
        touched = [machine.pk]
    else:
        touched = suspensions.write(made, is_proven=_is_proven(made), day=day, now=now)
    record(actor, Verb.DECLARATION_FILED, made, now=now, after=_facts(made))
    if made.state == State.FILED:
        tell_bureau_filed(made, now=now)
    suspensions.tell_duties(made, touched, day=day, actor=actor, now=now)
    return made


@transaction.atomic
def confirm(
    declaration: Declaration, *, opinion: str = "", actor: Actor, now: datetime
) -> Declaration:
    """确认 by the bureau: it exempts from today at the latest; return it. Tells the unit.

    Raises RuleBroken: wrong_state (decided or withdrawn meanwhile), not_yours (403).
    """
    return _decide(declaration, "confirm", opinion=opinion, actor=actor, now=now)


def confirm_all(
    declarations: Iterable[Declaration], *, opinion: str = "", actor: Actor, now: datetime
) -> tuple[list[Declaration], list[Declaration]]:
    """Confirm several; return those confirmed and those that somebody had decided meanwhile.

    In the order of their machines, so that two people who confirm the same ones do not block each
    other for ever.
    """
    done, left = [], []
    with transaction.atomic():
        for one in sorted(declarations, key=lambda one: (one.equipment_id or 0, one.pk)):
            try:
                done.append(confirm(one, opinion=opinion, actor=actor, now=now))
            except RuleBroken as broken:
                if broken.code != "wrong_state":
                    raise
                left.append(one)
    return done, left


@transaction.atomic
def object_to(
    declaration: Declaration, *, opinion: str, actor: Actor, now: datetime
) -> Declaration:
    """提出异议 by the bureau, with its reason: from today nothing is exempt any more. Tells the unit.

    The archive keeps the status the unit declared; a 停产 ends. Raises RuleBroken: opinion_needed
    on `opinion`, wrong_state, not_yours.
    """
    if not normalise(opinion):
        raise RuleBroken("opinion_needed", "请写明异议的理由，单位会看到。", field="opinion")
    return _decide(declaration, "object", opinion=opinion, actor=actor, now=now)


@transaction.atomic
def withdraw(declaration: Declaration, *, reason: str, actor: Actor, now: datetime) -> Declaration:
    """撤回 by the unit while nobody has decided: the status before it holds again from today.

    A machine that was exempt until now does not come back to use by it with an overdue inspection.
    Raises RuleBroken: reason_needed on `reason`, inspection_overdue, wrong_state, not_yours.
    """
    if not normalise(reason):
        raise RuleBroken("reason_needed", "请填写撤回的原因。", field="reason")
    return _decide(declaration, "withdraw", opinion=reason, actor=actor, now=now)


@transaction.atomic
def end_suspension(
    declaration: Declaration, *, reason: str = "", actor: Actor, now: datetime
) -> Declaration:
    """恢复生产: a 停产 ends today, today's to-dos are owed again; return its declaration.

    One that has not begun yet falls away. Raises RuleBroken: not_running.
    """
    day = local_day(now)
    reason = _text("reason", reason)
    suspensions.lock_unit(declaration.unit_id)
    fresh = lock(declaration)
    statuses.refuse_foreign(fresh.unit_id, actor)
    touched = suspensions.end(fresh, day=day)
    if not touched.was_running:
        raise RuleBroken("not_running", "这次停产已经结束，不需要再恢复。")
    if fresh.state == State.FILED:
        fresh = transition(
            fresh,
            "withdraw",
            actor=actor,
            now=now,
            changes=_decided_by(actor, reason or "已恢复生产"),
            locked=True,
        )
    record(actor, Verb.SUSPENSION_ENDED, fresh, now=now, after={"on": day, "reason": reason})
    suspensions.tell_duties(fresh, touched.machines, day=day, actor=actor, now=now)
    return fresh


# ------------------------------------------------------------------ filing
def _texts(wanted: Kind, reason: str, receipt_no: str, file: Paper) -> tuple[str, str]:
    """Reason and receipt number as they are kept; 启用 needs neither."""
    reason = _text("reason", reason)
    if wanted == Kind.RESUME:
        return reason, ""
    receipt_no = _text("receipt_no", receipt_no)
    if not reason:
        raise RuleBroken("reason_needed", f"请填写{wanted.label}原因。", field="reason")
    if receipt_no and file is None:
        raise RuleBroken(
            "file_needed",
            "填写了办理回执编号，请同时上传回执或证明材料；暂时没有的，请把编号留空。",
            field="file",
        )
    return reason, receipt_no


def _own_machine(unit: Unit, equipment: Equipment | None, actor: Actor) -> Equipment:
    if equipment is None:
        raise ValueError("a declaration about use names its machine")
    machine = statuses.lock_machine(equipment, actor)
    if machine.unit_id != unit.pk:
        raise RuleBroken("foreign_unit", "设备不属于本单位。", status=404)
    return machine


def _refuse_course(
    machine: Equipment, running: StatusPeriod, wanted: Kind, *, from_on: date, day: date
) -> None:
    target = TARGETS[wanted]
    statuses.refuse_dates(running, from_on, day)
    statuses.refuse_course(machine, running, target, from_on=from_on)
    pending = running.declaration
    is_waiting = pending is not None and pending.state == State.FILED
    if running.status == UseStatus.SCRAPPED and is_waiting and wanted != Kind.SCRAP:
        raise RuleBroken(
            "scrap_waits",
            "这台设备的报废申报正在等待监管部门确认。申报有误的，请先撤回那份申报。",
            field="kind",
        )
    if running.status != target:
        if wanted == Kind.RESUME:
            statuses.refuse_overdue(machine, day)
        return
    if wanted == Kind.RESUME:
        raise RuleBroken("status_same", "设备当前已是“在用”，不需要启用。", field="kind")
    if exempts(running):
        raise RuleBroken("status_same", f"设备已办理{wanted.label}，不需要再申报。", field="kind")


def _write_machine(
    machine: Equipment, running: StatusPeriod, made: Declaration, *, day: date, now: datetime
) -> None:
    """The machine's new status; a 报废 of a machine that is exempt already leaves it exempt."""
    goes_on = made.kind == Kind.SCRAP and exempts(running)
    exempt = None
    if made.kind != Kind.RESUME and (goes_on or _is_proven(made)):
        exempt = DateRange(max(made.from_on, day), None)
    statuses.change_status(
        machine,
        TARGETS[Kind(made.kind)],
        running=running,
        from_on=made.from_on,
        reason=made.reason,
        receipt_no=made.receipt_no,
        declaration=made,
        exempt=exempt,
        now=now,
    )


def _is_proven(made: Declaration) -> bool:
    """Whether it exempts at once: its papers are there, and the last one met with no objection."""
    if not made.receipt_no or made.file_id is None:
        return False
    earlier = Declaration.objects.filter(unit_id=made.unit_id, equipment_id=made.equipment_id)
    decided = earlier.filter(state__in=[State.CONFIRMED, State.OBJECTED], pk__lt=made.pk)
    last = decided.order_by("-decided_at", "-pk").first()
    return last is None or last.state != State.OBJECTED


def _supersede(machine: Equipment, made: Declaration, *, actor: Actor, now: datetime) -> None:
    """What still waits about this machine is answered by the new declaration."""
    waiting = machine.declarations.filter(state=State.FILED).exclude(pk=made.pk)
    for one in waiting.select_for_update(of=("self",), no_key=True).order_by("pk"):
        opinion = f"被新的{Kind(made.kind).label}申报取代"
        one.state, one.decided_at, one.opinion = State.WITHDRAWN, now, opinion
        one.decided_by_name = actor.name
        one.save(update_fields=["state", "decided_at", "opinion", "decided_by_name"])
        record(actor, Verb.DECLARATION_WITHDRAWN, one, now=now, after={"reason": opinion})


# ------------------------------------------------------------------ deciding
VERBS = {
    "confirm": Verb.DECLARATION_CONFIRMED,
    "object": Verb.DECLARATION_OBJECTED,
    "withdraw": Verb.DECLARATION_WITHDRAWN,
}


def _decide(
    declaration: Declaration, name: str, *, opinion: str, actor: Actor, now: datetime
) -> Declaration:
    """One transition of a declaration with what follows from it, in one transaction."""
    day = local_day(now)
    opinion = _text("opinion", opinion)
    machine = None
    if declaration.equipment_id is not None:
        machine = lock(declaration.equipment)
    else:
        suspensions.lock_unit(declaration.unit_id)
    fresh = lock(declaration)
    before = {"state": fresh.state}
    fresh = transition(
        fresh, name, actor=actor, now=now, changes=_decided_by(actor, opinion), locked=True
    )
    if machine is not None:
        touched = _apply(machine, fresh, name, day=day, now=now)
    elif name == "confirm":
        touched = suspensions.confirm(fresh, day=day)
    else:
        touched = suspensions.end(fresh, day=day).machines
    record(actor, VERBS[name], fresh, now=now, before=before, after={"opinion": opinion, "on": day})
    if name != "withdraw":
        tell_unit_decided(fresh, now=now)
    suspensions.tell_duties(fresh, touched, day=day, actor=actor, now=now)
    return fresh


def _apply(
    machine: Equipment, declaration: Declaration, name: str, *, day: date, now: datetime
) -> list[int]:
    """What a decision does to the dated row of the machine's status; returns whose to-dos change."""
    period = machine.status_periods.filter(declaration=declaration).order_by("-period").first()
    if period is None or period.period.upper is not None:
        return []  # another status has taken its place since
    if name == "withdraw":
        _restore(machine, period, day=day, now=now)
        return [machine.pk]
    if name == "confirm":
        period.confirmed_at = now
        if not exempts(period):
            period.exempt_period = DateRange(max(period.period.lower, day), None)
    else:
        period.confirmed_at = None
        period.exempt_period = cut(period.exempt_period, day)
    period.save(update_fields=["confirmed_at", "exempt_period"])
    return [machine.pk]


def _restore(machine: Equipment, period: StatusPeriod, *, day: date, now: datetime) -> None:
    """The status before a withdrawn declaration holds again from today, with what it exempted from."""
    earlier = machine.status_periods.exclude(pk=period.pk).filter(period__lt=period.period)
    before = earlier.select_related("declaration").order_by("-period").first()
    target = UseStatus(before.status) if before is not None else UseStatus.IN_USE
    was_exempt = exempts(period) and period.exempt_period.lower < day
    if target == UseStatus.IN_USE and was_exempt:
        statuses.refuse_overdue(machine, day)
    formal = before is not None and _was_exempt(before, period)
    statuses.change_status(
        machine,
        target,
        running=period,
        from_on=day,
        reason=before.reason if before else "",
        receipt_no=before.receipt_no if before else "",
        declaration=before.declaration if before else None,
        exempt=DateRange(day, None) if formal else None,
        confirmed_at=before.confirmed_at if before else None,
        now=now,
    )


def _was_exempt(before: StatusPeriod, period: StatusPeriod) -> bool:
    """Whether a row exempted by the bureau's word until the next one; without it nobody could object."""
    exempt, declared = before.exempt_period, before.declaration
    confirmed = declared is not None and declared.state == State.CONFIRMED
    return confirmed and exempt is not None and exempt.upper == local_day(period.created_at)


def _decided_by(actor: Actor, opinion: str) -> dict[str, str]:
    return {"decided_by_name": actor.name, "opinion": opinion}


def _text(field: str, value: str) -> str:
    text = normalise(value or "")
    longest, label = LONGEST[field]
    if len(text) > longest:
        raise RuleBroken("too_long", f"{label}最多 {longest} 个字。", field=field)
    return text


def _facts(made: Declaration) -> dict[str, object]:
    return {
        "kind": made.kind,
        "equipment": made.equipment.code if made.equipment else "",
        "from_on": made.from_on,
        "until_on": made.until_on,
        "reason": made.reason,
        "receipt_no": made.receipt_no,
        "has_file": made.file_id is not None,
    }
