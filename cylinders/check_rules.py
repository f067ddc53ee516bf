"""Pure rules of looking at photographs (F85, D13): how long, which sample, what to compare."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core import signing

from cylinders.enums import CheckStep, PhotoKind, Verdict

# What a single look may count for at most, and how old the page may be that it began with.
LONGEST_LOOK = timedelta(minutes=5)
OLDEST_PAGE = timedelta(hours=2)
LONGEST_REASON = 200
# A district that has set nothing looks as the model's defaults say.
LEAST_SECONDS = Decimal(1)
SAMPLE_PERCENT = 5

REASONS = (
    "产品编号与填报不一致",
    "制造单位与填报不一致",
    "制造年月与填报不一致",
    "充装介质与填报不一致",
    "照片模糊，无法辨认",
    "不是这只气瓶的照片",
    "监检证书未包含这只气瓶",
)

# (field, label) of what a photograph of a kind is compared with; the rest is shown below it.
COMPARED: dict[str, tuple[str, ...]] = {
    PhotoKind.STAMP: (
        "product_no", "manufacturer", "made_on", "medium", "nominal_pressure", "volume",
    ),
    PhotoKind.CERTIFICATE: (
        "product_no", "manufacturer", "made_on", "medium", "model", "maker_licence",
    ),
    PhotoKind.REGISTER: (
        "product_no", "manufacturer", "made_on", "medium", "old_code", "last_inspected_on",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Progress:
    """How far the photographs of a step are looked at; `again` were shown too shortly."""

    total: int
    seen: int
    wrong: int
    again: int

    @property
    def unseen(self) -> int:
        return self.total - self.seen

    @property
    def is_complete(self) -> bool:
        """Every photograph was seen, and long enough."""
        return self.total > 0 and self.unseen == 0 and self.again == 0

    @property
    def sentence(self) -> str:
        """What is still to be done before 完成, "" when nothing is."""
        if self.total == 0:
            return "没有可以审核的照片。"
        left = [f"{self.unseen} 张未审核"] if self.unseen else []
        left += [f"{self.again} 张查看时间太短、需复看"] if self.again else []
        return f"还有 {'，'.join(left)}。" if left else ""


def is_again(verdict: str, longest_ms: int, least_ms: int) -> bool:
    """需复看: held to be right after a look that was shorter than the district's least time.

    A photograph marked 错误 needs a reason instead.
    """
    return verdict == Verdict.CORRECT and longest_ms < least_ms


def sample_size(total: int, percent: int) -> int:
    """How many photographs are looked at again: the percentage rounded up, one at least."""
    return min(total, max(1, -(-total * percent // 100)))


def sample_rank(seed: str, sha256: str) -> str:
    """Where a photograph stands in the draw: the sample are the first ones in this order.

    Anybody can draw it again from the seed and the hashes of the pictures as they were received
    (the database does the same).
    """
    return hashlib.md5(f"{seed}:{sha256}".encode(), usedforsecurity=False).hexdigest()


# ------------------------------------------------------------------ time of a look
_SALT = "cylinders.look"
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def give_out(code: Any, *, step: CheckStep, round_: int, user_id: int | None, now: datetime) -> str:
    """A token that says when this photograph was put before this person; sent with the page."""
    look = [str(code), str(step), round_, user_id, (now - _EPOCH) // _TICK]
    return signing.dumps(look, salt=_SALT)


def given_out_at(
    token: str, code: Any, *, step: CheckStep, round_: int, user_id: int | None, now: datetime
) -> datetime | None:
    """When the page of a look was given out; None for a forged, foreign or old token."""
    try:
        look = signing.loads(token or "", salt=_SALT)
        *about, ticks = look
        at = _EPOCH + ticks * _TICK
    except (signing.BadSignature, TypeError, ValueError, OverflowError):
        return None
    if about != [str(code), str(step), round_, user_id]:
        return None
    return at if now - OLDEST_PAGE <= at <= now else None


def look_ms(
    seen_ms: int | None, *, given_out: datetime | None, last_save: datetime | None, now: datetime
) -> int:
    """What one look counts for in milliseconds.

    In: what the page measured (None without JavaScript), the moment the page was given out (None:
    no valid token) and the person's previous judgement on any photograph. Nobody looks at two
    photographs at once, so a look begins after the previous judgement: of pages opened side by side
    one counts, and a token that has been used counts for nothing.
    """
    if given_out is None or (last_save is not None and given_out < last_save):
        return 0
    bound = min(now - given_out, LONGEST_LOOK) // timedelta(milliseconds=1)
    return max(0, bound if seen_ms is None else min(seen_ms, bound))
