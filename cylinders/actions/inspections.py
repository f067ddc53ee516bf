"""The result of a periodic inspection (定期检验): the next one by the rule of kind and medium, or 报废."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from config.actor import Actor
from config.clock import local_day
from config.errors import RuleBroken
from config.words import cn_date
from cylinders.actions.states import PROOF_NEEDED
from cylinders.actions.together import (
    Happening,
    Paper,
    carry_out,
    needed,
    paper_of,
    reason_of,
    refuse_date,
    take,
    write_events,
)
from cylinders.enums import CylinderState, EventKind
from cylinders.models import Cylinder
from cylinders.rules import Book, next_inspection
from units.audit import Verb
from units.models import StoredFile


@dataclass(frozen=True)
class Report:
    """The report of an inspection: who, when, its number, and the paper where there is one."""

    agency: str
    report_no: str
    inspected_on: date
    file: Paper = None


@transaction.atomic
def record_inspection(
    cylinders: Sequence[Cylinder],
    *,
    report: Report,
    next_on: date | None = None,
    seen: Mapping[str, int] | None = None,
    actor: Actor,
    now: datetime,
) -> list[Cylinder]:
    """检验合格: last and next inspection are set, they are empty and in use again; return them.

    `next_on` None = the latest day that the rule of each one's kind and medium allows (`Book`); a
    day that is given may be earlier, never later. A stopped one stays stopped until 启用.
    RuleBroken on agency, report_no, inspected_on, next_on; Refused with every one that does not fit.
    """
    agency, report_no = _texts(report)
    book = Book.on(local_day(now))
    nexts: dict[int, date] = {}

    def check(cylinder: Cylinder) -> str:
        if cylinder.last_inspected_on and report.inspected_on < cylinder.last_inspected_on:
            return f"上一次检验是{cn_date(cylinder.last_inspected_on)}，检验日期不能早于它。"
        if cylinder.ends_on < report.inspected_on:
            return f"使用年限已于{cn_date(cylinder.ends_on)}届满，不再检验；请报废，或先登记延长使用年限的评定。"
        found = book.rule(cylinder.kind_id, cylinder.medium)
        if isinstance(found, str):
            return f"{found}。"
        latest = next_inspection(found, made_on=cylinder.made_on, last_on=report.inspected_on)
        if next_on is not None and next_on > latest:
            return f"{found.sentence()}，下次检验日期最晚为{cn_date(latest)}。"
        nexts[cylinder.pk] = next_on or latest
        return ""

    rows = take(cylinders, _passing, seen=seen, actor=actor, check=check)
    refuse_date(report.inspected_on, now=now, rows=rows, name="inspected_on")
    if next_on is not None and next_on <= report.inspected_on:
        raise RuleBroken("next_too_early", "下次检验日期应晚于本次检验日期。", field="next_on")
    file = paper_of(report.file)
    values = [_passed(one, nexts[one.pk], report.inspected_on, agency, report_no) for one in rows]
    Cylinder.objects.bulk_update(
        rows, ["state", "last_inspected_on", "next_inspection_on", "version"], batch_size=500
    )
    happening = _happening(report, file)
    write_events(rows, happening, values, actor=actor, now=now)
    return rows


def _passing(cylinder: Cylinder) -> str:
    return "pass_stopped" if cylinder.state == CylinderState.STOPPED else "pass"


def _passed(
    cylinder: Cylinder, next_on: date, inspected_on: date, agency: str, report_no: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Set what a passed inspection changes (not saved); the labelled values before and after."""
    before = {
        "状态": cylinder.get_state_display(),
        "最近一次检验日期": cn_date(cylinder.last_inspected_on),
        "下次检验日期": cn_date(cylinder.next_inspection_on),
    }
    if cylinder.state != CylinderState.STOPPED:
        cylinder.state = CylinderState.EMPTY.value
    cylinder.last_inspected_on, cylinder.next_inspection_on = inspected_on, next_on
    cylinder.version += 1
    after = {
        "结论": "合格",
        "状态": cylinder.get_state_display(),
        "最近一次检验日期": cn_date(inspected_on),
        "下次检验日期": cn_date(next_on),
        "检验机构": agency,
        "报告编号": report_no,
    }
    return before, after


@transaction.atomic
def record_failure(
    cylinders: Sequence[Cylinder],
    *,
    report: Report,
    reason: str,
    scrapped_on: date,
    method: str,
    proof: Paper,
    seen: Mapping[str, int] | None = None,
    actor: Actor,
    now: datetime,
) -> list[Cylinder]:
    """检验不合格: 报废 at once with the proof of 去功能化 (TSG 23-2021); return them.

    Two events: the inspection with its report, the end with its proof.
    """
    agency, report_no = _texts(report)
    reason = reason_of(reason, "不合格原因")
    method = needed(method, "去功能化方式", 60, name="method")

    def check(cylinder: Cylinder) -> str:
        if cylinder.last_inspected_on and report.inspected_on < cylinder.last_inspected_on:
            return f"上一次检验是{cn_date(cylinder.last_inspected_on)}，检验日期不能早于它。"
        return ""

    rows = take(cylinders, "fail", seen=seen, actor=actor, check=check)
    refuse_date(report.inspected_on, now=now, rows=rows, name="inspected_on")
    refuse_date(scrapped_on, now=now, name="on")
    if scrapped_on < report.inspected_on:
        raise RuleBroken("date_too_early", "去功能化日期不能早于检验日期。", field="on")
    kept = paper_of(proof, PROOF_NEEDED, name="proof")
    told = {"结论": "不合格", "检验机构": agency, "报告编号": report_no}
    inspected = _happening(report, paper_of(report.file), reason=reason)
    write_events(rows, inspected, [({}, told) for _one in rows], actor=actor, now=now)
    Cylinder.objects.filter(pk__in=[one.pk for one in rows]).update(
        last_inspected_on=report.inspected_on
    )
    scrapped = Happening(
        EventKind.SCRAPPED,
        Verb.CYLINDER_SCRAPPED,
        scrapped_on,
        reason=reason,
        file=kept,
        after={"去功能化方式": method},
    )
    return carry_out(rows, "fail", scrapped, actor=actor, now=now)


def _texts(report: Report) -> tuple[str, str]:
    return (
        needed(report.agency, "检验机构", 120, name="agency"),
        needed(report.report_no, "检验报告编号", 60, name="report_no"),
    )


def _happening(report: Report, file: StoredFile | None, *, reason: str = "") -> Happening:
    return Happening(
        EventKind.INSPECTED, Verb.CYLINDER_INSPECTED, report.inspected_on, reason=reason, file=file
    )
