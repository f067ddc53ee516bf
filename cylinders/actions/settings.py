"""Whether a district takes part, and how honestly its photographs are looked at (F78, D13)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from config.actor import Actor
from config.errors import RuleBroken
from config.workflow import lock
from cylinders.models import DistrictSetting
from units.audit import Verb, record, set_changed
from units.models import Region
from units.roles import Can

LEAST_PERCENT, MOST_PERCENT = 1, 100
LEAST_SECONDS, MOST_SECONDS = Decimal("0.5"), Decimal(60)


def may_change(region_code: str, actor: Actor) -> bool:
    """The bureau of the district itself, and those above it."""
    return (
        actor.kind == "bureau"
        and actor.can(Can.CYLINDER_REVIEW)
        and actor.region_prefix is not None
        and region_code.startswith(actor.region_prefix)
    )


@transaction.atomic
def change_setting(
    region: Region,
    *,
    version: int,
    takes_part: bool,
    sample_percent: int,
    least_seconds: Decimal,
    actor: Actor,
    now: datetime,
) -> DistrictSetting:
    """Settle a district's part; return the setting. `version` is what the person saw (0 = none yet).

    Holds from now on: a sample that was fixed at 受理 keeps its percentage, a batch that was
    submitted goes on when the district leaves. The same values again write nothing. Raises
    RuleBroken: not_yours (403), out_of_range on its field, stale.
    """
    if not may_change(region.pk, actor):
        raise RuleBroken("not_yours", "您不能修改这个区县的设置。", status=403)
    if not LEAST_PERCENT <= sample_percent <= MOST_PERCENT:
        sentence = f"抽样复看比例应在 {LEAST_PERCENT} 到 {MOST_PERCENT} 之间。"
        raise RuleBroken("out_of_range", sentence, field="sample_percent")
    if not LEAST_SECONDS <= least_seconds <= MOST_SECONDS:
        sentence = f"最短查看时间应在 {LEAST_SECONDS} 到 {MOST_SECONDS} 秒之间。"
        raise RuleBroken("out_of_range", sentence, field="least_seconds")
    row, _ = DistrictSetting.objects.get_or_create(region=region, defaults={"version": 0})
    fresh = lock(row)
    if fresh.version != version:
        raise RuleBroken(
            "stale",
            f"设置刚刚被{fresh.changed_by_name or '他人'}修改过，请核对后再保存：您填写的内容仍在下面。",
        )
    asked = {"takes_part": takes_part, "sample_percent": sample_percent}
    before, after = set_changed(fresh, asked | {"least_seconds": least_seconds})
    if not after and fresh.version:
        return fresh
    fresh.version += 1
    fresh.changed_at, fresh.changed_by_name = now, actor.name
    fresh.save()
    record(actor, Verb.CYLINDER_SETTING_CHANGED, fresh, now=now, before=before, after=after)
    return fresh
