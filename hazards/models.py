"""Hazards (风险隐患), their trail and their photographs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q

from config.codes import new_code
from config.workflow import Transition, offers
from equipment import subjects
from equipment.models import Equipment, Licence, Station
from hazards import stand_ins
from hazards.states import TRANSITIONS, HazardState, Source
from units.models import Appointment, Photo, Staff, Unit
from units.models.owned import OwnedQuerySet
from units.roles import OFFICERS

if TYPE_CHECKING:
    from datetime import date

    from config.actor import Actor


class HazardQuerySet(OwnedQuerySet["Hazard"]):
    def unresolved(self) -> HazardQuerySet:
        return self.filter(state__in=[HazardState.PENDING_ORDER, HazardState.PENDING_RECTIFICATION])


class Hazard(models.Model):
    """One hazard found in a round (decision 12); `origin` names the inspection it came from.

    State is changed by config.workflow.transition alone; its columns are tied to it below.
    """

    class Severity(models.TextChoices):
        GENERAL = "general", "一般隐患"
        SEVERE = "severe", "严重隐患"

    TRANSITIONS: ClassVar[tuple[Transition, ...]] = TRANSITIONS

    code = models.CharField(max_length=12, unique=True, default=new_code)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="hazards")
    equipment = models.ForeignKey(
        Equipment, models.PROTECT, null=True, related_name="hazards", verbose_name="设备"
    )
    # Where a licence or a station was inspected (production and filling units).
    licence = models.ForeignKey(
        Licence, models.PROTECT, null=True, related_name="hazards", verbose_name="许可"
    )
    station = models.ForeignKey(
        Station, models.PROTECT, null=True, related_name="hazards", verbose_name="工位"
    )
    category = models.CharField("设备类别", max_length=40)
    source = models.CharField("来源", max_length=10, choices=Source.choices)
    origin_kind = models.CharField(max_length=20)
    origin_code = models.CharField(max_length=20)
    item_key = models.CharField(max_length=60)
    risk_category = models.CharField("风险类别", max_length=40)
    item = models.CharField("检查项目", max_length=300)
    description = models.CharField("风险隐患", max_length=300)
    advice = models.CharField("管控措施", max_length=300, blank=True)
    note = models.CharField("备注", max_length=500, blank=True)
    no_photo_reason = models.CharField("无法拍照原因", max_length=200, blank=True)
    severity = models.CharField("隐患等级", max_length=10, choices=Severity.choices)
    state = models.CharField("状态", max_length=24, choices=HazardState.choices)
    found_on = models.DateField("发现日期")
    found_at = models.DateTimeField("发现时间")
    found_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name="发现人")
    is_immediate = models.BooleanField("立即处理", default=False)
    measures = models.CharField("整改措施", max_length=500, blank=True)
    due_on = models.DateField("整改期限", null=True, blank=True)
    ordered_at = models.DateTimeField("下达时间", null=True)
    ordered_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    result = models.CharField("整改结果", max_length=500, blank=True)
    result_no_photo_reason = models.CharField("整改后无法拍照原因", max_length=200, blank=True)
    rectified_at = models.DateTimeField("整改完成时间", null=True)
    rectified_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField("复查时间", null=True)
    reviewed_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    # The first moment a deadline passed unrectified; kept for ever (decision 12).
    overdue_at = models.DateTimeField("逾期时间", null=True)

    objects = HazardQuerySet.as_manager()

    class Meta:
        verbose_name = "隐患"
        ordering = ["-found_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["origin_kind", "origin_code", "item_key"], name="hazard_once_an_item"
            ),
            models.CheckConstraint(
                name="hazard_known_words",
                condition=Q(source__in=Source.values, severity__in=["general", "severe"]),
            ),
            models.CheckConstraint(
                name="hazard_ordered_before_rectification",
                condition=Q(state="pending_order", source="daily", is_immediate=False)
                & Q(ordered_at=None)
                | ~Q(state="pending_order")
                & (Q(is_immediate=True) | ~Q(source="daily") | Q(ordered_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="hazard_order_is_complete",
                condition=Q(ordered_at=None, ordered_by=None, measures="")
                | Q(ordered_at__isnull=False, ordered_by__isnull=False, due_on__isnull=False)
                & ~Q(measures=""),
            ),
            models.CheckConstraint(
                name="hazard_rectified_says_how",
                condition=Q(state__in=["rectified", "reviewed"])
                & Q(rectified_at__isnull=False, rectified_by__isnull=False)
                & ~Q(result="")
                | Q(state__in=["pending_order", "pending_rectification"])
                & Q(rectified_at=None, rectified_by=None, result="", result_no_photo_reason=""),
            ),
            models.CheckConstraint(
                name="hazard_reviewed_by_somebody",
                condition=Q(state="reviewed", reviewed_at__isnull=False, reviewed_by__isnull=False)
                | ~Q(state="reviewed") & Q(reviewed_at=None, reviewed_by=None),
            ),
            models.CheckConstraint(
                name="hazard_times_in_order",
                condition=(Q(ordered_at=None) | Q(ordered_at__gte=F("found_at")))
                & (Q(rectified_at=None) | Q(rectified_at__gte=F("found_at")))
                & (Q(rectified_at=None) | Q(ordered_at=None) | Q(rectified_at__gte=F("ordered_at")))
                & (Q(reviewed_at=None) | Q(reviewed_at__gte=F("rectified_at")))
                & (Q(due_on=None) | Q(due_on__gte=F("found_on"))),
            ),
            models.CheckConstraint(
                name="hazard_overdue_had_deadline",
                condition=Q(overdue_at=None) | Q(due_on__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "source", "state"], name="hazard_by_state"),
            models.Index(
                fields=["due_on"],
                condition=Q(state="pending_rectification"),
                name="hazard_deadline",
            ),
        ]

    def __str__(self) -> str:
        return self.description

    def has_director(self) -> bool:
        """Whether the unit has a director whose scope covers this hazard's subject today."""
        held = _in_force_now().filter(staff__unit_id=self.unit_id)
        return self.category in subjects.directed_by(held)

    def inspected(self) -> Equipment | Licence | Station | None:
        """What was inspected; None in a weekly or monthly round, which is about a whole subject."""
        return self.equipment or self.licence or self.station

    def responsible_id(self) -> int | None:
        """The present officer of what was inspected; in a pool who found it."""
        inspected = self.inspected()
        is_named = self.equipment_id is not None or (inspected and inspected.officer_id is not None)
        return inspected.officer_id if is_named else self.found_by_id

    def stood_in_by(self, actor: Actor) -> Staff | None:
        """Whom a stand-in puts it right for (请假代班, daily ones); None for everybody else."""
        absent = self.responsible_id() if self.source == Source.DAILY else None
        if absent is None or actor.staff_id is None or absent == actor.staff_id:
            return None
        if absent not in stand_ins.absent(actor.staff_id, _today()):
            return None
        return self.found_by if absent == self.found_by_id else self.inspected().officer

    def is_rectifier(self, actor: Actor) -> bool:
        """The present officer of what was inspected; in a pool who found it, and once he is no
        officer any more, every officer in scope (a machine without an officer has nobody). Who
        stands in for the responsible person, too."""
        if actor.staff_id is None:
            return False
        if actor.staff_id == self.responsible_id() or self.stood_in_by(actor) is not None:
            return True
        inspected = self.inspected()
        if self.equipment_id is not None or (inspected and inspected.officer_id is not None):
            return False
        if self.category not in subjects.inspected_by(actor.posts):
            return False
        return not _in_force_now().filter(staff_id=self.found_by_id, role__in=OFFICERS).exists()

    def offers(self, actor: Actor) -> list[Transition]:
        """The buttons this actor gets now."""
        return offers(self.TRANSITIONS, self, actor)


def _today() -> date:
    """A permission question is about the present."""
    from django.utils import timezone

    from config.clock import local_day

    return local_day(timezone.now())


def _in_force_now() -> models.QuerySet[Appointment]:
    """Identities in force at this moment."""
    return Appointment.objects.in_force(_today()).filter(staff__ended_on=None)


class HazardEvent(models.Model):
    """One line of a hazard's trail; append-only by trigger."""

    class Name(models.TextChoices):
        FOUND = "found", "发现隐患"
        ORDERED = "ordered", "下达整改措施"
        SCHEDULED = "scheduled", "设定整改期限"
        RECTIFIED = "rectified", "确认完成整改"
        REVIEWED = "reviewed", "复查通过"
        RETURNED = "returned", "复查退回"
        OVERDUE = "overdue", "整改逾期"

    hazard = models.ForeignKey(Hazard, models.PROTECT, related_name="events")
    name = models.CharField(max_length=20, choices=Name.choices)
    label = models.CharField("动作", max_length=40)
    state = models.CharField(max_length=24, choices=HazardState.choices)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    by_name = models.CharField("操作人", max_length=60)
    text = models.CharField("说明", max_length=1000, blank=True)

    class Meta:
        verbose_name = "隐患流转"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.label} {self.by_name}"


class HazardPhoto(models.Model):
    """A photo of a hazard as found or as rectified; append-only by trigger."""

    class Stage(models.TextChoices):
        FOUND = "found", "发现时"
        RECTIFIED = "rectified", "整改后"

    hazard = models.ForeignKey(Hazard, models.PROTECT, related_name="photos")
    stage = models.CharField(max_length=10, choices=Stage.choices)
    photo = models.ForeignKey(Photo, models.PROTECT, related_name="hazard_links")
    # The step it was handed in with: a rectification that was sent back keeps its own photos.
    event = models.ForeignKey(HazardEvent, models.PROTECT, null=True, related_name="photos")

    class Meta:
        verbose_name = "隐患照片"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["hazard", "photo"], name="photo_once_a_hazard")
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} {self.photo_id}"
