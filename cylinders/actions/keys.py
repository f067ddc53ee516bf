"""Keys of the filling data interface: made for a station, shown once, revoked at once (F89)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from config.actor import Actor
from config.codes import new_code
from config.errors import RuleBroken
from cylinders.models import ApiKey
from equipment.models import Station
from units import audit, shape
from units.audit import Verb
from units.crypto import encrypt
from units.roles import Can

KEYS_MOST = 5
_KEY_LETTERS = 16


@dataclass(frozen=True)
class Made:
    """A new key with its secret, which is never to be had again."""

    key: ApiKey
    secret: str


@transaction.atomic
def make_key(station: Station, *, name: str, actor: Actor, now: datetime) -> Made:
    """Make a key for a station in use; what it is for tells the keys of a station apart.

    RuleBroken: no name, a name that a working key of the station has (a second click), five working
    keys, a closed station. The audit row has the key's number, never the secret.
    """
    _require(actor, station.unit_id)
    name = shape.line(name, field="name", label="用途", longest=60, required=True)
    # Two clicks at once take turns at the station.
    station = Station.objects.select_for_update(of=("self",), no_key=True).get(pk=station.pk)
    if station.closed_at is not None:
        raise RuleBroken("closed", f"工位“{station.name}”已停用，不能建立密钥。", field="station")
    working = list(station.api_keys.active().values_list("name", flat=True))
    if name in working:
        raise RuleBroken(
            "name_taken",
            f"工位“{station.name}”已有用途为“{name}”的密钥；密钥没有记下的，请停用它再建立新的。",
            field="name",
        )
    if len(working) >= KEYS_MOST:
        raise RuleBroken(
            "keys_many",
            f"工位“{station.name}”已有 {KEYS_MOST} 个有效密钥，请先停用不再使用的。",
            field="station",
        )
    secret = secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        unit_id=station.unit_id,
        station=station,
        name=name,
        key_id=f"FK{new_code(_KEY_LETTERS)}",
        secret_encrypted=encrypt(secret),
        created_at=now,
        created_by_name=actor.name,
    )
    after = {"station": station.number, "name": name, "key_id": key.key_id}
    audit.record(actor, Verb.API_KEY_ADDED, key, now=now, unit_id=key.unit_id, after=after)
    return Made(key, secret)


@transaction.atomic
def revoke_key(key: ApiKey, *, actor: Actor, now: datetime) -> ApiKey:
    """End a key at once: the next request that it signs is refused. RuleBroken: revoked already."""
    _require(actor, key.unit_id)
    key = (
        ApiKey.objects.select_for_update(of=("self",), no_key=True)
        .select_related("station")
        .get(pk=key.pk)
    )
    if key.revoked_at is not None:
        raise RuleBroken("revoked", f"密钥“{key.name}”已经停用，无需再停用。")
    key.revoked_at = now
    key.revoked_by_name = actor.name
    key.save(update_fields=["revoked_at", "revoked_by_name"])
    after = {"station": key.station.number, "name": key.name, "key_id": key.key_id}
    audit.record(actor, Verb.API_KEY_REVOKED, key, now=now, unit_id=key.unit_id, after=after)
    return key


def _require(actor: Actor, unit_id: int) -> None:
    if actor.kind != "system" and not (actor.can(Can.FILLING_KEY) and actor.unit_id == unit_id):
        raise RuleBroken("not_allowed", "只有本单位管理员可以管理接口密钥。", status=403)
