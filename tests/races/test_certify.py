"""证书生成 at the same time: no number twice, no cylinder twice, revisions one after the other."""

from __future__ import annotations

import pytest

from cylinders.actions.certify import certify, reprint
from cylinders.models import Batch, Certificate, CertificateRevision, Cylinder
from tests.factories import certificates as issued
from tests.factories import cylinders as made
from tests.threads import told_at_once
from tests.world import NOW, World
from units.models import Unit

pytestmark = pytest.mark.django_db(transaction=True)


def mixed(unit: Unit) -> Batch:
    batch = issued.approved(unit, 2)
    made.item(batch, kind_id="seamless_steel", medium="氧气")
    return batch


def test_certificates_issued_at_once_take_turns(committed_world: World) -> None:
    world = committed_world
    given = {"actor": world.actor(world.regulator), "now": NOW}
    # Two units, two batches of one of them, and one of these twice.
    first, second, other = mixed(world.jia), mixed(world.jia), mixed(world.yi)
    batches = (first, first, second, other)
    told = told_at_once(*[lambda batch=batch: certify(batch, **given) for batch in batches])
    assert sorted(told) == ["", "", "", "wrong_state"]
    numbers = Certificate.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [f"瓶{variety}渝01030000{n}(26)" for variety in (1, 3) for n in (1, 2)]
    assert Cylinder.objects.count() == 9
    lpg = Certificate.objects.get(unit=world.jia, kind="lpg")
    revisions = CertificateRevision.objects.filter(certificate=lpg).order_by("revision")
    assert list(revisions.values_list("revision", "added", "total")) == [(1, 2, 2), (2, 2, 4)]

    told = told_at_once(*[lambda: reprint(lpg, reason="遗失", revision=2, **given)] * 2)
    assert sorted(told) == ["", "stale"]
    assert revisions.count() == 3
