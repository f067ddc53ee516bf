"""What waits for a unit admin besides the rounds: papers that expire, requests, notices (F73).

Each entry names the list behind it and the very rows that this list shows under its filter, so the
figure is its 共 N 条. An entry shows as soon as its page exists and only to the kinds it concerns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Func, IntegerField, QuerySet, Subquery
from django.urls import NoReverseMatch, reverse

from config.actor import Actor
from config.clock import local_day
from reports.figures import Figure, link
from units import queries_certificates as certificates
from units.models import Unit
from units.models.unit import UnitKind

LICENSED = frozenset({UnitKind.PRODUCTION.value, UnitKind.FILLING.value})


@dataclass(frozen=True)
class Entry:
    """One reminder: `rows` gives what the list of `url_name` shows under `params`."""

    label: str
    url_name: str
    params: tuple[tuple[str, str], ...]
    rows: Callable[[Actor, date], QuerySet]
    kind: str = "is-late"
    kinds: frozenset[str] = frozenset()

    def concerns(self, unit: Unit) -> bool:
        return _exists(self.url_name) and (not self.kinds or bool(self.kinds & set(unit.kinds)))


@dataclass(frozen=True)
class Note:
    """Something that is lacking, which no list can show: a word, a sentence, where to mend it."""

    kind: str
    word: str
    text: str
    url: str
    link_text: str


@dataclass(frozen=True)
class Reminders:
    """The figures that wait, in the order of the table, and what is lacking."""

    figures: list[Figure]
    notes: list[Note]


TABLE: tuple[Entry, ...] = (
    Entry(
        "证书 60 天内到期",
        "units:certificate-list",
        (("expiry", certificates.EXPIRING),),
        lambda actor, day: certificates.expiring(actor, day=day),
    ),
    Entry(
        "证书已过期",
        "units:certificate-list",
        (("expiry", certificates.EXPIRED),),
        lambda actor, day: certificates.expired(actor, day=day),
        "is-danger",
    ),
)


def reminders(actor: Actor, unit: Unit, now: datetime) -> Reminders:
    """The reminders that concern a unit, counted together in one query."""
    day = local_day(now)
    shown = [entry for entry in TABLE if entry.concerns(unit)]
    counts = _count(unit, [entry.rows(actor, day) for entry in shown])
    return Reminders(
        [
            Figure(entry.label, number, link(entry.url_name, **dict(entry.params)), entry.kind)
            for entry, number in zip(shown, counts, strict=True)
        ],
        [],
    )


def _count(unit: Unit, found: list[QuerySet]) -> list[int]:
    """How many rows each queryset has; all of them in one query."""
    if not found:
        return []
    columns = {f"n{index}": _counted(rows) for index, rows in enumerate(found)}
    row = Unit.objects.filter(pk=unit.pk).values(**columns).get()
    return [row[name] for name in columns]


def _counted(rows: QuerySet) -> Subquery:
    count = Func(F("pk"), function="COUNT", output_field=IntegerField())
    return Subquery(rows.order_by().values(rows_found=count))


def _exists(url_name: str) -> bool:
    try:
        reverse(url_name)
    except NoReverseMatch:
        return False
    return True
