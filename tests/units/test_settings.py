"""单位设置: whether rectified hazards are re-checked (decision 12)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from config.errors import RuleBroken
from tests.world import NOW, World
from units.actions.settings import set_hazard_review
from units.models import AuditEntry


def test_the_admin_settles_it_on_the_account_page(world: World, as_) -> None:
    client = as_(world.jia_admin)
    assert 'name="reviews_hazards" checked' not in client.get(reverse("units:account")).text
    answer = client.post(reverse("units:hazard-review"), {"reviews_hazards": "on"})
    assert answer.url == reverse("units:account")
    world.jia.refresh_from_db()
    assert world.jia.reviews_hazards is True
    assert 'name="reviews_hazards" checked' in client.get(reverse("units:account")).text
    client.post(reverse("units:hazard-review"), {})
    world.jia.refresh_from_db()
    assert world.jia.reviews_hazards is False
    trail = AuditEntry.objects.filter(unit=world.jia, verb="unit.changed").order_by("pk")
    assert [entry.after for entry in trail] == [
        {"reviews_hazards": True},
        {"reviews_hazards": False},
    ]


def test_the_same_again_changes_nothing(world: World) -> None:
    actor = world.actor(world.jia_admin)
    set_hazard_review(world.jia, reviews_hazards=False, actor=actor, now=NOW)
    assert AuditEntry.objects.count() == 0


@pytest.mark.parametrize("who", ["li", "wang", "chen", "yi_admin", "regulator"])
def test_nobody_else_may(world: World, who: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        set_hazard_review(
            world.jia, reviews_hazards=True, actor=world.actor(getattr(world, who)), now=NOW
        )
    assert (refused.value.code, refused.value.status) == ("not_yours", 403)
