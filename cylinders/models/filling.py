"""The filling data interface: keys of stations and the records they send (F89)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from config.codes import new_code
from cylinders.enums import FillingKind, Stop
from cylinders.models.cylinder import Cylinder
from equipment.models import Station
from units.models import Unit
from units.models.owned import OwnedQuerySet


class ApiKeyQuerySet(OwnedQuerySet):
    def active(self) -> ApiKeyQuerySet:
        return self.filter(revoked_at=None)


class ApiKey(models.Model):
    """A key of one station; its secret signs requests and is shown once, when it is made."""

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    station = models.ForeignKey(
        Station, models.PROTECT, related_name="api_keys", verbose_name="工位"
    )
    name = models.CharField("用途", max_length=60)
    # What a request names; not secret.
    key_id = models.CharField("密钥编号", max_length=32, unique=True)
    # Encrypted (units.crypto): the server needs it to check signatures.
    secret_encrypted = models.TextField()
    created_at = models.DateTimeField("建立时间")
    created_by_name = models.CharField("建立人", max_length=120)
    revoked_at = models.DateTimeField("停用时间", null=True, blank=True)
    revoked_by_name = models.CharField("停用人", max_length=120, blank=True)
    # Written at most once a minute.
    last_used_at = models.DateTimeField("最近使用", null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "接口密钥"
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class FillingRecord(models.Model):
    """One record that a station sent; append-only by trigger. What was stopped is kept too.

    `facts` is the checked document of the record (cylinders.filling.schema).
    """

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    station = models.ForeignKey(Station, models.PROTECT, related_name="+")
    key = models.ForeignKey(ApiKey, models.PROTECT, related_name="+")
    kind = models.CharField("记录种类", max_length=10, choices=FillingKind.choices)
    # Made by the station: the same record sent twice is one record.
    record_id = models.CharField("记录编号", max_length=64)
    digest = models.CharField(max_length=64)
    cylinder = models.ForeignKey(
        Cylinder, models.PROTECT, null=True, blank=True, related_name="fillings"
    )
    # How the station named the cylinder (label URL or registration code).
    cylinder_ref = models.CharField("气瓶标识", max_length=300)
    occurred_at = models.DateTimeField("发生时间")
    medium = models.CharField("充装介质", max_length=80, blank=True)
    stops = ArrayField(
        models.CharField(max_length=20, choices=Stop.choices), default=list, verbose_name="禁止充装"
    )
    facts = models.JSONField()
    received_at = models.DateTimeField("接收时间")

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "充装记录"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "kind", "record_id"], name="filling_record_once"
            )
        ]
        indexes = [
            models.Index(fields=["cylinder", "-occurred_at"], name="fillings_of_cylinder"),
            models.Index(fields=["unit", "-occurred_at"], name="fillings_of_unit"),
            models.Index(
                fields=["unit", "-occurred_at"],
                condition=~Q(stops=[]),
                name="stopped_fillings",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.record_id}"
