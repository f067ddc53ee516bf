"""Stations (工位) of filling units: entering, changing, naming, closing (F17)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from config.actor import Actor
from config.clock import local_day
from config.errors import RuleBroken
from equipment.actions.named import bind, lock_officer, person
from equipment.models import Licence, Station
from equipment.queries_licences import STATION_ROLE
from units import audit, hooks, shape
from units.actions.organisation import STALE, require_organiser
from units.audit import Verb
from units.models import Staff, Unit
from units.models.unit import UnitKind


@dataclass(frozen=True)
class StationFacts:
    """A station as typed or imported, checked."""

    name: str
    number: str
    medium: str
    place: str


def clean_station(*, name: str, number: str, medium: str, place: str = "") -> StationFacts:
    """The facts of one station row, normalised; RuleBroken beside the field."""
    return StationFacts(
        name=shape.line(name, field="name", label="工位名称", longest=60, required=True),
        number=shape.line(number, field="number", label="工位编号", longest=30, required=True),
        medium=shape.line(medium, field="medium", label="充装介质", longest=60, required=True),
        place=shape.line(place, field="place", label="位置", longest=120),
    )


def add_station(
    unit: Unit,
    *,
    name: str,
    number: str,
    medium: str,
    place: str = "",
    licence: Licence | None = None,
    officer: Staff | None = None,
    actor: Actor,
    now: datetime,
) -> Station:
    """Enter a station of a filling unit, with who answers for it from today (None = the pool).

    RuleBroken beside the field: not a filling unit (404), missing text, a number that another
    station in use has, a licence that is closed, foreign or no filling licence, an officer who
    does not fit.
    """
    require_organiser(actor, unit.pk)
    if UnitKind.FILLING not in unit.kinds:
        raise RuleBroken("not_filling", "只有充装单位有工位。", status=404)
    facts = clean_station(name=name, number=number, medium=medium, place=place)
    _refuse_same_number(unit.pk, facts.number, itself=None)
    _check_licence(unit.pk, licence)
    with _double_in_words(facts.number), transaction.atomic():
        day = local_day(now)
        named = _officer(officer, unit.pk, licence, day)
        station = Station.objects.create(
            unit=unit, licence=licence, created_at=now, **asdict(facts)
        )
        if named is not None:
            bind(station, named, day=day, now=now)
        after = {**asdict(facts), "licence": licence.number if licence else ""}
        audit.record(actor, Verb.STATION_ADDED, station, now=now, after=after | person(named))
        hooks.changed([unit.pk], day=day, actor=actor, now=now)
    return station


def change_station(
    station: Station,
    *,
    version: int,
    name: str,
    number: str,
    medium: str,
    place: str = "",
    licence: Licence | None = None,
    officer: Staff | None = None,
    actor: Actor,
    now: datetime,
) -> Station:
    """Change a station as of `version`. RuleBroken: "stale", closed, what add_station refuses."""
    require_organiser(actor, station.unit_id)
    facts = clean_station(name=name, number=number, medium=medium, place=place)
    _refuse_same_number(station.unit_id, facts.number, itself=station.pk)
    _check_licence(station.unit_id, licence)
    with _double_in_words(facts.number), transaction.atomic():
        day = local_day(now)
        is_kept = (officer.pk if officer else None) == station.officer_id
        named = officer if is_kept else _officer(officer, station.unit_id, licence, day)
        station = _fresh(station)
        if station.version != version:
            raise RuleBroken("stale", STALE)
        before, after = audit.set_changed(station, asdict(facts))
        if station.licence_id != (licence.pk if licence else None):
            before["licence"] = station.licence.number if station.licence else ""
            after["licence"] = licence.number if licence else ""
            station.licence = licence
        if not is_kept:
            before |= person(station.officer)
            after |= person(named)
            bind(station, named, day=day, now=now)
        if after:
            station.version += 1
            station.save()
            audit.record(actor, Verb.STATION_CHANGED, station, now=now, before=before, after=after)
            hooks.changed([station.unit_id], day=day, actor=actor, now=now)
    return station


@transaction.atomic
def assign(station: Station, *, officer: Staff | None, actor: Actor, now: datetime) -> Station:
    """Name who answers for a station from today on; None = nobody, the pool does it."""
    require_organiser(actor, station.unit_id)
    day = local_day(now)
    if (officer.pk if officer else None) == station.officer_id:
        return station
    named = _officer(officer, station.unit_id, station.licence, day)
    station = _fresh(station)
    before = person(station.officer)
    bind(station, named, day=day, now=now)
    station.version += 1
    station.save(update_fields=["version"])
    audit.record(actor, Verb.STATION_CHANGED, station, now=now, before=before, after=person(named))
    hooks.changed([station.unit_id], day=day, actor=actor, now=now)
    return station


@transaction.atomic
def close_station(station: Station, *, reason: str, actor: Actor, now: datetime) -> Station:
    """Take a station out of use; who answered for it is released. RuleBroken: no reason, closed."""
    require_organiser(actor, station.unit_id)
    reason = shape.line(reason, field="reason", label="停用原因", longest=200, required=True)
    station = _fresh(station)
    before = person(station.officer)
    day = local_day(now)
    bind(station, None, day=day, now=now)
    station.closed_at = now
    station.close_reason = reason
    station.version += 1
    station.save(update_fields=["closed_at", "close_reason", "version"])
    audit.record(
        actor, Verb.STATION_CLOSED, station, now=now, before=before, after={"reason": reason}
    )
    hooks.changed([station.unit_id], day=day, actor=actor, now=now)
    return station


def _officer(
    officer: Staff | None, unit_id: int, licence: Licence | None, day: date
) -> Staff | None:
    if officer is None:
        return None
    category = licence.family.category if licence is not None else ""
    return lock_officer(officer, unit_id=unit_id, role=STATION_ROLE, category=category, day=day)


def _check_licence(unit_id: int, licence: Licence | None) -> None:
    if licence is None:
        return
    is_fit = licence.unit_id == unit_id and licence.family.unit_kind == UnitKind.FILLING
    if not is_fit or licence.closed_at is not None:
        raise RuleBroken(
            "licence_wrong", "所属许可应为本单位有效的充装许可，请重新选择。", field="licence"
        )


def _refuse_same_number(unit_id: int, number: str, *, itself: int | None) -> None:
    same = Station.objects.open().filter(unit_id=unit_id, number=number).exclude(pk=itself)
    if same.exists():
        raise _number_taken(number)


def _number_taken(number: str) -> RuleBroken:
    return RuleBroken("number_taken", f"已有编号为“{number}”的工位。", field="number")


@contextmanager
def _double_in_words(number: str) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if constraint == "station_number_once":
            raise _number_taken(number) from error
        raise


def _fresh(station: Station) -> Station:
    one = (
        Station.objects.select_for_update(of=("self",), no_key=True)
        .select_related("officer", "licence__family")
        .get(pk=station.pk)
    )
    if one.closed_at is not None:
        raise RuleBroken("closed", f"工位“{one.name}”已停用，不能再修改。")
    return one
