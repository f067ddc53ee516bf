"""A station sends the same request twice at once: every record is kept once, both are answered."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from cylinders.enums import FillingKind
from cylinders.filling.take_in import take_in
from cylinders.models import ApiKey, FillingRecord
from tests.factories import cylinders, filling
from tests.threads import begin
from tests.waiting import PATIENCE, until
from tests.world import NOW, World

pytestmark = pytest.mark.django_db(transaction=True)

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def is_awaited() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(WAITING)
        return bool(cursor.fetchone()[0])


def test_the_second_of_two_equal_requests_reads_the_answers(committed_world: World) -> None:
    key = filling.key(filling.station(committed_world.jia))[0]
    named = cylinders.registered(committed_world.jia).qr_url
    rows = [filling.fill(named), filling.fill("https://qp.example.cn/q/none"), filling.fill(named)]

    @transaction.atomic
    def second() -> dict[str, Any]:
        own = ApiKey.objects.select_related("unit", "station").get(pk=key.pk)
        # In another order, as a station that lost its place would.
        return take_in(own, FillingKind.FILL, rows[::-1], now=NOW)

    with transaction.atomic():
        answer = take_in(key, FillingKind.FILL, rows, now=NOW)
        other = begin(second)
        until(is_awaited)  # the other one has judged its rows and waits to write them
    first, again = answer["results"], other.result(PATIENCE)["results"][::-1]
    assert [one["duplicate"] for one in again] == [True, True, True]
    same = [{**one, "duplicate": False, "index": 0} for one in again]
    assert same == [{**one, "index": 0} for one in first]
    assert FillingRecord.objects.count() == 3
