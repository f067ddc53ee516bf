"""Writing the cylinders of an approved application in sets: certificates, codes, rows, first events."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, connection, transaction

from config.actor import Actor
from config.codes import new_code, new_codes
from config.errors import RuleBroken
from cylinders import numbers
from cylinders.enums import Claim, CylinderState, EventKind
from cylinders.models import (
    Batch,
    BatchItem,
    Certificate,
    Cylinder,
    CylinderKind,
)
from cylinders.models.batch import BatchItemQuerySet
from cylinders.models.certificate import new_certificate_token
from cylinders.models.cylinder import new_token
from cylinders.models.facts import FACTS
from cylinders.rules import end_of_life

# A kind, and the vehicle of 车用 cylinders: what a certificate is issued for.
Key = tuple[str, str]

_SET = "unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::date[])"
_NAMES = "item_id, code, token, registration_code, certificate_id, ends_on"
_INSERT = f"""
    INSERT INTO cylinders_cylinder ({", ".join(FACTS)}, code, token, unit_id, region_id,
        certificate_id, registration_code, registered_on, ends_on, state, version)
    SELECT {", ".join(f"i.{column}" for column in FACTS)}, u.code, u.token, i.unit_id, %s,
        u.certificate_id, u.registration_code, %s, u.ends_on, %s, 1
    FROM {_SET} AS u ({_NAMES}) JOIN cylinders_batchitem i ON i.id = u.item_id
    ORDER BY i.number
"""
_CLOSE = """
    UPDATE cylinders_batchitem i SET claim = %s, cylinder_id = c.id
    FROM unnest(%s::bigint[], %s::text[]) AS u (item_id, code)
    JOIN cylinders_cylinder c ON c.code = u.code
    WHERE i.id = u.item_id
"""
_EVENTS = """
    INSERT INTO cylinders_cylinderevent
        (cylinder_id, kind, before, after, reason, happened_on, actor_name, at)
    SELECT c.id, %s, '{}'::jsonb,
        jsonb_build_object('使用登记证编号', n.number, '气瓶使用登记代码', c.registration_code),
        '', %s, %s, %s
    FROM cylinders_cylinder c JOIN cylinders_certificate n ON n.id = c.certificate_id
    WHERE c.code = ANY(%s)
    ORDER BY c.id
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """One cylinder of a batch as far as numbering needs it."""

    pk: int
    key: Key
    old_code: str
    ends_on: date


def lock_unit(unit_id: int) -> None:
    """One change of a unit's certificates at a time; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"cylinder-certificates:{unit_id}"],
        )


def standing_of(batch: Batch) -> list[Standing]:
    """The cylinders that will be registered, in their order."""
    kinds = {kind.pk: kind for kind in CylinderKind.objects.order_by("pk")}
    ends: dict[tuple[date, int], date] = {}
    rows = []
    for pk, kind, vin, plate, old_code, made_on, years in (
        _held(batch)
        .order_by("number")
        .values_list("pk", "kind_id", "vin", "plate", "old_code", "made_on", "life_years")
    ):
        if (made_on, years) not in ends:
            ends[made_on, years] = end_of_life(made_on, years)
        vehicle = (vin or plate)[:20] if kinds[kind].is_vehicle else ""
        rows.append(Standing(pk, (kind, vehicle), old_code, ends[made_on, years]))
    return rows


def refuse_twins(batch: Batch) -> None:
    """Refuse a cylinder or a label that is registered by now: which one, and what to do."""
    mine = _held(batch).order_by()
    registered = Cylinder.objects.select_related("region").order_by("pk")
    what = "制造单位、产品编号、制造年月相同的气瓶"
    twin = registered.filter(identity__in=mine.values("identity")).first()
    if twin is None:
        what = "使用同一二维码标识的气瓶"
        labelled = registered.exclude(state=CylinderState.SCRAPPED)
        twin = labelled.filter(qr_url__in=mine.values("qr_url")).first()
    if twin is None:
        return
    # Which of ours it is: the label may hang on a cylinder with another number.
    ours = mine.filter(identity=twin.identity).first() or mine.filter(qr_url=twin.qr_url).first()
    raise RuleBroken(
        "twin_registered",
        f"第 {ours.number} 只（{ours.manufacturer} {ours.product_no}）不能登记：{what}已在"
        f"{twin.region.name}登记，登记代码 {twin.registration_code}。证书没有生成；"
        "请退件，由单位去掉该瓶后重新申请。",
    )


def certificates_for(
    keys: set[Key], batch: Batch, *, day: date, now: datetime
) -> dict[Key, Certificate]:
    """The certificate of each kind and vehicle, in the order of the kinds.

    New ones are numbered kind by kind in that order: two bureaus wait for each other's counters
    and never in a circle.
    """
    kinds = {kind.pk: kind for kind in CylinderKind.objects.filter(pk__in={k for k, _ in keys})}
    known = Certificate.objects.filter(unit_id=batch.unit_id, kind__in=kinds).select_related("kind")
    found = {(one.kind_id, one.vehicle): one for one in known}
    made = []
    for kind_id in sorted(kinds):
        vehicles = sorted(v for kind, v in keys if kind == kind_id and (kind, v) not in found)
        numbered = numbers.certificate_numbers(
            len(vehicles), kind=kinds[kind_id], region=batch.region, day=day
        )
        made += [
            Certificate(
                code=new_code(),
                token=new_certificate_token(),
                unit_id=batch.unit_id,
                region_id=batch.region_id,
                kind=kinds[kind_id],
                vehicle=vehicle,
                number=number,
                created_at=now,
            )
            for vehicle, number in zip(vehicles, numbered, strict=True)
        ]
    Certificate.objects.bulk_create(made, batch_size=1000)
    found.update({(one.kind_id, one.vehicle): one for one in made})
    return {key: found[key] for key in sorted(keys)}


def register(
    batch: Batch,
    standing: list[Standing],
    certificates: dict[Key, Certificate],
    *,
    actor: Actor,
    day: date,
    now: datetime,
) -> None:
    """Write the cylinders, close the items and begin each cylinder's history.

    `last_serial` of the certificates is counted on in memory; the caller saves it.
    """
    pks = [row.pk for row in standing]
    codes = new_codes(len(standing), len(new_code()))
    sets = [
        pks,
        codes,
        new_codes(len(standing), len(new_token())),
        _registration_codes(batch, standing, certificates, day=day),
        [certificates[row.key].pk for row in standing],
        [row.ends_on for row in standing],
    ]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_INSERT, [batch.region_id, day, CylinderState.EMPTY.value, *sets])
    except IntegrityError as taken:
        # Registered between our look and our write: the cylinder, or its old code as another's.
        refuse_twins(batch)
        raise RuleBroken(
            "codes_taken", "另一批次刚刚使用了相同的登记代码，证书没有生成，请再点一次“证书生成”。"
        ) from taken
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, [Claim.DONE.value, pks, codes])
        cursor.execute(_EVENTS, [EventKind.REGISTERED.value, day, actor.name[:120], now, codes])


def _held(batch: Batch) -> BatchItemQuerySet:
    return BatchItem.objects.standing().filter(batch=batch, claim=Claim.HELD)


def _registration_codes(
    batch: Batch,
    standing: list[Standing],
    certificates: dict[Key, Certificate],
    *,
    day: date,
) -> list[str]:
    """A code for every cylinder: its old one when it is free, else the next of its certificate.

    A number that somebody's old code happens to look like is passed over.
    """
    wanted = Counter(row.old_code for row in standing if row.old_code)
    kept = {code for code, times in wanted.items() if times == 1} - _taken(list(wanted))
    found = {row.pk: row.old_code for row in standing if row.old_code in kept}
    book = numbers.CodeBook.on(day, region=batch.region)
    series = {key: book.of(one.number, kind=one.kind) for key, one in certificates.items()}
    waiting = [row for row in standing if row.pk not in found]
    while waiting:
        tried = {}
        for row in waiting:
            certificates[row.key].last_serial += 1
            tried[row.pk] = series[row.key].at(certificates[row.key].last_serial)
        taken = _taken(list(tried.values())) | kept
        found.update({pk: code for pk, code in tried.items() if code not in taken})
        waiting = [row for row in waiting if row.pk not in found]
    return [found[row.pk] for row in standing]


def _taken(codes: list[str]) -> set[str]:
    if not codes:
        return set()
    held = Cylinder.objects.filter(registration_code__in=codes).order_by()
    return set(held.values_list("registration_code", flat=True))
