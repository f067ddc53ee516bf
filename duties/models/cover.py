"""Leave cover (请假代班): who stands in for whom, on which days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from config.codes import new_code
from units.models import Staff, Unit
from units.models.owned import OwnedQuerySet

if TYPE_CHECKING:
    from datetime import date


class CoverQuerySet(OwnedQuerySet["Cover"]):
    def in_force(self, day: date) -> CoverQuerySet:
        return self.filter(period__contains=day, cancelled_at=None)


class Cover(models.Model):
    """请假代班: on these days the to-dos of `staff` go to `stand_in`; dated, never overlapping."""

    code = models.CharField(max_length=12, unique=True, default=new_code)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="covers")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="covers", verbose_name="请假人")
    stand_in = models.ForeignKey(
        Staff, models.PROTECT, related_name="stand_ins", verbose_name="代班人"
    )
    period = DateRangeField("代班期间")
    reason = models.CharField("请假原因", max_length=200, blank=True)
    named_by_name = models.CharField("登记人", max_length=120)
    created_at = models.DateTimeField("登记时间")
    # Taken back before it began; one that has begun is ended early by its period.
    cancelled_at = models.DateTimeField("撤销时间", null=True, blank=True)
    ended_early_at = models.DateTimeField("提前结束时间", null=True, blank=True)

    objects = CoverQuerySet.as_manager()

    class Meta:
        verbose_name = "请假代班"
        ordering = ["-id"]
        constraints = [
            ExclusionConstraint(
                name="one_cover_at_a_time",
                expressions=[
                    (
                        Func(F("staff"), F("staff"), Value("[]"), function="int8range"),
                        RangeOperators.EQUAL,
                    ),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(cancelled_at=None),
            ),
            models.CheckConstraint(
                condition=~Q(staff=F("stand_in")), name="nobody_stands_in_for_himself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stand_in} 代 {self.staff}"
