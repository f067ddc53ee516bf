"""The database itself refuses a hazard whose columns do not fit its state."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from hazards.models import Hazard, HazardPhoto
from tests.factories import hazards as made
from tests.world import NOW, TODAY, World

# name of the constraint -> (the state of a sound hazard, what makes it unsound)
BROKEN = [
    ("hazard_known_words", "pending_order", {"severity": "awful"}),
    ("hazard_known_words", "pending_rectification", {"source": "yearly"}),
    ("hazard_ordered_before_rectification", "pending_order", {"source": "weekly"}),
    ("hazard_ordered_before_rectification", "pending_order", {"is_immediate": True}),
    ("hazard_ordered_before_rectification", "pending_rectification", {"state": "pending_order"}),
    (
        "hazard_ordered_before_rectification",
        "pending_rectification",
        {"ordered_at": None, "ordered_by": None, "measures": ""},
    ),
    ("hazard_order_is_complete", "pending_rectification", {"measures": ""}),
    ("hazard_order_is_complete", "pending_rectification", {"due_on": None}),
    ("hazard_order_is_complete", "pending_rectification", {"ordered_by": None}),
    ("hazard_order_is_complete", "pending_order", {"measures": "措施"}),
    ("hazard_rectified_says_how", "rectified", {"result": ""}),
    ("hazard_rectified_says_how", "rectified", {"rectified_at": None}),
    ("hazard_rectified_says_how", "rectified", {"rectified_by": None}),
    ("hazard_rectified_says_how", "reviewed", {"result": ""}),
    ("hazard_rectified_says_how", "pending_rectification", {"result": "已改"}),
    ("hazard_rectified_says_how", "pending_order", {"result_no_photo_reason": "暗"}),
    ("hazard_rectified_says_how", "pending_rectification", {"state": "forgotten"}),
    ("hazard_reviewed_by_somebody", "reviewed", {"reviewed_at": None}),
    ("hazard_reviewed_by_somebody", "reviewed", {"reviewed_by": None}),
    ("hazard_reviewed_by_somebody", "reviewed", {"state": "rectified"}),
    ("hazard_times_in_order", "pending_rectification", {"ordered_at": NOW - timedelta(days=9)}),
    ("hazard_times_in_order", "rectified", {"rectified_at": NOW - timedelta(days=9)}),
    ("hazard_times_in_order", "reviewed", {"reviewed_at": NOW - timedelta(days=9)}),
    ("hazard_times_in_order", "pending_rectification", {"due_on": TODAY - timedelta(days=9)}),
    ("hazard_overdue_had_deadline", "pending_order", {"overdue_at": NOW}),
]


@pytest.mark.parametrize(("name", "state", "change"), BROKEN)
def test_refused(world: World, name: str, state: str, change: dict[str, object]) -> None:
    hazard = made.hazard(world.lift, state=state, director=world.wang)
    for column, value in change.items():
        setattr(hazard, column, value)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        hazard.save()
    assert refused.value.__cause__.diag.constraint_name == name


def test_every_check_constraint_is_tried() -> None:
    checks = {c.name for c in Hazard._meta.constraints if c.name.startswith("hazard_")}
    assert checks - {"hazard_once_an_item"} == {name for name, _, _ in BROKEN}


def test_one_hazard_an_item_of_an_origin(world: World) -> None:
    first = made.hazard(world.lift)
    with pytest.raises(IntegrityError, match="hazard_once_an_item"), transaction.atomic():
        made.hazard(world.lift, origin_code=first.origin_code)


def test_a_photo_hangs_once(world: World) -> None:
    hazard = made.hazard(world.lift)
    photo = made.photo(world.actor(world.li))
    HazardPhoto.objects.create(hazard=hazard, stage="found", photo=photo)
    with pytest.raises(IntegrityError, match="photo_once_a_hazard"), transaction.atomic():
        HazardPhoto.objects.create(hazard=hazard, stage="rectified", photo=photo)
