"""Drafts (mutable) and inspections (immutable): three tables kept apart by decision 8."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from config.codes import new_code
from duties.enums import Cadence, Level, RoundStatus, Timing
from duties.models.checklist import ChecklistVersion
from duties.models.task import Task
from equipment.models import Equipment, Licence, Station
from units.models import Photo, Signature, Staff, Unit
from units.models.owned import OwnedQuerySet
from units.models.unit import UnitKind


class InspectionDraft(models.Model):
    """The answers so far to one to-do; deleted by nobody, frozen into an Inspection on signing.

    `client_uuid` is made in the browser with the form and becomes the inspection's. `answers` is
    {item key: {result, handling, handling_result, note, no_photo_reason, at, rev, tab, seq}}; `rev`
    counts saves, so a second tab can tell which answers changed since it was opened. `round_meta`
    is the same bookkeeping for the columns of step 0. `superseded` keeps what an earlier officer
    had answered before the machine was re-bound: who signs vouches for his own answers only.
    """

    task = models.OneToOneField(Task, models.PROTECT, related_name="draft")
    client_uuid = models.UUIDField(unique=True)
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    version = models.ForeignKey(ChecklistVersion, models.PROTECT, related_name="+")
    round_status = models.CharField(
        "使用状态", max_length=10, choices=RoundStatus.choices, blank=True
    )
    stop_reason = models.CharField("停用原因", max_length=200, blank=True)
    answers = models.JSONField(default=dict)
    rev = models.PositiveIntegerField(default=0)
    round_meta = models.JSONField(default=dict)
    superseded = models.JSONField(default=list)
    backfill_reason = models.CharField("补录原因", max_length=200, blank=True)
    device_started_at = models.DateTimeField(null=True)
    device_finished_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = "巡查草稿"

    def __str__(self) -> str:
        return str(self.task)


class DraftPhoto(models.Model):
    """A photo taken for one item of a draft; taking it back only marks the row."""

    draft = models.ForeignKey(InspectionDraft, models.PROTECT, related_name="photos")
    item_key = models.CharField(max_length=60)
    photo = models.OneToOneField(Photo, models.PROTECT, related_name="draft_link")
    removed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "草稿照片"
        ordering = ["id"]


class Inspection(models.Model):
    """A submitted, signed inspection; append-only by trigger (decisions 8, 17, 19).

    `answers` is the immutable document: a list in item order of {key, number, result, handling,
    handling_result, note, no_photo_reason, at, photos: [photo codes]}. `facts` freezes what the
    printed form says of unit and subject, whom the performer stood in for (`on_behalf_of`) and what
    was signed together with it (`signed_together`, a list of {code, name}). `digest` is the SHA-256 of the canonical JSON of both.
    """

    code = models.CharField(max_length=12, unique=True, default=new_code)
    client_uuid = models.UUIDField(unique=True)
    task = models.OneToOneField(Task, models.PROTECT, related_name="inspection")
    period_on = models.DateField("应检日期")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="inspections")
    unit_kind = models.CharField(
        "单位类型", max_length=12, choices=UnitKind.choices, default=UnitKind.USING
    )
    cadence = models.CharField(max_length=10, choices=Cadence.choices)
    level = models.CharField(max_length=10, choices=Level.choices)
    equipment = models.ForeignKey(Equipment, models.PROTECT, null=True, related_name="inspections")
    licence = models.ForeignKey(Licence, models.PROTECT, null=True, related_name="inspections")
    station = models.ForeignKey(Station, models.PROTECT, null=True, related_name="inspections")
    category = models.CharField(max_length=40)
    performer = models.ForeignKey(Staff, models.PROTECT, related_name="inspections")
    performer_name = models.CharField("巡查人", max_length=60)
    version = models.ForeignKey(ChecklistVersion, models.PROTECT, related_name="inspections")
    # Only rounds of machines have one.
    round_status = models.CharField(
        "使用状态", max_length=10, choices=RoundStatus.choices, blank=True
    )
    stop_reason = models.CharField("停用原因", max_length=200, blank=True)
    facts = models.JSONField()
    answers = models.JSONField()
    hazard_count = models.PositiveIntegerField("隐患数", default=0)
    device_started_at = models.DateTimeField("开始时间（设备）")
    device_finished_at = models.DateTimeField("完成时间（设备）")
    received_at = models.DateTimeField("提交时间")
    timing = models.CharField("完成情况", max_length=20, choices=Timing.choices)
    backfill_reason = models.CharField("补录原因", max_length=200, blank=True)
    signature = models.ForeignKey(Signature, models.PROTECT, related_name="inspections")
    digest = models.CharField(max_length=64)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "巡查记录"
        ordering = ["-period_on", "-id"]
        constraints = [
            models.CheckConstraint(
                name="backfill_says_why",
                condition=Q(timing="backfilled") & ~Q(backfill_reason="")
                | ~Q(timing="backfilled") & Q(backfill_reason=""),
            ),
            models.CheckConstraint(
                name="stop_says_why",
                condition=Q(round_status="stopped") & ~Q(stop_reason="")
                | Q(round_status__in=["in_use", ""]) & Q(stop_reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "cadence", "-period_on"], name="inspection_by_unit"),
            models.Index(fields=["equipment", "-period_on"], name="inspection_by_equipment"),
        ]

    def __str__(self) -> str:
        return f"{self.period_on} {self.facts.get('equipment_name', '')}"


class InspectionPhoto(models.Model):
    """A photo that belongs to a submitted inspection; append-only by trigger."""

    inspection = models.ForeignKey(Inspection, models.PROTECT, related_name="photos")
    item_key = models.CharField(max_length=60)
    photo = models.OneToOneField(Photo, models.PROTECT, related_name="inspection_link")

    class Meta:
        verbose_name = "巡查照片"
        ordering = ["id"]
