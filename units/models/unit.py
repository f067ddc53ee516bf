"""The unit (单位): who makes, uses or fills special equipment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models

from config.codes import new_code
from units.models.region import Region

if TYPE_CHECKING:
    from config.actor import Actor


class UnitKind(models.TextChoices):
    """A unit may be of several kinds (F1, M 2.2)."""

    USING = "using", "使用单位"
    PRODUCTION = "production", "生产单位"
    FILLING = "filling", "充装单位"
    INSPECTION = "inspection", "检验检测机构"


class UnitQuerySet(models.QuerySet["Unit"]):
    def for_actor(self, actor: Actor) -> UnitQuerySet:
        """A regulator's subtree, or one's own unit; nothing for anybody else (decision 1)."""
        if actor.kind == "bureau" and actor.region_prefix is not None:
            return self.filter(region__code__startswith=actor.region_prefix)
        if actor.unit_id is not None:
            return self.filter(pk=actor.unit_id)
        return self.none()


class Unit(models.Model):
    """A tenant. Opened by its district bureau; owned by its unit admin."""

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    name = models.CharField("单位名称", max_length=120)
    credit_code = models.CharField("统一社会信用代码", max_length=18, unique=True)
    kinds = ArrayField(
        models.CharField(max_length=12, choices=UnitKind.choices), verbose_name="单位类型"
    )
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="units", verbose_name="所在区县"
    )
    address = models.CharField("地址", max_length=160, blank=True)
    contact_name = models.CharField("联系人", max_length=40, blank=True)
    contact_phone = models.CharField("联系电话", max_length=30, blank=True)
    # The rest of 企业信息 (F19); how complete it is: units.profile.
    legal_representative = models.CharField("法定代表人", max_length=40, blank=True)
    postcode = models.CharField("邮政编码", max_length=6, blank=True)
    landline = models.CharField("单位固定电话", max_length=30, blank=True)
    email = models.CharField("电子邮箱", max_length=80, blank=True)
    industry = models.CharField("所属行业", max_length=40, blank=True)
    safety_department = models.CharField("安全管理机构", max_length=60, blank=True)
    safety_phone = models.CharField("安全管理机构电话", max_length=30, blank=True)
    version = models.PositiveIntegerField("版本", default=1)
    # Decision 12: a director's re-check after rectification is the unit's choice.
    reviews_hazards = models.BooleanField("隐患整改后须复查", default=False)
    created_at = models.DateTimeField("建立时间")

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = "单位"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(kinds__len__gt=0), name="unit_has_a_kind")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def kind_labels(self) -> list[str]:
        return [UnitKind(kind).label for kind in self.kinds]
