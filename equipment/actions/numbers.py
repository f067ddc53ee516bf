"""Numbers that only one machine may carry: 设备代码 and 使用登记证编号."""

from __future__ import annotations

from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q

from config.errors import RuleBroken
from equipment.enums import UseStatus
from equipment.models import Equipment, StatusPeriod

# Constraint -> (field, how the number is called)
UNIQUE = {
    "equipment_code_once": ("equipment_code", "设备代码"),
    "registration_no_once": ("registration_no", "使用登记证编号"),
}


def refuse_taken(machine: Equipment) -> None:
    """Refuse a number that another machine holds, beside its field.

    A 报废 frees its numbers once it is in force (F34): one that still waits for the bureau, or met
    with an objection, may come back and keeps them.
    """
    waiting = StatusPeriod.objects.filter(
        equipment=OuterRef("pk"), period__upper_inf=True, status=UseStatus.SCRAPPED
    ).exclude(exempt_period__upper_inf=True)
    for constraint, (field, _label) in UNIQUE.items():
        value = getattr(machine, field)
        if not value:
            continue
        others = Equipment.objects.filter(**{field: value}).exclude(pk=machine.pk)
        holding = others.filter(~Q(status=UseStatus.SCRAPPED) | Exists(waiting))
        holder = holding.only("unit_id", "name").first()
        if holder is not None:
            raise taken(constraint, is_own=holder.unit_id == machine.unit_id, name=holder.name)


def write_unique(write: Callable[[], object]) -> None:
    """Write, and say in words which number somebody else took at the same moment."""
    try:
        with transaction.atomic():
            write()
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
        if name not in UNIQUE:
            raise
        raise taken(name, is_own=False) from error


def taken(constraint: str, *, is_own: bool, name: str = "") -> RuleBroken:
    """The words about a number that another machine holds; never whose, outside the unit."""
    field, label = UNIQUE[constraint]
    if is_own:
        sentence = f"本单位的“{name}”已使用这个{label}，请核对。"
    else:
        sentence = (
            f"这个{label}已被登记，请核对铭牌或使用登记证；确认无误的，请联系属地市场监管部门。"
        )
    return RuleBroken(f"{field}_taken", sentence, field=field)
