"""The plan of an import: one verdict a row; computed alike for the preview and for the writing."""

from __future__ import annotations

import gc
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import models

from config.excel.reader import Block, CellProblem, Mended


class Verdict(models.TextChoices):
    """What an import would do with a row."""

    CREATE = "create", "新增"
    CHANGE = "change", "修改"
    SAME = "same", "无变化"
    REFUSED = "refused", "有错误"


class Change(NamedTuple):
    """One field of an object that is there already: as it is, and as it would be."""

    name: str
    label: str
    before: str
    after: str


@dataclass(slots=True)
class Line:
    """One row of the file with its verdict.

    `key` is the primary key of the object it matches, `version` that object's version; `values`
    are the cleaned values by column name (or in the order of the columns).
    """

    number: int
    verdict: str
    values: Any
    key: int | None = None
    version: int = 0
    changes: Sequence[Change] = ()
    problems: Sequence[CellProblem] = ()
    mended: Sequence[Mended] = ()

    def refuse(self, problem: CellProblem) -> None:
        """Refuse the row for one more reason."""
        self.problems = [*self.problems, problem]
        self.verdict = Verdict.REFUSED
        self.changes = ()


@dataclass
class Plan:
    """All lines of a file in order, what was left aside, and the digest of the verdicts.

    The digest changes when a row's verdict, its object (or that object's version) or what would be
    changed differs: whoever saw another preview must look again.
    """

    lines: list[Line]
    notes: list[str] = field(default_factory=list)
    # What the kind's own `apply` wants to know besides (its judge, its look-up tables).
    extra: Any = None

    def counts(self) -> dict[str, int]:
        """Rows by verdict, zeros included."""
        found = Counter(line.verdict for line in self.lines)
        return {verdict.value: found[verdict] for verdict in Verdict}

    def of(self, verdict: str) -> list[Line]:
        """The lines of one verdict."""
        return [line for line in self.lines if line.verdict == verdict]

    def digest(self) -> str:
        """What the preview is known by."""
        summed = hashlib.sha256()
        for line in self.lines:
            if line.problems or line.changes:
                seen = (
                    line.number,
                    str(line.verdict),
                    line.key,
                    line.version,
                    [(one.label, one.before, one.after) for one in line.changes],
                    [one.sentence() for one in line.problems],
                )
                summed.update(repr(seen).encode())
            else:
                summed.update(f"{line.number}{line.verdict}{line.key}|".encode())
        return summed.hexdigest()

    def reasons(self) -> dict[int, str]:
        """Row number -> what is wrong with it, for the annotated workbook."""
        return {
            line.number: "；".join(problem.sentence() for problem in line.problems)
            for line in self.lines
            if line.problems
        }


def lines_of(block: Block) -> list[Line]:
    """The rows of a block, in order: new ones, and refused ones where a cell will not do."""
    rows = zip(*block.columns.values(), strict=True)
    lines = [
        Line(number, Verdict.CREATE, values)
        for number, values in zip(block.numbers, rows, strict=True)
    ]
    for place, problems in block.problems.items():
        lines[place].problems, lines[place].verdict = problems, Verdict.REFUSED
    for place, mended in block.mended.items():
        lines[place].mended = mended
    return lines


@contextmanager
def undisturbed() -> Iterator[None]:
    """No garbage collection while a plan makes its many small objects: none of them is garbage,
    and looking through all of them again and again costs a fifth of a large file's time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def duplicates(lines: Sequence[Line], keys: Sequence[Any], *, label: str, address: Any) -> None:
    """Refuse every row whose key another row of the file has too; `address(number)` places it."""
    first: dict[Any, int] = {}
    for place, key in enumerate(keys):
        if not key:
            continue
        if key not in first:
            first[key] = place
            continue
        one, other = lines[first[key]], lines[place]
        other.refuse(_twin(label, address(other.number), one.number))
        if not any(p.code == "duplicate_in_file" and p.label == label for p in one.problems):
            one.refuse(_twin(label, address(one.number), other.number))


def _twin(label: str, address: str, number: int) -> CellProblem:
    return CellProblem(
        label, address, f"与第 {number} 行重复，请只保留正确的一行", "duplicate_in_file"
    )
