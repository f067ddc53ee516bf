"""How dates, weeks and phone numbers read in Chinese, on pages, in messages and on forms."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from config.clock import SHANGHAI, monday_of


def _local(value: date | datetime) -> date | datetime:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be shown")
        return value.astimezone(SHANGHAI)
    return value


def cn_date(value: date | datetime | None) -> str:
    """2026年11月20日; empty for None. A moment is read in China's time; a naive one is refused."""
    if not value:
        return ""
    day = _local(value)
    return f"{day.year}年{day.month}月{day.day}日"


def cn_day(value: date | datetime | None) -> str:
    """11月20日; empty for None."""
    if not value:
        return ""
    day = _local(value)
    return f"{day.month}月{day.day}日"


def cn_month(value: date | datetime | None) -> str:
    """2026年11月; empty for None."""
    if not value:
        return ""
    day = _local(value)
    return f"{day.year}年{day.month}月"


def cn_moment(value: datetime | None) -> str:
    """11月20日 09:05, in China's time; empty for None."""
    if not value:
        return ""
    moment = _local(value)
    return f"{moment.month}月{moment.day}日 {moment:%H:%M}"


def cn_datetime(value: datetime | None) -> str:
    """2026年11月20日 09:05, in China's time; empty for None."""
    if not value:
        return ""
    return f"{cn_date(value)} {_local(value):%H:%M}"


def cn_week(value: date | datetime | None) -> str:
    """第47周(11.16–11.22), the ISO week that holds the day; empty for None."""
    if not value:
        return ""
    day = _local(value)
    if isinstance(day, datetime):
        day = day.date()
    first = monday_of(day)
    last = first + timedelta(days=6)
    return f"第{day.isocalendar().week}周({first.month}.{first.day}–{last.month}.{last.day})"


def masked_phone(value: str | None) -> str:
    """138****5678; anything shorter than eleven digits keeps only its last two."""
    text = str(value or "")
    if len(text) >= 11:
        return f"{text[:-8]}****{text[-4:]}"
    return "*" * max(len(text) - 2, 0) + text[-2:]


def plain_number(value: Decimal | None) -> str:
    """4, 1.5: a number without needless zeros; empty for None."""
    return "" if value is None else f"{value.normalize():f}"
