"""Opens the demo's bureaus, units and accounts, appoints people and archives their machines."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from config.actor import SYSTEM, Actor
from config.clock import at, local_day
from equipment.actions.binding import assign_officer
from equipment.actions.declarations import confirm, file_declaration
from equipment.actions.machine import add_equipment
from equipment.enums import UseStatus
from equipment.models import CatalogueEntry, Equipment
from reports.demo import cast
from reports.demo.office import Office, fill_books, open_office
from reports.demo.rounds import own_checklists
from units.actions.accounts import open_account, open_bureau, open_unit
from units.actions.settings import set_hazard_review
from units.actions.staff import Identity, add_staff
from units.loader import load_actor
from units.models import Bureau, Region, Staff, Unit, User
from units.roles import Role
from units.second_factor import enrol_with_secret


@dataclass
class Crew:
    """One unit of the demo with its people; `plan` says how it behaves."""

    plan: cast.UnitPlan
    unit: Unit
    admin: Actor
    principal: Staff
    directors: list[Staff] = field(default_factory=list)
    officers: list[Staff] = field(default_factory=list)


class Sequence:
    """Running numbers shared by all units: phones, names, device serials."""

    def __init__(self) -> None:
        self.names: Iterator[str] = cast.names()
        self.phone = 0
        self.serial = 0

    def next_phone(self) -> str:
        self.phone += 1
        return f"1390000{self.phone:04d}"

    def next_serial(self) -> int:
        self.serial += 1
        return self.serial


def open_bureaus(*, now: datetime) -> list[Bureau]:
    """Open the three bureaus with one account each, and the colleagues of the third."""
    made = []
    for username, name, region, phone, address, secret in cast.BUREAUS:
        bureau = open_bureau(
            name=name,
            region=Region.objects.get(pk=region),
            phone=phone,
            address=address,
            actor=SYSTEM,
            now=now,
        )
        regulator = open_account(
            kind="bureau",
            username=username,
            password=cast.PASSWORD,
            name=f"{name.removeprefix('重庆市')}监管员",
            bureau=bureau,
            actor=SYSTEM,
            now=now,
        )
        enrol_with_secret(regulator, secret, actor=SYSTEM, now=now)
        made.append(bureau)
    for username, name, secret in cast.COLLEAGUES:
        colleague = open_account(
            kind="bureau",
            username=username,
            password=cast.PASSWORD,
            name=name,
            bureau=made[-1],
            actor=SYSTEM,
            now=now,
        )
        enrol_with_secret(colleague, secret, actor=SYSTEM, now=now)
    username, name, secret = cast.PLATFORM
    platform = open_account(
        kind="platform",
        username=username,
        password=cast.PASSWORD,
        name=name,
        actor=SYSTEM,
        now=now,
    )
    enrol_with_secret(platform, secret, actor=SYSTEM, now=now)
    return made


def build_unit(plan: cast.UnitPlan, number: int, run: Sequence, *, start: date) -> Crew:
    """Open one unit, appoint its people, archive and bind its machines, as of `start`."""
    now = at(start, 9)
    unit = open_unit(
        name=plan.name,
        credit_code=cast.credit_code(number, plan.region),
        kinds=list(plan.kinds),
        region=Region.objects.get(pk=plan.region),
        address=plan.address,
        contact_name="办公室",
        contact_phone=f"023-6{number:07d}",
        actor=SYSTEM,
        now=now,
    )
    account = open_account(
        kind="unit",
        username=plan.username,
        password=cast.PASSWORD,
        name=f"{plan.name}管理员",
        unit=unit,
        actor=SYSTEM,
        now=now,
    )
    admin = load_actor(account)
    if plan.reviews_hazards:
        set_hazard_review(unit, reviews_hazards=True, actor=admin, now=now)
    office = open_office(unit, actor=admin, now=now)
    crew = _appoint(plan, unit, admin, office, run, now=now)
    _archive(crew, run, rng=random.Random(number), now=now + timedelta(minutes=20))
    fill_books(unit, plan.username, number, actor=admin, now=now + timedelta(minutes=40))
    if plan.username == "yunjie":
        own_checklists(unit, actor=admin, now=now + timedelta(minutes=50))
    return crew


def _appoint(
    plan: cast.UnitPlan, unit: Unit, admin: Actor, office: Office, run: Sequence, *, now: datetime
) -> Crew:
    def person(*identities: Identity) -> Staff:
        return add_staff(
            unit,
            name=next(run.names),
            phone=run.next_phone(),
            identities=list(identities),
            job_number=f"{run.phone:04d}",
            started_on=local_day(now) - timedelta(days=400),
            **office.place_of(identities[0].role),
            actor=admin,
            now=now,
        )

    crew = Crew(plan, unit, admin, person(Identity(Role.PRINCIPAL)))
    if plan.machines and plan.has_director:
        crew.directors.append(person(Identity(Role.SAFETY_DIRECTOR)))
    crew.officers = [person(Identity(Role.SAFETY_OFFICER)) for _ in range(plan.officers)]
    for role in plan.extra_roles:
        person(Identity(role))
    return crew


def _archive(crew: Crew, run: Sequence, *, rng: random.Random, now: datetime) -> None:
    made: list[Equipment] = []
    for group in crew.plan.machines:
        catalogue = CatalogueEntry.objects.get(pk=group.code)
        for index in range(1, group.count + 1):
            made.append(_machine(crew, group, catalogue, index, run, rng=rng, now=now))
    by_officer: dict[int, list[Equipment]] = {}
    # The last machine of the largest units stays without an officer: the gap a director must see.
    bound = made[:-1] if len(made) > 25 else made
    for index, machine in enumerate(bound):
        by_officer.setdefault(index * len(crew.officers) // len(bound), []).append(machine)
    for index, machines in by_officer.items():
        assign_officer(machines, officer=crew.officers[index], actor=crew.admin, now=now)


def _machine(
    crew: Crew,
    group: cast.Machines,
    catalogue: CatalogueEntry,
    index: int,
    run: Sequence,
    *,
    rng: random.Random,
    now: datetime,
) -> Equipment:
    serial = run.next_serial()
    year = rng.randint(2012, 2023)
    machine = add_equipment(
        crew.unit,
        catalogue=catalogue,
        name=f"{index}号{cast.NOUNS[group.code]}",
        place=f"{group.place}{index}区" if group.count > 1 else group.place,
        status=UseStatus.IN_USE,
        equipment_code=cast.equipment_code(group.code, year, serial),
        registration_no=cast.registration_no(group.code, year, serial),
        inner_no=f"{group.code}-{index:02d}",
        manufacturer=rng.choice(
            ("重庆渝工机电有限公司", "川江特种装备有限公司", "嘉陵重工有限公司")
        ),
        # Cylinders and pipelines are registered as groups, without a product number.
        product_no="" if group.quantity > 1 else f"P{year}{serial:05d}",
        quantity=group.quantity,
        in_use_since=date(year, rng.randint(1, 12), rng.randint(1, 28)),
        next_inspection_on=cast.next_inspection(local_day(now) + timedelta(days=31), serial),
        rescue_phone="023-96333" if machine_is_lift(group.code) else "",
        actor=crew.admin,
        now=now,
    )
    if serial % 41 == 0:
        filed = file_declaration(
            unit=crew.unit,
            equipment=machine,
            kind="stop",
            from_on=local_day(now),
            reason="长期闲置，已办理停用手续",
            actor=crew.admin,
            now=now,
        )
        confirm(filed, opinion="情况属实", actor=_supervisor(crew.unit), now=now)
        machine.refresh_from_db()
    return machine


def _supervisor(unit: Unit) -> Actor:
    """The account of the unit's own district bureau."""
    people = User.objects.filter(kind=User.Kind.BUREAU, bureau__region_id=unit.region_id)
    return load_actor(people.order_by("pk").first())


def machine_is_lift(code: str) -> bool:
    """Lifts carry the rescue hotline."""
    return code.startswith("3")
