"""What the archive knows of the machines that a sheet means: by their numbers, whole, and elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from equipment.actions.numbers import UNIQUE
from equipment.enums import UseStatus
from equipment.imports.columns import FACT_NAMES
from equipment.models import Equipment

PIECE = 5_000
_KNOWN_NAMES = (
    "pk",
    *FACT_NAMES,
    "category",
    "status",
    "version",
    "catalogue_id",
    "officer_id",
    "officer",
)
_KNOWN = f"""
    SELECT e.id, {", ".join(f"e.{name}" for name in _KNOWN_NAMES[1:-1])}, s.name
      FROM equipment_equipment e LEFT JOIN units_staff s ON s.id = e.officer_id
     WHERE e.id = ANY(%s) ORDER BY e.id
"""
# As in equipment.actions.numbers: a 报废 that is not in force keeps its numbers.
_TAKEN = """
    SELECT {field} FROM equipment_equipment AS machine
     WHERE {field} = ANY(%s) AND {field} <> '' AND unit_id <> %s
       AND (status <> 'scrapped' OR EXISTS (
            SELECT FROM equipment_statusperiod AS row
             WHERE row.equipment_id = machine.id AND row.status = 'scrapped'
               AND upper_inf(row.period)
               AND (row.exempt_period IS NULL OR NOT upper_inf(row.exempt_period))))
"""


@dataclass(slots=True)
class Known:
    """One of the unit's machines as the archive has it."""

    pk: int
    values: dict[str, Any]


def archive_of(pks: Sequence[int], *, is_locking: bool) -> Iterator[Known]:
    """Machines by their keys, in that order; locked against others when the sheet is written."""
    statement = _KNOWN + (" FOR NO KEY UPDATE OF e" if is_locking else "")
    for start in range(0, len(pks), PIECE):
        with connection.cursor() as cursor:
            cursor.execute(statement, [pks[start : start + PIECE]])
            rows = cursor.fetchall()
        for values in rows:
            yield Known(values[0], dict(zip(_KNOWN_NAMES, values, strict=True)))


def held_elsewhere(name: str, numbers: Sequence[str], *, unit_id: int) -> Iterator[str]:
    """Those of the numbers, of the column `name`, that a machine of another unit holds."""
    for start in range(0, len(numbers), PIECE):
        with connection.cursor() as cursor:
            cursor.execute(_TAKEN.format(field=name), [numbers[start : start + PIECE], unit_id])
            rows = cursor.fetchall()
        for (number,) in rows:
            yield number


class Index:
    """The unit's machines by the three ways a row may mean one."""

    def __init__(self, unit_id: int) -> None:
        rows = Equipment.objects.filter(unit_id=unit_id).order_by("pk")
        self.numbers: dict[str, dict[str, tuple[int, str]]] = {
            name: {} for _c, (name, _l) in UNIQUE.items()
        }
        self.gone: dict[str, dict[str, tuple[int, str]]] = {name: {} for name in self.numbers}
        self.named: dict[tuple[str, str], list[tuple[int, str, str, bool]]] = {}
        self.is_empty = True
        fields = ("pk", "equipment_code", "registration_no", "inner_no", "name", "status")
        for pk, code, number, inner, name, status in rows.values_list(*fields).iterator(PIECE):
            self.is_empty = False
            is_gone = status == UseStatus.SCRAPPED
            into = self.gone if is_gone else self.numbers
            if code:
                into["equipment_code"][code] = (pk, name)
            if number:
                into["registration_no"][number] = (pk, name)
            if inner:
                self.named.setdefault((inner, name), []).append((pk, code, number, is_gone))

    def holder(self, name: str, number: str) -> tuple[int, str] | None:
        """(pk, name) of the unit's machine that holds a number."""
        return self.numbers[name].get(number) if number else None

    def find(
        self, code: str, number: str, inner: str, name: str, *, is_scrapped: bool
    ) -> tuple[bool, int | None]:
        """(whether several would fit, the pk of the machine meant or None)."""
        holders = (self.gone, self.numbers) if is_scrapped else (self.numbers,)
        for field, text in (("equipment_code", code), ("registration_no", number)):
            for held in holders:
                if text and text in held[field]:
                    return False, held[field][text][0]
        fitting = [
            pk
            for pk, its_code, its_number, is_gone in self.named.get((inner, name), ())
            if (not code or not its_code)
            and (not number or not its_number)
            and is_gone == is_scrapped
        ]
        if len(fitting) == 1:
            return False, fitting[0]
        return bool(fitting), None
