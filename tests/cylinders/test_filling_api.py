"""/api/v1/filling/: who may send, what a request may be, what it is answered (F89)."""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import time
import urllib.request
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from openapi_spec_validator import validate

from config.clock import SHANGHAI
from cylinders.actions.keys import revoke_key
from cylinders.filling import auth, guide
from cylinders.filling.schema import ROWS, Answer, CylinderAnswer, Problem
from cylinders.models import ApiKey, FillingRecord
from equipment.actions.stations import close_station
from tests.factories import cylinders, filling
from tests.factories.filling import Sender
from tests.world import NOW, World

PATH = "/api/v1/filling/fills"


@pytest.fixture
def sender(world: World) -> Sender:
    return Sender(filling.key(filling.station(world.jia)))


def row(**fields: Any) -> dict[str, Any]:
    return filling.fill("https://qp.example.cn/q/none", timezone.now(), **fields)


def said(answer: Any) -> tuple[int, str]:
    """Status and code of a refusal, which is always of the documented form."""
    Problem.model_validate(answer.json())
    assert answer.json()["request_id"] == answer["X-Request-Id"]
    return answer.status_code, answer.json()["code"]


# ------------------------------------------------------------------ who sends
def revoked(sender: Sender, world: World) -> None:
    revoke_key(sender.key, actor=world.actor(world.jia_admin), now=NOW)


def of_a_closed_station(sender: Sender, world: World) -> None:
    actor = world.actor(world.jia_admin)
    close_station(sender.key.station, reason="拆除", actor=actor, now=NOW)


def of_a_unit_that_fills_no_more(sender: Sender, world: World) -> None:
    world.jia.kinds = ["using"]
    world.jia.save()


def of_a_unit_without_account(sender: Sender, world: World) -> None:
    world.jia_admin.is_active = False
    world.jia_admin.save()


def unknown(sender: Sender, world: World) -> None:
    sender.key.key_id = "FKAAAAAAAAAAAAAAAA"


def with_another_secret(sender: Sender, world: World) -> None:
    sender.secret = "wrong"


WRONG_KEYS = (
    revoked, of_a_closed_station, of_a_unit_that_fills_no_more, of_a_unit_without_account,
    unknown, with_another_secret,
)  # fmt: skip


def test_a_key_that_does_not_work_is_always_the_same_answer(world: World, sender: Sender) -> None:
    assert sender.post("fills", [row()]).status_code == 200
    message = "签名验证未通过：请核对密钥编号、密钥和签名方法；密钥可能已停用，或所属工位已停用。"
    for spoil in WRONG_KEYS:
        before = transaction.savepoint()
        key = ApiKey.objects.select_related("station").get(pk=sender.key.pk)
        spoiled = Sender((key, sender.secret))
        spoil(spoiled, world)
        answer = spoiled.post("fills", [row()])
        assert said(answer) == (401, "auth_failed"), spoil.__name__
        assert answer.json()["message"] == message
        transaction.savepoint_rollback(before)
        world.jia.refresh_from_db()
        world.jia_admin.refresh_from_db()
    assert FillingRecord.objects.count() == 1


def test_headers_clock_and_body_must_be_those_that_were_signed(sender: Sender) -> None:
    body = json.dumps({"records": [row()]}).encode()

    def send(headers: dict[str, str], content: bytes = body, path: str = PATH) -> Any:
        return Client().generic("POST", path, content, "application/json", headers=headers)

    now = int(time.time())
    good = sender.headers("POST", PATH, body)
    assert said(send({})) == (401, "auth_missing")
    assert said(send(good | {auth.TIME: "now"})) == (401, "auth_time")
    for seconds in (now - 310, now + 310):
        late = send(sender.headers("POST", PATH, body, seconds=seconds))
        assert said(late) == (401, "clock_skew")
        assert abs(late.json()["server_time"] - now) < 60
    assert said(send(good | {auth.TIME: str(now - 7)})) == (401, "auth_failed")
    assert said(send(good, body.replace(b"14.5", b"15.5"))) == (401, "auth_failed")
    assert said(send(good, path="/api/v1/filling/checks")) == (401, "auth_failed")
    assert said(send(good | {auth.SIGNATURE: "签" * 64})) == (401, "auth_failed")
    assert FillingRecord.objects.count() == 0
    first, again = send(good), send(good)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json()["results"][0] == first.json()["results"][0] | {"duplicate": True}
    assert FillingRecord.objects.count() == 1


def test_who_fails_again_and_again_has_to_wait(sender: Sender) -> None:
    answers = [Client().get("/api/v1/filling/cylinders?code=1") for _ in range(61)]
    assert [one.status_code for one in answers] == [401] * 60 + [429]
    assert said(answers[-1]) == (429, "too_often")
    assert answers[-1]["Retry-After"] == "60"


# ------------------------------------------------------------------ what a request may be
class Unread:
    """A body that must not be touched."""

    def read(self, *_size: int) -> bytes:
        raise AssertionError("the body was read")

    readline = read


def test_a_body_too_long_or_of_unknown_length_is_not_read(sender: Sender) -> None:
    headers = sender.headers("POST", PATH, b"")
    for length, answered in (("104857600", (413, "too_large")), ("", (411, "length_required"))):
        extra = {
            "wsgi.input": Unread(),
            "CONTENT_LENGTH": length,
            "CONTENT_TYPE": "application/json",
        }
        assert said(Client().generic("POST", PATH, headers=headers, **extra)) == answered


BODIES: dict[bytes, tuple[int, str]] = {
    b"{": (400, "json"),
    b"\xff\xfe": (400, "json"),
    b'{"records": [NaN]}': (400, "json"),
    b'{"records": ["\\ud800"]}': (400, "json"),
    b'{"records": ' + b"[" * 100_000: (400, "json"),
    b"[]": (400, "shape"),
    b'{"records": {}}': (400, "shape"),
    b'{"records": [], "station": 1}': (400, "shape"),
    b'{"records": []}': (400, "empty"),
    json.dumps({"records": [1] * 501}).encode(): (413, "too_many"),
}


def test_a_body_that_cannot_be_understood(sender: Sender) -> None:
    found = {}
    for body in BODIES:
        headers = sender.headers("POST", PATH, body)
        answer = Client().generic("POST", PATH, body, "application/json", headers=headers)
        found[body] = said(answer)
    assert found == BODIES


def test_everything_is_answered_in_json(sender: Sender) -> None:
    client = Client(enforce_csrf_checks=True)
    form = client.post(PATH, {"records": "1"})
    assert said(form) == (415, "content_type")
    assert said(client.get(PATH)) == (405, "method")
    assert said(client.put(PATH)) == (405, "method")
    assert said(client.post("/api/v1/filling/cylinders")) == (405, "method")
    assert said(client.get("/api/v1/filling/nothing/here")) == (404, "not_found")
    assert form["Cache-Control"] == "no-store"


def test_odd_values_are_refused_row_by_row_or_kept_clean(sender: Sender) -> None:
    rows = [
        row(person="周\u0000灌\u202e"),
        row(cylinder="x" * 301),
        row(amount=True),
        row(started_at="9999-12-31T23:59:59-23:59"),
        row(started_at="0001-01-01T00:00:00+23:59"),
        row(started_at=1_700_000_000),
        {"record_id": {"a": 1}, "\u0000": 1},
    ]
    answer = sender.post("fills", rows)
    Answer.model_validate(answer.json())
    assert [one["result"] for one in answer.json()["results"]] == [
        "stopped", *["refused"] * (len(rows) - 1),
    ]  # fmt: skip
    assert FillingRecord.objects.get().facts["record"]["person"] == "周灌"


# ------------------------------------------------------------------ asking
def test_a_station_asks_whether_a_cylinder_may_be_filled(world: World, sender: Sender) -> None:
    own, foreign = cylinders.registered(world.jia), cylinders.registered(world.yi)
    car = cylinders.registered(
        world.yi, kind_id="vehicle_cng", medium="压缩天然气", vin="LSVAA49J132047371"
    )

    def ask(query: str) -> tuple[bool, list[str], str | None]:
        answer = sender.get(query)
        assert answer.status_code == 200
        found = CylinderAnswer.model_validate(answer.json())
        shown = found.cylinder.registration_code if found.cylinder else None
        return found.may_fill, [one.code for one in found.stops], shown

    assert ask(f"label={own.qr_url}") == (True, [], own.registration_code)
    assert ask(f"code={own.registration_code}&medium=O2") == (
        False, ["wrong_medium"], own.registration_code,
    )  # fmt: skip
    assert ask(f"label={foreign.qr_url}") == (False, ["foreign"], None)
    assert ask(f"label={car.qr_url}&medium=CNG") == (True, [], car.registration_code)
    assert ask("code=%00<script>") == (False, ["unregistered"], None)
    for query in ("", "label=a&code=b", f"code={'x' * 301}"):
        assert said(sender.get(query)) == (400, "query")


# ------------------------------------------------------------------ the description
def test_the_description_is_a_valid_openapi_document() -> None:
    document = Client().get("/api/v1/filling/openapi.json").json()
    validate(document)
    assert sorted(document["paths"]) == [
        f"/api/v1/filling/{name}" for name in ("checks", "cylinders", "fills", "rechecks")
    ]
    assert document["components"]["schemas"]["FillRow"]["required"] == [
        "record_id", "cylinder", "person", "started_at", "ended_at", "medium", "amount", "unit",
    ]  # fmt: skip


# ------------------------------------------------------------------ the guide for developers
LABEL = "https://qp.example.cn/q/00000001"
WRITTEN_AT = "2026-11-20T09:30:00+08:00"


def example(language: str) -> str:
    """The one example of a language in docs/api-filling.md, as it stands there."""
    found = re.findall(rf"```{language}\n(.*?)```", guide.FILE.read_text("utf-8"), re.S)
    assert len(found) == 1
    return found[0]


def with_key(text: str, sender: Sender) -> str:
    """The example with the two things that a developer has to put in."""
    assert (text.count("FK……"), text.count("……")) == (1, 2)
    return text.replace("FK……", sender.key.key_id).replace("……", sender.secret)


def test_the_python_example_works_as_it_is_written(
    world: World, sender: Sender, monkeypatch: Any, capsys: Any
) -> None:
    cylinders.registered(world.jia, qr_url=LABEL)
    now = timezone.now().astimezone(SHANGHAI).replace(microsecond=0)
    sender.post("checks", [filling.check(LABEL, now)])
    code = with_key(example("python"), sender).replace(WRITTEN_AT, now.isoformat())
    code = code.replace("2026-11-20T09:33:20+08:00", now.isoformat())

    def urlopen(request: urllib.request.Request, timeout: int) -> io.BytesIO:
        assert request.host == "平台地址"
        answer = Client().generic(
            request.method,
            request.selector,
            request.data,
            request.get_header("Content-type"),
            headers=dict(request.header_items()),
        )
        assert answer.status_code == 200, answer.content
        return io.BytesIO(answer.content)

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    exec(code, {})  # noqa: S102  what we tell people to run
    record = FillingRecord.objects.get(record_id="20261120-0001")
    assert ast.literal_eval(capsys.readouterr().out) == {
        "total": 1, "accepted": 1, "stopped": 0, "refused": 0,
        "results": [{
            "index": 0, "record_id": "20261120-0001", "result": "accepted", "duplicate": False,
            "code": record.code, "stops": [], "warnings": [],
        }],
    }  # fmt: skip


def test_the_curl_example_works_as_it_is_written(world: World, sender: Sender) -> None:
    own = cylinders.registered(world.jia, qr_url=LABEL)
    script = with_key(example("sh"), sender).replace("https://平台地址", "")
    told = subprocess.run(
        ["sh", "-euc", 'curl() { printf "%s\\n" "$@"; }\n' + script],
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert told[0:-1:2] == ["-H"] * 3
    headers = dict(one.split(": ", 1) for one in told[1:-1:2])
    answer = Client().get(told[-1], headers=headers)
    assert answer.status_code == 200, answer.content
    assert answer.json()["may_fill"] is True
    assert answer.json()["cylinder"]["registration_code"] == own.registration_code


def test_the_answer_in_the_guide_is_what_comes_back(world: World, sender: Sender) -> None:
    shown = json.loads(example("json"))
    own = cylinders.registered(world.jia)
    late = cylinders.registered(world.jia, next_inspection_on=date(2026, 5, 31))
    now = timezone.now()
    sender.post("checks", [filling.check(one.qr_url, now) for one in (own, late)])
    rows = [
        filling.fill(one.qr_url, now) | {"record_id": f"20261120-000{number}"}
        for number, one in enumerate((own, late, own), 1)
    ]
    del rows[2]["amount"]
    answer = sender.post("fills", rows).json()
    for one, documented in zip(answer["results"][:2], shown["results"], strict=False):
        assert len(one["code"]) == len(documented["code"])
        documented["code"] = one["code"]
    assert answer == shown


def test_the_guide_is_a_page_with_the_fields_of_every_record(client: Client) -> None:
    page = client.get("/filling/interface/").context["guide"]
    assert [part.url for part in page.parts] == [
        f"/api/v1/filling/{name}" for name in ("checks", "fills", "rechecks")
    ]
    assert {part.anchor: [one.name for one in part.fields] for part in page.parts} == {
        kind: list(row.model_fields) for kind, row in ROWS.items()
    }
