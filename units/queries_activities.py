"""Reading drills and trainings (F21, F23): lists, one record, who may take part, what is missing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404

from config.actor import Actor
from units.models import Activity, Appointment, Participation, Staff, Unit

Kind = Activity.Kind


def activity_list(
    actor: Actor, kind: str, *, words: str = "", year: int | None = None, voided: bool = False
) -> QuerySet[Activity]:
    """The drills or trainings for a list page, latest first, each with `people` and `papers`."""
    found = Activity.objects.for_actor(actor).filter(kind=kind)
    found = found.exclude(closed_at=None) if voided else found.filter(closed_at=None)
    if year:
        found = found.filter(held_on__year=year)
    for word in words.split():
        takes_part = Participation.objects.filter(
            activity_id=OuterRef("pk"), staff__name__icontains=word
        )
        found = found.filter(
            Q(title__icontains=word)
            | Q(content__icontains=word)
            | Q(place__icontains=word)
            | Q(agency__icontains=word)
            | Exists(takes_part)
        )
    return found.annotate(
        people=Count("participations", distinct=True), papers=Count("files", distinct=True)
    ).order_by("-held_on", "-id")


def years(actor: Actor, kind: str) -> list[int]:
    """The years that have a record, latest first."""
    days = Activity.objects.for_actor(actor).filter(kind=kind).dates("held_on", "year", "DESC")
    return [day.year for day in days]


def get_activity(actor: Actor, code: str, kind: str | None = None) -> Activity:
    """One record by public code; Http404 for anybody else's, or of the other kind."""
    found = Activity.objects.for_actor(actor).select_related("unit").filter(code=code)
    if kind is not None:
        found = found.filter(kind=kind)
    activity = found.first()
    if activity is None:
        raise Http404
    return activity


def participations_of(activity: Activity) -> list[Participation]:
    """Who took part, by department and name."""
    rows = activity.participations.select_related("staff__department", "staff__position")
    return sorted(rows, key=lambda one: (str(one.staff.department or "\uffff"), one.pk))


def trainings_of(staff: Staff) -> list[Participation]:
    """What a person took part in, latest first, void records left out."""
    rows = Participation.objects.filter(staff=staff, activity__closed_at=None)
    return list(rows.select_related("activity").order_by("-activity__held_on", "-id"))


@dataclass(frozen=True)
class Group:
    """People of one department, for the picker."""

    name: str
    people: list[Staff]


def candidates(actor: Actor, *, on: date, also: Collection[int] = ()) -> list[Group]:
    """Whom a record may name, by department: people in office, and those it names already."""
    people = (
        Staff.objects.for_actor(actor)
        .filter(Q(ended_on=None) | Q(pk__in=also))
        .select_related("department", "position")
        .prefetch_related(
            Prefetch(
                "appointments",
                queryset=Appointment.objects.in_force(on).order_by("role_slot"),
                to_attr="posts",
            )
        )
        .order_by("name", "id")
    )
    groups: dict[str, list[Staff]] = {}
    for one in people:
        groups.setdefault(str(one.department or ""), []).append(one)
    named = [Group(name, rows) for name, rows in sorted(groups.items()) if name]
    return named + [Group("未分配部门", groups[""])] if "" in groups else named


def missing_this_year(actor: Actor, *, day: date) -> list[Activity.Kind]:
    """The kinds (drill, training) of which the actor's unit has none in the year of `day`."""
    if actor.unit_id is None:
        return []
    held = set(
        Activity.objects.filter(
            unit_id=actor.unit_id, closed_at=None, held_on__year=day.year
        ).values_list("kind", flat=True)
    )
    return [kind for kind in Kind if kind not in held]


def units_without(kind: str, *, year: int) -> QuerySet[Unit]:
    """The units that have no record of a kind in a year (for the reminder)."""
    held = Activity.objects.filter(
        unit_id=OuterRef("pk"), kind=kind, closed_at=None, held_on__year=year
    )
    return Unit.objects.filter(~Exists(held))
