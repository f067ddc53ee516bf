"""Reading departments, posts and their duty texts (F9–F11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from config.actor import Actor
from config.codes import normalise
from config.search import with_words
from units.models import Department, DutyText, Position, Rule, Staff, Unit
from units.models.unit import UnitKind
from units.roles import Role
from units.tree import Tree

OTHER = "other"  # 其他岗位 in the filter: posts without a role


# ---------------------------------------------------------------- departments
@dataclass(frozen=True)
class DepartmentRow:
    """One line of the tree: its level, the people in it and those in it or below."""

    department: Department
    depth: int
    own: int
    total: int
    children: int
    is_match: bool


def department_rows(actor: Actor, *, words: str = "") -> list[DepartmentRow]:
    """The actor's departments as a tree (two queries); with `words` only hits and what is above.

    Every word must stand in the name, the head or the phone.
    """
    departments = list(Department.objects.for_actor(actor).open().order_by("id"))
    tree = Tree(departments)
    staffed = Staff.objects.for_actor(actor).employed().exclude(department=None)
    counted = staffed.order_by().values("department").annotate(people=Count("pk"))
    own = {row["department"]: row["people"] for row in counted}
    wanted = normalise(words).lower().split()
    hits = {one.pk for one in departments if _matches(one, wanted)}
    shown = hits | {above for hit in hits for above in tree.above(hit)}
    return [
        DepartmentRow(
            department=one,
            depth=depth,
            own=own.get(one.pk, 0),
            total=sum(own.get(key, 0) for key in tree.below(one.pk)),
            children=len(tree.children(one.pk)),
            is_match=bool(wanted) and one.pk in hits,
        )
        for one, depth in tree.walk()
        if one.pk in shown
    ]


def _matches(department: Department, words: list[str]) -> bool:
    text = f"{department.name} {department.head} {department.phone}".lower()
    return all(word in text for word in words)


def get_department(actor: Actor, code: str) -> Department:
    """One of the actor's departments, also a closed one; Http404 for anybody else's."""
    found = (
        Department.objects.for_actor(actor)
        .select_related("parent", "unit")
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404
    return found


def open_department(actor: Actor, code: str) -> Department | None:
    """The open department of a code, None for every other; for choices of forms."""
    return Department.objects.for_actor(actor).open().filter(code=code).first()


def department_choices(actor: Actor, *, without: Department | None = None) -> list[tuple[str, str]]:
    """(code, indented name) of the open departments; `without` one and everything below it."""
    tree = Tree(list(Department.objects.for_actor(actor).open().order_by("id")))
    left_out = tree.below(without.pk) if without is not None and without.pk in tree else set()
    return [
        (one.code, f"{'　' * (depth - 1)}{one.name}")
        for one, depth in tree.walk()
        if one.pk not in left_out
    ]


def people_of_department(department: Department) -> int:
    """How many employed people are in a department itself."""
    return Staff.objects.employed().filter(department=department).count()


def children_of_department(department: Department) -> int:
    """How many open departments are directly below one."""
    return Department.objects.open().filter(parent=department).count()


# ---------------------------------------------------------------- posts
def position_list(actor: Actor, *, words: str = "", role: str = "") -> QuerySet[Position]:
    """The actor's open posts with `people`, narrowed by name and type (`role` or OTHER)."""
    positions = Position.objects.for_actor(actor).open()
    positions = with_words(positions, words, "name", "note")
    if role:
        positions = positions.filter(role="" if role == OTHER else role)
    people = Count("staff", filter=Q(staff__ended_on=None))
    return positions.annotate(people=people).order_by("id")


def get_position(actor: Actor, code: str) -> Position:
    """One of the actor's posts, also a closed one; Http404 for anybody else's."""
    found = Position.objects.for_actor(actor).select_related("unit").filter(code=code).first()
    if found is None:
        raise Http404
    return found


def open_position(actor: Actor, code: str) -> Position | None:
    """The open post of a code, None for every other; for choices of forms."""
    return Position.objects.for_actor(actor).open().filter(code=code).first()


def position_choices(actor: Actor, *, without: Position | None = None) -> list[tuple[str, str]]:
    """(code, name) of the open posts."""
    positions = Position.objects.for_actor(actor).open().order_by("id")
    return [(one.code, one.name) for one in positions if without is None or one.pk != without.pk]


def people_of_position(position: Position) -> int:
    """How many employed people hold a post."""
    return Staff.objects.employed().filter(position=position).count()


# ---------------------------------------------------------------- duty texts
# The kinds of unit in which a role has a text (Orders 73 and 74), in the order of preference.
KINDS_OF_ROLE: dict[str, tuple[str, ...]] = {
    Role.PRINCIPAL: (UnitKind.USING, UnitKind.FILLING, UnitKind.PRODUCTION),
    Role.SAFETY_DIRECTOR: (UnitKind.USING, UnitKind.FILLING),
    Role.SAFETY_OFFICER: (UnitKind.USING, UnitKind.FILLING),
    Role.QUALITY_DIRECTOR: (UnitKind.PRODUCTION,),
    Role.QUALITY_OFFICER: (UnitKind.PRODUCTION,),
}
# 安全员 have a code (守则), everybody else duties (职责).
CODES = (Role.SAFETY_OFFICER, Role.QUALITY_OFFICER)

# fn(unit_id, kind) -> the duty categories a unit of that kind has to do with; equipment tells.
_categories_of_unit: list[Callable[[int, str], list[str]]] = []


def register_unit_categories(tell: Callable[[int, str], list[str]]) -> None:
    """Tell which categories a unit has machines or licences of; called once by `equipment`."""
    _categories_of_unit[:] = [tell]


def unit_categories(unit_id: int, kind: str) -> list[str]:
    """The duty categories of a unit as a unit of that kind; [] when it has none on its books."""
    return _categories_of_unit[0](unit_id, kind) if _categories_of_unit else []


def duty_word(role: str) -> str:
    """守则 or 职责 for a role that has a text, "" for every other."""
    if role not in KINDS_OF_ROLE:
        return ""
    return "守则" if role in CODES else "职责"


def duty_kinds(role: str, unit: Unit) -> list[str]:
    """The kinds of this unit in which the role has a text; all of the role's when none fits."""
    kinds = [kind for kind in KINDS_OF_ROLE.get(role, ()) if kind in unit.kinds]
    return kinds or list(KINDS_OF_ROLE.get(role, ()))


def duty_categories(role: str, kind: str) -> list[str]:
    """The categories that texts of a role exist for, whenever in force."""
    found = DutyText.objects.filter(role=role, unit_kind=kind).order_by()
    return list(found.values_list("category", flat=True).distinct())


def duty_text(role: str, kind: str, category: str, *, on: date) -> DutyText | None:
    """The version in force on a day; the text for all categories where a category has none."""
    texts = DutyText.objects.in_force(on).filter(role=role, unit_kind=kind)
    by_category = {one.category: one for one in texts.filter(category__in=[category, ""])}
    return by_category.get(category) or by_category.get("")


def duty_history(text: DutyText) -> list[DutyText]:
    """Every version of a text, the latest first."""
    same = DutyText.objects.filter(role=text.role, unit_kind=text.unit_kind, category=text.category)
    return list(same.order_by("-version"))


def first_duty_day(role: str, kind: str) -> date | None:
    """The first day any text of a role is in force."""
    periods = DutyText.objects.filter(role=role, unit_kind=kind).values_list("period", flat=True)
    return min((period.lower for period in periods), default=None)


def rule_in_force(key: str, *, on: date) -> Rule | None:
    """The edition of a rule in force on a day."""
    return Rule.objects.in_force(on).filter(key=key).first()
