"""What the pages of both shells show of a hazard: rows, facts, photos, the trail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import NoReverseMatch, reverse

from config.actor import Actor
from hazards import queries, queries_hazard, wording
from hazards.models import Hazard, HazardEvent
from hazards.states import Source
from units.models import Photo

# origin_kind -> (desk page, phone page) of what a hazard was found in; shown when they exist.
ORIGIN_PAGES = {"inspection": ("duties:record", "duties:field-record")}
ACTION_PAGES = {
    "order": "hazards:order",
    "rectify": "hazards:rectify",
    "schedule": "hazards:deadline",
    "review": "hazards:review",
    "send_back": "hazards:send-back",
}
# Steps beside the one that moves a hazard on.
QUIET = ("send_back", "schedule")
_EVENT_KINDS = {
    HazardEvent.Name.FOUND.value: "open",
    HazardEvent.Name.ORDERED.value: "open",
    HazardEvent.Name.SCHEDULED.value: "open",
    HazardEvent.Name.RECTIFIED.value: "done",
    HazardEvent.Name.REVIEWED.value: "done",
    HazardEvent.Name.RETURNED.value: "late",
    HazardEvent.Name.OVERDUE.value: "late",
}


@dataclass(frozen=True)
class Row:
    """One line of a list."""

    hazard: Hazard
    number: int
    standing: wording.Standing
    place: str
    category: str
    deadline: str
    is_late: bool
    repeat: str


def rows(hazards: Iterable[Hazard], day: date, *, first: int = 1) -> list[Row]:
    """The lines of a list; `hazards` come with unit, machine and finder (queries.with_people)."""
    return [
        Row(
            hazard=hazard,
            number=number,
            standing=wording.standing(hazard, day, reviews=hazard.unit.reviews_hazards),
            place=wording.place_of(hazard),
            category=wording.category_label(hazard.category),
            deadline=wording.deadline(hazard, day),
            is_late=wording.overdue_days(hazard, day) > 0,
            repeat=wording.repeat(hazard),
        )
        for number, hazard in enumerate(hazards, first)
    ]


def buttons(hazard: Hazard, actor: Actor) -> list[dict[str, str]]:
    """The buttons this actor gets now, strictly from the transition table."""
    return [
        {
            "label": row.verb,
            "url": reverse(ACTION_PAGES[row.name], args=[hazard.code]),
            "style": "sz-btn-quiet" if row.name in QUIET else "btn-primary",
        }
        for row in hazard.offers(actor)
    ]


def link(url_name: str, *args: Any) -> str:
    """URL of another room's page, empty while that page does not exist."""
    try:
        return reverse(url_name, args=args)
    except NoReverseMatch:
        return ""


def origin_url(hazard: Hazard, *, phone: bool) -> str:
    """The page of the inspection a hazard was found in."""
    pages = ORIGIN_PAGES.get(hazard.origin_kind)
    return link(pages[1] if phone else pages[0], hazard.origin_code) if pages else ""


def pictures(photos: Iterable[Photo], caption: str) -> list[dict[str, str]]:
    """Photos as the `photos` tag wants them: copies behind the checked door."""
    return [
        {"url": reverse("units:file", args=[photo.copy_id]), "caption": f"{caption} {number}"}
        for number, photo in enumerate(photos, 1)
    ]


def timeline(events: Iterable[HazardEvent], current: Iterable[Photo]) -> list[dict[str, Any]]:
    """The trail: who, when, what; photos only of rectifications that were sent back, the others
    stand above it."""
    above = {photo.pk for photo in current}
    return [
        {
            "at": event.at,
            "who": event.by_name,
            "what": event.label,
            "note": event.text,
            "kind": _EVENT_KINDS.get(event.name, "neutral"),
            "photos": pictures(
                [one.photo for one in event.photos.all() if one.photo_id not in above], "照片"
            ),
        }
        for event in events
    ]


def whole(hazard: Hazard, *, day: date) -> dict[str, Any]:
    """The context of both detail pages."""
    photos = queries_hazard.photos(hazard)
    return {
        "hazard": hazard,
        "standing": wording.standing(hazard, day, reviews=hazard.unit.reviews_hazards),
        "deadline": wording.deadline(hazard, day),
        "is_late": wording.overdue_days(hazard, day) > 0,
        "was_late": hazard.overdue_at is not None,
        "is_severe": hazard.severity == Hazard.Severity.SEVERE,
        "is_open": hazard.state in (queries.PENDING_ORDER, queries.PENDING_RECTIFICATION),
        "place": wording.place_of(hazard),
        "category": wording.category_label(hazard.category),
        "subject_word": wording.subject_word(hazard),
        "category_word": wording.category_word(hazard),
        "repeat": wording.repeat(hazard),
        "next_step": queries_hazard.next_step(hazard, day=day),
        "stop_use": wording.STOP_USE,
        "found_photos": pictures(photos["found"], "发现时照片"),
        "rectified_photos": pictures(photos["rectified"], "整改后照片"),
        "trail": timeline(queries_hazard.trail(hazard), [*photos["found"], *photos["rectified"]]),
    }


def kept_pictures(photos: Iterable[Photo]) -> list[dict[str, str]]:
    """Uploaded photos of a form that comes back: code, thumbnail, caption."""
    photos = list(photos)
    return [
        {"code": str(photo.code), **picture}
        for photo, picture in zip(photos, pictures(photos, "已上传照片"), strict=True)
    ]


def steps(hazard: Hazard) -> list[str]:
    """The step bar of a hazard's way (decision 12)."""
    if hazard.is_immediate:
        names = ["发现隐患", "立即处理"]
    elif hazard.source == Source.DAILY:
        names = ["发现隐患", "下达整改措施", "完成整改"]
    else:
        names = ["发现隐患", "完成整改"]
    asks = hazard.source == Source.DAILY and hazard.unit.reviews_hazards
    is_reviewed = asks or hazard.state == queries.REVIEWED
    return [*names, "复查"] if is_reviewed else names


def step_number(hazard: Hazard) -> int:
    """Which step is due now, counted from 1; past the end when all is done."""
    names = steps(hazard)
    if hazard.state == queries.REVIEWED:
        return len(names) + 1
    if hazard.state == queries.RECTIFIED:
        return len(names) if names[-1] == "复查" else len(names) + 1
    if hazard.state == queries.PENDING_ORDER:
        return names.index("下达整改措施") + 1
    return names.index("立即处理" if hazard.is_immediate else "完成整改") + 1
