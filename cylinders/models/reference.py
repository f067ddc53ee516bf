"""Reference data of cylinders, all dated: kinds, media, periods and lives, numbers (domain 6.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField, DateRangeField
from django.db import models
from django.db.models import Q

from cylinders.enums import Nature
from equipment.models import CatalogueEntry
from units.models.region import always

if TYPE_CHECKING:
    from datetime import date


class DatedQuerySet(models.QuerySet):
    def in_force(self, day: date) -> DatedQuerySet:
        """Rows that hold on a day."""
        return self.filter(period__contains=day)


class CylinderKind(models.Model):
    """A kind of cylinder (设备品种), as the workbook and the certificate name it."""

    code = models.CharField("代码", max_length=30, primary_key=True)
    name = models.CharField("设备品种", max_length=40, unique=True)
    # Other words that workbooks use for it.
    aliases = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    # 品种 digit of the codes of TSG R5001-2005 (domain 6.2).
    variety = models.CharField("登记代码品种", max_length=1)
    # One certificate per vehicle, plate or VIN needed, filled by whoever has the medium.
    is_vehicle = models.BooleanField("车用气瓶", default=False)
    catalogue = models.ForeignKey(CatalogueEntry, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)
    period = DateRangeField("有效期间", default=always)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "气瓶品种"
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name


class Medium(models.Model):
    """A medium that cylinders are filled with."""

    code = models.CharField("代码", max_length=30, primary_key=True)
    name = models.CharField("充装介质", max_length=40, unique=True)
    aliases = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    nature = models.CharField("性质", max_length=20, choices=Nature.choices)
    position = models.PositiveSmallIntegerField(default=0)
    period = DateRangeField("有效期间", default=always)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "充装介质"
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name


class CylinderRule(models.Model):
    """Inspection period and life of a kind with media of some natures; no rule = not allowed."""

    kind = models.ForeignKey(CylinderKind, models.PROTECT, related_name="rules")
    natures = ArrayField(models.CharField(max_length=20, choices=Nature.choices))
    inspection_months = models.PositiveSmallIntegerField("检验周期（月）")
    life_years = models.PositiveSmallIntegerField("设计使用年限（年）")
    # Years that an assessment may add after the life has ended.
    extension_years = models.PositiveSmallIntegerField("评定后可延长（年）", default=0)
    period = DateRangeField("有效期间", default=always)
    confidence = models.CharField("可信度", max_length=1)
    source = models.CharField("来源", max_length=300, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "气瓶检验周期与年限"
        ordering = ["kind", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(inspection_months__gt=0, life_years__gt=0),
                name="cylinder_rule_is_positive",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.inspection_months}"


class NumberRule(models.Model):
    """How a number is composed from a day on (certificate numbers, codes of cylinders)."""

    key = models.CharField("种类", max_length=30)
    # Named places: {province} {district} {variety} {serial:05d} {year} …
    pattern = models.CharField("编号规则", max_length=120)
    period = DateRangeField("有效期间", default=always)
    confidence = models.CharField("可信度", max_length=1)
    source = models.CharField("来源", max_length=300, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "编号规则"
        ordering = ["key", "id"]

    def __str__(self) -> str:
        return f"{self.key} {self.pattern}"
