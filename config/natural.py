"""Order text as people count: 2号 before 10号."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Func, TextField


class Natural(Func):
    """A text column with every number in it padded to ten digits; for `order_by` only.

    `order_by(Natural("place"))` gives A座2层, A座10层. A number longer than ten digits (a device
    code) keeps its digits.
    """

    template = (
        r"regexp_replace(regexp_replace(%(expressions)s, '(\d+)', '0000000000\1', 'g'),"
        r" '0*(\d{10})', '\1', 'g')"
    )
    output_field = TextField()

    def __init__(self, column: str, **extra: Any) -> None:
        super().__init__(F(column), **extra)
