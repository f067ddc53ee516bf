"""Reading the archive: scoped fetch, the list with its tabs and filters, who may be bound."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef, Q
from django.http import Http404

from config.actor import Actor
from config.codes import normalise
from config.search import with_words
from equipment.enums import Category, UseStatus
from equipment.models import Equipment, StatusPeriod
from equipment.models.machine import EquipmentQuerySet
from equipment.words import span
from units.models import Appointment, Staff, Unit
from units.roles import Role

# A machine's officer is its 安全员; 质量安全员 belongs to production units (Order 73).
OFFICER_ROLE = Role.SAFETY_OFFICER
DUE_SOON_DAYS = 30
OVERDUE = "overdue"
NO_DATE = "none"
NOBODY = "none"


def get_equipment(actor: Actor, code: str) -> Equipment:
    """Return the machine of a code; 404 for a foreign one."""
    found = (
        _described(Equipment.objects.for_actor(actor))
        .select_related("unit__region")
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404(f"no equipment {code} for {actor.kind}")
    return found


def own_unit(actor: Actor) -> Unit:
    """The unit an account or a person belongs to; 404 for everybody else."""
    found = Unit.objects.for_actor(actor).filter(pk=actor.unit_id).first()
    if found is None:
        raise Http404(f"{actor.kind} has no unit")
    return found


def unit_of(actor: Actor, code: str) -> Unit | None:
    """The unit a list is narrowed to by its code, None when the actor may not see it."""
    return Unit.objects.for_actor(actor).filter(code=code).first() if code else None


def _described(machines: EquipmentQuerySet) -> EquipmentQuerySet:
    """Rows with what every page shows: catalogue, officer, unit, and whether duties still run."""
    unregistered = (
        StatusPeriod.objects.filter(equipment=OuterRef("pk"), period__upper_inf=True)
        .filter(status__in=[UseStatus.STOPPED, UseStatus.SCRAPPED])
        .exclude(exempt_period__upper_inf=True)
    )
    return machines.select_related("catalogue", "officer", "unit").annotate(
        is_unregistered_stop=Exists(unregistered)
    )


# ------------------------------------------------------------------ list
@dataclass(frozen=True)
class Filter:
    """What the filter bar asks for; empty values ask for nothing."""

    category: str = ""
    keyword: str = ""
    status: str = ""
    officer: str = ""  # a staff code, or "none" = nobody is bound
    due: str = ""
    unit: str = ""
    unit_name: str = ""


@dataclass(frozen=True)
class Tab:
    """One category of the archive: all its machines, and those that the filter leaves."""

    category: str
    label: str
    count: int


def unbound() -> Q:
    """Machines that ought to have an officer and have none (逐台明确); scrapped ones need none."""
    return Q(officer=None) & ~Q(status=UseStatus.SCRAPPED)


def inspection_due(due: str, day: date) -> Q:
    """Machines by next inspection: "overdue", "none" (no date), or "30" = due within 30 days.

    Scrapped machines are left out: nothing is due for them.
    """
    kept = ~Q(status=UseStatus.SCRAPPED)
    if due == OVERDUE:
        return kept & Q(next_inspection_on__lt=day)
    if due == NO_DATE:
        return kept & Q(next_inspection_on=None)
    return kept & Q(next_inspection_on__range=(day, day + timedelta(days=int(due))))


def archive(actor: Actor, asked: Filter, *, day: date) -> EquipmentQuerySet:
    """The machines of a list page: scoped, filtered, described, in a stable order."""
    machines = _matching(actor, asked, day)
    if asked.category:
        machines = machines.filter(category=asked.category)
    return _described(machines).order_by("category", "id")


def _matching(actor: Actor, asked: Filter, day: date) -> EquipmentQuerySet:
    machines = Equipment.objects.for_actor(actor)
    machines = with_words(
        machines, asked.keyword, "name", "equipment_code", "registration_no", "inner_no", "place"
    )
    if asked.status:
        machines = machines.filter(status=asked.status)
    if asked.officer == NOBODY:
        machines = machines.filter(unbound())
    elif asked.officer:
        machines = machines.filter(officer__code=asked.officer)
    if asked.due:
        machines = machines.filter(inspection_due(asked.due, day))
    if asked.unit:
        machines = machines.filter(unit__code=asked.unit)
    if asked.unit_name:
        machines = machines.filter(unit__name__icontains=normalise(asked.unit_name))
    return machines


def tabs(actor: Actor, asked: Filter, *, day: date) -> list[Tab]:
    """The categories the actor's machines belong to, each with the number the filter leaves.

    One query; a category stays while it has machines at all, so a filter never hides a tab.
    """
    left = Q()
    if replace(asked, category="") != Filter():
        left = Q(pk__in=_matching(actor, asked, day).values("pk"))
    rows = (
        Equipment.objects.for_actor(actor)
        .order_by()
        .values("category")
        .annotate(matching=Count("pk", filter=left))
    )
    counts = {row["category"]: row["matching"] for row in rows}
    return [Tab(key, str(label), counts[key]) for key, label in Category.choices if key in counts]


@dataclass(frozen=True)
class Word:
    """A state in words, with the kind of `{% status %}` that colours it."""

    kind: str
    text: str


STATUS_KINDS = {UseStatus.IN_USE: "done"}


def status_word(machine: Equipment) -> Word:
    """How the 使用状态 reads; a stop that exempts from nothing says so (decision 6)."""
    label = machine.get_status_display()
    if machine.is_unregistered_stop:
        return Word("late", f"{label}（未备案）")
    return Word(STATUS_KINDS.get(UseStatus(machine.status), "neutral"), label)


def inspection_word(machine: Equipment, day: date) -> Word | None:
    """How the next inspection stands: 已超期 n 天, n 天后到期; None when there is nothing to say."""
    if machine.next_inspection_on is None or machine.status == UseStatus.SCRAPPED:
        return None
    days = (machine.next_inspection_on - day).days
    if days < 0:
        return Word("danger", f"已超期 {-days} 天")
    if days == 0:
        return Word("late", "今天到期")
    return Word("late", f"{days} 天后到期") if days <= DUE_SOON_DAYS else None


def by_codes(actor: Actor, codes: Collection[str]) -> list[Equipment]:
    """The actor's machines of these codes, in list order; foreign and unknown codes are left out."""
    known = [code for code in codes if code.isalnum()]
    machines = Equipment.objects.for_actor(actor).filter(code__in=known)
    return list(_described(machines).order_by("category", "id"))


# ------------------------------------------------------------------ officers
@dataclass(frozen=True)
class Officer:
    """Somebody who may be bound: the employment, the scope (empty = all), machines held."""

    staff: Staff
    categories: tuple[str, ...]
    machines: int = 0

    def covers(self, category: str) -> bool:
        return not self.categories or category in self.categories

    @property
    def scope_label(self) -> str:
        return "、".join(str(Category(one).label) for one in self.categories) or "全部类别"


def officers(
    unit_ids: Collection[int], *, day: date, counts_machines: bool = True
) -> list[Officer]:
    """Who may be bound on a day in these units: employed, with a 安全员 appointment in force."""
    appointments = (
        Appointment.objects.in_force(day)
        .filter(role=OFFICER_ROLE, staff__unit_id__in=unit_ids, staff__ended_on=None)
        .select_related("staff__user", "staff__unit")
        .order_by("staff_id")
    )
    held = bound_counts([one.staff_id for one in appointments]) if counts_machines else {}
    return [
        Officer(one.staff, tuple(one.categories), held.get(one.staff_id, 0)) for one in appointments
    ]


def officer_scope(staff: Staff, *, day: date) -> Officer | None:
    """The scope of one person as 安全员 on a day; None without such an appointment or when gone."""
    if staff.ended_on is not None:
        return None
    appointment = Appointment.objects.in_force(day).filter(role=OFFICER_ROLE, staff=staff).first()
    return Officer(staff, tuple(appointment.categories)) if appointment else None


def bound_counts(staff_ids: Collection[int]) -> dict[int, int]:
    """How many machines each person is bound to (scrapped ones do not count), in one query."""
    rows = (
        Equipment.objects.filter(officer_id__in=staff_ids)
        .exclude(status=UseStatus.SCRAPPED)
        .order_by()
        .values_list("officer_id")
        .annotate(number=Count("pk"))
    )
    return dict(rows)


# ------------------------------------------------------------------ history
@dataclass(frozen=True)
class Line:
    """One dated row of a machine's history in words."""

    text: str
    note: str
    is_running: bool


def binding_lines(machine: Equipment) -> list[Line]:
    """Who was its 安全员 and when, the present one first."""
    rows = machine.bindings.select_related("staff").order_by("-period")
    return [Line(row.staff.name, span(row.period), row.period.upper is None) for row in rows]


def status_lines(machine: Equipment) -> list[Line]:
    """Its 使用状态 over time with reason and receipt, the present one first."""
    lines = []
    for row in machine.status_periods.order_by("-period"):
        receipt = f"回执 {row.receipt_no}" if row.receipt_no else ""
        note = " · ".join(filter(None, [span(row.period), row.reason, receipt]))
        lines.append(Line(row.get_status_display(), note, row.period.upper is None))
    return lines
