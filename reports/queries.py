"""Reading what documents are made of, and the documents themselves."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.http import Http404

from config.actor import Actor
from config.errors import RuleBroken
from config.words import cn_date
from duties.enums import Cadence
from duties.models import Inspection, InspectionPhoto
from equipment.models import DutyTitle
from hazards.models import Hazard, HazardEvent
from reports.documents import daily_check
from reports.documents.daily_check import DailyCheck, Sources, Titles
from reports.documents.frozen import thaw
from reports.models import DocumentKind, IssuedDocument, IssuedDocumentQuerySet
from units.models import Appointment, Rule
from units.models.unit import UnitKind
from units.roles import DIRECTORS, Role

# What a daily form cites, in this order; the edition is the one in force on its date.
RULES = {
    UnitKind.USING: ("order-74", "tsg-08"),
    UnitKind.FILLING: ("order-74", "tsg-08"),
    UnitKind.PRODUCTION: ("order-73",),
}


def get_daily_inspection(actor: Actor, code: str) -> Inspection:
    """Return a signed daily inspection the actor may see; Http404 for every other."""
    found = (
        Inspection.objects.for_actor(actor)
        .filter(code=code, cadence=Cadence.DAILY)
        .select_related("unit", "version", "signature")
        .first()
    )
    if found is None:
        raise Http404("no such inspection")
    return found


def get_issued(inspection: Inspection) -> IssuedDocument | None:
    """The document issued for a daily inspection, if there is one."""
    return (
        IssuedDocument.objects.filter(kind=DocumentKind.DAILY_CHECK, subject_code=inspection.code)
        .order_by("-revision")
        .first()
    )


def build_daily_check(inspection: Inspection, *, as_of: datetime, number: str = "") -> DailyCheck:
    """Gather what the form needs and build it. RuleBroken `no_title` without titles of the date."""
    return daily_check.build(inspection, _sources(inspection), as_of=as_of, number=number)


def daily_check_of(document: IssuedDocument) -> DailyCheck:
    """The form exactly as it was issued."""
    return thaw(DailyCheck, document.content)


def _sources(inspection: Inspection) -> Sources:
    day = inspection.period_on
    hazards = {
        hazard.item_key: hazard
        for hazard in Hazard.objects.filter(
            origin_kind="inspection", origin_code=inspection.code, unit_id=inspection.unit_id
        )
    }
    events: dict[int, list[HazardEvent]] = defaultdict(list)
    for event in HazardEvent.objects.filter(hazard__in=hazards.values()).order_by("id"):
        events[event.hazard_id].append(event)
    photos = InspectionPhoto.objects.filter(inspection=inspection).values_list(
        "photo__code", "photo__copy_id"
    )
    titles = _titles(inspection.version.unit_kind, inspection.category, day)
    return Sources(
        titles=titles,
        rules=_rules(inspection.version.unit_kind, day),
        photos={str(code): str(file_id) for code, file_id in photos},
        hazards=hazards,
        events={key: tuple(rows) for key, rows in events.items()},
        report_to=_report_to(inspection, titles),
        signed_with=_signed_with(inspection),
    )


def _titles(unit_kind: str, category: str, day: date) -> Titles:
    found = dict(
        DutyTitle.objects.filter(
            unit_kind=unit_kind,
            category=category,
            subject__in=["daily", "officer", "director"],
            period__contains=day,
        ).values_list("subject", "title")
    )
    if len(found) < 3:
        raise RuleBroken(
            "no_title",
            f"{cn_date(day)}没有施行中的文书名称，不能显示记录表单，请联系平台管理员。",
        )
    return Titles(found["daily"], found["officer"], found["director"])


def _rules(unit_kind: str, day: date) -> tuple[Rule, ...]:
    keys = RULES[UnitKind(unit_kind)]
    found = {rule.key: rule for rule in Rule.objects.in_force(day).filter(key__in=keys)}
    return tuple(found[key] for key in keys if key in found)


def _report_to(inspection: Inspection, titles: Titles) -> tuple[str, ...]:
    """The directors of that day whose scope covered the category, else the principal (decision 5).

    The dated appointments alone decide: who has left since was in office then.
    """
    held = (
        Appointment.objects.in_force(inspection.period_on)
        .filter(staff__unit_id=inspection.unit_id, role__in=[*DIRECTORS, Role.PRINCIPAL])
        .filter(Q(categories=[]) | Q(categories__contains=[inspection.category]))
        .select_related("staff")
        .order_by("staff_id", "role")
    )
    named: dict[bool, dict[int, str]] = {True: {}, False: {}}
    for appointment in held:
        is_director = appointment.role in DIRECTORS
        title = titles.director if is_director else appointment.get_role_display()
        named[is_director].setdefault(appointment.staff_id, f"{title} {appointment.staff.name}")
    return tuple((named[True] or named[False]).values())


def _signed_with(inspection: Inspection) -> tuple[str, ...]:
    """The other records the same signature stands under (decision 11)."""
    others = (
        Inspection.objects.filter(signature_id=inspection.signature_id)
        .exclude(pk=inspection.pk)
        .order_by("id")
        .values_list("facts__equipment_name", "code")
    )
    return tuple(f"{name}（{code}）" for name, code in others)


@dataclass(frozen=True)
class DocumentFilter:
    """What the list of issued documents is narrowed to; empty values narrow nothing."""

    first_on: date | None = None
    last_on: date | None = None
    category: str = ""
    keyword: str = ""
    kind: str = ""


def list_documents(actor: Actor, wanted: DocumentFilter) -> IssuedDocumentQuerySet:
    """The issued documents an actor may see, newest date first."""
    rows = IssuedDocument.objects.for_actor(actor).select_related("unit", "file")
    if wanted.first_on:
        rows = rows.filter(document_on__gte=wanted.first_on)
    if wanted.last_on:
        rows = rows.filter(document_on__lte=wanted.last_on)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.category:
        rows = rows.filter(content__category=wanted.category)
    for word in wanted.keyword.split():
        rows = rows.filter(
            Q(number__icontains=word)
            | Q(title__icontains=word)
            | Q(unit__name__icontains=word)
            | Q(content__equipment_name__icontains=word)
            | Q(content__registration_no__icontains=word)
            | Q(content__equipment_code__icontains=word)
            | Q(content__officer_name__icontains=word)
            | Q(content__person_name__icontains=word)
        )
    return rows.order_by("-document_on", "-id")
