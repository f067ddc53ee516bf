"""Reference data: the registry of loaders, and what every loader needs to read its files.

An app registers one loader in AppConfig.ready(): `reference.register("units", load)`. Lower rooms
stand first in INSTALLED_APPS, so they register first and load first (units, equipment, duties). The
command `load_reference` runs them inside one transaction, after migrate and in the test fixtures,
never in a migration (house style). A loader reads YAML files of its app, checks every row, and
brings its tables to what the files say:

* rows are found again by their natural key, so primary keys stay what they are;
* a row that is already right is not written, so a second run changes nothing;
* a row that only the database knows is left alone.

What is wrong in a file is said in words with file, line, row and field, all of it at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db import connection, models, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

# One advisory lock for all loaders: a second run waits instead of racing the first.
LOCK = 7_420_230_505

Key = tuple[Any, ...]


class DataError(Exception):
    """Data files are wrong; nothing was written. `problems` are Chinese sentences."""

    def __init__(self, problems: Sequence[str]):
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass
class Tally:
    """What loading did to one table."""

    table: str
    created: int = 0
    changed: int = 0
    unchanged: int = 0

    def __str__(self) -> str:
        return f"{self.table}：新增 {self.created}，变更 {self.changed}，未变 {self.unchanged}"


@dataclass
class Row:
    """One mapping of a data file, read field by field; complaints go to the file's list."""

    source: str
    line: int
    values: dict[str, Any]
    problems: list[str]
    label: str = ""
    _seen: set[str] = field(default_factory=set)

    def complain(self, name: str, sentence: str) -> None:
        """Note what is wrong with one field of this row, in words."""
        label = f"（{self.label}）" if self.label else ""
        self.problems.append(f"{self.source} 第 {self.line} 行{label}：字段 {name} {sentence}")

    def text(
        self,
        name: str,
        *,
        longest: int = 200,
        pattern: str = "",
        optional: bool = False,
        blank: bool = False,
        choices: Iterable[str] | None = None,
    ) -> str:
        """Return a text field; "" when it is missing or wrong (and complained about).

        `optional` fields may be left out; `blank` ones must be written but may be "".
        """
        self._seen.add(name)
        value = self.values.get(name)
        if value is None:
            if not optional:
                self.complain(name, "缺失")
            return ""
        if blank and value == "":
            return ""
        if not isinstance(value, str):
            self.complain(name, f"应为文本，现为 {value!r}（代码请加引号）")
            return ""
        if value != value.strip() or not value:
            self.complain(name, f"为空或首尾有空格：{value!r}")
        elif len(value) > longest:
            self.complain(name, f"超过 {longest} 个字：{value}")
        elif pattern and not re.fullmatch(pattern, value):
            self.complain(name, f"的格式不对：{value}")
        elif choices is not None and value not in (allowed := list(choices)):
            self.complain(name, f"的值 {value} 不在允许的范围内（{'、'.join(allowed)}）")
        else:
            return value
        return ""

    def texts(self, name: str, *, optional: bool = False) -> list[str]:
        """Return a list of texts; [] when it is missing or wrong."""
        self._seen.add(name)
        value = self.values.get(name)
        if value is None and optional:
            return []
        if not isinstance(value, list) or not value or any(type(v) is not str for v in value):
            self.complain(name, f"应为非空的文本列表，现为 {value!r}")
            return []
        return value

    def number(self, name: str, *, lowest: int = 1) -> int:
        """Return a whole number; `lowest` when it is missing or wrong."""
        self._seen.add(name)
        value = self.values.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < lowest:
            self.complain(name, f"应为不小于 {lowest} 的整数，现为 {value!r}")
            return lowest
        return value

    def flag(self, name: str) -> bool:
        """Return a yes/no field; a missing one is no."""
        self._seen.add(name)
        value = self.values.get(name, False)
        if not isinstance(value, bool):
            self.complain(name, f"应为 true 或 false，现为 {value!r}")
            return False
        return value

    def day(self, name: str, *, optional: bool = False) -> date | None:
        """Return a date, or None when it is missing or wrong."""
        self._seen.add(name)
        value = self.values.get(name)
        if type(value) is date:
            return value
        if value is not None or not optional:
            self.complain(
                name, "缺失" if value is None else f"应为日期（年-月-日），现为 {value!r}"
            )
        return None

    def period(
        self, first: str = "valid_from", last: str = "valid_to", *, open_start: bool = False
    ) -> DateRange:
        """Return the half-open range of two date fields; the last day belongs to the period."""
        begins = self.day(first, optional=open_start)
        ends = self.day(last, optional=True)
        if begins and ends and ends < begins:
            self.complain(last, f"（{ends}）早于 {first}（{begins}）")
            ends = None
        return DateRange(begins, ends + timedelta(days=1) if ends else None, "[)")

    def mapping(self, name: str) -> dict[str, Any]:
        """Return a mapping field without its line marks; {} when it is missing."""
        self._seen.add(name)
        value = self.values.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.complain(name, f"应为键值表，现为 {value!r}")
            return {}
        return _plain(value)

    def rows(self, name: str, *, optional: bool = False) -> list[Row]:
        """Return the rows of a nested list."""
        self._seen.add(name)
        value = self.values.get(name)
        if value is None and optional:
            return []
        if not isinstance(value, list) or not value:
            self.complain(name, "应为非空列表")
            return []
        return _rows(self.source, value, self.line, self.problems)

    def done(self) -> None:
        """Complain about fields nobody asked for: most of them are misspelt."""
        for name in self.values:
            if name not in self._seen and name != "__line__":
                self.complain(name, "不认识，请检查拼写")


# Written in C where the library was built with it.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _LineLoader(_SafeLoader):
    """SafeLoader that notes the line of every mapping and refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        doubles = {key for key in keys if keys.count(key) > 1}
        if doubles:
            raise yaml.constructor.ConstructorError(
                None, None, f"字段重复：{'、'.join(map(str, doubles))}", node.start_mark
            )
        made = super().construct_mapping(node, deep=deep)
        made["__line__"] = node.start_mark.line + 1
        return made


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key != "__line__"}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _rows(source: str, values: list[Any], line: int, problems: list[str]) -> list[Row]:
    made = []
    for number, value in enumerate(values, 1):
        if not isinstance(value, dict):
            problems.append(f"{source} 第 {line} 行之后第 {number} 项：应为键值表，现为 {value!r}")
            continue
        row = Row(source, value["__line__"], value, problems)
        label = value.get("code") or value.get("key") or value.get("name")
        row.label = str(label) if label is not None else f"第 {number} 项"
        made.append(row)
    return made


def read(path: Path, problems: list[str]) -> Row:
    """Return a data file as one row; its lists are read with `.rows()`.

    In: the file and the list that collects complaints. A file that is missing or is no YAML
    mapping raises DataError at once, because nothing else in it can be judged.
    """
    source = _shown(path)
    try:
        text = path.read_text(encoding="utf-8")
        document = yaml.load(text, _LineLoader)  # noqa: S506  a SafeLoader that counts lines
    except OSError as error:
        raise DataError([f"{source}：无法读取（{error.strerror}）"]) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DataError([f"{source} 第 {line} 行：不是有效的 YAML（{error.problem}）"]) from error
    if not isinstance(document, dict):
        raise DataError([f"{source} 第 1 行：文件应为键值表"])
    return Row(source, 1, document, problems, label="文件")


def _shown(path: Path) -> str:
    try:
        return path.relative_to(settings.BASE_DIR).as_posix()
    except ValueError:
        return path.as_posix()


def refuse_doubles(rows: Iterable[tuple[Row, Key]], name: str) -> None:
    """Complain about rows whose key was already given by an earlier row."""
    first: dict[Key, Row] = {}
    for row, key in rows:
        if key in first:
            other = first[key]
            row.complain(name, f"重复：与 {other.source} 第 {other.line} 行相同")
        else:
            first[key] = row


def stop_if(problems: Sequence[str]) -> None:
    """Raise DataError with everything found so far, if anything was found."""
    if problems:
        raise DataError(problems)


def sync(
    model: type[models.Model], key: Sequence[str], rows: Iterable[dict[str, Any]], tally: Tally
) -> None:
    """Bring a table to the rows given: create what is missing, update what differs.

    In: the names of the natural key's columns (attnames, e.g. `parent_id`) and the rows as
    column values. Repeatable: a row that is right already is not written. Rows the files do not
    name are left alone. Periods that shrink are written first, so that a boundary between two
    editions can move without the two ever overlapping.
    """
    present = {
        tuple(_key_part(getattr(one, n)) for n in key): one for one in model._default_manager.all()
    }
    updates: list[tuple[models.Model, dict[str, Any]]] = []
    missing: list[dict[str, Any]] = []
    for values in rows:
        one = present.get(tuple(_key_part(values[name]) for name in key))
        if one is None:
            missing.append(values)
        elif changed := {n: v for n, v in values.items() if not _same(getattr(one, n), v)}:
            updates.append((one, changed))
        else:
            tally.unchanged += 1
    updates.sort(key=lambda update: not _shrinks(*update))
    for one, changed in updates:
        for name, value in changed.items():
            setattr(one, name, value)
        one.save(update_fields=list(changed))
    for values in missing:
        model._default_manager.create(**values)
    tally.changed += len(updates)
    tally.created += len(missing)


def _key_part(value: Any) -> Any:
    """A column's part of a natural key: of a period its first day, of a list its items."""
    if isinstance(value, DateRange):
        return value.lower
    return tuple(value) if isinstance(value, list) else value


def _same(one: Any, other: Any) -> bool:
    """Equality that does not mind how PostgreSQL writes the bounds of a date range."""
    if isinstance(one, DateRange) and isinstance(other, DateRange):
        return (one.lower, one.upper) == (other.lower, other.upper)
    return bool(one == other)


def _shrinks(one: models.Model, changed: dict[str, Any]) -> bool:
    """Whether the row's new period lies inside its present one."""
    new, old = changed.get("period"), getattr(one, "period", None)
    if new is None or old is None:
        return False
    starts_inside = old.lower is None or (new.lower is not None and new.lower >= old.lower)
    ends_inside = old.upper is None or (new.upper is not None and new.upper <= old.upper)
    return starts_inside and ends_inside


def overlaps(one: DateRange, other: DateRange) -> bool:
    """Whether two half-open date ranges share a day."""
    return (one.lower is None or other.upper is None or one.lower < other.upper) and (
        other.lower is None or one.upper is None or other.lower < one.upper
    )


Loader = Callable[[], Sequence[Tally]]
_loaders: dict[str, Loader] = {}


def register(name: str, load: Loader) -> None:
    """Register an app's loader under the app's name; what registers first loads first."""
    _loaders[name] = load


def load_all() -> list[Tally]:
    """Run every registered loader in one transaction; the tallies in the order they ran.

    Raises DataError with nothing written when a file is wrong. Repeatable, and safe when two
    run at once: the second waits for the first and finds nothing to do.
    """
    tallies: list[Tally] = []
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        for load in _loaders.values():
            tallies.extend(load())
    return tallies
