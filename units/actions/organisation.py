"""How a unit is organised: departments in a tree, and posts (F9, F10).

A change of the tree locks the unit's row first, so that two editors who move departments below each
other cannot make a circle and two who add one name meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from django.db import transaction

from config.actor import Actor
from config.errors import RuleBroken
from units import audit, shape
from units.audit import Verb
from units.models import Department, Position, Staff, Unit
from units.roles import Can, Role
from units.tree import MAX_DEPTH, Tree

TOP = "top"  # the level above every department; people go there without a department
Target = Department | Literal["top"] | None

STALE = "这条信息刚刚被他人修改过，您的修改尚未保存。请核对最新内容；再次提交将以您填写的内容为准。"

OneOf = TypeVar("OneOf", Department, Position)


@dataclass(frozen=True)
class DepartmentFacts:
    """A department as typed or imported, checked."""

    name: str
    head: str
    phone: str


@dataclass(frozen=True)
class PositionFacts:
    """A post as typed or imported, checked; `role` "" = 其他岗位."""

    name: str
    role: str
    note: str


def clean_department(*, name: str, head: str = "", phone: str = "") -> DepartmentFacts:
    """The facts of one department row, normalised; RuleBroken beside the field."""
    return DepartmentFacts(
        name=shape.line(name, field="name", label="部门名称", longest=60, required=True),
        head=shape.line(head, field="head", label="负责人", longest=60),
        phone=shape.line(phone, field="phone", label="部门电话", longest=30),
    )


def clean_position(*, name: str, role: str = "", note: str = "") -> PositionFacts:
    """The facts of one post, normalised; RuleBroken beside the field."""
    return PositionFacts(
        name=shape.line(name, field="name", label="岗位名称", longest=60, required=True),
        role=shape.choice(role, Role.values, field="role", label="岗位类型", required=False),
        note=shape.line(note, field="note", label="说明", longest=200),
    )


# ---------------------------------------------------------------- departments
@transaction.atomic
def add_department(
    unit: Unit,
    *,
    name: str,
    parent: Department | None = None,
    head: str = "",
    phone: str = "",
    actor: Actor,
    now: datetime,
) -> Department:
    """Set up a department below `parent` (None = top level); return it.

    RuleBroken: name missing, too long or taken on that level; parent closed, of another unit or
    already at the deepest level.
    """
    require_organiser(actor, unit.pk)
    facts = clean_department(name=name, head=head, phone=phone)
    _one_at_a_time(unit.pk)
    tree = Tree.of(unit.pk)
    _check_place(tree, facts.name, parent, height=1, itself=None)
    department = Department.objects.create(
        unit=unit,
        parent=parent,
        name=facts.name,
        head=facts.head,
        phone=facts.phone,
        created_at=now,
    )
    after = {"name": facts.name, "parent": parent.name if parent else ""}
    audit.record(actor, Verb.DEPARTMENT_ADDED, department, now=now, after=after)
    return department


@transaction.atomic
def change_department(
    department: Department,
    *,
    version: int,
    name: str,
    parent: Department | None,
    head: str = "",
    phone: str = "",
    actor: Actor,
    now: datetime,
) -> Department:
    """Change a department as of `version`, or move it with everything below; return it.

    RuleBroken: "stale" when somebody saved since, closed, a parent that lies below it, a tree that
    would get too deep, and what add_department refuses.
    """
    require_organiser(actor, department.unit_id)
    facts = clean_department(name=name, head=head, phone=phone)
    _one_at_a_time(department.unit_id)
    department = _fresh(Department, department.pk)
    if department.version != version:
        raise RuleBroken("stale", STALE)
    tree = Tree.of(department.unit_id)
    if parent is not None and parent.pk in tree.below(department.pk):
        raise RuleBroken(
            "parent_below", "上级部门不能是本部门或本部门的下级，请重新选择。", field="parent"
        )
    _check_place(tree, facts.name, parent, height=tree.height(department.pk), itself=department.pk)
    before, after = audit.set_changed(
        department,
        {
            "name": facts.name,
            "head": facts.head,
            "phone": facts.phone,
            "parent_id": parent.pk if parent else None,
        },
    )
    if "parent_id" in after:
        before["parent"] = tree.name(before.pop("parent_id"))
        after["parent"] = tree.name(after.pop("parent_id"))
    if after:
        department.version += 1
        department.save()
        audit.record(
            actor, Verb.DEPARTMENT_CHANGED, department, now=now, before=before, after=after
        )
    return department


@transaction.atomic
def close_department(
    department: Department, *, move_to: Target = None, actor: Actor, now: datetime
) -> Department:
    """Close a department (撤销); return it. It stays in the books of those who worked there.

    With people or departments in it, they go to `move_to` (a department outside it, or TOP = no
    department) together; None is refused with their number. RuleBroken: closed already, target
    closed, below it, with departments of the same names, or too deep.
    """
    require_organiser(actor, department.unit_id)
    _one_at_a_time(department.unit_id)
    department = _fresh(Department, department.pk)
    tree = Tree.of(department.unit_id)
    children = tree.children(department.pk)
    people = Staff.objects.employed().filter(department=department)
    moved = people.count()
    if (children or moved) and move_to is None:
        raise RuleBroken(
            "department_in_use", in_use_sentence(moved, len(children)), field="move_to"
        )
    target = None if move_to in (None, TOP) else move_to
    if target is not None and target.pk in tree.below(department.pk):
        raise RuleBroken("target_below", "不能移到正要撤销的部门或它的下级。", field="move_to")
    for child in children:
        height = tree.height(child)
        _check_place(tree, tree.name(child), target, height=height, itself=child, field="move_to")
    people.update(department=target)
    Department.objects.filter(pk__in=children).update(parent=target)
    department.closed_at = now
    department.version += 1
    department.save(update_fields=["closed_at", "version"])
    after = {"moved": moved, "departments": len(children), "to": target.name if target else ""}
    audit.record(actor, Verb.DEPARTMENT_CLOSED, department, now=now, after=after)
    return department


def in_use_sentence(people: int, departments: int) -> str:
    """What stands in the way of closing a department."""
    held = [f"{people} 名人员"] if people else []
    held += [f"{departments} 个下级部门"] if departments else []
    return f"部门里还有 {'和 '.join(held)}，请选择把他们移到哪里，再撤销。"


def _check_place(
    tree: Tree,
    name: str,
    parent: Department | None,
    *,
    height: int,
    itself: int | None,
    field: str = "",
) -> None:
    """Refuse a parent that is not there, a tree too deep, and a second name on one level."""
    parent_id = parent.pk if parent is not None else None
    if parent_id is not None and parent_id not in tree:
        raise RuleBroken(
            "parent_gone", "所选部门已被撤销或不存在，请重新选择。", field=field or "parent"
        )
    if tree.depth(parent_id) + height > MAX_DEPTH:
        raise RuleBroken(
            "too_deep", f"部门最多 {MAX_DEPTH} 级，请选择更上一级的部门。", field=field or "parent"
        )
    if any(tree.name(one) == name and one != itself for one in tree.children(parent_id)):
        where = f"“{parent.name}”下" if parent is not None else "第一级"
        raise RuleBroken("name_taken", f"{where}已有名为“{name}”的部门。", field=field or "name")


# ---------------------------------------------------------------- posts
@transaction.atomic
def add_position(
    unit: Unit, *, name: str, role: str = "", note: str = "", actor: Actor, now: datetime
) -> Position:
    """Set up a post; `role` ("" = 其他) decides its duty text (F11). RuleBroken: name taken."""
    require_organiser(actor, unit.pk)
    facts = clean_position(name=name, role=role, note=note)
    _one_at_a_time(unit.pk)
    _refuse_same_position(unit.pk, facts.name, itself=None)
    position = Position.objects.create(
        unit=unit, name=facts.name, role=facts.role, note=facts.note, created_at=now
    )
    after = {"name": facts.name, "role": facts.role}
    audit.record(actor, Verb.POSITION_ADDED, position, now=now, after=after)
    return position


@transaction.atomic
def change_position(
    position: Position,
    *,
    version: int,
    name: str,
    role: str,
    note: str = "",
    actor: Actor,
    now: datetime,
) -> Position:
    """Change a post as of `version`. RuleBroken: "stale", closed, name taken."""
    require_organiser(actor, position.unit_id)
    facts = clean_position(name=name, role=role, note=note)
    _one_at_a_time(position.unit_id)
    position = _fresh(Position, position.pk)
    if position.version != version:
        raise RuleBroken("stale", STALE)
    _refuse_same_position(position.unit_id, facts.name, itself=position.pk)
    before, after = audit.set_changed(
        position, {"name": facts.name, "role": facts.role, "note": facts.note}
    )
    if after:
        position.version += 1
        position.save()
        audit.record(actor, Verb.POSITION_CHANGED, position, now=now, before=before, after=after)
    return position


@transaction.atomic
def close_position(
    position: Position,
    *,
    move_to: Position | Literal["top"] | None = None,
    actor: Actor,
    now: datetime,
) -> Position:
    """Close a post (撤销); people in it go to `move_to` (TOP = no post), None is refused."""
    require_organiser(actor, position.unit_id)
    _one_at_a_time(position.unit_id)
    position = _fresh(Position, position.pk)
    people = Staff.objects.employed().filter(position=position)
    moved = people.count()
    if moved and move_to is None:
        raise RuleBroken(
            "position_in_use",
            f"还有 {moved} 名人员在此岗位，请选择把他们改到哪个岗位，再撤销。",
            field="move_to",
        )
    target = None if move_to in (None, TOP) else move_to
    if target is not None:
        open_ones = Position.objects.open().filter(unit_id=position.unit_id)
        if not open_ones.filter(pk=target.pk).exclude(pk=position.pk).exists():
            raise RuleBroken("target_gone", "所选岗位已被撤销，请重新选择。", field="move_to")
    people.update(position=target)
    position.closed_at = now
    position.version += 1
    position.save(update_fields=["closed_at", "version"])
    after = {"moved": moved, "to": target.name if target else ""}
    audit.record(actor, Verb.POSITION_CLOSED, position, now=now, after=after)
    return position


def _refuse_same_position(unit_id: int, name: str, *, itself: int | None) -> None:
    same = Position.objects.open().filter(unit_id=unit_id, name=name).exclude(pk=itself)
    if same.exists():
        raise RuleBroken("name_taken", f"已有名为“{name}”的岗位。", field="name")


# ---------------------------------------------------------------- shared
def require_organiser(actor: Actor, unit_id: int) -> None:
    """A unit is organised by its own admin (or by the system, when it replays)."""
    if actor.kind == "system":
        return
    if actor.unit_id != unit_id or not actor.can(Can.ORG_MANAGE):
        raise RuleBroken("not_yours", "您没有权限修改该单位的设置。", status=403)


def _one_at_a_time(unit_id: int) -> None:
    Unit.objects.select_for_update(of=("self",), no_key=True).get(pk=unit_id)


def _fresh(model: type[OneOf], pk: int) -> OneOf:
    one = model.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
    if one.closed_at is not None:
        raise RuleBroken("closed", f"“{one.name}”已被撤销，不能再修改。")
    return one
