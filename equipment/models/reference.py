"""Reference data of equipment: catalogue, titles, licence families; owned by the platform."""

from __future__ import annotations

from django.contrib.postgres.fields import DateRangeField
from django.db import models

from equipment.enums import Category
from units.models.unit import UnitKind


class CatalogueEntry(models.Model):
    """One code of the special-equipment catalogue (特种设备目录, 2014 No. 114)."""

    class Registers(models.TextChoices):
        PER_DEVICE = "per_device", "按台（套）"
        PER_UNIT = "per_unit", "按单位"
        NONE = "none", "不登记"

    code = models.CharField("代码", max_length=4, primary_key=True)
    name = models.CharField("名称", max_length=60)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    # Explicit, never derived from the code (decision 4); "" = owes no duty.
    duty_category = models.CharField(
        "责任类别", max_length=20, choices=Category.choices, blank=True
    )
    registers = models.CharField(max_length=10, choices=Registers.choices)
    period = DateRangeField("有效期间")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = "设备目录"
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class DutyTitle(models.Model):
    """The official title of a post or a document per unit kind and category, dated.

    `subject` is director, officer, or a document: list, director_duty, officer_code, daily,
    weekly, monthly. `category` is a Category value, or "" for titles without one.
    """

    unit_kind = models.CharField(max_length=12, choices=UnitKind.choices)
    category = models.CharField(max_length=40, blank=True)
    subject = models.CharField(max_length=20)
    title = models.CharField("名称", max_length=60)
    # How the category is written inside titles: 场车 for 场（厂）内专用机动车辆.
    prefix = models.CharField(max_length=40, blank=True)
    period = DateRangeField("有效期间")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = "职务与文书名称"
        ordering = ["unit_kind", "category", "subject", "period"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit_kind", "category", "subject", "period"], name="one_title_a_period"
            )
        ]

    def __str__(self) -> str:
        return self.title


class LicenceFamily(models.Model):
    """A family of production or filling licences that shares a checklist (decision 4)."""

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField("名称", max_length=60)
    unit_kind = models.CharField(max_length=12, choices=UnitKind.choices)
    category = models.CharField(max_length=20, choices=Category.choices, blank=True)
    period = DateRangeField("有效期间")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = "许可清单类别"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class LicenceItem(models.Model):
    """One licence item of TSG 07 and the checklist family it is inspected by."""

    code = models.CharField(max_length=60, primary_key=True)
    licence_type = models.CharField("许可类别", max_length=40)
    name = models.CharField("许可项目", max_length=120)
    sub_items = models.JSONField("子项目", default=list, blank=True)
    family = models.ForeignKey(LicenceFamily, models.PROTECT, related_name="items")
    period = DateRangeField("有效期间")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = "许可项目"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name
