"""Workbooks of a kind of import, as its template lays them out, and what a plan says of them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from openpyxl import Workbook

from config.excel.kinds import Context, ImportKind
from config.excel.plan import Plan


def book(kind: ImportKind, context: Context, *rows: dict[str, Any]) -> BytesIO:
    """A workbook of a kind with the template's header and these rows, by column name."""
    columns = kind.columns(context)
    made = Workbook()
    made.active.title = kind.sheet_name
    made.active.append([column.label for column in columns])
    for row in rows:
        made.active.append([row.get(column.name) for column in columns])
    content = BytesIO()
    made.save(content)
    content.seek(0)
    return content


def judged(kind: ImportKind, context: Context, *rows: dict[str, Any]) -> Plan:
    return kind.plan(kind.open(book(kind, context, *rows), context), context)


def verdicts(plan: Plan) -> list[str]:
    return [str(line.verdict) for line in plan.lines]


def reason(plan: Plan, place: int = 0) -> str:
    return "；".join(problem.sentence() for problem in plan.lines[place].problems)
