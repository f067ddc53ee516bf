"""The pages of weekly and monthly duties, own checklists, leave cover and stops, for the tour."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse

from duties.enums import Cadence, TaskKind, TaskState
from duties.models import Checklist, Inspection, MonthlyMinutes, Task, WeeklyReport
from equipment.models import Equipment, StopDeclaration
from units.models import Appointment, Staff, Unit, User
from units.roles import Role

# (slug, who, url)
Found = tuple[str, str, str]


def person(username: str, role: str) -> User | None:
    """The first holder of an identity in a demo unit."""
    posts = Appointment.objects.filter(
        staff__unit__accounts__username=username, staff__ended_on=None, role=role
    )
    first = posts.order_by("pk").select_related("staff__user").first()
    return first.staff.user if first else None


def people() -> dict[str, User | None]:
    """Whom the tour needs besides: officers of a production and of a filling unit."""
    return {
        "quality": person("anxing", Role.QUALITY_OFFICER),
        "quality-director": person("anxing", Role.QUALITY_DIRECTOR),
        "station": person("lanyan", Role.SAFETY_OFFICER),
    }


def desk_pages(unit: Unit) -> list[Found]:
    """What the unit admin sees: lists of reports and minutes, one of each, own checklists."""
    own = Checklist.objects.filter(unit=unit).order_by("pk")
    enabled = own.filter(enabled_at__isnull=False).first()
    draft = own.filter(enabled_at=None).first()
    report = WeeklyReport.objects.filter(unit=unit).order_by("-figures__this__hazards").first()
    minutes = MonthlyMinutes.objects.filter(unit=unit).first()
    found: list[Found] = [
        ("records-weekly", "admin", f"{reverse('duties:record-list')}?cadence=weekly"),
        ("records-monthly", "admin", f"{reverse('duties:record-list')}?cadence=monthly"),
        ("report-list", "admin", reverse("duties:report-list")),
        ("minutes-list", "admin", reverse("duties:minutes-list")),
        ("checklists-own", "admin", f"{reverse('duties:checklist-list')}?tab=own"),
        ("checklist-add", "admin", reverse("duties:checklist-add")),
        ("cover-desk", "admin", reverse("duties:cover-desk")),
        ("cover-desk-add", "admin", reverse("duties:cover-desk-add")),
        ("bureau-report-list", "bureau", reverse("duties:report-list")),
        ("bureau-minutes-list", "bureau", reverse("duties:minutes-list")),
    ]
    for slug, name, row in (
        ("report", "duties:report", report),
        ("minutes", "duties:minutes", minutes),
        ("checklist-enabled", "duties:checklist", enabled),
        ("checklist-draft", "duties:checklist", draft),
        ("checklist-item-add", "duties:checklist-item-add", draft),
        ("checklist-enable", "duties:checklist-enable", draft),
    ):
        if row is not None:
            found.append((slug, "admin", reverse(name, args=[row.code])))
    return found


def phone_pages(unit: Unit, officer: Staff) -> list[Found]:
    """What officer, director and principal of a unit see of weeks and months."""
    names = {
        "officer": ("weekly", "monthly", "cover-list", "cover-add", "sign-several"),
        "director": (
            "weekly", "monthly", "weekly-reports", "monthly-reports", "stop-list", "team",
            "field-statistics",
        ),
        "principal": ("monthly", "monthly-reports", "field-statistics", "stop-list"),
        "quality": ("todo", "daily", "weekly", "monthly"),
        "quality-director": ("todo", "weekly", "weekly-reports"),
        "station": ("todo", "daily", "weekly"),
    }  # fmt: skip
    found: list[Found] = [
        (f"{who}-{name}", who, reverse(f"duties:{name}"))
        for who, pages in names.items()
        for name in pages
    ]
    for cadence in (Cadence.WEEKLY, Cadence.MONTHLY):
        url = f"{reverse('duties:field-records')}?tab={cadence}"
        found.append((f"records-{cadence}", "director", url))
        done = Inspection.objects.filter(unit=unit, cadence=cadence).order_by("-pk").first()
        if done is not None:
            found.append(
                (f"record-{cadence}", "director", reverse("duties:field-record", args=[done.code]))
            )
    machine = Equipment.objects.filter(
        officer=officer, status="in_use", stop_declarations=None
    ).first()
    if machine is not None:
        url = reverse("duties:stop-declare", args=[machine.code])
        found.append(("stop-declare", "officer", url))
    stop = StopDeclaration.objects.filter(equipment__unit=unit, rejected_at=None).first()
    if stop is not None:
        found.append(("stop", "director", reverse("duties:stop", args=[stop.code])))
    return found + _to_write(unit) + _to_inspect()


def _open(unit: Unit, **what: object) -> QuerySet[Task]:
    states = (TaskState.TODO, TaskState.IN_PROGRESS)
    return Task.objects.filter(unit=unit, state__in=states, **what).order_by("-period_on", "pk")


def to_write(unit: Unit, kind: str) -> Task | None:
    """An open report to-do of a unit."""
    return _open(unit, kind=kind).first()


def _to_write(unit: Unit) -> list[Found]:
    """The writing pages of an open weekly report and open minutes, if the story left some."""
    found: list[Found] = []
    report = to_write(unit, TaskKind.WEEKLY_REPORT)
    if report is not None:
        url = reverse("duties:report-write", args=[report.code])
        found.append(("report-write", "director", url))
    minutes = to_write(unit, TaskKind.MONTHLY_MINUTES)
    if minutes is not None:
        url = reverse("duties:minutes-write", args=[minutes.code])
        found.append(("minutes-write", "principal", url))
    return found


def _to_inspect() -> list[Found]:
    """The form of a licence, of a station and of a category."""
    found: list[Found] = []
    for who, username, more in (
        ("quality", "anxing", {"licence__isnull": False}),
        ("station", "lanyan", {"station__isnull": False}),
    ):
        user = people()[who]
        unit = Unit.objects.filter(accounts__username=username).first()
        if user is None or unit is None:
            continue
        task = _open(unit, assignee__user=user, **more).first()
        if task is not None:
            for name in ("task", "inspect"):
                found.append((f"{who}-{name}", who, reverse(f"duties:{name}", args=[task.code])))
    return found
