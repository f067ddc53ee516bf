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
from equipment import subjects
from units.roles import Can

CHUNK = 2_000
COLUMNS = (
    ExportColumn("单位", 28),
    ExportColumn("对象", 24),
    ExportColumn("类别", 16),
    ExportColumn("地点、编号", 28),
    ExportColumn("应检日期", 14),
    ExportColumn("期间", 22),
    ExportColumn("层级", 12),
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
    tasks = queries.tasks(request.actor, asked, now=now)
    found = queries.with_records(tasks, asked.cadence, asked.kind)
    stream = export.workbook(
        COLUMNS,
        (
            (
                row.task.unit.name,
                row.subject,
                subjects.label(row.task.category),
                row.place,
                row.task.period_on,
                row.period,
                row.level,
                row.person,
                row.record.received_at if row.record else None,
                row.word,
                row.note,
                row.hazard_count,
            )
            for task in found.iterator(chunk_size=CHUNK)
            for row in queries.rows([task], now)
        ),
        title="风险管控记录",
        described="；".join([Cadence(asked.cadence).label, export.described(form)]),
        total=found.count(),
    )
    return export.download(stream, f"风险管控记录{local_day(now):%Y%m%d}")
