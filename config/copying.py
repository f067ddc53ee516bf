"""COPY into PostgreSQL: rows by the thousand, for imports and other set-based writing."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_NULL = "\\N"


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows into a table (a temporary one too); values are text, numbers, dates or None.

    Runs in the caller's transaction; a broken constraint is an IntegrityError as ever.
    """
    lines = io.StringIO()
    for row in rows:
        lines.write("\t".join([_text(value) for value in row]))
        lines.write("\n")
    lines.seek(0)
    named = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.copy_expert(f'COPY "{table}" ({named}) FROM STDIN', lines)


def next_ids(table: str, number: int) -> list[int]:
    """Reserve `number` primary keys of a table, ascending."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [f'"{table}"', number],
        )
        return [row[0] for row in cursor.fetchall()]


def _text(value: Any) -> str:
    if value is None:
        return _NULL
    if type(value) is str:
        return value.translate(_ESCAPED) if "\\" in value or not value.isprintable() else value
    return str(value)
