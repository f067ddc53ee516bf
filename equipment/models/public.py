"""一码通: the code on a machine, what the public reports through it, archive data to be claimed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from config.codes import new_code
from equipment.models.machine import Equipment
from units.models import Bureau, Photo, Unit
from units.models.owned import OwnedQuerySet
from units.models.region import Region

if TYPE_CHECKING:
    from config.actor import Actor


class DeviceCode(models.Model):
    """The code on a machine's label (F37); a lost one is retired and replaced, never reused."""

    token = models.CharField("识别码", max_length=12, unique=True, default=new_code)
    equipment = models.ForeignKey(Equipment, models.PROTECT, related_name="device_codes")
    issued_at = models.DateTimeField("赋码时间")
    retired_at = models.DateTimeField("挂失时间", null=True, blank=True)
    retire_reason = models.CharField("挂失原因", max_length=100, blank=True)

    class Meta:
        verbose_name = "设备码"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["equipment"], condition=Q(retired_at=None), name="one_live_code_a_machine"
            )
        ]

    def __str__(self) -> str:
        return self.token


class PublicReport(models.Model):
    """A problem somebody reported by scanning a machine's code (B117)."""

    class Kind(models.TextChoices):
        TRAPPED = "trapped", "困人或人员受伤"
        FAULT = "fault", "运行异常或故障"
        OVERDUE = "overdue", "超期未检或无标志"
        ENVIRONMENT = "environment", "环境或管理问题"
        OTHER = "other", "其他问题"

    code = models.CharField("编号", max_length=12, unique=True, default=new_code)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="public_reports")
    equipment = models.ForeignKey(Equipment, models.PROTECT, related_name="public_reports")
    device_code = models.ForeignKey(DeviceCode, models.PROTECT, related_name="reports")
    kind = models.CharField("问题类型", max_length=12, choices=Kind.choices)
    text = models.TextField("问题描述", max_length=500)
    photos = models.ManyToManyField(Photo, related_name="+", verbose_name="照片")
    # What the reporter left to be called back; erasable, shown to the unit only.
    contact = models.CharField("联系方式", max_length=40, blank=True)
    reported_at = models.DateTimeField("报告时间")
    answer = models.CharField("处理情况", max_length=300, blank=True)
    answered_by_name = models.CharField("处理人", max_length=120, blank=True)
    answered_at = models.DateTimeField("处理时间", null=True, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "公众报告"
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["unit"], condition=Q(answered_at=None), name="public_report_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.equipment} {self.get_kind_display()}"


class ArchiveRecordQuerySet(models.QuerySet["ArchiveRecord"]):
    def for_actor(self, actor: Actor) -> ArchiveRecordQuerySet:
        """A bureau sees its subtree; a unit what was imported under its own credit code."""
        if actor.kind == "bureau" and actor.region_prefix is not None:
            return self.filter(region__code__startswith=actor.region_prefix)
        if actor.kind == "unit" and actor.unit_id is not None:
            own = Unit.objects.filter(pk=actor.unit_id).values("credit_code")
            return self.filter(credit_code__in=own)
        return self.none()

    def waiting(self) -> ArchiveRecordQuerySet:
        return self.filter(claimed_at=None, declined_at=None)


class ArchiveRecord(models.Model):
    """A machine of the bureaus' historical archive, waiting for its unit to claim it (F1, F29).

    `facts` are the checked values of the import row, by the names of the machine's fields.
    """

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    bureau = models.ForeignKey(Bureau, models.PROTECT, related_name="+")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="所在区县")
    credit_code = models.CharField("使用单位统一社会信用代码", max_length=18, db_index=True)
    unit_name = models.CharField("使用单位名称", max_length=120)
    name = models.CharField("设备名称", max_length=80)
    equipment_code = models.CharField("设备代码", max_length=20, blank=True)
    registration_no = models.CharField("使用登记证编号", max_length=40, blank=True)
    facts = models.JSONField()
    imported_at = models.DateTimeField("导入时间")
    equipment = models.ForeignKey(
        Equipment, models.PROTECT, null=True, blank=True, related_name="+"
    )
    claimed_at = models.DateTimeField("认领时间", null=True, blank=True)
    declined_at = models.DateTimeField("否认时间", null=True, blank=True)
    decline_reason = models.CharField("否认原因", max_length=200, blank=True)

    objects = ArchiveRecordQuerySet.as_manager()

    class Meta:
        verbose_name = "待认领设备"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["equipment_code"],
                condition=~Q(equipment_code="") & Q(claimed_at=None, declined_at=None),
                name="archive_code_waits_once",
            ),
            models.UniqueConstraint(
                fields=["registration_no"],
                condition=~Q(registration_no="") & Q(claimed_at=None, declined_at=None),
                name="archive_registration_waits_once",
            ),
            models.CheckConstraint(
                condition=Q(claimed_at=None, equipment=None)
                | Q(claimed_at__isnull=False, equipment__isnull=False, declined_at=None),
                name="archive_record_is_claimed_or_not",
            ),
        ]

    def __str__(self) -> str:
        return self.name
