"""Telling of cylinders that must not be filled: the unit, and of real fillings also the bureau.

A station may send hundreds of such records an hour, so there is one message an hour at most.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.urls import reverse

from config.clock import SHANGHAI
from cylinders.enums import FillingKind, Stop
from cylinders.models import ApiKey
from units.outbox import tell_bureau, tell_unit

KIND = "filling.stopped"


def tell_stopped(key: ApiKey, kind: str, stops: list[list[Stop]], *, now: datetime) -> None:
    """Tell of new records with hard stops, `stops` being those of each new record."""
    stopped = [one for one in stops if one]
    if not stopped:
        return
    counted = Counter(stop for one in stopped for stop in one)
    causes = "，".join(f"{Stop(stop).label} {number} 条" for stop, number in counted.items())
    what = FillingKind(kind).label
    hour = now.astimezone(SHANGHAI).strftime("%Y%m%d%H")
    shared = {
        "kind": KIND,
        "dedupe_key": f"{KIND}:{key.unit_id}:{hour}",
        "link": f"{reverse('cylinders:filling-list')}?stopped=1",
        "now": now,
    }
    about = f"{what}中有 {len(stopped)} 条属于禁止充装的气瓶（{causes}）"
    tell_unit(
        key.unit_id,
        text=f"工位“{key.station.name}”上报的{about}，请立即核实。一小时内不再重复提醒。",
        **shared,
    )
    if kind == FillingKind.FILL:
        tell_bureau(
            key.unit.region_id,
            text=f"{key.unit.name}上报的{about}，请关注。一小时内不再重复提醒。",
            **shared,
        )
