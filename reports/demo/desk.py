"""What lies on the desks when the demo starts: applications, declarations, notices, reports, tickets.

Told once, after the thirty days; written in one transaction, so that a broken-off seeding either
has all of it or none.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.db import transaction

from config.actor import ANONYMOUS, Actor
from config.clock import local_day, start_of
from equipment.actions.archive import ArchiveRow, take_in
from equipment.actions.declarations import file_declaration, object_to
from equipment.actions.public import answer_report, report_problem
from equipment.actions.stops import declare_stop
from equipment.models import Declaration, DeviceCode, Equipment, PublicReport
from reports.demo import cast, rounds
from reports.demo.office import paper
from reports.demo.pictures import photograph
from units.actions.accounts import seal_password
from units.actions.leave import ask_to_leave
from units.actions.notices import confirm_read, publish
from units.actions.registration import send_back, submit_registration
from units.actions.tickets import answer, ask
from units.loader import actor_for_staff, load_actor
from units.models import Notice, NoticeReceipt, Region, Registration, Staff, Unit, User
from units.uploads import store_document

SHOWN = "yunjie"
# Whom the archive knows although they have not registered: it opens for them at once.
KNOWN = ("重庆嘉华商场有限公司", "500103", 91)
APPLICANTS = (
    ("重庆渝州酒店管理有限公司", "500103", 92, "渝中区中山三路131号", False),
    ("重庆磁器口文旅发展有限公司", "500106", 93, "沙坪坝区磁器口正街1号", False),
    ("重庆七星岗农贸市场", "500103", 94, "渝中区中山一路96号", True),
)


@transaction.atomic
def lay_out(*, now: datetime) -> None:
    """Lay everything on the desks; does nothing when it lies there."""
    if Notice.objects.exists():
        return
    bureau = load_actor(User.objects.get(username="yuzhong"))
    _registrations(bureau, now=now)
    _notices(bureau, now=now)
    shown = User.objects.filter(username=SHOWN).select_related("unit").first()
    if shown is None:
        return
    unit, admin = shown.unit, load_actor(shown)
    _archive(bureau, unit, now=now)
    _declarations(unit, admin, bureau, now=now)
    _public_reports(unit, admin, now=now)
    _tickets(admin, now=now)
    rounds.stops(unit, now=now)
    rounds.covers(unit, now=now)
    officer = Staff.objects.filter(unit=unit, equipment__isnull=False).order_by("-pk").first()
    if officer is not None:
        actor = actor_for_staff(officer, on=local_day(now))
        ask_to_leave(officer, reason="已与单位协商，下月到新单位任职", actor=actor, now=now)


def _registrations(bureau: Actor, *, now: datetime) -> None:
    """Two wait, one was sent back, one was opened at once because the archive knows it."""
    name, region, number = KNOWN
    take_in(
        User.objects.get(pk=bureau.user_id).bureau,
        [_row(name, region, number, index) for index in range(1, 4)],
        actor=bureau,
        now=now - timedelta(days=9),
    )
    _apply(name, region, number, "渝中区民生路235号", now=now - timedelta(days=1))
    for name, region, number, address, is_wrong in APPLICANTS:
        made = _apply(name, region, number, address, now=now - timedelta(hours=number - 80))
        if is_wrong:
            opinion = "单位名称与营业执照不一致，请按营业执照填写全称后重新提交。"
            send_back(made, opinion=opinion, actor=bureau, now=now - timedelta(hours=2))


def _apply(name: str, region: str, number: int, address: str, *, now: datetime) -> Registration:
    username = f"unit{number}"
    return submit_registration(
        name=name,
        credit_code=cast.credit_code(number, region),
        kinds=["using"],
        region=Region.objects.get(pk=region),
        address=address,
        contact_name="罗敏",
        contact_phone=f"139000019{number}",
        username=username,
        password_hash=seal_password(cast.PASSWORD, username=username, name=name),
        actor=ANONYMOUS,
        now=now,
    )


def _row(name: str, region: str, number: int, index: int) -> ArchiveRow:
    return ArchiveRow(
        credit_code=cast.credit_code(number, region),
        unit_name=name,
        region_code=region,
        facts={
            "catalogue": "3110",
            "name": f"{index}号客梯",
            "place": f"{name[2:4]}{index}区",
            "status": "in_use",
            "equipment_code": f"311050099{2018}{number}{index:02d}",
            "registration_no": f"梯11渝C{number}{index:03d}(18)",
        },
    )


def _archive(bureau: Actor, unit: Unit, *, now: datetime) -> None:
    """Two machines of the bureau's old books that the shown unit has not claimed yet."""
    rows = [_row(unit.name, unit.region_id, 1, index) for index in (51, 52)]
    rows = [ArchiveRow(unit.credit_code, row.unit_name, row.region_code, row.facts) for row in rows]
    take_in(User.objects.get(pk=bureau.user_id).bureau, rows, actor=bureau, now=now)


def _declarations(unit: Unit, admin: Actor, bureau: Actor, *, now: datetime) -> None:
    """One waits without papers, one came with a receipt, one was objected to; one 临时停用."""
    machines = list(
        Equipment.objects.filter(unit=unit, status="in_use", next_inspection_on__gt=local_day(now))
        .order_by("-pk")
        .select_related("unit")[:4]
    )
    day = local_day(now)
    # Just after midnight nothing of today lies three hours back.
    filed_at = max(now - timedelta(hours=3), start_of(day))
    plans = (
        ("梯井改造，停用六个月", "", False),
        ("租户退租，长期停用", "渝中停〔2026〕088", False),
        ("设备闲置", "", True),
    )
    for machine, (reason, receipt, is_odd) in zip(machines, plans, strict=False):
        filed = file_declaration(
            unit=unit,
            equipment=machine,
            kind=Declaration.Kind.STOP,
            from_on=day,
            reason=reason,
            receipt_no=receipt,
            file=(lambda: _stored(unit, admin, now)) if receipt else None,
            actor=admin,
            now=filed_at,
        )
        if is_odd:
            opinion = "现场检查发现设备仍在运行，不同意停用。"
            object_to(
                filed, opinion=opinion, actor=bureau, now=max(filed_at, now - timedelta(hours=1))
            )
    if len(machines) > 3:
        declare_stop(
            machines[3],
            reason="曳引机大修，等待配件",
            from_on=day,
            until_on=day + timedelta(days=6),
            origin="",
            actor=admin,
            now=now,
        )


def _stored(unit: Unit, admin: Actor, now: datetime) -> object:
    return store_document(
        paper("停用登记回执"), unit_id=unit.pk, purpose="declaration", actor=admin, now=now
    )


def _notices(bureau: Actor, *, now: datetime) -> None:
    notice = publish(
        title="关于开展岁末年初特种设备安全隐患排查的通知",
        text="请各使用单位对照管控清单开展全面自查，十二月二十日前完成整改。",
        upload=paper("岁末年初隐患排查通知"),
        audience=Notice.Audience.ALL,
        actor=bureau,
        now=now - timedelta(days=5),
    )
    publish(
        title="关于落实两个规定人员任命备案的提醒",
        text="尚未任命安全总监、安全员的单位，请尽快完成任命并在平台登记。",
        audience=Notice.Audience.KINDS,
        kinds=["using"],
        actor=bureau,
        now=now - timedelta(days=1),
    )
    receipts = NoticeReceipt.objects.filter(notice=notice).select_related("unit").order_by("pk")
    for receipt in receipts[1:4]:
        reader = load_actor(receipt.unit.accounts.order_by("pk").first())
        confirm_read(receipt, actor=reader, now=now - timedelta(days=4))


def _public_reports(unit: Unit, admin: Actor, *, now: datetime) -> None:
    codes = DeviceCode.objects.filter(
        equipment__unit=unit, equipment__status="in_use", retired_at=None
    )
    first, second = codes.order_by("pk").select_related("equipment__unit", "equipment__officer")[:2]
    picture = photograph(random.Random(7), now - timedelta(hours=5))
    report_problem(
        first,
        kind=PublicReport.Kind.FAULT,
        text="电梯门关到一半又打开，反复好几次，有异响。",
        contact="13900009999",
        photos=[picture],
        actor=ANONYMOUS,
        now=now - timedelta(hours=5),
    )
    earlier = report_problem(
        second,
        kind=PublicReport.Kind.OVERDUE,
        text="轿厢里没有看到使用标志。",
        actor=ANONYMOUS,
        now=now - timedelta(days=3),
    )
    answer_report(
        earlier, answer="已重新张贴使用标志，谢谢提醒。", actor=admin, now=now - timedelta(days=2)
    )


def _tickets(admin: Actor, *, now: datetime) -> None:
    platform = load_actor(User.objects.get(username=cast.PLATFORM[0]))
    asked = ask(
        text="导入设备时提示“设备代码是数字格式”，应该怎么改？",
        page="/import/machines/",
        request_id="demo-1",
        role_label="单位管理员",
        actor=admin,
        now=now - timedelta(days=2),
    )
    answer(
        asked,
        text="请把该列单元格格式设为“文本”后重新填写，或使用本页下载的模板。",
        actor=platform,
        now=now - timedelta(days=2) + timedelta(hours=1),
    )
    ask(
        text="能否把打印标签改成每页 12 个？",
        page="/codes/",
        request_id="demo-2",
        role_label="单位管理员",
        actor=admin,
        now=now - timedelta(hours=6),
    )
