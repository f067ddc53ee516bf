"""Reading leave cover (请假代班): who stands in for whom, who may, and what is no longer fit."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Now, TruncDate
from django.http import Http404

from config.actor import Actor
from config.clock import SHANGHAI, local_day
from config.words import cn_day
from duties.models import Cover
from equipment.enums import Category, UseStatus
from equipment.models import Equipment, Licence, Station
from units.identities import describe, describe_scope
from units.models import Appointment, Staff
from units.models.unit import UnitKind
from units.roles import DIRECTORS, OFFICERS, SCOPED_ROLES, Role

# State in words -> kind of `{% status %}`.
KINDS = {"代班中": "open", "未开始": "late", "已结束": "neutral", "已撤销": "neutral"}


@dataclass(frozen=True)
class Need:
    """One identity that a stand-in must hold, and the duty categories it must cover."""

    role: str
    categories: frozenset[str] = frozenset()

    def is_met(self, posts: Iterable[Appointment]) -> bool:
        return any(
            post.role == self.role
            and (not post.categories or self.categories <= set(post.categories))
            for post in posts
        )


@dataclass(frozen=True)
class Line:
    """A cover as a page prints it: state in words, last day, whether it has lost its effect."""

    cover: Cover
    first_on: date
    last_on: date
    word: str
    note: str = ""

    @property
    def kind(self) -> str:
        return KINDS[self.word]

    @property
    def is_open(self) -> bool:
        """Whether it runs or is still to begin, so that it can be ended."""
        return self.word in {"代班中", "未开始"}


# ------------------------------------------------------------------ fetching
def get_cover(actor: Actor, code: str) -> Cover:
    """One cover of the actor's unit; Http404 for any other."""
    found = _related(Cover.objects.for_actor(actor)).filter(code=code).first()
    if found is None:
        raise Http404("代班登记不存在")
    return found


def cover_list(actor: Actor, *, day: date, state: str = "") -> QuerySet[Cover]:
    """The covers of the actor's unit, latest first; `state` "open" = running or still to begin."""
    found = _related(Cover.objects.for_actor(actor))
    if state == "open":
        found = found.filter(cancelled_at=None, period__endswith__gt=day)
    return found.order_by("-id")


def covers_of(staff: Staff) -> QuerySet[Cover]:
    """What a person has handed over, or stood in for, latest first."""
    return _related(Cover.objects.filter(Q(staff=staff) | Q(stand_in=staff))).order_by("-id")


def coming(staff_ids: Collection[int], *, day: date | None = None) -> QuerySet[Cover]:
    """Covers that run on `day` or begin later and name one of these people on either side.

    Without a day it is the database's own today: for lists that are asked for without one.
    """
    today = day or TruncDate(Now(), tzinfo=SHANGHAI)
    return _related(
        Cover.objects.filter(
            Q(staff_id__in=staff_ids) | Q(stand_in_id__in=staff_ids),
            cancelled_at=None,
            period__endswith__gt=today,
        )
    ).order_by("period", "id")


def standing(actor: Actor, *, day: date) -> list[Line]:
    """The covers of a day that concern a signed-in person, for the head of 待办 (one query)."""
    if actor.staff_id is None:
        return []
    found = _related(Cover.objects.for_actor(actor).in_force(day)).filter(
        Q(staff_id=actor.staff_id) | Q(stand_in_id=actor.staff_id)
    )
    return [line_of(one, day) for one in found.order_by("period", "id")]


def absent_ids(staff_id: Any, day: date) -> QuerySet[Cover, int]:
    """The keys of those whom a person stands in for on a day, to filter by."""
    found = Cover.objects.in_force(day).filter(stand_in_id=staff_id)
    return found.order_by().values_list("staff_id", flat=True)


def stand_in_on(staff_id: int, day: date) -> Staff | None:
    """Who stands in for a person on a day; None for nobody."""
    cover = Cover.objects.in_force(day).filter(staff_id=staff_id).select_related("stand_in").first()
    return cover.stand_in if cover is not None else None


def line_of(cover: Cover, day: date, note: str = "") -> Line:
    """A cover with its state on a day in words."""
    first, last = cover.period.lower, cover.period.upper - timedelta(days=1)
    if cover.cancelled_at is not None:
        word = "已撤销"
    elif day < first:
        word = "未开始"
    else:
        word = "代班中" if day <= last else "已结束"
    if not note and cover.ended_early_at is not None:
        note = f"{cn_day(cover.ended_early_at)}提前结束"
    return Line(cover, first, last, word, note)


def _related(found: QuerySet[Cover]) -> QuerySet[Cover]:
    return found.select_related("staff", "stand_in", "unit")


# ------------------------------------------------------------------ who may stand in
def needs_of(staff: Staff, *, day: date) -> list[Need]:
    """Which identities with which categories a stand-in of this person needs.

    Officers hand over what is bound to them, directors what their unit has within their scope. A
    person without officer's or director's identity needs nobody: the list is empty.
    """
    posts = Appointment.objects.in_force(day).filter(staff=staff, role__in=SCOPED_ROLES)
    needs = []
    for post in posts.order_by("role_slot"):
        if post.role in OFFICERS:
            held = _bound(staff, post.role)
        else:
            held = _of_unit(staff.unit_id, post.role)
            held = held & set(post.categories) if post.categories else held
        needs.append(Need(post.role, frozenset(held)))
    return needs


def _bound(staff: Staff, role: str) -> set[str]:
    """The duty categories of what is bound to an officer."""
    machines = Equipment.objects.filter(officer=staff).exclude(status=UseStatus.SCRAPPED)
    return _categories(
        role, machines, staff.licences.filter(closed_at=None), staff.stations.filter(closed_at=None)
    )


def _of_unit(unit_id: int, role: str) -> set[str]:
    """The duty categories of what a unit has."""
    return _categories(
        role,
        Equipment.objects.filter(unit_id=unit_id).exclude(status=UseStatus.SCRAPPED),
        Licence.objects.filter(unit_id=unit_id, closed_at=None),
        Station.objects.filter(unit_id=unit_id, closed_at=None),
    )


def _categories(
    role: str,
    machines: QuerySet[Equipment],
    licences: QuerySet[Licence],
    stations: QuerySet[Station],
) -> set[str]:
    """Quality roles answer for production licences, safety roles for machines and filling."""
    if role in {Role.QUALITY_OFFICER, Role.QUALITY_DIRECTOR}:
        found = licences.filter(family__unit_kind=UnitKind.PRODUCTION)
        return set(found.order_by().values_list("family__category", flat=True)) - {""}
    held = set(machines.order_by().values_list("category", flat=True).distinct())
    if stations.exists() or licences.filter(family__unit_kind=UnitKind.FILLING).exists():
        held.add(Category.CYLINDER.value)
    return held


def fit_people(
    staff: Staff, needs: Collection[Need], *, day: date, only: Staff | None = None
) -> list[Staff]:
    """The employed colleagues who hold every identity that a stand-in needs, each with `posts`."""
    in_force = Appointment.objects.in_force(day).order_by("role_slot")
    people = (
        Staff.objects.employed()
        .filter(unit_id=staff.unit_id)
        .exclude(pk=staff.pk)
        .prefetch_related(Prefetch("appointments", in_force, to_attr="posts"))
        .order_by("pk")
    )
    if only is not None:
        people = people.filter(pk=only.pk)
    return [one for one in people if needs and all(need.is_met(one.posts) for need in needs)]


def choices(staff: Staff, needs: Collection[Need], *, day: date) -> list[tuple[str, str]]:
    """(code, 姓名（身份；请假 11.23–11.25）) of everybody who can be named on some day."""
    people = fit_people(staff, needs, day=day)
    away: dict[int, list[str]] = {}
    for one in coming([one.pk for one in people], day=day):
        if one.staff_id in {person.pk for person in people}:
            away.setdefault(one.staff_id, []).append(span_of(one))
    return [(one.code, _label(one, away.get(one.pk, []))) for one in people]


def _label(staff: Staff, away: list[str]) -> str:
    posts = "、".join(describe(one.role, one.categories) for one in staff.posts)
    leave = f"；请假 {'，'.join(away)}" if away else ""
    return f"{staff.name}（{posts}{leave}）"


def needs_in_words(needs: Collection[Need]) -> str:
    """安全员（电梯、起重机械）、安全总监: what is handed over, for pages and refusals."""
    return "、".join(
        str(Role(one.role).label)
        + (f"（{describe_scope(tuple(one.categories))}）" if one.categories else "")
        for one in needs
    )


def span_of(cover: Cover) -> str:
    """11月23日至11月25日, or a single day."""
    first, last = cover.period.lower, cover.period.upper - timedelta(days=1)
    return cn_day(first) if first == last else f"{cn_day(first)}至{cn_day(last)}"


def people_of(actor: Actor, *, day: date) -> list[tuple[str, str]]:
    """(code, name and posts) of the unit's officers and directors: for whom a cover can be named."""
    in_force = Appointment.objects.in_force(day).order_by("role_slot")
    scoped = in_force.filter(role__in=SCOPED_ROLES)
    people = (
        Staff.objects.for_actor(actor)
        .employed()
        .filter(appointments__in=scoped)
        .distinct()
        .prefetch_related(Prefetch("appointments", in_force, to_attr="posts"))
        .order_by("pk")
    )
    return [(one.code, _label(one, [])) for one in people]


# ------------------------------------------------------------------ lost effect
def lost(cover: Cover, *, day: date) -> str:
    """Why a cover can go on no longer, "" when it can: its people have left or lost an identity.

    Of the identities the absent person had when it was named and still has, the stand-in must hold
    each; a new one of the absent person does not end it.
    """
    for person, name in ((cover.staff, "请假人"), (cover.stand_in, "代班人")):
        if person.ended_on is not None:
            return f"{name}{person.name}已注销"
    posts = Appointment.objects.filter(
        staff_id__in=(cover.staff_id, cover.stand_in_id), role__in=(*OFFICERS, *DIRECTORS)
    )
    named_on = local_day(cover.created_at)
    absent = [one for one in posts if one.staff_id == cover.staff_id]
    had = {one.role for one in absent if named_on in one.period}
    still = {one.role for one in absent if day in one.period}
    held = {one.role for one in posts if one.staff_id == cover.stand_in_id and day in one.period}
    if not had & still:
        return f"请假人{cover.staff.name}已不再担任安全员、安全总监等身份"
    missing = [str(Role(role).label) for role in Role.values if role in had & still - held]
    return f"代班人{cover.stand_in.name}已不再担任{'、'.join(missing)}" if missing else ""
