"""Archiving a machine and changing its facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from config.actor import Actor
from config.clock import local_day
from config.codes import normalise
from config.errors import RuleBroken
from equipment import catalogue as catalogues
from equipment import hooks
from equipment.actions.codes import issue_code
from equipment.actions.numbers import refuse_taken, write_unique
from equipment.actions.status import REGISTERED, lock_machine, refuse_foreign, write_status
from equipment.enums import Category, UseStatus
from equipment.models import CatalogueEntry, Equipment
from equipment.queries import officer_scope
from equipment.rules import refuse_in_use_since, refuse_quantity, refuse_single_cylinder
from equipment.validators import clean_equipment_code, clean_registration_no
from units.audit import Verb, record
from units.models import Unit

TEXTS = ("name", "place", "inner_no", "model", "manufacturer", "product_no", "rescue_phone")
REQUIRED = {"name": "请填写设备名称。", "place": "请填写使用地点。"}
# Facts besides catalogue, name and place, as they are when nobody gave them.
OPTIONAL: dict[str, Any] = {
    "equipment_code": "",
    "registration_no": "",
    "inner_no": "",
    "model": "",
    "manufacturer": "",
    "product_no": "",
    "quantity": 1,
    "in_use_since": None,
    "next_inspection_on": None,
    "rescue_phone": "",
}
FACTS = ("catalogue", "name", "place", *OPTIONAL)


@transaction.atomic
def add_equipment(
    unit: Unit,
    *,
    catalogue: CatalogueEntry | str,
    name: str,
    place: str,
    status: str,
    receipt_no: str = "",
    actor: Actor,
    now: datetime,
    **facts: Any,
) -> Equipment:
    """Archive a machine (or one registration group of cylinders or pipelines) and return it.

    `facts` may hold the keys of OPTIONAL. The duty category is the catalogue entry's, always
    (decision 4). The status runs from today; one archived as 停用 or 报废 owes its duties until it
    is declared with its file or confirmed (decision 6): `receipt_no` is kept as it was given. The
    machine gets its code (F37). Raises RuleBroken beside the field; a number that another unit
    holds is refused without saying whose it is.
    """
    if unknown := set(facts) - set(OPTIONAL):
        raise TypeError(f"not facts of a machine: {', '.join(sorted(unknown))}")
    refuse_foreign(unit.pk, actor)
    day = local_day(now)
    needed = {"catalogue": catalogue, "name": name, "place": place}
    known = _checked(OPTIONAL | facts | needed, day=day)
    machine = Equipment(
        unit=unit,
        category=known["catalogue"].duty_category,
        status=UseStatus(status),
        created_at=now,
        **known,
    )
    if machine.status != UseStatus.SCRAPPED:
        refuse_taken(machine)
    write_unique(machine.save)
    receipt = normalise(receipt_no) if status in REGISTERED else ""
    write_status(machine, UseStatus(status), from_on=day, receipt_no=receipt, now=now)
    after = {key: _plain(value) for key, value in known.items() if value not in ("", None)}
    record(actor, Verb.EQUIPMENT_ADDED, machine, now=now, after=after | {"status": str(status)})
    issue_code(machine, actor=actor, now=now)
    hooks.changed([machine.pk], day=day, actor=actor, now=now)
    return machine


@transaction.atomic
def change_equipment(
    equipment: Equipment, *, version: int, changes: Mapping[str, Any], actor: Actor, now: datetime
) -> Equipment:
    """Change facts of a machine and return it as it now is; never its status or officer.

    `version` is the version the editor saw: if somebody saved meanwhile, RuleBroken("stale") and
    nothing is overwritten. A new catalogue entry moves the category with it, which is refused while
    the bound officer's scope does not cover the new one. Without a difference nothing is written.
    """
    day = local_day(now)
    fresh = lock_machine(equipment, actor)
    if fresh.version != version:
        raise RuleBroken(
            "stale", "这台设备的档案刚刚被他人修改过，您的修改尚未保存。请打开最新档案核对后再改。"
        )
    if unknown := set(changes) - set(FACTS):
        raise ValueError(f"not facts of a machine: {', '.join(sorted(unknown))}")
    present = {name: getattr(fresh, name) for name in FACTS}
    checked = _checked(present | dict(changes), day=day)
    differing = {name: value for name, value in checked.items() if value != present[name]}
    if not differing:
        return fresh
    category = checked["catalogue"].duty_category
    if category != fresh.category:
        _refuse_uncovered(fresh, category, day)
    before = {name: _plain(present[name]) for name in differing}
    for name, value in differing.items():
        setattr(fresh, name, value)
    moved = category != fresh.category
    fresh.category = category
    fresh.version += 1
    if fresh.status != UseStatus.SCRAPPED:
        refuse_taken(fresh)
    write_unique(lambda: fresh.save(update_fields=[*differing, "category", "version"]))
    after = {name: _plain(value) for name, value in differing.items()}
    record(actor, Verb.EQUIPMENT_CHANGED, fresh, now=now, before=before, after=after)
    if moved:
        hooks.changed([fresh.pk], day=day, actor=actor, now=now)
    return fresh


# ------------------------------------------------------------------ rules
def _checked(values: dict[str, Any], *, day: date) -> dict[str, Any]:
    """The facts normalised and checked; RuleBroken beside the first field that is wrong."""
    found = dict(values)
    for name in TEXTS:
        found[name] = normalise(str(values[name] or ""))
        longest = Equipment._meta.get_field(name).max_length
        if len(found[name]) > longest:
            label = Equipment._meta.get_field(name).verbose_name
            raise RuleBroken("too_long", f"{label}最多 {longest} 个字。", field=name)
    for name, sentence in REQUIRED.items():
        if not found[name]:
            raise RuleBroken("required", sentence, field=name)
    entry = values["catalogue"]
    code = entry.pk if isinstance(entry, CatalogueEntry) else str(entry)
    found["catalogue"] = catalogues.get_archivable(code, day=day)
    found["equipment_code"] = clean_equipment_code(values["equipment_code"] or "")
    found["registration_no"] = clean_registration_no(values["registration_no"] or "")
    refuse_quantity(found["catalogue"], found["quantity"])
    refuse_single_cylinder(found["catalogue"], found["product_no"])
    refuse_in_use_since(values["in_use_since"], day=day)
    return found


def _refuse_uncovered(machine: Equipment, category: str, day: date) -> None:
    if machine.officer is None:
        return
    scope = officer_scope(machine.officer, day=day)
    if scope is None or not scope.covers(category):
        raise RuleBroken(
            "officer_scope",
            f"改为该品种后类别变为“{Category(category).label}”，现任安全员{machine.officer.name}"
            "不分管此类别，请先改绑或解除绑定。",
            field="catalogue",
        )


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, CatalogueEntry) else value
