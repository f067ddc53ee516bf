"""What a signed inspection freezes: the facts of unit and subject, and the digest of it all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from duties.answers import canonical
from duties.enums import Level
from duties.models import Task
from duties.standstill import Standstill
from equipment import subjects
from equipment.enums import Category
from equipment.models import Equipment, Licence, Station
from units.models import Staff
from units.roles import Role

Facts = dict[str, Any]


def freeze_facts(
    task: Task,
    performer: Staff,
    *,
    declared_stop: Facts | None = None,
    together: Sequence[dict[str, str]] = (),
) -> Facts:
    """Return what the printed form says of unit, subject and performer as they are now (domain 2.2).

    In: the to-do with its unit and subject, who signs, what was confirmed on a day of 临时停用
    (`stop_facts`), and the list of what is signed by the same signature (decision 11). All texts, so
    the record reads the same for ever whatever is changed in the archive later. Every record has
    unit_name, credit_code, subject_name, category, category_label, officer_name, level, post;
    the others only where they apply: on_behalf_of, declared_stop, signed_together.
    """
    facts = {
        "unit_name": task.unit.name,
        "credit_code": task.unit.credit_code,
        "subject_name": subject_name(task),
        "category": task.category,
        "category_label": subjects.label(task.category),
        "officer_name": performer.name,
        "level": str(task.level),
        "post": post_of(task),
        **_subject(task),
    }
    if task.stands_in_for_id is not None:
        facts["on_behalf_of"] = task.stands_in_for.name
    if declared_stop is not None:
        facts["declared_stop"] = declared_stop
    if together:
        facts["signed_together"] = [dict(one) for one in together]
    return facts


def stop_facts(stop: Standstill, *, no_photo_reason: str, photos: Sequence[str]) -> Facts:
    """What held of the day, and how it was seen on the spot (decision 6).

    `word` and `pending` stand there where it was not a 临时停用; `until_on` is "" while it has no end.
    """
    formal = {"word": stop.word, "pending": stop.pending} if stop.pending else {}
    return {
        "reason": stop.reason,
        "from_on": stop.first.isoformat(),
        "until_on": stop.last.isoformat() if stop.last else "",
        "no_photo_reason": no_photo_reason,
        "photos": list(photos),
        **formal,
    }


def subject_name(task: Task) -> str:
    """The machine, the licence, the station or the category by name."""
    if task.equipment_id is not None:
        return task.equipment.name
    return task.subject_name


def post_of(task: Task) -> str:
    """As what the performer signs: 安全员, 质量安全总监, 主要负责人."""
    if task.level == Level.PRINCIPAL:
        return str(Role.PRINCIPAL.label)
    table = subjects.OFFICER_OF if task.level == Level.OFFICER else subjects.DIRECTOR_OF
    return str(table[task.unit_kind].label)


def _subject(task: Task) -> dict[str, str]:
    if task.equipment_id is not None:
        return _machine(task.equipment)
    if task.licence_id is not None:
        return _licence(task.licence)
    if task.station_id is not None:
        return _station(task.station)
    return {}


def _machine(machine: Equipment) -> dict[str, str]:
    return {
        "equipment_name": machine.name,
        "equipment_code": machine.equipment_code,
        "registration_no": machine.registration_no,
        "inner_no": machine.inner_no,
        "place": machine.place,
        "catalogue_name": machine.catalogue.name,
        "category": machine.category,
        "category_label": str(Category(machine.category).label),
        "next_inspection_on": (
            machine.next_inspection_on.isoformat() if machine.next_inspection_on else ""
        ),
    }


def _licence(licence: Licence) -> dict[str, str]:
    return {
        "licence_number": licence.number,
        "licence_items": "、".join(item.name for item in licence.items.all()),
        "licence_scope": licence.scope,
        "valid_from": licence.valid_from.isoformat(),
        "valid_until": licence.valid_until.isoformat(),
        "place": licence.address,
    }


def _station(station: Station) -> dict[str, str]:
    return {
        "station_name": station.name,
        "station_number": station.number,
        "medium": station.medium,
        "place": station.place,
        "licence_number": station.licence.number if station.licence is not None else "",
    }


def digest(facts: Facts, answers: list[dict[str, Any]]) -> str:
    """The SHA-256 of the canonical JSON of facts and answers (Inspection.digest)."""
    return hashlib.sha256(canonical({"facts": facts, "answers": answers})).hexdigest()
