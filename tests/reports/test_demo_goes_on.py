"""The demo's story, broken off and taken up again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from config.clock import local_day
from duties.models import Task
from reports.demo import story
from reports.models import IssuedDocument
from tests.reports.small_demo import seed, small

pytestmark = pytest.mark.early
__all__ = ["small"]  # a fixture for every test


def test_a_broken_off_story_goes_on(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    played = story.play
    calls = []

    def breaks(*args: object, **how: object) -> None:
        calls.append(args)
        if len(calls) == 5:  # in the middle of the second day
            raise KeyboardInterrupt
        played(*args, **how)

    monkeypatch.setattr(story, "play", breaks)
    with pytest.raises(KeyboardInterrupt):
        seed()
    assert not IssuedDocument.objects.exists()
    monkeypatch.setattr(story, "play", played)
    said = seed()
    assert said.startswith(f"上次中断，从 {local_day(timezone.now()) - timedelta(days=1)} 继续。")
    assert "演示数据完成" in said
    daily = Task.objects.filter(cadence="daily")
    subject = ("period_on", "equipment", "licence", "station")
    assert daily.values(*subject).distinct().count() == daily.count()
    assert daily.values("period_on").distinct().count() == 3
    assert Task.objects.exclude(cadence="daily").exists()
