"""下载清单: a batch's cylinders as its list shows them, in the columns of the import."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.excel import export
from config.excel.columns import Column
from config.excel.columns_dates import DateColumn
from config.excel.columns_numbers import DecimalColumn, IntegerColumn
from config.excel.export import ExportColumn
from cylinders import queries_batches as queries
from cylinders.forms import ItemFilter
from cylinders.imports.columns import columns_of
from cylinders.models import Batch, BatchItem
from cylinders.rules import Book
from cylinders.views.batches import only
from units.roles import Can

CHUNK = 2_000
PHOTOS = (ExportColumn("照片张数", 10, kind="number"), ExportColumn("照片情况", 30))


@page(Can.CYLINDER_MANAGE)
def items_export(request: HttpRequest, code: str) -> HttpResponseBase:
    """The list under its filter; text stays text, nothing is a formula."""
    day = local_day(timezone.now())
    found = queries.get_batch(request.actor, code)
    form = ItemFilter(request.GET)
    asked = form.asked()
    rows = queries.items_of(found, asked | only(found, asked))
    columns = columns_of(Book.on(day), found.origin)
    stream = export.workbook(
        (ExportColumn("序号", 8, kind="number"), *map(_exported, columns), *PHOTOS),
        _rows(rows, columns, found),
        title="气瓶清单",
        described="；".join(filter(None, [str(found), export.described(form)])),
        total=rows.count(),
    )
    return export.download(stream, f"气瓶清单{found.number or found.code}_{day:%Y%m%d}")


def _exported(column: Column) -> ExportColumn:
    is_number = isinstance(column, DecimalColumn | IntegerColumn)
    return ExportColumn(column.label, column.width, kind="number" if is_number else "text")


def _rows(
    rows: QuerySet[BatchItem], columns: list[Column], found: Batch
) -> Iterator[tuple[Any, ...]]:
    for one in rows.iterator(chunk_size=CHUNK):
        yield (
            one.number,
            *(_cell(column, getattr(one, column.name)) for column in columns),
            one.photo_number,
            queries.photo_problem(one, found.origin) or "已上传",
        )


def _cell(column: Column, value: Any) -> Any:
    """A date stays one, a measure is a number; everything else is the text that is read again."""
    if type(column) is DateColumn:
        return value
    if isinstance(value, Decimal):
        return float(value)
    return value if isinstance(column, IntegerColumn) else column.show(value)
