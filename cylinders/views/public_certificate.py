"""What the QR of a certificate opens, without sign-in: is it valid, is it the newest (F87)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.access import public
from config.words import cn_date
from cylinders import queries_certificates as queries
from equipment.public_facts import Fact
from equipment.views.public import may_look, unlisted


@public("whoever holds a certificate may check it (F87)")
@unlisted
def public_certificate(request: HttpRequest, token: str) -> HttpResponse:
    """The certificate as it stands; `?v=` is the revision that is printed on the paper."""
    if not may_look(request):
        return render(request, "cylinders/public_busy.html", status=429)
    check = queries.check(token, request.GET.get("v", ""))
    if check is None:
        return render(request, "cylinders/public_certificate.html", {"check": None}, status=404)
    context = {"check": check, "facts": _facts(check)}
    return render(request, "cylinders/public_certificate.html", context)


def _facts(check: queries.Check) -> list[Fact]:
    """What everybody may know: unit, kind, number, quantity, authority, dates; no person."""
    found, newest = check.certificate, check.newest
    facts = [
        Fact("使用登记证编号", found.number),
        Fact("使用单位", newest.unit_name),
        Fact("设备品种", found.kind.name),
        Fact("登记数量", f"{newest.total} 只"),
        Fact("登记机关", newest.issued_by_name),
        Fact("首次发证", cn_date(found.created_at)),
        Fact("当前版次", f"第 {newest.revision} 版，{cn_date(newest.issued_at)}"),
    ]
    if found.vehicle:
        facts.insert(3, Fact("车辆", found.vehicle))
    return facts
