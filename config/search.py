"""Lists narrowed by the words of a search box."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Q, QuerySet

from config.codes import normalise

Rows = TypeVar("Rows", bound=QuerySet)


def with_words(rows: Rows, text: str, *columns: str) -> Rows:
    """The rows in which every word of `text` stands in one of the columns, upper or lower case.

    A column that is compared in another way is named with its lookup (`code__iexact`).
    """
    for word in normalise(text).split():
        found = Q()
        for column in columns:
            is_plain = not column.endswith(("__iexact", "__contains"))
            found |= Q(**{f"{column}__icontains" if is_plain else column: word})
        rows = rows.filter(found)
    return rows
