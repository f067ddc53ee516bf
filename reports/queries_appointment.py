"""Gathering what a letter of appointment says, and the letters issued of an identity."""

from __future__ import annotations

from datetime import date, datetime

from config.clock import local_day
from equipment.enums import UseStatus
from equipment.models import Equipment
from reports.documents.appointment import KIND, TITLE, Letter, Machine, subject_of
from reports.documents.frozen import thaw
from reports.documents.parts import Citation
from reports.models import DocumentKind, IssuedDocument
from units.identities import describe_scope
from units.models import Appointment, Rule, Staff
from units.models.unit import UnitKind
from units.queries import staff_in_post
from units.roles import OFFICERS, SCOPED_ROLES, Role

SAFETY_LAW = "special-equipment-safety-law"
USING, PRODUCTION = ("order-74", "tsg-08"), ("order-73",)
# What a letter cites, by identity; a principal is named by the Orders of every kind of the unit.
RULES: dict[str, tuple[str, ...]] = {
    Role.SAFETY_DIRECTOR: USING,
    Role.SAFETY_OFFICER: USING,
    Role.QUALITY_DIRECTOR: PRODUCTION,
    Role.QUALITY_OFFICER: PRODUCTION,
    Role.QUALITY_SYSTEM: ("tsg-07",),
}


def posts_in_force(staff: Staff, *, on: date) -> list[Appointment]:
    """The identities a letter can be made of: those in force on a day."""
    return list(Appointment.objects.in_force(on).filter(staff=staff).order_by("role_slot"))


def letters_of(staff: Staff, role: str) -> list[IssuedDocument]:
    """The letters issued of one identity, latest revision first."""
    found = IssuedDocument.objects.filter(
        kind=DocumentKind.APPOINTMENT, subject_code=subject_of(staff.code, role)
    )
    return list(found.select_related("file").order_by("-revision"))


def roles_with_letters(staff: Staff) -> set[str]:
    """The identities of a person of which a letter has been issued."""
    found = IssuedDocument.objects.filter(
        kind=DocumentKind.APPOINTMENT,
        unit_id=staff.unit_id,
        subject_code__startswith=f"{staff.code}-",
    )
    return {code.partition("-")[2] for code in found.values_list("subject_code", flat=True)}


def letter_of(document: IssuedDocument) -> Letter:
    """The letter exactly as it was issued."""
    return thaw(Letter, document.content)


def build_letter(
    post: Appointment, staff: Staff, *, as_of: datetime, revision: int, number: str = ""
) -> Letter:
    """The letter of an identity as it stands at `as_of`, dated that day."""
    day = local_day(as_of)
    is_scoped = post.role in SCOPED_ROLES
    return Letter(
        kind=KIND,
        number=number,
        revision=revision,
        title=TITLE,
        unit_name=staff.unit.name,
        credit_code=staff.unit.credit_code,
        person_name=staff.name,
        person_code=staff.code,
        job_number=staff.job_number,
        department=str(staff.department or ""),
        position=str(staff.position or ""),
        role=post.role,
        role_label=str(Role(post.role).label),
        scope_label=describe_scope(post.categories) if is_scoped else "",
        begins_on=post.period.lower,
        document_on=day,
        appointed_by=_principals(staff, on=day) if post.role != Role.PRINCIPAL else "",
        is_officer=post.role in OFFICERS,
        machines=_machines(staff) if post.role == Role.SAFETY_OFFICER else (),
        rules=_rules(post, staff, day),
        as_of=as_of,
    )


def _principals(staff: Staff, *, on: date) -> str:
    people = staff_in_post(staff.unit_id, [Role.PRINCIPAL], on=on).order_by("pk")
    return "、".join(people.values_list("name", flat=True))


def _machines(staff: Staff) -> tuple[Machine, ...]:
    bound = (
        Equipment.objects.filter(officer=staff)
        .exclude(status=UseStatus.SCRAPPED)
        .order_by("category", "id")
    )
    return tuple(
        Machine(
            number=number,
            name=one.name,
            category=str(one.get_category_display()),
            code=one.equipment_code,
            inner_no=one.inner_no,
            place=one.place,
        )
        for number, one in enumerate(bound, 1)
    )


def _rules(post: Appointment, staff: Staff, day: date) -> tuple[Citation, ...]:
    keys = RULES.get(post.role, (SAFETY_LAW,))
    if post.role == Role.PRINCIPAL:
        is_producer = UnitKind.PRODUCTION in staff.unit.kinds
        is_user = {UnitKind.USING, UnitKind.FILLING} & set(staff.unit.kinds)
        keys = (*(USING if is_user else ()), *(PRODUCTION if is_producer else ())) or (SAFETY_LAW,)
    found = {rule.key: rule for rule in Rule.objects.in_force(day).filter(key__in=keys)}
    return tuple(_cite(found[key], post.categories) for key in keys if key in found)


def _cite(rule: Rule, categories: list[str]) -> Citation:
    """A rule, with its article on appointments where the scope is one category that has one."""
    articles = rule.articles.get("appointment", {})
    only = categories[0] if len(categories) == 1 else ""
    return Citation(rule.key, rule.number, rule.title, articles.get(only, ""))
