"""设备档案 as a workbook: what the list shows under its filter, in the columns of the import."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.excel import export
from config.excel.export import ExportColumn
from equipment import queries
from equipment.enums import Category
from equipment.models import Equipment
from equipment.views.archive import archive_filter
from units.roles import Can

CHUNK = 2_000
COLUMNS = (
    ExportColumn("设备类别", 12),
    ExportColumn("设备品种代码", 12),
    ExportColumn("设备品种名称", 20),
    ExportColumn("设备名称", 20),
    ExportColumn("设备代码", 22),
    ExportColumn("使用登记证编号", 22),
    ExportColumn("单位内编号", 12),
    ExportColumn("使用地点", 28),
    ExportColumn("使用状态", 10),
    ExportColumn("数量", 8, kind="number"),
    ExportColumn("型号", 14),
    ExportColumn("制造单位", 24),
    ExportColumn("产品编号", 16),
    ExportColumn("投入使用日期", 14),
    ExportColumn("下次检验日期", 14),
    ExportColumn("应急救援电话", 14),
    ExportColumn("安全员姓名", 12),
)
# What only the unit itself sees of its people, and what only a bureau needs to be told.
PHONE, UNIT = ExportColumn("安全员手机号", 14), ExportColumn("使用单位", 28)


@page(Can.EQUIPMENT_VIEW)
def equipment_export(request: HttpRequest) -> HttpResponseBase:
    """导出 of the archive: same rows, same filter, same right as the list page."""
    day = local_day(timezone.now())
    actor = request.actor
    form = archive_filter(request.GET, actor, day)
    asked = form.asked()
    machines = queries.archive(actor, asked, day=day).select_related("officer__user")
    is_bureau = actor.kind == "bureau"
    words = [export.described(form), str(Category(asked.category).label) if asked.category else ""]
    stream = export.workbook(
        (*COLUMNS, UNIT if is_bureau else PHONE),
        _rows(machines, is_bureau=is_bureau),
        title="设备档案",
        described="；".join(filter(None, words)),
        total=machines.count(),
    )
    return export.download(stream, f"设备档案{day:%Y%m%d}")


def _rows(machines: Any, *, is_bureau: bool) -> Iterator[tuple[Any, ...]]:
    one: Equipment
    for one in machines.iterator(chunk_size=CHUNK):
        officer = one.officer
        phone = (officer.user.phone or "") if officer else ""
        yield (
            one.get_category_display(),
            one.catalogue_id,
            one.catalogue.name,
            one.name,
            one.equipment_code,
            one.registration_no,
            one.inner_no,
            one.place,
            one.get_status_display(),
            one.quantity,
            one.model,
            one.manufacturer,
            one.product_no,
            one.in_use_since,
            one.next_inspection_on,
            one.rescue_phone,
            officer.name if officer else "",
            one.unit.name if is_bureau else phone,
        )
