"""Weekly reports and monthly minutes: drafts (mutable) and what was signed (immutable)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from config.codes import new_code
from duties.enums import Evaluation, Level, Timing
from duties.models.task import Task
from units.models import Photo, Signature, Staff, Unit
from units.models.owned import OwnedQuerySet
from units.models.unit import UnitKind


class ReportDraft(models.Model):
    """What one person has typed of a weekly report or of monthly minutes; `fields` by form field.

    A report of a pool may be begun by several people: each has a draft of their own.
    """

    task = models.ForeignKey(Task, models.PROTECT, related_name="report_drafts")
    client_uuid = models.UUIDField(unique=True)
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    fields = models.JSONField(default=dict)
    rev = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = "报告草稿"
        constraints = [
            models.UniqueConstraint(fields=["task", "staff"], name="one_report_draft_a_person")
        ]

    def __str__(self) -> str:
        return str(self.task)


class ReportDraftPhoto(models.Model):
    """A photographed page of minutes in a draft; taking it back only marks the row."""

    draft = models.ForeignKey(ReportDraft, models.PROTECT, related_name="photos")
    photo = models.OneToOneField(Photo, models.PROTECT, related_name="report_draft_link")
    removed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "报告草稿照片"
        ordering = ["id"]


class SignedReport(models.Model):
    """What weekly reports and monthly minutes share; append-only by trigger.

    `figures` are the numbers as frozen at signing, `facts` what the document says of the unit;
    `digest` is the SHA-256 of the canonical JSON of all that was signed.
    """

    code = models.CharField(max_length=12, unique=True, default=new_code)
    client_uuid = models.UUIDField(unique=True)
    task = models.OneToOneField(Task, models.PROTECT, related_name="%(class)s")
    period_on = models.DateField("应报日期")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    unit_kind = models.CharField("单位类型", max_length=12, choices=UnitKind.choices)
    category = models.CharField("设备类别", max_length=40)
    level = models.CharField(max_length=10, choices=Level.choices)
    author = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    author_name = models.CharField("填报人", max_length=60)
    facts = models.JSONField()
    figures = models.JSONField()
    received_at = models.DateTimeField("提交时间")
    timing = models.CharField("完成情况", max_length=20, choices=Timing.choices)
    backfill_reason = models.CharField("补录原因", max_length=200, blank=True)
    signature = models.ForeignKey(Signature, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-period_on", "-id"]
        constraints = [
            models.CheckConstraint(
                name="%(class)s_backfill_says_why",
                condition=Q(timing="backfilled") & ~Q(backfill_reason="")
                | ~Q(timing="backfilled") & Q(backfill_reason=""),
            )
        ]
        indexes = [models.Index(fields=["unit", "-period_on"], name="%(class)s_by_unit")]

    def __str__(self) -> str:
        return f"{self.period_on} {self.author_name}"


class WeeklyReport(SignedReport):
    """每周X安全排查治理报告 on the week before `period_on` (M 3.4, decision 13).

    `figures` is {"last": {...}, "this": {...}}: the reported week and the one it is written in, each
    {first_on, last_on, inspected, hazards, rectified}.
    """

    # Monday of the week the report is on: seven days before period_on.
    week_on = models.DateField("报告周")
    last_week = models.TextField("上周问题整改情况", blank=True)
    main_hazards = models.TextField("本周主要安全风险隐患和整改情况")
    evaluation = models.CharField("本周安全管理情况评价", max_length=12, choices=Evaluation.choices)
    next_work = models.TextField("下周工作重点")

    class Meta(SignedReport.Meta):
        verbose_name = "周排查治理报告"

    def get_evaluation_display(self) -> str:
        """The sentence that was ticked."""
        return Evaluation(self.evaluation).words(self.unit_kind)


class MonthlyMinutes(SignedReport):
    """每月X安全调度会议纪要 (M 3.5): meeting time and the photographed minutes."""

    held_at = models.DateTimeField("会议时间")
    place = models.CharField("会议地点", max_length=120, blank=True)
    summary = models.TextField("会议内容摘要", blank=True)

    class Meta(SignedReport.Meta):
        verbose_name = "月调度会议纪要"
        verbose_name_plural = "月调度会议纪要"


class MinutesPhoto(models.Model):
    """A photographed page of signed minutes; append-only by trigger."""

    minutes = models.ForeignKey(MonthlyMinutes, models.PROTECT, related_name="photos")
    photo = models.OneToOneField(Photo, models.PROTECT, related_name="minutes_link")

    class Meta:
        verbose_name = "会议纪要照片"
        ordering = ["id"]


class MinutesSignature(models.Model):
    """The principal's signature on minutes somebody else generated; append-only by trigger."""

    minutes = models.OneToOneField(
        MonthlyMinutes, models.PROTECT, related_name="principal_signature"
    )
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    name = models.CharField("主要负责人", max_length=60)
    signature = models.ForeignKey(Signature, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField("签名时间")

    class Meta:
        verbose_name = "主要负责人签名"

    def __str__(self) -> str:
        return self.name
