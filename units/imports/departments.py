"""The import of departments (部门): a row leans on its parent, which may be an earlier row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from config.errors import RuleBroken
from config.excel.columns import Column, TextColumn
from config.excel.kinds import Context, ImportKind
from config.excel.resource import ActionResource
from units.actions.organisation import add_department, change_department
from units.models import Department, Unit
from units.roles import Can
from units.tree import Tree

_STEPS = re.compile(r"\s*[/／>＞\\]\s*")


def find_department(tree: Tree, text: str, *, field: str) -> int | None:
    """The key of a department named or given by its path (工程部/电梯班); None for "".

    RuleBroken(field=): there is none, or the name alone fits several.
    """
    steps = [step for step in _STEPS.split(text.strip()) if step]
    if not steps:
        return None
    wanted = " / ".join(steps)
    fitting = [
        one.pk
        for one, _ in tree.walk()
        if tree.path(one.pk) == wanted or (len(steps) == 1 and one.name == wanted)
    ]
    exact = [key for key in fitting if tree.path(key) == wanted]
    if len(fitting) > 1 and not exact:
        paths = "、".join(tree.path(key).replace(" / ", "/") for key in fitting[:4])
        raise RuleBroken(
            "department_ambiguous", f"有多个部门叫“{wanted}”，请写明上级：{paths}", field=field
        )
    if not fitting:
        raise RuleBroken(
            "department_unknown",
            f"没有名为“{text}”的部门。上级部门要写在它前面的行，或先在“部门管理”中新增",
            field=field,
        )
    return (exact or fitting)[0]


class DepartmentResource(ActionResource):
    """Departments matched by their place in the tree."""

    labels = {"head": "负责人", "phone": "部门电话"}
    key_column = "name"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.unit = Unit.objects.get(pk=context.actor.unit_id)

    @cached_property
    def tree(self) -> Tree:
        """The tree as an export finds it; an import looks anew at every row."""
        return Tree.of(self.unit.pk)

    def key(self, values: Mapping[str, Any]) -> Any:
        return (tuple(_STEPS.split(values["parent"])), values["name"])

    def find(self, values: Mapping[str, Any]) -> Department | None:
        tree = Tree.of(self.unit.pk)
        parent = find_department(tree, values["parent"], field="parent")
        for key in tree.children(parent):
            if tree.name(key) == values["name"]:
                return Department.objects.get(pk=key)
        return None

    def as_is(self, existing: Department) -> Mapping[str, str]:
        return {"head": existing.head, "phone": existing.phone}

    def as_wanted(self, existing: Department, values: Mapping[str, Any]) -> Mapping[str, str]:
        return {name: values[name] for name in self.labels if values[name]}

    def cells(self, existing: Department) -> Mapping[str, str]:
        tree = self.tree
        above = [tree.name(key) for key in reversed(tree.above(existing.pk))]
        return self.as_is(existing) | {"name": existing.name, "parent": "/".join(above)}

    def create(self, values: Mapping[str, Any]) -> Department:
        key = find_department(Tree.of(self.unit.pk), values["parent"], field="parent")
        return add_department(
            self.unit,
            name=values["name"],
            parent=Department.objects.get(pk=key) if key is not None else None,
            head=values["head"],
            phone=values["phone"],
            actor=self.context.actor,
            now=self.context.now,
        )

    def change(self, existing: Department, values: Mapping[str, Any]) -> Department:
        return change_department(
            existing,
            version=existing.version,
            name=existing.name,
            parent=existing.parent,
            head=values["head"] or existing.head,
            phone=values["phone"] or existing.phone,
            actor=self.context.actor,
            now=self.context.now,
        )


def columns(context: Context) -> Sequence[Column]:
    """The columns of the template."""
    return (
        TextColumn(
            "name", "部门名称", required="请填写部门名称", longest=60, example="电梯班", width=22
        ),
        TextColumn(
            "parent",
            "上级部门",
            longest=400,
            note="第一级部门留空；下级部门写上级的名称，重名时写全路径，如 工程部/设备科。",
            example="工程部",
            width=26,
        ),
        TextColumn("head", "负责人", longest=60, example="王建国"),
        TextColumn("phone", "部门电话", longest=30, example="023-63700000"),
    )


KIND = ImportKind(
    name="departments",
    label="部门",
    capability=Can.ORG_MANAGE,
    columns=columns,
    plan=DepartmentResource.planned,
    apply=DepartmentResource.applied,
    preview=("name", "parent", "head", "phone"),
    list_url="units:department-list",
    guide=(
        "上级部门要写在下级部门前面的行，或已在系统中。",
        "已有的部门（同一上级下同名）只更新填写了的负责人和电话，空着的不改。",
    ),
)
