"""Which to-dos a unit owes on a day: the rule in plain Python, the measure of the SQL (D1).

`duties.generation` says the same as set-based SQL; a property test holds both equal over random
histories, and the nightly self-check compares what stands in the table with this rule. The facts
(`duties.dated_facts`) are dated rows, read as of the day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from duties.dated_facts import Binding, MachineFacts, UnitFacts
from duties.enums import Cadence, Level, TaskKind
from duties.periods import period_of
from equipment.enums import UseStatus
from equipment.subjects import DIRECTOR_OF, FILLING, OFFICER_OF
from units.models.unit import UnitKind
from units.roles import Role

# Reasons of exemption as shown to people; the SQL returns the keys.
EXEMPTIONS: dict[str, str] = {
    "not_yet_in_use": "设备未投入使用",
    "stopped": "已办理停用手续",
    "scrapped": "已报废注销",
    "suspended": "单位已停产",
    "not_archived": "当日尚未建档",
}
# And of waiving what is not about a machine.
WAIVERS: dict[str, str] = EXEMPTIONS | {
    "closed": "许可或工位已注销",
    "nothing_left": "已没有应检的设备、许可或工位",
    "handed_over": "已改由其他人员负责",
}
# The checklist family of a station that belongs to no licence.
ANY_STATION = "cylinder_filling"
USING, PRODUCING, FILLS = (
    UnitKind.USING.value,
    UnitKind.PRODUCTION.value,
    UnitKind.FILLING.value,
)
DAILY, WEEKLY, MONTHLY = (str(one.value) for one in Cadence)
OFFICER, DIRECTOR, PRINCIPAL = (str(one.value) for one in Level)
INSPECTION, WEEKLY_REPORT, MONTHLY_MINUTES = (str(one.value) for one in TaskKind)


# ------------------------------------------------------------------ machines
@dataclass(frozen=True)
class MachineDay:
    """The facts about one machine on one day that decide about its daily to-do."""

    status: str | None  # a UseStatus value; None = no status row covers the day
    # The day lies in the exempt days of its 停用 / 报废: declared with receipt and file, or
    # confirmed by the bureau, and not objected to (decision 6).
    is_formal: bool = False
    # The day lies in the exempt days of a 停产 of its unit.
    is_suspended: bool = False


def exemption(machine: MachineDay) -> str | None:
    """Return the key of the reason why no daily to-do is owed, or None if it is owed.

    A machine in use owes its round whether or not an officer is bound (decision 4). 停用 and 报废
    exempt only when formal; until then the machine is inspected every day (decision 6, T 附6).
    """
    if machine.status is None:
        return "not_archived"
    if machine.status == UseStatus.NOT_YET_IN_USE:
        return "not_yet_in_use"
    if machine.status in (UseStatus.STOPPED, UseStatus.SCRAPPED) and machine.is_formal:
        return str(machine.status)
    return "suspended" if machine.is_suspended else None


# ------------------------------------------------------------------ what is owed
class Key(NamedTuple):
    """The key of a to-do within its unit (decision 7)."""

    period_on: date
    kind: str
    cadence: str
    level: str
    category: str
    equipment: int | None = None
    licence: int | None = None
    station: int | None = None
    owner: int | None = None


@dataclass(frozen=True)
class Assignee:
    """Who does it: a person, or with None a pool (`pool`: its roles) or nobody (未绑定)."""

    unit_kind: str
    staff: int | None = None
    stands_in_for: int | None = None
    pool: tuple[str, ...] = ()


class Row(NamedTuple):
    """One owed to-do before leave cover; `owner` True = the person is part of the key."""

    unit_kind: str
    kind: str
    cadence: str
    level: str
    category: str
    person: int | None
    is_owned: bool = False
    pool: tuple[str, ...] = ()
    equipment: int | None = None
    licence: int | None = None
    station: int | None = None


@dataclass(frozen=True)
class Subject:
    """What periodic to-dos of a using or production unit are cut by, on one day."""

    unit_kind: str
    value: str
    scope: str
    officers: frozenset[int]

    @property
    def is_directed(self) -> bool:
        """Directors of using units answer for machines that officers are bound to (decision 4)."""
        return self.unit_kind == PRODUCING or bool(self.officers)


def owed(facts: UnitFacts, day: date) -> dict[Key, Assignee]:
    """The owed set of a unit on a day: the daily to-dos of the day, and the weekly and monthly ones
    of the periods that contain it, as the facts of this day have it. Pure."""
    if is_suspended(facts, day):
        return {}
    found: dict[Key, Assignee] = {}
    for row in (*_daily(facts, day), *_periodic(facts, day), *_filling(facts, day)):
        key = Key(
            period_of(row.cadence, day),
            row.kind,
            row.cadence,
            row.level,
            row.category,
            row.equipment,
            row.licence,
            row.station,
            row.person if row.is_owned else None,
        )
        stand_in = _stand_in(facts, row.person, day)
        found[key] = Assignee(
            row.unit_kind,
            stand_in if stand_in is not None else row.person,
            row.person if stand_in is not None else None,
            row.pool if row.person is None else (),
        )
    return found


def is_suspended(facts: UnitFacts, day: date) -> bool:
    """Whether an exempting 停产 of the unit covers the day."""
    return any(
        one.span.holds(day) and one.exempt is not None and one.exempt.holds(day)
        for one in facts.suspensions
    )


def machine_day(machine: MachineFacts, facts: UnitFacts, day: date) -> MachineDay:
    """What `exemption` asks about one machine of the unit."""
    found = next((one for one in machine.statuses if one.span.holds(day)), None)
    if found is None:
        return MachineDay(None)
    is_formal = found.exempt is not None and found.exempt.holds(day)
    return MachineDay(found.status, is_formal, is_suspended(facts, day))


def _bound(bindings: tuple[Binding, ...], day: date) -> int | None:
    return next((one.staff for one in bindings if one.span.holds(day)), None)


def _is_employed(facts: UnitFacts, staff: int, day: date) -> bool:
    ended = facts.ended.get(staff)
    return ended is None or ended > day


def _stand_in(facts: UnitFacts, person: int | None, day: date) -> int | None:
    """Who stands in for a person on a day; one level only, and not somebody who has left."""
    if person is None:
        return None
    return next(
        (
            one.stand_in
            for one in facts.covers
            if one.staff == person
            and one.span.holds(day)
            and _is_employed(facts, one.stand_in, day)
        ),
        None,
    )


def in_post(facts: UnitFacts, role: str, day: date, scope: str = "") -> list[int]:
    """The people who hold a role on a day with a scope that covers a duty category ("" = any)."""
    return sorted(
        {
            post.staff
            for post in facts.posts
            if post.role == role
            and post.span.holds(day)
            and post.covers(scope)
            and _is_employed(facts, post.staff, day)
        }
    )


def _only(people: list[int]) -> int | None:
    return people[0] if len(people) == 1 else None


def _daily(facts: UnitFacts, day: date) -> Iterator[Row]:
    """Every live machine, open licence of a production family and open station."""
    for machine in facts.machines:
        if exemption(machine_day(machine, facts, day)) is None:
            officer = _bound(machine.bindings, day)
            yield Row(
                USING, INSPECTION, DAILY, OFFICER, machine.category, officer, equipment=machine.pk
            )
    for licence in facts.licences:
        if licence.unit_kind == PRODUCING and licence.open.holds(day):
            yield Row(
                PRODUCING,
                INSPECTION,
                DAILY,
                OFFICER,
                licence.family,
                _bound(licence.bindings, day),
                pool=(OFFICER_OF[PRODUCING],),
                licence=licence.pk,
            )
    for station in facts.stations:
        if station.open.holds(day):
            yield Row(
                FILLS,
                INSPECTION,
                DAILY,
                OFFICER,
                station.category,
                _bound(station.bindings, day),
                pool=(OFFICER_OF[FILLS],),
                station=station.pk,
            )


def subjects_on(facts: UnitFacts, day: date) -> list[Subject]:
    """Categories of live machines and families of open production licences, with their officers."""
    found: dict[tuple[str, str, str], set[int]] = {}
    for machine in facts.machines:
        if exemption(machine_day(machine, facts, day)) is None:
            officers = found.setdefault((USING, machine.category, machine.category), set())
            officers |= {_bound(machine.bindings, day)} - {None}
    for licence in facts.licences:
        if licence.unit_kind == PRODUCING and licence.open.holds(day):
            officers = found.setdefault((PRODUCING, licence.family, licence.scope), set())
            officers |= {_bound(licence.bindings, day)} - {None}
    return [Subject(*key, frozenset(officers)) for key, officers in found.items()]


def _periodic(facts: UnitFacts, day: date) -> Iterator[Row]:
    """The weekly and monthly to-dos of using and production units, by category or family."""
    principal = _only(in_post(facts, Role.PRINCIPAL, day))
    for subject in subjects_on(facts, day):
        kind, value = subject.unit_kind, subject.value
        role = DIRECTOR_OF[kind]
        directors = in_post(facts, role, day, subject.scope)
        for cadence in (WEEKLY, MONTHLY):
            for officer in subject.officers:
                yield Row(kind, INSPECTION, cadence, OFFICER, value, officer, True)
            if kind == PRODUCING and not subject.officers:
                pool = (OFFICER_OF[kind],)
                yield Row(kind, INSPECTION, cadence, OFFICER, value, None, pool=pool)
            for director in directors if subject.is_directed else ():
                yield Row(kind, INSPECTION, cadence, DIRECTOR, value, director, True)
        for director in directors if subject.is_directed else ():
            yield Row(kind, WEEKLY_REPORT, WEEKLY, DIRECTOR, value, director, True)
        by_principal = (kind, INSPECTION, MONTHLY, PRINCIPAL, value, principal)
        yield Row(*by_principal, pool=(Role.PRINCIPAL,))
        if not directors:
            by_principal = (kind, WEEKLY_REPORT, WEEKLY, PRINCIPAL, value, principal)
            yield Row(*by_principal, pool=(Role.PRINCIPAL,))
        minutes = (kind, MONTHLY_MINUTES, MONTHLY, PRINCIPAL, value, None)
        yield Row(*minutes, pool=(role, Role.PRINCIPAL))


def _filling(facts: UnitFacts, day: date) -> Iterator[Row]:
    """The weekly and monthly to-dos of a filling unit: one a level, whatever it holds."""
    has_station = any(one.open.holds(day) for one in facts.stations)
    has_licence = any(one.unit_kind == FILLS and one.open.holds(day) for one in facts.licences)
    if not (has_station or has_licence):
        return
    role = DIRECTOR_OF[FILLS]
    directors = in_post(facts, role, day)
    principal = _only(in_post(facts, Role.PRINCIPAL, day))
    for cadence in (WEEKLY, MONTHLY):
        pool = (OFFICER_OF[FILLS],)
        yield Row(FILLS, INSPECTION, cadence, OFFICER, FILLING, None, pool=pool)
        if directors:
            by_director = (FILLS, INSPECTION, cadence, DIRECTOR, FILLING, _only(directors))
            yield Row(*by_director, pool=(role,))
    by_principal = (FILLS, INSPECTION, MONTHLY, PRINCIPAL, FILLING, principal)
    yield Row(*by_principal, pool=(Role.PRINCIPAL,))
    level, author, pool = (
        (DIRECTOR, _only(directors), (role,))
        if directors
        else (PRINCIPAL, principal, (Role.PRINCIPAL,))
    )
    yield Row(FILLS, WEEKLY_REPORT, WEEKLY, level, FILLING, author, pool=pool)
    minutes = (FILLS, MONTHLY_MINUTES, MONTHLY, PRINCIPAL, FILLING, None)
    yield Row(*minutes, pool=(role, Role.PRINCIPAL))
