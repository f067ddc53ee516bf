"""Control checklists (管控清单) and the immutable versions inspections are answered against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import Q

from config.codes import new_code
from duties.enums import Cadence
from units.models import Photo, Unit
from units.models.unit import UnitKind

if TYPE_CHECKING:
    from config.actor import Actor


class ChecklistQuerySet(models.QuerySet["Checklist"]):
    def for_actor(self, actor: Actor) -> ChecklistQuerySet:
        """The fixed lists, which everybody may read, and a unit's own; a regulator reads what the
        units of his subtree have enabled, not their drafts."""
        own = Q(unit=None)
        if actor.unit_id is not None:
            own |= Q(unit_id=actor.unit_id)
        elif actor.kind == "bureau" and actor.region_prefix is not None:
            prefix = actor.region_prefix
            own |= Q(unit__region__code__startswith=prefix, enabled_at__isnull=False)
        return self.filter(own)


class Checklist(models.Model):
    """A list of control items for one unit kind and category (or licence family).

    Fixed lists (`unit` empty) come from reference data and are of one cadence; a changed wording is
    a new row with its own validity. A unit's own list (F43) has no cadence, its items have (F44).
    An enabled list is never edited (decision 9).
    """

    code = models.CharField(max_length=60, unique=True, default=new_code)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="checklists")
    unit_kind = models.CharField("适用单位", max_length=12, choices=UnitKind.choices)
    # Category value for using units, LicenceFamily code for production and filling units.
    category = models.CharField("适用对象", max_length=40)
    cadence = models.CharField("管控形式", max_length=10, choices=Cadence.choices, blank=True)
    name = models.CharField("清单名称", max_length=100)
    period = DateRangeField("有效期")
    version = models.PositiveIntegerField(default=1)
    # When the list began and ceased to apply to forms (None = not enabled / not retired).
    enabled_at = models.DateTimeField("启用时间", null=True, blank=True)
    retired_at = models.DateTimeField("停止使用时间", null=True, blank=True)
    # Only of a unit's own lists: who may not overwrite whose edit, and where it was copied from.
    edit_version = models.PositiveIntegerField(default=1)
    copied_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="copies"
    )
    created_by_name = models.CharField("建立人", max_length=120, blank=True)
    created_at = models.DateTimeField("建立时间", null=True, blank=True)

    objects = ChecklistQuerySet.as_manager()

    class Meta:
        verbose_name = "管控清单"
        ordering = ["unit_kind", "category", "cadence", "version"]
        indexes = [
            models.Index(fields=["unit_kind", "category", "cadence"], name="checklist_lookup")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(unit=None) & ~Q(cadence="") | Q(unit__isnull=False, cadence=""),
                name="own_list_has_no_cadence",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ChecklistItem(models.Model):
    """One control item (管控项)."""

    checklist = models.ForeignKey(Checklist, models.PROTECT, related_name="items")
    # Stable across versions of the list, so that repeated hazards can be counted.
    key = models.CharField(max_length=60)
    number = models.PositiveIntegerField("序号")
    # 管控形式 of an item of a unit's own list; empty for fixed lists, which have one of their own.
    cadence = models.CharField("管控形式", max_length=10, choices=Cadence.choices, blank=True)
    risk_category = models.CharField("风险类别", max_length=40)
    item = models.CharField("检查项目", max_length=300)
    hazard = models.CharField("风险隐患", max_length=300)
    measure = models.CharField("管控措施", max_length=300)
    is_severe = models.BooleanField("严重隐患", default=False)
    # Guidance picture of an item of a unit's own list (B115).
    picture = models.ForeignKey(
        Photo, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="示意图"
    )

    class Meta:
        verbose_name = "管控项"
        ordering = ["checklist_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["checklist", "key"], name="item_key_once_a_list"),
            models.UniqueConstraint(fields=["checklist", "number"], name="item_number_once_a_list"),
        ]

    def __str__(self) -> str:
        return self.item


class ChecklistVersion(models.Model):
    """What an inspector saw: the composed items, frozen under their content hash (decision 9).

    `items` is a list of {key, number, risk_category, item, hazard, measure, is_severe, source}, and
    `picture` (the id of the stored file that is shown) where an item has a guidance picture.
    Append-only by trigger; shared by every inspection with the same content.
    """

    content_hash = models.CharField(max_length=64, unique=True)
    unit_kind = models.CharField(max_length=12, choices=UnitKind.choices)
    category = models.CharField(max_length=40)
    cadence = models.CharField(max_length=10, choices=Cadence.choices)
    items = models.JSONField()
    item_count = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "清单版本"

    def __str__(self) -> str:
        return self.content_hash[:12]
