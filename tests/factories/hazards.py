"""Factories of hazards in every state, written directly with the columns the state needs."""

from __future__ import annotations

import io
import uuid
from datetime import date, datetime, timedelta
from itertools import count

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from config.actor import Actor
from config.clock import local_day
from equipment.models import Equipment
from hazards.models import Hazard
from tests.factories.units import NOW
from units.models import Photo, Staff
from units.photos import store_photo

_serial = count(1)


def hazard(
    machine: Equipment,
    *,
    finder: Staff | None = None,
    state: str = "pending_order",
    director: Staff | None = None,
    found_at: datetime = NOW - timedelta(days=2),
    due_on: date | None = None,
    immediate: bool = False,
    source: str = "daily",
    **fields: object,
) -> Hazard:
    """A hazard of a machine; ordered by `director` unless `immediate` or not daily."""
    number = next(_serial)
    finder = finder or machine.officer
    values: dict[str, object] = {
        "unit_id": machine.unit_id,
        "equipment": machine,
        "category": machine.category,
        "source": source,
        "origin_kind": "inspection",
        "origin_code": f"T{number:09d}",
        "item_key": "U-LIFT-D-03",
        "risk_category": "设备类",
        "item": "层门、轿门开关正常，闭合后用手不能随意扒开",
        "description": f"门系统故障导致剪切、坠落（{number}）",
        "advice": "立即停梯并通知维保单位修复",
        "severity": "general",
        "state": state,
        "found_on": local_day(found_at),
        "found_at": found_at,
        "found_by": finder,
        "is_immediate": immediate,
    }
    if state != "pending_order" and not immediate and source == "daily":
        values |= {
            "measures": "更换门锁触点，调整门刀间隙",
            "due_on": due_on or (found_at + timedelta(days=7)).date(),
            "ordered_at": found_at + timedelta(minutes=10),
            "ordered_by": director or finder,
        }
    if state in {"rectified", "reviewed"}:
        values |= {
            "result": "已更换门锁触点，试运行正常",
            "rectified_at": found_at if immediate else found_at + timedelta(hours=3),
            "rectified_by": finder,
        }
    if state == "reviewed":
        values |= {"reviewed_at": found_at + timedelta(hours=4), "reviewed_by": director or finder}
    return Hazard.objects.create(**{**values, **fields})


def jpeg(colour: str = "red", size: tuple[int, int] = (64, 48)) -> bytes:
    """The bytes of a small real JPEG; another colour gives another picture."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return buffer.getvalue()


def upload(colour: str = "red", name: str = "照片.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, jpeg(colour), content_type="image/jpeg")


def photo(
    actor: Actor, colour: str = "red", *, now: datetime = NOW, purpose: str = "hazard_photo"
) -> Photo:
    """A photo uploaded by somebody of a unit."""
    return store_photo(
        upload(colour),
        unit_id=actor.unit_id,
        client_uuid=uuid.uuid4(),
        purpose=purpose,
        actor=actor,
        now=now,
    )
