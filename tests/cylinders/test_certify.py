"""证书生成 (F87, decision 15): numbers, certificates, cylinders; twice, twins, old codes, reprints."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from config.errors import RuleBroken
from cylinders import numbers
from cylinders.actions.certify import certify, is_issuer, reprint
from cylinders.actions.states import scrap
from cylinders.enums import BatchState, Claim, EventKind, Origin, StepName
from cylinders.models import (
    Batch,
    BatchItem,
    Certificate,
    CertificateRevision,
    Cylinder,
    CylinderEvent,
    CylinderKind,
    NumberRule,
)
from cylinders.queries_certificates import cylinders_of_revision
from reports import queries_cylinders as documents
from tests.factories import cylinders as made
from tests.world import NOW, World
from units.models import AuditEntry, OutboxMessage, Region

VIN = "LZZ5CLVB8EA123456"


def approved(unit: object, count: int = 1, **fields: object) -> Batch:
    batch = made.batch(unit, state=BatchState.APPROVED, **fields)
    for _ in range(count):
        made.item(batch)
    return batch


# ------------------------------------------------------------------ numbers
def test_numbers_follow_the_rule_of_their_day_and_count_within_everything_else(
    world: World,
) -> None:
    kind, region = CylinderKind.objects.get(pk="lpg"), Region.objects.get(pk="500103")
    day = date(2026, 11, 20)
    assert numbers.batch_number(day=day) == "QPSQ-20261120-000001"
    assert numbers.batch_number(day=day) == "QPSQ-20261120-000002"
    assert numbers.batch_number(day=date(2026, 11, 21)) == "QPSQ-20261121-000001"
    given = {"kind": kind, "region": region, "day": day}
    assert numbers.certificate_numbers(2, **given) == ["瓶3渝010300001(26)", "瓶3渝010300002(26)"]
    assert numbers.certificate_number(**given) == "瓶3渝010300003(26)"
    assert numbers.certificate_number(**given | {"day": date(2027, 1, 1)}) == "瓶3渝010300001(27)"
    code = numbers.registration_code("瓶3渝010300003(26)", 12, **given)
    assert code == "瓶3渝010300003(26)-000012"


def test_without_a_rule_of_the_day_nothing_is_numbered(world: World) -> None:
    NumberRule.objects.filter(key="batch").delete()
    with pytest.raises(RuleBroken) as broken:
        numbers.batch_number(day=date(2026, 11, 20))
    assert broken.value.code == "no_number_rule"


@pytest.mark.parametrize("pattern", ["QP-{date}", "QP-{date}-{serial}-{serial}", "{what}{serial}"])
def test_a_pattern_counts_exactly_once_and_names_nothing_unknown(pattern: str) -> None:
    with pytest.raises(ValueError, match="count|unknown"):
        numbers.fill(pattern, {"date": "20261120"})


# ------------------------------------------------------------------ certify
def test_an_approved_batch_becomes_cylinders_and_a_certificate(world: World) -> None:
    batch = approved(world.jia, 2)
    removed = made.item(batch, claim=Claim.RELEASED, removed_at=NOW)
    (revision,) = certify(batch, actor=world.actor(world.regulator), now=NOW)

    batch.refresh_from_db()
    assert (batch.state, batch.certified_at) == (BatchState.CERTIFIED, NOW)
    certificate = Certificate.objects.get()
    assert (certificate.unit, certificate.region_id, certificate.kind_id) == (
        world.jia,
        "500103",
        "lpg",
    )
    assert (certificate.revision, certificate.last_serial) == (1, 2)
    assert (revision.added, revision.total, revision.batch) == (2, 2, batch)
    assert (revision.unit_name, revision.issued_by_name) == (batch.unit_name, world.bureau.name)
    first, second = Cylinder.objects.order_by("id")
    item = batch.items.get(number=1)
    assert (item.cylinder, item.claim) == (first, Claim.DONE)
    assert first.registration_code == f"{certificate.number}-000001"
    assert second.registration_code == f"{certificate.number}-000002"
    assert (first.identity, first.qr_url, first.tare) == (item.identity, item.qr_url, item.tare)
    assert first.registered_on == date(2026, 11, 20)
    assert first.ends_on == date(2032, 5, 31)
    event = CylinderEvent.objects.get(cylinder=first)
    assert (event.kind, event.after["使用登记证编号"]) == (
        EventKind.REGISTERED,
        certificate.number,
    )
    removed.refresh_from_db()
    assert (removed.claim, removed.cylinder) == (Claim.RELEASED, None)
    step = batch.steps.get(name=StepName.CERTIFIED)
    assert step.details == {
        "cylinders": 2,
        "certificates": 1,
        "numbers": [certificate.number],
    }
    assert AuditEntry.objects.filter(verb="cylinder_batch.certified").count() == 1
    assert (
        OutboxMessage.objects.filter(recipient=world.jia_admin, kind="cylinder_batch").count() == 1
    )


def test_kinds_and_vehicles_get_certificates_of_their_own(world: World) -> None:
    batch = approved(world.jia, 1)
    made.item(batch, kind_id="seamless_steel", medium="氧气")
    cng = {"kind_id": "vehicle_cng", "medium": "压缩天然气"}
    made.item(batch, **cng, vin=VIN, plate="渝A12345")
    made.item(batch, **cng, vin=VIN, plate="渝A12345")
    made.item(batch, **cng, plate="渝B00001")
    certify(batch, actor=world.actor(world.regulator), now=NOW)
    found = Certificate.objects.order_by("number").values_list("number", "vehicle", "last_serial")
    assert list(found) == [
        ("瓶1渝010300001(26)", "", 1),
        ("瓶3渝010300001(26)", "", 1),
        ("瓶5渝010300001(26)", VIN, 2),
        ("瓶5渝010300002(26)", "渝B00001", 1),
    ]


def test_the_next_batch_is_the_next_revision_and_goes_on_counting(world: World) -> None:
    regulator = world.actor(world.regulator)
    certify(approved(world.jia, 2), actor=regulator, now=NOW)
    Cylinder.objects.filter(registration_code__endswith="-000001").update(state="scrapped")
    (revision,) = certify(approved(world.jia, 3), actor=regulator, now=NOW)
    assert (revision.revision, revision.added, revision.total) == (2, 3, 4)
    assert Certificate.objects.get().last_serial == 5
    certify(approved(world.yi), actor=regulator, now=NOW)
    assert Certificate.objects.filter(unit=world.yi).get().number == "瓶3渝010300002(26)"


def test_existing_cylinders_keep_their_old_code_when_it_is_free(world: World) -> None:
    regulator = world.actor(world.regulator)
    made.registered(world.yi, registration_code="渝3-OLD-9")
    batch = approved(world.jia, 0, origin=Origin.EXISTING)
    for old in ("渝3-OLD-1", "渝3-OLD-9", "渝3-TWICE", "渝3-TWICE", "瓶3渝010300001(26)-000002"):
        made.item(batch, old_code=old)
    certify(batch, actor=regulator, now=NOW)
    codes = batch.items.order_by("number").values_list("cylinder__registration_code", flat=True)
    number = "瓶3渝010300001(26)"
    # Taken or given twice: the next of the certificate, passing over what an old code looks like.
    assert list(codes) == [
        "渝3-OLD-1",
        f"{number}-000001",
        f"{number}-000004",
        f"{number}-000003",
        f"{number}-000002",
    ]
    assert batch.items.get(number=2).cylinder.old_code == "渝3-OLD-9"


def test_a_second_click_finds_it_done_and_changes_nothing(world: World) -> None:
    batch = approved(world.jia, 2)
    regulator = world.actor(world.regulator)
    certify(batch, actor=regulator, now=NOW)
    with pytest.raises(RuleBroken) as broken:
        certify(batch, actor=regulator, now=NOW)
    assert broken.value.message.startswith("该批次的证书已经生成")
    assert (Cylinder.objects.count(), CertificateRevision.objects.count()) == (2, 1)


@pytest.mark.parametrize("same", ["identity", "label"])
def test_a_twin_registered_meanwhile_refuses_the_batch_and_is_named(
    world: World, same: str
) -> None:
    batch = approved(world.jia, 1)
    item = made.item(batch)
    shared = {"product_no": item.product_no} if same == "identity" else {"qr_url": item.qr_url}
    made.registered(world.yi, registration_code="渝-0007", **shared)
    with pytest.raises(RuleBroken) as broken:
        certify(batch, actor=world.actor(world.regulator), now=NOW)
    assert broken.value.code == "twin_registered"
    assert f"第 2 只（{item.manufacturer} {item.product_no}）" in broken.value.message
    assert "渝-0007" in broken.value.message
    batch.refresh_from_db()
    assert (batch.state, Cylinder.objects.count()) == (BatchState.APPROVED, 1)
    assert Certificate.objects.filter(unit=world.jia).count() == 0


@pytest.mark.parametrize("who", ["jia_admin", "far_regulator"])
def test_only_the_bureau_of_the_very_district_certifies_and_reprints(
    world: World, who: str
) -> None:
    other = world.actor(getattr(world, who))
    batch = approved(world.jia)
    with pytest.raises(RuleBroken) as broken:
        certify(batch, actor=other, now=NOW)
    assert broken.value.status == 403
    certify(batch, actor=world.actor(world.regulator), now=NOW)
    with pytest.raises(RuleBroken) as broken:
        reprint(Certificate.objects.get(), reason="遗失", actor=other, now=NOW)
    assert broken.value.status == 403


def test_a_batch_without_cylinders_has_no_certificate(world: World) -> None:
    with pytest.raises(RuleBroken) as broken:
        certify(approved(world.jia, 0), actor=world.actor(world.regulator), now=NOW)
    assert broken.value.code == "no_items"


def test_ten_times_the_cylinders_take_no_more_statements(
    world: World, django_assert_max_num_queries: object
) -> None:
    regulator = world.actor(world.regulator)
    batch = approved(world.jia, 30)
    with django_assert_max_num_queries(40):
        certify(batch, actor=regulator, now=NOW)
    assert BatchItem.objects.filter(claim=Claim.DONE).count() == 30


def test_two_districts_issue_revisions_of_one_certificate(world: World) -> None:
    """One number a unit and kind (decision 15): each bureau finds the certificate it renewed, and has
    its own revision written."""
    first, second = world.actor(world.regulator), world.actor(world.far_regulator)
    certify(approved(world.jia), actor=first, now=NOW)
    assert Certificate.objects.for_actor(second).count() == 0
    (revision,) = certify(approved(world.jia, region="500106"), actor=second, now=NOW)
    one = Certificate.objects.for_actor(second).get()
    assert (one.number, one.revision) == (revision.certificate.number, 2)
    assert not is_issuer(one, second)
    region = documents.region_of(one, revision)
    made_of = [documents.may_issue(who, unit_id=0, region_code=region) for who in (first, second)]
    assert (region, made_of) == ("500106", [False, True])
    assert documents.build_certificate(one, revision, as_of=NOW).region_code == region


# ------------------------------------------------------------------ reprint
def test_a_reprint_is_a_revision_with_its_reason_once(world: World) -> None:
    regulator = world.actor(world.regulator)
    certify(approved(world.jia, 2), actor=regulator, now=NOW)
    certificate = Certificate.objects.get()
    revision = reprint(certificate, reason="遗失补发", actor=regulator, now=NOW, revision=1)
    assert (revision.revision, revision.batch, revision.added, revision.total) == (2, None, 0, 2)
    with pytest.raises(RuleBroken) as broken:
        reprint(certificate, reason="遗失补发", actor=regulator, now=NOW, revision=1)
    assert broken.value.code == "stale"
    with pytest.raises(RuleBroken) as broken:
        reprint(certificate, reason="  ", actor=regulator, now=NOW)
    assert (broken.value.code, broken.value.field) == ("no_reason", "reason")
    assert CertificateRevision.objects.count() == 2


def test_what_is_scrapped_later_stays_in_the_table_of_a_reprint(world: World) -> None:
    """Its PDF may be written days after: the rows are those that the certificate counted."""
    certify(approved(world.jia, 2), actor=world.actor(world.regulator), now=NOW)
    given = {"reason": "遗失补发", "actor": world.actor(world.regulator), "now": NOW}
    revision = reprint(Certificate.objects.get(), **given)
    paper = made.stored(world.jia, "cylinder-event")
    end = {"reason": "破损", "on": NOW.date(), "method": "压扁", "file": paper}
    later = {"actor": world.actor(world.jia_admin), "now": NOW + timedelta(hours=1)}
    scrap([Cylinder.objects.first()], **end, **later)
    assert (revision.total, cylinders_of_revision(revision).count()) == (2, 2)
    again = reprint(Certificate.objects.get(), **given | {"now": NOW + timedelta(hours=2)})
    assert (again.total, cylinders_of_revision(again).count()) == (1, 1)
