"""Looking at an account that was opened on the archive's word (F1): the bureau says that it is right."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from config.actor import Actor
from config.errors import RuleBroken
from config.workflow import lock
from units import audit
from units.actions.registration import STALE
from units.audit import Verb
from units.models import Registration


@transaction.atomic
def accept_claim(
    registration: Registration, *, actor: Actor, now: datetime, version: int | None = None
) -> Registration:
    """Note that the bureau looked at a claimed registration and has nothing against it.

    It leaves the desk's to-dos; the state stays, so the bureau may still object later. Raises
    RuleBroken: stale, wrong_state (not claimed, or looked at already), 403 for another region.
    """
    fresh = lock(registration)
    prefix = actor.region_prefix
    if actor.kind != "bureau" or prefix is None or not fresh.region_id.startswith(prefix):
        raise RuleBroken("not_yours", "只能处理本辖区单位的注册申请。", status=403)
    if version is not None and fresh.version != version:
        raise RuleBroken("stale", STALE)
    if fresh.state != Registration.State.CLAIMED or fresh.decided_at is not None:
        raise RuleBroken("wrong_state", "这份申请不在待核查之列，请核对最新内容。")
    fresh.decided_by_name = f"{actor.owner_name} {actor.name}".strip()[:120]
    fresh.decided_at = now
    fresh.version += 1
    fresh.save(update_fields=["decided_by_name", "decided_at", "version"])
    audit.record(actor, Verb.REGISTRATION_CHECKED, fresh, now=now, unit_id=fresh.unit_id)
    return fresh
