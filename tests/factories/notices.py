"""Factories of the bureaus' notices and their receipts."""

from __future__ import annotations

from tests.factories.units import NOW
from units.models import Bureau, Notice, NoticeReceipt, Unit


def notice(bureau: Bureau, **fields: object) -> Notice:
    """A notice of a bureau that has reached nobody yet."""
    values = {
        "title": "关于加强节前电梯检查的通知",
        "text": "请各使用单位于节前完成自查。",
        "audience": "chosen",
        "published_at": NOW,
        "published_by_name": bureau.name,
    }
    return Notice.objects.create(bureau=bureau, **values | fields)


def receipt(of: Notice, unit: Unit, **fields: object) -> NoticeReceipt:
    return NoticeReceipt.objects.create(notice=of, unit=unit, **fields)
