"""How a unit is organised: departments (部门), posts (岗位), and the duty texts of a post (F9–F11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import Q

from config.codes import new_code
from units.models.owned import OwnedQuerySet
from units.models.unit import Unit, UnitKind
from units.roles import Role

if TYPE_CHECKING:
    from datetime import date


class Department(models.Model):
    """A department (部门) of a unit, in a tree; closed, never deleted: people's history names it."""

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="departments")
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name="上级部门",
    )
    name = models.CharField("部门名称", max_length=60)
    head = models.CharField("负责人", max_length=60, blank=True)
    phone = models.CharField("部门电话", max_length=30, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField("建立时间")
    closed_at = models.DateTimeField("撤销时间", null=True, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "部门"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "parent", "name"],
                condition=Q(closed_at=None),
                nulls_distinct=False,
                name="department_name_once_a_level",
            ),
            models.CheckConstraint(
                condition=~Q(parent=models.F("id")), name="department_is_not_its_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Position(models.Model):
    """A post (岗位) of a unit: its name and its type; the type decides which duty text it has."""

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="positions")
    name = models.CharField("岗位名称", max_length=60)
    # "" = 其他岗位, which has no text of the Orders.
    role = models.CharField("岗位类型", max_length=20, choices=Role.choices, blank=True)
    note = models.CharField("说明", max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField("建立时间")
    closed_at = models.DateTimeField("撤销时间", null=True, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "岗位"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "name"], condition=Q(closed_at=None), name="position_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class DutyTextQuerySet(models.QuerySet["DutyText"]):
    def in_force(self, day: date) -> DutyTextQuerySet:
        return self.filter(period__contains=day)


class DutyText(models.Model):
    """The duties (职责) or code (守则) of a post by kind of unit and category; reference data (F11).

    `category` is a duty category's value or "" for texts that hold for every one; `title` is the
    document's official name, e.g. 电梯安全员守则; `clauses` are its numbered sentences.
    """

    role = models.CharField(max_length=20, choices=Role.choices)
    unit_kind = models.CharField(max_length=12, choices=UnitKind.choices)
    category = models.CharField(max_length=20, blank=True)
    title = models.CharField("名称", max_length=80)
    clauses = models.JSONField("条款")
    rule_key = models.CharField("依据", max_length=40)
    period = DateRangeField("施行期间")
    version = models.PositiveIntegerField(default=1)
    confidence = models.CharField(max_length=1, default="M")

    objects = DutyTextQuerySet.as_manager()

    class Meta:
        verbose_name = "岗位职责与守则"
        ordering = ["unit_kind", "role", "category", "period"]
        constraints = [
            models.UniqueConstraint(
                fields=["role", "unit_kind", "category", "period"], name="one_duty_text_a_period"
            )
        ]

    def __str__(self) -> str:
        return self.title
