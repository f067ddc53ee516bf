"""使用登记证: the list, one with its revisions and cylinders, 重新打印 (decision 15, F87)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.codes import normalise
from config.forms import attempt
from config.paging import paginate
from config.words import cn_date, cn_datetime
from cylinders import queries_certificates as queries
from cylinders.actions.certify import is_issuer, reprint
from cylinders.forms_certificates import CertificateFilterForm, ReprintForm
from cylinders.models import Certificate
from equipment import qr
from units.roles import Can


@page(Can.CYLINDER_VIEW)
def certificate_list(request: HttpRequest) -> HttpResponse:
    """The certificates of the unit, or of the regulator's subtree."""
    is_bureau = request.actor.kind == "bureau"
    form = CertificateFilterForm(request.GET, kinds=queries.kinds(), is_bureau=is_bureau)
    wanted = form.asked()
    found, size = paginate(request, queries.list_certificates(request.actor, wanted))
    context = {
        "form": form,
        "page": found,
        "size": size,
        "is_filtered": wanted != queries.CertificateFilter(),
        "is_bureau": is_bureau,
    }
    return render(request, "cylinders/certificate_list.html", context)


@page(Can.CYLINDER_VIEW)
def certificate(request: HttpRequest, code: str) -> HttpResponse:
    """One certificate: what it covers now, its revisions with their documents, its cylinders."""
    found = queries.get_certificate(request.actor, code)
    keyword = normalise(request.GET.get("keyword", ""))[:60]
    cylinders, size = paginate(request, queries.cylinders_of(found, keyword))
    revisions = queries.revisions_of(found)
    context = {
        "found": found,
        "facts": _facts(found, revisions),
        "covered": queries.covered_by(found),
        "revisions": revisions,
        "page": cylinders,
        "size": size,
        "keyword": keyword,
        "drawing": qr.drawing(queries.check_url(found)),
        "may_reprint": is_issuer(found, request.actor),
    }
    return render(request, "cylinders/certificate.html", context)


@page(Can.CYLINDER_REVIEW, writes=True)
def certificate_reprint(request: HttpRequest, code: str) -> HttpResponse:
    """重新打印: a new revision with its reason; the bureau that issued it only."""
    found = queries.get_certificate(request.actor, code)
    posted = request.POST if request.method == "POST" else None
    form = ReprintForm(posted, initial={"revision": found.revision})
    made = None
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        made = attempt(
            form,
            lambda: reprint(
                found,
                reason=given["reason"],
                revision=given["revision"],
                actor=request.actor,
                now=timezone.now(),
            ),
        )
    if made is not None:
        messages.success(
            request, f"{found.number} 已生成第 {made.revision} 版，已告知使用单位；原有版次保留。"
        )
        return redirect("cylinders:certificate", code=found.code)
    context = {"found": found, "form": form, "may_reprint": is_issuer(found, request.actor)}
    return render(
        request,
        "cylinders/certificate_reprint.html",
        context,
        status=_status(form) if form.is_bound else 200,
    )


def _status(form: ReprintForm) -> int:
    """409 when somebody was quicker, 403 for another bureau, 422 for what was typed."""
    codes = {error.code for errors in form.errors.as_data().values() for error in errors}
    return 409 if "stale" in codes else 403 if "not_yours" in codes else 422


def _facts(found: Certificate, revisions: list) -> list[tuple[str, str]]:
    newest = revisions[0]
    pairs = [
        ("使用登记证编号", found.number),
        ("使用单位", newest.unit_name),
        ("设备品种", found.kind.name),
        ("登记机关", newest.issued_by_name),
        ("首次发证日期", cn_date(found.created_at)),
        ("当前版次", f"第 {found.revision} 版（{cn_datetime(newest.issued_at)}）"),
    ]
    if found.vehicle:
        pairs.insert(3, ("车辆", found.vehicle))
    return pairs
