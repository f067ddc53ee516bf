"""ZIPs of photographs: looked at and listed in the request, unpacked by a worker (F81).

How a ZIP goes:

1. `start` looks at the directory (cylinders.photo_zip), keeps the file, and writes one row for each
   file in it: which cylinder it is for, or why that is not clear.
2. `run` takes the waiting pictures one by one, those first that nobody has begun with: two workers
   share the ZIP (the same picture twice is one photograph), a killed one leaves its picture waiting
   for the next run. A picture that keeps killing its workers is given up after a few tries.
3. `unfinished` names the ZIPs that a lost message or a dead worker left behind.
4. What is not matched or was refused stays in the list and can be assigned by hand (`assign`).
"""

from __future__ import annotations

import io
import logging
import uuid
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction

from config.actor import Actor
from config.errors import RuleBroken
from cylinders import photo_zip
from cylinders.actions import photos
from cylinders.actions.locking import lock_batch
from cylinders.enums import PictureState
from cylinders.models import ArchivePicture, Batch, BatchItem, PhotoArchive
from cylinders.photo_names import Matcher
from cylinders.queries_photos import matcher_of
from units import files

logger = logging.getLogger(__name__)

PURPOSE = "cylinder-photo-archive"
TRIES_MOST = 4
# What a person may still give to a cylinder.
OPEN = (PictureState.UNMATCHED, PictureState.REFUSED)
# An archive with waiting pictures that nobody has touched for this long is taken up again.
SILENT = timedelta(seconds=90)
Clock = Callable[[], datetime]


def closed_door(actor: Actor, stored_file: Any) -> bool:
    """A ZIP never leaves; its pictures are read as photographs of cylinders."""
    return False


class _Picture(io.BytesIO):
    """A picture out of a ZIP, as an upload."""

    def __init__(self, content: bytes, name: str):
        super().__init__(content)
        self.size, self.name = len(content), name


def start(
    batch: Batch, *, upload: Any, default_kind: str = "", actor: Actor, now: datetime
) -> PhotoArchive:
    """Keep an uploaded ZIP, list what is in it, and return it; `run` has to follow.

    In: the ZIP and the kind of those whose name says none ("" = to be assigned by hand). Another
    upload of the same ZIP adds nothing twice. RuleBroken: not_yours (403), batch_closed, and
    beside "archive" what is wrong with the ZIP (cylinders.photo_zip.look).
    """
    photos.refuse_unless_open(batch, actor)
    if upload is None:
        raise RuleBroken("archive_missing", "请选择 ZIP 压缩包。", field="archive", status=422)
    entries = photo_zip.look(upload)
    stored = files.store_large(upload, unit_id=batch.unit_id, purpose=PURPOSE, actor=actor, now=now)
    matcher = matcher_of(batch)
    with transaction.atomic():
        photos.refuse_unless_open(lock_batch(batch), actor)  # discarded or submitted meanwhile
        archive = PhotoArchive.objects.create(
            batch=batch,
            unit_id=batch.unit_id,
            file=stored,
            created_by_id=actor.user_id,
            created_at=now,
            touched_at=now,
        )
        ArchivePicture.objects.bulk_create(
            [_listed(archive, entry, matcher, default_kind) for entry in entries], batch_size=1000
        )
    return archive


def _listed(
    archive: PhotoArchive, entry: photo_zip.Entry, matcher: Matcher, default_kind: str
) -> ArchivePicture:
    made = ArchivePicture(archive=archive, number=entry.number, name=entry.name)
    if entry.skipped:
        made.state, made.reason = PictureState.SKIPPED, entry.skipped
        return made
    found = matcher.match(entry.name, default_kind)
    made.item_id = found.item.pk if found.item else None
    made.kind, made.reason = found.kind, found.reason[:300]
    made.state = PictureState.WAITING if found.is_clear else PictureState.UNMATCHED
    return made


def run(
    archive_id: int, *, actor_of: Callable[[Any], Actor], clock: Clock, most: timedelta
) -> bool:
    """Unpack the waiting pictures of a ZIP for at most `most`; return whether some are left.

    Safe to run twice and at the same time. To be called outside a transaction.
    """
    archive = (
        PhotoArchive.objects.select_related("file", "created_by", "batch")
        .filter(pk=archive_id)
        .first()
    )
    if archive is None or not _waiting(archive_id).exists():
        return False
    actor, until = actor_of(archive.created_by), clock() + most
    with default_storage.open(archive.file.storage_name, "rb") as stream:
        try:
            with zipfile.ZipFile(stream) as opened:
                while clock() < until:
                    if not _next(archive, opened, actor=actor, clock=clock):
                        return False
        except photo_zip.DAMAGED:
            logger.exception("archive %s cannot be read any more", archive_id)
            _waiting(archive_id).update(
                state=PictureState.REFUSED, reason="压缩包无法读取，请重新上传"
            )
            return False
    return True


def _waiting(archive_id: int) -> Any:
    """The waiting pictures, those that nobody has begun with first."""
    rows = ArchivePicture.objects.filter(archive_id=archive_id, state=PictureState.WAITING)
    return rows.order_by("tries", "number")


def _next(archive: PhotoArchive, opened: zipfile.ZipFile, *, actor: Actor, clock: Clock) -> bool:
    """Take one waiting picture that no other worker begins with; False when there is none.

    Its row is not held meanwhile: the batch's lock comes first for whoever discards the batch.
    """
    with transaction.atomic():
        free = _waiting(archive.pk).select_for_update(of=("self",), skip_locked=True)
        picture = free.select_related("item__batch").first()
        if picture is None:
            return False
        picture.tries += 1
        picture.save(update_fields=["tries"])
    now = clock()
    PhotoArchive.objects.filter(pk=archive.pk).update(touched_at=now)
    try:
        if picture.tries > TRIES_MOST:
            raise RuleBroken("picture_kills", "处理这张照片时系统多次出错，请单独上传。")
        found = _attached(picture, opened, picture.item, picture.kind, actor=actor, now=now)
    except RuleBroken as broken:
        found = {"state": PictureState.REFUSED, "reason": broken.message[:300]}
    _waiting(archive.pk).filter(pk=picture.pk).update(**found)
    return True


def _attached(
    picture: ArchivePicture,
    opened: zipfile.ZipFile,
    item: BatchItem | None,
    kind: str,
    *,
    actor: Actor,
    now: datetime,
) -> dict[str, Any]:
    """Attach a picture; what its row says from then on."""
    if item is None:
        raise RuleBroken("item_removed", "这只气瓶已从本批次删除，请指定另一只或重新上传。")
    content = photo_zip.read(opened, picture.number)
    added, is_new = photos.attach_once(
        item,
        upload=_Picture(content, picture.name),
        client_uuid=uuid.uuid5(uuid.NAMESPACE_OID, f"{item.batch_id}:{files.digest(content)}"),
        kind=kind,
        actor=actor,
        now=now,
    )
    return {
        "item": item,
        "kind": added.kind,
        "photo": added,
        "state": PictureState.TAKEN,
        "reason": "" if is_new else "这只气瓶已有这张照片",
    }


def assign(
    picture: ArchivePicture, *, text: str, kind: str, actor: Actor, now: datetime
) -> ArchivePicture:
    """Give a picture that was not matched (or was refused) to a cylinder by hand.

    In: the product number or 序号 that a person typed, and what the picture shows. RuleBroken
    beside "text": item_unknown; beside "kind": wrong_kind; picture_settled when it is not open any
    more; everything of `photos.attach`.
    """
    archive = PhotoArchive.objects.select_related("file", "batch").get(pk=picture.archive_id)
    photos.refuse_unless_open(archive.batch, actor)
    found, reason = matcher_of(archive.batch).find(text)
    if found is None:
        raise RuleBroken("item_unknown", f"{reason}。", field="text")
    with (
        default_storage.open(archive.file.storage_name, "rb") as stream,
        zipfile.ZipFile(stream) as opened,
        transaction.atomic(),
    ):
        lock_batch(archive.batch)
        mine = ArchivePicture.objects.select_for_update(of=("self",)).get(pk=picture.pk)
        if mine.state not in OPEN:
            raise RuleBroken("picture_settled", "这张照片刚刚已经处理，请刷新页面查看。")
        item = BatchItem.objects.select_related("batch").get(pk=found.pk)
        told = _attached(mine, opened, item, kind, actor=actor, now=now)
        for name, value in told.items():
            setattr(mine, name, value)
        mine.save(update_fields=list(told))
    return mine


def unfinished(*, now: datetime) -> list[int]:
    """The ZIPs with waiting pictures that nobody has touched for a while."""
    waiting = ArchivePicture.objects.filter(state=PictureState.WAITING)
    rows = PhotoArchive.objects.filter(
        pk__in=waiting.values("archive_id"), touched_at__lt=now - SILENT
    )
    return list(rows.order_by("pk").values_list("pk", flat=True))
