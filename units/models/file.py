"""Files behind one checked door, and photographs as evidence (house style, Files)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from units.models.person import User
from units.models.unit import Unit


class StoredFile(models.Model):
    """One immutable file. There is no other way to its bytes than the view `units:file`.

    `purpose` names the rule that says who may read it (units.files.register_purpose).
    A row with `is_served=False` is evidence as received: hashed, kept, never sent to anybody.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    purpose = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=100)
    original_name = models.CharField(max_length=200, blank=True)
    storage_name = models.CharField(max_length=200, unique=True)
    is_served = models.BooleanField(default=True)
    uploaded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "文件"

    def __str__(self) -> str:
        return self.original_name or str(self.id)


class Photo(models.Model):
    """A photograph: the bytes received (`original`) and the copy that is shown (`copy`).

    The copy is re-encoded upright without metadata. `client_uuid` is made on the phone when the
    picture is taken, so an upload that is sent twice is one photo.
    """

    code = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    client_uuid = models.UUIDField(unique=True)
    original = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    copy = models.ForeignKey(StoredFile, models.PROTECT, related_name="photos")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    uploaded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField("上传时间")

    class Meta:
        verbose_name = "照片"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(original=models.F("copy")), name="photo_copy_is_another_file"
            )
        ]

    def __str__(self) -> str:
        return str(self.code)


class PhotoMetadata(models.Model):
    """Raw EXIF and position of a photo: personal data, erasable (decision 17)."""

    photo = models.OneToOneField(Photo, models.CASCADE, related_name="metadata")
    exif = models.JSONField(default=dict)
    taken_at = models.DateTimeField(null=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)


class CarriedFile(models.Model):
    """A file of a form that was refused, put aside for the next try (units.carried).

    It belongs to whoever posted it: an account with the unit it acted for, or a visitor without
    one, known by a word in the session. `form` is the path it was posted to. The row and its bytes
    go when the form succeeds, at the latest a sweep after `expires_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    unit = models.ForeignKey(Unit, models.CASCADE, null=True, related_name="+")
    visitor = models.CharField(max_length=40, blank=True)
    form = models.CharField(max_length=200)
    field = models.CharField(max_length=60)
    original_name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    storage_name = models.CharField(max_length=200, unique=True)
    preview = models.BinaryField(default=bytes)  # a small JPEG, empty for what is no picture
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = "待再次提交的文件"
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, visitor="") | Q(user__isnull=True, visitor__gt=""),
                name="carried_file_has_one_owner",
            )
        ]

    def __str__(self) -> str:
        return self.original_name
