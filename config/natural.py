"""Order text as people count: 2号 before 10号."""

from __future__ import annotations

from typing import Any

from django.db.models import Expression, F, Func, TextField


class Natural(Func):
    """A text column with every number in it padded to ten digits: for `order_by`, or stored for it.

    `order_by(Natural("place"))` gives A座2层, A座10层. A number longer than ten digits (a device
    code) keeps its digits. It takes 3 µs a row and column: what is sorted on every page is stored
    (`Equipment.walk_order`).
    """

    template = (
        r"regexp_replace(regexp_replace(%(expressions)s, '(\d+)', '0000000000\1', 'g'),"
        r" '0*(\d{10})', '\1', 'g')"
    )
    output_field = TextField()

    def __init__(self, column: str | Expression, **extra: Any) -> None:
        super().__init__(F(column) if isinstance(column, str) else column, **extra)
