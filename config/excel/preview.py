"""A plan kept for its preview pages: a zip of small JSON parts, so that one page is one part."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from config.excel.plan import Line, Plan, Verdict

PART = 100


@dataclass(frozen=True)
class Shown:
    """One line of a preview page."""

    number: int
    cells: list[str]
    changes: list[list[str]]  # label, before, after
    problems: list[list[str]]  # label, address, text
    mended: list[list[str]]  # label, address, before, after


def pack(plan: Plan, cells: Callable[[Line], list[str]]) -> bytes:
    """The bytes that `Pages` reads; `cells` gives a line's preview cells."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for verdict in Verdict:
            lines = plan.of(verdict)
            for start in range(0, len(lines), PART):
                part = [_plain(line, cells(line)) for line in lines[start : start + PART]]
                name = f"{verdict.value}-{start // PART}.json"
                archive.writestr(name, json.dumps(part, ensure_ascii=False))
    return stream.getvalue()


def _plain(line: Line, cells: list[str]) -> list[Any]:
    return [
        line.number,
        cells,
        [[one.label, one.before, one.after] for one in line.changes],
        [[one.label, one.address, one.text] for one in line.problems],
        [list(one) for one in line.mended],
    ]


class Pages(Sequence[Shown]):
    """The lines of one verdict, read part by part; what Django's Paginator wants."""

    def __init__(self, content: bytes, verdict: str, total: int) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        self._verdict, self._total = verdict, total

    def __len__(self) -> int:
        return self._total

    def __getitem__(self, wanted: Any) -> Any:
        if isinstance(wanted, slice):
            return list(self._between(*wanted.indices(self._total)[:2]))
        if not 0 <= wanted < self._total:
            raise IndexError(wanted)
        return next(self._between(wanted, wanted + 1))

    def _between(self, start: int, stop: int) -> Iterator[Shown]:
        for number in range(start // PART, (max(stop, start + 1) - 1) // PART + 1):
            if start >= stop:
                return
            part = json.loads(self._archive.read(f"{self._verdict}-{number}.json"))
            first = number * PART
            for row in part[max(start - first, 0) : stop - first]:
                yield Shown(*row)
