"""ZIPs of photographs on their way to the cylinders of a batch, and every picture in them (F81)."""

from __future__ import annotations

from django.db import models

from config.actor import Actor
from config.codes import new_code
from cylinders.enums import PhotoKind, PictureState
from cylinders.models.batch import Batch, BatchItem
from cylinders.models.photo import ItemPhoto
from units.models import StoredFile, Unit, User


class PhotoArchiveQuerySet(models.QuerySet["PhotoArchive"]):
    def for_actor(self, actor: Actor) -> PhotoArchiveQuerySet:
        """A unit's own; a bureau sees photographs once they hang on a cylinder, never a ZIP."""
        if actor.kind == "unit" and actor.unit_id is not None:
            return self.filter(unit_id=actor.unit_id)
        return self.none()


class PhotoArchive(models.Model):
    """One uploaded ZIP. It is done when none of its pictures waits; a worker that died leaves
    pictures that wait, which the next run takes up."""

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    # A draft that is discarded takes its ZIPs along.
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="photo_archives")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("上传时间")
    # Renewed by the worker with every picture; an archive not heard of is taken up by the sweep.
    touched_at = models.DateTimeField()

    objects = PhotoArchiveQuerySet.as_manager()

    class Meta:
        verbose_name = "照片压缩包"
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file.original_name or self.code


class ArchivePicture(models.Model):
    """One entry of a ZIP: which cylinder it is for, and what became of it, in words."""

    archive = models.ForeignKey(PhotoArchive, models.CASCADE, related_name="pictures")
    # Its place in the directory of the ZIP.
    number = models.PositiveIntegerField()
    name = models.CharField("文件名", max_length=300)
    state = models.CharField("状态", max_length=10, choices=PictureState.choices)
    reason = models.CharField("原因", max_length=300, blank=True)
    # How often a worker began with it: one that kills its workers is given up.
    tries = models.PositiveSmallIntegerField(default=0)
    item = models.ForeignKey(BatchItem, models.SET_NULL, null=True, related_name="+")
    kind = models.CharField("照片种类", max_length=12, choices=PhotoKind.choices, blank=True)
    photo = models.ForeignKey(ItemPhoto, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = "压缩包中的照片"
        ordering = ["archive_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["archive", "number"], name="picture_of_archive_once"),
            models.CheckConstraint(
                condition=~models.Q(state="waiting") | models.Q(kind__gt=""),
                name="waiting_picture_is_sorted",
            ),
        ]
        indexes = [
            models.Index(
                fields=["archive", "number"],
                condition=models.Q(state="waiting"),
                name="picture_waiting",
            )
        ]

    def __str__(self) -> str:
        return self.name
