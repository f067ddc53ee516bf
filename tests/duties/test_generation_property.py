"""The SQL and the plain rule agree over random histories, day by day and caught up at once (D1)."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from config.clock import at
from duties import facts, generation
from duties.calendar import owed
from duties.dated_facts import UnitFacts
from duties.models import GenerationCursor, Task
from duties.periods import due_of, period_of
from tests.duties import histories

# Month ends and Mondays; a leap day; ISO week 53 over the turn of the year.
STARTS = (date(2026, 11, 26), date(2028, 2, 25), date(2026, 12, 26), date(2027, 8, 30))
LENGTH = 10
# Histories that are generated together: a day costs hardly more for five units than for one.
TOGETHER = 5


def standing(unit_id: int, day: date) -> dict[tuple, tuple]:
    """The to-dos of the periods that contain a day, as the rule would put them; waived ones out."""
    rows = Task.objects.filter(unit_id=unit_id).exclude(state="waived")
    return {
        (
            task.period_on,
            task.kind,
            task.cadence,
            task.level,
            task.category,
            task.equipment_id,
            task.licence_id,
            task.station_id,
            task.owner_id,
        ): (task.unit_kind, task.assignee_id, task.stands_in_for_id, task.due_at)
        for task in rows
        if task.period_on == period_of(task.cadence, day)
    }


def expected(known: UnitFacts, day: date) -> dict[tuple, tuple]:
    return {
        tuple(key): (
            who.unit_kind,
            who.staff,
            who.stands_in_for,
            due_of(key.cadence, key.period_on),
        )
        for key, who in owed(known, day).items()
    }


def everything() -> set[tuple]:
    """What has to be equal whichever way it came about: all to-dos that are not waived."""
    return set(
        Task.objects.exclude(state="waived").values_list(
            "unit_id",
            "period_on",
            "kind",
            "cadence",
            "level",
            "category",
            "equipment_id",
            "licence_id",
            "station_id",
            "owner_id",
            "assignee_id",
            "stands_in_for_id",
            "due_at",
            "state",
        )
    )


def start_before(first: date) -> None:
    """Everything before the first day is generated and closed."""
    before = first - timedelta(days=1)
    GenerationCursor.objects.update_or_create(
        region_id="500103", defaults={"generated_until": before, "closed_until": before}
    )


@pytest.mark.django_db
@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(dice=st.randoms(use_true_random=False), first=st.sampled_from(STARTS))
def test_day_by_day_is_the_rule_and_catching_up_is_the_same(dice: Random, first: date) -> None:
    with transaction.atomic():
        written = [histories.write(dice, first, LENGTH) for _ in range(TOGETHER)]
        units = [history.unit.pk for history in written]
        start_before(first)
        for number in range(LENGTH):
            day = first + timedelta(days=number)
            generation.run_due(now=at(day, 0, 5))
            for history in written:
                for save in history.later.get(day, ()):
                    save()
                if day in history.later:
                    generation.refresh_units([history.unit.pk], day=day, now=at(day, 10))
            for unit_id, known in facts.load(units).items():
                assert standing(unit_id, day) == expected(known, day), day
        stepwise = everything()

        Task.objects.all().delete()
        start_before(first)
        generation.run_due(now=at(day, 18))
        assert everything() == stepwise
        transaction.set_rollback(True)
