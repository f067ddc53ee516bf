"""Lists that every page reads: compiled to SQL once, run again and again with other values.

For a filter with many branches Django needs ten times as long as the database. A list is prepared
with `Given("staff")` in place of what differs from run to run; what changes its shape (identities,
the day) belongs into the key under which the caller keeps it.

    @lru_cache(maxsize=256)
    def _mine(posts, day) -> Prepared:
        return Prepared(Task.objects.filter(assignee_id=Given("staff"), period_on=day))

    _mine(actor.posts, day).rows(staff=actor.staff_id)

It rests on two habits of Django's: iterables ask `query.get_compiler` for their compiler, and that
asks its own `as_sql` for the statement. Should a version give up either, the placeholder itself
reaches the driver, which refuses it: an error, not a wrong list.
The cache is the caller's `lru_cache`: its `maxsize` bounds it, and a key with the day ages out.
"""

from __future__ import annotations

import copy
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import BigIntegerField, Expression, Field, QuerySet


class Given(Expression):
    """A value that each run fills in; a whole number unless `output_field` says otherwise."""

    def __init__(self, name: str, output_field: Field | None = None) -> None:
        super().__init__(output_field=output_field or BigIntegerField())
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [self]


@dataclass(frozen=True)
class Bound:
    """A prepared list and its values."""

    prepared: Prepared
    values: dict[str, Any]

    def statement(self) -> tuple[str, list[Any]]:
        return self.prepared.statement(**self.values)


class Prepared:
    """A queryset compiled once. Never changed afterwards, so that threads may share it."""

    def __init__(self, queryset: QuerySet) -> None:
        self._queryset = queryset
        self._compiler = queryset.query.get_compiler(queryset.db)
        self._params: tuple[Any, ...] = ()
        self._sql = ""  # stays empty for a filter that nothing can fit
        with suppress(EmptyResultSet):
            self._sql, self._params = self._compiler.as_sql()
        self._compiler.connection = None

    def statement(self, **values: Any) -> tuple[str, list[Any]]:
        """The SQL and its parameters; EmptyResultSet where nothing can be found."""
        if not self._sql:
            raise EmptyResultSet
        return self._sql, [
            values[one.name] if isinstance(one, Given) else one for one in self._params
        ]

    def bind(self, **values: Any) -> Bound:
        """This list with its values, for somebody else to run."""
        return Bound(self, values)

    def rows(self, **values: Any) -> list[Any]:
        """What the queryset finds with these values, as it would have given it itself."""
        if not self._sql:
            return []
        found = self._queryset.all()
        compiler = copy.copy(self._compiler)
        compiler.connection = connections[found.db]
        statement = self.statement(**values)
        compiler.as_sql = lambda *_, **__: statement
        found.query.get_compiler = lambda *_, **__: compiler
        return list(found)
