"""What the page of one hazard tells: who has to do what now, its trail, its photos."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from config.actor import Actor
from equipment import subjects
from hazards import people, wording
from hazards.models import Hazard, HazardPhoto
from hazards.queries import PENDING_ORDER, PENDING_RECTIFICATION, PHOTO_PURPOSE, RECTIFIED
from hazards.states import Source
from units.models import Photo


@dataclass(frozen=True)
class NextStep:
    """Who has to do what now, and whether nobody is there to do it."""

    text: str
    is_stuck: bool = False


def next_step(hazard: Hazard, *, day: date) -> NextStep | None:
    """Say whose turn it is; None when the hazard is closed."""
    if hazard.state == PENDING_ORDER:
        who = people.deciders(hazard.unit_id, hazard.category, day)
        if who and people.rectifiers(hazard, day):
            return NextStep(f"等待 {people.names(who)} 下达整改措施")
        if who:
            return NextStep(
                f"等待 {people.names(who)} 下达整改措施。{_nobody_rectifies(hazard, '下达后')}",
                True,
            )
        return NextStep(f"{_nobody_decides(hazard)}，无人下达整改措施，{_REGISTER}", True)
    if hazard.state == PENDING_RECTIFICATION:
        who = people.rectifiers(hazard, day)
        if who:
            return NextStep(f"等待 {people.names(who)} 完成整改")
        if hazard.source == Source.DAILY:
            return NextStep(_nobody_rectifies(hazard), True)
        if hazard.source == Source.MONTHLY:
            return NextStep(f"本单位没有主要负责人，无人确认完成整改，{_REGISTER}", True)
        return NextStep(f"{_nobody_decides(hazard)}，无人确认完成整改，{_REGISTER}", True)
    if hazard.state == RECTIFIED and hazard.source == Source.DAILY and hazard.unit.reviews_hazards:
        who = [
            one
            for one in people.deciders(hazard.unit_id, hazard.category, day)
            if one.pk != hazard.rectified_by_id
        ]
        return NextStep(f"等待 {people.names(who)} 复查") if who else None
    return None


_REGISTER = "请单位管理员在人员管理中登记。"


def _nobody_decides(hazard: Hazard) -> str:
    subject = subjects.of(hazard.category)
    director = subjects.DIRECTOR_OF[subject.unit_kind].label
    return f"本单位没有分管“{subject.label}”的{director}，也没有主要负责人"


def _nobody_rectifies(hazard: Hazard, when: str = "") -> str:
    if hazard.equipment_id is not None:
        return f"该设备未绑定安全员，{when}无人整改，请单位管理员在设备档案中绑定。"
    officer = subjects.OFFICER_OF[subjects.of(hazard.category).unit_kind].label
    named = wording.subject_word(hazard)
    return f"该{named}没有责任人，本单位也没有{officer}，{when}无人整改，{_REGISTER}"


def trail(hazard: Hazard) -> list[Any]:
    """The events of a hazard with the photos handed in with each (two queries)."""
    return list(hazard.events.prefetch_related("photos__photo"))


def photos(hazard: Hazard) -> dict[str, list[Photo]]:
    """{"found": […], "rectified": […]}; of rectifications only the last one's photos."""
    links = list(HazardPhoto.objects.filter(hazard=hazard).select_related("photo", "event"))
    rounds = [link.event_id for link in links if link.stage == "rectified" and link.event_id]
    last = max(rounds, default=None)
    return {
        "found": [link.photo for link in links if link.stage == "found"],
        "rectified": [
            link.photo for link in links if link.stage == "rectified" and link.event_id == last
        ],
    }


def uploaded_photos(actor: Actor, codes: list[str]) -> list[Photo]:
    """Photos that this person has uploaded for a hazard form and not handed in yet."""
    wanted = []
    for code in codes:
        try:
            wanted.append(UUID(code))
        except ValueError:
            continue
    if actor.unit_id is None or not wanted:
        return []
    return list(
        Photo.objects.filter(
            code__in=wanted,
            unit_id=actor.unit_id,
            uploaded_by_id=actor.user_id,
            copy__purpose=PHOTO_PURPOSE,
            hazard_links=None,
        )
    )
