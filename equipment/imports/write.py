"""Writing the plan of a machine import in sets: what add_equipment, change_equipment and
assign_officer would have written one by one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from config.codes import new_codes
from config.copying import copy_rows, next_ids
from config.excel.kinds import Context
from config.excel.plan import Line, Plan, Verdict
from equipment import hooks
from equipment.actions.binding import assign_officer
from equipment.actions.codes import issue_codes
from equipment.actions.machine import OPTIONAL
from equipment.imports.columns import FACT_NAMES
from equipment.imports.judge import Judge
from equipment.models import Equipment
from units.audit import Verb
from units.models import Staff

# New machines from which the planner is told of them.
MANY = 1_000
_ANALYZE = "ANALYZE equipment_equipment, equipment_statusperiod, equipment_officerbinding"
TABLE = Equipment._meta.db_table
_AUDIT = (
    "at",
    "unit_id",
    "actor_kind",
    "actor_code",
    "actor_name",
    "verb",
    "object_type",
    "object_code",
    "object_name",
    "before",
    "after",
    "request_id",
)
COLUMNS = (
    "id",
    "code",
    "unit_id",
    "catalogue_id",
    "category",
    *FACT_NAMES,
    "status",
    "officer_id",
    "version",
    "created_at",
)
_STATUSES = """
    INSERT INTO equipment_statusperiod (equipment_id, status, period, receipt_no, reason, created_at)
    SELECT id, status, daterange(%(day)s, NULL), '', '', %(now)s
      FROM equipment_equipment WHERE id BETWEEN %(first)s AND %(last)s AND id = ANY(%(ids)s)
"""
_BINDINGS = """
    INSERT INTO equipment_officerbinding (equipment_id, staff_id, period, created_at)
    SELECT id, officer_id, daterange(%(day)s, NULL), %(now)s
      FROM equipment_equipment
     WHERE id BETWEEN %(first)s AND %(last)s AND id = ANY(%(ids)s) AND officer_id IS NOT NULL
"""
# A column of the staging table -> how it is cast.
_CASTS = {"quantity": "integer", "in_use_since": "date", "next_inspection_on": "date"}
_STAGED = ("id", "catalogue_id", "category", *FACT_NAMES)
_UPDATE = f"""
    UPDATE equipment_equipment e SET version = e.version + 1,
           {", ".join(f"{name} = s.{name}" for name in _STAGED[1:])}
      FROM import_machines s WHERE s.id = e.id
"""


def apply(plan: Plan, context: Context) -> dict[str, int]:
    """Write the create and change lines; return the counts written. The plan holds the locks.

    1. New machines: one COPY into the archive under reserved keys, then statuses, bindings and
       machine codes by one statement each, then the audit rows.
    2. Changed facts: a staging table and one UPDATE; changed officers by assign_officer.
    3. equipment.hooks hear once of everything that is new or moved to another category.
    """
    judge: Judge = plan.extra
    made = _create(judge, plan.of(Verdict.CREATE), context)
    if len(made) > MANY:  # the hooks join what was just written; guesses would cost seconds
        with connection.cursor() as cursor:
            cursor.execute(_ANALYZE)
    changing = plan.of(Verdict.CHANGE)
    moved = _change(judge, changing, context)
    hooks.changed([*made, *moved], day=context.day, actor=context.actor, now=context.now)
    _bind(judge, changing, context)
    return {"create": len(made), "change": len(changing)}


# ------------------------------------------------------------------ new machines
def _create(judge: Judge, lines: Sequence[Line], context: Context) -> list[int]:
    if not lines:
        return []
    ids, codes = next_ids(TABLE, len(lines)), new_codes(len(lines))
    rows, added, bound = [], [], []
    stamp = context.now.isoformat()
    for line, pk, code in zip(lines, ids, codes, strict=True):
        entry, officer = judge.entry_of(line), judge.officer_of(line)
        facts = {name: judge.value(line, name) for name in FACT_NAMES}
        facts["quantity"] = facts["quantity"] or OPTIONAL["quantity"]
        status = judge.value(line, "status")
        rows.append(
            (
                pk,
                code,
                judge.unit_id,
                entry.pk,
                entry.duty_category,
                *facts.values(),
                status,
                officer.staff.pk if officer else None,
                1,
                stamp,
            )
        )
        known = {key: value for key, value in facts.items() if value not in ("", None)}
        after = {"catalogue": entry.pk, **known, "status": status}
        added.append((Verb.EQUIPMENT_ADDED, code, facts["name"], {}, after))
        if officer is not None:
            name, opaque = officer.staff.name, officer.staff.code
            after = {"officer": name, "officer_code": opaque}
            bound.append((Verb.OFFICER_ASSIGNED, code, facts["name"], {"officer": ""}, after))
    copy_rows(TABLE, COLUMNS, rows)
    given = {
        "day": context.day,
        "now": context.now,
        "ids": ids,
        "first": ids[0],
        "last": ids[-1],
    }
    with connection.cursor() as cursor:
        cursor.execute(_STATUSES, given)
        cursor.execute(_BINDINGS, given)
    issue_codes(ids, now=context.now)
    _audit([*added, *bound], context, judge.unit_id)
    return ids


# ------------------------------------------------------------------ changed machines
def _change(judge: Judge, lines: Sequence[Line], context: Context) -> list[int]:
    """Write changed facts; return the machines that moved to another category."""
    lines = [line for line in lines if any(one.name != "officer" for one in line.changes)]
    if not lines:
        return []
    by_key = {line.key: line for line in lines}
    fields = ("id", "code", "name", "category", "catalogue_id", *FACT_NAMES)
    rows, entries, moved = [], [], []
    for values in _present(fields, sorted(by_key)):
        present = dict(zip(fields, values, strict=True))
        line = by_key[present["id"]]
        entry = judge.entry_of(line)
        facts = {
            name: value if (value := judge.value(line, name)) not in ("", None) else present[name]
            for name in FACT_NAMES
        }
        rows.append((present["id"], entry.pk, entry.duty_category, *facts.values()))
        wanted = {"catalogue": entry.pk, **facts}
        shown = {"catalogue": present["catalogue_id"], **{n: present[n] for n in FACT_NAMES}}
        differing = [name for name in wanted if wanted[name] != shown[name]]
        before = {name: shown[name] for name in differing}
        after = {name: wanted[name] for name in differing}
        entries.append((Verb.EQUIPMENT_CHANGED, present["code"], facts["name"], before, after))
        if entry.duty_category != present["category"]:
            moved.append(present["id"])
    with connection.cursor() as cursor:
        columns = ", ".join(f"{name} {_CASTS.get(name, 'text')}" for name in _STAGED[1:])
        cursor.execute("DROP TABLE IF EXISTS import_machines")
        cursor.execute(f"CREATE TEMP TABLE import_machines (id bigint, {columns}) ON COMMIT DROP")
    copy_rows("import_machines", _STAGED, rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE import_machines")
        cursor.execute(_UPDATE)
    _audit(entries, context, judge.unit_id)
    return moved


def _present(fields: Sequence[str], keys: list[int]) -> list[tuple[Any, ...]]:
    statement = (
        f"SELECT {', '.join(fields)} FROM equipment_equipment WHERE id = ANY(%s) ORDER BY id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [keys])
        return cursor.fetchall()


def _bind(judge: Judge, lines: Sequence[Line], context: Context) -> None:
    """Bind machines of the archive to the officers their lines name, one officer at a time."""
    wanted: dict[int, list[int]] = {}
    people: dict[int, Staff] = {}
    for line in lines:
        if any(one.name == "officer" for one in line.changes):
            staff = judge.officer_of(line).staff
            people[staff.pk] = staff
            wanted.setdefault(staff.pk, []).append(line.key)
    for pk in sorted(wanted):
        machines = list(Equipment.objects.filter(pk__in=wanted[pk]).only("pk"))
        assign_officer(machines, officer=people[pk], actor=context.actor, now=context.now)


# ------------------------------------------------------------------ audit
def _audit(
    entries: Sequence[tuple[Verb, str, str, dict[str, Any], dict[str, Any]]],
    context: Context,
    unit_id: int,
) -> None:
    """One audit row a machine, as units.audit.record writes it."""
    encode = json.JSONEncoder(ensure_ascii=False, default=DjangoJSONEncoder().default).encode
    actor, stamp = context.actor, context.now.isoformat()
    kind = Equipment._meta.label_lower
    copy_rows(
        "units_auditentry",
        _AUDIT,
        (
            (
                stamp,
                unit_id,
                actor.kind,
                actor.person_code,
                actor.name,
                verb.value,
                kind,
                code,
                name[:200],
                encode(before),
                encode(after),
                actor.request_id,
            )
            for verb, code, name, before, after in entries
        ),
    )
