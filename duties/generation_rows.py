"""Writing down the owed set of a day and bringing what stands in line with it (generation)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import OperationalError, connection, transaction

from config.actor import SYSTEM, Actor
from config.clock import local_day, start_of
from config.errors import RuleBroken
from duties import generation_sql as sql
from duties.calendar import EXEMPTIONS, WAIVERS
from duties.enums import Cadence
from duties.models import Task
from duties.periods import due_of, last_day, period_of
from equipment.models import Equipment
from units import audit

# Arbitrary numbers of advisory locks: generation against changes, and one change a unit.
ROWS_LOCK = 7_403
UNIT_LOCK = 7_405
# Second number of ROWS_LOCK when a run is about everybody; districts have their codes.
EVERYWHERE = 0
# New rows of one change from which the planner is told of them (an import of 10,000 machines).
MANY = 1_000
_LOCK_TIMED_OUT = "55P03"


@dataclass
class Outcome:
    """What generating one day did: rows created, rows that stood already, machines exempt."""

    day: date
    created: int = 0
    existing: int = 0
    # Reason key (duties.calendar.EXEMPTIONS) -> number of machines.
    exempt: dict[str, int] = field(default_factory=dict)
    waived: int = 0
    restored: int = 0
    moved: int = 0

    def lines(self) -> list[str]:
        """The outcome in words, one sentence a line."""
        total = sum(self.exempt.values())
        said = [
            f"{self.day:%Y-%m-%d}：新建 {self.created} 条，已有 {self.existing} 条，免检 {total} 台"
        ]
        said += [
            f"  免检原因：{EXEMPTIONS[key]} {number} 台" for key, number in self.exempt.items()
        ]
        changed = {"转为免检": self.waived, "恢复": self.restored, "调整责任人": self.moved}
        told = [f"{label} {number} 条" for label, number in changed.items() if number]
        return [*said, "  " + "，".join(told)] if told else said

    def add(self, other: Outcome) -> None:
        """Count another part of the same day in."""
        for name in ("created", "existing", "waived", "restored", "moved"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        counts = {key: self.exempt.get(key, 0) + other.exempt.get(key, 0) for key in EXEMPTIONS}
        self.exempt = {key: number for key, number in counts.items() if number}


@dataclass(frozen=True)
class Scope:
    """Whose to-dos: some units, some districts (their codes), or with neither everybody's."""

    units: tuple[int, ...] | None = None
    regions: tuple[str, ...] | None = None


# ------------------------------------------------------------------ generating
def generate(
    day: date,
    *,
    now: datetime,
    unit_ids: Iterable[int] | None = None,
    regions: Iterable[str] | None = None,
) -> Outcome:
    """Make the to-dos of one day exist, for everybody, some districts or some units; repeatable.

    Reads every fact as it was on `day`. Returns what was created, what stood already and how many
    machines are exempt by reason. Joins the caller's transaction if there is one.
    """
    scope = Scope(
        tuple(unit_ids) if unit_ids is not None else None,
        tuple(regions) if regions is not None else None,
    )
    with transaction.atomic():
        take_alone(scope)
        return bring_in_line(scope, day, clock=local_day(now), now=now)


def bring_in_line(
    scope: Scope, day: date, *, clock: date, now: datetime, actor: Actor = SYSTEM
) -> Outcome:
    """Write down the owed set of a day in one scope and bring what stands in line with it.

    `clock` is the day whose facts decide about periods that still run: today, or the day itself
    when missed days are made good in order. Expects the caller's locks and transaction.
    """
    outcome = Outcome(day)
    for facts_day, periods in _by_facts(day, clock).items():
        given = _given(scope, facts_day, periods, clock=clock, now=now)
        is_small = scope.units is not None
        _lay_out(given, is_small=is_small)
        outcome.add(_write(day, given, is_small=is_small, actor=actor, now=now))
    return outcome


def _by_facts(day: date, clock: date) -> dict[date, dict[str, date]]:
    """{day whose facts decide: {cadence: first day of the period that contains `day`}}."""
    found: dict[date, dict[str, date]] = {}
    for cadence in Cadence.values:
        period_on = period_of(cadence, day)
        facts_day = min(max(clock, period_on), last_day(cadence, period_on))
        found.setdefault(facts_day, {})[cadence] = period_on
    return found


def _given(
    scope: Scope, day: date, periods: dict[str, date], *, clock: date, now: datetime
) -> dict[str, object]:
    """The parameters that all statements share; a cadence that is not asked for is None."""
    given: dict[str, object] = {
        "units": list(scope.units) if scope.units is not None else None,
        "regions": list(scope.regions) if scope.regions is not None else None,
        "day": day,
        "now": now,
        # Waived to-dos of periods that are over by then stay waived.
        "moment": now if clock >= local_day(now) else start_of(clock),
        "periods": sorted(set(periods.values())),
        "reasons": json.dumps(WAIVERS, ensure_ascii=False),
        "code_prefix": f"{day.toordinal() % 0x1000:03x}",
    }
    for cadence in Cadence.values:
        period_on = periods.get(cadence)
        given[f"{cadence}_on"] = period_on
        given[f"{cadence}_due"] = due_of(cadence, period_on) if period_on else None
    return given


def _lay_out(given: dict[str, object], *, is_small: bool) -> None:
    """Make the temporary tables: facts of the day, what is owed, what stands."""
    with connection.cursor() as cursor:
        # Compiling these statements costs more than they take.
        cursor.execute("SET LOCAL jit = off")
        if not is_small:
            # A district is a part of the province: its machines are found by index, not by reading
            # everybody's; a small sample tells the planner enough of our own tables.
            cursor.execute(
                "SET LOCAL work_mem = '64MB'; SET LOCAL random_page_cost = 1.1;"
                " SET LOCAL default_statistics_target = 10"
            )
        cursor.execute(sql.DROP)
        for name, statement in (
            ("unit", sql.UNITS),
            ("cover", sql.COVERS),
            ("machine", sql.MACHINES),
            ("owed", sql.OWED),
            ("standing", sql.STANDING),
        ):
            cursor.execute(statement, given)
            if not is_small:
                cursor.execute(f"ANALYZE generation_{name}")
            if name == "machine":
                # From here on tables of ours meet by the many columns of a key, which are hashed
                # faster than they are sorted.
                cursor.execute("SET LOCAL enable_mergejoin = off")


def _write(
    day: date, given: dict[str, object], *, is_small: bool, actor: Actor, now: datetime
) -> Outcome:
    """Insert what is missing, and move, waive and restore what stands."""
    outcome = Outcome(day)
    with connection.cursor() as cursor:
        cursor.execute(sql.COUNT_OWED, given)
        total = cursor.fetchone()[0]
        if given["daily_on"] is not None:
            cursor.execute(sql.INSERT_MACHINES, given)
            outcome.created = cursor.rowcount
            cursor.execute(sql.COUNT_MACHINES)
            counts = dict(cursor.fetchall())
            outcome.exempt = {
                key: counts[key] for key in EXEMPTIONS if key in counts and key != "not_archived"
            }
        cursor.execute(sql.INSERT_OTHERS, given)
        outcome.created += cursor.rowcount
        outcome.existing = total - outcome.created
        if is_small and outcome.created > MANY:
            cursor.execute("ANALYZE duties_task")
        cursor.execute(sql.CHANGES, given)
        if not cursor.rowcount:
            return outcome
        cursor.execute(sql.LOCK_CHANGES)
        waived = _ids(sql.WAIVE, given)
        restored = _ids(sql.RESTORE, given)
        moved = _ids(sql.MOVE, given)
    outcome.waived, outcome.restored = len(waived), len(restored)
    outcome.moved = len(set(moved) - set(restored))
    _tell_waived(waived, actor=actor, now=now)
    return outcome


def _tell_waived(ids: list[int], *, actor: Actor, now: datetime) -> None:
    for at in range(0, len(ids), MANY):
        some = Task.objects.filter(pk__in=ids[at : at + MANY]).order_by("pk")
        audit.record_many(
            actor,
            audit.Verb.TASK_WAIVED,
            [
                (task, None, {"reason": task.waive_reason})
                for task in some.select_related("equipment", "licence__family", "station")
            ],
            now=now,
        )


def _ids(statement: str, given: dict[str, object]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return [row[0] for row in cursor.fetchall()]


# ------------------------------------------------------------------ changes
def refresh_today(
    equipment_ids: Iterable[int], *, day: date, actor: Actor = SYSTEM, now: datetime
) -> Outcome:
    """Bring the to-dos of the units of some machines in line with a change made just now."""
    units = Equipment.objects.filter(pk__in=list(equipment_ids)).values_list("unit_id", flat=True)
    return refresh_units(set(units.order_by()), day=day, actor=actor, now=now)


def refresh_units(
    unit_ids: Iterable[int], *, day: date, actor: Actor = SYSTEM, now: datetime
) -> Outcome:
    """Bring the day's, week's and month's to-dos of some units in line with a change just made.

    Creates what is owed now, moves open to-dos to who does them now (to nobody when released: the
    machine still owes, decision 4), waives open ones that nothing owes any more with one audit row
    each, restores those that are owed again, and gives those not begun the subject's present
    category. A draft that was begun stays with its to-do. Runs in the caller's transaction, after
    the rows are written. Raises RuleBroken("generating") when the day's generation keeps it waiting
    too long.
    """
    units = tuple(sorted(set(unit_ids)))
    if not units:
        return Outcome(day)
    with transaction.atomic():
        wait_for_generation(units)
        return bring_in_line(Scope(units), day, clock=day, now=now, actor=actor)


# ------------------------------------------------------------------ locks
_REGIONS = "SELECT DISTINCT region_id::int FROM units_unit WHERE id = ANY(%s) ORDER BY 1"


def take_alone(scope: Scope) -> None:
    """Take the generation of the scope's districts for oneself until the transaction ends."""
    with connection.cursor() as cursor:
        if scope.regions is None and scope.units is None:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [ROWS_LOCK, EVERYWHERE])
            return
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [ROWS_LOCK, EVERYWHERE])
        named = scope.regions
        regions = _regions(scope.units or ()) if named is None else sorted(map(int, named))
        for region in regions:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [ROWS_LOCK, region])


def _regions(units: Iterable[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_REGIONS, [list(units)])
        return [row[0] for row in cursor.fetchall()]


def wait_for_generation(units: tuple[int, ...]) -> None:
    """Share the locks that `generate` takes alone, then have each unit alone; until commit."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for region in (EVERYWHERE, *_regions(units)):
                cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [ROWS_LOCK, region])
            for unit in units:
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(%s, %s)", [UNIT_LOCK, unit % 2_147_483_647]
                )
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) != _LOCK_TIMED_OUT:
            raise
        raise RuleBroken("generating", "正在生成当天的待办，请一分钟后再试。") from error
