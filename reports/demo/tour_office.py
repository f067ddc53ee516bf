"""The tour's pages of the admin's desk, the bureau's desk and the public (see reports.demo.tour)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Model
from django.urls import reverse

from equipment.models import Declaration, DeviceCode, Equipment, Licence, PublicReport
from units.models import (
    Activity,
    Notice,
    NoticeReceipt,
    Position,
    Registration,
    Regulation,
    Staff,
    Ticket,
    Unit,
)

Found = tuple[str, str, str]  # slug, who, url


def pages(unit: Unit, staff: Staff) -> Iterable[Found]:
    """What the unit's admin sees besides archive and records; a page without an object is left out."""
    training = Activity.objects.filter(unit=unit, kind="training").first()
    machine = Equipment.objects.filter(unit=unit, status="in_use").order_by("pk").first()
    lists = (
        ("department-list", "units:department-list"),
        ("department-add", "units:department-add"),
        ("position-list", "units:position-list"),
        ("certificate-list", "units:certificate-list"),
        ("leave-list", "units:leave-list"),
        ("regulation-list", "units:regulation-list"),
        ("profile", "units:profile"),
        ("profile-edit", "units:profile-edit"),
        ("claim-list", "equipment:claim-list"),
        ("code-list", "equipment:code-list"),
        ("report-list", "equipment:report-list"),
        ("drill-list", "units:drill-list"),
        ("training-list", "units:training-list"),
        ("training-add", "units:training-add"),
        ("declaration-list", "equipment:declaration-list"),
        ("suspend", "equipment:suspend"),
        ("message-list", "units:message-list"),
    )
    for slug, name in lists:
        yield slug, "admin", reverse(name)
    yield "notices-received", "admin", f"{reverse('units:regulation-list')}?tab=external"
    yield "import-machines", "admin", reverse("units:import-start", args=["machines"])
    yield "import-staff", "admin", reverse("units:import-start", args=["staff"])
    yield "appointment-letter", "admin", reverse("reports:appointment-letter", args=[staff.code])
    yield from _of("admin", "position-duty", "units:position-duty", _post(unit))
    yield from _of("admin", "regulation", "units:regulation", _last(Regulation, unit=unit))
    yield from _of("admin", "activity", "units:activity", training)
    yield from _of("admin", "training-results", "units:training-results", training)
    yield from _of("admin", "declare", "equipment:declare", machine)
    yield from _of("admin", "code", "equipment:code", machine)
    yield from _of("admin", "public-report", "equipment:report", _last(PublicReport, unit=unit))
    declaration = _last(Declaration, unit=unit, state="objected")
    yield from _of("admin", "declaration", "equipment:declaration", declaration)
    yield from _of(
        "admin", "received-notice", "units:received-notice", _last(NoticeReceipt, unit=unit)
    )


def licensed_pages() -> Iterable[Found]:
    """Licences and stations, as the first filling unit of the demo has them."""
    licence = Licence.objects.filter(unit__kinds__contains=["filling"]).order_by("pk").first()
    if licence is not None:
        yield "licence-list", "filler", reverse("equipment:licence-list")
        yield "licence-add", "filler", reverse("equipment:licence-add")
        yield "licence", "filler", reverse("equipment:licence", args=[licence.code])
        yield "station-list", "filler", reverse("equipment:station-list")
        yield "dashboard", "filler", reverse("reports:dashboard")


def bureau_pages(unit: Unit) -> Iterable[Found]:
    """The bureau's desk and what it decides."""
    yield "desk", "bureau", reverse("reports:desk")
    yield "registration-list", "bureau", reverse("units:registration-list")
    waiting = Registration.objects.filter(region=unit.region, state="submitted").first()
    yield from _of("bureau", "registration", "units:registration-detail", waiting)
    yield "declaration-list", "bureau", reverse("equipment:declaration-list")
    filed = Declaration.objects.filter(unit=unit, state="filed").first()
    yield from _of("bureau", "declaration", "equipment:declaration", filed)
    yield "notice-list", "bureau", reverse("units:notice-list")
    yield "notice-write", "bureau", reverse("units:notice-write")
    notice = Notice.objects.order_by("pk").first()
    yield from _of("bureau", "notice", "units:notice", notice)
    yield "archive-list", "bureau", reverse("equipment:archive-list")
    region_unit = reverse("reports:region-unit", args=[unit.code])
    for tab in ("people", "machines", "papers", "declarations"):
        yield f"region-unit-{tab}", "bureau", f"{region_unit}?tab={tab}"
    yield "ticket-list", "platform", reverse("units:ticket-list")
    yield from _of("platform", "ticket", "units:ticket", _last(Ticket))


def public_pages(unit: Unit) -> Iterable[Found]:
    """What anybody sees without signing in."""
    yield "register", "nobody", reverse("units:register")
    returned = Registration.objects.filter(state="returned").first()
    yield from _of("nobody", "register-state", "units:register-state", returned)
    yield "directory", "nobody", reverse("units:directory")
    yield "guide", "nobody", reverse("units:guide")
    codes = DeviceCode.objects.filter(equipment__unit=unit, retired_at=None)
    code = codes.filter(equipment__status="in_use").order_by("pk").first()
    if code is not None:
        yield "public", "nobody", reverse("equipment:public", args=[code.token])
        yield "public-report", "nobody", reverse("equipment:public-report", args=[code.token])


def phone_pages() -> Iterable[Found]:
    """What the phone got besides the rounds."""
    yield "messages", "director", reverse("units:message-list")
    yield "leave", "officer", reverse("units:leave")


def _of(who: str, slug: str, name: str, one: Model | None) -> Iterable[Found]:
    if one is not None:
        yield slug, who, reverse(name, args=[one.code])


def _last(model: type[Model], **which: object) -> Model | None:
    return model._default_manager.filter(**which).order_by("-pk").first()


def _post(unit: Unit) -> Position | None:
    return Position.objects.filter(unit=unit, role="safety_officer").first()
