"""The pictures of the user guide for `manage.py screens --guide`: demo pages with something on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from cylinders.models import Batch
from duties.enums import Cadence, TaskKind
from equipment.models import DeviceCode, Equipment, PublicReport
from hazards.models import Hazard
from reports.demo import tour, tour_cylinders, tour_duties
from units.models import Position, Staff, Unit
from units.roles import Role


@dataclass(frozen=True)
class Picture:
    """One picture of the guide: `url` gives its address, or "" when the demo has nothing to show.

    `steps` are tapped in turn, as in tour.Stop; `ticks` rows are ticked first. `height` is that of
    the window, 0 the usual one.
    """

    name: str
    who: str
    url: Callable[[], str]
    is_phone: bool = False
    steps: tuple[str, ...] = ()
    ticks: int = 0
    height: int = 0


def pictures() -> Iterator[Picture]:
    """Every picture that docs/guide names, in the order of the chapters."""
    unit = Unit.objects.get(accounts__username=tour.SHOWN)
    yield from _entrances()
    yield from _desk(unit)
    yield from _archive(unit)
    yield from _phone()
    yield from _bureau()
    yield from _cylinders()


def _page(name: str, *args: str, query: str = "") -> Callable[[], str]:
    def find() -> str:
        try:
            return reverse(name, args=args) + query
        except NoReverseMatch:
            return ""

    return find


def _nothing() -> str:
    return ""


def _entrances() -> list[Picture]:
    return [
        Picture("register", "nobody", _page("units:register")),
        Picture("sign-in", "nobody", _page("units:sign-in")),
        Picture("phone-sign-in", "nobody", _page("units:phone-sign-in"), is_phone=True),
    ]


def _desk(unit: Unit) -> list[Picture]:
    officer = tour.busiest_officer(unit)
    position = Position.objects.filter(unit=unit, role=Role.SAFETY_OFFICER).first()
    duty = _page("units:position-duty", position.code) if position else _nothing
    return [
        Picture("dashboard", "admin", _page("reports:dashboard"), height=1180),
        Picture("profile", "admin", _page("units:profile")),
        Picture("departments", "admin", _page("units:department-list")),
        Picture("duty-text", "admin", duty),
        Picture("regulations", "admin", _page("units:regulation-list")),
        Picture("staff-add", "admin", _page("units:staff-add")),
        Picture("staff-list", "admin", _page("units:staff-list")),
        Picture("certificates", "admin", _page("units:certificate-list")),
        Picture("staff-deregister", "admin", _page("units:staff-deregister", officer.code)),
        Picture("record-list", "admin", _page("duties:record-list")),
        Picture("report-list", "admin", _page("duties:report-list")),
        Picture("checklist-own", "admin", _page("duties:checklist-list", query="?tab=own")),
        Picture("hazard-list", "admin", _page("hazards:list")),
        Picture("messages", "admin", _page("units:message-list")),
        Picture("help", "admin", _page("units:help")),
    ]


def _archive(unit: Unit) -> list[Picture]:
    machine = _telling_machine(unit)
    code = _shown_code(unit)
    public = _page("equipment:public", code.token) if code else _nothing
    return [
        Picture("equipment-list", "admin", _page("equipment:list")),
        Picture("equipment-assign", "admin", _page("equipment:list"), steps=("批量修改",), ticks=3),
        Picture("equipment-detail", "admin", _page("equipment:detail", machine.code), height=1180),
        Picture("import", "admin", _page("units:import-start", "machines")),
        Picture("declare", "admin", _page("equipment:declare", machine.code)),
        Picture("declaration-list", "admin", _page("equipment:declaration-list", query="?tab=all")),
        Picture("code-list", "admin", _page("equipment:code-list")),
        Picture("public-page", "nobody", public, is_phone=True),
    ]


def _telling_machine(unit: Unit) -> Equipment:
    """A machine in use with an officer and hazards."""
    machines = Equipment.objects.filter(unit=unit, status="in_use", officer__isnull=False)
    return machines.filter(hazards__isnull=False).first() or machines.first()


def _shown_code(unit: Unit) -> DeviceCode | None:
    """A code on a label, of a machine the public has reported on if there is one."""
    codes = DeviceCode.objects.filter(equipment__unit=unit, retired_at=None)
    reported = PublicReport.objects.filter(unit=unit).values("equipment")
    return codes.filter(equipment__in=reported).first() or codes.first()


def _phone() -> list[Picture]:
    task = tour.shown_task(_officer())
    rectify, order, _review = tour.shown_hazards()
    pictures = [Picture("m-todo", "officer", _page("duties:todo"), is_phone=True)]
    steps = ("在用", "下一步", "不合格")
    inspect = _page("duties:inspect", task.code)
    pictures.append(Picture("m-inspect", "officer", inspect, is_phone=True, steps=steps))
    pictures += [
        Picture("m-weekly", "director", _page("duties:weekly"), is_phone=True),
        Picture("m-stops", "director", _page("duties:stop-list"), is_phone=True),
        Picture("m-statistics", "principal", _page("duties:field-statistics"), is_phone=True),
        Picture("m-cover", "officer", _page("duties:cover-add"), is_phone=True),
        Picture("m-weekly-report", "director", _report("report", "weekly"), is_phone=True),
        Picture("m-monthly-report", "principal", _report("minutes", "monthly"), is_phone=True),
    ]
    pictures.append(_hazard_page("m-hazard-order", "orderer", "hazards:order", order))
    pictures.append(_hazard_page("m-hazard-rectify", "rectifier", "hazards:rectify", rectify))
    return pictures


def _officer() -> Staff:
    return tour.busiest_officer(tour.phone_unit())


def _report(page: str, cadence: str) -> Callable[[], str]:
    """The page on which an open weekly report or open minutes are written."""
    kind = TaskKind.WEEKLY_REPORT if cadence == Cadence.WEEKLY else TaskKind.MONTHLY_MINUTES
    owed = tour_duties.to_write(tour.phone_unit(), kind)
    return _page(f"duties:{page}-write", owed.code) if owed is not None else _nothing


def _hazard_page(name: str, who: str, page: str, hazard: Hazard | None) -> Picture:
    url = _page(page, hazard.code) if hazard is not None else _nothing
    return Picture(name, who, url, is_phone=True)


def _bureau() -> list[Picture]:
    return [
        Picture("desk", "bureau", _page("reports:desk")),
        Picture("registrations", "bureau", _page("units:registration-list")),
        Picture("region", "bureau", _page("reports:region"), height=1000),
    ]


def _cylinders() -> list[Picture]:
    draft, waiting = tour_cylinders.batch("draft"), tour_cylinders.batch("submitted")
    done = tour_cylinders.batch("certified")

    def of(name: str, batch: Batch | None) -> Callable[[], str]:
        return _page(f"cylinders:{name}", batch.code) if batch else _nothing

    return [
        Picture("cylinder-batch", "filler", of("batch", draft), height=1100),
        Picture("cylinder-photos", "filler", of("photo-upload", draft), height=1000),
        Picture("cylinder-progress", "filler", of("progress", done), height=1000),
        Picture("cylinder-check", "handler", of("check", waiting), height=900),
    ]
