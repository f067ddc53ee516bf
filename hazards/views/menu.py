"""The count beside 隐患 in the phone's tab bar, and the hazards on a machine's page."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from config.actor import Actor
from config.clock import local_day
from config.panels import Panel, PanelRow
from config.prepared import Bound
from equipment.models import Equipment
from hazards import queries, queries_turn
from hazards.models import HazardQuerySet
from hazards.views import shown
from units.roles import Can


def waiting_count(actor: Actor) -> HazardQuerySet | Bound:
    """The hazards that wait for this person."""
    return queries_turn.counted_waiting(actor, day=local_day(timezone.now()))


def machine_panel(equipment: Equipment, actor: Actor) -> list[Panel]:
    """Open hazards of a machine for its page in the archive."""
    if not actor.can(Can.HAZARD_VIEW):
        return []
    hazards, total = queries.machine_hazards(actor, equipment)
    lines = [
        PanelRow(
            text=row.hazard.description,
            at=row.hazard.found_on,
            note=row.hazard.get_severity_display(),
            word=row.standing.word,
            kind=row.standing.kind,
            url=reverse("hazards:detail", args=[row.hazard.code]),
        )
        for row in shown.rows(hazards, local_day(timezone.now()))
    ]
    title = f"未完成整改的隐患（{total}）" if total else "未完成整改的隐患"
    url = f"{reverse('hazards:list')}?machine={equipment.code}"
    return [Panel(title, lines, url=url, empty="没有未完成整改的隐患")]
