"""Generation of to-dos as set-based SQL, one statement a rule (F47, decisions 4, 6, 7, 8).

How a day comes about:

1. Beat (or a person) only wakes `run_due`; which days are due is read from GenerationRun.
2. `generate(day)` is one INSERT … SELECT over the dated rows as they were on that day, in the order
   of the key, with ON CONFLICT on the key of decision 7. Any number of runs, one after another or
   at the same time, make the same set: a second session waits for the first one's rows and skips
   them. A run that is killed leaves nothing; the next one starts over.
3. `close_expired` turns what is open behind its due time into 漏检 in one UPDATE.
4. `refresh_today` repeats rule 2 for a few machines whose binding or status has just changed, moves
   their open to-dos to the present officer, waives what is no longer owed, restores what is again.
5. A change that meets `generate` waits for it (an advisory lock: changes share it, generation has
   it alone), for neither would see the rows of the other: a machine stopped just then would keep
   its to-do, one moved to another category would get a second.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import OperationalError, connection, transaction
from django.db.models import F, Max

from config.actor import SYSTEM, Actor
from config.clock import end_of, local_day
from config.errors import RuleBroken
from duties.calendar import EXEMPTIONS
from duties.closing import close_expired
from duties.models import GenerationRun, Task
from units import audit

# Days that a platform which was switched off makes good by itself.
CATCH_UP_DAYS = 35
# Arbitrary number of the advisory lock that serialises `run_due` (not `generate`).
RUN_LOCK = 7_401
# And of the one that keeps `generate` and `refresh_today` apart.
ROWS_LOCK = 7_403
# New rows of one change from which the planner is told of them (an import of 10,000 machines).
MANY = 1_000
_LOCK_TIMED_OUT = "55P03"

# Every machine with what decides about its day: the reason of exemption, or NULL if it owes.
_MACHINE_DAYS = """
    SELECT e.id AS equipment_id, e.unit_id, e.category, b.staff_id,
           CASE WHEN s.status IS NULL THEN 'not_archived'
                WHEN s.status = 'not_yet_in_use' THEN 'not_yet_in_use'
                WHEN s.status IN ('stopped', 'scrapped')
                     AND s.exempt_period @> %(day)s::date THEN s.status
                WHEN p.id IS NOT NULL THEN 'suspended'
           END AS exemption
      FROM equipment_equipment e
      LEFT JOIN equipment_statusperiod s ON s.equipment_id = e.id AND s.period @> %(day)s::date
      LEFT JOIN equipment_suspensionperiod p ON p.unit_id = e.unit_id
           AND p.period @> %(day)s::date AND p.exempt_period @> %(day)s::date
      LEFT JOIN equipment_officerbinding b ON b.equipment_id = e.id AND b.period @> %(day)s::date
     WHERE (%(units)s::bigint[] IS NULL OR e.unit_id = ANY(%(units)s))
       AND (%(machines)s::bigint[] IS NULL OR e.id = ANY(%(machines)s))
"""

_INSERT_DAILY = f"""
    INSERT INTO duties_task (code, period_on, unit_id, unit_kind, kind, cadence, level, equipment_id, category,
                             owner_id, assignee_id, state, due_at, waive_reason, created_at)
    SELECT left(replace(gen_random_uuid()::text, '-', ''), 16), %(day)s::date, m.unit_id,
           'using', 'inspection', 'daily', 'officer', m.equipment_id, m.category, NULL, m.staff_id,
           'todo', %(due)s, '', %(now)s
      FROM ({_MACHINE_DAYS}) m
     WHERE m.exemption IS NULL
       AND NOT EXISTS (SELECT 1 FROM duties_task t
                        WHERE t.period_on = %(day)s::date AND t.equipment_id = m.equipment_id
                          AND t.kind = 'inspection' AND t.cadence = 'daily')
     ORDER BY m.unit_id, m.equipment_id
    ON CONFLICT ON CONSTRAINT task_key DO NOTHING
"""

_COUNT_DAILY = f"""
    SELECT coalesce(m.exemption, ''), count(*) FROM ({_MACHINE_DAYS}) m GROUP BY 1
"""

_MOVE = f"""
    UPDATE duties_task t SET assignee_id = m.staff_id
      FROM ({_MACHINE_DAYS}) m
     WHERE t.equipment_id = m.equipment_id AND t.cadence = 'daily' AND t.due_at > %(now)s
       AND t.state IN ('todo', 'in_progress', 'awaiting_signature')
       AND t.assignee_id IS DISTINCT FROM m.staff_id
    RETURNING t.id
"""

_WAIVE = f"""
    UPDATE duties_task t SET state = 'waived', waived_at = %(now)s,
           waive_reason = (%(reasons)s::jsonb ->> m.exemption)
      FROM ({_MACHINE_DAYS}) m
     WHERE t.equipment_id = m.equipment_id AND t.cadence = 'daily'
       AND t.period_on = %(day)s::date AND m.exemption IS NOT NULL
       AND t.state IN ('todo', 'in_progress', 'awaiting_signature')
    RETURNING t.id
"""

_RESTORE = f"""
    UPDATE duties_task t SET waived_at = NULL, waive_reason = '', assignee_id = m.staff_id,
           state = CASE WHEN t.started_at IS NULL THEN 'todo' ELSE 'in_progress' END
      FROM ({_MACHINE_DAYS}) m
     WHERE t.equipment_id = m.equipment_id AND t.cadence = 'daily'
       AND t.period_on = %(day)s::date AND m.exemption IS NULL AND t.state = 'waived'
       AND t.due_at > %(now)s
    RETURNING t.id
"""


# A round that was begun is finished with the list it was begun with.
_RECATEGORISE = """
    UPDATE duties_task t SET category = e.category
      FROM equipment_equipment e
     WHERE e.id = t.equipment_id AND e.id = ANY(%(machines)s) AND t.cadence = 'daily'
       AND t.period_on = %(day)s::date AND t.state IN ('todo', 'waived')
       AND t.started_at IS NULL AND t.category <> e.category
    RETURNING t.id
"""


@dataclass
class Outcome:
    """What generating one day did: rows created, rows that stood already, machines exempt."""

    day: date
    created: int = 0
    existing: int = 0
    # Reason key (duties.calendar.EXEMPTIONS) -> number of machines.
    exempt: dict[str, int] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """The outcome in words, one sentence a line."""
        total = sum(self.exempt.values())
        said = [
            f"{self.day:%Y-%m-%d}：新建 {self.created} 条，已有 {self.existing} 条，免检 {total} 台"
        ]
        said += [
            f"  免检原因：{EXEMPTIONS[key]} {number} 台" for key, number in self.exempt.items()
        ]
        return said


def generate(day: date, *, now: datetime, unit_ids: Iterable[int] | None = None) -> Outcome:
    """Make the daily to-dos of one day exist, for all units or some; repeatable without effect.

    Reads bindings and statuses as they were on `day`. Returns what was created, what stood already
    and how many machines are exempt by reason. Joins the caller's transaction if there is one.
    """
    units = list(unit_ids) if unit_ids is not None else None
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ROWS_LOCK])
        return _generate(day, now=now, units=units, machines=None)


def _generate(
    day: date, *, now: datetime, units: list[int] | None, machines: list[int] | None
) -> Outcome:
    given = {"day": day, "due": end_of(day), "now": now, "units": units, "machines": machines}
    outcome = Outcome(day)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_INSERT_DAILY, given)
        outcome.created = cursor.rowcount
        cursor.execute(_COUNT_DAILY, given)
        counts = dict(cursor.fetchall())
    outcome.existing = counts.pop("", 0) - outcome.created
    counts.pop("not_archived", None)
    outcome.exempt = {key: counts[key] for key in EXEMPTIONS if key in counts}
    return outcome


def run_day(day: date, *, now: datetime) -> Outcome:
    """Generate one day for everybody, close what has expired, and keep a GenerationRun row."""
    run = GenerationRun.objects.create(day=day, started_at=now)
    with transaction.atomic():
        outcome = generate(day, now=now)
        run.missed = close_expired(now=now)
        run.created, run.existing, run.exempt = outcome.created, outcome.existing, outcome.exempt
        run.finished_at = now
        run.save()
    return outcome


def days_due(*, now: datetime) -> list[date]:
    """The days that still have to be generated: after the last finished one, up to today.

    A run that was made ahead of its day does not count: what was bound since is not in it.
    """
    today = local_day(now)
    last = GenerationRun.objects.filter(finished_at__date__gte=F("day"), day__lte=today).aggregate(
        last=Max("day")
    )["last"]
    first = today if last is None else last + timedelta(days=1)
    first = max(first, today - timedelta(days=CATCH_UP_DAYS))
    return [first + timedelta(days=n) for n in range((today - first).days + 1)]


def run_due(*, now: datetime) -> list[Outcome]:
    """Generate every due day in order and close what has expired; what the beat entry wakes.

    An advisory lock lets one process do it at a time; a second one finds nothing left to do.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [RUN_LOCK])
        outcomes = [run_day(day, now=now) for day in days_due(now=now)]
        close_expired(now=now)
    return outcomes


def refresh_today(
    equipment_ids: Iterable[int], *, day: date, actor: Actor = SYSTEM, now: datetime
) -> Outcome:
    """Bring the to-dos of some machines in line with a change made just now (decision 7).

    Creates the day's missing to-dos, moves open ones to the officer bound now (to nobody when
    released: the machine still owes, decision 4), waives open ones of machines that became exempt,
    restores waived ones of machines that owe again, and gives those not begun the machine's present
    category. One audit row for each to-do that is waived. Raises RuleBroken("generating") when the
    day's generation keeps it waiting too long.
    """
    machines = list(equipment_ids)
    given = {
        "day": day,
        "due": end_of(day),
        "now": now,
        "units": None,
        "machines": machines,
        "reasons": _reasons_json(),
    }
    with transaction.atomic():
        _wait_for_generation()
        outcome = _generate(day, now=now, units=None, machines=machines)
        if outcome.created > MANY:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE duties_task")
        _ids(_RECATEGORISE, given)
        waived = _ids(_WAIVE, given)
        _ids(_RESTORE, given)
        _ids(_MOVE, given)
        audit.record_many(
            actor,
            audit.Verb.TASK_WAIVED,
            [
                (task, None, {"reason": task.waive_reason})
                for task in Task.objects.filter(pk__in=waived).select_related("equipment")
            ],
            now=now,
        )
    return outcome


def _wait_for_generation() -> None:
    """Share the lock that `generate` takes alone; held until the transaction ends."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [ROWS_LOCK])
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) != _LOCK_TIMED_OUT:
            raise
        raise RuleBroken("generating", "正在生成当天的待办，请一分钟后再试。") from error


def _ids(statement: str, given: dict[str, object]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return [row[0] for row in cursor.fetchall()]


def _reasons_json() -> str:
    return json.dumps(EXEMPTIONS, ensure_ascii=False)
