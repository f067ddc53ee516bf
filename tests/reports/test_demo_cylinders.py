"""The demo's cylinders: applications at every step, registered ones, a week of filling records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from django.test import Client

from cylinders.models import Batch, Certificate, Cylinder, FillingRecord, PhotoCheck
from reports.demo import cast, tour_cylinders, tour_duties
from tests.reports.small_demo import FILLING, seed, small
from units.models import User

pytestmark = pytest.mark.early
__all__ = ["small"]  # a fixture for every test


def test_every_step_has_its_application(
    db: None, monkeypatch: pytest.MonkeyPatch, as_: Callable[[User], Client]
) -> None:
    monkeypatch.setattr(cast, "UNITS", FILLING)
    seed(days=0)
    assert Counter(Batch.objects.values_list("state", flat=True)) == {
        "certified": 3, "accepted": 1, "correcting": 1, "submitted": 1, "draft": 1,
    }  # fmt: skip
    assert (Certificate.objects.count(), Cylinder.objects.count()) == (2, 26)
    assert set(Cylinder.objects.values_list("state", flat=True)) == {
        "empty", "full", "at_customer", "stopped", "lost", "inspecting",
    }  # fmt: skip
    kinds = Counter(FillingRecord.objects.values_list("kind", flat=True))
    assert kinds["check"] > kinds["fill"] == kinds["recheck"] > 0
    assert FillingRecord.objects.filter(stops__contains=["stopped"]).exists()
    # Three people, none of them twice; every photograph was looked at long enough.
    for batch in Batch.objects.filter(state="certified"):
        named = {step.name: step.user_id for step in batch.steps.all()}
        assert len({named["accepted"], named["reviewed"], named["approved"]}) == 3
    assert not PhotoCheck.objects.filter(longest_ms__lt=1000).exists()
    _every_page_of_the_tour_opens(as_)


def _every_page_of_the_tour_opens(as_: Callable[[User], Client]) -> None:
    who = {
        "nobody": None,
        "filler": User.objects.get(username="lanyan"),
        "station": tour_duties.people()["station"],
        **tour_cylinders.people(),
    }
    clients = {name: as_(user) if user else Client() for name, user in who.items()}
    pages = [
        *tour_cylinders.unit_pages(),
        *tour_cylinders.phone_pages(),
        *tour_cylinders.bureau_pages(),
        *tour_cylinders.public_pages(),
    ]
    answers = {(slug, name): clients[name].get(url).status_code for slug, name, url in pages}
    assert {page: status for page, status in answers.items() if status != 200} == {}
    assert len(answers) == 41
