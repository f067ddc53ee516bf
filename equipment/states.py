"""Transitions of a declaration about use (decision 6): the unit withdraws, the bureau decides."""

from __future__ import annotations

from typing import Any

from config.actor import Actor
from config.workflow import Transition
from units.roles import Can, Role

FILED, CONFIRMED, OBJECTED, WITHDRAWN = "filed", "confirmed", "objected", "withdrawn"


def is_supervisor(declaration: Any, actor: Actor) -> bool:
    """A regulator over the unit's region who may decide."""
    prefix = actor.region_prefix
    return (
        actor.can(Can.DECLARATION_DECIDE)
        and prefix is not None
        and declaration.unit.region_id.startswith(prefix)
    )


def is_declarant(declaration: Any, actor: Actor) -> bool:
    """The unit's account, or the system."""
    if actor.kind == "system":
        return True
    return actor.can(Can.DECLARATION_FILE) and actor.unit_id == declaration.unit_id


DECLARATION_TRANSITIONS = (
    Transition(
        "confirm",
        frozenset({FILED}),
        CONFIRMED,
        "确认",
        is_supervisor,
        stamps="decided",
        refused="这份申报已经处理过或已被撤回，请刷新页面查看最新状态。",
    ),
    # A confirmed one too: the machine may be found running after all.
    Transition(
        "object",
        frozenset({FILED, CONFIRMED}),
        OBJECTED,
        "提出异议",
        is_supervisor,
        stamps="decided",
        refused="这份申报已被撤回或已提出过异议，请刷新页面查看最新状态。",
    ),
    Transition(
        "withdraw",
        frozenset({FILED}),
        WITHDRAWN,
        "撤回",
        is_declarant,
        stamps="decided",
        refused="这份申报已经处理过或已撤回，不能再撤回。",
    ),
)


def may_reject(stop: Any, actor: Actor) -> bool:
    """A 临时停用 is rejected by a 安全总监 whose scope covers the machine, or by the principal."""
    machine = stop.equipment
    if actor.unit_id is None or actor.unit_id != machine.unit_id:
        return False
    in_scope = actor.has_role(Role.SAFETY_DIRECTOR, machine.category)
    return actor.can(Can.STOP_REJECT) and (in_scope or actor.has_role(Role.PRINCIPAL))


def may_end(stop: Any, actor: Actor) -> bool:
    """It is ended early by who declared it, the machine's officer, who may reject it, or the unit."""
    machine = stop.equipment
    if actor.unit_id is None or actor.unit_id != machine.unit_id:
        return False
    if actor.kind == "unit":
        return actor.can(Can.DECLARATION_FILE)
    mine = actor.staff_id in (stop.declared_by_id, machine.officer_id)
    return (actor.can(Can.STOP_DECLARE) and mine) or may_reject(stop, actor)
