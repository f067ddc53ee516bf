"""Calendar arithmetic in China's one time zone; every function is pure (house rule 6)."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local_day(moment: datetime) -> date:
    """The calendar day in Asia/Shanghai of an aware moment."""
    return moment.astimezone(SHANGHAI).date()


def start_of(day: date) -> datetime:
    """00:00 of a day in Asia/Shanghai."""
    return datetime.combine(day, time.min, tzinfo=SHANGHAI)


def end_of(day: date) -> datetime:
    """24:00 of a day in Asia/Shanghai, that is 00:00 of the next."""
    return start_of(day + timedelta(days=1))


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A clock time of a day in Asia/Shanghai."""
    return datetime.combine(day, time(hour, minute), tzinfo=SHANGHAI)


def monday_of(day: date) -> date:
    """The Monday of the ISO week that holds `day`."""
    return day - timedelta(days=day.weekday())


def first_of_month(day: date) -> date:
    return day.replace(day=1)
