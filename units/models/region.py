"""Administrative regions (GB/T 2260) and the bureaus that supervise them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange

from config.codes import new_code

if TYPE_CHECKING:
    from datetime import date

    from config.actor import Actor


def always() -> DateRange:
    """The period of a region that has neither begun nor ended within living memory."""
    return DateRange(None, None)


class RegionQuerySet(models.QuerySet["Region"]):
    def in_force(self, day: date) -> RegionQuerySet:
        """Regions that exist on a day; pickers for new units and bureaus offer only these."""
        return self.filter(period__contains=day)

    def pickable(self, day: date) -> RegionQuerySet:
        """Districts of a day, and cities that have none: where a unit may be registered."""
        districts = Region.objects.in_force(day).filter(parent=models.OuterRef("pk"))
        return (
            self.in_force(day)
            .exclude(level=Region.Level.PROVINCE)
            .filter(models.Q(level=Region.Level.DISTRICT) | ~models.Exists(districts))
        )


class Region(models.Model):
    """One administrative region; owned by the platform, loaded from reference data.

    A region that was abolished keeps its row (old records point at it) with the end of its period
    and, in `settings`, the code of its successor.
    """

    class Level(models.TextChoices):
        PROVINCE = "province", "省级"
        CITY = "city", "市级"
        DISTRICT = "district", "区县级"

    code = models.CharField("行政区划代码", max_length=6, primary_key=True)
    name = models.CharField("名称", max_length=40)
    level = models.CharField("级别", max_length=10, choices=Level.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级"
    )
    # Province rows: {"labels": {"weekly": "周排查", …}, "backfill_days": 7} (decisions 8, 14).
    settings = models.JSONField("地区设置", default=dict, blank=True)
    period = DateRangeField("有效期间", default=always)

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = "行政区划"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    @property
    def prefix(self) -> str:
        """The leading digits shared by every code of this region's subtree (2, 4 or 6)."""
        return {"province": self.code[:2], "city": self.code[:4]}.get(self.level, self.code)


class BureauQuerySet(models.QuerySet["Bureau"]):
    def for_actor(self, actor: Actor) -> BureauQuerySet:
        """Bureaus inside a regulator's own subtree; nobody else lists bureaus this way."""
        if actor.kind != "bureau" or actor.region_prefix is None:
            return self.none()
        return self.filter(region__code__startswith=actor.region_prefix)


class Bureau(models.Model):
    """A market-supervision bureau (省局 / 市局 / 区县局)."""

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    name = models.CharField("名称", max_length=80)
    region = models.ForeignKey(Region, models.PROTECT, related_name="bureaus", verbose_name="辖区")
    phone = models.CharField("联系电话", max_length=30, blank=True)
    address = models.CharField("地址", max_length=120, blank=True)
    created_at = models.DateTimeField("建立时间")

    objects = BureauQuerySet.as_manager()

    class Meta:
        verbose_name = "监管机构"
        ordering = ["region_id", "id"]

    def __str__(self) -> str:
        return self.name
