"""Transitions of a declaration about use (decision 6): the unit withdraws, the bureau decides."""

from __future__ import annotations

from typing import Any

from config.actor import Actor
from config.workflow import Transition
from units.roles import Can

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
