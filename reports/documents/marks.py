"""The marks that stand on a form for ever, each with its reason, from what was signed alone (pure).

Nobody can leave them out: nothing but the signed inspection or report is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.words import cn_date, cn_datetime
from duties.enums import RoundStatus, Timing
from duties.models import Inspection, MonthlyMinutes, WeeklyReport
from duties.standstill import UNDECLARED
from reports.documents.parts import Mark, day_of


def marks_of(inspection: Inspection) -> tuple[Mark, ...]:
    """补录, 离线, 停用, 代班 and 临时停用 with their reasons, from the inspection alone."""
    marks = []
    if on_behalf_of := inspection.facts.get("on_behalf_of"):
        marks.append(_stood_in(f"{inspection.performer_name}代{on_behalf_of}检查"))
    if inspection.timing == Timing.BACKFILLED:
        owed = f"应检日期 {cn_date(inspection.period_on)}，逾期未检"
        marks.append(_backfilled(owed, inspection))
    if inspection.timing == Timing.ON_TIME_OFFLINE:
        marks.append(
            Mark(
                "离线",
                f"在无网络环境下完成（设备时间 {cn_datetime(inspection.device_finished_at)}），"
                f"{cn_datetime(inspection.received_at)} 上传。",
            )
        )
    if declared := inspection.facts.get("declared_stop"):
        word = declared.get("word", "临时停用")
        marks.append(Mark(word, _declared_words(inspection, declared, word)))
    elif inspection.round_status == RoundStatus.STOPPED:
        marks.append(Mark("停用", f"设备停用，未逐项检查。停用原因：{inspection.stop_reason}"))
    return tuple(marks)


def _declared_words(inspection: Inspection, declared: Mapping[str, Any], word: str) -> str:
    """What was declared for the day and how its subject was found (decision 6)."""
    is_machine = inspection.equipment_id is not None
    still, running = ("仍停用", "实际在用") if is_machine else ("仍停产", "实际未停产")
    photo, pending = declared.get("no_photo_reason"), declared.get("pending")
    first, last = day_of(declared["from_on"]), declared["until_on"]
    return (
        f"{first}{f'至{day_of(last)}' if last else '起'}"
        f"{'登记为' if pending == UNDECLARED else '申报'}{word}"
        + (f"（{pending}）" if pending else "")
        + f"，原因：{declared['reason']}。"
        f"现场确认{'设备状态' if is_machine else '状态'}："
        f"{still if inspection.round_status == RoundStatus.STOPPED else running}。"
        + (f"无法拍照：{photo}。" if photo else "")
    )


def report_marks(report: WeeklyReport | MonthlyMinutes, period: str) -> tuple[Mark, ...]:
    """补录 and 代班 with their reasons, from the signed report alone."""
    marks = []
    if on_behalf_of := report.facts.get("on_behalf_of"):
        marks.append(_stood_in(f"{report.author_name}代{on_behalf_of}填报"))
    if report.backfill_reason:
        owed = f"{period}的报告自 {cn_date(report.period_on)} 起应报，逾期未报"
        marks.append(_backfilled(owed, report))
    return tuple(marks)


def _stood_in(words: str) -> Mark:
    return Mark("代班", f"{words}。")


def _backfilled(owed: str, signed: Inspection | WeeklyReport | MonthlyMinutes) -> Mark:
    when = cn_datetime(signed.received_at)
    return Mark("补录", f"{owed}，{when} 补录。补录原因：{signed.backfill_reason}")
