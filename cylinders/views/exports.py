"""下载清单: a batch's cylinders as a workbook, as its list shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.excel import export
from config.excel.export import ExportColumn
from cylinders import queries_batches as queries
from cylinders.forms import ItemFilter
from cylinders.models import Batch, BatchItem
from cylinders.views.batches import only
from units.roles import Can

CHUNK = 2_000
# Label, width, kind, column of the cylinder.
COLUMNS = (
    ("序号", 8, "number", "number"),
    ("气瓶型号", 14, "text", "model"),
    ("充装介质", 16, "text", "medium"),
    ("制造单位", 26, "text", "manufacturer"),
    ("制造许可证编号", 18, "text", "maker_licence"),
    ("产品编号", 18, "text", "product_no"),
    ("公称压力（MPa）", 12, "number", "nominal_pressure"),
    ("试验压力（MPa）", 12, "number", "test_pressure"),
    ("容积（L）", 10, "number", "volume"),
    ("设计壁厚（mm）", 12, "number", "wall_thickness"),
    ("皮重（kg）", 10, "number", "tare"),
    ("设计使用年限（年）", 12, "number", "life_years"),
    ("最近一次检验日期", 14, "date", "last_inspected_on"),
    ("下次检验日期", 14, "date", "next_inspection_on"),
    ("二维码标识（URL）", 36, "text", "qr_url"),
    ("单位内编号", 14, "text", "inner_no"),
    ("产权单位", 22, "text", "owner"),
    ("原使用登记代码", 20, "text", "old_code"),
    ("车牌号", 12, "text", "plate"),
    ("车辆识别代号（VIN）", 20, "text", "vin"),
    ("备注", 24, "text", "note"),
)
EXPORTED = (
    ExportColumn("设备品种", 16),
    ExportColumn("制造年月", 12),
    *(ExportColumn(label, width, kind=kind) for label, width, kind, _ in COLUMNS),
    ExportColumn("照片张数", 10, kind="number"),
    ExportColumn("照片情况", 28),
)


@page(Can.CYLINDER_MANAGE)
def items_export(request: HttpRequest, code: str) -> HttpResponseBase:
    """The list under its filter; text stays text, nothing is a formula."""
    day = local_day(timezone.now())
    found = queries.get_batch(request.actor, code)
    form = ItemFilter(request.GET)
    asked = form.asked()
    rows = queries.items_of(found, asked | only(found, asked))
    stream = export.workbook(
        EXPORTED,
        _rows(rows, found),
        title="气瓶清单",
        described="；".join(filter(None, [str(found), export.described(form)])),
        total=rows.count(),
    )
    return export.download(stream, f"气瓶清单{found.number or found.code}_{day:%Y%m%d}")


def _rows(rows: QuerySet[BatchItem], found: Batch) -> Iterator[tuple[Any, ...]]:
    for one in rows.iterator(chunk_size=CHUNK):
        values = [getattr(one, name) for *_, name in COLUMNS]
        yield (
            one.kind.name,
            f"{one.made_on:%Y-%m}",
            *(float(value) if _is_decimal(value) else value for value in values),
            one.photo_number,
            queries.photo_problem(one, found.origin) or "已上传",
        )


def _is_decimal(value: Any) -> bool:
    return hasattr(value, "as_tuple")
