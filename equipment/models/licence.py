"""Licences (许可) of production and filling units and stations (工位) of filling units (F17, F28)."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from config.codes import new_code
from equipment.models.reference import LicenceFamily, LicenceItem
from units.models import Staff, StoredFile, Unit
from units.models.owned import OwnedQuerySet


def _same(column: str) -> tuple[Func, str]:
    """Equality of a foreign key in a form that GiST knows without btree_gist."""
    return (Func(F(column), F(column), Value("[]"), function="int8range"), RangeOperators.EQUAL)


class Licence(models.Model):
    """One licence of a unit within one family of licences: what a production unit is inspected by.

    A certificate whose items belong to two families is two rows with the same number.
    """

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="licences")
    family = models.ForeignKey(
        LicenceFamily, models.PROTECT, related_name="+", verbose_name="许可类别"
    )
    items = models.ManyToManyField(LicenceItem, related_name="+", verbose_name="许可项目")
    # What the certificate names below its items: sub-items, grades, parameters, media.
    scope = models.CharField("子项目与参数", max_length=200, blank=True)
    number = models.CharField("许可证编号", max_length=40)
    issuer = models.CharField("发证机关", max_length=80, blank=True)
    address = models.CharField("许可地址", max_length=160, blank=True)
    issued_on = models.DateField("发证日期", null=True, blank=True)
    valid_from = models.DateField("有效期自")
    valid_until = models.DateField("有效期至")
    file = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="扫描件"
    )
    officer = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="licences", verbose_name="责任人"
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField("登记时间")
    closed_at = models.DateTimeField("注销时间", null=True, blank=True)
    close_reason = models.CharField("注销原因", max_length=200, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "许可"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["number", "family"], condition=Q(closed_at=None), name="licence_once"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")), name="licence_ends_after_start"
            ),
        ]
        indexes = [models.Index(fields=["unit", "valid_until"], name="licence_expiry")]

    def __str__(self) -> str:
        return f"{self.family.name} {self.number}"


class LicenceBinding(models.Model):
    """Who answers for a licence and when; dated, never overlapping (read by generation)."""

    licence = models.ForeignKey(Licence, models.PROTECT, related_name="bindings")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="licence_bindings")
    period = DateRangeField("期间")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "许可责任人"
        ordering = ["licence_id", "period"]
        constraints = [
            ExclusionConstraint(
                name="one_officer_a_licence",
                expressions=[_same("licence"), ("period", RangeOperators.OVERLAPS)],
            )
        ]

    def __str__(self) -> str:
        return f"{self.licence} {self.staff}"


class Station(models.Model):
    """A filling station (工位) of a filling unit, inspected daily (M 2.1)."""

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="stations")
    name = models.CharField("工位名称", max_length=60)
    number = models.CharField("工位编号", max_length=30)
    medium = models.CharField("充装介质", max_length=60)
    place = models.CharField("位置", max_length=120, blank=True)
    licence = models.ForeignKey(
        Licence,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="stations",
        verbose_name="所属许可",
    )
    officer = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="stations", verbose_name="责任人"
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField("登记时间")
    closed_at = models.DateTimeField("停用时间", null=True, blank=True)
    close_reason = models.CharField("停用原因", max_length=200, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "工位"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "number"], condition=Q(closed_at=None), name="station_number_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class StationBinding(models.Model):
    """Who answers for a station and when; dated, never overlapping (read by generation)."""

    station = models.ForeignKey(Station, models.PROTECT, related_name="bindings")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="station_bindings")
    period = DateRangeField("期间")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "工位责任人"
        ordering = ["station_id", "period"]
        constraints = [
            ExclusionConstraint(
                name="one_officer_a_station",
                expressions=[_same("station"), ("period", RangeOperators.OVERLAPS)],
            )
        ]

    def __str__(self) -> str:
        return f"{self.station} {self.staff}"
