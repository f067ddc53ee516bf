"""How a registered cylinder stands on a day: the hard stops at filling, and the state in plain words.

Pure: facts in, verdict out. The filling interface, the archive, the public page and the reminders all
ask here, so a cylinder is never refused by one and praised by another (domain 6.4, F89, D16).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from config.words import cn_date
from cylinders.enums import CylinderState, Stop
from cylinders.words import plain

if TYPE_CHECKING:
    from cylinders.models import Cylinder

# How long before a date the pages and messages begin to speak of it (domain 6.4).
INSPECTION_SOON_DAYS = 30
LIFE_SOON_DAYS = 90

_BETWEEN_MEDIA = re.compile(r"[、,，;；/／+＋]")
# Of a label that is on no cylinder any more; what is registered carries the new one.
RELABELLED = (
    "这个二维码标识已由登记单位更换（换码），不再有效，禁止充装；"
    "请扫描气瓶上的新标签，没有新标签的不得充装。"
)
_NOT_FILLED = (CylinderState.STOPPED, CylinderState.LOST, CylinderState.INSPECTING)


def media_of(text: str) -> frozenset[str]:
    """The components of a medium as written, for comparing: order, width, case, spaces aside.

    Canonical names go in (an alias has been looked up before); several are joined by 、.
    """
    return frozenset(filter(None, _BETWEEN_MEDIA.split(plain(text))))


def is_overdue(cylinder: Cylinder, day: date) -> bool:
    """The day of its next inspection has passed; on the day itself it may still be filled."""
    return cylinder.next_inspection_on < day


def is_past_life(cylinder: Cylinder, day: date) -> bool:
    """The last day of its life (with an assessed extension) has passed."""
    return cylinder.ends_on < day


# ------------------------------------------------------------------ hard stops
def stops_of(
    cylinder: Cylinder | None, *, medium: str = "", unit_id: int | None = None, day: date
) -> list[Stop]:
    """Every reason why a cylinder must not be filled on a day; empty = it may be.

    `cylinder` None = nobody has registered it. `medium` is what is to be filled, in canonical names
    ("" = not said, not compared); `unit_id` is who fills (None = not said). The cylinder's `kind` is
    read: a vehicle's cylinder is filled by whoever has the medium (decision 15). No query, if the
    caller selected `kind`; so it serves one cylinder and a set of 500 alike.
    """
    if cylinder is None:
        return [Stop.UNREGISTERED]
    if cylinder.state == CylinderState.SCRAPPED:
        return [Stop.SCRAPPED, *_foreign(cylinder, unit_id)]
    found = []
    overdue = is_overdue(cylinder, day)
    # 待检 that was put aside before its day is out of use as well.
    if cylinder.state in _NOT_FILLED or (cylinder.state == CylinderState.DUE and not overdue):
        found.append(Stop.STOPPED)
    if overdue:
        found.append(Stop.OVERDUE)
    if is_past_life(cylinder, day):
        found.append(Stop.PAST_LIFE)
    if medium and media_of(medium) != media_of(cylinder.medium):
        found.append(Stop.WRONG_MEDIUM)
    return [*found, *_foreign(cylinder, unit_id)]


def _foreign(cylinder: Cylinder, unit_id: int | None) -> list[Stop]:
    if unit_id is None or unit_id == cylinder.unit_id or cylinder.kind.is_vehicle:
        return []
    return [Stop.FOREIGN]


def sentence_of(stop: Stop, cylinder: Cylinder | None, *, medium: str = "") -> str:
    """Why filling is stopped, for the person at the filling post; never names another unit."""
    if cylinder is None or stop == Stop.UNREGISTERED:
        return "该气瓶未办理使用登记，禁止充装；请核对气瓶标识，或先办理使用登记。"
    match stop:
        case Stop.SCRAPPED:
            return "该气瓶已报废并去功能化，禁止充装。"
        case Stop.STOPPED:
            return f"该气瓶当前为“{cylinder.get_state_display()}”，禁止充装。"
        case Stop.OVERDUE:
            on = cn_date(cylinder.next_inspection_on)
            return f"该气瓶应于{on}前检验，已超过检验有效期，禁止充装；请送检。"
        case Stop.PAST_LIFE:
            return f"该气瓶使用年限已于{cn_date(cylinder.ends_on)}届满，禁止充装；请办理报废。"
        case Stop.WRONG_MEDIUM:
            wanted = f"，不能充装“{medium}”" if medium else "，与所充介质不符"
            return f"该气瓶登记的充装介质为“{cylinder.medium}”{wanted}。"
        case _:
            return "该气瓶由其他单位办理使用登记，只能由登记单位充装。"


# ------------------------------------------------------------------ standing
@dataclass(frozen=True)
class Standing:
    """How a cylinder stands, in words: the label and its colour, why, and what is to be done."""

    word: str
    kind: str  # of {% status %}: done late danger open neutral
    why: str
    todo: str
    # Whether its own unit may fill it with its own medium today.
    may_fill: bool


def standing_of(cylinder: Cylinder, day: date) -> Standing:
    """The one word for a cylinder on a day, worst thing first, with reason and next step (D16)."""
    may_fill = not stops_of(cylinder, day=day)
    state = CylinderState(cylinder.state)
    if state in _OUT_OF_USE:
        word, kind, why, todo = _OUT_OF_USE[state]
        return Standing(word, kind, why, todo, may_fill)
    if is_past_life(cylinder, day):
        return Standing(
            "超过使用年限",
            "danger",
            f"使用年限（{cylinder.life_years} 年）已于{cn_date(cylinder.ends_on)}届满，不得再充装、使用。",
            "请去功能化并办理报废；经评定可以延长的，在“变更”中登记评定报告。",
            may_fill,
        )
    if is_overdue(cylinder, day):
        return Standing(
            "超期未检",
            "danger",
            f"应于{cn_date(cylinder.next_inspection_on)}前检验，"
            f"已超期 {(day - cylinder.next_inspection_on).days} 天，不得充装。",
            "请送检验机构检验；合格后登记检验结果即恢复使用。",
            may_fill,
        )
    if state == CylinderState.DUE:
        return Standing(
            "待检",
            "late",
            "使用单位已将它转入待检，检验合格前不再充装。",
            "请送检；尚不需检验的可以转回空瓶。",
            may_fill,
        )
    return _in_use(cylinder, state, day)


def _in_use(cylinder: Cylinder, state: CylinderState, day: date) -> Standing:
    """In use and allowed to be; what comes up soon is said beside it."""
    label = state.label
    left = (cylinder.next_inspection_on - day).days
    if left <= INSPECTION_SOON_DAYS:
        when = "今天到期" if left == 0 else f"还有 {left} 天到期"
        why = f"下次检验日期为{cn_date(cylinder.next_inspection_on)}，{when}。"
        return Standing(
            f"{label} · 即将到期检验", "late", why, "请安排送检，到期未检不得充装。", True
        )
    left = (cylinder.ends_on - day).days
    if left <= LIFE_SOON_DAYS:
        when = "今天届满" if left == 0 else f"还有 {left} 天届满"
        why = f"使用年限截止{cn_date(cylinder.ends_on)}，{when}。"
        return Standing(
            f"{label} · 即将到使用年限", "late", why, "请安排更换，届满后不得充装。", True
        )
    why = (
        f"检验有效期至{cn_date(cylinder.next_inspection_on)}，"
        f"使用年限至{cn_date(cylinder.ends_on)}，登记介质“{cylinder.medium}”。"
    )
    return Standing(label, "done", why, "无需处理；充装前请照常检查。", True)


_OUT_OF_USE: dict[CylinderState, tuple[str, str, str, str]] = {
    CylinderState.SCRAPPED: (
        "报废（已去功能化）",
        "danger",
        "气瓶已报废并去功能化，不可恢复使用。",
        "无需处理；发现仍有人使用的，请向所在区县市场监管局报告。",
    ),
    CylinderState.LOST: (
        "丢失",
        "danger",
        "使用单位已登记丢失，不得充装、使用。",
        "拾到的请交还使用单位；使用单位找回后登记“找回”。",
    ),
    CylinderState.STOPPED: (
        "停用",
        "neutral",
        "使用单位已停用，停用期间不得充装。",
        "恢复使用须办理启用；检验已超期的先检验。",
    ),
    CylinderState.INSPECTING: (
        "检验中",
        "open",
        "已送检，登记检验结果前不得充装。",
        "取得检验报告后登记检验结果：合格的恢复使用，不合格的报废。",
    ),
}
