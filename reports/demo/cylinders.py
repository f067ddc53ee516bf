"""The demo's cylinders: applications at every step, certificates, the archive, filling records.

Told once after the thirty days, through the actions of the pages, in one transaction.
"""

from __future__ import annotations

import io
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from PIL import Image, ImageDraw, ImageFont

from config.actor import Actor
from config.clock import at, local_day
from cylinders.actions import batches, checks, items, photos, review, states
from cylinders.actions.certify import certify
from cylinders.actions.keys import make_key
from cylinders.actions.settings import change_setting
from cylinders.check_rules import give_out
from cylinders.enums import CheckStep, CylinderState, FillingKind, Origin, PhotoKind, Verdict
from cylinders.filling.take_in import take_in
from cylinders.identity import identity_of
from cylinders.models import Batch, Cylinder
from cylinders.models.facts import FACTS
from cylinders.rules import Book, Found, end_of_life, next_inspection
from equipment.models import Station
from reports.demo import cast
from units.loader import load_actor
from units.models import Region, Unit, User

DISTRICT = "500106"
LPG, GAS = "lanyan", "chuandong"
SECONDS_A_LOOK = 4


@dataclass(frozen=True)
class Kind:
    """What the cylinders of an application are like."""

    code: str
    medium: str
    maker: str
    licence: str
    letter: str
    model: str
    pressure: str
    test: str
    volume: str
    wall: str
    tare: str
    made: date
    last: date | None = None
    fields: dict[str, Any] = field(default_factory=dict)


BOTTLE = Kind(
    "lpg", "液化石油气", "重庆长江钢瓶制造有限公司", "TS2250318-2028", "CJ", "YSP35.5",
    "2.10", "3.20", "35.50", "3.00", "16.50", date(2025, 3, 1),
)  # fmt: skip
OLD_BOTTLE = Kind(
    "lpg", "液化石油气", "四川岷江压力容器有限公司", "TS2251077-2027", "MJ", "YSP118",
    "2.10", "3.20", "118.00", "3.50", "42.00", date(2021, 6, 1), date(2025, 6, 12),
)  # fmt: skip
OXYGEN = Kind(
    "seamless_steel", "氧气", "山东泰山气瓶有限公司", "TS2210655-2029", "TS", "ISO9809-1-232-40",
    "15.00", "22.50", "40.00", "5.70", "48.00", date(2024, 9, 1),
)  # fmt: skip
ARGON = Kind(
    "seamless_steel", "氩气", "山东泰山气瓶有限公司", "TS2210655-2029", "TA", "ISO9809-1-232-40",
    "15.00", "22.50", "40.00", "5.70", "48.00", date(2023, 11, 1),
)  # fmt: skip


def tell(*, now: datetime) -> None:
    """Tell the story; does nothing where it is told, or where its people are not in the cast."""
    admins = {name: User.objects.filter(username=name).first() for name in (LPG, GAS)}
    if Batch.objects.exists() or None in admins.values():
        return
    with transaction.atomic():
        _Story(now, {name: load_actor(user) for name, user in admins.items()}).tell()


class _Story:
    def __init__(self, now: datetime, admins: dict[str, Actor]):
        self.now, self.admins, self.rng = now, admins, random.Random(23)
        names = (cast.BUREAUS[2][0], *(colleague[0] for colleague in cast.COLLEAGUES))
        self.bureau = [load_actor(User.objects.get(username=name)) for name in names]
        self.serial = 0

    def tell(self) -> None:
        change_setting(
            Region.objects.get(pk=DISTRICT),
            version=0,
            takes_part=True,
            sample_percent=10,
            least_seconds=Decimal("1.0"),
            actor=self.bureau[0],
            now=self.ago(25),
        )
        bottles = self.certified(LPG, BOTTLE, 12, days=24)
        gas = self.certified(GAS, OXYGEN, 8, days=22)
        self.certified(GAS, ARGON, 6, days=15)
        # 待审核, of the old register; 待补正; 待受理; a draft.
        self.reviewing(self.submitted(LPG, OLD_BOTTLE, 5, days=6, origin=Origin.EXISTING), days=3)
        returned = self.submitted(GAS, OXYGEN, 4, days=4)
        review.return_batch(
            returned,
            points="第 2 只气瓶的钢印照片看不清产品编号，请重新拍摄。\n请补充安全管理部门电话。",
            actor=self.bureau[0],
            now=self.ago(2),
        )
        self.submitted(LPG, BOTTLE, 6, days=1)
        self.draft(LPG, BOTTLE, 4, days=0, photographed=2)
        self.afterwards(bottles, gas)
        self.fillings(LPG, bottles)
        self.fillings(GAS, gas)

    def ago(self, days: int, hours: float = 0) -> datetime:
        """A moment of a working day; of today, the present one."""
        morning = at(local_day(self.now) - timedelta(days=days), 10)
        return (morning if days else self.now) + timedelta(hours=hours)

    # ---------------------------------------------------------------- the unit
    def draft(
        self,
        who: str,
        kind: Kind,
        count: int,
        *,
        days: int,
        origin: str = Origin.NEW,
        photographed: int | None = None,
    ) -> Batch:
        """An application with cylinders and photographs, as the unit prepares it."""
        actor, now = self.admins[who], self.ago(days, -3)
        batch = batches.open_batch(
            Unit.objects.get(pk=actor.unit_id), origin=origin, actor=actor, now=now
        )
        batch = batches.change_basics(
            batch,
            version=batch.version,
            changes={
                "legal_representative": "陈国栋",
                "postcode": "401333",
                "safety_department": "安全管理部",
                "safety_manager": "周建国",
                "safety_phone": "023-65312345",
            },
            region=Region.objects.get(pk=DISTRICT),
            actor=actor,
            now=now,
        )
        rows = [self.facts(kind, origin, local_day(now)) for _ in range(count)]
        items.take_in(batch, rows, actor=actor, now=now)
        taken = batch.items.order_by("number")
        for item in taken[:photographed] if photographed is not None else taken:
            second = PhotoKind.CERTIFICATE if origin == Origin.NEW else PhotoKind.REGISTER
            for what in (PhotoKind.STAMP, second):
                photos.attach(
                    item,
                    upload=picture(item, what),
                    client_uuid=uuid.uuid4(),
                    kind=what,
                    actor=actor,
                    now=now,
                )
        return batch

    def facts(self, kind: Kind, origin: str, day: date) -> list[Any]:
        self.serial += 1
        number = f"{kind.letter}{240_000 + self.serial * 7:07d}"
        found = Book.on(day).rule(kind.code, kind.medium)
        if not isinstance(found, Found):
            raise TypeError(str(found))
        values = {
            "kind_id": kind.code,
            "model": kind.model,
            "medium": kind.medium,
            "nature": found.nature,
            "manufacturer": kind.maker,
            "maker_licence": kind.licence,
            "product_no": number,
            "made_on": kind.made,
            "nominal_pressure": Decimal(kind.pressure),
            "test_pressure": Decimal(kind.test),
            "volume": Decimal(kind.volume),
            "wall_thickness": Decimal(kind.wall),
            "tare": Decimal(kind.tare) + self.rng.randint(-9, 9) / Decimal(10),
            "life_years": found.life_years,
            "last_inspected_on": kind.last,
            "next_inspection_on": next_inspection(found, made_on=kind.made, last_on=kind.last),
            "qr_url": f"https://qp.example.cn/q/{20260000 + self.serial}",
            "inner_no": f"{self.serial:04d}",
            "owner": "",
            "old_code": f"350{self.serial:07d}" if origin == Origin.EXISTING else "",
            "plate": "",
            "vin": "",
            "note": "",
            "identity": identity_of(kind.maker, number, kind.made),
        }
        if end_of_life(kind.made, found.life_years) < day:
            raise ValueError(f"{number} is past its life")
        return [values[name] for name in FACTS]

    def submitted(
        self, who: str, kind: Kind, count: int, *, days: int, origin: str = Origin.NEW
    ) -> Batch:
        batch = self.draft(who, kind, count, days=days, origin=origin)
        return batches.submit(batch, actor=self.admins[who], now=self.ago(days))

    # ---------------------------------------------------------------- the bureau
    def look(self, batch: Batch, step: CheckStep, actor: Actor, start: datetime) -> datetime:
        """Judge every photograph of a step, a few seconds each; the moment after the last."""
        moment = start
        for photo in checks.photos_of(batch, step):
            token = give_out(
                photo.photo.code, step=step, round_=batch.round, user_id=actor.user_id, now=moment
            )
            moment += timedelta(seconds=SECONDS_A_LOOK + self.rng.random() * 5)
            checks.save_check(
                photo,
                verdict=Verdict.CORRECT,
                reason="",
                seen_ms=None,
                opened_token=token,
                actor=actor,
                now=moment,
            )
        return moment

    def reviewing(self, batch: Batch, *, days: int) -> Batch:
        first = self.bureau[0]
        seen = self.look(batch, CheckStep.ACCEPT, first, self.ago(days))
        batch = checks.finish(batch, actor=first, now=seen)
        return review.accept(batch, opinion="材料齐全，符合受理条件。", actor=first, now=seen)

    def certified(self, who: str, kind: Kind, count: int, *, days: int) -> list[Cylinder]:
        batch = self.reviewing(self.submitted(who, kind, count, days=days), days=days - 1)
        second, third = self.bureau[1], self.bureau[2]
        seen = self.look(batch, CheckStep.SAMPLE, second, self.ago(days - 2))
        batch = review.review(batch, opinion="抽样复看一致，同意。", actor=second, now=seen)
        batch = review.approve(batch, opinion="同意发证。", actor=third, now=self.ago(days - 3))
        certify(batch, actor=third, now=self.ago(days - 3, 1))
        found = Cylinder.objects.filter(item__batch=batch).order_by("pk")
        return list(found)

    # ---------------------------------------------------------------- afterwards
    def afterwards(self, bottles: Sequence[Cylinder], gas: Sequence[Cylinder]) -> None:
        lpg, other = self.admins[LPG], self.admins[GAS]
        day = local_day(self.now)
        states.move(bottles[:2], state=CylinderState.AT_CUSTOMER, actor=lpg, now=self.ago(5))
        states.move(bottles[2:4], state=CylinderState.FULL, actor=lpg, now=self.ago(2))
        states.stop(
            [bottles[4]],
            reason="瓶阀漏气，待维修",
            on=day - timedelta(days=3),
            actor=lpg,
            now=self.ago(3),
        )
        states.lose(
            [bottles[5]],
            reason="客户搬迁后未退回，多次联系无果",
            on=day - timedelta(days=8),
            actor=lpg,
            now=self.ago(8),
        )
        states.send_to_inspection(
            [gas[0]],
            agency="重庆市特种设备检测研究院",
            on=day - timedelta(days=2),
            actor=other,
            now=self.ago(2),
        )

    def fillings(self, who: str, cylinders: Sequence[Cylinder]) -> None:
        """A week of the three records of the first station; the stopped cylinder is stopped."""
        actor = self.admins[who]
        station = Station.objects.filter(unit_id=actor.unit_id).order_by("pk").first()
        if station is None:
            return
        # As they stand by now: the stopped one is checked and not filled.
        fresh = Cylinder.objects.in_bulk([one.pk for one in cylinders])
        cylinders = [fresh[one.pk] for one in cylinders]
        key = make_key(station, name="充装秤控制系统", actor=actor, now=self.ago(10)).key
        for days in range(6, -1, -1):
            moment = self.ago(days, -2)
            chosen = cylinders[days % 3 :: 3]
            for kind in FillingKind.values:
                rows = [
                    self.row(kind, one, number, moment)
                    for number, one in enumerate(chosen)
                    if kind == FillingKind.CHECK or one.state in FILLABLE
                ]
                take_in(key, kind, rows, now=moment + timedelta(minutes=40))

    def row(self, kind: str, cylinder: Cylinder, number: int, moment: datetime) -> dict[str, Any]:
        """One record as a station's computer sends it; a minute a cylinder."""
        begun = moment + timedelta(minutes=number)
        shared = {
            "record_id": f"{begun:%Y%m%d%H%M}-{cylinder.code}",
            "cylinder": cylinder.qr_url,
            "person": "周建国",
        }
        tare, amount = float(cylinder.tare or 0), round(float(cylinder.volume) * 0.4, 1)
        if kind == FillingKind.CHECK:
            return shared | {
                "checked_at": begun.isoformat(),
                "gun": f"{1 + number % 4}号",
                "appearance": "pass",
                "marking": "pass",
                "valve": "pass",
                "inspection_valid": True,
                "medium": cylinder.medium,
                "tare": tare,
                "empty_weight": tare + 0.2,
                "residual_pressure": 0.1,
                "conclusion": "pass",
            }
        if kind == FillingKind.FILL:
            return shared | {
                "started_at": (begun + timedelta(minutes=3)).isoformat(),
                "ended_at": (begun + timedelta(minutes=5)).isoformat(),
                "medium": cylinder.medium,
                "gun": f"{1 + number % 4}号",
                "pressure": 0.8,
                "amount": amount,
                "unit": "kg",
            }
        return shared | {
            "rechecked_at": (begun + timedelta(minutes=8)).isoformat(),
            "full_weight": round(tare + amount, 1),
            "leak": "pass",
            "label": "pass",
            "conclusion": "pass",
        }


FILLABLE = {
    CylinderState.EMPTY,
    CylinderState.FULL,
    CylinderState.DELIVERING,
    CylinderState.AT_CUSTOMER,
}


def picture(item: Any, kind: str) -> SimpleUploadedFile:
    """A drawn photograph: the stamp on the shoulder of a cylinder, or a sheet of paper."""
    is_stamp = kind == PhotoKind.STAMP
    ground = (118, 124, 130) if is_stamp else (246, 244, 238)
    ink = (62, 66, 70) if is_stamp else (40, 44, 52)
    image = Image.new("RGB", (960, 720), ground)
    draw = ImageDraw.Draw(image)
    if is_stamp:
        for line in range(0, 720, 6):
            shade = 118 + line // 14
            draw.rectangle((0, line, 960, line + 6), fill=(shade, shade + 5, shade + 10))
        draw.ellipse((120, 500, 840, 1180), outline=(84, 88, 92), width=14)
    else:
        draw.rectangle((40, 40, 920, 680), outline=(180, 60, 50), width=6)
    lines = (
        f"No. {item.product_no}",
        f"{item.made_on:%Y.%m}   WP {item.nominal_pressure}   TP {item.test_pressure}",
        f"V {item.volume} L   S {item.wall_thickness}   {item.maker_licence}",
    )
    for row, text in enumerate(lines):
        font = ImageFont.load_default(size=64 if row == 0 else 38)
        at = (120, 170 + row * 100)
        if is_stamp:
            draw.text((at[0] + 3, at[1] + 3), text, font=font, fill=(210, 214, 218))
        draw.text(at, text, font=font, fill=ink)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    name = f"{item.product_no}-{'1' if is_stamp else '2'}.jpg"
    return SimpleUploadedFile(name, buffer.getvalue(), content_type="image/jpeg")
