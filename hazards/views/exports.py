"""风险隐患记录 as a workbook: the rows of the list under its filter."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.excel import export
from config.excel.export import ExportColumn
from hazards import queries
from hazards.views import shown
from hazards.views.desk import asked_hazards
from units.roles import Can

CHUNK = 2_000
COLUMNS = (
    ExportColumn("单位", 28),
    ExportColumn("检查对象", 24),
    ExportColumn("类别", 16),
    ExportColumn("风险隐患", 40),
    ExportColumn("隐患等级", 12),
    ExportColumn("来源", 10),
    ExportColumn("发现日期", 14),
    ExportColumn("发现人", 12),
    ExportColumn("整改措施", 40),
    ExportColumn("整改期限", 14),
    ExportColumn("状态", 12),
)


@page(Can.HAZARD_VIEW)
def hazard_export(request: HttpRequest) -> HttpResponseBase:
    """导出: same rows, same filter, same right as the desk's list page."""
    if request.actor.kind == "person":
        raise Http404("the desk's list only")
    day = local_day(timezone.now())
    form, source, hazards = asked_hazards(request, day)
    found = hazards.filter(source=source)
    stream = export.workbook(
        COLUMNS,
        (
            (
                row.hazard.unit.name,
                row.place,
                row.category,
                row.hazard.description,
                row.hazard.get_severity_display(),
                row.hazard.get_source_display(),
                row.hazard.found_on,
                row.hazard.found_by.name,
                row.hazard.measures,
                row.hazard.due_on,
                row.standing.word,
            )
            for row in shown.rows(queries.described(found).iterator(chunk_size=CHUNK), day)
        ),
        title="风险隐患记录",
        described=export.described(form),
        total=found.count(),
    )
    return export.download(stream, f"风险隐患记录{day:%Y%m%d}")
