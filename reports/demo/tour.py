"""The tour of every page for `manage.py screens`: who looks at what, in demo data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Case, Count, Exists, OuterRef, Q, When
from django.urls import reverse

from duties.enums import OPEN_STATES
from duties.models import Checklist, Inspection, Task
from equipment.models import Equipment
from hazards.models import Hazard
from hazards.states import HazardState, Source
from reports.demo import cast, tour_cylinders, tour_duties, tour_office
from units.models import Appointment, Staff, Unit, User
from units.roles import Role

SHOWN = "yunjie"


@dataclass(frozen=True)
class Stop:
    """One picture: `slug` names the file, `who` the session, `url` the page.

    `steps` are names of buttons or labels tapped in turn before the picture is taken.
    """

    slug: str
    who: str
    url: str
    steps: tuple[str, ...] = ()


def people() -> dict[str, User | None]:
    """The accounts that the tour signs in as."""
    unit = phone_unit()
    to_rectify, to_order, to_review = shown_hazards()

    def holder(role: str, where: Unit = unit) -> User:
        posts = Appointment.objects.filter(staff__unit=where, staff__ended_on=None, role=role)
        return posts.order_by("pk").first().staff.user

    return {
        "rectifier": to_rectify.equipment.officer.user if to_rectify else None,
        "orderer": holder(Role.SAFETY_DIRECTOR, to_order.unit) if to_order else None,
        "reviewer": holder(Role.SAFETY_DIRECTOR, to_review.unit) if to_review else None,
        "nobody": None,
        "admin": Unit.objects.get(accounts__username=SHOWN).accounts.get(),
        "officer": busiest_officer(unit).user,
        "director": holder(Role.SAFETY_DIRECTOR),
        "principal": holder(Role.PRINCIPAL),
        "bureau": User.objects.get(username=cast.BUREAUS[1][0]),
        "platform": User.objects.get(username=cast.PLATFORM[0]),
        "filler": User.objects.get(username="lanyan"),
        **tour_duties.people(),
        **tour_cylinders.people(),
    }


def shown_hazards() -> tuple[Hazard | None, Hazard | None, Hazard | None]:
    """One hazard to rectify, one to order, one to re-check, of whichever unit has them."""
    directed = Hazard.objects.filter(
        unit__in=Appointment.objects.filter(role=Role.SAFETY_DIRECTOR, staff__ended_on=None).values(
            "staff__unit"
        )
    )
    return (
        directed.filter(
            state=HazardState.PENDING_RECTIFICATION,
            source=Source.DAILY,
            equipment__officer__isnull=False,
        ).first(),
        directed.filter(state=HazardState.PENDING_ORDER).first(),
        directed.filter(
            state=HazardState.RECTIFIED, unit__reviews_hazards=True, source=Source.DAILY
        ).first(),
    )


def phone_unit() -> Unit:
    """The unit whose people show the phone: one with a round still to make, the shown one first."""
    with_director = Appointment.objects.filter(
        role=Role.SAFETY_DIRECTOR, staff__unit=OuterRef("pk"), staff__ended_on=None
    )
    return (
        Unit.objects.filter(Exists(with_director))
        .annotate(
            waiting=Count(
                "tasks", filter=Q(tasks__state__in=OPEN_STATES, tasks__assignee__isnull=False)
            )
        )
        .order_by(
            Case(When(waiting__gt=0, then=0), default=1),
            Case(When(accounts__username=SHOWN, then=0), default=1),
            "pk",
        )
        .first()
    )


def busiest_officer(unit: Unit) -> Staff:
    """The officer whose pages have most on them: open to-dos first, hazards on machines second."""
    return (
        Staff.objects.filter(unit=unit, equipment__isnull=False)
        .annotate(
            waiting=Count("tasks", filter=Q(tasks__state__in=OPEN_STATES), distinct=True),
            found=Count("equipment__hazards", distinct=True),
        )
        .order_by(Case(When(waiting__gt=0, then=0), default=1), "-found", "pk")
        .first()
    )


def shown_task(officer: Staff) -> Task:
    """The to-do whose pages are shown: an open one of the latest day, else the last there was."""
    tasks = Task.objects.filter(assignee=officer)
    return tasks.filter(state__in=OPEN_STATES).order_by("-period_on").first() or tasks.latest("pk")


def stops() -> list[Stop]:
    """Every page of this product, with the most telling object that the demo has for it."""
    unit = Unit.objects.get(accounts__username=SHOWN)
    found = [*_entrances(), *_desk(unit), *_phone(phone_unit()), *_bureau(unit)]
    more: tuple[tuple[str, Iterable[tour_office.Found]], ...] = (
        ("a-", tour_office.pages(unit, busiest_officer(unit))),
        ("b-", tour_office.licensed_pages()),
        ("c-", tour_office.bureau_pages(unit)),
        ("d-", tour_office.public_pages(unit)),
        ("m-", tour_office.phone_pages()),
        ("p-", tour_duties.desk_pages(unit)),
        ("r-", tour_cylinders.unit_pages()),
        ("s-", tour_cylinders.phone_pages()),
        ("t-", tour_cylinders.bureau_pages()),
        ("u-", tour_cylinders.public_pages()),
        ("q-", tour_duties.phone_pages(phone_unit(), busiest_officer(phone_unit()))),
    )
    return found + [
        Stop(f"8{prefix}{slug}", who, url) for prefix, pages in more for slug, who, url in pages
    ]


def _entrances() -> list[Stop]:
    names = ("sign-in", "phone-sign-in", "bureau-sign-in", "help")
    return [
        *(Stop(f"01-{name}", "nobody", reverse(f"units:{name}")) for name in names),
        Stop("01-not-found", "nobody", "/no-such-page/"),
    ]


def _desk(unit: Unit) -> list[Stop]:
    staff = busiest_officer(unit)
    machine = Equipment.objects.filter(unit=unit, officer=staff, hazards__isnull=False).first()
    inspection = _telling_inspection(unit)
    hazard = Hazard.objects.filter(unit=unit, rectified_at__isnull=False).order_by("-pk").first()
    checklist = Checklist.objects.get(
        unit=None, category="lift", cadence="daily", unit_kind="using", retired_at=None
    )
    ticked = "&".join(
        f"m={code}"
        for code in Equipment.objects.filter(unit=unit).values_list("code", flat=True)[:3]
    )
    pages: list[tuple[str, str]] = [
        ("dashboard", reverse("reports:dashboard")),
        ("staff-list", reverse("units:staff-list")),
        ("staff-add", reverse("units:staff-add")),
        ("staff-detail", reverse("units:staff-detail", args=[staff.code])),
        ("staff-edit", reverse("units:staff-edit", args=[staff.code])),
        ("staff-deregister", reverse("units:staff-deregister", args=[staff.code])),
        ("equipment-list", reverse("equipment:list")),
        ("equipment-add", reverse("equipment:add")),
        ("equipment-catalogue", reverse("equipment:catalogue")),
        ("equipment-detail", reverse("equipment:detail", args=[machine.code])),
        ("equipment-edit", reverse("equipment:edit", args=[machine.code])),
        ("equipment-assign", f"{reverse('equipment:assign')}?{ticked}"),
        ("checklist-list", reverse("duties:checklist-list")),
        ("checklist", reverse("duties:checklist", args=[checklist.code])),
        ("record-list", reverse("duties:record-list")),
        ("record", reverse("duties:record", args=[inspection.code])),
        ("hazard-list", reverse("hazards:list")),
        ("hazard-detail", reverse("hazards:detail", args=[hazard.code])),
        ("document-list", reverse("reports:document-list")),
        ("daily-check", reverse("reports:daily-check", args=[inspection.code])),
        ("account", reverse("units:account")),
        ("password", reverse("units:password")),
        ("help", reverse("units:help")),
    ]
    return [
        Stop(f"{number:02d}-{slug}", "admin", url) for number, (slug, url) in enumerate(pages, 10)
    ]


def _telling_inspection(unit: Unit) -> Inspection:
    rows = Inspection.objects.filter(unit=unit, round_status="in_use")
    return rows.order_by("-hazard_count", "-pk").first()


def _phone(unit: Unit) -> list[Stop]:
    officer = busiest_officer(unit)
    task = shown_task(officer)
    machine = Equipment.objects.filter(officer=officer, hazards__isnull=False).first()
    inspection = (
        Inspection.objects.filter(performer=officer).order_by("-hazard_count", "-pk").first()
    )
    to_rectify, to_order, to_review = shown_hazards()
    inspect = reverse("duties:inspect", args=[task.code])
    found = [
        ("todo", "officer", reverse("duties:todo"), ()),
        ("daily", "officer", reverse("duties:daily"), ()),
        ("team", "director", reverse("duties:team"), ()),
        ("task", "officer", reverse("duties:task", args=[task.code]), ()),
        ("inspect", "officer", inspect, ()),
        ("inspect-item", "officer", inspect, ("在用", "下一步")),
        ("inspect-failed", "officer", inspect, ("在用", "下一步", "不合格")),
        ("inspect-sheet", "officer", inspect, ("答题卡",)),
        ("records", "officer", reverse("duties:field-records"), ()),
        ("machine-history", "officer", reverse("duties:field-machine", args=[machine.code]), ()),
        ("record", "officer", reverse("duties:field-record", args=[inspection.code]), ()),
        ("daily-check", "officer", reverse("reports:daily-check", args=[inspection.code]), ()),
        ("hazards-officer", "officer", reverse("hazards:field-list"), ()),
        ("hazards-director", "director", reverse("hazards:field-list"), ()),
        ("todo-director", "director", reverse("duties:todo"), ()),
        ("todo-principal", "principal", reverse("duties:todo"), ()),
        ("me", "officer", reverse("units:me"), ()),
        ("help", "officer", reverse("units:help"), ()),
    ]
    for slug, who, hazard, name in (
        ("hazard-rectify", "rectifier", to_rectify, "hazards:rectify"),
        ("hazard-detail", "rectifier", to_rectify, "hazards:field-detail"),
        ("hazard-order", "orderer", to_order, "hazards:order"),
        ("hazard-review", "reviewer", to_review, "hazards:review"),
        ("hazard-send-back", "reviewer", to_review, "hazards:send-back"),
    ):
        if hazard is not None:
            found.append((slug, who, reverse(name, args=[hazard.code]), ()))
    return [
        Stop(f"{number:02d}-m-{slug}", who, url, steps)
        for number, (slug, who, url, steps) in enumerate(found, 40)
    ]


def _bureau(unit: Unit) -> list[Stop]:
    pages = (
        ("region", reverse("reports:region")),
        ("region-unit", reverse("reports:region-unit", args=[unit.code])),
        ("equipment-list", reverse("equipment:list")),
        ("record-list", reverse("duties:record-list")),
        ("hazard-list", reverse("hazards:list")),
    )
    return [
        Stop(f"{number:02d}-bureau-{slug}", "bureau", url)
        for number, (slug, url) in enumerate(pages, 70)
    ]
