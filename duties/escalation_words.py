"""What reminders and escalations say: numbers with their units, up to five names, what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from config.words import cn_day
from equipment import subjects

NAMES = 5
LONGEST_NAME = 16
# Counted column -> (what it is called, its measure word); in the order in which they are said.
COUNTED = {
    "machines": ("设备巡查", "台"),
    "licences": ("许可巡查", "项"),
    "stations": ("工位巡查", "个"),
    "weekly": ("周排查", "项"),
    "monthly": ("月调度", "项"),
    "reports": ("周报告", "份"),
    "minutes": ("月报告", "份"),
}
CADENCES = {"weekly": "周排查", "monthly": "月调度"}
KINDS = {"weekly_report": "周报告", "monthly_minutes": "月报告"}


def due(row: Mapping[str, int]) -> str:
    """What a person still has to do today."""
    text = f"今天还有 {row['total']} 项待办未完成：{numbers(row)}。"
    if row["unsigned"]:
        text += f"其中 {row['unsigned']} 项已填完、待签名。"
    if row["pooled"]:
        text += f"其中 {row['pooled']} 项由您和同事中先开始的人完成。"
    return f"{text}请在今天 24 点前完成并签名，未完成的记为漏检。"


def own_missed(row: Mapping[str, int], day: date, *, backfill_days: int) -> str:
    """What a person missed, and until when it can be made up."""
    return f"{_missed(row, day)}。{_make_up(day, backfill_days)}"


def missed(
    row: Mapping[str, int], names: Sequence[Sequence[str]], day: date, *, backfill_days: int
) -> str:
    """What was missed in the part of the unit that somebody answers for."""
    text = f"{_missed(row, day)}：{in_names(names, row['total'])}。"
    if row["unbound"]:
        text += f"其中 {row['unbound']} 台设备未绑定安全员，请由管理员在“设备档案”中绑定。"
    return f"{text}请督促。{_make_up(day, backfill_days)}"


def still_missed(
    row: Mapping[str, int], names: Sequence[Sequence[str]], day: date, *, days: int, closes_on: date
) -> str:
    """What has not been made up days later."""
    return (
        f"{_missed(row, day)}，{days} 天后仍未补录：{in_names(names, row['total'])}。"
        f"请过问；{cn_day(closes_on)} 24 点后不能再补录。"
    )


def numbers(row: Mapping[str, int]) -> str:
    """设备巡查 3 台、许可巡查 1 项: every kind that is not zero."""
    return "、".join(
        f"{label} {row[column]} {measure}"
        for column, (label, measure) in COUNTED.items()
        if row[column]
    )


def in_names(names: Sequence[Sequence[str]], total: int) -> str:
    """1号客梯（李安）、电梯周排查（王总）等: the first five with who answers for them."""
    said = "、".join(_name(*one) for one in names[:NAMES])
    return f"{said}等" if total > len(names[:NAMES]) else said


def last_make_up_day(day: date, backfill_days: int) -> date:
    """The last day on which what was due on `day` can be made up."""
    return day + timedelta(days=backfill_days)


def _missed(row: Mapping[str, int], day: date) -> str:
    return f"{cn_day(day)}漏检 {row['total']} 项（{numbers(row)}）"


def _make_up(day: date, backfill_days: int) -> str:
    if not backfill_days:
        return "本地区不能补录。"
    until = cn_day(last_make_up_day(day, backfill_days))
    return f"{until} 24 点前可以补录，须写明原因，记录始终注明补录。"


def _name(subject: str, category: str, kind: str, cadence: str, who: str, is_machine: bool) -> str:
    if not subject:
        subject = subjects.label(category) + (KINDS.get(kind) or CADENCES.get(cadence, ""))
    return f"{_short(subject)}（{_short(who) or ('未绑定' if is_machine else '无人领取')}）"


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
