"""What the demo's units have in their books besides machines: how they are organised, papers, licences."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache

from django.core.files.uploadedfile import SimpleUploadedFile

from config.actor import Actor
from config.clock import local_day
from equipment.actions.licences import add_licence
from equipment.actions.stations import add_station
from equipment.models import Licence, LicenceFamily
from reports import pdf
from units.actions.activities import Held, Outcome, add_activity, enter_results
from units.actions.certificates import Paper, add_certificate
from units.actions.organisation import add_department, add_position
from units.actions.profile import change_profile
from units.actions.regulations import add_regulation, replace_regulation
from units.models import Activity, Certificate, Department, Position, Regulation, Staff, Unit
from units.queries import staff_in_post
from units.roles import OFFICERS, Role

DEPARTMENTS = {
    "安全管理部": ("安全监督科", "应急值守室"),
    "设备工程部": ("设备一班", "设备二班"),
    "综合办公室": (),
}
# Post -> the department its people belong to.
POSTS: dict[str, tuple[str, str]] = {
    Role.PRINCIPAL: ("主要负责人", "综合办公室"),
    Role.SAFETY_DIRECTOR: ("特种设备安全总监", "安全管理部"),
    Role.QUALITY_DIRECTOR: ("质量安全总监", "安全管理部"),
    Role.SAFETY_OFFICER: ("特种设备安全员", "设备工程部"),
    Role.QUALITY_OFFICER: ("质量安全员", "设备工程部"),
}
# Username -> families and numbers of its licences, years of the last ones.
LICENCES: dict[str, tuple[tuple[str, str, int], ...]] = {
    "hengli": (
        ("crane_manufacture", "TS2450118", 2028),
        ("crane_installation", "TS3450226", 2027),
    ),
    "anxing": (("lift_installation", "TS3350107", 2027),),
    "lanyan": (("cylinder_filling", "TS4250031", 2028),),
    "chuandong": (("cylinder_filling", "TS4250044", 2027),),
}
STATIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "lanyan": (("1号充装转盘", "液化石油气"), ("2号充装转盘", "液化石油气"), ("残液倒空台", "液化石油气")),
    "chuandong": (("氧气充装台", "氧"), ("氩气充装台", "氩"), ("二氧化碳充装台", "二氧化碳")),
}  # fmt: skip
RULES = (
    ("特种设备安全管理制度", Regulation.Kind.MANAGEMENT),
    ("特种设备事故应急专项预案", Regulation.Kind.EMERGENCY),
)
CLAUSES = (
    "本制度适用于本单位在用特种设备的安全管理。",
    "主要负责人对特种设备使用安全全面负责，安全总监、安全员按照各自职责开展工作。",
    "每日管控、每周排查、每月调度按照两个规定执行，如实记录，不得代签。",
    "发现严重事故隐患时，应当立即停止使用并报告。",
)


@dataclass
class Office:
    """The departments and posts of one unit, by name and by role."""

    departments: dict[str, Department] = field(default_factory=dict)
    positions: dict[str, Position] = field(default_factory=dict)

    def place_of(self, role: str) -> dict[str, Department | Position]:
        """Where somebody of an identity works, as add_staff takes it."""
        position = self.positions[role]
        return {"department": self.departments[POSTS[role][1]], "position": position}


def open_office(unit: Unit, *, actor: Actor, now: datetime) -> Office:
    """Set up departments and posts."""
    office = Office()
    for name, parts in DEPARTMENTS.items():
        above = add_department(unit, name=name, actor=actor, now=now)
        office.departments[name] = above
        for part in parts:
            add_department(unit, name=part, parent=above, actor=actor, now=now)
    for role, (name, _) in POSTS.items():
        office.positions[role] = add_position(unit, name=name, role=role, actor=actor, now=now)
    return office


def fill_books(unit: Unit, username: str, number: int, *, actor: Actor, now: datetime) -> None:
    """企业信息, management rules, licences, stations, certificates, a drill and a training."""
    _profile(unit, number, actor=actor, now=now)
    for name, kind in RULES:
        made = add_regulation(unit, name=name, kind=kind, file=paper(name), actor=actor, now=now)
        if number == 1 and kind == Regulation.Kind.MANAGEMENT:
            replace_regulation(
                made,
                version=made.version,
                file=paper(f"{name}（修订）"),
                note="按新任命修订",
                actor=actor,
                now=now,
            )
    _licences(unit, username, actor=actor, now=now)
    people = list(staff_in_post(unit.pk, [role.value for role in Role], on=local_day(now)))
    people.sort(key=lambda one: one.pk)
    _certificates(people, number, actor=actor, now=now)
    _activities(unit, people, number, actor=actor, now=now)


def _profile(unit: Unit, number: int, *, actor: Actor, now: datetime) -> None:
    unit.refresh_from_db()
    changes = {
        "legal_representative": "冉启明",
        "postcode": "400010",
        "landline": f"023-6{number:07d}",
        "industry": "物业管理" if number == 1 else "综合服务",
        "safety_department": "安全管理部",
        "safety_phone": f"023-65{number:06d}",
        "email": f"anquan{number}@example.com",
    }
    if number % 4 == 0:  # some have not finished: the figure says what is missing
        del changes["postcode"], changes["safety_phone"]
    change_profile(unit, version=unit.version, changes=changes, actor=actor, now=now)


def _licences(unit: Unit, username: str, *, actor: Actor, now: datetime) -> None:
    officers = list(staff_in_post(unit.pk, OFFICERS, on=local_day(now)).order_by("pk"))
    made: Licence | None = None
    for code, number, year in LICENCES.get(username, ()):
        family = LicenceFamily.objects.get(pk=code)
        role = Role.QUALITY_OFFICER if family.unit_kind == "production" else Role.SAFETY_OFFICER
        named = list(staff_in_post(unit.pk, [role], on=local_day(now)).order_by("pk"))
        made = add_licence(
            unit,
            family=family,
            items=list(family.items.order_by("code"))[:2],
            number=f"{number}-{year}",
            valid_from=date(year - 4, 3, 1),
            valid_until=date(year, 2, 28),
            issuer="重庆市市场监督管理局",
            address=unit.address,
            issued_on=date(year - 4, 2, 20),
            file=paper("特种设备生产（充装）许可证"),
            officer=named[0] if named else None,
            actor=actor,
            now=now,
        )
    for index, (name, medium) in enumerate(STATIONS.get(username, ()), 1):
        add_station(
            unit,
            name=name,
            number=f"{index:02d}",
            medium=medium,
            place="充装车间",
            licence=made,
            # The last one is left to the pool.
            officer=officers[(index - 1) % len(officers)] if index < 3 and officers else None,
            actor=actor,
            now=now,
        )


def _certificates(people: list[Staff], number: int, *, actor: Actor, now: datetime) -> None:
    """Everybody's certificate; one of the first unit runs out soon, one has run out."""
    day = local_day(now)
    for index, staff in enumerate(people):
        left = {0: 75, 1: 20}.get(index, 400 + 97 * index) if number == 1 else 300 + 61 * index
        add_certificate(
            staff,
            paper=Paper(
                kind=Certificate.Kind.MANAGER,
                number=f"5001{number:02d}{index:04d}",
                item="A",
                issuer="重庆市渝中区市场监督管理局",
                issued_on=day + timedelta(days=left - 4 * 365),
                valid_until=day + timedelta(days=left),
            ),
            actor=actor,
            now=now,
        )


def _activities(
    unit: Unit, people: list[Staff], number: int, *, actor: Actor, now: datetime
) -> None:
    """A drill and a training of this year; every fifth unit still lacks its drill."""
    day = local_day(now)
    held_on = max(date(day.year, 1, 3), day - timedelta(days=40 + number))
    if number % 5:
        add_activity(
            unit,
            kind=Activity.Kind.DRILL,
            held=Held(
                title="特种设备事故应急演练",
                held_on=held_on,
                content="模拟设备突发故障停运，演练报警、停机、疏散、救援和恢复的全过程。",
                place=unit.address,
                summary="响应及时、分工明确；应急照明不足，已列入整改。",
            ),
            participants=people,
            uploads=[paper("应急演练签到表")],
            actor=actor,
            now=now,
        )
    training = add_activity(
        unit,
        kind=Activity.Kind.TRAINING,
        held=Held(
            title="两个规定专题培训与考核",
            held_on=held_on,
            content="学习总局第73、74号令，讲解日管控、周排查、月调度的操作要求，闭卷考核。",
            place="三楼会议室",
            hours=Decimal("4"),
        ),
        participants=people,
        actor=actor,
        now=now,
    )
    outcomes = {
        one.pk: Outcome("failed", Decimal(52))
        if not place and number == 1
        else Outcome("passed", Decimal(80 + place * 3 % 20))
        for place, one in enumerate(training.participations.order_by("-pk"))
    }
    enter_results(training, version=training.version, outcomes=outcomes, actor=actor, now=now)


@cache
def _paper_bytes(title: str) -> bytes:
    context = {"title": title, "clauses": CLAUSES, "owner": "（演示文件）"}
    return pdf.render("reports/demo/paper.html", context, stored_files=())


def paper(title: str) -> SimpleUploadedFile:
    """A small PDF of a title, as a browser would upload it."""
    return SimpleUploadedFile(f"{title}.pdf", _paper_bytes(title), content_type="application/pdf")
