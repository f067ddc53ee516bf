"""Registered cylinders and what happens to them afterwards (domain 6.4)."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from config.actor import Actor
from config.codes import new_code
from cylinders.enums import CylinderState, EventKind
from cylinders.models.certificate import Certificate
from cylinders.models.facts import CylinderFacts
from units.models import Region, StoredFile, Unit
from units.models.owned import OwnedQuerySet


def new_token() -> str:
    """What the public address of a cylinder or certificate ends in; not to be guessed."""
    return new_code(20)


class CylinderQuerySet(OwnedQuerySet):
    """A unit's own cylinders; a bureau sees those it registered and those of its units."""

    def for_actor(self, actor: Actor) -> CylinderQuerySet:
        if actor.kind == "bureau" and actor.region_prefix is not None:
            prefix = actor.region_prefix
            return self.filter(
                Q(region__code__startswith=prefix) | Q(unit__region__code__startswith=prefix)
            )
        return super().for_actor(actor)


class Cylinder(CylinderFacts):
    """One registered cylinder of a unit; its facts are those of the approved item, then changed by
    events only."""

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    token = models.CharField(max_length=24, unique=True, default=new_token)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="cylinders")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="登记区县")
    certificate = models.ForeignKey(Certificate, models.PROTECT, related_name="cylinders")
    registration_code = models.CharField("气瓶使用登记代码", max_length=50, unique=True)
    registered_on = models.DateField("登记日期")
    # The last day of its life: made_on + life_years (+ an assessed extension).
    ends_on = models.DateField("使用年限截止日期")
    state = models.CharField(
        "状态", max_length=12, choices=CylinderState.choices, default=CylinderState.EMPTY
    )
    version = models.PositiveIntegerField(default=1)

    objects = CylinderQuerySet.as_manager()

    class Meta:
        verbose_name = "气瓶"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["identity"], name="cylinder_once"),
            models.UniqueConstraint(
                fields=["qr_url"], condition=~Q(state="scrapped"), name="cylinder_label_once"
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "state"], name="cylinder_archive"),
            models.Index(fields=["unit", "next_inspection_on"], name="cylinder_next_inspection"),
            models.Index(fields=["certificate"], name="cylinder_by_certificate"),
            # A label that is scanned: of scrapped cylinders too, which the constraint leaves out.
            models.Index(fields=["qr_url"], name="cylinder_by_label"),
            # What falls due anywhere, and rare states among a city's millions.
            models.Index(fields=["state", "next_inspection_on"], name="cylinder_falls_due"),
            models.Index(fields=["ends_on"], name="cylinder_life_ends"),
            # Whole numbers that a bureau or the public looks up.
            models.Index(fields=["product_no"], name="cylinder_by_product_no"),
            models.Index(fields=["old_code"], name="cylinder_by_old_code"),
        ]

    def __str__(self) -> str:
        return f"{self.manufacturer} {self.product_no}"


class CylinderEvent(models.Model):
    """One event of a registered cylinder; append-only by trigger."""

    cylinder = models.ForeignKey(Cylinder, models.PROTECT, related_name="events")
    kind = models.CharField("事项", max_length=12, choices=EventKind.choices)
    # Labelled values before and after, as shown.
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField("原因", max_length=200, blank=True)
    file = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="证明材料"
    )
    happened_on = models.DateField("日期")
    actor_name = models.CharField("办理人", max_length=120)
    at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "气瓶履历"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["cylinder", "-id"], name="cylinder_history"),
            # Labels that were replaced (换码): whoever looks one up is told.
            GinIndex(
                fields=["before"],
                opclasses=["jsonb_path_ops"],
                condition=Q(kind="changed"),
                name="cylinder_changed_from",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cylinder} {self.get_kind_display()}"
