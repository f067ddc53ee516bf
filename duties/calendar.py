"""Which daily to-do a machine owes: the rule in plain Python, the measure of the SQL (D1).

`duties.generation` says the same as set-based SQL; a test holds both equal for every combination.
"""

from __future__ import annotations

from dataclasses import dataclass

from equipment.enums import UseStatus

# Reasons of exemption as shown to people; the SQL returns the keys.
EXEMPTIONS: dict[str, str] = {
    "not_yet_in_use": "设备未投入使用",
    "stopped": "已办理停用手续",
    "scrapped": "已报废注销",
    "suspended": "单位已停产",
    "not_archived": "当日尚未建档",
}


@dataclass(frozen=True)
class MachineDay:
    """The facts about one machine on one day that decide about its daily to-do."""

    status: str | None  # a UseStatus value; None = no status row covers the day
    # The day lies in the exempt days of its 停用 / 报废: declared with receipt and file, or
    # confirmed by the bureau, and not objected to (decision 6).
    is_formal: bool = False
    # The day lies in the exempt days of a 停产 of its unit.
    is_suspended: bool = False


def exemption(machine: MachineDay) -> str | None:
    """Return the key of the reason why no daily to-do is owed, or None if it is owed.

    A machine in use owes its round whether or not an officer is bound (decision 4). 停用 and 报废
    exempt only when formal; until then the machine is inspected every day (decision 6, T 附6).
    """
    if machine.status is None:
        return "not_archived"
    if machine.status == UseStatus.NOT_YET_IN_USE:
        return "not_yet_in_use"
    if machine.status in (UseStatus.STOPPED, UseStatus.SCRAPPED) and machine.is_formal:
        return str(machine.status)
    return "suspended" if machine.is_suspended else None
