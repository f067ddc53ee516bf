"""The bureaus' historical machines: taking them in, and what their unit says of them (F1, F29)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse

from config.actor import Actor
from config.codes import normalise
from config.errors import RuleBroken
from config.workflow import lock
from equipment.actions.machine import FACTS, add_equipment
from equipment.enums import UseStatus
from equipment.models import ArchiveRecord, Equipment
from equipment.queries_archive import twins_of
from units.audit import Verb, record
from units.models import Bureau, Unit
from units.outbox import tell_bureau

DATES = ("in_use_since", "next_inspection_on")
# What a record's facts may hold besides a machine's own facts.
MORE = ("status", "receipt_no")
# What a newer import changes of a record that still waits.
REWRITTEN = (
    "region_id",
    "credit_code",
    "unit_name",
    "name",
    "equipment_code",
    "registration_no",
    "facts",
)


@dataclass(frozen=True)
class ArchiveRow:
    """One machine of the bureau's archive: whose it is said to be, where, and its checked facts.

    `facts` are those of `add_equipment`: catalogue (its code), name, place, status and more.
    """

    credit_code: str
    unit_name: str
    region_code: str
    facts: dict[str, Any]


@transaction.atomic
def take_in(
    bureau: Bureau, rows: Sequence[ArchiveRow], *, actor: Actor, now: datetime
) -> list[ArchiveRecord]:
    """Write checked rows of a bureau's archive, to wait for their units; returns the records.

    Set-based: one INSERT a thousand rows. Raises RuleBroken when a number waits already (somebody
    else imported it meanwhile) and 403 for a region outside the bureau's.
    """
    _refuse_outside(actor, rows)
    records = [_record(row, bureau.pk, now) for row in rows]
    made = _write(lambda: ArchiveRecord.objects.bulk_create(records, batch_size=1000))
    if made:
        record(actor, Verb.ARCHIVE_IMPORTED, bureau, now=now, after={"machines": len(made)})
    return made


@transaction.atomic
def rewrite(rows: Mapping[int, ArchiveRow], *, actor: Actor, now: datetime) -> int:
    """Bring records that still wait to what a newer import says; returns how many were written.

    `rows` by the records' keys, which the caller has locked. Raises RuleBroken when a number of
    theirs waits under another record, 403 for a region outside the bureau's.
    """
    records = ArchiveRecord.objects.for_actor(actor).waiting().in_bulk(list(rows))
    for key, archived in records.items():
        fresh = _record(rows[key], archived.bureau_id, now)
        _refuse_outside(actor, [rows[key]])
        for name in REWRITTEN:
            setattr(archived, name, getattr(fresh, name))
    _write(
        lambda: ArchiveRecord.objects.bulk_update(
            records.values(), [name.removesuffix("_id") for name in REWRITTEN], batch_size=500
        )
    )
    if records:
        record(
            actor,
            Verb.ARCHIVE_IMPORTED,
            f"units.bureau:{actor.bureau_id}",
            now=now,
            after={"changed": len(records)},
        )
    return len(records)


@transaction.atomic
def claim(archived: ArchiveRecord, *, actor: Actor, now: datetime) -> Equipment:
    """Let a unit's account say that a machine is its own; returns the machine.

    It is archived by the rules of `add_equipment`, without officer; a machine of the unit that
    carries the same number already is linked instead, never doubled. Two who claim at once take
    turns at the record's lock. Raises RuleBroken in words, also for a number somebody else holds.
    """
    unit = _unit_of(actor)
    fresh = _waiting(archived, unit)
    machine = twins_of(unit.pk, [fresh]).get(fresh.pk)
    is_new = machine is None
    if machine is None:
        machine = add_equipment(unit, **_facts(fresh), actor=actor, now=now)
    fresh.equipment = machine
    fresh.claimed_at = now
    fresh.save(update_fields=["equipment", "claimed_at"])
    record(
        actor,
        Verb.ARCHIVE_CLAIMED,
        fresh,
        now=now,
        unit_id=unit.pk,
        after={"equipment": machine.code, "is_new": is_new},
    )
    return machine


@transaction.atomic
def decline(
    archived: Collection[ArchiveRecord], *, reason: str, actor: Actor, now: datetime
) -> list[ArchiveRecord]:
    """Let a unit's account say that machines are not its own, and why; the bureaus are told."""
    unit = _unit_of(actor)
    reason = normalise(reason).replace("\n", " ")
    if not reason:
        raise RuleBroken("reason_needed", "请填写否认原因，市场监管局要据此核对。", field="reason")
    longest = ArchiveRecord._meta.get_field("decline_reason").max_length
    if len(reason) > longest:
        raise RuleBroken("reason_long", f"否认原因最多 {longest} 个字。", field="reason")
    declined = []
    for one in sorted(archived, key=lambda one: one.pk):
        fresh = _waiting(one, unit)
        fresh.declined_at = now
        fresh.decline_reason = reason
        fresh.save(update_fields=["declined_at", "decline_reason"])
        record(
            actor, Verb.ARCHIVE_DECLINED, fresh, now=now, unit_id=unit.pk, after={"reason": reason}
        )
        declined.append(fresh)
    for region in sorted({one.region_id for one in declined}):
        here = [one for one in declined if one.region_id == region]
        tell_bureau(
            region,
            kind="archive",
            text=f"“{unit.name}”否认了 {len(here)} 台历史设备：{reason}"[:500],
            dedupe_key=f"archive-declined:{here[0].code}:{len(here)}",
            now=now,
            link=f"{reverse('equipment:archive-list')}?state=declined",
        )
    return declined


def _unit_of(actor: Actor) -> Unit:
    if actor.kind != "unit" or actor.unit_id is None:
        raise RuleBroken("not_yours", "只有单位管理员可以认领设备。", status=403)
    return Unit.objects.get(pk=actor.unit_id)


def _waiting(archived: ArchiveRecord, unit: Unit) -> ArchiveRecord:
    fresh: ArchiveRecord = lock(archived)
    if fresh.credit_code != unit.credit_code:
        raise RuleBroken("foreign_unit", "这台设备不在本单位名下。", status=404)
    if fresh.claimed_at is not None or fresh.declined_at is not None:
        done = "认领" if fresh.claimed_at is not None else "否认"
        raise RuleBroken("not_waiting", f"“{fresh.name}”刚刚已被{done}，不用再处理。")
    return fresh


def _refuse_outside(actor: Actor, rows: Iterable[ArchiveRow]) -> None:
    if actor.kind != "bureau":
        return
    prefix = actor.region_prefix or "?"
    if any(not row.region_code.startswith(prefix) for row in rows):
        raise RuleBroken("region_foreign", "只能导入本辖区的历史设备。", status=403)


def _write(write: Callable[[], Any]) -> Any:
    """Write, and say in words that a number came to wait under another record meanwhile."""
    try:
        with transaction.atomic():
            return write()
    except IntegrityError as error:
        raise RuleBroken("archive_taken", "有设备刚刚已由他人导入，请重新检查后再导入。") from error


def _record(row: ArchiveRow, bureau_id: int, now: datetime) -> ArchiveRecord:
    if unknown := set(row.facts) - {*FACTS, *MORE}:
        raise TypeError(f"not facts of a machine: {', '.join(sorted(unknown))}")
    facts = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in row.facts.items()
    }
    return ArchiveRecord(
        bureau_id=bureau_id,
        region_id=row.region_code,
        credit_code=row.credit_code,
        unit_name=row.unit_name,
        name=facts["name"],
        equipment_code=facts.get("equipment_code", ""),
        registration_no=facts.get("registration_no", ""),
        facts=facts,
        imported_at=now,
    )


def _facts(archived: ArchiveRecord) -> dict[str, Any]:
    """The keyword arguments of `add_equipment` that a record stands for."""
    facts = {"status": UseStatus.IN_USE.value} | archived.facts
    for name in DATES:
        if facts.get(name):
            facts[name] = date.fromisoformat(facts[name])
    return facts
