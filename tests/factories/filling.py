"""The filling data interface: a filling unit with a key, requests signed with it, rows to send."""

from __future__ import annotations

import json
import time
from datetime import datetime
from itertools import count
from typing import Any

from django.http import HttpResponse
from django.test import Client

from config.actor import SYSTEM
from cylinders.actions.keys import make_key
from cylinders.enums import FillingKind
from cylinders.filling import auth
from cylinders.filling.take_in import take_in
from cylinders.models import ApiKey, FillingRecord
from equipment.models import Station
from tests.factories import cylinders, licences
from tests.factories.units import NOW
from units.models import Unit

_serial = count(1)


def station(unit: Unit, number: str = "1#") -> Station:
    """A station of the unit, which fills from now on."""
    cylinders.reference()
    return licences.station(licences.licensed(unit), number)


def key(of: Station, name: str = "充装秤", now: datetime = NOW) -> tuple[ApiKey, str]:
    """A key of a station and its secret."""
    made = make_key(of, name=name, actor=SYSTEM, now=now)
    return made.key, made.secret


def record(by: ApiKey, named: str, now: datetime = NOW) -> FillingRecord:
    """A filling that a key has sent."""
    answer = take_in(by, FillingKind.FILL, [fill(named, now)], now=now)
    return FillingRecord.objects.get(code=answer["results"][0]["code"])


class Sender:
    """A station's system: signs and sends; `seconds` and `secret` may be made wrong."""

    def __init__(self, made: tuple[ApiKey, str]) -> None:
        self.key, self.secret = made

    def headers(
        self, method: str, path: str, body: bytes, *, seconds: int | None = None
    ) -> dict[str, str]:
        said = str(int(time.time()) if seconds is None else seconds)
        signature = auth.signature_of(
            self.secret, method=method, path=path, seconds=said, body=body
        )
        return {auth.KEY: self.key.key_id, auth.TIME: said, auth.SIGNATURE: signature}

    def post(self, what: str, rows: list[Any], **changes: Any) -> HttpResponse:
        body = json.dumps({"records": rows}).encode()
        path = f"/api/v1/filling/{what}"
        headers = self.headers("POST", path, body)
        return Client().generic("POST", path, body, "application/json", headers=headers | changes)

    def get(self, query: str) -> HttpResponse:
        path = f"/api/v1/filling/cylinders{query and '?'}{query}"
        return Client().get(path, headers=self.headers("GET", path, b""))


def check(named: str, at: datetime = NOW, **fields: Any) -> dict[str, Any]:
    """A 充装前检查 in which everything is well."""
    return {
        "record_id": f"C-{next(_serial)}",
        "cylinder": named,
        "person": "周灌",
        "checked_at": at.isoformat(),
        "appearance": "pass",
        "marking": "pass",
        "valve": "pass",
        "inspection_valid": True,
        "conclusion": "pass",
    } | fields


def fill(named: str, at: datetime = NOW, **fields: Any) -> dict[str, Any]:
    """A 充装记录 of 14.5 kg LPG."""
    return {
        "record_id": f"F-{next(_serial)}",
        "cylinder": named,
        "person": "周灌",
        "started_at": at.isoformat(),
        "ended_at": at.isoformat(),
        "medium": "液化石油气",
        "amount": 14.5,
        "unit": "kg",
    } | fields


def recheck(named: str, at: datetime = NOW, **fields: Any) -> dict[str, Any]:
    """A 充装后复查 in which everything is well."""
    return {
        "record_id": f"R-{next(_serial)}",
        "cylinder": named,
        "person": "周灌",
        "rechecked_at": at.isoformat(),
        "leak": "pass",
        "label": "pass",
        "conclusion": "pass",
    } | fields
