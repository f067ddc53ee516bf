"""What a unit admin settles for the whole unit."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from config.actor import Actor
from config.errors import RuleBroken
from config.workflow import lock
from units import audit
from units.models import Unit


@transaction.atomic
def set_hazard_review(unit: Unit, *, reviews_hazards: bool, actor: Actor, now: datetime) -> Unit:
    """Settle whether rectified hazards are re-checked by a director (decision 12, 复查).

    Hazards that are 已整改 already offer the re-check at once, or no more. Repeatable.
    Raises RuleBroken not_yours (403) for anybody but the unit's own admin.
    """
    if actor.kind != "unit" or actor.unit_id != unit.pk:
        raise RuleBroken("not_yours", "只有本单位管理员可以修改单位设置。", status=403)
    fresh = lock(unit)
    if fresh.reviews_hazards == reviews_hazards:
        return fresh
    before = {"reviews_hazards": fresh.reviews_hazards}
    fresh.reviews_hazards = reviews_hazards
    fresh.save(update_fields=["reviews_hazards"])
    audit.record(
        actor,
        audit.Verb.UNIT_CHANGED,
        fresh,
        now=now,
        unit_id=fresh.pk,
        before=before,
        after={"reviews_hazards": reviews_hazards},
    )
    return fresh
