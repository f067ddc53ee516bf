"""Taking in what a station sent: every row judged and answered, what is valid written, once.

1. Rows are judged alone (shape, fields together); what fails is refused and not kept.
2. A record is known by unit, kind and its own number. One that is there already with the same
   content is answered as it was the first time; with other content it is refused.
3. One query finds all cylinders, one the checks (fillings) before; hard stops are those of
   cylinders.standing. What is stopped is kept all the same: it is evidence.
4. One INSERT writes what is new, in the order of the numbers, and leaves alone what somebody wrote
   meanwhile: of two equal requests at once the second waits, writes nothing and reads the answers.
5. The answer is kept with the record, so that a replay says the same, whatever happened since.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from config.clock import local_day
from config.codes import new_codes
from config.errors import RuleBroken
from cylinders.enums import FillingKind, Stop
from cylinders.filling import lookup, telling
from cylinders.filling.judge import digest_of, facts_of, judge, moment_of
from cylinders.filling.schema import Row
from cylinders.models import ApiKey, Cylinder, FillingRecord
from cylinders.rules import Book
from cylinders.standing import RELABELLED, sentence_of, stops_of

BEFORE = timedelta(hours=24)
USED_STEP = timedelta(minutes=1)
# Kind of a record -> the kind that has to come before it.
PRECEDED_BY = {FillingKind.FILL: FillingKind.CHECK, FillingKind.RECHECK: FillingKind.FILL}

Words = list[dict[str, str]]


@dataclass(slots=True)
class _Line:
    """One row under way; `row` None = refused already."""

    index: int
    record_id: str | None
    row: Row | None
    errors: Words
    facts: dict[str, Any] = field(default_factory=dict)
    digest: str = ""
    moment: datetime | None = None
    medium: str = ""
    cylinder: Cylinder | None = None
    stops: list[Stop] = field(default_factory=list)
    said: dict[str, Words] = field(default_factory=dict)

    def refuse(self, field_name: str, code: str, message: str) -> None:
        self.row = None
        self.errors = [{"field": field_name, "code": code, "message": message}]


@transaction.atomic(savepoint=False)
def take_in(key: ApiKey, kind: str, rows: list[Any], *, now: datetime) -> dict[str, Any]:
    """Judge and keep up to 500 rows of a station; returns the answer (schema.Answer).

    In: the key that signed (with unit and station), a FillingKind, the rows as sent. One transaction.
    F89, domain 6.4.
    """
    lines = [_read(kind, index, raw, now) for index, raw in enumerate(rows)]
    firsts = _firsts(lines)
    known = _known(key, kind, firsts)
    fresh = [line for number, line in firsts.items() if number not in known]
    if fresh:
        _look_up(key, kind, fresh, now)
        written = _write(key, kind, fresh, now)
        if len(written) < len(fresh):  # somebody wrote the others while we looked
            late = {line.record_id: line for line in fresh if line.record_id not in written}
            known |= _known(key, kind, late)
        telling.tell_stopped(
            key, kind, [line.stops for line in fresh if line.record_id in written], now=now
        )
    else:
        written = {}
    _note_use(key, now)
    return _answer([_result(key, line, firsts, known, written) for line in lines])


def _read(kind: str, index: int, raw: Any, now: datetime) -> _Line:
    row, errors = judge(kind, raw, now=now)
    if row is None:
        given = raw.get("record_id") if isinstance(raw, dict) else None
        shown = given[:64] if isinstance(given, str) else None
        return _Line(index, shown, None, errors)
    facts = facts_of(row)
    return _Line(
        index,
        row.record_id,
        row,
        [],
        facts=facts,
        digest=digest_of(facts),
        moment=moment_of(kind, row),
    )


def _firsts(lines: list[_Line]) -> dict[str, _Line]:
    """Number -> the first valid line that has it; another line of it must say the same."""
    firsts: dict[str, _Line] = {}
    for line in lines:
        if line.row is None:
            continue
        first = firsts.setdefault(line.record_id, line)
        if first.digest != line.digest:
            said = f"本次请求中第 {first.index + 1} 条已使用这个记录编号，内容不同。"
            line.refuse("record_id", "record_conflict", said)
    return firsts


def _known(key: ApiKey, kind: str, numbers: dict[str, _Line]) -> dict[str, FillingRecord]:
    """What of these numbers is kept already."""
    if not numbers:
        return {}
    kept = FillingRecord.objects.filter(
        unit_id=key.unit_id, kind=kind, record_id__in=list(numbers)
    ).only("code", "record_id", "digest", "station_id", "stops", "facts")
    return {record.record_id: record for record in kept}


# ------------------------------------------------------------------ judging against the register
def _look_up(key: ApiKey, kind: str, lines: list[_Line], now: datetime) -> None:
    """Cylinder, hard stops and warnings of every new line."""
    found = lookup.cylinders_of({line.row.cylinder for line in lines})
    book = Book.on(local_day(now))
    for line in lines:
        line.cylinder = found.get(line.row.cylinder)
        line.medium = canonical(book, getattr(line.row, "medium", ""))
        line.stops = stops_of(
            line.cylinder, medium=line.medium, unit_id=key.unit_id, day=local_day(line.moment)
        )
    before = _preceding(key, kind, lines)
    unknown = {line.row.cylinder for line in lines if line.cylinder is None}
    relabelled = lookup.replaced(unknown)
    for line in lines:
        line.said = {
            "stops": stops_in_words(
                line.stops,
                line.cylinder,
                line.medium,
                is_relabelled=line.row.cylinder in relabelled,
            ),
            "warnings": [] if line.cylinder is None else _warnings(kind, line, before),
        }


def canonical(book: Book, medium: str) -> str:
    """The medium in the names of the register; as it was written when nobody knows it."""
    if not medium:
        return ""
    try:
        return book.medium(medium)
    except RuleBroken:
        return medium


def stops_in_words(
    stops: list[Stop], cylinder: Cylinder | None, medium: str, *, is_relabelled: bool = False
) -> Words:
    """Hard stops as the interface answers them: code and sentence. `is_relabelled`: nobody has
    registered what was scanned, but it is a label that a cylinder once had."""
    if is_relabelled and cylinder is None:
        return [{"code": stop.value, "message": RELABELLED} for stop in stops]
    return [
        {"code": stop.value, "message": sentence_of(stop, cylinder, medium=medium)}
        for stop in stops
    ]


_Before = dict[int, list[tuple[datetime, str]]]


def _preceding(key: ApiKey, kind: str, lines: list[_Line]) -> _Before:
    """Of each cylinder the checks (before a filling) or fillings (before a re-check) of this unit,
    from a day before the earliest line on: (moment, conclusion), the latest first."""
    wanted = PRECEDED_BY.get(FillingKind(kind))
    cylinders = {line.cylinder.pk for line in lines if line.cylinder is not None}
    if wanted is None or not cylinders:
        return {}
    moments = [line.moment for line in lines]
    rows = (
        FillingRecord.objects.filter(
            cylinder_id__in=cylinders,
            unit_id=key.unit_id,
            kind=wanted,
            occurred_at__range=(min(moments) - BEFORE, max(moments)),
        )
        .order_by("-occurred_at", "-id")
        .values_list("cylinder_id", "occurred_at", "facts__record__conclusion")
    )
    found: _Before = {}
    for cylinder_id, moment, conclusion in rows:
        found.setdefault(cylinder_id, []).append((moment, conclusion or ""))
    return found


def _warnings(kind: str, line: _Line, before: _Before) -> Words:
    wanted = PRECEDED_BY.get(FillingKind(kind))
    if wanted is None:
        return []
    listed = before.get(line.cylinder.pk, [])
    last = next((one for one in listed if line.moment - BEFORE <= one[0] <= line.moment), None)
    if last is None:
        code = "no_check" if wanted == FillingKind.CHECK else "no_fill"
        said = f"此前 24 小时内没有收到这只气瓶的{FillingKind(wanted).label}，请补报。"
        return [{"code": code, "message": said}]
    if last[1] == "fail":
        said = "这只气瓶最近一次充装前检查的结论为不合格，不应充装。"
        return [{"code": "check_failed", "message": said}]
    return []


# ------------------------------------------------------------------ writing
_WRITE = """
    INSERT INTO cylinders_fillingrecord (code, unit_id, station_id, key_id, kind, record_id, digest,
                                         cylinder_id, cylinder_ref, occurred_at, medium, stops,
                                         facts, received_at)
    SELECT one.code, %(unit)s, %(station)s, %(key)s, %(kind)s, one.record_id, one.digest,
           one.cylinder, one.ref, one.occurred_at, one.medium, one.stops::varchar[],
           one.facts::jsonb, %(now)s
      FROM unnest(%(codes)s::text[], %(ids)s::text[], %(digests)s::text[], %(cylinders)s::bigint[],
                  %(refs)s::text[], %(moments)s::timestamptz[], %(media)s::text[],
                  %(stops)s::text[], %(facts)s::text[])
           AS one (code, record_id, digest, cylinder, ref, occurred_at, medium, stops, facts)
     ORDER BY one.record_id
    ON CONFLICT (unit_id, kind, record_id) DO NOTHING
    RETURNING record_id, code
"""


def _write(key: ApiKey, kind: str, lines: list[_Line], now: datetime) -> dict[str, str]:
    """Write the new lines in one statement; returns number -> code of those that were written.

    In the order of the numbers: two requests at once wait for each other and never in a circle.
    """
    given = {
        "unit": key.unit_id,
        "station": key.station_id,
        "key": key.pk,
        "kind": str(kind),
        "now": now,
        "codes": new_codes(len(lines)),
        "ids": [line.record_id for line in lines],
        "digests": [line.digest for line in lines],
        "cylinders": [line.cylinder.pk if line.cylinder else None for line in lines],
        "refs": [line.row.cylinder for line in lines],
        "moments": [line.moment for line in lines],
        "media": [line.medium for line in lines],
        "stops": ["{" + ",".join(line.stops) + "}" for line in lines],
        "facts": [
            json.dumps({"record": line.facts, **line.said}, ensure_ascii=False) for line in lines
        ],
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, given)
        return dict(cursor.fetchall())


def _note_use(key: ApiKey, now: datetime) -> None:
    """最近使用, written at most once a minute; who finds the row locked lets it be."""
    if key.last_used_at is None or key.last_used_at < now - USED_STEP:
        free = ApiKey.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=key.pk)
        ApiKey.objects.filter(pk__in=free.values("pk")).update(last_used_at=now)


# ------------------------------------------------------------------ answering
def _result(
    key: ApiKey,
    line: _Line,
    firsts: dict[str, _Line],
    known: dict[str, FillingRecord],
    written: dict[str, str],
) -> dict[str, Any]:
    result: dict[str, Any] = {"index": line.index, "record_id": line.record_id}
    if line.row is not None:
        record = known.get(line.record_id)
        first = firsts[line.record_id]
        if record is None:
            is_again = first is not line
            code, said, is_stopped = written[line.record_id], first.said, bool(first.stops)
            return result | _taken(code, said, is_stopped, is_again)
        if record.digest == line.digest and record.station_id == key.station_id:
            return result | _taken(record.code, record.facts, bool(record.stops), True)
        other = "内容不同" if record.station_id == key.station_id else "由另一工位上报"
        said = f"这个记录编号已经使用过（{other}），未接收；更正请用新的记录编号。"
        line.refuse("record_id", "record_conflict", said)
    return result | {"result": "refused", "errors": line.errors}


def _taken(code: str, said: dict[str, Words], is_stopped: bool, is_again: bool) -> dict[str, Any]:
    return {
        "result": "stopped" if is_stopped else "accepted",
        "duplicate": is_again,
        "code": code,
        "stops": said["stops"],
        "warnings": said["warnings"],
    }


def _answer(results: list[dict[str, Any]]) -> dict[str, Any]:
    counts = Counter(one["result"] for one in results)
    return {
        "total": len(results),
        **{name: counts[name] for name in ("accepted", "stopped", "refused")},
        "results": results,
    }
