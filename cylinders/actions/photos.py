"""Photographs of the cylinders of a batch: added, removed, sorted again (F81).

How a photograph gets to its cylinder:

1. The bytes are hashed; a picture that stands for another cylinder already is refused before it is
   decoded, one that this cylinder has already is simply the answer (a retry, a reload, a ZIP that
   is unpacked again).
2. `units.photos.store_photo` keeps it, outside any lock: decoding takes its time.
3. The batch's row is locked, as `submit` does: what was submitted meanwhile takes no photograph.
   All is checked again, then the row is written. The database holds the hash unique among the live
   photographs of everybody, so of two who are equally fast one is told where the picture is.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from itertools import count
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from config.actor import Actor
from config.errors import RuleBroken
from cylinders.actions.locking import lock_batch
from cylinders.enums import EDITABLE, PhotoKind
from cylinders.models import Batch, BatchItem, ItemPhoto
from cylinders.photo_rules import KINDS, MOST
from units import files
from units.audit import Verb, record
from units.models import Photo, StoredFile
from units.photos import store_photo
from units.roles import Can

PURPOSE = "cylinder-photo"
_PIECE = 1024 * 1024


def may_read(actor: Actor, stored_file: StoredFile) -> bool:
    """Who may see a photograph: the unit that took it, and the bureaus over the district that the
    batch was submitted to (which may be another than the unit's own)."""
    if not (actor.can(Can.CYLINDER_VIEW) or actor.can(Can.CYLINDER_PHOTO)):
        return False
    if actor.kind == "bureau":
        shown = BatchItem.objects.for_actor(actor)
        return ItemPhoto.objects.filter(photo__copy=stored_file, item__in=shown).exists()
    return actor.unit_id is not None and actor.unit_id == stored_file.unit_id


def may_photograph(batch: Batch, actor: Actor) -> bool:
    """Whether the actor may add and remove photographs of the batch as it stands now."""
    return _is_own(batch, actor) and batch.state in EDITABLE


def _is_own(batch: Batch, actor: Actor) -> bool:
    may = actor.can(Can.CYLINDER_MANAGE) or actor.can(Can.CYLINDER_PHOTO)
    return may and actor.unit_id is not None and actor.unit_id == batch.unit_id


def attach(
    item: BatchItem,
    *,
    upload: Any,
    client_uuid: uuid.UUID | str,
    kind: str,
    actor: Actor,
    now: datetime,
) -> ItemPhoto:
    """Keep a photograph of a cylinder and return its row; see `attach_once`."""
    return attach_once(
        item, upload=upload, client_uuid=client_uuid, kind=kind, actor=actor, now=now
    )[0]


def attach_once(
    item: BatchItem,
    *,
    upload: Any,
    client_uuid: uuid.UUID | str,
    kind: str,
    actor: Actor,
    now: datetime,
) -> tuple[ItemPhoto, bool]:
    """Keep a photograph of a cylinder (F81); returns its row and whether this call added it.

    In: an UploadedFile, the uuid the browser made for it, what it shows (PhotoKind). Repeatable:
    the same bytes for the same cylinder are one photograph. To be called outside a transaction.
    RuleBroken: not_yours (403), batch_closed, batch_gone, item_removed, wrong_kind, photo_used (names the other
    cylinder if it is the unit's own), photos_full, and everything of `units.photos.store_photo`.
    """
    _refuse_unless_open(item.batch, item, actor)
    if kind not in KINDS[item.batch.origin]:
        raise RuleBroken("wrong_kind", "请选择照片拍的是什么。", field="kind")
    sha256 = _digest(upload)
    there = _same_or_refuse(item, sha256)
    if there is not None:
        return there, False
    _refuse_full(item)
    photo = store_photo(
        upload,
        unit_id=item.unit_id,
        client_uuid=_unspent(client_uuid),
        purpose=PURPOSE,
        actor=actor,
        now=now,
    )
    name = files.plain_name(getattr(upload, "name", "") or "")
    try:
        return _add(item, photo, kind, sha256, name, actor=actor, now=now)
    except IntegrityError:
        # The same picture for another cylinder, a moment ago.
        there = _same_or_refuse(item, sha256)
        if there is None:
            raise
        return there, False


@transaction.atomic
def _add(
    item: BatchItem,
    photo: Photo,
    kind: str,
    sha256: str,
    name: str,
    *,
    actor: Actor,
    now: datetime,
) -> tuple[ItemPhoto, bool]:
    """Write the row under the batch's lock, after all checks once more."""
    batch = lock_batch(item.batch)
    fresh = BatchItem.objects.select_related("batch").get(pk=item.pk)
    _refuse_unless_open(batch, fresh, actor)
    there = _same_or_refuse(fresh, sha256)
    if there is not None:
        return there, False
    _refuse_full(fresh)
    added = ItemPhoto.objects.create(
        item=fresh,
        photo=photo,
        kind=kind,
        sha256=sha256,
        file_name=name,
        added_at=now,
        added_by_name=actor.name,
    )
    after = {"kind": kind, "file": name, "sha256": sha256}
    record(actor, Verb.BATCH_PHOTO_ADDED, fresh, now=now, after=after)
    return added, True


@transaction.atomic
def remove(photo: ItemPhoto, *, actor: Actor, now: datetime) -> ItemPhoto:
    """Take a photograph away from its cylinder; its row and its file stay (decision 17).

    Repeatable. The picture may be used again afterwards. RuleBroken: not_yours (403), batch_closed,
    item_removed.
    """
    batch = lock_batch(photo.item.batch)
    fresh = ItemPhoto.objects.select_related("item__batch").get(pk=photo.pk)
    _refuse_unless_open(batch, fresh.item, actor)
    if fresh.removed_at is not None:
        return fresh
    fresh.is_live, fresh.removed_at = False, now
    fresh.save(update_fields=["is_live", "removed_at"])
    record(
        actor,
        Verb.BATCH_PHOTO_REMOVED,
        fresh.item,
        now=now,
        before={"kind": fresh.kind, "file": fresh.file_name, "sha256": fresh.sha256},
    )
    return fresh


@transaction.atomic
def change_kind(photo: ItemPhoto, *, kind: str, actor: Actor, now: datetime) -> ItemPhoto:
    """Say anew what a photograph shows; repeatable.

    RuleBroken: not_yours (403), batch_closed, item_removed, wrong_kind, photo_gone.
    """
    batch = lock_batch(photo.item.batch)
    fresh = ItemPhoto.objects.select_related("item__batch").get(pk=photo.pk)
    _refuse_unless_open(batch, fresh.item, actor)
    if kind not in KINDS[batch.origin]:
        raise RuleBroken("wrong_kind", "请选择照片拍的是什么。", field="kind")
    if fresh.removed_at is not None:
        raise RuleBroken("photo_gone", "这张照片刚刚已被删除。")
    if fresh.kind != kind:
        before, fresh.kind = fresh.kind, kind
        fresh.save(update_fields=["kind"])
        record(
            actor,
            Verb.BATCH_ITEM_CHANGED,
            fresh.item,
            now=now,
            before={"photo_kind": before},
            after={"photo_kind": kind, "file": fresh.file_name},
        )
    return fresh


def refuse_unless_open(batch: Batch, actor: Actor) -> None:
    """RuleBroken not_yours (403) or batch_closed unless the actor may photograph now."""
    _refuse_unless_open(batch, None, actor)


def _refuse_unless_open(batch: Batch, item: BatchItem | None, actor: Actor) -> None:
    if not _is_own(batch, actor):
        raise RuleBroken("not_yours", "您没有权限修改这份申请的照片。", status=403)
    if batch.state not in EDITABLE:
        raise RuleBroken(
            "batch_closed",
            f"这份申请{batch.get_state_display()}，照片不能再增加、删除或更换。"
            "需要修改的，请等登记机关告知补正。",
        )
    if item is not None and item.removed_at is not None:
        raise RuleBroken("item_removed", f"产品编号 {item.product_no} 的气瓶已移出这份申请。")


def _refuse_full(item: BatchItem) -> None:
    if item.photos.filter(removed_at=None).count() >= MOST:
        raise RuleBroken(
            "photos_full",
            f"这只气瓶已有 {MOST} 张照片，每只最多 {MOST} 张，请先删除不要的。",
            field="photo",
        )


def _same_or_refuse(item: BatchItem, sha256: str) -> ItemPhoto | None:
    """The cylinder's own photograph of these bytes, or None; refused if another one's (F81)."""
    twins = ItemPhoto.objects.filter(sha256=sha256, is_live=True)
    twin = twins.select_related("item__batch").first()
    if twin is None or twin.item_id == item.pk:
        return twin
    where = "另一单位的气瓶"
    if twin.item.unit_id == item.unit_id:
        same = twin.item.batch_id == item.batch_id
        batch = "本批次" if same else f"{twin.item.batch}"
        where = f"另一只气瓶（产品编号 {twin.item.product_no}，{batch}）"
    raise RuleBroken(
        "photo_used",
        f"这张照片已用于{where}，同一张照片不能用于两只气瓶，请重新拍摄或选择。",
        field="photo",
    )


def _digest(upload: Any) -> str:
    """The hash of an upload piece by piece; "" (nobody's) for what `store_photo` refuses unread."""
    if upload is None or (getattr(upload, "size", 0) or 0) > settings.PHOTO_MAX_BYTES:
        return ""
    upload.seek(0)
    sha256 = hashlib.sha256()
    while piece := upload.read(_PIECE):
        sha256.update(piece)
    return sha256.hexdigest()


def _unspent(client_uuid: uuid.UUID | str) -> uuid.UUID | str:
    """The browser's uuid, or one after it when that stands for a photograph removed since: the
    browser makes it from the picture, and a picture may be taken up again."""
    try:
        first = uuid.UUID(str(client_uuid))
    except ValueError:
        return client_uuid  # refused by store_photo
    for number in count():
        one = uuid.uuid5(first, str(number)) if number else first
        if not ItemPhoto.objects.filter(photo__client_uuid=one, is_live=False).exists():
            return one
    raise AssertionError("unreachable")


def kinds_of(batch: Batch) -> list[tuple[str, str]]:
    """(value, label) of what a photograph of the batch's cylinders may show."""
    return [(one.value, str(PhotoKind(one).label)) for one in KINDS[batch.origin]]
