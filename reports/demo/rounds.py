"""What the demo's units have set up for their rounds: own checklists, leave cover, 临时停用."""

from __future__ import annotations

from datetime import datetime, timedelta

from config.actor import Actor
from config.clock import local_day
from duties.actions.checklist_items import add_item
from duties.actions.checklists import add_list, copy_list, enable_list
from duties.actions.cover import name_cover
from equipment.actions.stops import declare_stop, reject_stop
from equipment.models import Equipment
from units.loader import actor_for_staff
from units.models import Staff, Unit
from units.queries import staff_in_post
from units.roles import Role

# 管控形式, 风险类别, 风险指标, 管控措施, 风险隐患.
OWN_ITEMS = (
    ("daily", "环境类", "轿厢内无装修垃圾、无超长物料", "装修登记时告知，发现即清运", "装修物料卡阻轿门"),
    ("daily", "管理类", "装修期间轿厢保护板固定完好", "每日查看，松动即重新固定", "保护板脱落伤人"),
    ("weekly", "管理类", "维保单位到场签到与维保记录一致", "核对签到、照片和维保单", "维保走过场"),
    ("monthly", "管理类", "困人救援电话试拨，五方通话清晰", "由值班室逐台试拨并记录", "困人时无法呼救"),
)  # fmt: skip


def own_checklists(unit: Unit, *, actor: Actor, now: datetime) -> None:
    """One enabled list of the unit's own and a copy of it that is being edited (F43–F45)."""
    made = add_list(
        unit,
        name="云阶国际装修期电梯专项清单",
        category="lift",
        valid_from=local_day(now),
        valid_until=None,
        actor=actor,
        now=now,
    )
    for cadence, risk, item, measure, hazard in OWN_ITEMS:
        add_item(
            made,
            cadence=cadence,
            risk_category=risk,
            item=item,
            measure=measure,
            hazard=hazard,
            actor=actor,
            now=now,
        )
    made.refresh_from_db()
    enabled = enable_list(made, version=made.edit_version, actor=actor, now=now)
    copy_list(enabled, unit, actor=actor, now=now + timedelta(minutes=5))


def covers(unit: Unit, *, now: datetime) -> None:
    """An officer is away from tomorrow; a colleague of the same identity stands in."""
    day = local_day(now)
    officers = list(staff_in_post(unit.pk, [Role.SAFETY_OFFICER], on=day).order_by("pk"))
    if len(officers) < 2:
        return
    away, stand_in = officers[-2:]
    name_cover(
        away,
        stand_in=stand_in,
        from_on=day + timedelta(days=1),
        until_on=day + timedelta(days=3),
        reason="年休假",
        actor=actor_for_staff(away, on=day),
        now=now,
    )


def stops(unit: Unit, *, now: datetime) -> None:
    """Two officers declare a 临时停用 on the phone; the director rejects one of them."""
    day = local_day(now)
    directors = list(staff_in_post(unit.pk, [Role.SAFETY_DIRECTOR], on=day))
    machines = list(
        Equipment.objects.filter(unit=unit, status="in_use", officer__isnull=False)
        .exclude(stop_declarations__period__contains=day)
        .select_related("officer__user", "officer__unit", "unit")
        .order_by("pk")[3:5]
    )
    for machine, reason, is_odd in zip(
        machines, ("更换门机皮带，等待配件", "雨天少人使用"), (False, True), strict=False
    ):
        made = declare_stop(
            machine,
            reason=reason,
            from_on=day,
            until_on=day + timedelta(days=2),
            origin="",
            actor=_actor(machine.officer, now),
            now=now - timedelta(minutes=50),
        )
        if is_odd and directors:
            reject_stop(
                made,
                reason="设备可以正常运行，请按在用巡查。",
                actor=_actor(directors[0], now),
                now=now - timedelta(minutes=20),
            )


def _actor(staff: Staff, now: datetime) -> Actor:
    return actor_for_staff(staff, on=local_day(now))
