"""Printing the labels of machine codes (F37)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from config.access import page
from config.errors import RuleBroken
from equipment import qr
from equipment.queries_codes import LABELS_MOST
from equipment.views.codes import chosen
from reports import pdf
from reports.documents.labels import Label, pages
from units.roles import Can


@page(Can.CODE_MANAGE)
def labels(request: HttpRequest) -> HttpResponse:
    """The ticked machines, or all of the code list's filter, as a PDF of label sheets.

    Machines without a code are left out. RuleBroken (answered as a page): no_labels, labels_many.
    """
    machines = list(chosen(request).filter(token__isnull=False)[: LABELS_MOST + 1])
    if not machines:
        raise RuleBroken("no_labels", "所选设备都还没有设备码，请先在“一码通”中赋码再打印标签。")
    if len(machines) > LABELS_MOST:
        raise RuleBroken(
            "labels_many",
            f"一次最多打印 {LABELS_MOST} 张标签，请用设备类别、安全员或关键词筛选后分批打印。",
        )
    sheets = pages(
        Label(
            name=one.name,
            inner_no=one.inner_no,
            registration_no=one.registration_no,
            unit_name=one.unit.name,
            token=one.token,
            drawing=qr.inline_svg(one.token),
        )
        for one in machines
    )
    content = pdf.render("reports/pdf/labels.html", {"sheets": sheets}, stored_files=())
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="labels.pdf"'
    answer["Cache-Control"] = "private, no-store"
    return answer
