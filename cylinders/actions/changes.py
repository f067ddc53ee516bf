"""变更 of a registered cylinder: facts of the unit, its label (换码), its medium, its life.

One cylinder at a time, never over somebody else's newer version. What decides about filling (medium,
life) is changed by a paper only: an inspection report, an assessment report.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from config.actor import Actor
from config.clock import local_day
from config.codes import normalise
from config.errors import RuleBroken
from config.words import cn_date
from config.workflow import lock
from cylinders.actions.inspections import Report
from cylinders.actions.together import (
    STALE,
    Happening,
    label,
    needed,
    paper_of,
    reason_of,
    refuse_date,
    write_events,
)
from cylinders.cylinder_states import is_holder
from cylinders.enums import CylinderState, EventKind
from cylinders.identity import label_of
from cylinders.models import Cylinder
from cylinders.rules import Book, Found, end_of_life, next_inspection
from cylinders.twins import meet
from units.audit import Verb, set_changed
from units.models import StoredFile

# What a unit changes with a word of its own; everything else takes a paper or never changes.
FACTS = ("inner_no", "owner", "plate", "note")


@transaction.atomic
def change(
    cylinder: Cylinder,
    *,
    version: int,
    changes: dict[str, Any],
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Cylinder:
    """Change 单位内编号, 产权单位, 车牌号, 备注 and return the cylinder; nothing new = nothing written.

    RuleBroken: stale, scrapped, not_yours; texts that are too long, a vehicle without plate and VIN.
    """
    fresh = _lock(cylinder, version, actor)
    values = {name: _short(name, str(value)) for name, value in changes.items() if name in FACTS}
    if fresh.kind.is_vehicle and not (values.get("plate", fresh.plate) or fresh.vin):
        raise RuleBroken("plate_needed", "车用气瓶必须填写车牌号。", field="plate")
    return _write(
        fresh, values, reason=reason_of(reason, "说明", needed=False), actor=actor, now=now
    )


@transaction.atomic
def replace_label(
    cylinder: Cylinder, *, version: int, url: str, reason: str, actor: Actor, now: datetime
) -> Cylinder:
    """换码: the cylinder carries another label from now on; whoever looks up the old one is told so.

    RuleBroken on `qr_url`: label_bad, label_taken (another cylinder's, or one applied for).
    """
    reason = reason_of(reason, "换码原因")
    fresh = _lock(cylinder, version, actor)
    new = label_of(url)
    if new == fresh.qr_url:
        raise RuleBroken("label_same", "新旧标签相同，没有变化。", field="qr_url")
    if twin := meet((), [new], unit_id=fresh.unit_id).get(new):
        raise RuleBroken("label_taken", f"{twin}。", field="qr_url")
    try:
        with transaction.atomic():
            return _write(fresh, {"qr_url": new}, reason=reason, actor=actor, now=now)
    except IntegrityError as taken:
        raise RuleBroken(
            "label_taken", "这个标签刚刚用于另一只气瓶，请核对后重新填写。", field="qr_url"
        ) from taken


@transaction.atomic
def change_medium(
    cylinder: Cylinder,
    *,
    version: int,
    medium: str,
    report: Report,
    actor: Actor,
    now: datetime,
) -> Cylinder:
    """Another medium after an inspection that allows it; return the cylinder.

    The report and its file are needed. Periods and life are those of the kind with the new medium
    from then on: the next inspection is counted from this one, the life never grows.
    RuleBroken on medium, agency, report_no, inspected_on, file.
    """
    fresh = _lock(cylinder, version, actor)
    agency, report_no = _report(report, fresh, now)
    found = _found(fresh, medium, now, field="medium")
    if found.names == fresh.medium:
        raise RuleBroken("medium_same", "与登记的充装介质相同，没有变化。", field="medium")
    years = min(fresh.life_years, found.life_years)
    file = paper_of(report.file, "变更充装介质须上传检验报告。")
    values = {
        "medium": found.names,
        "nature": found.nature,
        "last_inspected_on": report.inspected_on,
        "next_inspection_on": next_inspection(
            found, made_on=fresh.made_on, last_on=report.inspected_on
        ),
        "life_years": years,
        "ends_on": min(fresh.ends_on, end_of_life(fresh.made_on, years)),
    }
    told = {"检验机构": agency, "报告编号": report_no}
    return _write(fresh, values, told=told, file=file, actor=actor, now=now)


@transaction.atomic
def extend_life(
    cylinder: Cylinder, *, version: int, years: int, report: Report, actor: Actor, now: datetime
) -> Cylinder:
    """Some more years after a safety assessment (LPG: 8, then at most 4 more); return the cylinder.

    The report of the assessment and its file are needed; altogether no more than the rule of kind
    and medium allows. RuleBroken on years, agency, report_no, inspected_on, file.
    """
    fresh = _lock(cylinder, version, actor)
    agency, report_no = _report(report, fresh, now)
    found = _found(fresh, fresh.medium, now, field="years")
    most = found.life_years + found.extension_years - fresh.life_years
    if most <= 0:
        raise RuleBroken(
            "life_final",
            f"{found.sentence()}"
            + ("，已延长到最长年限。" if found.extension_years else "，不可延长，届满应报废。"),
            field="years",
        )
    if not 0 < years <= most:
        raise RuleBroken("years_many", f"评定后最多再延长 {most} 年。", field="years")
    file = paper_of(report.file, "延长使用年限须上传安全评定报告。")
    life = fresh.life_years + years
    values = {"life_years": life, "ends_on": end_of_life(fresh.made_on, life)}
    told = {"评定机构": agency, "报告编号": report_no}
    return _write(fresh, values, told=told, file=file, actor=actor, now=now)


def extension_of(cylinder: Cylinder, *, day: date) -> int:
    """How many years an assessment may still add; 0 when the rule knows no extension."""
    found = Book.on(day).rule(cylinder.kind_id, cylinder.medium)
    if isinstance(found, str) or not found.extension_years:
        return 0
    return max(0, found.life_years + found.extension_years - cylinder.life_years)


# ------------------------------------------------------------------ inside
def _lock(cylinder: Cylinder, version: int, actor: Actor) -> Cylinder:
    fresh: Cylinder = lock(cylinder)
    if actor.unit_id is not None and actor.unit_id != fresh.unit_id:
        raise RuleBroken("foreign_unit", "气瓶不属于本单位。", status=404)
    if not is_holder(fresh, actor):
        raise RuleBroken("not_yours", "您没有权限变更气瓶。", status=403)
    if fresh.version != version:
        raise RuleBroken("stale", f"{label(fresh)}{STALE}")
    if fresh.state in (CylinderState.SCRAPPED, CylinderState.LOST):
        state = fresh.get_state_display()
        raise RuleBroken("wrong_state", f"当前为“{state}”，不能变更。")
    return fresh


def _short(name: str, value: str) -> str:
    """A text as it is kept, one line, not longer than its column."""
    column = Cylinder._meta.get_field(name)
    said = " ".join(normalise(value).split())
    if len(said) > (column.max_length or 0):
        raise RuleBroken(
            f"{name}_long", f"{column.verbose_name}最多 {column.max_length} 个字。", field=name
        )
    return said


def _report(report: Report, cylinder: Cylinder, now: datetime) -> tuple[str, str]:
    refuse_date(report.inspected_on, now=now, rows=[cylinder], name="inspected_on")
    return (
        needed(report.agency, "检验（评定）机构", 120, name="agency"),
        needed(report.report_no, "报告编号", 60, name="report_no"),
    )


def _found(cylinder: Cylinder, medium: str, now: datetime, *, field: str) -> Found:
    found = Book.on(local_day(now)).rule(cylinder.kind_id, medium)
    if isinstance(found, str):
        raise RuleBroken("no_rule", f"{found}。", field=field)
    return found


def _write(
    cylinder: Cylinder,
    values: dict[str, Any],
    *,
    reason: str = "",
    told: dict[str, str] | None = None,
    file: StoredFile | None = None,
    actor: Actor,
    now: datetime,
) -> Cylinder:
    before, after = set_changed(cylinder, values)
    if not after:
        return cylinder
    cylinder.version += 1
    cylinder.save(update_fields=[*after, "version"])
    happening = Happening(
        EventKind.CHANGED, Verb.CYLINDER_CHANGED, local_day(now), reason=reason, file=file
    )
    shown = (_shown(before), {**_shown(after), **(told or {})})
    write_events([cylinder], happening, [shown], actor=actor, now=now)
    return cylinder


def _shown(values: dict[str, Any]) -> dict[str, str]:
    """Labelled values as a page shows them; the nature goes without saying."""
    return {
        str(Cylinder._meta.get_field(name).verbose_name): (
            cn_date(value) if isinstance(value, date) else str(value)
        )
        for name, value in values.items()
        if name != "nature"
    }
