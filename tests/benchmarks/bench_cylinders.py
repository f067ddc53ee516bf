"""Gas cylinders. The import of 10,000 rows × 20 columns against the bare read of the same file by
calamine (at most 4× for reading, cleaning and every check), linear to 50,000 rows under 250 MB.

The peak is that of a child process which does nothing but the dry run of 50,000 rows.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.excel.kinds import Context
from cylinders.imports.cylinders import CYLINDERS
from cylinders.models import Batch, Cylinder, FillingRecord, ItemPhoto, PhotoCheck
from tests.benchmarks.bench_todo_page import reachable, served
from tests.benchmarks.importing import (
    MORE_ROWS,
    ROWS,
    fits_into_memory,
    straight_line,
    ten_thousand,
)
from tests.benchmarks.measure import best_of, compare, say
from tests.factories import cylinders as make
from tests.factories import filling, workbooks
from tests.factories import units as people
from tests.world import NOW, World

SLOWEST = 4.0
# The filling interface: 500 rows a request, so many requests of each of four stations at once.
FILLING_ROWS, REQUESTS = 500, 8
REGISTERED = 100_000
LEAST_FILLING_RATE = 500


def context_of(world: World, batch: Batch) -> Context:
    return Context(world.actor(world.jia_admin), NOW, target=batch.code)


def test_ten_thousand_cylinders(world: World) -> None:
    batch = make.batch(world.jia)
    content, context = workbooks.many_cylinders(ROWS), context_of(world, batch)
    assert ten_thousand(CYLINDERS, content, context, batch.items.count) <= SLOWEST


def test_fifty_thousand_are_a_straight_line(world: World) -> None:
    few, many = workbooks.many_cylinders(ROWS), workbooks.many_cylinders(MORE_ROWS)
    straight_line(CYLINDERS, few, many, context_of(world, make.batch(world.jia)))


@pytest.mark.django_db(transaction=True)
def test_fifty_thousand_fit_into_memory(committed_world: World, tmp_path: Path) -> None:
    batch = make.batch(committed_world.jia)
    path = tmp_path / "cylinders.xlsx"
    path.write_bytes(workbooks.many_cylinders(MORE_ROWS).getvalue())
    fits_into_memory(CYLINDERS, path, batch.code)


# ------------------------------------------------------------------ 审核附件
PHOTOS_EACH, MOST_QUERIES = 3, 10


def copies(table: str, of: object, how_many: int, **changed: str) -> None:
    """INSERT … SELECT of one row so often (`n`), with these columns as SQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = %s AND table_schema = 'public' AND column_name <> 'id'",
            [table],
        )
        given = {name: f"t.{name}" for (name,) in cursor.fetchall()} | changed
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(given)}) SELECT {', '.join(given.values())}"
            f"  FROM {table} t, generate_series(1, {how_many}) AS n WHERE t.id = %s",
            [of],
        )


def photographed(world: World) -> Batch:
    """A submitted batch of 10,000 cylinders with three photographs each, half of them looked at."""
    batch = make.batch(world.jia, state="submitted")
    item = make.item(batch, number=0)
    photo = make.photo(item)
    many = ROWS * PHOTOS_EACH
    copies(
        "cylinders_batchitem", item.pk, ROWS, id="5000000 + n", number="n", code="'b' || n",
        product_no="'X' || n", identity="'X' || n", qr_url="'https://x.cn/' || n",
    )  # fmt: skip
    copies(
        "units_photo", photo.photo_id, many, id="6000000 + n", code="gen_random_uuid()",
        client_uuid="gen_random_uuid()",
    )  # fmt: skip
    copies(
        "cylinders_itemphoto", photo.pk, many, id="7000000 + n", photo_id="6000000 + n",
        item_id=f"5000000 + (n + {PHOTOS_EACH - 1}) / {PHOTOS_EACH}", sha256="md5(n::text)",
    )  # fmt: skip
    judged = PhotoCheck.objects.create(
        photo=photo, step="accept", round=1, verdict="correct", longest_ms=1500, seen_ms=1500,
        user=world.regulator, user_name="受理", first_at=NOW, last_at=NOW,
    )  # fmt: skip
    copies("cylinders_photocheck", judged.pk, many // 2, photo_id="7000000 + n")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return batch


def test_the_review_page_of_ten_thousand_cylinders(world: World) -> None:
    make.reference()
    batch = photographed(world)
    client = Client()
    client.force_login(world.regulator, backend="units.auth.ShouzeBackend")
    url = reverse("cylinders:check", args=[batch.code])
    half = ROWS * PHOTOS_EACH // 2

    def bare() -> None:
        rows = ItemPhoto.objects.filter(item__batch=batch, item__removed_at=None, removed_at=None)
        rows.aggregate(n=Count("pk"))

    def save() -> None:
        form = client.get(f"{url}?at={half}").context["form"]
        given = {name: form[name].value() for name in ("photo", "token", "verdict")}
        headers = {"HX-Request": "true"}
        client.post(f"{url}save/", {**given, "at": half, "go": "next"}, headers=headers)

    baseline = best_of(bare)
    for name, call in {
        "page 1": lambda: client.get(f"{url}?at=1"),
        f"page {half}": lambda: client.get(f"{url}?at={half}"),
        "page and 下一页": save,
        "审核情况": lambda: client.get(f"{url}result/"),
    }.items():
        with CaptureQueriesContext(connection) as caught:
            call()
        say(f"{name} of 30,000 photographs: {len(caught)} queries")
        compare(f"{name} vs counting the photographs", best_of(call, 3), baseline)
        if name.startswith("page ") and name[-1].isdigit():
            assert len(caught) <= MOST_QUERIES
    Batch.objects.filter(pk=batch.pk).update(
        state="accepted", accepted_at=NOW, sample_seed="bench", sample_percent=5
    )
    url = reverse("cylinders:sample", args=[batch.code])
    with CaptureQueriesContext(connection) as caught:
        client.get(f"{url}?at=700")
    say(f"a page of the sample: {len(caught)} queries")
    compare("a page of the sample", best_of(lambda: client.get(f"{url}?at=700"), 3), baseline)
    assert len(caught) <= MOST_QUERIES


# ------------------------------------------------------------------ the filling interface
def many_cylinders(first: Cylinder, number: int) -> None:
    """Copies of a registered cylinder, each with numbers and a label of its own."""
    own = {
        "id": "nextval(pg_get_serial_sequence('cylinders_cylinder', 'id'))",
        "code": "'C' || n",
        "token": "'token-' || n",
        "identity": "'bench|' || n",
        "registration_code": "'BENCH' || n",
        "qr_url": "'https://qp.example.cn/bench/' || n",
    }
    names = [field.column for field in Cylinder._meta.concrete_fields]
    chosen = ", ".join(own.get(name, f"one.{name}") for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO cylinders_cylinder ({', '.join(names)}) SELECT {chosen}"
            " FROM cylinders_cylinder one, generate_series(1, %s) n WHERE one.id = %s",
            [number, first.pk],
        )
        cursor.execute("ANALYZE cylinders_cylinder")


def a_batch(start: int, kind: str) -> list[dict[str, object]]:
    now = timezone.now()
    rows = []
    for number in range(start, start + FILLING_ROWS):
        named = f"https://qp.example.cn/bench/{number % REGISTERED + 1}"
        rows.append(getattr(filling, kind)(named, now))
    return rows


def send(port: int, sender: filling.Sender, what: str, rows: list[dict[str, object]]) -> None:
    body = json.dumps({"records": rows}).encode()
    path = f"/api/v1/filling/{what}"
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json", **sender.headers("POST", path, body)}
    asked.request("POST", path, body, headers)
    answer = json.loads(asked.getresponse().read())
    asked.close()
    assert answer["accepted"] == len(rows), str(answer)[:500]


def sent_by_all(port: int, senders: list[filling.Sender], what: str, kind: str) -> float:
    """Rows a second while every station sends its requests one after another."""
    work = {
        number: [a_batch((number * REQUESTS + one) * FILLING_ROWS, kind) for one in range(REQUESTS)]
        for number in range(len(senders))
    }
    failed: list[BaseException] = []

    def station(number: int) -> None:
        try:
            for rows in work[number]:
                send(port, senders[number], what, rows)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=station, args=(number,)) for number in work]
    began = time.perf_counter()
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    taken = time.perf_counter() - began
    assert failed == []
    return len(senders) * REQUESTS * FILLING_ROWS / taken


def bare_insert() -> float:
    """Rows a second of the very rows that were sent, copied by one INSERT for each 500 of them."""
    names = [field.column for field in FillingRecord._meta.concrete_fields if field.name != "id"]
    chosen = ", ".join(
        "'again-' || record_id" if name == "record_id" else "'Z' || id" if name == "code" else name
        for name in names
    )
    keys = list(FillingRecord.objects.order_by("pk").values_list("pk", flat=True))
    began = time.perf_counter()
    for start in range(0, len(keys), FILLING_ROWS):
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO cylinders_fillingrecord ({', '.join(names)}) SELECT {chosen}"
                " FROM cylinders_fillingrecord WHERE id = ANY(%s)",
                [keys[start : start + FILLING_ROWS]],
            )
    return len(keys) / (time.perf_counter() - began)


@pytest.mark.django_db(transaction=True)
def test_filling_rows_a_second(tmp_path: Path) -> None:
    unit = people.unit("充装速度测试有限公司", kinds=("filling",))
    people.account("unit", "filling", unit)
    senders = [
        filling.Sender(filling.key(filling.station(unit, f"{number}#"))) for number in range(4)
    ]
    many_cylinders(make.registered(unit), REGISTERED)
    with served("config.settings.test", tmp_path) as port:
        reachable(port)
        send(port, senders[0], "checks", a_batch(0, "check"))  # warm up
        checks = sent_by_all(port, senders, "checks", "check")
        fills = sent_by_all(port, senders, "fills", "fill")
    bare = bare_insert()
    say(f"充装前检查: {checks:.0f} rows/s, 充装记录: {fills:.0f} rows/s with 2 workers")
    say(f"bare INSERT of the same rows: {bare:.0f} rows/s, ratio {bare / fills:.1f}")
    assert min(checks, fills) >= LEAST_FILLING_RATE
