"""重新申请: what was declined, voided or taken out goes into a new draft, facts and photographs (F86).

Photographs that were marked 错误 stay behind, and so do cylinders that stand elsewhere meanwhile.
The unit's row is locked: two clicks are one draft, the second finds nothing left to take.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from config.actor import Actor
from config.copying import copy_rows, next_ids
from config.errors import RuleBroken
from config.workflow import lock
from cylinders import queries_batches as queries
from cylinders import twins
from cylinders.actions.batches import BASICS
from cylinders.actions.items import take_in
from cylinders.enums import Verdict
from cylinders.models import Batch, ItemPhoto, PhotoCheck
from cylinders.models.facts import FACTS
from units.audit import Verb, record
from units.models import Photo, Unit

# What a photograph keeps when it goes along.
_PHOTO = (
    "unit_id",
    "original_id",
    "copy_id",
    "width",
    "height",
    "uploaded_by_id",
    "created_at",
)
_ITEM_PHOTO = ("kind", "sha256", "file_name", "added_by_name")


@dataclass(frozen=True)
class Again:
    """The new draft; how many cylinders and photographs it took over, how many it could not."""

    batch: Batch
    cylinders: int
    photos: int
    left: int


@transaction.atomic
def apply_again(batch: Batch, *, actor: Actor, now: datetime) -> Again:
    """Put the released cylinders of a batch into a new draft of the same kind and district.

    Raises RuleBroken: nothing_released, none_left (all of them stand elsewhere meanwhile, one of
    them named), not_yours (403).
    """
    if actor.kind != "unit" or actor.unit_id != batch.unit_id:
        raise RuleBroken("not_yours", "只有申请单位可以重新申请。", status=403)
    lock(Unit.objects.get(pk=batch.unit_id))
    items = list(queries.released(batch).order_by("number"))
    if not items:
        raise RuleBroken("nothing_released", "这份申请没有可以重新申请的气瓶。")
    met = twins.meet(
        [one.identity for one in items],
        [one.qr_url for one in items],
        unit_id=batch.unit_id,
        batch_id=batch.pk,
    )
    free = [one for one in items if one.identity not in met and one.qr_url not in met]
    if not free:
        first = items[0]
        where = met.get(first.identity) or met[first.qr_url]
        raise RuleBroken(
            "none_left",
            f"这些气瓶都已在别处登记或申请，不能再次申请。产品编号 {first.product_no}：{where}",
        )
    made = _draft(batch, now=now)
    facts = [[getattr(one, name) for name in FACTS] for one in free]
    taken = take_in(made, facts, actor=actor, now=now)
    photos = _copy_photos(dict(zip([one.pk for one in free], taken, strict=True)), now=now)
    again = Again(made, len(taken), photos, len(items) - len(taken))
    after = {"from": batch.number, "cylinders": again.cylinders, "photos": photos}
    record(actor, Verb.BATCH_OPENED, made, now=now, after=after)
    return again


def _draft(batch: Batch, *, now: datetime) -> Batch:
    return Batch.objects.create(
        unit=batch.unit,
        region_id=batch.region_id if queries.takes_part(batch.region_id) else None,
        origin=batch.origin,
        unit_name=batch.unit.name,
        credit_code=batch.unit.credit_code,
        created_at=now,
        # Not a blank one, which a click on 添加设备 would take up.
        version=2,
        **{name: getattr(batch, name) for name in BASICS},
    )


def _copy_photos(pairs: dict[int, int], *, now: datetime) -> int:
    """The photographs of old cylinders as rows of the new ones over the same files; how many.

    `pairs`: the new cylinder's key by the old one's.
    """
    rows = _photos(pairs)
    if not rows:
        return 0
    ids = next_ids(Photo._meta.db_table, len(rows))
    own = ((pk, uuid.uuid4(), uuid.uuid4()) for pk in ids)
    copy_rows(
        Photo._meta.db_table,
        ("id", "code", "client_uuid", *_PHOTO),
        (
            (*keys, *(getattr(one.photo, name) for name in _PHOTO))
            for keys, one in zip(own, rows, strict=True)
        ),
    )
    table = ItemPhoto._meta.db_table
    placed = zip(next_ids(table, len(rows)), ids, rows, strict=True)
    copy_rows(
        table,
        ("id", "photo_id", "item_id", "is_live", "added_at", *_ITEM_PHOTO),
        (
            (
                pk,
                photo,
                pairs[one.item_id],
                True,
                now,
                *(getattr(one, name) for name in _ITEM_PHOTO),
            )
            for pk, photo, one in placed
        ),
    )
    return len(rows)


def _photos(item_ids: Iterable[int]) -> list[ItemPhoto]:
    """What may be taken over: not removed by the unit, not marked 错误 by the bureau, not standing
    elsewhere meanwhile; each picture once."""
    rows = ItemPhoto.objects.filter(item_id__in=list(item_ids), removed_at=None)
    marked = PhotoCheck.objects.filter(photo__in=rows, verdict=Verdict.WRONG)
    wrong = set(marked.values_list("photo_id", flat=True))
    kept = {one.sha256: one for one in rows.select_related("photo").order_by("-pk")}
    live = ItemPhoto.objects.filter(sha256__in=list(kept), is_live=True)
    gone = set(live.values_list("sha256", flat=True))
    return [one for sha256, one in kept.items() if one.pk not in wrong and sha256 not in gone]
