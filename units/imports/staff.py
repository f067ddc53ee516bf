"""The import of people (人员): matched by phone, then by id number; everything by their actions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from config.errors import RuleBroken
from config.excel.columns import Column, IdNumberColumn, PhoneColumn, Problem, TextColumn
from config.excel.columns_dates import DateColumn
from config.excel.kinds import Context, ImportKind
from config.excel.resource import ActionResource
from units import crypto
from units.actions.appointments import check_identities, in_words
from units.actions.persons import check_id_number, check_phone
from units.actions.staff import KEEP, add_staff, change_staff
from units.identities import Identity, category_choices
from units.imports.departments import find_department
from units.models import Appointment, Department, Position, Staff, Unit
from units.roles import Can, Role
from units.tree import Tree

# 安全员、安全总监（电梯、起重机械）
_ONE = re.compile(r"([^（(、,，;；\n]+?)\s*(?:[（(]([^）)]*)[）)])?\s*(?:[、,，;；\n]|$)")
_BETWEEN = re.compile(r"[、,，;；/\s]+")
CATEGORY_SYNONYMS = {"场车": "vehicle", "起重机": "crane", "起重": "crane", "索道": "ropeway"}


class IdentityColumn(Column):
    """身份: one or several, each with an optional scope in brackets; the value is a list."""

    empty: Any = ()

    def read(self, text: str) -> Any:
        found, at = [], 0
        for match in _ONE.finditer(text):
            if match.start() != at:
                break
            at = match.end()
            try:
                found.append(_identity(match[1].strip(), match[2] or ""))
            except RuleBroken as broken:
                return Problem(broken.message.rstrip("。"), broken.code)
        if at != len(text):
            return Problem(
                f"“{text[:30]}”看不懂，请写成 安全员、安全总监（电梯、起重机械）", "identity_bad"
            )
        try:
            return tuple(check_identities(found))
        except RuleBroken as broken:
            return Problem(broken.message.rstrip("。"), broken.code)

    def show(self, value: Any) -> str:
        return "、".join(in_words(value))


def _identity(name: str, scope: str) -> Identity:
    roles = {str(role.label): role for role in Role}
    if name not in roles:
        offered = "、".join(roles)
        raise RuleBroken("identity_unknown", f"没有“{name[:20]}”这个身份，应为：{offered}")
    known = {label: value for value, label in category_choices()} | CATEGORY_SYNONYMS
    wanted = [part for part in _BETWEEN.split(scope) if part]
    if unknown := [part for part in wanted if part not in known]:
        raise RuleBroken("scope_unknown", f"没有“{unknown[0][:20]}”这个设备类别")
    return Identity(roles[name], tuple(known[part] for part in wanted))


class StaffResource(ActionResource):
    """People of one unit."""

    labels = {
        "name": "姓名",
        "phone": "手机号",
        "identities": "身份",
        "id_number": "身份证件号码",
        "job_number": "工号",
        "department": "部门",
        "position": "岗位",
    }
    key_column = "phone"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.unit = Unit.objects.get(pk=context.actor.unit_id)
        self.tree = Tree.of(self.unit.pk)
        self.positions = {one.name: one for one in Position.objects.open().filter(unit=self.unit)}

    def key(self, values: Mapping[str, Any]) -> Any:
        return values["phone"]

    def look_ups(self) -> Sequence[Callable[[Mapping[str, Any]], Any]]:
        return (self._department, self._position)

    def find(self, values: Mapping[str, Any]) -> Staff | None:
        people = Staff.objects.employed().filter(unit=self.unit).select_related("user")
        found = people.filter(user__phone=values["phone"]).first()
        if found is None and values["id_number"]:
            digest = crypto.digest(values["id_number"])
            found = people.filter(user__id_number_digest=digest).first()
        if found is None and not values["identities"]:
            raise RuleBroken("identities_missing", "请填写身份", field="identities")
        return found

    def as_is(self, existing: Staff) -> Mapping[str, str]:
        return {
            "name": existing.name,
            "phone": existing.user.phone or "",
            "identities": "、".join(in_words(self._identities(existing))),
            "id_number": _masked(crypto.decrypt(existing.user.id_number_encrypted)),
            "job_number": existing.job_number,
            "department": self._path(existing.department_id),
            "position": existing.position.name if existing.position else "",
        }

    def as_wanted(self, existing: Staff, values: Mapping[str, Any]) -> Mapping[str, str]:
        wanted = {"name": values["name"], "phone": values["phone"]}
        if values["identities"]:
            wanted["identities"] = "、".join(in_words(values["identities"]))
        if values["id_number"]:
            wanted["id_number"] = self._id_number(existing, values["id_number"])
        if values["job_number"]:
            wanted["job_number"] = values["job_number"]
        if values["department"]:
            wanted["department"] = self._path(self._department(values))
        if values["position"]:
            wanted["position"] = self._position(values).name
        return wanted

    def cells(self, existing: Staff) -> Mapping[str, Any]:
        """Without the id number: an empty cell leaves it as it is when the list comes back."""
        posts = [Identity(one.role, tuple(one.categories)) for one in existing.posts]
        return {
            "name": existing.name,
            "phone": (existing.user.phone or "") if existing.ended_on is None else "",
            "identities": "、".join(in_words(posts)),
            "job_number": existing.job_number,
            "department": self._path(existing.department_id),
            "position": existing.position.name if existing.position else "",
            "started_on": existing.started_on,
        }

    def create(self, values: Mapping[str, Any]) -> Staff:
        key = self._department(values)
        return add_staff(
            self.unit,
            name=values["name"],
            phone=values["phone"],
            identities=values["identities"],
            id_number=values["id_number"],
            job_number=values["job_number"],
            started_on=values["started_on"],
            department=Department.objects.get(pk=key) if key is not None else None,
            position=self._position(values),
            actor=self.context.actor,
            now=self.context.now,
        )

    def change(self, existing: Staff, values: Mapping[str, Any]) -> Staff:
        key = self._department(values)
        return change_staff(
            existing,
            version=existing.version,
            name=values["name"],
            phone=values["phone"],
            identities=values["identities"] or self._identities(existing),
            id_number=values["id_number"] or None,
            job_number=values["job_number"] or existing.job_number,
            department=Department.objects.get(pk=key) if key is not None else KEEP,
            position=self._position(values) or KEEP,
            actor=self.context.actor,
            now=self.context.now,
        )

    # ------------------------------------------------------------ parts
    def _identities(self, staff: Staff) -> list[Identity]:
        posts = Appointment.objects.in_force(self.context.day).filter(staff=staff)
        return [Identity(one.role, tuple(one.categories)) for one in posts.order_by("role_slot")]

    def _department(self, values: Mapping[str, Any]) -> int | None:
        return find_department(self.tree, values["department"], field="department")

    def _path(self, key: int | None) -> str:
        return self.tree.path(key).replace(" / ", "/") if key in self.tree else ""

    def _position(self, values: Mapping[str, Any]) -> Position | None:
        name = values["position"]
        if name and name not in self.positions:
            raise RuleBroken(
                "position_unknown",
                f"没有名为“{name}”的岗位，请先在“岗位管理”中新增",
                field="position",
            )
        return self.positions.get(name)

    def _id_number(self, existing: Staff, id_number: str) -> str:
        """Masked; a correction that the mask would hide is still told as one."""
        shown = _masked(id_number)
        known = existing.user.id_number_digest
        if known and known != crypto.digest(id_number):
            before = _masked(crypto.decrypt(existing.user.id_number_encrypted))
            return f"{shown}（更正）" if shown == before else shown
        return shown


def _masked(id_number: str) -> str:
    return f"{id_number[:3]}***********{id_number[-4:]}" if id_number else ""


def columns(context: Context) -> Sequence[Column]:
    """The columns of the template."""
    unit_id = context.actor.unit_id
    positions = Position.objects.open().filter(unit_id=unit_id).order_by("id")
    offered = list(positions.values_list("name", flat=True)[:200])
    return (
        TextColumn("name", "姓名", required="请填写姓名", longest=60, example="李安"),
        PhoneColumn(
            "phone", "手机号", required="请填写手机号", check=check_phone, example="13800000001"
        ),
        IdentityColumn(
            "identities",
            "身份",
            note="多个身份用顿号隔开；分管类别写在括号里，不写为全部类别。新增人员必填。",
            example="安全员、安全总监（电梯、起重机械）",
            width=34,
        ),
        IdNumberColumn(
            "id_number",
            "身份证件号码",
            check=lambda text: check_id_number(text, today=context.day),
            note="可不填；18 位，单元格为文本格式。",
            width=22,
        ),
        TextColumn("job_number", "工号", longest=30, example="0012"),
        TextColumn(
            "department",
            "部门",
            longest=400,
            note="须已在“部门管理”中；重名时写全路径，如 工程部/设备科。",
            width=22,
        ),
        TextColumn(
            "position",
            "岗位",
            longest=60,
            note="须已在“岗位管理”中" + (f"：{'、'.join(offered[:10])}" if offered else "。"),
        ),
        DateColumn("started_on", "入职日期", note="不填为今天；只用于新增。", latest=context.day),
    )


KIND = ImportKind(
    name="staff",
    label="人员",
    capability=Can.STAFF_MANAGE,
    columns=columns,
    plan=StaffResource.planned,
    apply=StaffResource.applied,
    preview=("name", "phone", "identities", "department", "position"),
    unit="人",
    list_url="units:staff-list",
    guide=(
        "手机号是登录凭证：已在本单位登记的手机号视为同一人，更新填写了的内容，空着的不改。",
        "换了手机号的人：填写身份证件号码，系统按证件号码认人并更新手机号。",
        "质量安全总监和质量安全员不能由同一人担任。",
    ),
    rows_most=3000,
)
