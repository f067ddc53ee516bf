"""任命书 on a person's page: one line for every identity in force, and for letters of past ones."""

from __future__ import annotations

from django.urls import reverse

from config.actor import Actor
from config.panels import Panel, PanelRow
from reports.models import DocumentKind, IssuedDocument
from reports.queries_appointment import letter_of
from units.models import Appointment, Staff
from units.roles import Role


def appointment_panel(staff: Staff, actor: Actor) -> list[Panel]:
    """Which letters there are, and which are still to be made."""
    latest: dict[str, IssuedDocument] = {}
    found = IssuedDocument.objects.for_actor(actor).filter(
        kind=DocumentKind.APPOINTMENT, subject_code__startswith=f"{staff.code}-"
    )
    for document in found.order_by("revision"):
        latest[letter_of(document).role] = document
    # Open-ended rows are those in force: nothing is appointed for a day to come.
    held = Appointment.objects.filter(staff=staff, period__upper_inf=True)
    roles = set(held.values_list("role", flat=True)) | set(latest)
    page = reverse("reports:appointment-letter", args=[staff.code])
    rows = [
        PanelRow(
            text=f"{role.label}任命书",
            at=latest[role].document_on if role in latest else None,
            note=f"第 {latest[role].revision} 版，{latest[role].number}" if role in latest else "",
            word="已生成" if role in latest else "未生成",
            kind="done" if role in latest else "neutral",
            url=f"{page}?role={role.value}",
        )
        for role in Role
        if role in roles
    ]
    return [Panel("任命书", rows, empty="没有身份，不需要任命书。")]
