"""config.prepared: a list compiled once finds what Django's own query finds, for any values."""

from __future__ import annotations

import pytest
from django.core.exceptions import EmptyResultSet
from django.db import ProgrammingError, connection
from django.db.models import CharField, Count, Q
from django.test.utils import CaptureQueriesContext

from config.prepared import Given, Prepared
from tests.factories import units as people
from units.models import Staff, Unit

pytestmark = pytest.mark.django_db

WANTED = Q(unit_id=Given("unit")) & Q(name__in=[Given("name", CharField()), "李四"])


def test_objects_with_their_relations_for_two_sets_of_values() -> None:
    first, second = people.unit("甲公司"), people.unit("乙公司")
    for unit in (first, second):
        for name in ("张三", "李四", "王五"):
            people.staff(unit, name, "safety_officer")
    prepared = Prepared(Staff.objects.select_related("unit").filter(WANTED).order_by("-pk"))
    for unit, name, found in (
        (first, "王五", ["王五", "李四"]),
        (second, "张三", ["李四", "张三"]),
    ):
        rows = prepared.rows(unit=unit.pk, name=name)
        assert [one.name for one in rows] == found
        assert {one.unit.name for one in rows} == {unit.name}
        assert rows == list(
            Staff.objects.filter(unit=unit, name__in=[name, "李四"]).order_by("-pk")
        )


def test_counted_values_and_json_read_as_python() -> None:
    unit = people.unit("甲公司")
    people.staff(unit, "张三", "safety_officer")
    prepared = Prepared(
        Unit.objects.filter(pk=Given("unit"))
        .values("name", "kinds", "region__settings")
        .annotate(number=Count("staff"))
    )
    expected = {"name": "甲公司", "kinds": unit.kinds, "region__settings": unit.region.settings}
    assert prepared.rows(unit=unit.pk) == [{**expected, "number": 1}]
    assert prepared.rows(unit=0) == []


def test_the_second_run_is_one_query_and_does_not_remember_the_first() -> None:
    unit = people.unit("甲公司")
    prepared = Prepared(Staff.objects.filter(WANTED))
    assert prepared.rows(unit=unit.pk, name="张三") == []
    officer = people.staff(unit, "张三", "safety_officer")
    with CaptureQueriesContext(connection) as captured:
        assert prepared.rows(unit=unit.pk, name="张三") == [officer]
    assert len(captured) == 1


def test_a_filter_that_nothing_fits_asks_nothing() -> None:
    prepared = Prepared(Staff.objects.filter(pk__in=()))
    assert prepared.rows() == []
    with pytest.raises(EmptyResultSet):
        prepared.statement()


def test_a_placeholder_that_nobody_fills_in_is_an_error() -> None:
    with pytest.raises(KeyError, match="name"):
        Prepared(Staff.objects.filter(WANTED)).rows(unit=1)
    with pytest.raises(ProgrammingError, match="Given"):
        list(Staff.objects.filter(WANTED))
