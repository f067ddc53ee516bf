"""Reading what documents are made of, and the documents themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Func, JSONField, Q, TextField, Value
from django.db.models.functions import Cast
from django.http import Http404

from config.actor import Actor
from config.errors import RuleBroken
from config.search import with_words
from config.words import cn_date
from duties.enums import Cadence
from duties.models import Inspection, InspectionPhoto
from equipment import subjects
from equipment.models import DutyTitle
from hazards.models import Hazard, HazardEvent
from reports.documents import daily_check
from reports.documents.daily_check import DailyCheck, Sources, Titles
from reports.documents.frozen import thaw
from reports.models import IssuedDocument
from units.models import Appointment, Rule
from units.models.owned import OwnedQuerySet
from units.models.unit import UnitKind
from units.roles import DIRECTORS, Role

# What a daily form cites, in this order; the edition is the one in force on its date.
RULES = {
    UnitKind.USING: ("order-74", "tsg-08"),
    UnitKind.FILLING: ("order-74", "tsg-08"),
    UnitKind.PRODUCTION: ("order-73",),
}


def get_inspection(actor: Actor, code: str) -> Inspection:
    """Return a signed inspection the actor may see, of any cadence; Http404 for every other."""
    found = (
        Inspection.objects.for_actor(actor)
        .filter(code=code)
        .select_related("unit", "version", "signature")
        .first()
    )
    if found is None:
        raise Http404("no such inspection")
    return found


def chosen_revision(issued: Iterable[IssuedDocument], revision: str) -> IssuedDocument | None:
    """The revision of a document that is asked for, None without one; Http404 for one that was
    never issued."""
    if not revision:
        return None
    found = next((one for one in issued if str(one.revision) == revision), None)
    if found is None:
        raise Http404("no such revision")
    return found


def get_issued(inspection: Inspection) -> IssuedDocument | None:
    """The document issued for an inspection, if there is one."""
    kind = daily_check.KINDS[inspection.cadence]
    return (
        IssuedDocument.objects.filter(kind=kind, subject_code=inspection.code)
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
    category = subjects.duty_category(inspection.category)
    titles = _titles(inspection, category)
    return Sources(
        titles=titles,
        rules=rules_of(inspection.unit_kind, day),
        photos={str(code): str(file_id) for code, file_id in photos},
        hazards=hazards,
        events={key: tuple(rows) for key, rows in events.items()},
        report_to=_report_to(inspection, category, titles),
        signed_with=_signed_with(inspection),
        duty_category=category,
    )


def _titles(inspection: Inspection, category: str) -> Titles:
    """Posts and the name of the form on the inspection's own date.

    The Orders name the daily form; what the weekly and monthly rounds are recorded on is ours.
    """
    day, unit_kind = inspection.period_on, inspection.unit_kind
    found = {
        row["subject"]: row
        for row in DutyTitle.objects.filter(
            unit_kind=unit_kind,
            category=category,
            subject__in=["daily", "officer", "director"],
            period__contains=day,
        ).values("subject", "title", "prefix")
    }
    if len(found) < 3:
        raise no_title(day)
    document = found["daily"]["title"]
    if inspection.cadence != Cadence.DAILY:
        quality = "质量" if unit_kind == UnitKind.PRODUCTION else ""
        round_name = "周排查" if inspection.cadence == Cadence.WEEKLY else "月调度检查"
        document = f"{found['daily']['prefix']}{quality}安全{round_name}记录"
    return Titles(document, found["officer"]["title"], found["director"]["title"])


def no_title(day: date) -> RuleBroken:
    """No official name was in force on that day."""
    return RuleBroken(
        "no_title",
        f"{cn_date(day)}没有施行中的文书名称，不能显示记录表单，请联系平台管理员。",
    )


def rules_of(unit_kind: str, day: date) -> tuple[Rule, ...]:
    """What a form of a unit of this kind cites, in the editions of its day."""
    keys = RULES[UnitKind(unit_kind)]
    found = {rule.key: rule for rule in Rule.objects.in_force(day).filter(key__in=keys)}
    return tuple(found[key] for key in keys if key in found)


def _report_to(inspection: Inspection, category: str, titles: Titles) -> tuple[str, ...]:
    """The directors of that day whose scope covered the category, else the principal (decision 5).

    The dated appointments alone decide: who has left since was in office then. Only daily rounds
    are reported upwards.
    """
    if inspection.cadence != Cadence.DAILY:
        return ()
    held = (
        Appointment.objects.in_force(inspection.period_on)
        .filter(staff__unit_id=inspection.unit_id, role__in=[*DIRECTORS, Role.PRINCIPAL])
        .filter(Q(categories=[]) | Q(categories__contains=[category]))
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
        .values_list("facts__equipment_name", "facts__subject_name", "code")
    )
    return tuple(f"{machine or subject}（{code}）" for machine, subject, code in others)


_HEAD = Func(
    F("content"),
    Cast(Value("rows"), TextField()),
    template="(%(expressions)s)",
    arg_joiner=" - ",
    output_field=JSONField(),
)


@dataclass(frozen=True)
class DocumentFilter:
    """What the list of issued documents is narrowed to; empty values narrow nothing."""

    first_on: date | None = None
    last_on: date | None = None
    category: str = ""
    keyword: str = ""
    kind: str = ""


def list_documents(actor: Actor, wanted: DocumentFilter) -> OwnedQuerySet:
    """The issued documents an actor may see, newest date first.

    Their `content` is not loaded, `head` is: without the rows of a long table.
    """
    rows = (
        IssuedDocument.objects.for_actor(actor)
        .select_related("unit", "file")
        .defer("content")
        .annotate(head=_HEAD)
    )
    if wanted.first_on:
        rows = rows.filter(document_on__gte=wanted.first_on)
    if wanted.last_on:
        rows = rows.filter(document_on__lte=wanted.last_on)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.category:
        rows = rows.filter(content__category=wanted.category)
    rows = with_words(
        rows,
        wanted.keyword,
        "number",
        "title",
        "unit__name",
        "content__equipment_name",
        "content__registration_no",
        "content__equipment_code",
        "content__officer_name",
        "content__person_name",
        "content__author_name",
        "content__application_no",
        "content__certificate_no",
        "content__subject_no",
    )
    return rows.order_by("-document_on", "-id")
