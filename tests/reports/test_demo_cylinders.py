"""The demo's cylinders: applications at every step, registered ones, a week of filling records."""

from __future__ import annotations

from collections import Counter

import pytest

from cylinders.models import Batch, Certificate, Cylinder, FillingRecord, PhotoCheck
from reports.demo import cast
from tests.reports.small_demo import FILLING, seed, small

pytestmark = pytest.mark.early
__all__ = ["small"]  # a fixture for every test


def test_every_step_has_its_application(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
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
