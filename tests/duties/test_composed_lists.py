"""Which checklist a round is answered against, and which versions a to-do accepts (decision 9)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from config.clock import at
from duties.checklists import compose, freeze, versions_in_force
from duties.models import Checklist, ChecklistVersion
from equipment.enums import Category
from tests.factories.checklists import own
from tests.world import NOW, TODAY, World
from units.models import Unit


def custom(unit: Unit, name: str = "物业自定义清单", **fields: Any) -> Checklist:
    """A list enabled this morning at eight unless said otherwise."""
    return own(unit, name, **{"enabled_at": at(TODAY, 8), **fields})


def lift(unit: Unit, moment: datetime) -> list[str]:
    made = compose(unit=unit, category="lift", cadence="daily", at=moment)
    return [item["item"] for item in made.items if item["source"] == "custom"]


@pytest.mark.parametrize("category", Category.values)
def test_every_category_has_a_fixed_daily_list(world: World, category: str) -> None:
    made = compose(unit=world.jia, category=category, cadence="daily", at=NOW)
    fixed = Checklist.objects.get(unit=None, unit_kind="using", category=category, cadence="daily")
    assert [item["key"] for item in made.items] == list(fixed.items.values_list("key", flat=True))
    assert [item["number"] for item in made.items] == list(range(1, len(made.items) + 1))
    assert {item["source"] for item in made.items} == {"fixed"}
    assert len(made.items) >= 10


def test_own_enabled_lists_follow_the_fixed_one(world: World) -> None:
    custom(world.jia, "甲", items=2)
    custom(world.yi, "乙")
    custom(world.jia, "草稿", enabled_at=None)
    custom(world.jia, "旧的", retired_at=at(TODAY, 7))
    custom(world.jia, "去年", period=DateRange(date(2025, 1, 1), date(2026, 1, 1)))
    custom(world.jia, "行车", category="crane")
    made = compose(unit=world.jia, category="lift", cadence="daily", at=NOW)
    fixed = compose(unit=world.yi, category="lift", cadence="daily", at=at(TODAY, 7))
    assert made.items[: len(fixed.items)] == fixed.items
    own = made.items[len(fixed.items) :]
    assert [item["item"] for item in own] == ["甲第1项", "甲第2项"]
    assert [item["number"] for item in own] == [len(fixed.items) + 1, len(fixed.items) + 2]


def test_same_content_has_one_hash_in_every_unit(world: World) -> None:
    one = compose(unit=world.jia, category="lift", cadence="daily", at=NOW)
    other = compose(unit=world.yi, category="lift", cadence="daily", at=NOW)
    assert one.content_hash == other.content_hash
    assert len(one.content_hash) == 64
    boiler = compose(unit=world.jia, category="boiler", cadence="daily", at=NOW)
    assert boiler.content_hash != one.content_hash


def test_enabling_counts_from_its_instant(world: World) -> None:
    custom(world.jia, "甲", enabled_at=at(TODAY, 10), retired_at=at(TODAY, 15))
    assert lift(world.jia, at(TODAY, 10) - timedelta(microseconds=1)) == []
    assert lift(world.jia, at(TODAY, 10)) == ["甲第1项"]
    assert lift(world.jia, at(TODAY, 15)) == []


def accepted(unit: Unit, until: datetime) -> list[int]:
    found = versions_in_force(unit=unit, category="lift", cadence="daily", day=TODAY, until=until)
    return [sum(item["source"] == "custom" for item in made.items) for made in found.values()]


def test_a_form_opened_before_a_change_is_still_accepted(world: World) -> None:
    custom(world.jia, "甲", enabled_at=at(TODAY, 10))
    custom(world.jia, "乙", enabled_at=at(TODAY, 14), items=2)
    assert accepted(world.jia, at(TODAY, 9)) == [0]
    assert accepted(world.jia, at(TODAY, 10)) == [0, 1]
    assert accepted(world.jia, at(TODAY, 18)) == [0, 1, 3]


def test_what_changed_on_another_day_is_not_accepted(world: World) -> None:
    custom(world.jia, "甲", enabled_at=at(TODAY - timedelta(days=1), 10))
    assert accepted(world.jia, at(TODAY, 18)) == [1]
    yesterday = versions_in_force(
        unit=world.jia,
        category="lift",
        cadence="daily",
        day=TODAY - timedelta(days=1),
        until=at(TODAY - timedelta(days=1), 9),
    )
    assert accepted(world.jia, at(TODAY, 9)) != [0]
    assert len(yesterday) == 1


def test_validity_ends_at_midnight(world: World) -> None:
    custom(world.jia, "甲", enabled_at=at(date(2026, 1, 1), 0), period=DateRange(None, TODAY))
    assert lift(world.jia, at(TODAY, 0) - timedelta(microseconds=1)) == ["甲第1项"]
    assert lift(world.jia, at(TODAY, 0)) == []


def test_freezing_twice_makes_one_version(world: World) -> None:
    made = compose(unit=world.jia, category="lift", cadence="daily", at=NOW)
    version = freeze(made, now=NOW)
    assert freeze(made, now=NOW + timedelta(days=1)) == version
    assert ChecklistVersion.objects.count() == 1
    assert version.items == list(made.items)
    assert version.item_count == len(made.items)


def test_a_version_cannot_be_changed(world: World) -> None:
    version = freeze(compose(unit=world.jia, category="lift", cadence="daily", at=NOW), now=NOW)
    version.items = []
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        version.save()
