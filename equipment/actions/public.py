"""What the public reports by scanning a machine's code, and how the unit answers it (B117)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse

from config.actor import Actor
from config.clock import local_day
from config.codes import normalise
from config.errors import RuleBroken
from equipment.models import DeviceCode, PublicReport
from equipment.queries_codes import overseers
from units import outbox
from units.audit import Verb, record
from units.photos import store_photo

PHOTO_PURPOSE = "public_report"
TEXT_LIMIT = 500
CONTACT_LIMIT = 40
ANSWER_LIMIT = 300
PHOTOS_MOST = 3
# Within this time the same words through the same code are the same report (a second press).
SAME_WITHIN = timedelta(minutes=10)


@transaction.atomic
def report_problem(
    code: DeviceCode,
    *,
    kind: str,
    text: str,
    contact: str = "",
    photos: Sequence[Any] = (),
    actor: Actor,
    now: datetime,
) -> PublicReport:
    """Take down what somebody reports about a machine and tell its unit; return the report.

    1. A retired code takes nothing: its machine may have another code or be gone.
    2. The same words within ten minutes are the report that is there already.
    3. Photographs are kept like all others; the unit sees the copy without position and camera.
    4. The unit's account and the machine's officer and directors find it under 消息; when somebody
       is trapped or hurt the people get a text message too. What the public typed is in neither.

    The reporter needs no account; `contact` is optional and shown to the unit only. RuleBroken on
    `kind`, `text`, `contact`, `photo`.
    """
    if code.retired_at is not None:
        raise RuleBroken("code_retired", "这个码已经挂失更换，不能再用来报告问题。", status=410)
    if kind not in PublicReport.Kind.values:
        raise RuleBroken("kind_needed", "请选择问题类型。", field="kind")
    text = _limited(text, TEXT_LIMIT, field="text", label="问题描述")
    if not text:
        raise RuleBroken("text_needed", "请描述看到的问题。", field="text")
    contact = _limited(contact, CONTACT_LIMIT, field="contact", label="联系方式")
    if len(photos) > PHOTOS_MOST:
        raise RuleBroken("photos_many", f"照片最多 {PHOTOS_MOST} 张。", field="photo")
    same = PublicReport.objects.filter(
        device_code=code, kind=kind, text=text, reported_at__gt=now - SAME_WITHIN
    ).first()
    if same is not None:
        return same
    machine = code.equipment
    report = PublicReport.objects.create(
        unit_id=machine.unit_id,
        equipment=machine,
        device_code=code,
        kind=kind,
        text=text,
        contact=contact,
        reported_at=now,
    )
    _keep_photos(report, photos, actor=actor, now=now)
    record(
        actor,
        Verb.PUBLIC_REPORTED,
        report,
        now=now,
        unit_id=machine.unit_id,
        after={"kind": kind, "equipment": machine.code, "photos": len(photos)},
    )
    _tell(report, now=now)
    return report


def _keep_photos(
    report: PublicReport, photos: Sequence[Any], *, actor: Actor, now: datetime
) -> None:
    report.photos.set(
        store_photo(
            upload,
            unit_id=report.unit_id,
            client_uuid=uuid.uuid4(),
            purpose=PHOTO_PURPOSE,
            actor=actor,
            now=now,
        )
        for upload in photos
    )


@transaction.atomic
def answer_report(
    report: PublicReport, *, answer: str, actor: Actor, now: datetime
) -> PublicReport:
    """Note how a public report was handled, once; return it.

    RuleBroken on `answer` when it is empty or too long; "stale" when somebody noted it first.
    """
    fresh = PublicReport.objects.select_for_update(of=("self",), no_key=True).get(pk=report.pk)
    if actor.unit_id != fresh.unit_id:
        raise RuleBroken("foreign_unit", "报告不属于本单位。", status=404)
    answer = _limited(answer, ANSWER_LIMIT, field="answer", label="处理情况")
    if not answer:
        raise RuleBroken("answer_needed", "请填写处理情况。", field="answer")
    if fresh.answered_at is not None:
        raise RuleBroken(
            "stale", f"这条报告刚刚被{fresh.answered_by_name}处理过，您填写的内容没有保存。"
        )
    fresh.answer = answer
    fresh.answered_by_name = actor.name
    fresh.answered_at = now
    fresh.save(update_fields=["answer", "answered_by_name", "answered_at"])
    record(actor, Verb.PUBLIC_REPORT_ANSWERED, fresh, now=now, after={"answer": answer})
    return fresh


def _limited(text: str, limit: int, *, field: str, label: str) -> str:
    text = normalise(text)
    if len(text) > limit:
        raise RuleBroken(f"{field}_long", f"{label}最多 {limit} 个字。", field=field)
    return text


def _tell(report: PublicReport, *, now: datetime) -> None:
    machine = report.equipment
    is_urgent = report.kind == PublicReport.Kind.TRAPPED
    message = {
        "kind": "report.public",
        "text": f"{'【紧急】' if is_urgent else ''}公众扫码报告：{machine.name}（{machine.place}）"
        f"{report.get_kind_display()}。请立即核实处理。"[:500],
        "dedupe_key": f"report.public:{report.code}",
        "link": reverse("equipment:report", args=[report.code]),
        "now": now,
    }
    outbox.tell_unit(report.unit_id, **message)
    for person in overseers(machine, day=local_day(now)):
        outbox.tell(person, **message, channel=outbox.SMS if is_urgent else outbox.IN_APP)
