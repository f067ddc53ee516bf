"""通知公告 on the bureau's desk: the list, writing one, who has read it, withdrawing (F18)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.excel.export import ExportColumn, download, workbook
from config.forms import attempt, refused_status
from config.paging import paginate
from config.words import cn_datetime
from units import queries_notices
from units.actions import notices as actions
from units.carried import files_of
from units.forms_bureau import NoticeFilter, NoticeForm, ReceiptFilter, WithdrawForm, clean_codes
from units.models import Notice
from units.models.unit import UnitKind
from units.roles import Can

COLUMNS = (
    ExportColumn("单位名称", 36),
    ExportColumn("统一社会信用代码", 22),
    ExportColumn("区县", 12),
    ExportColumn("联系人", 12),
    ExportColumn("联系电话", 16),
    ExportColumn("阅读情况", 10),
    ExportColumn("阅读人", 24),
    ExportColumn("阅读时间", 18, "date"),
)


@page(Can.NOTICE_WRITE)
def notice_list(request: HttpRequest) -> HttpResponse:
    """The bureau's notices and those of bureaus below, each with how many units have read it."""
    form = NoticeFilter(request.GET)
    listed, size = paginate(request, queries_notices.notices(request.actor, form.asked()))
    reach = queries_notices.reach_of([one.pk for one in listed])
    context = {
        "form": form,
        "page": listed,
        "size": size,
        "rows": [(one, reach.get(one.pk, queries_notices.Reach())) for one in listed],
        "is_filtered": any(form.cleaned_data.values()),
    }
    return render(request, "units/notice_list.html", context)


@page(Can.NOTICE_WRITE, writes=True)
def write(request: HttpRequest) -> HttpResponse:
    """Write a notice; 查找 lists units to tick and keeps what was typed and ticked."""
    actor, now = request.actor, timezone.now()
    given = clean_codes(request.GET.getlist("unit")) if request.method == "GET" else []
    audience = Notice.Audience.CHOSEN if given else Notice.Audience.ALL
    status = 200
    if request.method == "POST" and request.POST.get("do") != "look":
        form = NoticeForm(request.POST, files_of(request, now))
        if form.is_valid():
            notice = attempt(form, lambda: _publish(request, form, now))
            if notice is not None:
                number = queries_notices.reach_of([notice.pk])[notice.pk].total
                messages.success(request, f"通知《{notice.title}》已下发到 {number} 个单位。")
                return redirect("units:notice", notice.code)
        status = 422
    elif request.method == "POST":
        form = NoticeForm(initial=_typed(request))
        # For what is ticked and chosen; unbound: looking is no try.
        form.data, form.files = request.POST, files_of(request, now)
    else:
        form = NoticeForm(initial={"audience": audience})
    codes = form.chosen() if request.method == "POST" else given
    words = request.POST.get("look", "")[:60].replace("\0", "")
    picked = queries_notices.units_picked(actor, codes)
    context = {
        "form": form,
        "picked": picked,
        "looked": words.strip(),
        "found": queries_notices.units_found(actor, words, but=[one.code for one in picked]),
        "most": queries_notices.FOUND_MOST,
    }
    partial = request.htmx and request.POST.get("do") == "look"
    template = "units/_notice_units.html" if partial else "units/notice_write.html"
    if not partial:
        form.put_files_aside()
    return render(request, template, context, status=status)


def _publish(request: HttpRequest, form: NoticeForm, now: datetime) -> Notice:
    cleaned = form.cleaned_data
    return actions.publish(
        title=cleaned["title"],
        text=cleaned["text"],
        upload=cleaned["file"],
        audience=cleaned["audience"],
        kinds=cleaned["kinds"],
        unit_codes=form.chosen(),
        actor=request.actor,
        now=now,
    )


def _typed(request: HttpRequest) -> dict[str, Any]:
    """What stands in the form, to be shown again unchecked."""
    typed: dict[str, Any] = {
        name: request.POST.get(name, "").replace("\0", "")
        for name in ("title", "text", "audience", "look")
    }
    return typed | {"kinds": request.POST.getlist("kinds")}


@page(Can.NOTICE_WRITE)
def detail(request: HttpRequest, code: str) -> HttpResponse:
    """The notice and its receipts; 未读 first."""
    notice = queries_notices.get_notice(request.actor, code)
    form = ReceiptFilter(request.GET)
    listed, size = paginate(request, queries_notices.receipts(notice, form.asked()))
    context = {
        "notice": notice,
        "audience": audience_in_words(notice),
        "reach": queries_notices.reach_of([notice.pk]).get(notice.pk, queries_notices.Reach()),
        "form": form,
        "page": listed,
        "size": size,
        "is_filtered": any(form.cleaned_data.values()),
        "query": request.GET.urlencode(),
        "may_withdraw": notice.bureau_id == request.actor.bureau_id and not notice.withdrawn_at,
    }
    return render(request, "units/notice.html", context)


def audience_in_words(notice: Notice) -> str:
    """辖区全部单位 · 按单位类型：使用单位、充装单位 · 指定单位"""
    label = str(notice.get_audience_display())
    kinds = "、".join(UnitKind(kind).label for kind in notice.kinds)
    return f"{label}：{kinds}" if kinds else label


@page(Can.NOTICE_WRITE)
def export(request: HttpRequest, code: str) -> HttpResponse:
    """The receipts under the filter as a workbook."""
    notice = queries_notices.get_notice(request.actor, code)
    rows = queries_notices.receipts(notice, ReceiptFilter(request.GET).asked())
    stream = workbook(
        COLUMNS,
        (_row(one) for one in rows.iterator(chunk_size=2000)),
        title=f"{notice.title} 阅读情况",
        described=f"{notice.bureau.name}　{cn_datetime(notice.published_at)}下发",
        total=rows.count(),
    )
    return download(stream, f"{notice.title}-阅读情况")


def _row(receipt: Any) -> tuple[Any, ...]:
    unit = receipt.unit
    return (
        unit.name,
        unit.credit_code,
        unit.region.name,
        unit.contact_name,
        unit.contact_phone,
        "已读" if receipt.read_at else "未读",
        receipt.read_by_name,
        receipt.read_at,
    )


@page(Can.NOTICE_WRITE, writes=True)
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Withdraw a notice of the bureau's own, with the reason."""
    notice = queries_notices.get_notice(request.actor, code)
    form = WithdrawForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            done = attempt(
                form,
                lambda: actions.withdraw(
                    notice,
                    reason=form.cleaned_data["reason"],
                    actor=request.actor,
                    now=timezone.now(),
                ),
            )
            if done is not None:
                messages.success(request, f"通知《{notice.title}》已撤回，单位会看到撤回原因。")
                return redirect("units:notice", code)
        status = refused_status(form, "wrong_state")
    context = {"notice": notice, "form": form}
    return render(request, "units/notice_withdraw.html", context, status=status)
