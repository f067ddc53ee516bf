"""How dated rows read in Chinese."""

from __future__ import annotations

from datetime import timedelta

from django.db.backends.postgresql.psycopg_any import DateRange

from config.words import cn_date


def span(period: DateRange) -> str:
    """2024年1月1日起, or 2024年1月1日至2026年11月19日; the upper bound is the day after the last."""
    first = cn_date(period.lower)
    if period.upper is None:
        return f"{first}起" if first else "长期"
    last = cn_date(period.upper - timedelta(days=1))
    if period.lower == period.upper - timedelta(days=1):
        return f"{first}当天"
    return f"{first}至{last}"
