"""A bureau's notice as the unit sees it among its 管理制度 (外部来源), and 确认已阅读 (F18)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from units import queries_notices
from units.actions.notices import confirm_read
from units.roles import Can


@page(Can.NOTICE_READ)
def detail(request: HttpRequest, code: str) -> HttpResponse:
    """Text and PDF; a withdrawn notice shows why instead."""
    receipt = queries_notices.get_received(request.actor, code)
    context = {"receipt": receipt, "notice": receipt.notice}
    return render(request, "units/received_notice.html", context)


@page(Can.NOTICE_READ, writes=True, reads=False)
def read(request: HttpRequest, code: str) -> HttpResponse:
    """Confirm having read it; the bureau sees who and when."""
    receipt = queries_notices.get_received(request.actor, code)
    confirm_read(receipt, actor=request.actor, now=timezone.now())
    messages.success(request, f"已确认阅读《{receipt.notice.title}》，下发单位可以看到。")
    return redirect("units:received-notice", code)
