"""A GET cannot write: the database wrapper that refuses everything but reading (house rule 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.db import connection

READS = re.compile(
    r"^[\s(]*(SELECT|WITH|SHOW|EXPLAIN|SET\s+LOCAL|SAVEPOINT|RELEASE|ROLLBACK)\b", re.I
)
WRITES_INSIDE = re.compile(
    r"\b(INSERT\s+INTO|UPDATE\s+\"?\w+\"?\s+SET|DELETE\s+FROM|FOR\s+(NO\s+KEY\s+)?UPDATE|nextval)\b",
    re.I,
)


class WriteRefused(RuntimeError):
    """A page that declared itself read-only tried to change the database. Always a bug."""


def _refuse_writes(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    text = sql if isinstance(sql, str) else str(sql)
    if not _only_reads(text):
        raise WriteRefused(f"read-only request tried to run: {text[:200]}")
    return execute(sql, params, many, context)


@lru_cache(maxsize=512)
def _only_reads(sql: str) -> bool:
    """Judged once for every statement: lists run the same long ones again and again."""
    return bool(READS.match(sql)) and not WRITES_INSIDE.search(sql)


@contextmanager
def read_only() -> Iterator[None]:
    """Run a block in which any SQL that writes or locks raises WriteRefused."""
    with connection.execute_wrapper(_refuse_writes):
        yield
