"""Naming the 安全员 of a machine (逐台明确, F27): dated, and never by halves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from config.actor import Actor
from config.clock import local_day
from config.errors import RuleBroken
from equipment import hooks
from equipment.enums import UseStatus
from equipment.models import Equipment, OfficerBinding
from equipment.queries import Officer, officer_scope
from units.audit import Verb, record_many
from units.models import Staff

NAMED_AT_MOST = 5


@transaction.atomic
def assign_officer(
    equipment: Sequence[Equipment], *, officer: Staff | None, actor: Actor, now: datetime
) -> list[Equipment]:
    """Bind machines to an officer, or release them (`officer` None); return those that changed.

    1. The person's row is locked first, then the machines in the order of their keys, so that a
       deregistration of the same person and a second assignment wait for each other.
    2. The officer must be employed in the machines' unit, with a 安全员 appointment in force today
       whose scope covers every machine's category; otherwise RuleBroken on field `officer` names
       the machines that do not fit and why, and nothing at all is done.
    3. From today the new binding holds; a binding that began today is replaced, an older one ends.
    4. One audit row a machine; then equipment.hooks tell the higher rooms (today's to-dos).

    Repeatable: machines that are bound to this officer already are left alone. (Order 74: a named
    officer for every machine; decision 7 for what follows.)
    """
    day = local_day(now)
    scope = _lock_officer(officer, day) if officer is not None else None
    machines = list(
        Equipment.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=[one.pk for one in equipment])
        .select_related("officer")
        .order_by("pk")
    )
    _refuse_foreign(machines, scope, actor)
    wanted = scope.staff.pk if scope else None
    changing = [machine for machine in machines if machine.officer_id != wanted]
    if scope is not None:
        _refuse_misfits(changing, scope)
    before = {machine.pk: machine.officer for machine in changing}
    _write_bindings(changing, scope.staff if scope else None, day=day, now=now)
    verb = Verb.OFFICER_ASSIGNED if scope else Verb.OFFICER_RELEASED
    record_many(
        actor,
        verb,
        [(one, _person(before[one.pk]), _person(one.officer)) for one in changing],
        now=now,
    )
    hooks.changed([machine.pk for machine in changing], day=day, actor=actor, now=now)
    return changing


def misfits(machines: Iterable[Equipment], officer: Officer) -> list[tuple[Equipment, str]]:
    """The machines this officer cannot take, each with the reason in words."""
    found = []
    for machine in machines:
        if machine.status == UseStatus.SCRAPPED:
            found.append((machine, "已报废"))
        elif not officer.covers(machine.category):
            found.append((machine, f"{machine.get_category_display()}不在分管范围内"))
    return found


def _lock_officer(officer: Staff, day: date) -> Officer:
    staff = Staff.objects.select_for_update(of=("self",), no_key=True).get(pk=officer.pk)
    if staff.ended_on is not None:
        raise RuleBroken("officer_left", f"{staff.name}已注销，请重新选择安全员。", field="officer")
    scope = officer_scope(staff, day=day)
    if scope is None:
        raise RuleBroken(
            "not_an_officer",
            f"{staff.name}没有安全员身份，请先在“单位设置--人员管理”中设置身份。",
            field="officer",
        )
    return scope


def _refuse_foreign(machines: list[Equipment], scope: Officer | None, actor: Actor) -> None:
    if actor.unit_id is not None and any(one.unit_id != actor.unit_id for one in machines):
        raise RuleBroken("foreign_unit", "所选设备不属于本单位。", status=404)
    if scope is not None and any(one.unit_id != scope.staff.unit_id for one in machines):
        raise RuleBroken(
            "officer_elsewhere", "所选安全员不是设备所在单位的人员，请重新选择。", field="officer"
        )


def _refuse_misfits(changing: list[Equipment], scope: Officer) -> None:
    unfit = misfits(changing, scope)
    if not unfit:
        return
    named = "；".join(f"{machine.name}（{reason}）" for machine, reason in unfit[:NAMED_AT_MOST])
    more = f"；等 {len(unfit)} 台" if len(unfit) > NAMED_AT_MOST else ""
    raise RuleBroken(
        "officer_scope",
        f"{scope.staff.name}（分管：{scope.scope_label}）不能绑定：{named}{more}。所选设备均未修改。",
        field="officer",
    )


def _write_bindings(
    machines: list[Equipment], officer: Staff | None, *, day: date, now: datetime
) -> None:
    """The one place that writes Equipment.officer, with the dated rows it is a copy of.

    Expects the machines to be locked.
    """
    ended, replaced = [], []
    running = OfficerBinding.objects.filter(equipment__in=machines, period__upper_inf=True)
    for binding in running.select_related("equipment"):
        if binding.period.lower > day:
            raise RuleBroken(
                "binding_later",
                f"{binding.equipment.name}的绑定从 {binding.period.lower} 起，不能改在此前的日期。",
                field="officer",
            )
        if binding.period.lower == day:
            replaced.append(binding.pk)
        else:
            binding.period = DateRange(binding.period.lower, day)
            ended.append(binding)
    OfficerBinding.objects.filter(pk__in=replaced).delete()
    OfficerBinding.objects.bulk_update(ended, ["period"])
    if officer is not None:
        period = DateRange(day, None)
        OfficerBinding.objects.bulk_create(
            OfficerBinding(equipment=machine, staff=officer, period=period, created_at=now)
            for machine in machines
        )
    Equipment.objects.filter(pk__in=[machine.pk for machine in machines]).update(officer=officer)
    for machine in machines:
        machine.officer = officer


def _person(staff: Staff | None) -> dict[str, str]:
    """Who, as the audit trail may hold it: display name and opaque code."""
    return {"officer": staff.name, "officer_code": staff.code} if staff else {"officer": ""}
