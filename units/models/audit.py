"""The append-only audit trail and its erasable side table (decision 17)."""

from __future__ import annotations

from django.db import models

from units.models.owned import OwnedQuerySet
from units.models.unit import Unit


class AuditEntry(models.Model):
    """Who did what to which object, with what stood there before and after.

    Append-only by trigger. Ids are text and names are copied in, so a row stays readable when
    everything it speaks of has changed.
    """

    at = models.DateTimeField("时间")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    actor_kind = models.CharField(max_length=12)
    actor_code = models.CharField(max_length=40)
    actor_name = models.CharField("操作人", max_length=120)
    verb = models.CharField("操作", max_length=60)
    object_type = models.CharField(max_length=60)
    object_code = models.CharField(max_length=80)
    object_name = models.CharField("对象", max_length=200, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    request_id = models.CharField(max_length=40, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "操作记录"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["object_type", "object_code"], name="audit_by_object"),
            models.Index(fields=["unit", "-id"], name="audit_by_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name} {self.verb}"


class AuditOrigin(models.Model):
    """Where a request came from; may be erased without touching the trail."""

    entry = models.OneToOneField(AuditEntry, models.CASCADE, related_name="origin")
    ip = models.GenericIPAddressField(null=True)
