"""Where else a cylinder or its label stands: other applications, registered cylinders (decision 16).

A draft blocks inside its unit only; what was submitted or registered blocks everybody. Of another
unit's cylinder no more is said than that it is another unit's, and the district.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection

from cylinders.models import BatchItem, Cylinder

PIECE = 5_000
_ITEMS, _CYLINDERS = BatchItem._meta.db_table, Cylinder._meta.db_table
# Read with a literal claim, so that the partial unique indexes answer.
_OPEN_ITEMS = f"""
    SELECT i.{{key}}, i.unit_id, i.number, i.product_no, b.number, b.code, r.name
      FROM {_ITEMS} i JOIN cylinders_batch b ON b.id = i.batch_id
      LEFT JOIN units_region r ON r.code = b.region_id
     WHERE i.{{key}} = ANY(string_to_array(%(keys)s, chr(31))) AND i.batch_id IS DISTINCT FROM %(batch)s AND {{which}}
     ORDER BY i.id
"""
_OWN = "i.unit_id = %(unit)s AND i.claim IN ('draft', 'held')"
_FOREIGN = "i.unit_id <> %(unit)s AND i.claim = 'held'"
_REGISTERED = f"""
    SELECT c.{{key}}, c.unit_id, c.registration_code, c.product_no, r.name
      FROM {_CYLINDERS} c JOIN units_region r ON r.code = c.region_id
     WHERE c.{{key}} = ANY(string_to_array(%(keys)s, chr(31))) AND {{which}}
     ORDER BY c.id
"""


def meet(
    identities: Iterable[str], labels: Iterable[str], *, unit_id: int, batch_id: int | None = None
) -> dict[str, str]:
    """Identity or label -> the sentence where the other one is; what stands nowhere is left out.

    `unit_id` is who asks, `batch_id` the application whose own cylinders do not count.
    """
    found: dict[str, str] = {}
    for key, keys in (("identity", identities), ("qr_url", labels)):
        for piece in _pieces(keys):
            # One text: a list of thousands of them takes the server ten times as long to read.
            # No key holds the separator, as normalised text has no control characters.
            given = {"keys": "\x1f".join(piece), "unit": unit_id, "batch": batch_id}
            for which in (_FOREIGN, _OWN):
                for met, *row in _rows(_OPEN_ITEMS.format(key=key, which=which), given):
                    found[met] = _open_sentence(key, unit_id, *row)
            which = "TRUE" if key == "identity" else "c.state <> 'scrapped'"
            for met, *row in _rows(_REGISTERED.format(key=key, which=which), given):
                found[met] = _registered_sentence(key, unit_id, *row)
    return found


def _pieces(keys: Iterable[str]) -> Iterator[list[str]]:
    every = [key for key in dict.fromkeys(keys) if key]
    for start in range(0, len(every), PIECE):
        yield every[start : start + PIECE]


def _rows(statement: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchall()


def _open_sentence(
    key: str,
    asking: int,
    unit_id: int,
    place: int,
    product_no: str,
    number: str,
    code: str,
    region: str | None,
) -> str:
    if unit_id != asking:
        if key == "identity":
            return f"已由另一单位申请使用登记（{region}）"
        return f"二维码标识已用于另一单位申请登记的气瓶（{region}）"
    where = f"申请 {number}" if number else f"草稿 {code}"
    if key == "identity":
        return f"本单位的另一份{where}中已有这只气瓶（序号 {place}），请先在那里移出"
    return f"二维码标识已用于本单位另一份{where}中的气瓶 {product_no}"


def _registered_sentence(
    key: str, asking: int, unit_id: int, registration_code: str, product_no: str, region: str
) -> str:
    if unit_id != asking:
        if key == "identity":
            return f"已由另一单位登记（{region}）"
        return f"二维码标识已用于另一单位登记的气瓶（{region}）"
    if key == "identity":
        return f"本单位已登记这只气瓶（登记代码 {registration_code}），不需要重复办理"
    return f"二维码标识已用于本单位已登记的气瓶 {product_no}（登记代码 {registration_code}）"
