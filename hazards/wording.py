"""How a hazard reads: its state with the deadline in words, what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from equipment import subjects
from equipment.models import Licence
from hazards.states import HazardState, Source

TITLES = {
    Source.DAILY.value: "日隐患管理",
    Source.WEEKLY.value: "周隐患管理",
    Source.MONTHLY.value: "月隐患管理",
}
STOP_USE = "该设备存在严重隐患，应立即停止使用，隐患消除前不得投入使用。"


@dataclass(frozen=True)
class Standing:
    """A state as a tag: `kind` of the `status` tag and its word."""

    kind: str
    word: str


def overdue_days(hazard: Any, day: date) -> int:
    """By how many days the deadline has passed while the hazard is still to be rectified; else 0."""
    if hazard.state != HazardState.PENDING_RECTIFICATION or hazard.due_on is None:
        return 0
    return max((day - hazard.due_on).days, 0)


def standing(hazard: Any, day: date, *, reviews: bool) -> Standing:
    """The state in one word as of `day`; `reviews` = the unit re-checks daily rectifications."""
    late = overdue_days(hazard, day)
    if late:
        return Standing("late", f"逾期 {late} 天")
    if hazard.state == HazardState.RECTIFIED:
        is_open = reviews and hazard.source == Source.DAILY
        return Standing("open", "待复查") if is_open else Standing("done", "已整改")
    kinds = {HazardState.REVIEWED.value: "done"}
    return Standing(kinds.get(hazard.state, "open"), hazard.get_state_display())


def deadline(hazard: Any, day: date) -> str:
    """「还有 3 天」「今天到期」「逾期 2 天」 of a hazard to be rectified; empty without a deadline."""
    if hazard.state != HazardState.PENDING_RECTIFICATION or hazard.due_on is None:
        return ""
    left = (hazard.due_on - day).days
    if left < 0:
        return f"逾期 {-left} 天"
    return f"还有 {left} 天" if left else "今天到期"


def category_label(category: str) -> str:
    """How a subject reads: 电梯, 电梯安装（含修理）, 充装单位."""
    return subjects.label(category)


def place_of(hazard: Any) -> str:
    """「1号客梯（A座大堂）」, 「电梯安装（含修理） TS3350…」, 「1号充装位（东区）」, or the subject where a
    weekly or monthly round found it."""
    inspected = hazard.inspected()
    if inspected is None:
        return category_label(hazard.category)
    if isinstance(inspected, Licence):
        return str(inspected)
    return f"{inspected.name}（{inspected.place}）" if inspected.place else inspected.name


def subject_word(hazard: Any) -> str:
    """What stands before `place_of`: 设备, 许可, 工位, or 检查对象."""
    if hazard.equipment_id is not None:
        return "设备"
    if hazard.licence_id is not None:
        return "许可"
    return "工位" if hazard.station_id is not None else "检查对象"


def category_word(hazard: Any) -> str:
    """What stands before the category; empty where the subject says it already."""
    if hazard.equipment_id is not None:
        return "设备类别"
    return "许可类别" if hazard.station_id is not None or hazard.licence_id is not None else ""


def repeat(hazard: Any) -> str:
    """「90 天内第 2 次」 of a hazard found again (B112); empty the first time and where the query
    did not count."""
    earlier = getattr(hazard, "earlier", 0)
    return f"90 天内第 {earlier + 1} 次" if earlier else ""
