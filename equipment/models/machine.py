"""A unit's machines with their dated officer bindings, statuses and stop declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Concat

from config.codes import new_code
from config.natural import Natural
from equipment.enums import Category, UseStatus
from equipment.models.reference import CatalogueEntry
from units.models import Staff, StoredFile, Unit
from units.models.owned import OwnedQuerySet

if TYPE_CHECKING:
    from datetime import date


def _same_equipment() -> tuple[Func, str]:
    """`equipment_id` equality in a form that GiST knows without btree_gist."""
    return (
        Func(F("equipment"), F("equipment"), Value("[]"), function="int8range"),
        RangeOperators.EQUAL,
    )


class EquipmentQuerySet(OwnedQuerySet["Equipment"]):
    def in_use(self) -> EquipmentQuerySet:
        return self.filter(status=UseStatus.IN_USE)


class Equipment(models.Model):
    """One machine of the archive (or one registration group of cylinders / pipelines).

    `status` and `officer` are what holds today; the dated rows below are the history and what
    generation reads. Both are written by equipment.actions only.
    """

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="equipment", verbose_name="单位")
    catalogue = models.ForeignKey(
        CatalogueEntry, models.PROTECT, related_name="+", verbose_name="设备品种"
    )
    category = models.CharField("设备类别", max_length=20, choices=Category.choices)
    name = models.CharField("设备名称", max_length=80)
    equipment_code = models.CharField("设备代码", max_length=20, blank=True)
    registration_no = models.CharField("使用登记证编号", max_length=40, blank=True)
    inner_no = models.CharField("单位内编号", max_length=40, blank=True)
    model = models.CharField("型号", max_length=60, blank=True)
    manufacturer = models.CharField("制造单位", max_length=120, blank=True)
    product_no = models.CharField("产品编号", max_length=60, blank=True)
    place = models.CharField("使用地点", max_length=160)
    quantity = models.PositiveIntegerField("数量", default=1)
    in_use_since = models.DateField("投入使用日期", null=True, blank=True)
    next_inspection_on = models.DateField("下次检验日期", null=True, blank=True)
    rescue_phone = models.CharField("应急救援电话", max_length=30, blank=True)
    status = models.CharField("使用状态", max_length=20, choices=UseStatus.choices)
    officer = models.ForeignKey(
        Staff,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="equipment",
        verbose_name="安全员",
    )
    version = models.PositiveIntegerField("版本", default=1)
    created_at = models.DateTimeField("登记时间")
    # Place, then number, as people count: the order in which one walks from machine to machine.
    walk_order = models.GeneratedField(
        expression=Natural(Concat("place", Value("\n"), "inner_no")),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = EquipmentQuerySet.as_manager()

    class Meta:
        verbose_name = "设备"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["equipment_code"],
                condition=~Q(equipment_code="") & ~Q(status="scrapped"),
                name="equipment_code_once",
            ),
            models.UniqueConstraint(
                fields=["registration_no"],
                condition=~Q(registration_no="") & ~Q(status="scrapped"),
                name="registration_no_once",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="quantity_is_positive"),
        ]
        indexes = [models.Index(fields=["unit", "category", "status"], name="equipment_archive")]

    def __str__(self) -> str:
        return self.name


class OfficerBinding(models.Model):
    """Which 安全员 a machine was bound to and when (逐台明确); dated, never overlapping."""

    equipment = models.ForeignKey(Equipment, models.PROTECT, related_name="bindings")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="bindings")
    period = DateRangeField("绑定期间")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "安全员绑定"
        ordering = ["equipment_id", "period"]
        constraints = [
            ExclusionConstraint(
                name="one_officer_at_a_time",
                expressions=[_same_equipment(), ("period", RangeOperators.OVERLAPS)],
            )
        ]

    def __str__(self) -> str:
        return f"{self.equipment} {self.staff}"


class StatusPeriod(models.Model):
    """The status of a machine over time; dated, never overlapping.

    A formal 停用 / 报废 exempts from to-dos only when the bureau confirmed it, or when a receipt
    number and its file were given and the bureau did not object (decision 6); until then the
    machine owes its daily round. The days on which it does stand in `exempt_period`.
    """

    equipment = models.ForeignKey(Equipment, models.PROTECT, related_name="status_periods")
    status = models.CharField(max_length=20, choices=UseStatus.choices)
    period = DateRangeField("期间")
    receipt_no = models.CharField("办理回执编号", max_length=60, blank=True)
    reason = models.CharField("原因", max_length=200, blank=True)
    declaration = models.ForeignKey(
        "equipment.Declaration",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="status_periods",
    )
    confirmed_at = models.DateTimeField("监管确认时间", null=True, blank=True)
    # The days on which a formal 停用 / 报废 exempts from duties; None = none (see Declaration).
    exempt_period = DateRangeField("免检期间", null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "使用状态"
        ordering = ["equipment_id", "period"]
        constraints = [
            ExclusionConstraint(
                name="one_status_at_a_time",
                expressions=[_same_equipment(), ("period", RangeOperators.OVERLAPS)],
            )
        ]

    def __str__(self) -> str:
        return f"{self.equipment} {self.get_status_display()}"


class StopDeclarationQuerySet(OwnedQuerySet["StopDeclaration"]):
    owner = "equipment__unit"

    def covering(self, day: date) -> StopDeclarationQuerySet:
        return self.filter(period__contains=day)

    def in_force(self, day: date) -> StopDeclarationQuerySet:
        """Those that hold on a day: not rejected, and not ended before it or on it."""
        lasting = Q(ended_on=None) | Q(ended_on__gt=day)
        return self.covering(day).filter(lasting, rejected_at=None)


class StopDeclaration(models.Model):
    """A 临时停用 of a machine: reason and dates, shown to the director (decision 6).

    Choosing 停用 in the daily round opens one for that day; `origin` names the inspection.
    """

    code = models.CharField(max_length=12, unique=True, default=new_code)
    equipment = models.ForeignKey(Equipment, models.PROTECT, related_name="stop_declarations")
    reason = models.CharField("停用原因", max_length=200)
    period = DateRangeField("停用期间")
    origin = models.CharField(max_length=60, blank=True)
    # None when the unit's account declared it; the name is copied in either way.
    declared_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    declared_by_name = models.CharField("申报人", max_length=120, blank=True)
    declared_at = models.DateTimeField("申报时间")
    file = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="证明材料"
    )
    # A director may reject it, which restores the normal round (decision 6).
    rejected_at = models.DateTimeField("驳回时间", null=True, blank=True)
    rejected_by_name = models.CharField("驳回人", max_length=120, blank=True)
    reject_reason = models.CharField("驳回原因", max_length=200, blank=True)
    # Ended before its time: the first day on which it no longer holds; `period` stays as declared.
    ended_on = models.DateField("提前结束日期", null=True, blank=True)
    ended_by_name = models.CharField("提前结束人", max_length=120, blank=True)

    objects = StopDeclarationQuerySet.as_manager()

    class Meta:
        verbose_name = "临时停用申报"
        ordering = ["-declared_at"]

    def __str__(self) -> str:
        return f"{self.equipment} 临时停用"
