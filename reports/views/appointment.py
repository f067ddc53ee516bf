"""任命书 as a web page and as an issued PDF, one for every identity of a person (F20)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.clock import local_day
from config.errors import RuleBroken
from reports import queries_appointment as letters
from reports.actions.appointment import issue_appointment_letter
from reports.models import IssuedDocument
from units.models import Appointment, Staff
from units.queries import get_staff
from units.roles import Can, Role


@page(Can.DOCUMENT_VIEW)
def letter(request: HttpRequest, code: str) -> HttpResponse:
    """The letter of an identity: as it would be issued today, or as it was (`?revision=`)."""
    staff = _staff(request.actor, code)
    return _letter_page(request, staff, request.GET.get("role", ""))


@page(Can.STAFF_MANAGE, writes=True, reads=False)
def issue(request: HttpRequest, code: str) -> HttpResponse:
    """Issue the PDF; a refusal comes back on the page in words."""
    staff = _staff(request.actor, code)
    role = request.POST.get("role", "")
    try:
        with transaction.atomic():
            document = issue_appointment_letter(
                staff, role=role, actor=request.actor, now=timezone.now()
            )
    except RuleBroken as broken:
        return _letter_page(request, staff, role, refusal=broken)
    messages.success(request, f"任命书已生成，文书编号 {document.number}。")
    return redirect(f"{reverse('reports:appointment-letter', args=[staff.code])}?role={role}")


def _staff(actor: Actor, code: str) -> Staff:
    """A person whose letters the actor may read: everybody's of the unit, or one's own."""
    staff = get_staff(actor, code)
    if actor.kind == "person" and staff.pk != actor.staff_id:
        raise Http404
    return staff


def _letter_page(
    request: HttpRequest, staff: Staff, role: str, refusal: RuleBroken | None = None
) -> HttpResponse:
    now = timezone.now()
    posts = letters.posts_in_force(staff, on=local_day(now)) if staff.ended_on is None else []
    in_force = {post.role: post for post in posts}
    roles = [
        one.value for one in Role if one in in_force or one in letters.roles_with_letters(staff)
    ]
    if not roles:
        raise RuleBroken("no_identity", f"{staff.name}没有身份，也没有生成过任命书。")
    if role not in roles:
        role = roles[0]
    issued = letters.letters_of(staff, role)
    shown = _wanted(issued, request.GET.get("revision", ""))
    doc, shown, is_changed = _choose(staff, in_force.get(role), issued, shown, now)
    context: dict[str, Any] = {
        "doc": doc,
        "staff": staff,
        "role": role,
        "roles": [(one, str(Role(one).label), one == role) for one in roles] if roles[1:] else [],
        "issued": shown,
        "revisions": issued,
        "is_changed": is_changed,
        "may_issue": request.actor.can(Can.STAFF_MANAGE) and shown is None,
        "refusal": refusal,
        "issue_url": reverse("reports:appointment-letter-issue", args=[staff.code]),
        "back_url": _back(request.actor, staff),
    }
    status = refusal.status if refusal else 200
    return render(request, "reports/appointment.html", context, status=status)


def _wanted(issued: list[IssuedDocument], revision: str) -> IssuedDocument | None:
    """The revision that the URL names; one that does not exist is a page that does not."""
    if not revision:
        return None
    found = next((one for one in issued if str(one.revision) == revision), None)
    if found is None:
        raise Http404
    return found


def _choose(
    staff: Staff,
    post: Appointment | None,
    issued: list[IssuedDocument],
    shown: IssuedDocument | None,
    now: Any,
) -> tuple[Any, IssuedDocument | None, bool]:
    """(letter, the document it is or None for a draft, whether it differs from the last one)."""
    if shown is not None:
        return letters.letter_of(shown), shown, False
    latest = issued[0] if issued else None
    if post is None and latest is not None:
        return letters.letter_of(latest), latest, False
    revision = latest.revision + 1 if latest else 1
    draft = letters.build_letter(post, staff, as_of=now, revision=revision)
    if latest is not None and letters.letter_of(latest).basis == draft.basis:
        return letters.letter_of(latest), latest, False
    return draft, None, latest is not None


def _back(actor: Actor, staff: Staff) -> str:
    if actor.kind == "person":
        return reverse("units:me")
    if actor.kind == "unit":
        return reverse("units:staff-detail", args=[staff.code])
    return reverse("reports:document-list")
