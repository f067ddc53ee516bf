"""Archiving a machine, changing its facts, changing its 使用状态."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from config.actor import Actor
from config.clock import local_day
from config.codes import normalise
from config.errors import RuleBroken
from equipment import catalogue as catalogues
from equipment import hooks
from equipment.enums import Category, UseStatus
from equipment.models import CatalogueEntry, Equipment, StatusPeriod
from equipment.queries import officer_scope
from equipment.validators import clean_equipment_code, clean_registration_no
from units.audit import Verb, record
from units.models import Unit

# Statuses that exempt from duties only with a receipt or the bureau's confirmation (decision 6).
REGISTERED = (UseStatus.STOPPED, UseStatus.SCRAPPED)
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
# Constraint -> (field, how the number is called)
UNIQUE = {
    "equipment_code_once": ("equipment_code", "设备代码"),
    "registration_no_once": ("registration_no", "使用登记证编号"),
}


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
    (decision 4). The status runs from today; a 停用 or 报废 without `receipt_no` owes its duties
    like a machine in use (decision 6). Raises RuleBroken beside the field; a number that another
    unit holds is refused without saying whose it is.
    """
    if unknown := set(facts) - set(OPTIONAL):
        raise TypeError(f"not facts of a machine: {', '.join(sorted(unknown))}")
    _refuse_foreign(unit.pk, actor)
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
        _refuse_taken(machine)
    _save(machine.save)
    receipt = normalise(receipt_no) if status in REGISTERED else ""
    _write_status(machine, UseStatus(status), from_on=day, receipt_no=receipt, reason="", now=now)
    after = {key: _plain(value) for key, value in known.items() if value not in ("", None)}
    record(actor, Verb.EQUIPMENT_ADDED, machine, now=now, after=after | {"status": str(status)})
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
    fresh = _locked(equipment, actor)
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
        _refuse_taken(fresh)
    _save(lambda: fresh.save(update_fields=[*differing, "category", "version"]))
    after = {name: _plain(value) for name, value in differing.items()}
    record(actor, Verb.EQUIPMENT_CHANGED, fresh, now=now, before=before, after=after)
    if moved:
        hooks.changed([fresh.pk], day=day, actor=actor, now=now)
    return fresh


@transaction.atomic
def set_status(
    equipment: Equipment,
    *,
    status: str,
    from_on: date,
    receipt_no: str = "",
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Equipment:
    """Give a machine another 使用状态 from a day on and return it.

    The running period ends the day before; one that was written down today for the same day is
    replaced, so that a slip can be put right. 停用 and 报废 want a reason, and exempt from duties only with a receipt number (decision 6); 未投用 can only be
    where a machine starts; 报废 with a receipt is final after its own day.
    """
    day = local_day(now)
    fresh = _locked(equipment, actor)
    wanted = UseStatus(status)
    reason = normalise(reason)
    receipt_no = normalise(receipt_no) if wanted in REGISTERED else ""
    running = fresh.status_periods.filter(period__upper_inf=True).get()
    _refuse_dates(running, from_on, day)
    if wanted == running.status and receipt_no == running.receipt_no:
        raise RuleBroken("status_same", f"设备当前已是“{wanted.label}”，没有变化。", field="status")
    if wanted in REGISTERED and not reason:
        raise RuleBroken("reason_needed", f"请填写{wanted.label}原因。", field="reason")
    replaces = running.period.lower == from_on
    _refuse_course(fresh, running, wanted, replaces=replaces)
    before = {"status": running.status, "receipt_no": running.receipt_no}
    if running.status == UseStatus.SCRAPPED and wanted != UseStatus.SCRAPPED:
        _refuse_taken(fresh)
    _save(
        lambda: _write_status(
            fresh, wanted, from_on=from_on, receipt_no=receipt_no, reason=reason, now=now
        )
    )
    record(
        actor,
        Verb.EQUIPMENT_STATUS_SET,
        fresh,
        now=now,
        before=before,
        after={
            "status": wanted.value,
            "from_on": from_on,
            "receipt_no": receipt_no,
            "reason": reason,
        },
    )
    hooks.changed([fresh.pk], day=day, actor=actor, now=now)
    return fresh


# ------------------------------------------------------------------ writing
def _write_status(
    machine: Equipment,
    status: UseStatus,
    *,
    from_on: date,
    receipt_no: str,
    reason: str,
    now: datetime,
) -> None:
    """The one place that writes Equipment.status, with the dated row it is a copy of."""
    running = machine.status_periods.filter(period__upper_inf=True).first()
    if running is not None and running.period.lower == from_on:
        running.delete()
    elif running is not None:
        running.period = DateRange(running.period.lower, from_on)
        running.save(update_fields=["period"])
    StatusPeriod.objects.create(
        equipment=machine,
        status=status,
        period=DateRange(from_on, None),
        receipt_no=receipt_no,
        reason=reason,
        created_at=now,
    )
    machine.status = status
    machine.save(update_fields=["status"])


def _locked(equipment: Equipment, actor: Actor) -> Equipment:
    fresh = (
        Equipment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("catalogue", "officer", "unit")
        .get(pk=equipment.pk)
    )
    _refuse_foreign(fresh.unit_id, actor)
    return fresh


def _save(write: Callable[[], None]) -> None:
    """Write, and say in words which number somebody else took at the same moment."""
    try:
        with transaction.atomic():
            write()
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
        if name not in UNIQUE:
            raise
        raise _taken(name, is_own=False) from error


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
    _refuse_quantity(found)
    since = values["in_use_since"]
    if since is not None and since > day:
        raise RuleBroken(
            "in_use_in_future",
            "投入使用日期不能晚于今天；尚未投用的设备请把使用状态选为“未投用”。",
            field="in_use_since",
        )
    return found


def _refuse_quantity(facts: dict[str, Any]) -> None:
    """One row a machine, or one row a registration group with its number (decision 4)."""
    entry, quantity = facts["catalogue"], facts["quantity"]
    if not isinstance(quantity, int) or quantity < 1:
        raise RuleBroken("quantity_bad", "数量应为不小于 1 的整数。", field="quantity")
    if entry.registers == CatalogueEntry.Registers.PER_DEVICE and quantity != 1:
        raise RuleBroken(
            "quantity_per_device",
            f"“{entry.name}”按台登记，每台单独建档，数量应为 1。",
            field="quantity",
        )
    if entry.duty_category == Category.CYLINDER and facts["product_no"]:
        raise RuleBroken(
            "single_cylinder",
            "气瓶按登记组建档（一组一条，填写数量），不逐只建档，产品编号请留空；单只气瓶在气瓶使用登记中办理。",
            field="product_no",
        )


def _refuse_dates(running: StatusPeriod, from_on: date, day: date) -> None:
    if from_on > day:
        raise RuleBroken("from_future", "生效日期不能晚于今天。", field="from_on")
    begun = running.period.lower
    is_slip = local_day(running.created_at) == day  # put right on the day it was made
    if from_on < begun or (from_on == begun and not is_slip):
        than = "早于" if is_slip else "早于或等于"
        raise RuleBroken(
            "from_too_early",
            f"生效日期不能{than}当前状态的开始日期（{begun:%Y-%m-%d}），以前的记录不能改写。",
            field="from_on",
        )


def _refuse_course(
    machine: Equipment, running: StatusPeriod, wanted: UseStatus, *, replaces: bool
) -> None:
    """未投用 only at the start; 报废 with a receipt stays, except for a slip of the same day."""
    registered = running.receipt_no or running.confirmed_at
    if running.status == UseStatus.SCRAPPED and registered and not replaces:
        raise RuleBroken(
            "scrapped_is_final", "设备已办理报废，使用状态不能再变更。", field="status"
        )
    if wanted == UseStatus.NOT_YET_IN_USE:
        history = machine.status_periods.exclude(status=UseStatus.NOT_YET_IN_USE)
        if replaces:
            history = history.exclude(pk=running.pk)
        if history.exists():
            raise RuleBroken(
                "was_in_use",
                "设备已经投入使用，不能改为“未投用”；暂不使用请选“停用”。",
                field="status",
            )


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


def _refuse_taken(machine: Equipment) -> None:
    """A 设备代码 or 使用登记证编号 belongs to one machine, whoever holds it."""
    for constraint, (field, _label) in UNIQUE.items():
        value = getattr(machine, field)
        if not value:
            continue
        others = Equipment.objects.filter(**{field: value}).exclude(pk=machine.pk)
        holder = others.exclude(status=UseStatus.SCRAPPED).only("unit_id", "name").first()
        if holder is not None:
            raise _taken(constraint, is_own=holder.unit_id == machine.unit_id, name=holder.name)


def _taken(constraint: str, *, is_own: bool, name: str = "") -> RuleBroken:
    field, label = UNIQUE[constraint]
    if is_own:
        sentence = f"本单位的“{name}”已使用这个{label}，请核对。"
    else:
        sentence = (
            f"这个{label}已被登记，请核对铭牌或使用登记证；确认无误的，请联系属地市场监管部门。"
        )
    return RuleBroken(f"{field}_taken", sentence, field=field)


def _refuse_foreign(unit_id: int, actor: Actor) -> None:
    if actor.unit_id is not None and actor.unit_id != unit_id:
        raise RuleBroken("foreign_unit", "设备不属于本单位。", status=404)


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, CatalogueEntry) else value
