"""What units and bureaus are told about declarations."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from equipment.models import Declaration
from units.outbox import tell_bureau, tell_unit

KIND = "declaration"


def tell_bureau_filed(declaration: Declaration, *, now: datetime) -> None:
    """A declaration waits for the word of the district bureau."""
    what = declaration.get_kind_display()
    about = f"“{declaration.equipment.name}”" if declaration.equipment else ""
    tell_bureau(
        declaration.unit.region_id,
        kind=f"{KIND}.filed",
        text=f"{declaration.unit.name}申报{about}{what}，请核实后确认或提出异议。",
        dedupe_key=f"{KIND}:{declaration.code}:filed",
        link=reverse("equipment:declaration", args=[declaration.code]),
        now=now,
    )


def tell_unit_decided(declaration: Declaration, *, now: datetime) -> None:
    """The bureau confirmed a declaration or objected to it."""
    what = declaration.get_kind_display()
    about = f"“{declaration.equipment.name}”" if declaration.equipment else "本单位"
    if declaration.state == Declaration.State.CONFIRMED:
        text = f"监管部门已确认{about}的{what}申报。"
    else:
        opinion = declaration.opinion.rstrip("。")
        text = f"监管部门对{about}的{what}申报有异议：{opinion}。从今天起恢复每日待办。"
    tell_unit(
        declaration.unit_id,
        kind=f"{KIND}.{declaration.state}",
        text=text,
        dedupe_key=f"{KIND}:{declaration.code}:{declaration.state}",
        link=reverse("equipment:declaration", args=[declaration.code]),
        now=now,
    )
