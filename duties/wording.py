"""How to-dos and their subjects read, on the phone and at the desk (no queries of their own)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from config.words import cn_date, cn_datetime, cn_day, cn_month, cn_week
from duties.enums import Cadence, Level, RoundStatus, TaskKind
from duties.models import Inspection, Task
from equipment import subjects
from equipment.models import Equipment, Licence, Station
from units.roles import Role

_REPORTS = {TaskKind.WEEKLY_REPORT: "周报告", TaskKind.MONTHLY_MINUTES: "月报告"}


def round_word(task: Task) -> str:
    """日管控, 周排查, 月调度, 周报告, 月报告."""
    return _REPORTS.get(TaskKind(task.kind)) or str(Cadence(task.cadence).label)


def title(task: Task | Inspection) -> str:
    """The subject by name: 1号客梯, 电梯安装（含修理）, 1#充装工位, 电梯, 工位巡查.

    A signed record keeps the name its machine or station had then.
    """
    thing = task.equipment or task.licence or task.station
    if thing is None:
        return type_title(task.category)
    frozen = task.facts if isinstance(task, Inspection) else {}
    return frozen.get("equipment_name") or frozen.get("station_name") or name_of(thing)


def type_title(category: str) -> str:
    """A type of weekly and monthly rounds; a filling unit is one as a whole (M 2.3)."""
    return "工位巡查" if category == subjects.FILLING else subjects.label(category)


def name_of(thing: Equipment | Licence | Station) -> str:
    return thing.family.name if isinstance(thing, Licence) else thing.name


def place_of(thing: Equipment | Licence | Station) -> str:
    """What tells two things of one name apart: place and number, licence number, medium."""
    if isinstance(thing, Licence):
        parts = [thing.number, thing.scope]
    elif isinstance(thing, Station):
        parts = [thing.number, thing.place, thing.medium]
    else:
        parts = [thing.place, thing.inner_no]
    return " · ".join(part for part in parts if part)


def absent(task: Task) -> str:
    """Whom the assignee stands in for (请假代班); empty where he does his own."""
    if task.stands_in_for_id is None:
        return ""
    name = getattr(task, "absent_name", "")  # a list may have looked it up
    return name or task.stands_in_for.name


def note(task: Task) -> str:
    """The second line of a list row: where it is, or which types of unit and identity."""
    thing = task.equipment or task.licence or task.station
    if thing is not None:
        return place_of(thing)
    return level(task)


def level(task: Any) -> str:
    """The identity a to-do or inspection is owed by: 安全员, 质量安全总监, 主要负责人."""
    if task.level == Level.PRINCIPAL:
        return str(Role.PRINCIPAL.label)
    roles = subjects.OFFICER_OF if task.level == Level.OFFICER else subjects.DIRECTOR_OF
    return str(roles[task.unit_kind].label)


def period(cadence: str, first: date) -> str:
    """2026年11月20日, 第47周(11.16–11.22), 2026年11月."""
    if cadence == Cadence.WEEKLY:
        return cn_week(first)
    return cn_month(first) if cadence == Cadence.MONTHLY else cn_date(first)


def due(task: Task) -> str:
    """The last day of a to-do, which ends at 24:00: 11月22日."""
    return cn_day(last_day(task.due_at))


def last_day(due_at: Any) -> Any:
    """The day whose 24:00 a due time is."""
    return due_at - timedelta(seconds=1)


def unassigned(task: Task) -> str:
    """Why nobody's name stands there: a machine is 未绑定, everything else waits to be taken."""
    return "未绑定安全员" if task.equipment_id else "待领取"


# Who makes a round of which cadence.
SIGNERS = {Cadence.DAILY: "巡查人", Cadence.WEEKLY: "排查人", Cadence.MONTHLY: "调度人"}
_PERIOD_LABELS = {
    Cadence.DAILY: "应检日期",
    Cadence.WEEKLY: "排查周期",
    Cadence.MONTHLY: "调度月份",
}


def record_facts(inspection: Inspection) -> list[tuple[str, Any]]:
    """What a signed record says of subject, person and times, as frozen then; blanks left out."""
    facts = inspection.facts
    stop = facts.get("declared_stop")
    rows = [
        ("单位", facts.get("unit_name")),
        (_subject_label(inspection), title(inspection)),
        ("设备品种", facts.get("catalogue_name")),
        ("设备代码", facts.get("equipment_code")),
        ("使用登记证编号", facts.get("registration_no")),
        ("单位内编号", facts.get("inner_no")),
        ("许可证编号", facts.get("licence_number")),
        ("许可项目", facts.get("licence_items")),
        ("子项目与参数", facts.get("licence_scope")),
        ("工位编号", facts.get("station_number")),
        ("充装介质", facts.get("medium")),
        ("许可地址" if inspection.licence_id else "使用地点", facts.get("place")),
        (
            _PERIOD_LABELS[Cadence(inspection.cadence)],
            period(inspection.cadence, inspection.period_on),
        ),
        _status(inspection),
        (f"{_stopped(inspection)}原因", inspection.stop_reason),
        (f"{stop.get('word', '临时停用')}申报", _declared(stop)) if stop else ("", ""),
        ("无法拍照原因", stop.get("no_photo_reason") if stop else ""),
        ("履职身份", facts.get("post") or level(inspection)),
        (SIGNERS[Cadence(inspection.cadence)], inspection.performer_name),
        ("代班", f"代 {facts['on_behalf_of']}" if facts.get("on_behalf_of") else ""),
        ("开始填写时间", cn_datetime(inspection.device_started_at)),
        ("填写完成时间", cn_datetime(inspection.device_finished_at)),
        ("提交时间", cn_datetime(inspection.received_at)),
        ("完成情况", inspection.get_timing_display()),
        ("补录原因", inspection.backfill_reason),
        ("一并签名", "、".join(one["name"] for one in facts.get("signed_together", []))),
    ]
    return [(label, value) for label, value in rows if value]


def _stopped(inspection: Inspection) -> str:
    """A licence or a station stands still by a 停产 of its unit only."""
    return "停用" if inspection.equipment_id else "停产"


def _status(inspection: Inspection) -> tuple[str, str]:
    """How the subject was found; "" where it was not asked."""
    if inspection.equipment_id or not inspection.round_status:
        return "使用状态", inspection.get_round_status_display()
    is_stopped = inspection.round_status == RoundStatus.STOPPED
    return "生产状态", "停产" if is_stopped else "实际未停产"


def stopped_words(inspection: Inspection) -> str:
    """停用：大修, 停产：淡季; for lists."""
    return f"{_stopped(inspection)}：{inspection.stop_reason}"


def _subject_label(inspection: Inspection) -> str:
    if inspection.equipment_id:
        return "设备名称"
    if inspection.licence_id:
        return "许可类别"
    return "工位名称" if inspection.station_id else "类别"


def _declared(stop: dict[str, Any]) -> str:
    first, last = (
        date.fromisoformat(stop[name]) if stop[name] else None for name in ("from_on", "until_on")
    )
    until = f"{cn_date(first)} 至 {cn_date(last)}" if last else f"自 {cn_date(first)} 起"
    pending = f"，{stop['pending']}" if stop.get("pending") else ""
    return f"{stop['reason']}（{until}{pending}）"
