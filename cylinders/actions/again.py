"""重新申请: what was declined, voided or taken out goes into a new draft, facts and photographs (F86).

Photographs that were marked 错误 stay behind, and so do cylinders that stand elsewhere meanwhile.
The unit's row is locked: two clicks are one draft, the second finds nothing left to take.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from config.actor import Actor
from config.errors import RuleBroken
from config.workflow import lock
from cylinders import queries_batches as queries
from cylinders import twins
from cylinders.actions.batches import BASICS
from cylinders.enums import Claim, Verdict
from cylinders.models import Batch, BatchItem, CylinderFacts, ItemPhoto
from units.audit import Verb, record
from units.models import Photo, Unit

FACTS = tuple(field.attname for field in CylinderFacts._meta.get_fields())
BLOCK = 1000


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
    copies = _copy_items(free, made, now=now)
    photos = _copy_photos(copies, now=now)
    again = Again(made, len(copies), photos, len(items) - len(copies))
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


def _copy_items(items: list[BatchItem], made: Batch, *, now: datetime) -> dict[int, BatchItem]:
    """The cylinders as rows of the new draft, by the key of the one each comes from."""
    copies = {
        one.pk: BatchItem(
            batch=made,
            unit_id=made.unit_id,
            number=number,
            claim=Claim.DRAFT,
            created_at=now,
            **{name: getattr(one, name) for name in FACTS},
        )
        for number, one in enumerate(items, 1)
    }
    BatchItem.objects.bulk_create(copies.values(), batch_size=BLOCK)
    return copies


def _copy_photos(copies: dict[int, BatchItem], *, now: datetime) -> int:
    """Their photographs, each a row of its own over the same files; returns how many."""
    rows: dict[str, tuple[ItemPhoto, BatchItem]] = {}
    for one in _photos(list(copies)):
        rows.setdefault(one.sha256, (one, copies[one.item_id]))
    live = ItemPhoto.objects.filter(sha256__in=list(rows), is_live=True)
    for sha256 in live.values_list("sha256", flat=True):
        del rows[sha256]
    pictures = [
        Photo(
            unit_id=item.unit_id,
            client_uuid=uuid.uuid4(),
            original_id=one.photo.original_id,
            copy_id=one.photo.copy_id,
            width=one.photo.width,
            height=one.photo.height,
            uploaded_by_id=one.photo.uploaded_by_id,
            created_at=one.photo.created_at,
        )
        for one, item in rows.values()
    ]
    Photo.objects.bulk_create(pictures, batch_size=BLOCK)
    ItemPhoto.objects.bulk_create(
        [
            ItemPhoto(
                item=item,
                photo=picture,
                kind=one.kind,
                sha256=one.sha256,
                file_name=one.file_name,
                added_at=now,
                added_by_name=one.added_by_name,
            )
            for (one, item), picture in zip(rows.values(), pictures, strict=True)
        ],
        batch_size=BLOCK,
    )
    return len(pictures)


def _photos(item_ids: list[int]) -> QuerySet[ItemPhoto]:
    """What may be taken over: not removed by the unit, not marked 错误 by the bureau."""
    wrong = Q(checks__verdict=Verdict.WRONG)
    marked = ItemPhoto.objects.filter(wrong, item_id__in=item_ids).values("pk")
    rows = ItemPhoto.objects.filter(item_id__in=item_ids, removed_at=None).exclude(pk__in=marked)
    return rows.select_related("photo").order_by("pk")
