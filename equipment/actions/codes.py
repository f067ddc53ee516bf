"""一码通 (F37): giving machines their code, replacing a lost one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from config.actor import Actor
from config.codes import new_codes, normalise
from config.errors import RuleBroken
from equipment.models import DeviceCode, Equipment
from units.audit import Verb, record

REASON_LIMIT = 100
# Machines in one INSERT when a whole archive gets its codes.
BATCH = 5000


@transaction.atomic
def issue_code(equipment: Equipment, *, actor: Actor, now: datetime) -> DeviceCode:
    """Give a machine its code and return it (赋码); the one it has already comes back as it is.

    The machine's row is locked first, so that two requests do not both issue one.
    """
    machine = Equipment.objects.select_for_update(of=("self",), no_key=True).get(pk=equipment.pk)
    held = DeviceCode.objects.filter(equipment=machine, retired_at=None).first()
    if held is not None:
        return held
    issued = DeviceCode.objects.create(equipment=machine, issued_at=now)
    record(actor, Verb.CODE_ISSUED, machine, now=now, after={"token": issued.token})
    return issued


@transaction.atomic
def issue_codes(equipment_ids: Iterable[int], *, now: datetime) -> int:
    """Give codes to those of many machines that have none; returns how many were issued.

    Set-based, for imports and whole archives: two queries for every 5,000 machines and no audit row
    of its own (the action that calls it writes one). Safe to run twice and side by side: the
    database admits one live code a machine, the later writer adds nothing.
    """
    held = DeviceCode.objects.filter(equipment=OuterRef("pk"), retired_at=None)
    wanted = list(equipment_ids)
    issued = 0
    for start in range(0, len(wanted), BATCH):
        bare = Equipment.objects.filter(
            ~Exists(held), pk__in=wanted[start : start + BATCH]
        ).values_list("pk", flat=True)
        made = DeviceCode.objects.bulk_create(
            [
                DeviceCode(equipment_id=pk, token=token, issued_at=now)
                for pk, token in zip(bare, new_codes(len(bare)), strict=True)
            ],
            ignore_conflicts=True,
        )
        issued += len(made)
    return issued


@transaction.atomic
def issue_missing(*, actor: Actor, now: datetime) -> int:
    """Give a code to every machine of the actor's unit that has none; returns how many."""
    if actor.unit_id is None:
        raise RuleBroken("unit_needed", "赋码由使用单位办理。", status=403)
    held = DeviceCode.objects.filter(equipment=OuterRef("pk"), retired_at=None)
    bare = Equipment.objects.filter(~Exists(held), unit_id=actor.unit_id)
    issued = issue_codes(bare.values_list("pk", flat=True), now=now)
    if issued:
        subject = "equipment.devicecode:"
        record(
            actor,
            Verb.CODE_ISSUED,
            subject,
            now=now,
            unit_id=actor.unit_id,
            after={"codes": issued},
        )
    return issued


@transaction.atomic
def replace_code(
    equipment: Equipment, *, token: str, reason: str, actor: Actor, now: datetime
) -> DeviceCode:
    """Retire a machine's code and return its new one (挂失换码); the old one says so when scanned.

    `token` is the code the page showed: when somebody replaced it meanwhile, RuleBroken("stale")
    and nothing happens. RuleBroken on `reason` when it is empty or too long.
    """
    machine = Equipment.objects.select_for_update(of=("self",), no_key=True).get(pk=equipment.pk)
    if actor.unit_id != machine.unit_id:
        raise RuleBroken("foreign_unit", "设备不属于本单位。", status=404)
    reason = normalise(reason)
    if not reason:
        raise RuleBroken("reason_needed", "请填写换码原因。", field="reason")
    if len(reason) > REASON_LIMIT:
        raise RuleBroken("reason_long", f"换码原因最多 {REASON_LIMIT} 个字。", field="reason")
    held = DeviceCode.objects.filter(equipment=machine, retired_at=None).first()
    if held is None or held.token != token:
        raise RuleBroken("stale", "这台设备的码刚刚被他人更换过，请打开最新页面核对后再办理。")
    held.retired_at = now
    held.retire_reason = reason
    held.save(update_fields=["retired_at", "retire_reason"])
    fresh = DeviceCode.objects.create(equipment=machine, issued_at=now)
    record(
        actor,
        Verb.CODE_REPLACED,
        machine,
        now=now,
        before={"token": held.token},
        after={"token": fresh.token, "reason": reason},
    )
    return fresh
