"""Applications for use registration: the batch, its cylinders, its steps (F75 to F87)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from config.actor import Actor
from config.codes import new_code
from cylinders.enums import PENDING, BatchState, Claim, Origin, StepName
from cylinders.models.facts import CylinderFacts
from cylinders.states import TRANSITIONS
from units.models import Region, Unit, User
from units.models.owned import OwnedQuerySet


class DistrictSetting(models.Model):
    """Whether a district takes part, and how its photographs are looked at (F78, D13)."""

    region = models.OneToOneField(
        Region, models.PROTECT, primary_key=True, related_name="cylinder_setting"
    )
    takes_part = models.BooleanField("开通气瓶使用登记", default=False)
    sample_percent = models.PositiveSmallIntegerField("抽样复看比例（%）", default=5)
    # A photograph that was shown for less needs a second look.
    least_seconds = models.DecimalField(
        "每张最短查看时间（秒）", max_digits=4, decimal_places=1, default=1
    )
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField("修改时间", null=True, blank=True)
    changed_by_name = models.CharField("修改人", max_length=120, blank=True)

    class Meta:
        verbose_name = "气瓶登记设置"
        constraints = [
            models.CheckConstraint(
                condition=Q(sample_percent__lte=100), name="sample_is_a_percentage"
            ),
            models.CheckConstraint(
                condition=Q(least_seconds__gte=0, least_seconds__lte=60),
                name="least_view_is_within_a_minute",
            ),
        ]

    def __str__(self) -> str:
        return str(self.region_id)


class BatchQuerySet(OwnedQuerySet):
    """A unit's own batches; a bureau sees those submitted to its subtree."""

    def for_actor(self, actor: Actor) -> BatchQuerySet:
        if actor.kind == "bureau" and actor.region_prefix is not None:
            mine = self.filter(region__code__startswith=actor.region_prefix)
            return mine.exclude(state=BatchState.DRAFT)
        return super().for_actor(actor)

    def pending(self) -> BatchQuerySet:
        return self.filter(state__in=PENDING)


class Batch(models.Model):
    """One application (批次) of a unit to the bureau of one district (decision 15).

    The basic information is what the form prints; it is prefilled from the unit and frozen with the
    submission. `round` counts submissions: 1 is the first, a corrected batch is seen anew.
    """

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    # Given with the first submission; what a person types to void the batch.
    number = models.CharField("申请编号", max_length=30, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="cylinder_batches")
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="受理区县"
    )
    origin = models.CharField("申请类型", max_length=10, choices=Origin.choices, default=Origin.NEW)
    state = models.CharField(
        "状态", max_length=12, choices=BatchState.choices, default=BatchState.DRAFT
    )
    round = models.PositiveSmallIntegerField("提交次数", default=0)
    # 使用单位
    unit_name = models.CharField("使用单位名称", max_length=120)
    credit_code = models.CharField("统一社会信用代码", max_length=18)
    address = models.CharField("使用单位地址", max_length=160, blank=True)
    legal_representative = models.CharField("法定代表人", max_length=40, blank=True)
    postcode = models.CharField("邮政编码", max_length=6, blank=True)
    contact_name = models.CharField("联系人", max_length=40, blank=True)
    contact_phone = models.CharField("联系电话", max_length=30, blank=True)
    # 使用单位安管部门
    safety_department = models.CharField("安全管理部门", max_length=60, blank=True)
    safety_manager = models.CharField("安全管理负责人", max_length=40, blank=True)
    safety_phone = models.CharField("安全管理部门电话", max_length=30, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField("建立时间")
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    returned_at = models.DateTimeField("告知补正时间", null=True, blank=True)
    # The photographs of this round were all looked at and finished (完成).
    checked_at = models.DateTimeField("附件审核完成时间", null=True, blank=True)
    sample_seed = models.CharField("抽样种子", max_length=32, blank=True)
    sample_percent = models.PositiveSmallIntegerField("抽样比例（%）", null=True, blank=True)
    accepted_at = models.DateTimeField("受理时间", null=True, blank=True)
    reviewed_at = models.DateTimeField("审核时间", null=True, blank=True)
    approved_at = models.DateTimeField("审批时间", null=True, blank=True)
    certified_at = models.DateTimeField("发证时间", null=True, blank=True)
    closed_at = models.DateTimeField("终止时间", null=True, blank=True)
    closed_reason = models.CharField("终止原因", max_length=500, blank=True)

    objects = BatchQuerySet.as_manager()
    TRANSITIONS = TRANSITIONS

    class Meta:
        verbose_name = "气瓶使用登记申请"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["number"], condition=~Q(number=""), name="batch_number_once"
            ),
            models.CheckConstraint(
                condition=Q(state=BatchState.DRAFT)
                | (
                    Q(region__isnull=False, submitted_at__isnull=False, round__gt=0) & ~Q(number="")
                ),
                name="submitted_batch_is_addressed",
            ),
        ]
        indexes = [
            models.Index(fields=["region", "state"], name="batch_desk"),
            models.Index(fields=["unit", "-id"], name="batch_by_unit"),
        ]

    def __str__(self) -> str:
        return self.number or f"草稿 {self.code}"


class BatchItemQuerySet(models.QuerySet["BatchItem"]):
    def for_actor(self, actor: Actor) -> BatchItemQuerySet:
        return self.filter(batch__in=Batch.objects.for_actor(actor).values("pk"))

    def standing(self) -> BatchItemQuerySet:
        """Those that are still in their batch."""
        return self.filter(removed_at=None)


class BatchItem(CylinderFacts):
    """One cylinder of a batch. After the submission only 补正 changes it (with audit rows)."""

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="items")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField("序号")
    claim = models.CharField(max_length=10, choices=Claim.choices, default=Claim.DRAFT)
    removed_at = models.DateTimeField("移出时间", null=True, blank=True)
    removed_reason = models.CharField("移出原因", max_length=500, blank=True)
    cylinder = models.OneToOneField(
        "cylinders.Cylinder", models.PROTECT, null=True, blank=True, related_name="item"
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField("导入时间")

    objects = BatchItemQuerySet.as_manager()

    class Meta:
        verbose_name = "申请气瓶"
        ordering = ["batch_id", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["identity"], condition=Q(claim="held"), name="cylinder_held_once"
            ),
            models.UniqueConstraint(
                fields=["unit", "identity"],
                condition=Q(claim__in=["draft", "held"]),
                name="cylinder_open_once_a_unit",
            ),
            models.UniqueConstraint(
                fields=["qr_url"], condition=Q(claim="held"), name="cylinder_label_held_once"
            ),
            models.UniqueConstraint(
                fields=["unit", "qr_url"],
                condition=Q(claim__in=["draft", "held"]),
                name="cylinder_label_open_once_a_unit",
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None) | Q(claim="released"),
                name="removed_item_holds_nothing",
            ),
        ]
        indexes = [models.Index(fields=["batch", "number"], name="item_by_batch")]

    def __str__(self) -> str:
        return f"{self.manufacturer} {self.product_no}"


class BatchStep(models.Model):
    """One step of a batch: who, when, opinion. Append-only by trigger; what 进度 shows."""

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="steps")
    round = models.PositiveSmallIntegerField()
    name = models.CharField("环节", max_length=12, choices=StepName.choices)
    opinion = models.CharField("意见", max_length=500, blank=True)
    # Figures of the step: cylinders, photographs, sample, agreement, removed.
    details = models.JSONField(default=dict)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField("办理人", max_length=120)
    owner_name = models.CharField("办理单位", max_length=120)
    # Done by somebody who had a step of this batch already: the bureau has fewer than three people.
    is_repeated_person = models.BooleanField("同一人办理", default=False)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "办理环节"
        ordering = ["batch_id", "id"]
        constraints = [
            # Each step once a round; nothing is accepted, reviewed or voided twice.
            models.UniqueConstraint(fields=["batch", "round", "name"], name="step_once_a_round")
        ]

    def __str__(self) -> str:
        return f"{self.batch} {self.get_name_display()}"
