"""Imports of workbooks: what was uploaded, what it would do, what it did (B118, D12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from config.codes import new_code
from units.models.file import StoredFile
from units.models.person import User
from units.models.region import Bureau
from units.models.unit import Unit

if TYPE_CHECKING:
    from config.actor import Actor


class ImportJobQuerySet(models.QuerySet["ImportJob"]):
    def for_actor(self, actor: Actor) -> ImportJobQuerySet:
        """A unit's own imports, or a bureau's own; never those of a subtree."""
        if actor.bureau_id is not None:
            return self.filter(bureau_id=actor.bureau_id)
        if actor.kind == "unit" and actor.unit_id is not None:
            return self.filter(unit_id=actor.unit_id)
        return self.none()


class ImportJob(models.Model):
    """One uploaded workbook on its way: read and checked (dry run), then applied once.

    `kind` names a registered import (config.excel.kinds). `plan_digest` is the digest of what the
    preview showed; applying computes the plan again by the same code and refuses to write a
    different one. `outcome` holds counts {create, change, same, refused} and the first errors.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "排队中"
        CHECKING = "checking", "正在检查"
        CHECKED = "checked", "检查完成，待确认"
        APPLYING = "applying", "正在写入"
        DONE = "done", "已导入"
        REFUSED = "refused", "文件不能导入"
        FAILED = "failed", "处理失败"

    code = models.CharField("编号", max_length=12, unique=True, default=new_code)
    kind = models.CharField("导入类别", max_length=30)
    # Code of what is imported into, for kinds that need one (a batch of cylinders).
    target = models.CharField(max_length=24, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")
    bureau = models.ForeignKey(Bureau, models.PROTECT, null=True, blank=True, related_name="+")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    # The person's own workbook with the column 错误原因.
    annotated = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.WAITING)
    step_done = models.PositiveIntegerField(default=0)
    step_total = models.PositiveIntegerField(default=0)
    outcome = models.JSONField(default=dict)
    plan_digest = models.CharField(max_length=64, blank=True)
    message = models.CharField("说明", max_length=300, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("上传时间")
    # Renewed by the worker; a job whose worker died is found by its age.
    touched_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField("检查时间", null=True, blank=True)
    applied_at = models.DateTimeField("导入时间", null=True, blank=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        verbose_name = "导入任务"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(unit__isnull=False, bureau=None) | Q(unit=None, bureau__isnull=False),
                name="import_has_one_owner",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(applied_at__isnull=False),
                name="import_done_has_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"
