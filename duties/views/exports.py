"""风险管控记录 as a workbook: the rows of the list under its filter."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.excel import export
from config.excel.export import ExportColumn
from duties import queries_desk as queries
from duties.enums import Cadence
from duties.views.desk import record_form
from units.roles import Can

CHUNK = 2_000
COLUMNS = (
    ExportColumn("单位", 28),
    ExportColumn("设备", 24),
    ExportColumn("设备类别", 12),
    ExportColumn("使用地点", 24),
    ExportColumn("应检日期", 14),
    ExportColumn("责任人", 12),
    ExportColumn("提交时间", 18),
    ExportColumn("完成情况", 12),
    ExportColumn("说明", 40),
    ExportColumn("隐患", 8, kind="number"),
)


@page(Can.RECORD_VIEW)
def record_export(request: HttpRequest) -> HttpResponseBase:
    """导出: same rows, same filter, same right as the desk's list page; blanks among them."""
    if request.actor.kind == "person":
        raise Http404("the desk's list only")
    now = timezone.now()
    form = record_form(request, now)
    asked = form.asked()
    found = queries.with_records(queries.tasks(request.actor, asked, now=now), asked.cadence)
    stream = export.workbook(
        COLUMNS,
        (
            (
                row.task.unit.name,
                row.subject,
                queries.category_label(row.task.category),
                row.task.equipment.place if row.task.equipment else "",
                row.task.period_on,
                row.person,
                row.inspection.received_at if row.inspection else None,
                row.word,
                row.note,
                row.inspection.hazard_count if row.inspection else None,
            )
            for task in found.iterator(chunk_size=CHUNK)
            for row in queries.rows([task], now)
        ),
        title="风险管控记录",
        described="；".join([Cadence(asked.cadence).label, export.described(form)]),
        total=found.count(),
    )
    return export.download(stream, f"风险管控记录{local_day(now):%Y%m%d}")
