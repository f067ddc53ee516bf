"""What passes between units and bureaus: registrations, regulations and notices (F1, F18)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from config.codes import new_code
from units.models.file import StoredFile
from units.models.owned import OwnedQuerySet
from units.models.person import User
from units.models.region import Bureau, Region
from units.models.unit import Unit, UnitKind

if TYPE_CHECKING:
    from config.actor import Actor


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def for_actor(self, actor: Actor) -> RegistrationQuerySet:
        """Applications of a regulator's subtree; an applicant has no account yet."""
        if actor.kind != "bureau" or actor.region_prefix is None:
            return self.none()
        return self.filter(region__code__startswith=actor.region_prefix)


class Registration(models.Model):
    """A unit's application for an account (F1); decided by the district bureau.

    `code` is long and random: who holds the link sees the state and may mend a returned one.
    `password` is the hash the account will get; no account exists before the decision.
    """

    class State(models.TextChoices):
        SUBMITTED = "submitted", "待审核"
        RETURNED = "returned", "已退回"
        APPROVED = "approved", "已通过"
        # Archive data of that code and name were there: opened at once, the bureau may object.
        CLAIMED = "claimed", "已认领开户"
        OBJECTED = "objected", "已被撤销"

    code = models.CharField("申请编号", max_length=24, unique=True)
    name = models.CharField("单位名称", max_length=120)
    credit_code = models.CharField("统一社会信用代码", max_length=18)
    kinds = ArrayField(
        models.CharField(max_length=12, choices=UnitKind.choices), verbose_name="单位类型"
    )
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="所在区县")
    address = models.CharField("地址", max_length=160)
    contact_name = models.CharField("联系人", max_length=40)
    contact_phone = models.CharField("联系人手机号", max_length=11)
    username = models.CharField("账号", max_length=40)
    password = models.CharField(max_length=128)
    state = models.CharField("状态", max_length=10, choices=State.choices)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")
    opinion = models.CharField("审核意见", max_length=200, blank=True)
    decided_by_name = models.CharField("审核人", max_length=120, blank=True)
    decided_at = models.DateTimeField("审核时间", null=True, blank=True)
    submitted_at = models.DateTimeField("提交时间")
    version = models.PositiveIntegerField(default=1)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = "单位注册申请"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["credit_code"],
                # A returned one holds nothing: whoever squats a credit code is sent back, and gone.
                condition=Q(state="submitted"),
                name="one_open_registration_a_credit_code",
            ),
            models.CheckConstraint(
                condition=(Q(state__in=["submitted", "returned"]) & Q(unit=None))
                | (Q(state__in=["approved", "claimed", "objected"]) & Q(unit__isnull=False)),
                name="registration_opens_a_unit",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Regulation(models.Model):
    """A management rule (管理制度) of a unit; its text is the PDF of the latest version (F18)."""

    class Kind(models.TextChoices):
        RESPONSIBILITY = "responsibility", "安全责任制度"
        MANAGEMENT = "management", "安全管理制度"
        OPERATION = "operation", "操作规程"
        EMERGENCY = "emergency", "应急预案"
        TRAINING = "training", "培训考核制度"
        OTHER = "other", "其他制度"

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="regulations")
    name = models.CharField("制度名称", max_length=100)
    kind = models.CharField("制度类型", max_length=20, choices=Kind.choices)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField("建立时间")
    closed_at = models.DateTimeField("废止时间", null=True, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "管理制度"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "name"], condition=Q(closed_at=None), name="regulation_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class RegulationEdition(models.Model):
    """One PDF of a regulation; replaced by a later edition, kept for ever."""

    regulation = models.ForeignKey(Regulation, models.PROTECT, related_name="editions")
    number = models.PositiveIntegerField("版次")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    note = models.CharField("修订说明", max_length=200, blank=True)
    uploaded_by_name = models.CharField("上传人", max_length=120)
    uploaded_at = models.DateTimeField("上传时间")

    class Meta:
        verbose_name = "制度版本"
        ordering = ["regulation_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["regulation", "number"], name="edition_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.regulation} 第 {self.number} 版"


class NoticeQuerySet(models.QuerySet["Notice"]):
    def for_actor(self, actor: Actor) -> NoticeQuerySet:
        """A bureau's own notices and those of the bureaus below it."""
        if actor.kind != "bureau" or actor.region_prefix is None:
            return self.none()
        return self.filter(bureau__region__code__startswith=actor.region_prefix)


class Notice(models.Model):
    """A notice (通知公告) a bureau wrote to units; they see it as 管理制度 of 外部来源 (F18)."""

    class Audience(models.TextChoices):
        ALL = "all", "辖区全部单位"
        KINDS = "kinds", "按单位类型"
        CHOSEN = "chosen", "指定单位"

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    bureau = models.ForeignKey(Bureau, models.PROTECT, related_name="notices")
    title = models.CharField("标题", max_length=100)
    text = models.TextField("正文", max_length=4000, blank=True)
    file = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="附件"
    )
    audience = models.CharField("发送范围", max_length=10, choices=Audience.choices)
    kinds = ArrayField(
        models.CharField(max_length=12, choices=UnitKind.choices), default=list, blank=True
    )
    published_at = models.DateTimeField("发布时间")
    published_by_name = models.CharField("发布人", max_length=120)
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)
    withdraw_reason = models.CharField("撤回原因", max_length=200, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = "通知公告"
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title


class NoticeReceipt(models.Model):
    """That a notice reached a unit, and who of it confirmed having read it, and when."""

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    notice = models.ForeignKey(Notice, models.PROTECT, related_name="receipts")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="notice_receipts")
    read_at = models.DateTimeField("已读时间", null=True, blank=True)
    read_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    read_by_name = models.CharField("阅读人", max_length=120, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "通知送达"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["notice", "unit"], name="notice_reaches_a_unit_once"),
            models.CheckConstraint(
                condition=Q(read_at=None, read_by=None)
                | Q(read_at__isnull=False, read_by__isnull=False),
                name="notice_is_read_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["unit", "read_at"], name="notice_unread")]

    def __str__(self) -> str:
        return f"{self.notice} {self.unit}"
