"""How a hazard reads: its state with the deadline in words (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from equipment.enums import Category
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
    """The state in one word as of `day`; `reviews` = the unit re-checks rectifications."""
    late = overdue_days(hazard, day)
    if late:
        return Standing("late", f"逾期 {late} 天")
    if hazard.state == HazardState.RECTIFIED:
        return Standing("open", "待复查") if reviews else Standing("done", "已整改")
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
    """The Chinese name of a duty category; the value itself for a licence family."""
    return Category(category).label if category in Category.values else category


def place_of(hazard: Any) -> str:
    """「1号客梯（A座大堂）」, or the category where no machine is concerned."""
    machine = hazard.equipment
    if machine is None:
        return category_label(hazard.category)
    return f"{machine.name}（{machine.place}）" if machine.place else machine.name
