"""Imports of small tables by django-import-export, behind the same pages as the large ones (B118).

A resource's rows go through the product's own actions, one after another. The dry run is
import-export's: the very same run, rolled back. A row may therefore lean on an earlier one (a
department on its parent), and the preview says exactly what the writing will do.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from import_export import resources
from import_export.instance_loaders import BaseInstanceLoader
from import_export.results import RowResult
from tablib import Dataset

from config.errors import RuleBroken
from config.excel.columns import Column
from config.excel.export import ExportColumn, workbook
from config.excel.kinds import Context
from config.excel.plan import Change, Line, Plan, Verdict, duplicates
from config.excel.reader import CellProblem, Sheet

_NUMBER, _VALUES = "number", "values"
VERDICTS = {
    RowResult.IMPORT_TYPE_NEW: Verdict.CREATE,
    RowResult.IMPORT_TYPE_UPDATE: Verdict.CHANGE,
    RowResult.IMPORT_TYPE_SKIP: Verdict.SAME,
    RowResult.IMPORT_TYPE_INVALID: Verdict.REFUSED,
}


@dataclass
class Record:
    """One row on its way: what it matched, what it says, what would change."""

    existing: Any = None
    values: Mapping[str, Any] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    @property
    def pk(self) -> int | None:
        return getattr(self.existing, "pk", None)

    @property
    def version(self) -> int:
        return getattr(self.existing, "version", 0)


class NoLoader(BaseInstanceLoader):
    """Rows are matched by `find`, not by a query set of one model."""

    def get_instance(self, row: Mapping[str, Any]) -> None:
        return None


class ActionResource(resources.Resource):
    """Base of a small import; a subclass says how rows are matched, compared and written.

    `labels` maps each column that can change to how the preview calls it; `key_column` names the
    column whose cell is pointed at when two rows of the file are about the same thing.
    """

    labels: Mapping[str, str] = {}
    key_column = ""

    class Meta:
        using_db = "default"
        use_transactions = True
        store_instance = True
        report_skipped = True
        skip_diff = True
        skip_html_diff = True
        import_id_fields: tuple[str, ...] = ()
        instance_loader_class = NoLoader

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.done = 0

    # ------------------------------------------------------------ what a subclass says
    @abstractmethod
    def key(self, values: Mapping[str, Any]) -> Any:
        """What two rows of one file must not share."""

    @abstractmethod
    def find(self, values: Mapping[str, Any]) -> Any:
        """The object a row is about, or None; RuleBroken when it must not be touched."""

    @abstractmethod
    def as_is(self, existing: Any) -> Mapping[str, str]:
        """Column name -> how the object's value reads."""

    @abstractmethod
    def as_wanted(self, existing: Any, values: Mapping[str, Any]) -> Mapping[str, str]:
        """Column name -> how it would read; columns left out stay as they are."""

    def cells(self, existing: Any) -> Mapping[str, Any]:
        """Column name -> value, as an export writes it; the template's columns, so that an exported
        list can be changed and imported again."""
        return self.as_is(existing)

    @abstractmethod
    def create(self, values: Mapping[str, Any]) -> Any:
        """Add what the row describes by its action."""

    @abstractmethod
    def change(self, existing: Any, values: Mapping[str, Any]) -> Any:
        """Change the object by its action."""

    def look_ups(self) -> Sequence[Callable[[Mapping[str, Any]], Any]]:
        """What finds by name what a row leans on, RuleBroken when there is none: asked of every
        row, so that a wrong name is told together with the row's other errors."""
        return ()

    # ------------------------------------------------------------ import-export's steps
    def init_instance(self, row: Any = None) -> Record:
        return Record()

    def get_instance(self, instance_loader: BaseInstanceLoader, row: Any) -> Record | None:
        try:
            found = self.find(row[_VALUES])
        except RuleBroken as broken:
            raise _refusal(broken) from broken
        return Record(existing=found) if found is not None else None

    def import_instance(self, instance: Record, row: Any, **kwargs: Any) -> None:
        instance.values = row[_VALUES]
        if instance.existing is None:
            return
        was = self.as_is(instance.existing)
        wanted = self.as_wanted(instance.existing, instance.values)
        instance.changes = [
            Change(name, label, was[name], wanted[name])
            for name, label in self.labels.items()
            if name in wanted and wanted[name] != was[name]
        ]

    def skip_row(
        self, instance: Record, original: Any, row: Any, import_validation_errors: Any = None
    ) -> bool:
        return instance.existing is not None and not instance.changes

    def validate_instance(
        self,
        instance: Record,
        import_validation_errors: Any = None,
        validate_unique: bool = True,
    ) -> None:
        """The actions check; there is no model to clean."""

    def save_instance(self, instance: Record, is_create: bool, row: Any, **kwargs: Any) -> None:
        try:
            if is_create:
                self.create(instance.values)
            else:
                self.change(instance.existing, instance.values)
        except RuleBroken as broken:
            raise _refusal(broken) from broken

    def save_m2m(self, instance: Record, row: Any, **kwargs: Any) -> None:
        """Nothing: the actions have written everything."""

    def after_import_row(self, row: Any, row_result: RowResult, **kwargs: Any) -> None:
        self.done += 1
        self.context.progress(self.done)

    # ------------------------------------------------------------ plan and writing
    def run(self, lines: Sequence[Line], *, dry_run: bool) -> list[RowResult]:
        """Put lines through; a fault of ours is raised and nothing of the run is kept."""
        dataset = Dataset(headers=[_NUMBER, _VALUES])
        for line in lines:
            dataset.append([line.number, line.values])
        self.done = 0
        result = self.import_data(
            dataset, dry_run=dry_run, raise_errors=False, use_transactions=True
        )
        if result.has_errors():
            faults = [
                *result.base_errors,
                *(one for _, found in result.row_errors() for one in found),
            ]
            raise faults[0].error
        return result.rows

    def plan(self, sheet: Sheet) -> Plan:
        """Judge every row: problems of its cells first, then what the actions say."""
        lines = [
            Line(
                number=number,
                verdict=Verdict.REFUSED if problems else Verdict.SAME,
                values=values,
                problems=list(problems),
                mended=list(mended),
            )
            for block in sheet.blocks()
            for number, values, problems, mended in block.rows()
        ]
        missing = [(line, one) for line in lines for one in self._missing(line)]
        sound = [line for line in lines if not line.problems]
        duplicates(
            sound,
            [self.key(line.values) for line in sound],
            label=sheet.label(self.key_column),
            address=lambda number: sheet.address(self.key_column, number),
        )
        for line, broken in missing:
            _refuse(line, _refusal(broken), sheet)
        sound = [line for line in sound if not line.problems]
        for line, row in zip(sound, self.run(sound, dry_run=True), strict=True):
            _judge(line, row, sheet)
        return Plan(lines, list(sheet.notes))

    @classmethod
    def planned(cls, sheet: Sheet, context: Context) -> Plan:
        """`plan` as a kind of import asks for it."""
        return cls(context).plan(sheet)

    @classmethod
    def applied(cls, plan: Plan, context: Context) -> dict[str, int]:
        """`apply` as a kind of import asks for it."""
        return cls(context).apply(plan)

    def _missing(self, line: Line) -> Iterator[RuleBroken]:
        for look_up in self.look_ups():
            try:
                look_up(line.values)
            except RuleBroken as broken:
                yield broken

    def apply(self, plan: Plan) -> dict[str, int]:
        """Write the create and change lines of a plan; return how many of each were written.

        A row that was sound in the plan and is refused now means that somebody wrote in between:
        everything is taken back by the caller's transaction (RuleBroken "import_overtaken").
        """
        wanted = [line for line in plan.lines if line.verdict in (Verdict.CREATE, Verdict.CHANGE)]
        rows = self.run(wanted, dry_run=False)
        if any(row.validation_error for row in rows):
            raise RuleBroken(
                "import_overtaken",
                "导入时数据刚刚被他人修改过，没有写入任何一行，请重新检查后导入。",
            )
        found = [VERDICTS[row.import_type] for row in rows]
        return {one.value: found.count(one) for one in (Verdict.CREATE, Verdict.CHANGE)}


def exported(
    resource: ActionResource,
    columns: Sequence[Column],
    objects: Iterable[Any],
    *,
    title: str,
    described: str = "",
    total: int,
    extra: Mapping[str, Callable[[Any], Any]] | None = None,
) -> BinaryIO:
    """A list as a workbook in the columns of its own template, `extra` columns behind (B120)."""
    extra = extra or {}
    heads = [ExportColumn(column.label, column.width) for column in columns]
    heads += [ExportColumn(label) for label in extra]

    def rows() -> Iterator[list[Any]]:
        for one in objects:
            cells = resource.cells(one)
            row = [cells.get(column.name, "") for column in columns]
            yield [*row, *(read(one) for read in extra.values())]

    return workbook(heads, rows(), title=title, described=described, total=total)


def _judge(line: Line, row: RowResult, sheet: Sheet) -> None:
    line.verdict = VERDICTS[row.import_type]
    if row.validation_error is not None:
        _refuse(line, row.validation_error, sheet)
        return
    line.key, line.version = row.instance.pk, row.instance.version
    line.changes = tuple(row.instance.changes)


def _refuse(line: Line, refusal: ValidationError, sheet: Sheet) -> None:
    """Refuse a row for what an action or a look-up said of one of its cells."""
    for one in refusal.error_list:
        name = one.params["field"]
        known = any(column.name == name for column in sheet.columns)
        line.refuse(
            CellProblem(
                sheet.label(name) if known else "",
                sheet.address(name, line.number) if known else "",
                one.message.rstrip("。"),
                one.code,
            )
        )


def _refusal(broken: RuleBroken) -> ValidationError:
    return ValidationError(broken.message, code=broken.code, params={"field": broken.field or ""})
