"""Reading photographs of the cylinders of a batch: one cylinder, its neighbours, ZIPs (F81)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.http import Http404

from config.actor import Actor
from cylinders import queries_batches
from cylinders.enums import EDITABLE, BatchState, PictureState, Verdict
from cylinders.models import (
    ArchivePicture,
    Batch,
    BatchItem,
    ItemPhoto,
    PhotoArchive,
    PhotoCheck,
)
from cylinders.photo_names import Matcher
from cylinders.photo_rules import KINDS


def get_item(actor: Actor, batch: str, code: str) -> BatchItem:
    """The cylinder of a batch by both codes; 404 for a foreign one or one of another batch."""
    found = queries_batches.get_item(actor, code)
    if found.batch.code != batch:
        raise Http404(f"item {code} is not of batch {batch}")
    return found


def get_photo(actor: Actor, code: uuid.UUID) -> ItemPhoto:
    """A photograph by the code of its picture; 404 for a foreign one."""
    mine = BatchItem.objects.for_actor(actor)
    rows = ItemPhoto.objects.select_related("item__batch", "photo")
    found = rows.filter(photo__code=code, item__in=mine).first()
    if found is None:
        raise Http404(f"no photo {code} for {actor.kind}")
    return found


def photos_of(item: BatchItem) -> list[ItemPhoto]:
    """The photographs of a cylinder, by kind as the rules name them, then by age; each with why the
    bureau called it wrong (`wrong`, "" if it did not) while the unit corrects the batch."""
    rows = list(item.photos.filter(removed_at=None).select_related("photo"))
    wrong: dict[int, str] = {}
    if item.batch.state == BatchState.CORRECTING:
        checks = PhotoCheck.objects.filter(
            photo__in=rows, round=item.batch.round, verdict=Verdict.WRONG
        )
        wrong = dict(checks.values_list("photo_id", "reason"))
    order = [str(kind) for kind in KINDS[item.batch.origin]]
    for one in rows:
        one.wrong = wrong.get(one.pk, "")
    return sorted(rows, key=lambda one: (order.index(one.kind) if one.kind in order else 9, one.pk))


# ------------------------------------------------------------------ cylinders that lack some
def lacking(batch: Batch) -> QuerySet[BatchItem]:
    """The standing cylinders without enough photographs, in the order of the workbook."""
    rows = queries_batches.with_photos(batch.items.standing().select_related("kind"))
    return rows.exclude(queries_batches.is_photographed(batch.origin)).order_by("number", "pk")


@dataclass(frozen=True)
class Neighbours:
    """Codes of the cylinders before and after one that lack photographs (the next one begins anew
    at the first), and how many lack some in all."""

    before: str
    after: str
    total: int


def neighbours(item: BatchItem) -> Neighbours:
    """Where to go from a cylinder (one query)."""
    rows = list(lacking(item.batch).values_list("number", "code"))
    before = [code for number, code in rows if number < item.number]
    after = [code for number, code in rows if number > item.number]
    others = after or before
    return Neighbours(before[-1] if before else "", others[0] if others else "", len(rows))


def open_batches(actor: Actor) -> QuerySet[Batch]:
    """The batches that may still take photographs, with the numbers of `queries_batches.batches`."""
    return queries_batches.batches(actor, {}).filter(state__in=EDITABLE)


def takes_photos(actor: Actor) -> bool:
    """Whether 气瓶照片 is for a person: of a filling unit, or of one that ever applied."""
    return "filling" in actor.unit_kinds or Batch.objects.for_actor(actor).exists()


def matcher_of(batch: Batch) -> Matcher:
    """What finds the cylinders of a batch (rows with `pk` and `code`) by names of files."""
    rows = batch.items.standing().order_by("number", "pk")
    named = rows.values_list(
        "pk", "code", "number", "product_no", "manufacturer", "made_on", named=True
    )
    return Matcher(named, KINDS[batch.origin])


def uuids_of(item_ids: set[int]) -> dict[int, list[str]]:
    """What the browser called the photographs that cylinders have, to skip them after a reload."""
    rows = ItemPhoto.objects.filter(item_id__in=item_ids, is_live=True)
    found: dict[int, list[str]] = {}
    for item_id, key in rows.values_list("item_id", "photo__client_uuid"):
        found.setdefault(item_id, []).append(str(key))
    return found


# ------------------------------------------------------------------ ZIPs
def get_archive(actor: Actor, code: str) -> PhotoArchive:
    """A unit's own ZIP; 404 for every other."""
    rows = PhotoArchive.objects.for_actor(actor).select_related(
        "batch__unit", "batch__region", "file", "created_by"
    )
    found = rows.filter(code=code).first()
    if found is None:
        raise Http404(f"no archive {code} for {actor.kind}")
    return found


def get_picture(archive: PhotoArchive, number: int) -> ArchivePicture:
    """A file of a ZIP by its place."""
    found = archive.pictures.filter(number=number).first()
    if found is None:
        raise Http404(f"no picture {number} in archive {archive.code}")
    return found


def counts_of(archives: list[PhotoArchive]) -> dict[int, dict[str, int]]:
    """How many files of each ZIP are in which state (one query)."""
    rows = ArchivePicture.objects.filter(archive__in=archives).order_by()
    found = {one.pk: dict.fromkeys(PictureState.values, 0) for one in archives}
    for archive_id, state, number in rows.values_list("archive_id", "state").annotate(
        n=Count("pk")
    ):
        found[archive_id][state] = number
    return found


def archives_of(batch: Batch) -> list[tuple[PhotoArchive, dict[str, int]]]:
    """The latest ZIPs of a batch with the states of their files."""
    rows = list(batch.photo_archives.select_related("file", "created_by").order_by("-id")[:10])
    counts = counts_of(rows)
    return [(one, counts[one.pk]) for one in rows]
