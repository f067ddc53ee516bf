"""Reading units, people and accounts; pages start here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404

from config.actor import Actor
from units import handover, queries_certificates
from units.identities import describe, vacant
from units.models import Appointment, AuditEntry, Bureau, Staff, Unit, User
from units.roles import SIGN_IN_ROLES, Role

MACHINES = "equipment"  # the hand-over share whose count stands in the staff list


# ---------------------------------------------------------------- who may sign in
def people_who_may_sign_in(on: date) -> QuerySet[User]:
    """Persons with an open employment and an identity that signs in, in force on a day (F7)."""
    in_post = Appointment.objects.in_force(on).filter(
        staff__user_id=OuterRef("pk"), staff__ended_on=None, role__in=SIGN_IN_ROLES
    )
    return User.objects.filter(Exists(in_post), kind=User.Kind.PERSON, is_active=True)


def person_by_phone(phone: str, *, on: date) -> User | None:
    """The person who may sign in with a phone on a day; None for every other phone."""
    return people_who_may_sign_in(on).filter(phone=phone).first()


def account_by_username(username: str) -> User | None:
    """The account of a name, whatever its kind; None if there is none."""
    return User.objects.filter(username=username).first()


# ---------------------------------------------------------------- people of a unit
def get_staff(actor: Actor, code: str) -> Staff:
    """One of the actor's people by public code, present or former; Http404 for anybody else's."""
    people = Staff.objects.for_actor(actor)
    people = people.select_related("user", "unit", "department", "position")
    staff = people.filter(code=code).first()
    if staff is None:
        raise Http404
    return staff


def own_staff(actor: Actor) -> Staff:
    """The open employment of a signed-in person; Http404 for anybody else."""
    people = Staff.objects.for_actor(actor).employed().select_related("user", "unit")
    staff = people.filter(pk=actor.staff_id).first()
    if staff is None:
        raise Http404
    return staff


def staff_list(
    actor: Actor,
    *,
    words: str = "",
    role: str = "",
    state: str = "employed",
    departments: Collection[int] | None = None,
    on: date,
) -> QuerySet[Staff]:
    """The actor's people for the list of 人员管理 (F12), each with `posts`, newest first.

    `words` is looked for in name, phone, job number, identity and post; several words must all be
    found. `state`: employed | left | all. `departments`: keys of a department and all below it, an
    empty collection = people without one. Each row knows `certificate_until`, the first end among
    its certificates.
    """
    people = Staff.objects.for_actor(actor).select_related("user", "department", "position")
    people = people.annotate(certificate_until=queries_certificates.first_end())
    if state == "employed":
        people = people.employed()
    elif state == "left":
        people = people.exclude(ended_on=None)
    in_force = Appointment.objects.in_force(on).order_by("role_slot")
    for word in words.split():
        named = [value for value, label in Role.choices if word in label]
        people = people.filter(
            Q(name__icontains=word)
            | Q(user__phone__contains=word, ended_on=None)
            | Q(job_number__icontains=word)
            | Q(position__name__icontains=word)
            | Exists(in_force.filter(staff_id=OuterRef("pk"), role__in=named))
        )
    if role:
        people = people.filter(Exists(in_force.filter(staff_id=OuterRef("pk"), role=role)))
    if departments is not None:
        people = people.filter(
            Q(department_id__in=departments) if departments else Q(department=None)
        )
    return people.prefetch_related(
        Prefetch("appointments", queryset=in_force, to_attr="posts")
    ).order_by("-id")


def posts_of(staff: Staff, *, on: date) -> list[Appointment]:
    """The identities of a person in force on a day."""
    return list(Appointment.objects.in_force(on).filter(staff=staff).order_by("role_slot"))


def posts_before(staff: Staff, *, on: date, but: Collection[Appointment]) -> list[Appointment]:
    """The identities a person had up to a day, without those `but`, latest first."""
    had = Appointment.objects.filter(staff=staff, period__startswith__lte=on)
    had = had.exclude(pk__in=[one.pk for one in but])
    return list(had.order_by("-period__endswith", "role_slot"))


def staff_in_post(
    unit_id: int, roles: Collection[str], *, on: date, category: str | None = None
) -> QuerySet[Staff]:
    """Employed people of a unit with one of the roles on a day, whose scope covers `category`."""
    posts = Appointment.objects.in_force(on).filter(staff_id=OuterRef("pk"), role__in=roles)
    if category is not None:
        posts = posts.filter(Q(categories=[]) | Q(categories__contains=[category]))
    return Staff.objects.employed().filter(Exists(posts), unit_id=unit_id)


def successors(
    staff: Staff, shares: Collection[handover.Share], *, on: date
) -> list[tuple[str, str]]:
    """(code, label) of the colleagues who can take over all that a person holds in these shares.

    Only who has the identity each share asks for is offered; whether the scope covers every machine
    is said by the label and judged when they take over.
    """
    people = Staff.objects.employed().filter(unit_id=staff.unit_id).exclude(pk=staff.pk)
    in_force = Appointment.objects.in_force(on)
    for share in shares:
        takes = in_force.filter(staff_id=OuterRef("pk"), role__in=share.takers)
        people = people.filter(Exists(takes))
    people = people.prefetch_related(
        Prefetch("appointments", in_force.order_by("role_slot"), to_attr="posts")
    ).order_by("pk")
    return [(one.code, f"{one.name}（{roles_in_words(one.posts)}）") for one in people]


def vacant_posts(actor: Actor, *, on: date) -> list[str]:
    """The posts that the actor's unit has to name and nobody holds today, in words (F20)."""
    unit = own_unit(actor)
    if unit is None:
        return []
    held = Appointment.objects.in_force(on).filter(staff__unit=unit, staff__ended_on=None)
    return vacant(unit.kinds, set(held.values_list("role", flat=True)))


def roles_in_words(posts: Collection[Appointment]) -> str:
    """安全总监、安全员（电梯）; 无身份 for nobody."""
    return "、".join(describe(post.role, post.categories) for post in posts) or "无身份"


def machines_of(staff_ids: Collection[int]) -> dict[int, int] | None:
    """How many machines people are bound to; None while no app knows of machines."""
    share = handover.find(MACHINES)
    return dict(share.count(staff_ids)) if share else None


def trail_of(staff: Staff) -> list[AuditEntry]:
    """What was done to a person's registration, latest first."""
    return list(AuditEntry.objects.filter(object_type="units.staff", object_code=staff.code)[:50])


def employed_count(actor: Actor) -> int:
    """How many people the actor's unit has on its books."""
    return Staff.objects.for_actor(actor).employed().count()


# ---------------------------------------------------------------- units and bureaus
def own_unit(actor: Actor) -> Unit | None:
    """The unit of a person or a unit account, with its region; None for everybody else."""
    if actor.unit_id is None:
        return None
    return Unit.objects.for_actor(actor).select_related("region__parent").first()


def own_bureau(actor: Actor) -> Bureau | None:
    """The bureau of a regulator's account."""
    return Bureau.objects.select_related("region").filter(pk=actor.bureau_id).first()


def supervisors_of(unit: Unit) -> list[Bureau]:
    """The bureaus above a unit, its own district's first, then city and province."""
    return supervisors_of_region(unit.region_id)


def supervisors_of_region(code: str) -> list[Bureau]:
    """The bureaus in charge of a region, the nearest first."""
    above = [code, f"{code[:4]}00", f"{code[:2]}0000"]
    found = Bureau.objects.select_related("region").filter(region_id__in=above)
    return sorted(found, key=lambda bureau: (above.index(bureau.region_id), bureau.pk))


def bureau_directory() -> QuerySet[Bureau]:
    """Every bureau with its region: the public list of whom to phone (F2)."""
    return Bureau.objects.select_related("region").order_by("region_id", "id")
