"""Factories of to-dos."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from config.clock import end_of, first_of_month, monday_of
from duties.models import Task
from equipment import subjects
from equipment.models import Equipment, Licence, Station
from tests.factories.units import NOW
from units.models import Unit

KEY = (
    "period_on",
    "unit_id",
    "kind",
    "cadence",
    "level",
    "equipment",
    "licence",
    "station",
    "category",
    "owner",
)


def task(
    subject: Equipment | Licence | Station | Unit,
    day: date = date(2026, 11, 20),
    *,
    state: str = "todo",
    now: datetime = NOW,
    cadence: str = "",
    category: str = "",
    **fields: object,
) -> Task:
    """A to-do in the period that holds `day`; done/missed/waived get the columns their state needs.
    One that the generator has made already is brought to what is asked for.

    Of a machine, a licence or a station: the daily one of its officer. Of a unit: a weekly one (or
    of the `cadence` given) about a `category` (equipment.subjects); level officer, kind inspection,
    assignee and owner as given.
    """
    is_unit = isinstance(subject, Unit)
    cadence = cadence or ("weekly" if is_unit else "daily")
    first, last = span(cadence, day)
    stamps: dict[str, object] = {
        "completed_at": None,
        "missed_at": None,
        "waived_at": None,
        "waive_reason": "",
    }
    if state in {"done", "backfilled"}:
        stamps["completed_at"] = now
    if state in {"missed", "backfilled"}:
        stamps["missed_at"] = end_of(last)
    if state == "waived":
        stamps |= {"waived_at": now, "waive_reason": "设备停用"}
    values = {
        "period_on": first,
        "unit_id": subject.pk if is_unit else subject.unit_id,
        "kind": fields.pop("kind", "inspection"),
        "cadence": cadence,
        "level": fields.pop("level", "officer"),
        "state": state,
        "due_at": end_of(last),
        "created_at": now,
        **{**stamps, **_about(subject, category), **fields},
    }
    key = {name: values.get(name) for name in KEY}
    made, is_new = Task.objects.get_or_create(**key, defaults=values)
    if not is_new:  # generated at once when the licence, the station or the machine was added
        for name, value in values.items():
            setattr(made, name, value)
        made.save()
    return made


def span(cadence: str, day: date) -> tuple[date, date]:
    """The first and last day of the period that holds a day."""
    if cadence == "weekly":
        monday = monday_of(day)
        return monday, monday + timedelta(days=6)
    if cadence == "monthly":
        first = first_of_month(day)
        return first, first_of_month(first + timedelta(days=31)) - timedelta(days=1)
    return day, day


def _about(subject: Equipment | Licence | Station | Unit, category: str) -> dict[str, object]:
    if isinstance(subject, Equipment):
        return {
            "equipment": subject,
            "category": category or subject.category,
            "assignee": subject.officer,
            "unit_kind": "using",
        }
    if isinstance(subject, Licence):
        return {
            "licence": subject,
            "category": category or subject.family_id,
            "assignee": subject.officer,
            "unit_kind": subject.family.unit_kind,
        }
    if isinstance(subject, Station):
        family = subject.licence.family_id if subject.licence else "cylinder_filling"
        return {
            "station": subject,
            "category": category or family,
            "assignee": subject.officer,
            "unit_kind": "filling",
        }
    wanted = category or "lift"
    return {
        "category": wanted,
        "unit_kind": subjects.of(wanted).unit_kind,
        "assignee": None,
    }
