"""Registering, changing and deregistering the people of a unit (F12–F14, decisions 2 and 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Literal

from django.db import transaction

from config.actor import Actor
from config.clock import local_day
from config.codes import normalise
from config.errors import RuleBroken
from units import audit, crypto, handover, hooks
from units.actions.appointments import (
    check_identities,
    constraints_in_words,
    end_identities,
    in_words,
    set_identities,
)
from units.actions.persons import (
    check_id_number,
    check_phone,
    find_or_open,
    move_id_number,
    move_phone,
    one_at_a_time,
)
from units.audit import Verb
from units.identities import Identity
from units.models import Department, LeaveRequest, Position, Staff, Unit, User
from units.roles import Can

__all__ = ["KEEP", "Identity", "add_staff", "change_staff", "deregister_staff", "end_employment"]


class _Keep(Enum):
    """What a caller says who leaves a value as it is stored."""

    KEEP = "keep"


KEEP = _Keep.KEEP

STALE = (
    "此人的资料刚刚被别人修改过，您的修改尚未保存。请核对最新内容；再次提交将以您填写的内容为准。"
)


@dataclass(frozen=True)
class _Facts:
    """What was typed, normalised and checked."""

    name: str
    phone: str
    job_number: str


def add_staff(
    unit: Unit,
    *,
    name: str,
    phone: str,
    identities: Sequence[Identity],
    id_number: str = "",
    job_number: str = "",
    started_on: date | None = None,
    department: Department | None = None,
    position: Position | None = None,
    actor: Actor,
    now: datetime,
) -> Staff:
    """Register a person in a unit with their identities, in force from today (F12); return them.

    A phone that a former employee of any unit left behind is taken over: by the same person (same
    name, no other id number) their User goes on, otherwise a new one is made (decision 2). Raises
    RuleBroken beside the field: missing or malformed text, phone or id number still employed,
    identities that exclude each other (F14). Two tabs that register one phone: the second is told.
    """
    _require_manager(actor, unit.pk)
    today = local_day(now)
    facts = _checked(name, phone, job_number)
    wanted = check_identities(identities)
    id_number = check_id_number(id_number, today=today)
    started_on = started_on or today
    if started_on > today:
        raise RuleBroken("starts_later", "入职日期不能晚于今天。", field="started_on")
    if started_on.year < 1950:
        raise RuleBroken("starts_early", "入职日期不合理，请核对年份。", field="started_on")
    place = {"department": department, "position": position}
    with constraints_in_words(), transaction.atomic():
        user = find_or_open(unit, name=facts.name, phone=facts.phone, id_number=id_number, now=now)
        _require_own(unit.pk, **place)
        staff = Staff.objects.create(
            unit=unit,
            user=user,
            name=facts.name,
            job_number=facts.job_number,
            started_on=started_on,
            created_at=now,
            **place,
        )
        set_identities(staff, wanted, today=today, now=now)
        audit.record(
            actor,
            Verb.STAFF_ADDED,
            staff,
            now=now,
            after={
                "name": facts.name,
                "identities": in_words(wanted),
                "job_number": facts.job_number,
                "started_on": started_on,
                **{field: str(one) for field, one in place.items() if one is not None},
            },
        )
        hooks.changed([unit.pk], day=today, actor=actor, now=now)
    return staff


def change_staff(
    staff: Staff,
    *,
    version: int,
    name: str,
    phone: str,
    identities: Sequence[Identity],
    id_number: str | None = None,
    job_number: str = "",
    department: Department | None | Literal[_Keep.KEEP] = KEEP,
    position: Position | None | Literal[_Keep.KEEP] = KEEP,
    actor: Actor,
    now: datetime,
) -> Staff:
    """Change a person's registration as of `version`; identities end and begin today (decision 3).

    `id_number` None leaves the stored one, KEEP department and post. Raises RuleBroken: "stale" when somebody saved since
    `version` (nothing is overwritten), deregistered already, malformed or taken values, excluded
    identities, identities that would strand machines bound to the person.
    """
    _require_manager(actor, staff.unit_id)
    today = local_day(now)
    facts = _checked(name, phone, job_number)
    wanted = check_identities(identities)
    if id_number is not None:
        id_number = check_id_number(id_number, today=today)
    with constraints_in_words(), transaction.atomic():
        one_at_a_time(facts.phone, crypto.digest(id_number or ""))
        staff = _locked(staff)
        _require_employed(staff)
        if staff.version != version:
            raise RuleBroken("stale", STALE)
        before, after = _change_facts(staff, facts, id_number)
        _change_place(staff, before, after, department=department, position=position)
        was, became = set_identities(staff, wanted, today=today, now=now)
        if was != became:
            _refuse_stranding(staff, wanted)
            before["identities"], after["identities"] = was, became
        if after:
            staff.version += 1
            staff.save(update_fields=["name", "job_number", "department", "position", "version"])
            audit.record(actor, Verb.STAFF_CHANGED, staff, now=now, before=before, after=after)
        if was != became:
            hooks.changed([staff.unit_id], day=today, actor=actor, now=now)
    return staff


def deregister_staff(
    staff: Staff, *, hand_over_to: Staff | None = None, reason: str, actor: Actor, now: datetime
) -> Staff:
    """End a person's employment (注销, F13); return the ended row.

    Hands over what they hold (machines, open to-dos) to a colleague or, with None, releases it;
    ends their identities; frees the phone for another unit; ends every session of theirs at once
    (the unusable password is part of the session's signature). Records stay as they are. A second
    call is refused. Raises RuleBroken: reason missing, successor not an employed colleague or not
    able to take a machine.
    """
    _require_manager(actor, staff.unit_id)
    reason = normalise(reason)
    if not reason:
        raise RuleBroken("reason_missing", "请填写注销原因。", field="reason")
    if len(reason) > 200:
        raise RuleBroken("reason_long", "注销原因最多 200 个字。", field="reason")
    with transaction.atomic():
        _lock_in_order(staff, hand_over_to)
        staff = _locked(staff)
        _require_employed(staff)
        successor = _successor(staff, hand_over_to)
        end_employment(staff, successor=successor, reason=reason, actor=actor, now=now)
        _answer_leave_request(staff, actor=actor, now=now)
    return staff


def end_employment(
    staff: Staff, *, successor: Staff | None, reason: str, actor: Actor, now: datetime
) -> None:
    """What 注销 does to a row that the caller has locked and checked; in the caller's transaction.

    Also how a request to leave takes effect by itself (units.actions.leave).
    """
    today = local_day(now)
    with hooks.gathered():
        moved = {
            share.label: share.move(staff, successor, actor=actor, now=now)
            for share in handover.shares()
        }
        held = end_identities(staff, today=today)
        staff.ended_on = today
        staff.end_reason = reason
        staff.version += 1
        staff.save(update_fields=["ended_on", "end_reason", "version"])
        hooks.changed([staff.unit_id], day=today, actor=actor, now=now)
    user = User.objects.select_for_update(of=("self",), no_key=True).get(pk=staff.user_id)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    audit.record(
        actor,
        Verb.STAFF_DEREGISTERED,
        staff,
        now=now,
        before={"identities": held},
        after={
            "reason": reason,
            "hand_over_to": successor.name if successor else "",
            "moved": {label: count for label, count in moved.items() if count},
        },
    )


def _answer_leave_request(staff: Staff, *, actor: Actor, now: datetime) -> None:
    """Whoever is deregistered has been let go: an open request of theirs is granted with it."""
    asked = (
        LeaveRequest.objects.select_for_update(of=("self",), no_key=True)
        .filter(staff=staff, state=LeaveRequest.State.OPEN)
        .first()
    )
    if asked is None:
        return
    asked.state = LeaveRequest.State.GRANTED
    asked.decided_at = now
    asked.save(update_fields=["state", "decided_at"])
    audit.record(actor, Verb.LEAVE_GRANTED, asked, now=now)


def _checked(name: str, phone: str, job_number: str) -> _Facts:
    name = " ".join(normalise(name).split())
    if not name:
        raise RuleBroken("name_missing", "请填写姓名。", field="name")
    if len(name) > 60:
        raise RuleBroken("name_long", "姓名最多 60 个字。", field="name")
    job_number = normalise(job_number)
    if len(job_number) > 30:
        raise RuleBroken("job_number_long", "工号最多 30 个字。", field="job_number")
    return _Facts(name, check_phone(phone), job_number)


def _change_facts(
    staff: Staff, facts: _Facts, id_number: str | None
) -> tuple[dict[str, object], dict[str, object]]:
    """Set what differs on the employment (not saved) and the person (saved); return what changed."""
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    user = User.objects.select_for_update(of=("self",), no_key=True).get(pk=staff.user_id)
    for field in ("name", "job_number"):
        if getattr(staff, field) != getattr(facts, field):
            before[field], after[field] = getattr(staff, field), getattr(facts, field)
            setattr(staff, field, getattr(facts, field))
    user.name = facts.name
    if user.phone != facts.phone:
        move_phone(user, facts.phone, unit_id=staff.unit_id)
        after["phone"] = "已更换"
    if id_number is not None and crypto.digest(id_number) != user.id_number_digest:
        move_id_number(user, id_number, unit_id=staff.unit_id)
        after["id_number"] = "已更换" if id_number else "已清除"
    if after:
        user.save()
    return before, after


def _change_place(
    staff: Staff,
    before: dict[str, object],
    after: dict[str, object],
    **wanted: Department | Position | None | Literal[_Keep.KEEP],
) -> None:
    """Set department and post where they differ (not saved), and note it in `before`, `after`."""
    changed = {
        field: one
        for field, one in wanted.items()
        if one is not KEEP and getattr(staff, f"{field}_id") != (one.pk if one else None)
    }
    _require_own(staff.unit_id, **changed)
    for field, one in changed.items():
        held = getattr(staff, field)
        before[field], after[field] = str(held or ""), str(one or "无")
        setattr(staff, field, one)


def _require_own(unit_id: int, **place: Department | Position | None) -> None:
    """Department and post must stand in the unit's own books, and not be closed just now.

    Locked until the end of the transaction: closing one waits for whoever is being put into it.
    """
    for field, one in place.items():
        if one is None:
            continue
        label = "部门" if field == "department" else "岗位"
        fresh = (
            type(one)
            .objects.select_for_update(of=("self",), no_key=True)
            .filter(pk=one.pk, unit_id=unit_id, closed_at=None)
        )
        if fresh.first() is None:
            raise RuleBroken(
                f"{field}_wrong", f"所选{label}已撤销或不属于本单位，请重新选择。", field=field
            )


def _require_manager(actor: Actor, unit_id: int) -> None:
    """A unit's people are registered by its own admin (or by the system, when it replays)."""
    if actor.kind == "system":
        return
    if actor.unit_id != unit_id or not actor.can(Can.STAFF_MANAGE):
        raise RuleBroken("not_yours", "您没有权限管理该单位的人员。", status=403)


def _lock_in_order(*people: Staff | None) -> None:
    """Lock several people, so that two who hand over to each other do not wait in a circle."""
    keys = [one.pk for one in people if one is not None]
    rows = Staff.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=keys)
    list(rows.order_by("pk"))


def _locked(staff: Staff) -> Staff:
    return (
        Staff.objects.select_for_update(of=("self",), no_key=True)
        .select_related("unit")
        .get(pk=staff.pk)
    )


def _require_employed(staff: Staff) -> None:
    if staff.ended_on is not None:
        raise RuleBroken("deregistered", f"{staff.name}已注销，不能再修改。")


def _refuse_stranding(staff: Staff, wanted: Sequence[Identity]) -> None:
    for share in handover.shares():
        count = share.stranded(staff, wanted)
        if count:
            raise RuleBroken(
                "stranded",
                f"{staff.name}名下还有 {count} {share.measure}{share.label}需要原来的身份，"
                "请先改由他人负责，再取消或缩小该身份。",
                field="identities",
            )


def _successor(staff: Staff, chosen: Staff | None) -> Staff | None:
    if chosen is None:
        return None
    fresh = (
        Staff.objects.employed()
        .filter(pk=chosen.pk, unit_id=staff.unit_id)
        .exclude(pk=staff.pk)
        .first()
    )
    if fresh is None:
        raise RuleBroken(
            "successor_wrong", "接手人应为本单位在职的其他人员，请重新选择。", field="hand_over_to"
        )
    return fresh
