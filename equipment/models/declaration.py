"""Declarations about use (停用 / 启用 / 报废 / 停产) and the bureau's word on them (F33, decision 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from config.codes import new_code
from config.workflow import Transition, offers
from equipment.models.machine import Equipment
from equipment.states import DECLARATION_TRANSITIONS
from units.models import StoredFile, Unit
from units.models.owned import OwnedQuerySet

if TYPE_CHECKING:
    from datetime import date

    from config.actor import Actor


class Declaration(models.Model):
    """A formal declaration of a unit about one machine, or about itself (停产).

    It counts from `from_on`. What it exempts from, and since when, stands in the dated rows it
    wrote (StatusPeriod.exempt_period, SuspensionPeriod.exempt_period): from its first day when a
    receipt number and its file were given, else from the day the bureau confirmed it; until the
    bureau objected.
    """

    class Kind(models.TextChoices):
        STOP = "stop", "停用"
        RESUME = "resume", "启用"
        SCRAP = "scrap", "报废"
        SUSPEND = "suspend", "停产"

    class State(models.TextChoices):
        FILED = "filed", "待监管确认"
        CONFIRMED = "confirmed", "已确认"
        OBJECTED = "objected", "监管有异议"
        # 启用 needs nobody's word; it is on record only.
        RECORDED = "recorded", "已登记"
        WITHDRAWN = "withdrawn", "已撤回"

    TRANSITIONS: ClassVar[tuple[Transition, ...]] = DECLARATION_TRANSITIONS

    code = models.CharField("编号", max_length=12, unique=True, default=new_code)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="declarations")
    equipment = models.ForeignKey(
        Equipment, models.PROTECT, null=True, blank=True, related_name="declarations"
    )
    kind = models.CharField("申报事项", max_length=10, choices=Kind.choices)
    from_on = models.DateField("开始日期")
    # Known end of a 停产; None = until it is ended.
    until_on = models.DateField("结束日期", null=True, blank=True)
    reason = models.CharField("原因", max_length=200)
    receipt_no = models.CharField("办理回执编号", max_length=60, blank=True)
    file = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="证明材料"
    )
    state = models.CharField("状态", max_length=10, choices=State.choices)
    declared_by_name = models.CharField("申报人", max_length=120)
    declared_at = models.DateTimeField("申报时间")
    decided_by_name = models.CharField("处理人", max_length=120, blank=True)
    decided_at = models.DateTimeField("处理时间", null=True, blank=True)
    opinion = models.CharField("处理意见", max_length=200, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "使用状态申报"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="suspend", equipment=None)
                | (~Q(kind="suspend") & Q(equipment__isnull=False)),
                name="declaration_has_its_subject",
            ),
            models.CheckConstraint(
                condition=Q(receipt_no="") | Q(file__isnull=False),
                name="receipt_comes_with_its_file",
            ),
            models.CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=F("from_on")),
                name="declaration_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["filed", "recorded"], decided_at=None)
                | (
                    Q(state__in=["confirmed", "objected", "withdrawn"])
                    & Q(decided_at__isnull=False)
                ),
                name="declaration_is_decided_or_waiting",
            ),
        ]
        indexes = [models.Index(fields=["state", "id"], name="declaration_waiting")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.equipment or self.unit}"

    def offers(self, actor: Actor) -> list[Transition]:
        """What the actor may do with it now (for buttons)."""
        return offers(self.TRANSITIONS, self, actor)


class SuspensionQuerySet(OwnedQuerySet["SuspensionPeriod"]):
    def exempting(self, day: date) -> SuspensionQuerySet:
        return self.filter(period__contains=day, exempt_period__contains=day)


class SuspensionPeriod(models.Model):
    """The days on which a unit has stopped work (停产); dated, never overlapping."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="suspensions")
    declaration = models.ForeignKey(Declaration, models.PROTECT, related_name="suspensions")
    period = DateRangeField("停产期间")
    # Days on which it exempts from duties (see Declaration); None = none.
    exempt_period = DateRangeField("免检期间", null=True, blank=True)
    created_at = models.DateTimeField()

    objects = SuspensionQuerySet.as_manager()

    class Meta:
        verbose_name = "停产期间"
        ordering = ["unit_id", "period"]
        constraints = [
            ExclusionConstraint(
                name="one_suspension_at_a_time",
                expressions=[
                    (
                        Func(F("unit"), F("unit"), Value("[]"), function="int8range"),
                        RangeOperators.EQUAL,
                    ),
                    ("period", RangeOperators.OVERLAPS),
                ],
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit} 停产"
