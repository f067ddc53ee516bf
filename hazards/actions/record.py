"""A hazard is found: its row, its photos, and who is told (F55–F57, decision 10)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse

from config.actor import Actor
from config.clock import local_day
from config.errors import RuleBroken
from equipment.models import Equipment, Licence, Station
from hazards import people, wording
from hazards.actions import steps
from hazards.models import Hazard, HazardEvent, HazardPhoto
from hazards.states import HazardState, Source
from units import audit, outbox
from units.models import Photo

IMMEDIATE, PENDING = "immediate", "pending"


@transaction.atomic
def record_hazard(
    *,
    unit_id: int,
    equipment: Equipment | None,
    category: str,
    source: str,
    origin_kind: str,
    origin_code: str,
    item: dict[str, Any],
    answer: dict[str, Any],
    photos: Iterable[Photo],
    found_on: date,
    actor: Actor,
    now: datetime,
    licence: Licence | None = None,
    station: Station | None = None,
) -> Hazard:
    """Record what one 不合格 answer found and return the hazard (M 2.2, decisions 10 and 12).

    In: `item` as frozen in the checklist version, `answer` as submitted (handling immediate |
    pending, handling_result, note, no_photo_reason), the photos taken for it; `equipment`, `licence` or `station` where one was
    inspected, none of them in a weekly or monthly round (its subject is `category`).
    立即处理 → born 已整改 with its result; 待处理 → 待下达 (daily) or 待整改 (weekly, monthly) and
    the deciders are told; severe ones are told at once either way.
    Repeatable: origin and item key name it, a second call returns the first one's row.
    RuleBroken beside handling, handling_result, note, no_photo_reason; `not_yours` for a stranger.
    """
    origin = {"origin_kind": origin_kind, "origin_code": origin_code, "item_key": item["key"]}
    known = Hazard.objects.filter(**origin).first()
    if known is not None:
        return known
    if actor.staff_id is None or actor.unit_id != unit_id:
        raise RuleBroken("not_yours", "只有本单位的安全管理人员可以登记隐患。", status=403)
    photos = list(photos)
    said = _read_answer(answer, photos)
    is_immediate = answer["handling"] == IMMEDIATE
    closed = {"rectified_at": now, "rectified_by_id": actor.staff_id} if is_immediate else {}
    hazard = Hazard(
        unit_id=unit_id,
        equipment=equipment,
        licence=licence,
        station=station,
        category=category,
        source=source,
        state=_birth_state(source, is_immediate),
        found_on=found_on,
        found_at=now,
        found_by_id=actor.staff_id,
        is_immediate=is_immediate,
        **(origin | _read_item(item) | said | closed),
    )
    try:
        with transaction.atomic():
            hazard.save(force_insert=True)
    except IntegrityError:
        # Another request recorded the same item between our look and our insert.
        return Hazard.objects.get(**origin)
    _write_down(hazard, photos, actor=actor, now=now)
    return hazard


def _read_item(item: dict[str, Any]) -> dict[str, str]:
    """The frozen item as columns; the hazard keeps its wording for ever."""
    return {
        "risk_category": item["risk_category"],
        "item": item["item"],
        "description": item["hazard"],
        "advice": item["measure"],
        "severity": Hazard.Severity.SEVERE if item["is_severe"] else Hazard.Severity.GENERAL,
    }


def _read_answer(answer: dict[str, Any], photos: list[Photo]) -> dict[str, str]:
    """The texts of an answer as columns, checked against decision 10."""
    if answer.get("handling") not in (IMMEDIATE, PENDING):
        raise RuleBroken("handling_missing", "请选择立即处理或待处理。", field="handling")
    is_immediate = answer["handling"] == IMMEDIATE
    result = steps.require_text(
        answer.get("handling_result") or "",
        field="handling_result",
        label="处理结果",
        missing="请填写处理结果。" if is_immediate else "",
    )
    reason = steps.require_text(
        answer.get("no_photo_reason") or "",
        field="no_photo_reason",
        label="无法拍照原因",
        limit=200,
        missing="" if photos else "请上传隐患照片，无法拍照的请说明原因。",
    )
    return {
        "result": result if is_immediate else "",
        "note": steps.require_text(answer.get("note") or "", field="note", label="备注"),
        "no_photo_reason": "" if photos else reason,
    }


def _birth_state(source: str, is_immediate: bool) -> str:
    if is_immediate:
        return HazardState.RECTIFIED.value
    if source == Source.DAILY:
        return HazardState.PENDING_ORDER.value
    return HazardState.PENDING_RECTIFICATION.value


def _write_down(hazard: Hazard, photos: list[Photo], *, actor: Actor, now: datetime) -> None:
    handled = f"立即处理：{hazard.result}" if hazard.is_immediate else "待处理，已上报"
    lines = [hazard.description, handled]
    if hazard.no_photo_reason:
        lines.append(f"未拍照原因：{hazard.no_photo_reason}")
    event = steps.write_event(
        hazard, HazardEvent.Name.FOUND, actor=actor, now=now, text="\n".join(lines)
    )
    steps.attach_photos(hazard, HazardPhoto.Stage.FOUND, photos, event)
    audit.record(
        actor,
        audit.Verb.HAZARD_FOUND,
        hazard,
        now=now,
        after={
            "state": hazard.state,
            "severity": hazard.severity,
            "is_immediate": hazard.is_immediate,
            "origin": f"{hazard.origin_kind}:{hazard.origin_code}",
            "item_key": hazard.item_key,
        },
    )
    _tell(hazard, actor=actor, now=now)


def _tell(hazard: Hazard, *, actor: Actor, now: datetime) -> None:
    """待处理 is reported to who acts on it; a severe one is reported at once in any case."""
    day = local_day(now)
    if hazard.source == Source.MONTHLY:
        told = people.principals(hazard.unit_id, day)
    else:
        told = people.deciders(hazard.unit_id, hazard.category, day)
    if not told and not hazard.is_immediate:
        _warn_unit(hazard, now=now)
    what = "下达整改措施" if hazard.source == Source.DAILY else "组织整改"
    if hazard.severity == Hazard.Severity.SEVERE:
        done = "，已现场处理，请核实" if hazard.is_immediate else f"。请立即{what}"
        text = f"【严重隐患】{steps.subject(hazard)}。{wording.STOP_USE.rstrip('。')}{done}。"
        steps.tell_all(told, hazard, kind="hazard.severe", text=text, actor=actor, now=now)
    elif not hazard.is_immediate:
        text = f"{actor.name}发现隐患：{steps.subject(hazard)}。请{what}。"
        steps.tell_all(told, hazard, kind="hazard.found", text=text, actor=actor, now=now)


def _warn_unit(hazard: Hazard, *, now: datetime) -> None:
    """Without a director in scope and without a principal only the unit admin can help (decision 12)."""
    outbox.tell_unit(
        hazard.unit_id,
        kind="hazard.unattended",
        text=steps.shorten(
            f"发现隐患：{steps.subject(hazard)}。本单位没有分管的总监，也没有主要负责人，"
            "无人处理，请在人员管理中登记。"
        ),
        dedupe_key=f"hazard.unattended:{hazard.code}",
        now=now,
        link=reverse("hazards:detail", args=[hazard.code]),
    )
