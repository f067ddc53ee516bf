"""Factories of submitted inspections with their hazards and documents, written directly."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from duties.documents import digest
from duties.models import Checklist, ChecklistVersion, Inspection, Task
from hazards.models import Hazard
from reports.documents.frozen import freeze
from reports.models import IssuedDocument
from reports.queries import build_daily_check
from tests.factories.units import NOW
from units.models import Signature, Staff, StoredFile

NO_SUCH_UUID = uuid.UUID("00000000-0000-4000-8000-000000000000")


def stored_file(
    unit_id: int, purpose: str = "daily_check", content: bytes = b"%PDF-1.7 x"
) -> StoredFile:
    name = f"tests/{uuid.uuid4().hex}"
    return StoredFile.objects.create(
        unit_id=unit_id,
        purpose=purpose,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        content_type="application/pdf",
        original_name="record.pdf",
        storage_name=default_storage.save(name, ContentFile(content)),
        created_at=NOW,
    )


def version(category: str) -> ChecklistVersion:
    """The frozen fixed daily list of a category."""
    fixed = Checklist.objects.get(
        unit=None, unit_kind="using", category=category, cadence="daily", retired_at=None
    )
    items = [
        {
            "key": item.key,
            "number": item.number,
            "risk_category": item.risk_category,
            "item": item.item,
            "hazard": item.hazard,
            "measure": item.measure,
            "is_severe": item.is_severe,
            "source": "fixed",
        }
        for item in fixed.items.all()
    ]
    content = json.dumps(items, ensure_ascii=False, sort_keys=True)
    made, _ = ChecklistVersion.objects.get_or_create(
        content_hash=hashlib.sha256(content.encode()).hexdigest(),
        defaults={
            "unit_kind": "using",
            "category": category,
            "cadence": "daily",
            "items": items,
            "item_count": len(items),
            "created_at": NOW,
        },
    )
    return made


def inspection(task: Task, by: Staff, *, failing: int = 0, **fields: object) -> Inspection:
    """A signed inspection of a done to-do; the first `failing` items are 不合格."""
    frozen = version(task.category)
    signature = Signature.objects.create(
        unit_id=task.unit_id,
        staff=by,
        signer_name=by.name,
        image=stored_file(task.unit_id, "signature", b"png"),
        strokes=[{"points": [{"x": 1, "y": 1}, {"x": 9, "y": 9}]}],
        signed_at=NOW,
    )
    answers = [
        {
            "key": item["key"],
            "number": item["number"],
            "result": "fail" if index < failing else "pass",
            "handling": "pending" if index < failing else "",
            "handling_result": "",
            "note": "",
            "no_photo_reason": "现场禁止拍照" if index < failing else "",
            "at": NOW.isoformat(),
            "photos": [],
        }
        for index, item in enumerate(frozen.items)
    ]
    machine = task.equipment
    facts = {
        "unit_name": task.unit.name,
        "credit_code": task.unit.credit_code,
        "equipment_name": machine.name,
        "equipment_code": machine.equipment_code,
        "registration_no": machine.registration_no,
        "inner_no": machine.inner_no,
        "place": machine.place,
        "catalogue_name": machine.catalogue.name,
        "category": machine.category,
        "category_label": machine.get_category_display(),
        "officer_name": by.name,
        "next_inspection_on": "",
    }
    values: dict[str, object] = {
        "client_uuid": uuid.uuid4(),
        "task": task,
        "period_on": task.period_on,
        "unit_id": task.unit_id,
        "cadence": task.cadence,
        "level": task.level,
        "equipment": machine,
        "category": task.category,
        "performer": by,
        "performer_name": by.name,
        "version": frozen,
        "round_status": "in_use",
        "facts": facts,
        "answers": answers,
        "hazard_count": failing,
        "device_started_at": NOW - timedelta(minutes=10),
        "device_finished_at": NOW,
        "received_at": NOW,
        "timing": "on_time",
        "signature": signature,
        "digest": digest(facts, answers),
    }
    return Inspection.objects.create(**{**values, **fields})


def hazard(found_in: Inspection, *, number: int = 0, **fields: object) -> Hazard:
    """The hazard of an inspection's item `number`, 待下达."""
    item = found_in.version.items[number]
    values: dict[str, object] = {
        "unit_id": found_in.unit_id,
        "equipment": found_in.equipment,
        "category": found_in.category,
        "source": "daily",
        "origin_kind": "inspection",
        "origin_code": found_in.code,
        "item_key": item["key"],
        "risk_category": item["risk_category"],
        "item": item["item"],
        "description": item["hazard"],
        "advice": item["measure"],
        "severity": "general",
        "state": "pending_order",
        "found_on": found_in.period_on,
        "found_at": found_in.received_at,
        "found_by": found_in.performer,
    }
    return Hazard.objects.create(**{**values, **fields})


def document(of: Inspection, **fields: object) -> IssuedDocument:
    """An issued record form of an inspection (its PDF is a stand-in)."""
    file = stored_file(of.unit_id)
    number = f"测-{of.code}"
    form = freeze(build_daily_check(of, as_of=NOW, number=number))
    values: dict[str, object] = {
        "number": number,
        "unit_id": of.unit_id,
        "kind": "daily_check",
        "subject_code": of.code,
        "title": form["title"],
        "document_on": of.period_on,
        "rules": form["rules"],
        "content": form,
        "file": file,
        "sha256": file.sha256,
        "issued_at": NOW,
        "issued_by_name": "测试",
    }
    return IssuedDocument.objects.create(**{**values, **fields})
