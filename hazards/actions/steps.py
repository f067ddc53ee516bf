"""What the actions share: the line in the trail, its photos, the people told, the checks of input."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.urls import reverse

from config.actor import Actor
from config.clock import local_day
from config.errors import RuleBroken
from hazards import wording
from hazards.models import Hazard, HazardEvent, HazardPhoto
from units import outbox
from units.models import Photo, Staff

LONGEST_DEADLINE = timedelta(days=365)
TEXT_LIMIT = 500


def write_event(
    hazard: Hazard, name: HazardEvent.Name, *, actor: Actor, now: datetime, text: str = ""
) -> HazardEvent:
    """Append one line to the trail, with the state the hazard is in now."""
    return HazardEvent.objects.create(
        hazard=hazard,
        name=name.value,
        label=name.label,
        state=hazard.state,
        at=now,
        by_id=actor.staff_id,
        by_name=actor.name[:60],
        text=text,
    )


def attach_photos(
    hazard: Hazard, stage: HazardPhoto.Stage, photos: Iterable[Photo], event: HazardEvent
) -> None:
    """Hang photos on a hazard; RuleBroken for another unit's and for one that hangs there already."""
    wanted = list({photo.pk: photo for photo in photos}.values())
    if any(photo.unit_id != hazard.unit_id for photo in wanted):
        raise RuleBroken("foreign_photo", "照片不属于本单位，请重新上传。", field="photos")
    if HazardPhoto.objects.filter(hazard=hazard, photo__in=wanted).exists():
        raise RuleBroken("photo_used", "该照片已用于本条隐患，请重新拍摄。", field="photos")
    HazardPhoto.objects.bulk_create(
        [HazardPhoto(hazard=hazard, stage=stage, photo=photo, event=event) for photo in wanted]
    )


def tell_all(
    people: Iterable[Staff],
    hazard: Hazard,
    *,
    kind: str,
    text: str,
    actor: Actor,
    now: datetime,
    occasion: str = "",
) -> int:
    """Tell people of one occasion once each, never the one who acts; returns how many were told.

    `occasion` tells apart messages of one kind about one hazard (a second round of review).
    """
    link = reverse("hazards:field-detail", args=[hazard.code])
    key = f"{kind}:{hazard.code}{':' if occasion else ''}{occasion}"
    told = 0
    for person in people:
        if person.pk != actor.staff_id:
            told += outbox.tell(
                person, kind=kind, text=shorten(text), dedupe_key=key, now=now, link=link
            )
    return told


def shorten(text: str, limit: int = TEXT_LIMIT) -> str:
    """Return text cut to what a message column holds, with an ellipsis where it was cut."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def subject(hazard: Hazard) -> str:
    """「1号客梯（A座大堂）：门锁失效」 for messages."""
    return f"{wording.place_of(hazard)}：{hazard.description}"


def day_words(day: date) -> str:
    """「2026年11月20日」"""
    return f"{day.year}年{day.month}月{day.day}日"


def tidy(text: str) -> str:
    """Return prose without control characters and surrounding blanks; its punctuation stays.

    NFKC, which codes and names are put into, would turn Chinese commas into ASCII ones.
    """
    composed = unicodedata.normalize("NFC", text)
    return "".join(c for c in composed if unicodedata.category(c) != "Cc" or c == "\n").strip()


def require_text(
    text: str, *, field: str, label: str, limit: int = TEXT_LIMIT, missing: str = ""
) -> str:
    """Return tidied text; RuleBroken beside `field` when it is empty (if `missing` says so)
    or longer than `limit`."""
    text = tidy(text)
    if not text and missing:
        raise RuleBroken(f"{field}_missing", missing, field=field)
    if len(text) > limit:
        raise RuleBroken(
            f"{field}_too_long", f"{label}最多 {limit} 字，现有 {len(text)} 字。", field=field
        )
    return text


def require_deadline(due_on: date | None, *, now: datetime) -> date:
    """Return a deadline of today or later, at most a year ahead; RuleBroken beside `due_on`."""
    today = local_day(now)
    if due_on is None:
        raise RuleBroken("due_on_missing", "请选择整改期限。", field="due_on")
    if due_on < today:
        raise RuleBroken(
            "due_on_in_past",
            f"整改期限不能早于今天（{day_words(today)}），请重新选择。",
            field="due_on",
        )
    if due_on > today + LONGEST_DEADLINE:
        raise RuleBroken(
            "due_on_too_far",
            f"整改期限最长一年，请选择 {day_words(today + LONGEST_DEADLINE)} 或之前的日期。",
            field="due_on",
        )
    return due_on
