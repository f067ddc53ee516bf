"""Use registration certificates of cylinders: one number a unit and kind, a revision a batch."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q

from config.actor import Actor
from config.codes import new_code
from cylinders.models.batch import Batch
from cylinders.models.reference import CylinderKind
from units.models import Region, Unit, User
from units.models.owned import OwnedQuerySet


class Serial(models.Model):
    """A counter of numbers, locked by whoever takes the next one."""

    name = models.CharField(max_length=60, primary_key=True)
    value = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "流水号"

    def __str__(self) -> str:
        return f"{self.name} {self.value}"


def new_certificate_token() -> str:
    return new_code(20)


class CertificateQuerySet(OwnedQuerySet):
    """A unit's own; a bureau sees those of its subtree: registered there, of units from there, or
    with a revision from there (one number holds for every district a unit applies to)."""

    def for_actor(self, actor: Actor) -> CertificateQuerySet:
        prefix = actor.region_prefix
        if actor.kind == "bureau" and prefix is not None:
            renewed = CertificateRevision.objects.filter(
                certificate=OuterRef("pk"), batch__region__code__startswith=prefix
            )
            return self.filter(
                Q(region__code__startswith=prefix)
                | Q(unit__region__code__startswith=prefix)
                | Exists(renewed)
            )
        return super().for_actor(actor)


class Certificate(models.Model):
    """A certificate number of a unit for one kind of cylinder, or for one vehicle (decision 15)."""

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    # The public check page behind the QR code.
    token = models.CharField(max_length=24, unique=True, default=new_certificate_token)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="cylinder_certificates")
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="+", verbose_name="登记机关区县"
    )
    kind = models.ForeignKey(
        CylinderKind, models.PROTECT, related_name="+", verbose_name="设备品种"
    )
    # VIN (or plate) of vehicle cylinders, else "".
    vehicle = models.CharField("车辆", max_length=20, blank=True)
    number = models.CharField("使用登记证编号", max_length=40, unique=True)
    # Last serial of its cylinders' registration codes.
    last_serial = models.PositiveIntegerField(default=0)
    # Of the newest revision.
    revision = models.PositiveIntegerField("版次", default=0)
    created_at = models.DateTimeField("首次发证时间")

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = "使用登记证"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "kind", "vehicle"], name="one_certificate_a_kind"
            )
        ]

    def __str__(self) -> str:
        return self.number


class CertificateRevision(models.Model):
    """One issue of a certificate; append-only by trigger. A reprint is a revision without batch."""

    certificate = models.ForeignKey(Certificate, models.PROTECT, related_name="revisions")
    revision = models.PositiveIntegerField("版次")
    batch = models.ForeignKey(
        Batch, models.PROTECT, null=True, blank=True, related_name="certificate_revisions"
    )
    reason = models.CharField("原因", max_length=200, blank=True)
    # Cylinders added by the batch, and all that the certificate covers (not scrapped) by then.
    added = models.PositiveIntegerField("本次数量")
    total = models.PositiveIntegerField("累计数量")
    unit_name = models.CharField("使用单位", max_length=120)
    issued_by_name = models.CharField("登记机关", max_length=120)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    issued_at = models.DateTimeField("发证时间")

    class Meta:
        verbose_name = "使用登记证版次"
        ordering = ["certificate_id", "-revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["certificate", "revision"], name="certificate_revision_once"
            ),
            models.UniqueConstraint(
                fields=["certificate", "batch"], name="certificate_once_a_batch"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certificate} 第 {self.revision} 版"
