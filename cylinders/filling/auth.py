"""Who sends: a request is signed with the secret of a station's key (HMAC-SHA256).

1. The station signs five lines: method, path with its query, Unix time, SHA-256 of the body, and the
   name of this scheme first, so that a signature can never stand for anything else.
2. A signature is good for five minutes around the server's time. Within them it may be sent again:
   records are known by their own number, so a replayed request changes nothing.
3. Unknown, revoked, of a closed station, wrongly signed: one answer, so that keys cannot be felt for.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from cylinders.filling.refusals import Refused
from cylinders.models import ApiKey
from units.crypto import decrypt
from units.models import User
from units.models.unit import UnitKind

SCHEME = "SHOUZE-HMAC-SHA256"
KEY, TIME, SIGNATURE = "X-Shouze-Key", "X-Shouze-Time", "X-Shouze-Signature"
SKEW_SECONDS = 300
_KEY_ID = re.compile(r"[A-Za-z0-9]{8,32}")
_SECONDS = re.compile(r"[0-9]{1,12}")
# Compared against when there is no such key: an unknown key takes as long as a wrong signature.
_DECOY = "0" * 43


@dataclass(frozen=True)
class Presented:
    """What the headers of a request say."""

    key_id: str
    seconds: str
    signature: str


def read_headers(headers: Mapping[str, str], *, now: datetime) -> Presented:
    """The three headers; Refused 401 when one is missing or the clocks differ too much."""
    missing = [name for name in (KEY, TIME, SIGNATURE) if not headers.get(name)]
    if missing:
        raise Refused(401, "auth_missing", f"缺少请求头：{'、'.join(missing)}。")
    seconds = headers[TIME].strip()
    if not _SECONDS.fullmatch(seconds):
        raise Refused(
            401, "auth_time", f"请求头 {TIME} 应为 Unix 时间（整数秒）。", shows_time=True
        )
    if abs(int(seconds) - now.timestamp()) > SKEW_SECONDS:
        raise Refused(
            401,
            "clock_skew",
            "请求时间与平台时间相差超过 5 分钟，请校准工位系统的时钟。",
            shows_time=True,
        )
    return Presented(headers[KEY].strip(), seconds, headers[SIGNATURE].strip().lower())


def signature_of(secret: str, *, method: str, path: str, seconds: str, body: bytes) -> str:
    """The signature of a request in hexadecimal; `path` carries its query as sent."""
    lines = (SCHEME, method, path, seconds, hashlib.sha256(body).hexdigest())
    return hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()


def authenticate(presented: Presented, *, method: str, path: str, body: bytes) -> ApiKey:
    """The key that signed a request, with its station and unit; Refused 401 for all else."""
    key = _find(presented.key_id)
    secret = decrypt(key.secret_encrypted) if key is not None else _DECOY
    expected = signature_of(secret, method=method, path=path, seconds=presented.seconds, body=body)
    given = presented.signature.encode("utf-8", "replace")
    if not hmac.compare_digest(expected.encode(), given) or key is None:
        raise Refused(
            401,
            "auth_failed",
            "签名验证未通过：请核对密钥编号、密钥和签名方法；密钥可能已停用，或所属工位已停用。",
        )
    return key


def _find(key_id: str) -> ApiKey | None:
    """A key that works: not revoked, its station in use, its unit filling and with an account."""
    if not _KEY_ID.fullmatch(key_id):
        return None
    accounts = User.objects.filter(kind=User.Kind.UNIT, is_active=True, unit_id=OuterRef("unit_id"))
    return (
        ApiKey.objects.active()
        .filter(
            Exists(accounts),
            key_id=key_id,
            station__closed_at=None,
            unit__kinds__contains=[UnitKind.FILLING],
        )
        .select_related("station", "unit")
        .first()
    )
