"""What units, bureaus and people are told about declarations."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from config.actor import Actor
from config.clock import local_day
from equipment.models import Declaration, StopDeclaration
from equipment.words import span
from units.models import Appointment, Staff
from units.outbox import IN_APP, tell, tell_bureau, tell_unit
from units.roles import Role

KIND = "declaration"
STOP_KIND = "stop"


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


def tell_stop_declared(stop: StopDeclaration, *, actor: Actor, now: datetime) -> None:
    """A 临时停用 shows to who may reject it: in the product only, the day's round goes on anyway."""
    machine = stop.equipment
    for person in _overseers(stop, now=now):
        if person.pk != actor.staff_id:
            tell(
                person,
                kind=f"{STOP_KIND}.declared",
                text=f"{stop.declared_by_name}申报“{machine.name}”临时停用（{span(stop.period)}）："
                f"{stop.reason}。情况不符的可以驳回。",
                dedupe_key=f"{STOP_KIND}:{stop.code}:declared",
                link=reverse("duties:stop", args=[stop.code]),
                now=now,
                channel=IN_APP,
            )


def tell_stop_rejected(stop: StopDeclaration, *, actor: Actor, now: datetime) -> None:
    """A rejection goes to who declared it and to the machine's officer, each once."""
    machine = stop.equipment
    message = {
        "kind": f"{STOP_KIND}.rejected",
        "text": f"{actor.name}驳回了“{machine.name}”的临时停用（{span(stop.period)}）："
        f"{stop.reject_reason}。请按管控清单正常巡查。",
        "dedupe_key": f"{STOP_KIND}:{stop.code}:rejected",
        "now": now,
    }
    if stop.declared_by is None:
        link = reverse("equipment:detail", args=[machine.code])
        tell_unit(machine.unit_id, link=link, **message)
    concerned = {one.pk: one for one in (stop.declared_by, machine.officer) if one is not None}
    for person in concerned.values():
        if person.ended_on is None and person.pk != actor.staff_id:
            tell(person, link=reverse("duties:stop", args=[stop.code]), **message)


def _overseers(stop: StopDeclaration, *, now: datetime) -> list[Staff]:
    """The directors whose scope covers the machine; the principals where there is none."""
    machine = stop.equipment
    held = Appointment.objects.in_force(local_day(now)).filter(
        staff__unit_id=machine.unit_id, staff__ended_on=None
    )
    in_scope = Q(categories=[]) | Q(categories__contains=[machine.category])
    director = Q(role=Role.SAFETY_DIRECTOR) & in_scope
    found = list(
        held.filter(director | Q(role=Role.PRINCIPAL)).select_related("staff").order_by("staff_id")
    )
    directors = {one.staff_id: one.staff for one in found if one.role == Role.SAFETY_DIRECTOR}
    return list((directors or {one.staff_id: one.staff for one in found}).values())
