"""What a leaving person leaves open of leave cover: it ends, and the to-dos go back (F13)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime

from config.actor import Actor
from config.clock import local_day
from duties import queries_cover as queries
from duties.actions.cover import end_cover
from units.handover import Share
from units.models import Staff
from units.roles import SIGN_IN_ROLES


def count(staff_ids: Collection[int]) -> Mapping[int, int]:
    """Covers that run or are still to begin, per person on either side, zeros left out."""
    wanted = set(staff_ids)
    found = queries.coming(wanted)
    return Counter(key for one in found for key in (one.staff_id, one.stand_in_id) if key in wanted)


def lines(staff: Staff) -> list[str]:
    """Each cover in a line: who for whom, when, and that it ends."""
    found = queries.coming([staff.pk])
    return [
        f"{one.stand_in.name}为{one.staff.name}代班（{queries.span_of(one)}，注销时终止）"
        for one in found
    ]


def move(staff: Staff, successor: Staff | None, *, actor: Actor, now: datetime) -> int:
    """End every cover that names the person; return how many. A successor does not take one over."""
    found = list(queries.coming([staff.pk], day=local_day(now)))
    for cover in found:
        end_cover(cover, why=f"{staff.name}已注销", actor=actor, now=now)
    return len(found)


SHARE = Share(
    name="covers",
    label="请假代班",
    measure="条",
    count=count,
    lines=lines,
    move=move,
    takers=SIGN_IN_ROLES,
)
