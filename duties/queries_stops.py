"""Whose machine a 临时停用 on the phone is about (decision 6); the list itself: equipment.queries_stops."""

from __future__ import annotations

from datetime import date

from config.actor import Actor
from config.errors import RuleBroken
from duties.models import Task
from equipment.models import Equipment
from equipment.queries import get_equipment


def own_machine(actor: Actor, code: str, *, day: date) -> Equipment:
    """The machine of a code that this person inspects: as its officer, or today as a stand-in.

    Http404 for a foreign unit's machine; RuleBroken not_yours (403) for a colleague's.
    """
    machine = get_equipment(actor, code)
    if actor.staff_id is not None and machine.officer_id == actor.staff_id:
        return machine
    standing_in = Task.objects.for_actor(actor).assigned_to(actor).open()
    if standing_in.filter(equipment=machine, period_on=day).exists():
        return machine
    raise RuleBroken(
        "not_yours", "这台设备不由您负责，不能申报临时停用；请由它的安全员申报。", status=403
    )
