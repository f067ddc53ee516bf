"""Certificates of people on the desk: over all people, and one by one under their holder (F16)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.forms import attempt
from config.paging import paginate
from config.words import cn_date
from units import queries
from units import queries_certificates as certificates
from units.actions.certificates import add_certificate, change_certificate, close_certificate
from units.carried import files_of
from units.forms_papers import CertificateFilterForm, CertificateForm
from units.models import Certificate, Staff
from units.queries_certificates import EXPIRED, EXPIRING, SOON_DAYS
from units.roles import Can


@page(Can.STAFF_VIEW)
def certificate_list(request: HttpRequest) -> HttpResponse:
    """Certificates of everybody in office, those that end first on top."""
    form = CertificateFilterForm(request.GET)
    form.is_valid()
    chosen = form.cleaned_data
    today = local_day(timezone.now())
    found = certificates.certificate_list(
        request.actor,
        words=chosen.get("q", ""),
        kind=chosen.get("kind", ""),
        expiry=chosen.get("expiry", ""),
        day=today,
    )
    shown, size = paginate(request, found)
    context = {
        "form": form,
        "page": shown,
        "size": size,
        "rows": [row_of(one, today) for one in shown],
        "is_filtered": any(chosen.values()),
        "may_manage": request.actor.can(Can.STAFF_MANAGE),
    }
    if request.htmx:
        return render(request, "units/_certificate_rows.html", context)
    context["tabs"] = _tabs(request, chosen.get("expiry", ""), today)
    return render(request, "units/certificate_list.html", context)


def _tabs(request: HttpRequest, expiry: str, today: date) -> list[dict[str, Any]]:
    counted = (
        ("", "全部", certificates.in_use(request.actor)),
        (EXPIRED, "已过期", certificates.expired(request.actor, day=today)),
        (EXPIRING, f"{SOON_DAYS}天内到期", certificates.expiring(request.actor, day=today)),
    )
    return [
        {
            "label": label,
            "url": f"?expiry={value}" if value else request.path,
            "active": value == expiry,
            "count": rows.count(),
        }
        for value, label, rows in counted
    ]


def row_of(certificate: Certificate, today: date) -> dict[str, Any]:
    """A certificate with its state in words, for lists."""
    kind, word = certificates.validity(certificate.valid_until, day=today)
    if certificate.closed_at is not None:
        kind, word = "neutral", "已注销"
    return {"paper": certificate, "kind": kind, "word": word}


@page(Can.STAFF_MANAGE, writes=True)
def add(request: HttpRequest, code: str) -> HttpResponse:
    """A new certificate of one person."""
    staff = queries.get_staff(request.actor, code)
    if request.method != "POST":
        return _form_page(request, CertificateForm(), staff)
    now = timezone.now()
    form = CertificateForm(request.POST, files_of(request, now))
    if form.is_valid():
        added = attempt(
            form,
            lambda: add_certificate(
                staff,
                paper=form.paper(),
                upload=form.cleaned_data["file"],
                actor=request.actor,
                now=now,
            ),
        )
        if added is not None:
            messages.success(request, f"已登记{staff.name}的{added.get_kind_display()}。")
            return redirect(_home(staff))
    return _form_page(request, form, staff)


@page(Can.STAFF_MANAGE, writes=True)
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a certificate; the second of two editors is told and nothing is overwritten."""
    certificate = certificates.get_certificate(request.actor, code)
    if request.method != "POST":
        initial = CertificateForm.initial_of(certificate)
        form = CertificateForm(initial=initial)
        return _form_page(request, form, certificate.staff, certificate)
    now = timezone.now()
    form = CertificateForm(request.POST, files_of(request, now))
    if form.is_valid():
        changed = attempt(
            form,
            lambda: change_certificate(
                certificate,
                version=form.cleaned_data["version"] or 0,
                paper=form.paper(),
                upload=form.cleaned_data["file"],
                actor=request.actor,
                now=now,
            ),
        )
        if changed is not None:
            messages.success(request, f"已保存{changed.staff.name}的{changed.get_kind_display()}。")
            return redirect(_home(changed.staff))
    fresh = certificates.get_certificate(request.actor, code)
    return _form_page(request, form, fresh.staff, fresh)


@page(Can.STAFF_MANAGE, writes=True, reads=False)
def close(request: HttpRequest, code: str) -> HttpResponse:
    """Take a certificate off the books."""
    certificate = certificates.get_certificate(request.actor, code)
    closed = close_certificate(certificate, actor=request.actor, now=timezone.now())
    messages.success(request, f"已注销{closed.staff.name}的{closed}。原登记内容保留可查。")
    return redirect(_home(closed.staff))


def _form_page(
    request: HttpRequest,
    form: CertificateForm,
    staff: Staff,
    certificate: Certificate | None = None,
) -> HttpResponse:
    form.put_files_aside()
    context: dict[str, Any] = {
        "form": form,
        "staff": staff,
        "certificate": certificate,
        "current": [],
        "version": form["version"].value() or "",
        "home": _home(staff),
    }
    if certificate is not None and form.has_error("__all__", code="stale"):
        context["current"] = [
            ("证书类别", certificate.get_kind_display()),
            ("证书编号", certificate.number),
            ("作业项目", certificate.item or "—"),
            ("发证机关", certificate.issuer or "—"),
            ("发证日期", cn_date(certificate.issued_on) or "—"),
            ("有效期至", cn_date(certificate.valid_until) or "长期"),
        ]
        context["version"] = certificate.version
    status = 409 if context["current"] else 422 if form.is_bound else 200
    return render(request, "units/certificate_form.html", context, status=status)


def _home(staff: Staff) -> str:
    return reverse("units:staff-detail", args=[staff.code]) + "#certificates"
