"""What happens to registered cylinders: 流转, 送检, 停用, 启用, 报废, 丢失, 找回 (domain 6.4).

Every action takes one cylinder or up to a thousand: all or none, every one that does not fit is told
with its reason (`Refused`). Each writes state, version, event and audit row in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction

from config.actor import Actor
from config.clock import local_day
from config.errors import RuleBroken
from config.words import cn_date
from cylinders import standing
from cylinders.actions.together import (
    Check,
    Happening,
    Paper,
    carry_out,
    fits,
    needed,
    paper_of,
    reason_of,
    refuse_date,
    take,
)
from cylinders.cylinder_states import MOVES
from cylinders.enums import CylinderState, EventKind
from cylinders.models import Cylinder
from units.audit import Verb

PROOF_NEEDED = "请上传去功能化（压扁、切割等）的证明材料。"


@transaction.atomic
def move(
    cylinders: Sequence[Cylinder],
    *,
    state: str,
    seen: Mapping[str, int] | None = None,
    actor: Actor,
    now: datetime,
) -> list[Cylinder]:
    """流转 between empty, full, on delivery, at the customer's and 待检; return them.

    What must not be filled is not made full, nor delivered; what is overdue leaves 待检 by an
    inspection alone. RuleBroken on `state`, Refused with every cylinder that does not fit.
    """
    day = local_day(now)
    name = MOVES.get(state)
    if name is None:
        raise RuleBroken("state_unknown", "请选择要转为的状态。", field="state")

    def check(cylinder: Cylinder) -> str:
        if cylinder.state == state:
            return f"当前已是“{cylinder.get_state_display()}”，没有变化。"
        if state == CylinderState.DUE:
            return ""
        if state == CylinderState.EMPTY:
            is_stuck = cylinder.state == CylinderState.DUE and standing.is_overdue(cylinder, day)
            return _overdue(cylinder) if is_stuck else ""
        return _unfit(cylinder, day)

    rows = take(cylinders, name, seen=seen, actor=actor, check=check)
    happening = Happening(EventKind.MOVED, Verb.CYLINDER_MOVED, day)
    return carry_out(rows, name, happening, actor=actor, now=now)


def _unfit(cylinder: Cylinder, day: date) -> str:
    """Why it must not go out full: the first hard stop of its own unit and medium."""
    stops = standing.stops_of(cylinder, day=day)
    return standing.sentence_of(stops[0], cylinder) if stops else ""


def _overdue(cylinder: Cylinder) -> str:
    return f"检验已于{cn_date(cylinder.next_inspection_on)}到期，请先检验，再登记检验结果。"


def _step(
    cylinders: Sequence[Cylinder],
    name: str,
    happening: Happening,
    *,
    seen: Mapping[str, int] | None,
    actor: Actor,
    now: datetime,
    check: Check = fits,
) -> list[Cylinder]:
    """One row of the transition table for all of them, on the day of the happening; return them."""
    rows = take(cylinders, name, seen=seen, actor=actor, check=check)
    refuse_date(happening.on, now=now, rows=rows)
    return carry_out(rows, name, happening, actor=actor, now=now)


@transaction.atomic
def send_to_inspection(
    cylinders: Sequence[Cylinder],
    *,
    agency: str,
    on: date,
    seen: Mapping[str, int] | None = None,
    actor: Actor,
    now: datetime,
) -> list[Cylinder]:
    """送检: they are with an inspection body from a day on and out of use; return them."""
    agency = needed(agency, "检验机构", 120, name="agency")
    happening = Happening(
        EventKind.MOVED, Verb.CYLINDER_MOVED, on, reason="送检", after={"检验机构": agency}
    )
    return _step(cylinders, "send", happening, seen=seen, actor=actor, now=now)


@transaction.atomic
def stop(
    cylinders: Sequence[Cylinder],
    *,
    reason: str,
    on: date,
    seen: Mapping[str, int] | None = None,
    actor: Actor,
    now: datetime,
) -> list[Cylinder]:
    """停用: not filled until 启用; the inspection goes on falling due; return them."""
    reason = reason_of(reason, "停用原因")
    happening = Happening(EventKind.STOPPED, Verb.CYLINDER_STOPPED, on, reason=reason)
    return _step(cylinders, "stop", happening, seen=seen, actor=actor, now=now)


@transaction.atomic
def restart(
    cylinders: Sequence[Cylinder],
    *,
    reason: str = "",
    on: date,
    seen: Mapping[str, int] | None = None,
    actor: Actor,
    now: datetime,
) -> list[Cylinder]:
    """启用: back into the round as empty; overdue ones are inspected first; return them."""
    day = local_day(now)
    reason = reason_of(reason, "说明", needed=False)

    def check(cylinder: Cylinder) -> str:
        if standing.is_past_life(cylinder, day):
            return f"使用年限已于{cn_date(cylinder.ends_on)}届满，不能启用。"
        return _overdue(cylinder) if standing.is_overdue(cylinder, day) else ""

    happening = Happening(EventKind.RESTARTED, Verb.CYLINDER_RESTARTED, on, reason=reason)
    return _step(cylinders, "restart", happening, seen=seen, actor=actor, now=now, check=check)


@transaction.atomic
def scrap(
    cylinders: Sequence[Cylinder],
    *,
    reason: str,
    on: date,
    method: str,
    file: Paper,
    seen: Mapping[str, int] | None = None,
    actor: Actor,
    now: datetime,
) -> list[Cylinder]:
    """报废 after 去功能化 (TSG 23-2021), for ever; return them.

    `method` says how they were made useless, `file` proves it; both are needed. The label becomes
    free for another cylinder; product number and registration code never do.
    """
    reason = reason_of(reason, "报废原因")
    method = needed(method, "去功能化方式", 60, name="method")
    rows = take(cylinders, "scrap", seen=seen, actor=actor)
    refuse_date(on, now=now, rows=rows)
    happening = Happening(
        EventKind.SCRAPPED,
        Verb.CYLINDER_SCRAPPED,
        on,
        reason=reason,
        file=paper_of(file, PROOF_NEEDED),
        after={"去功能化方式": method},
    )
    return carry_out(rows, "scrap", happening, actor=actor, now=now)


@transaction.atomic
def lose(
    cylinders: Sequence[Cylinder],
    *,
    reason: str,
    on: date,
    seen: Mapping[str, int] | None = None,
    actor: Actor,
    now: datetime,
) -> list[Cylinder]:
    """丢失: nobody may fill them, the public page warns whoever finds one; return them."""
    reason = reason_of(reason, "丢失情况")
    happening = Happening(EventKind.LOST, Verb.CYLINDER_LOST, on, reason=reason)
    return _step(cylinders, "lose", happening, seen=seen, actor=actor, now=now)


@transaction.atomic
def find(
    cylinders: Sequence[Cylinder],
    *,
    reason: str,
    on: date,
    seen: Mapping[str, int] | None = None,
    actor: Actor,
    now: datetime,
) -> list[Cylinder]:
    """找回 of lost ones, as empty; what has fallen due meanwhile must not be filled; return them."""
    reason = reason_of(reason, "找回情况")
    happening = Happening(EventKind.FOUND, Verb.CYLINDER_FOUND, on, reason=reason)
    return _step(cylinders, "find", happening, seen=seen, actor=actor, now=now)
