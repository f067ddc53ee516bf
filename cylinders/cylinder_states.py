"""Transitions of a registered cylinder (domain 6.4): one table for buttons, actions and tests.

What the dates and the law want besides (overdue: inspect first; 报废: proof of 去功能化) are rules of
cylinders.actions.states and cylinders.actions.inspections.
"""

from __future__ import annotations

from typing import Any

from config.actor import Actor
from config.workflow import Transition
from cylinders.enums import IN_USE, CylinderState
from units.roles import Can

State = CylinderState


def is_holder(cylinder: Any, actor: Actor) -> bool:
    """The account of the unit that registered it."""
    return (
        actor.kind == "unit"
        and actor.unit_id == cylinder.unit_id
        and actor.can(Can.CYLINDER_MANAGE)
    )


def is_sweep(cylinder: Any, actor: Actor) -> bool:
    """The daily sweep alone."""
    return actor.kind == "system"


def _states(*states: CylinderState) -> frozenset[str]:
    return frozenset(map(str, states))


_ROUND = _states(*IN_USE)
_INSPECTED = _states(*IN_USE, State.DUE, State.INSPECTING)

TRANSITIONS = (
    # 流转: between the places of a round, out of it into 待检, and back from there when not overdue.
    Transition("to_empty", _states(*IN_USE, State.DUE), State.EMPTY, "转为空瓶", is_holder),
    Transition("to_full", _ROUND, State.FULL, "转为满瓶", is_holder),
    Transition("to_delivering", _ROUND, State.DELIVERING, "转为配送中", is_holder),
    Transition("to_customer", _ROUND, State.AT_CUSTOMER, "转为客户处", is_holder),
    Transition("to_due", _ROUND, State.DUE, "转入待检", is_holder),
    Transition("fall_due", _ROUND, State.DUE, "转入待检", is_sweep),
    Transition("send", _states(*IN_USE, State.DUE), State.INSPECTING, "送检", is_holder),
    Transition("pass", _INSPECTED, State.EMPTY, "登记检验合格", is_holder),
    # A stopped one stays stopped: using it again is a step of its own.
    Transition("pass_stopped", _states(State.STOPPED), State.STOPPED, "登记检验合格", is_holder),
    Transition(
        "fail",
        _INSPECTED | _states(State.STOPPED),
        State.SCRAPPED,
        "登记检验不合格并报废",
        is_holder,
        refused="已报废或丢失的气瓶不能登记检验结果。",
    ),
    Transition("stop", _states(*IN_USE, State.DUE), State.STOPPED, "停用", is_holder),
    Transition(
        "restart",
        _states(State.STOPPED),
        State.EMPTY,
        "启用",
        is_holder,
        refused="只有停用的气瓶需要启用。",
    ),
    Transition(
        "scrap",
        _states(*IN_USE, State.DUE, State.INSPECTING, State.STOPPED),
        State.SCRAPPED,
        "报废",
        is_holder,
        refused="已经报废的不能再报废；丢失的请先登记找回，再去功能化、报废。",
    ),
    Transition(
        "lose",
        _states(*IN_USE, State.DUE, State.INSPECTING, State.STOPPED),
        State.LOST,
        "登记丢失",
        is_holder,
    ),
    Transition(
        "find",
        _states(State.LOST),
        State.EMPTY,
        "登记找回",
        is_holder,
        refused="只有登记为丢失的气瓶可以找回。",
    ),
)

# Which row of the table takes a cylinder to a state by 流转.
MOVES: dict[str, str] = {
    State.EMPTY: "to_empty",
    State.FULL: "to_full",
    State.DELIVERING: "to_delivering",
    State.AT_CUSTOMER: "to_customer",
    State.DUE: "to_due",
}
