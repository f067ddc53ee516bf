"""Reading filling records and interface keys: the unit its own, a bureau those of its subtree (F89)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from config.actor import Actor
from config.clock import end_of, start_of
from config.search import with_words
from config.words import cn_datetime
from cylinders.enums import FillingKind, Stop
from cylinders.filling.schema import ROWS, title_of
from cylinders.models import ApiKey, Cylinder, FillingRecord
from cylinders.queries_archive import get_cylinder
from equipment.models import Station
from equipment.queries import Word
from equipment.queries_licences import has_stations

LIST_DAYS, DAYS_MOST = 7, 92
RECENT = 5
_VERDICTS = {"pass": "合格", "fail": "不合格"}
_UNITS = {"m3": "m³"}
# Said on the page elsewhere.
_APART = {"record_id", "cylinder", "unit"}


# ------------------------------------------------------------------ keys
def keys(actor: Actor) -> QuerySet[ApiKey]:
    """The keys of the actor's unit, those that work first."""
    found = ApiKey.objects.for_actor(actor).select_related("station")
    return found.order_by("-revoked_at", "station__number", "-id")


def get_key(actor: Actor, code: str) -> ApiKey:
    """One key of the actor's unit; Http404 for a foreign one."""
    found = ApiKey.objects.for_actor(actor).filter(code=code).first()
    if found is None:
        raise Http404(f"no key {code}")
    return found


def key_word(key: ApiKey) -> Word:
    """使用中, 已停用, or that its station is closed and the key with it."""
    if key.revoked_at is not None:
        return Word("neutral", "已停用")
    if key.station.closed_at is not None:
        return Word("neutral", "工位已停用")
    return Word("done", "有效")


def stations(actor: Actor) -> QuerySet[Station]:
    """The stations in use of the actor's unit."""
    return Station.objects.for_actor(actor).open().order_by("number")


# ------------------------------------------------------------------ records
def receives_records(actor: Actor) -> bool:
    """Whether 充装记录 concerns the actor: a filling unit or a bureau."""
    return actor.kind != "unit" or has_stations(actor)


@dataclass(frozen=True)
class Filter:
    """What the list is narrowed to; both days count."""

    first: date
    last: date
    station: str = ""
    kind: str = ""
    stopped: bool = False
    keyword: str = ""


def records(actor: Actor, asked: Filter) -> QuerySet[FillingRecord]:
    """The records of a list page, the latest first."""
    found = FillingRecord.objects.for_actor(actor).filter(
        occurred_at__gte=start_of(asked.first), occurred_at__lt=end_of(asked.last)
    )
    if asked.station:
        found = found.filter(station__code=asked.station)
    if asked.kind:
        found = found.filter(kind=asked.kind)
    if asked.stopped:
        found = found.exclude(stops=[])
    columns = ["record_id", "cylinder_ref", "cylinder__product_no", "cylinder__registration_code"]
    if actor.kind == "bureau":
        columns += ["unit__name", "station__name"]
    return _whole(with_words(found, asked.keyword, *columns))


def of_cylinder(actor: Actor, cylinder: Cylinder) -> QuerySet[FillingRecord]:
    """What the actor may see of the fillings of one cylinder, the latest first."""
    return _whole(FillingRecord.objects.for_actor(actor).filter(cylinder=cylinder))


def recent_of(actor: Actor, cylinder: Cylinder) -> list[FillingRecord]:
    """The latest few, for the cylinder's own page (cylinders/_fillings.html)."""
    return list(of_cylinder(actor, cylinder)[:RECENT])


def _whole(found: QuerySet[FillingRecord]) -> QuerySet[FillingRecord]:
    return found.select_related("unit", "station", "cylinder").order_by("-occurred_at", "-id")


def get_record(actor: Actor, code: str) -> FillingRecord:
    """One record with what its page shows; Http404 for a foreign one."""
    found = (
        FillingRecord.objects.for_actor(actor)
        .select_related("unit", "station", "key", "cylinder")
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404(f"no filling record {code}")
    return found


def shows_cylinder(actor: Actor, record: FillingRecord) -> bool:
    """Whether the actor may open the page of the record's cylinder (a foreign one: no)."""
    if record.cylinder is None:
        return False
    try:
        get_cylinder(actor, record.cylinder.code)
    except Http404:
        return False
    return True


# ------------------------------------------------------------------ words
def word(record: FillingRecord) -> Word:
    """禁止充装, 不合格, 有提醒, 正常."""
    if record.stops:
        return Word("danger", "禁止充装")
    if record.facts["record"].get("conclusion") == "fail":
        return Word("late", "不合格")
    if record.facts["warnings"]:
        return Word("late", "有提醒")
    return Word("done", "正常")


def causes(record: FillingRecord) -> str:
    """The hard stops in short: 超过检验有效期、充装介质不符."""
    return "、".join(Stop(stop).label for stop in record.stops)


def amount(record: FillingRecord) -> str:
    """14.5 kg; "" for what is no filling."""
    facts = record.facts["record"]
    if "amount" not in facts:
        return ""
    return f"{facts['amount']:g} {_UNITS.get(facts['unit'], facts['unit'])}"


def number_of(record: FillingRecord, actor: Actor) -> str:
    """What a person calls the cylinder: product number of an own one, else as the station sent it."""
    one = record.cylinder
    if one is None or (actor.kind == "unit" and one.unit_id != actor.unit_id):
        return record.cylinder_ref
    return one.product_no


def facts_of(record: FillingRecord) -> list[tuple[str, str]]:
    """Every field of the record with its name; what was not sent reads 未填."""
    sent = dict(record.facts["record"])
    if "amount" in sent:
        sent["amount"] = amount(record)
    names = [name for name in ROWS[FillingKind(record.kind)].model_fields if name not in _APART]
    return [(title_of(record.kind, name), _shown(name, sent.get(name))) for name in names]


def _shown(name: str, value: Any) -> str:
    if value is None or value == "":
        return "未填"
    if isinstance(value, bool):
        return "是" if value else "否"
    if name.endswith("_at"):
        return cn_datetime(datetime.fromisoformat(value))
    if isinstance(value, float):
        return f"{value:.10g}"
    return _VERDICTS.get(value, value)


def default_days(day: date) -> dict[str, str]:
    """What the list shows when nobody asked for days: the last seven."""
    return {"first": (day - timedelta(days=LIST_DAYS - 1)).isoformat(), "last": day.isoformat()}
