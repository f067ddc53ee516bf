"""Signed daily inspections as the product writes them: real photos, a real signature, a true digest."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from config.clock import at
from duties.documents import digest, freeze_facts
from duties.models import ChecklistVersion, Inspection, InspectionPhoto
from equipment.models import Equipment
from hazards.models import Hazard, HazardEvent
from tests.factories import duties as tasks
from tests.factories import records
from tests.factories.pictures import jpeg, strokes, upload
from tests.world import TODAY
from units import photos, signatures
from units.loader import actor_for_staff
from units.models import Photo, Staff

PHOTO_PURPOSE = "inspection_photo"


def passed(note: str = "") -> dict:
    return {"result": "pass", "note": note}


def absent() -> dict:
    return {"result": "not_applicable"}


def fixed(how: str = "现场处理完毕", pictures: int = 1, **extra: object) -> dict:
    """不合格, 立即处理."""
    answer = {"result": "fail", "handling": "immediate", "handling_result": how}
    return {**answer, "pictures": pictures, **extra}


def pending(pictures: int = 1, **extra: object) -> dict:
    """不合格, 待处理."""
    return {"result": "fail", "handling": "pending", "pictures": pictures, **extra}


def signed(
    machine: Equipment,
    by: Staff,
    *,
    day: date = TODAY,
    said: dict[int, dict] | None = None,
    version: ChecklistVersion | None = None,
    colours: tuple[str, ...] = ("#c03020", "#2060c0", "#208040"),
    facts: dict | None = None,
    **fields: object,
) -> Inspection:
    """An inspection of `machine` signed on `day` at 08:42; `said` are answers by item number."""
    now = fields.get("received_at") or at(day, 8, 42)
    actor = actor_for_staff(by, on=day)
    task = tasks.task(machine, day, state=fields.pop("state", "done"), now=now)
    frozen = version or records.version(machine.category)
    stopped = fields.get("round_status") == "stopped"
    taken: list[tuple[str, Photo]] = []
    answers = []
    for item in [] if stopped else frozen.items:
        answer = {"handling": "", "handling_result": "", "note": "", "no_photo_reason": ""}
        answer |= (said or {}).get(item["number"], passed())
        answer |= {"key": item["key"], "number": item["number"], "at": now.isoformat()}
        codes = []
        for _ in range(answer.pop("pictures", 0)):
            colour = colours[len(taken) % len(colours)]
            photo = photos.store_photo(
                upload(jpeg(640, 480, colour)), unit_id=machine.unit_id,
                client_uuid=uuid.uuid4(), purpose=PHOTO_PURPOSE, actor=actor, now=now,
            )  # fmt: skip
            taken.append((item["key"], photo))
            codes.append(str(photo.code))
        answers.append({**answer, "photos": codes})
    frozen_facts = {**freeze_facts(task, by), **(facts or {})}
    values: dict[str, object] = {
        "client_uuid": uuid.uuid4(),
        "task": task,
        "period_on": day,
        "unit_id": machine.unit_id,
        "cadence": "daily",
        "level": "officer",
        "equipment": machine,
        "category": machine.category,
        "performer": by,
        "performer_name": by.name,
        "version": frozen,
        "round_status": "in_use",
        "facts": frozen_facts,
        "answers": answers,
        "hazard_count": sum(answer["result"] == "fail" for answer in answers),
        "device_started_at": now - timedelta(minutes=12),
        "device_finished_at": now - timedelta(minutes=1),
        "received_at": now,
        "timing": "on_time",
        "signature": fields.pop("signature", None)
        or signatures.store_signature(strokes_json=strokes(), actor=actor, now=now),
        "digest": digest(frozen_facts, answers),
    }
    inspection = Inspection.objects.create(**{**values, **fields})
    InspectionPhoto.objects.bulk_create(
        InspectionPhoto(inspection=inspection, item_key=key, photo=photo) for key, photo in taken
    )
    return inspection


def report(inspection: Inspection, number: int) -> Hazard:
    """The hazard of the item with this number, 待下达, with the first line of its trail."""
    index = [item["number"] for item in inspection.version.items].index(number)
    hazard = records.hazard(inspection, number=index)
    event(hazard, "found", inspection.performer, inspection.received_at, "待处理，已上报")
    return hazard


def event(hazard: Hazard, name: str, by: Staff, moment: datetime, text: str) -> HazardEvent:
    return HazardEvent.objects.create(
        hazard=hazard,
        name=name,
        label=HazardEvent.Name(name).label,
        state=hazard.state,
        at=moment,
        by=by,
        by_name=by.name,
        text=text,
    )
