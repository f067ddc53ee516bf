"""Whether a cylinder may be filled now: what a station asks before it opens the valve."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from config.clock import local_day
from cylinders.filling.lookup import cylinders_of, replaced
from cylinders.filling.refusals import Refused
from cylinders.filling.take_in import canonical, stops_in_words
from cylinders.models import ApiKey, Cylinder
from cylinders.rules import Book
from cylinders.standing import stops_of

LONGEST = 300


def may_fill(key: ApiKey, *, label: str, code: str, medium: str, now: datetime) -> dict[str, Any]:
    """The answer for one cylinder (schema.CylinderAnswer); Refused 400 for a question without one.

    Of another unit's cylinder nothing is told but that it is another unit's.
    """
    if bool(label) == bool(code):
        raise Refused(400, "query", "请用 label（二维码网址）或 code（使用登记代码）之一指明气瓶。")
    if max(map(len, (label, code, medium))) > LONGEST:
        raise Refused(400, "query", f"参数最长 {LONGEST} 个字符。")
    reference = label or code
    cylinder = cylinders_of([reference]).get(reference)
    is_relabelled = cylinder is None and bool(replaced([reference]))
    day = local_day(now)
    name = canonical(Book.on(day), medium)
    stops = stops_of(cylinder, medium=name, unit_id=key.unit_id, day=day)
    shown = cylinder is not None and (cylinder.unit_id == key.unit_id or cylinder.kind.is_vehicle)
    return {
        "may_fill": not stops,
        "stops": stops_in_words(stops, cylinder, name, is_relabelled=is_relabelled),
        "cylinder": _facts(cylinder) if shown else None,
    }


def _facts(one: Cylinder) -> dict[str, Any]:
    return {
        "registration_code": one.registration_code,
        "kind": one.kind.name,
        "medium": one.medium,
        "manufacturer": one.manufacturer,
        "product_no": one.product_no,
        "nominal_pressure": float(one.nominal_pressure),
        "volume": float(one.volume),
        "tare": None if one.tare is None else float(one.tare),
        "next_inspection_on": one.next_inspection_on.isoformat(),
        "ends_on": one.ends_on.isoformat(),
        "state": one.get_state_display(),
    }
