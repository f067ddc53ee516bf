"""Factories of cylinders: reference data, applications with their items and photographs, registered
cylinders, settings of districts."""

from __future__ import annotations

import hashlib
import uuid
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from cylinders.enums import BatchState, Claim, EventKind, Origin, PhotoKind
from cylinders.identity import identity_of
from cylinders.models import (
    ArchivePicture,
    Batch,
    BatchItem,
    Certificate,
    CertificateRevision,
    Cylinder,
    CylinderEvent,
    CylinderKind,
    DistrictSetting,
    ItemPhoto,
    PhotoArchive,
)
from cylinders.reference import load
from cylinders.rules import Book, Found, end_of_life, next_inspection
from tests.factories.units import NOW
from units.models import Photo, Region, StoredFile, Unit, User

_serial = count(1)


def reference() -> None:
    """Load cylinders.yaml where it is not there yet (the suite loads it once a session)."""
    if not CylinderKind.objects.exists():
        load()


def setting(region: str = "500103", *, takes_part: bool = True, **fields: Any) -> DistrictSetting:
    """The setting of a district, as its bureau would have made it."""
    made, _is_new = DistrictSetting.objects.update_or_create(
        region_id=region, defaults={"takes_part": takes_part, **fields}
    )
    return made


def batch(
    unit: Unit,
    *,
    state: str = BatchState.DRAFT,
    origin: str = Origin.NEW,
    region: str | None = "500103",
    now: datetime = NOW,
    **fields: Any,
) -> Batch:
    """An application; a state behind 草稿 gets its number and moments. The district takes part."""
    if region is not None and not DistrictSetting.objects.filter(pk=region).exists():
        setting(region)
    number = next(_serial)
    if state != BatchState.DRAFT:
        fields = {
            "number": f"QPSQ-20261120-{900000 + number:06d}",
            "round": 1,
            "submitted_at": now,
        } | fields
    values = {
        "unit_name": unit.name,
        "credit_code": unit.credit_code,
        "address": unit.address or "渝中区民权路1号",
        "legal_representative": "陈责",
        "postcode": "400010",
        "contact_name": "李安",
        "contact_phone": "13800000001",
        "safety_department": "安全管理部",
        "safety_manager": "王总",
        "safety_phone": "023-63800001",
        "created_at": now,
    } | fields
    return Batch.objects.create(
        unit=unit,
        region=None if region is None else Region.objects.get(pk=region),
        origin=origin,
        state=state,
        **values,
    )


def facts(number: int | None = None, **fields: Any) -> dict[str, Any]:
    """Valid facts of one cylinder (an LPG one unless `kind_id` and `medium` say otherwise)."""
    number = next(_serial) if number is None else number
    made = {
        "kind_id": "lpg",
        "medium": "液化石油气",
        "manufacturer": "重庆某钢瓶制造有限公司",
        "maker_licence": "TS2250123-2028",
        "product_no": f"P{number:06d}",
        "model": "YSP35.5",
        "made_on": date(2024, 5, 1),
        "nominal_pressure": Decimal("2.10"),
        "test_pressure": Decimal("3.20"),
        "volume": Decimal("35.50"),
        "wall_thickness": Decimal("3.00"),
        "tare": Decimal("16.50"),
        "qr_url": f"https://qp.example.cn/q/{number:08d}",
        "inner_no": f"N{number:05d}",
        "owner": "",
        "plate": "",
        "vin": "",
        "old_code": "",
        "note": "",
        "last_inspected_on": None,
    } | fields
    found = Book.on(NOW.date()).rule(made["kind_id"], made["medium"])
    assert isinstance(found, Found), found
    made.setdefault("nature", found.nature)
    made.setdefault("life_years", found.life_years)
    made.setdefault(
        "next_inspection_on",
        next_inspection(found, made_on=made["made_on"], last_on=made["last_inspected_on"]),
    )
    made["identity"] = identity_of(made["manufacturer"], made["product_no"], made["made_on"])
    return made


def item(
    in_batch: Batch, *, claim: str | None = None, now: datetime = NOW, **fields: Any
) -> BatchItem:
    """One cylinder of an application; its claim follows the application's state."""
    claims = {
        BatchState.DRAFT: Claim.DRAFT,
        BatchState.CERTIFIED: Claim.DONE,
        BatchState.DECLINED: Claim.RELEASED,
        BatchState.VOIDED: Claim.RELEASED,
    }
    last = in_batch.items.order_by("-number").values_list("number", flat=True).first() or 0
    return BatchItem.objects.create(
        batch=in_batch,
        unit=in_batch.unit,
        number=fields.pop("number", last + 1),
        claim=claim or claims.get(in_batch.state, Claim.HELD),
        created_at=now,
        **{name: fields.pop(name) for name in ("code", "removed_at") if name in fields},
        **facts(**fields),
    )


def stored(unit: Unit, purpose: str, *, now: datetime = NOW) -> StoredFile:
    """A row of a file whose bytes do not lie anywhere."""
    number = next(_serial)
    return StoredFile.objects.create(
        unit=unit,
        purpose=purpose,
        sha256=hashlib.sha256(f"{purpose}{number}".encode()).hexdigest(),
        size=1000,
        content_type="image/jpeg",
        original_name=f"{number}.jpg",
        storage_name=f"none/{uuid.uuid4()}.jpg",
        created_at=now,
    )


def photo(
    of: BatchItem,
    kind: str = PhotoKind.STAMP,
    *,
    of_photo: Photo | None = None,
    now: datetime = NOW,
    **fields: Any,
) -> ItemPhoto:
    """A photograph of a cylinder without bytes; `of_photo` gives a real one (factories.hazards.photo)."""
    made = of_photo or Photo.objects.create(
        unit=of.unit,
        client_uuid=uuid.uuid4(),
        original=stored(of.unit, "cylinder-photo", now=now),
        copy=stored(of.unit, "cylinder-photo", now=now),
        width=64,
        height=48,
        created_at=now,
    )
    values = {"sha256": made.original.sha256, "file_name": f"{of.product_no}.jpg"} | fields
    return ItemPhoto.objects.create(
        item=of, photo=made, kind=kind, added_at=now, added_by_name="李安", **values
    )


def complete_item(in_batch: Batch, **fields: Any) -> BatchItem:
    """A cylinder with the two photographs it needs."""
    made = item(in_batch, **fields)
    photo(made, PhotoKind.STAMP)
    photo(made, PhotoKind.CERTIFICATE if in_batch.origin == Origin.NEW else PhotoKind.REGISTER)
    return made


def photo_archive(in_batch: Batch, user: User, *, now: datetime = NOW) -> PhotoArchive:
    """A ZIP without bytes with one picture that nothing was matched to."""
    made = PhotoArchive.objects.create(
        batch=in_batch,
        unit=in_batch.unit,
        file=stored(in_batch.unit, "cylinder-photo-archive", now=now),
        created_by=user,
        created_at=now,
        touched_at=now,
    )
    ArchivePicture.objects.create(
        archive=made, number=0, name="IMG_0001.jpg", state="unmatched", reason="没有产品编号"
    )
    return made


def certificate(
    unit: Unit, kind: str = "lpg", *, now: datetime = NOW, **fields: Any
) -> Certificate:
    """The certificate of a unit for a kind."""
    number = next(_serial)
    found = Certificate.objects.filter(unit=unit, kind_id=kind, vehicle=fields.get("vehicle", ""))
    if known := found.first():
        return known
    made = Certificate.objects.create(
        unit=unit,
        region=unit.region,
        kind_id=kind,
        created_at=now,
        **({"number": f"瓶3渝中{number:05d}(2026)", "revision": 1} | fields),
    )
    CertificateRevision.objects.create(
        certificate=made,
        revision=made.revision,
        added=1,
        total=1,
        unit_name=unit.name,
        issued_by_name="渝中区市场监督管理局",
        issued_at=now,
    )
    return made


def registered(unit: Unit, *, now: datetime = NOW, **fields: Any) -> Cylinder:
    """A registered cylinder with its certificate and first event."""
    own = {"code", "token", "state", "version", "registered_on", "ends_on", "registration_code"}
    given = {name: fields.pop(name) for name in list(fields) if name in own}
    made = facts(**fields)
    values = {
        "registration_code": f"3500{next(_serial):08d}",
        "registered_on": now.date(),
        "ends_on": end_of_life(made["made_on"], made["life_years"]),
    } | given
    cylinder = Cylinder.objects.create(
        unit=unit,
        region=unit.region,
        certificate=certificate(unit, made["kind_id"], now=now, vehicle=made["vin"]),
        **made,
        **values,
    )
    CylinderEvent.objects.create(
        cylinder=cylinder,
        kind=EventKind.REGISTERED,
        happened_on=now.date(),
        actor_name="渝中区市场监督管理局",
        at=now,
    )
    return cylinder


# ------------------------------------------------------------------ workbooks
def cells(number: int = 1, **changed: Any) -> dict[str, Any]:
    """A good row of the workbook by column name, as people type it; `changed` overrides."""
    made = {
        "kind": "液化石油气钢瓶",
        "medium": "LPG",
        "model": "YSP35.5",
        "manufacturer": "重庆某钢瓶制造有限公司",
        "maker_licence": "TS2250123-2028",
        "product_no": f"A{number:06d}",
        "made_on": "2024-05",
        "nominal_pressure": "2.1",
        "test_pressure": "3.2",
        "volume": "35.5",
        "tare": "16.50",
        "life_years": "8",
        "next_inspection_on": "2028-05-31",
        "qr_url": f"https://qp.example.cn/w/{number:08d}",
        "inner_no": f"{number:05d}",
    }
    return made | changed


def workbook(in_batch: Batch, *rows: dict[str, Any]) -> bytes:
    """A workbook for an application, as its template lays it out."""
    from config.excel import kinds
    from config.excel.kinds import Context
    from cylinders.imports.cylinders import KIND_OF
    from tests.factories.books import book
    from units.loader import load_actor
    from units.models import User

    actor = load_actor(User.objects.get(unit=in_batch.unit, kind="unit"))
    context = Context(actor, NOW, target=in_batch.code)
    return book(kinds.get(KIND_OF[in_batch.origin]), context, *rows).getvalue()


def imported(in_batch: Batch, *rows: dict[str, Any], now: datetime = NOW) -> dict[str, int]:
    """Upload a workbook into an application and confirm its right rows; the counts."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from config.excel import kinds
    from cylinders.imports.cylinders import KIND_OF
    from units import queries_imports
    from units.actions.imports import ask_apply, start_import
    from units.loader import load_actor
    from units.models import User

    actor = load_actor(User.objects.get(unit=in_batch.unit, kind="unit"))
    kind = kinds.get(KIND_OF[in_batch.origin])
    job = start_import(
        kind,
        upload=SimpleUploadedFile("气瓶.xlsx", workbook(in_batch, *rows)),
        target=queries_imports.get_target(actor, kind, in_batch.code),
        actor=actor,
        now=now,
    )
    job, _is_first = ask_apply(job, digest=job.plan_digest, mode="correct", actor=actor, now=now)
    return job.outcome["counts"]
