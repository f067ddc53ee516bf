"""The registry of imports: what can be imported, by whom, and by which two functions (B118).

A room registers its kinds in AppConfig.ready(). The dry run is `plan` alone; the writing is `plan`
once more, under the kind's locks, and then `apply` of exactly that plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, BinaryIO

from config.actor import Actor
from config.clock import local_day
from config.excel.columns import Column
from config.excel.plan import Line, Plan
from config.excel.reader import ROWS_MOST, Sheet, open_sheet


@dataclass(frozen=True)
class Context:
    """Who imports, when; `is_writing` asks the plan to take its locks.

    `progress(done)` is told after every block of rows; `target` is the code of what the rows go
    into, for kinds with a door.
    """

    actor: Actor
    now: datetime
    is_writing: bool = False
    progress: Callable[[int], None] = field(default=lambda done: None)
    target: str = ""

    @property
    def day(self) -> date:
        return local_day(self.now)


@dataclass(frozen=True)
class Target:
    """What the rows of one file go into: its name and page; `closed` says why nothing may (any
    more), "" when it may. `object` is for the kind itself."""

    code: str
    label: str
    url: str
    closed: str = ""
    object: Any = None


@dataclass(frozen=True)
class Door:
    """How a kind finds its target, and what it asks for besides the file.

    `find(actor, kind name, code)` answers 404 for what the actor may not see; `fields(target)` are
    more form fields of the upload, `keep(target, their values, actor=, now=)` stores them
    (RuleBroken with the field's name).
    """

    find: Callable[[Actor, str, str], Target]
    fields: Callable[[Target], Mapping[str, Any]] = field(default=lambda target: {})
    keep: Callable[..., None] = field(default=lambda target, given, **who: None)


@dataclass(frozen=True)
class ImportKind:
    """One kind of import.

    `columns(context)` are its typed columns (they may look up what is offered); `plan(sheet,
    context)` judges every row; `apply(plan, context)` writes the create and change lines and
    returns the counts that were written. `preview` are the columns a preview line shows,
    `list_url` the page where the result is seen, `guide` the sentences of the 填写说明 sheet.
    """

    name: str
    label: str
    capability: Any
    columns: Callable[[Context], Sequence[Column]]
    plan: Callable[[Sheet, Context], Plan]
    apply: Callable[[Plan, Context], dict[str, int]]
    preview: tuple[str, ...]
    unit: str = "行"
    list_url: str = ""
    guide: tuple[str, ...] = ()
    may: Callable[[Actor], bool] = field(default=lambda actor: True)
    rows_most: int = ROWS_MOST
    # Only for kinds whose rows go into something that was opened before (a batch of cylinders).
    door: Door | None = None

    @property
    def sheet_name(self) -> str:
        """The name of the template's sheet."""
        return self.label

    def is_for(self, actor: Actor) -> bool:
        """Whether this actor may import it: holds the capability, and the kind fits its unit."""
        return actor.can(self.capability) and self.may(actor)

    def open(self, content: BinaryIO, context: Context) -> Sheet:
        """The sheet of an uploaded workbook; RuleBroken(field="file") when it cannot be read."""
        return open_sheet(
            content, self.columns(context), sheet_name=self.sheet_name, rows_most=self.rows_most
        )

    def shown(self, columns: Sequence[Column], line: Line) -> list[str]:
        """The preview's cells of a line."""
        known = {column.name: column for column in columns if column.imported}
        values = line.values
        if not isinstance(values, dict):
            values = dict(zip(known, values, strict=True))
        return [known[name].show(values[name]) for name in self.preview]


_kinds: dict[str, ImportKind] = {}


def register(kind: ImportKind) -> None:
    """Add a kind; called once by an app in AppConfig.ready()."""
    _kinds[kind.name] = kind


def get(name: str) -> ImportKind | None:
    """The kind of a name, None for an unknown one."""
    return _kinds.get(name)


def for_actor(actor: Actor) -> list[ImportKind]:
    """The kinds an actor may import, in the order of registration."""
    return [kind for kind in _kinds.values() if kind.is_for(actor)]
