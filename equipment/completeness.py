"""What the archive adds to the completeness of 企业信息: machines without an officer (逐台明确)."""

from __future__ import annotations

from django.db.models import Count
from django.urls import reverse

from equipment.enums import UseStatus
from equipment.models import Equipment
from equipment.queries import NOBODY, unbound
from units.profile import Check, Missing


def checks(unit_id: int) -> list[Check]:
    """One check, once the unit has machines: that each of them has its officer."""
    machines = Equipment.objects.filter(unit_id=unit_id).exclude(status=UseStatus.SCRAPPED)
    found = machines.aggregate(all=Count("pk"), unbound=Count("pk", filter=unbound()))
    if not found["all"]:
        return []
    if not found["unbound"]:
        return [Check()]
    url = f"{reverse('equipment:list')}?officer={NOBODY}"
    return [Check(Missing(f"{found['unbound']} 台设备未绑定安全员", url))]
