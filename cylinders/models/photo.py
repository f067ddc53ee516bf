"""Photographs of cylinders and the bureau's look at each of them (F81, F85, D13)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cylinders.enums import CheckStep, PhotoKind, Verdict
from cylinders.models.batch import BatchItem
from units.models import Photo, User


class ItemPhoto(models.Model):
    """A photograph of one cylinder of a batch; removed ones keep their row."""

    item = models.ForeignKey(BatchItem, models.PROTECT, related_name="photos")
    photo = models.OneToOneField(Photo, models.PROTECT, related_name="cylinder_photo")
    kind = models.CharField("照片种类", max_length=12, choices=PhotoKind.choices)
    # Of the bytes as received: the same picture cannot stand for two cylinders.
    sha256 = models.CharField(max_length=64)
    file_name = models.CharField("文件名", max_length=200, blank=True)
    # False when removed, or when its cylinder may be applied for again.
    is_live = models.BooleanField(default=True)
    added_at = models.DateTimeField("上传时间")
    added_by_name = models.CharField("上传人", max_length=120)
    removed_at = models.DateTimeField("删除时间", null=True, blank=True)

    class Meta:
        verbose_name = "气瓶照片"
        ordering = ["item_id", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sha256"], condition=Q(is_live=True), name="cylinder_photo_once"
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None) | Q(is_live=False), name="removed_photo_is_not_live"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.get_kind_display()}"


class PhotoCheck(models.Model):
    """What one person made of one photograph in one round; `seen_ms` is how long it was shown."""

    photo = models.ForeignKey(ItemPhoto, models.PROTECT, related_name="checks")
    step = models.CharField(max_length=10, choices=CheckStep.choices)
    round = models.PositiveSmallIntegerField()
    verdict = models.CharField("判定", max_length=10, choices=Verdict.choices)
    reason = models.CharField("错误原因", max_length=200, blank=True)
    # Together over all looks; `longest_ms` is the longest single look.
    seen_ms = models.PositiveIntegerField("查看时间（毫秒）", default=0)
    longest_ms = models.PositiveIntegerField(default=0)
    looks = models.PositiveSmallIntegerField("查看次数", default=1)
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    user_name = models.CharField("审核人", max_length=120)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        verbose_name = "附件审核"
        ordering = ["photo_id", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["photo", "step", "round"], name="photo_checked_once_a_step"
            ),
            models.CheckConstraint(
                condition=Q(verdict="correct") | ~Q(reason=""), name="wrong_photo_has_a_reason"
            ),
        ]
        # When somebody judged last: nobody looks at two photographs at once.
        indexes = [models.Index(fields=["user", "-last_at"], name="checks_by_person")]

    def __str__(self) -> str:
        return f"{self.photo} {self.get_verdict_display()}"
