"""Issued documents (F66): rendered once, kept for ever."""

from __future__ import annotations

from django.db import models

from config.codes import new_code
from units.models import StoredFile, Unit, User
from units.models.owned import OwnedQuerySet


class DocumentKind(models.TextChoices):
    DAILY_CHECK = "daily_check", "每日安全检查记录"
    WEEKLY_CHECK = "weekly_check", "周排查记录"
    MONTHLY_CHECK = "monthly_check", "月调度检查记录"
    WEEKLY_REPORT = "weekly_report", "周排查治理报告"
    MONTHLY_MINUTES = "monthly_minutes", "月调度会议纪要"
    APPOINTMENT = "appointment", "任命书"
    CYLINDER_FORM = "cylinder_form", "气瓶使用登记表"
    CYLINDER_SUMMARY = "cylinder_summary", "气瓶基本信息汇总表"
    CYLINDER_CERTIFICATE = "cylinder_certificate", "特种设备使用登记证（气瓶）"


class IssuedDocument(models.Model):
    """One issued PDF. `content` is the frozen context it was rendered from; never re-rendered.

    Append-only by trigger; unique by kind, subject and revision.
    """

    code = models.CharField(max_length=12, unique=True, default=new_code)
    number = models.CharField("文书编号", max_length=40, unique=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="documents")
    kind = models.CharField("文书种类", max_length=30, choices=DocumentKind.choices)
    subject_code = models.CharField(max_length=40)
    revision = models.PositiveIntegerField("版次", default=1)
    title = models.CharField("标题", max_length=120)
    document_on = models.DateField("文书日期")
    rules = models.JSONField("依据")
    content = models.JSONField()
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    issued_at = models.DateTimeField("生成时间")
    issued_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    issued_by_name = models.CharField("生成人", max_length=60)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "文书"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_code", "revision"], name="document_once_a_revision"
            )
        ]
        indexes = [models.Index(fields=["unit", "-document_on"], name="document_by_unit")]

    def __str__(self) -> str:
        return f"{self.title} {self.number}"
