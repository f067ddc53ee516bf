"""Registered cylinders: hard stops, every act from every state, inspections, changes, reminders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from config.errors import RuleBroken
from cylinders import cylinder_states, reminders, standing
from cylinders.actions import changes, inspections, states
from cylinders.actions.inspections import Report
from cylinders.actions.together import Refused
from cylinders.enums import IN_USE, CylinderState, Stop
from cylinders.models import Cylinder, CylinderEvent
from tests.factories import cylinders
from tests.world import NOW, TODAY, World
from units.models import AuditEntry, OutboxMessage, StoredFile, Unit

YESTERDAY = TODAY - timedelta(days=1)
State = CylinderState


def fit(unit: Unit, **fields: Any) -> Cylinder:
    """A cylinder that may be filled on TODAY, unless said otherwise."""
    given = {"made_on": date(2024, 5, 1), "next_inspection_on": date(2028, 5, 31)} | fields
    return cylinders.registered(unit, **given)


def paper(unit: Unit) -> StoredFile:
    return cylinders.stored(unit, "cylinder-event")


def report(unit: Unit, **fields: Any) -> Report:
    given = {
        "agency": "重庆检验站",
        "report_no": "0012",
        "inspected_on": TODAY,
        "file": paper(unit),
    }
    return Report(**(given | fields))


# ------------------------------------------------------------------ standing (pure)
HARD_STOPS: list[tuple[dict[str, Any], str, bool, list[Stop]]] = [
    ({}, "", True, []),
    ({"next_inspection_on": TODAY}, "", True, []),
    ({"next_inspection_on": YESTERDAY}, "", True, [Stop.OVERDUE]),
    ({"state": State.DUE, "next_inspection_on": YESTERDAY}, "", True, [Stop.OVERDUE]),
    ({"state": State.DUE}, "", True, [Stop.STOPPED]),
    ({"ends_on": TODAY}, "", True, []),
    ({"ends_on": YESTERDAY}, "", True, [Stop.PAST_LIFE]),
    ({"state": State.SCRAPPED, "ends_on": YESTERDAY}, "氧气", True, [Stop.SCRAPPED]),
    ({"state": State.STOPPED}, "", True, [Stop.STOPPED]),
    ({"state": State.LOST}, "", True, [Stop.STOPPED]),
    ({"state": State.INSPECTING}, "", True, [Stop.STOPPED]),
    ({}, "液化石油气", True, []),
    ({}, "氧气", True, [Stop.WRONG_MEDIUM]),
    ({}, "液化石油气", False, [Stop.FOREIGN]),
    ({"kind_id": "vehicle_cng", "medium": "压缩天然气"}, "压缩天然气", False, []),
    (
        {"kind_id": "seamless_steel", "medium": "氩气、二氧化碳"},
        "二氧化碳、氩气",
        True,
        [],
    ),
    (
        {"state": State.STOPPED, "next_inspection_on": YESTERDAY, "ends_on": YESTERDAY},
        "氧气",
        False,
        [Stop.STOPPED, Stop.OVERDUE, Stop.PAST_LIFE, Stop.WRONG_MEDIUM, Stop.FOREIGN],
    ),
]


def test_hard_stops(world: World) -> None:
    for fields, medium, own, stops in HARD_STOPS:
        one = fit(world.jia, **fields)
        unit_id = world.jia.pk if own else world.yi.pk
        found = standing.stops_of(one, medium=medium, unit_id=unit_id, day=TODAY)
        assert (fields, medium, found) == (fields, medium, stops)
    assert standing.stops_of(None, day=TODAY) == [Stop.UNREGISTERED]


def test_every_state_and_stop_says_why_and_what_to_do(world: World) -> None:
    """D16: a colour never stands without its reason and the next step."""
    one = fit(world.jia)
    words = set()
    for state in State:
        one.state = state.value
        found = standing.standing_of(one, TODAY)
        words.add(found.word)
        assert found.why.endswith("。")
        assert found.todo.endswith("。")
        assert found.may_fill == (state in IN_USE)
    assert len(words) == len(State)
    one.state = State.EMPTY.value
    dated = {}
    for name, day in (("overdue", date(2028, 6, 1)), ("soon", date(2028, 5, 1))):
        dated[name] = standing.standing_of(one, day)
    assert (dated["overdue"].word, dated["overdue"].may_fill) == ("超期未检", False)
    assert "已超期 1 天" in dated["overdue"].why
    assert (dated["soon"].kind, dated["soon"].may_fill) == ("late", True)
    sentences = {standing.sentence_of(stop, one, medium="氧气") for stop in Stop}
    assert len(sentences) == len(Stop)
    assert world.jia.name not in "".join(sentences)


# ------------------------------------------------------------------ every act from every state
ACTS: dict[str, Callable[..., Any]] = {
    "to_empty": lambda rows, unit, **by: states.move(rows, state="empty", **by),
    "to_full": lambda rows, unit, **by: states.move(rows, state="full", **by),
    "to_delivering": lambda rows, unit, **by: states.move(rows, state="delivering", **by),
    "to_customer": lambda rows, unit, **by: states.move(rows, state="at_customer", **by),
    "to_due": lambda rows, unit, **by: states.move(rows, state="due", **by),
    "send": lambda rows, unit, **by: states.send_to_inspection(
        rows, agency="检验站", on=TODAY, **by
    ),
    "pass": lambda rows, unit, **by: inspections.record_inspection(rows, report=report(unit), **by),
    "fail": lambda rows, unit, **by: inspections.record_failure(
        rows,
        report=report(unit),
        reason="壁厚不足",
        scrapped_on=TODAY,
        method="压扁",
        proof=paper(unit),
        **by,
    ),
    "stop": lambda rows, unit, **by: states.stop(rows, reason="库存", on=TODAY, **by),
    "restart": lambda rows, unit, **by: states.restart(rows, on=TODAY, **by),
    "scrap": lambda rows, unit, **by: states.scrap(
        rows, reason="到期", on=TODAY, method="压扁", file=paper(unit), **by
    ),
    "lose": lambda rows, unit, **by: states.lose(rows, reason="遗失", on=TODAY, **by),
    "find": lambda rows, unit, **by: states.find(rows, reason="找回", on=TODAY, **by),
}


def test_every_act_from_every_state(world: World) -> None:
    for name in ACTS:
        _from_every_state(world, name)


def _from_every_state(world: World, name: str) -> None:
    by = {"actor": world.actor(world.jia_admin), "now": NOW}
    table = {row.name: row for row in cylinder_states.TRANSITIONS}
    row = table[name]
    for state in State:
        one = fit(world.jia, state=state.value)
        allowed, target = state in row.sources, row.target
        if name == "pass" and state == State.STOPPED:
            allowed, target = True, State.STOPPED
        allowed = allowed and not (name.startswith("to_") and state == target)
        if not allowed:
            with pytest.raises(Refused) as refused:
                ACTS[name]([one], world.jia, **by)
            assert refused.value.code == "wrong_state"
        else:
            ACTS[name]([one], world.jia, **by)
        fresh = Cylinder.objects.get(pk=one.pk)
        assert (fresh.state, fresh.version) == ((target, 2) if allowed else (state, 1))
        assert fresh.events.count() == 1 + (2 if name == "fail" else 1) * allowed
    fitting = next(state.value for state in State if state in row.sources - {row.target})
    for who in (world.regulator, world.li):
        rows = [fit(world.jia, state=fitting)]
        with pytest.raises(RuleBroken) as broken:
            ACTS[name](rows, world.jia, actor=world.actor(who), now=NOW)
        assert (name, broken.value.status) == (name, 403)
    with pytest.raises(RuleBroken) as broken:
        ACTS[name]([fit(world.yi)], world.yi, **by)
    assert broken.value.status == 404


def test_overdue_ones_are_inspected_first(world: World) -> None:
    by = {"actor": world.actor(world.jia_admin), "now": NOW}
    overdue = fit(world.jia, state="due", next_inspection_on=YESTERDAY)
    stopped = fit(world.jia, state="stopped", next_inspection_on=YESTERDAY)
    for act in (
        lambda: states.move([overdue], state="empty", **by),
        lambda: states.restart([stopped], on=TODAY, **by),
        lambda: states.move([fit(world.jia, next_inspection_on=YESTERDAY)], state="full", **by),
    ):
        with pytest.raises(Refused):
            act()
    inspections.record_inspection([overdue, stopped], report=report(world.jia), **by)
    stopped.refresh_from_db()
    # LPG: four years, to the end of the month.
    assert (stopped.state, stopped.next_inspection_on) == ("stopped", date(2030, 11, 30))
    states.restart([stopped], on=TODAY, **by)
    event = stopped.events.get(kind="inspected")
    assert event.after["报告编号"] == "0012"
    assert event.before["下次检验日期"] == "2026年11月19日"


def test_all_or_none_and_each_with_its_reason(world: World) -> None:
    by = {"actor": world.actor(world.jia_admin), "now": NOW}
    rows = [fit(world.jia), fit(world.jia, state="lost"), fit(world.jia, state="stopped")]
    with pytest.raises(Refused) as refused:
        states.stop(rows, reason="库存", on=TODAY, **by)
    assert [(one.pk, text) for one, text in refused.value.rows] == [
        (rows[1].pk, "当前为“丢失”，不能停用。"),
        (rows[2].pk, "当前为“停用”，不能停用。"),
    ]
    assert CylinderEvent.objects.filter(kind="stopped").count() == 0
    with pytest.raises(Refused) as refused:
        states.stop(rows[:1], reason="库存", on=TODAY, seen={rows[0].code: 7}, **by)
    assert refused.value.code == "stale"
    for given, field in (
        ({"reason": "", "on": TODAY}, "reason"),
        ({"reason": "x" * 201, "on": TODAY}, "reason"),
        ({"reason": "x", "on": TODAY + timedelta(days=1)}, "on"),
        ({"reason": "x", "on": date(2020, 1, 1)}, "on"),
    ):
        with pytest.raises(RuleBroken) as broken:
            states.stop(rows[:1], **given, **by)
        assert broken.value.field == field


def test_a_next_inspection_is_never_later_than_the_rule(world: World) -> None:
    by = {"actor": world.actor(world.jia_admin), "now": NOW}
    one = fit(world.jia)
    with pytest.raises(Refused, match="下次检验日期最晚为2030年11月30日"):
        inspections.record_inspection(
            [one], report=report(world.jia), next_on=date(2030, 12, 1), **by
        )
    inspections.record_inspection([one], report=report(world.jia), next_on=date(2028, 1, 1), **by)
    with pytest.raises(Refused, match="检验日期不能早于它"):
        inspections.record_inspection([one], report=report(world.jia, inspected_on=YESTERDAY), **by)
    one.refresh_from_db()
    assert one.next_inspection_on == date(2028, 1, 1)


# ------------------------------------------------------------------ changes
def test_life_is_extended_by_a_report_and_only_as_the_rule_allows(world: World) -> None:
    by = {"actor": world.actor(world.jia_admin), "now": NOW}
    old = fit(world.jia, made_on=date(2018, 5, 1))
    assert (old.life_years, changes.extension_of(old, day=TODAY)) == (8, 4)
    assert standing.stops_of(old, day=TODAY) == [Stop.PAST_LIFE]
    for given in ({"years": 5}, {"years": 0}, {"years": 4, "file": None}):
        said = report(world.jia, **({"file": None} if "file" in given else {}))
        with pytest.raises(RuleBroken) as broken:
            changes.extend_life(old, version=1, years=given["years"], report=said, **by)
        assert broken.value.field == ("file" if "file" in given else "years")
    done = changes.extend_life(old, version=1, years=4, report=report(world.jia), **by)
    assert (done.life_years, done.ends_on) == (12, date(2030, 5, 31))
    assert changes.extension_of(done, day=TODAY) == 0
    with pytest.raises(RuleBroken, match="已延长到最长年限"):
        changes.extend_life(done, version=2, years=1, report=report(world.jia), **by)
    oxygen = fit(world.jia, kind_id="seamless_steel", medium="氧气")
    with pytest.raises(RuleBroken, match="不可延长"):
        changes.extend_life(oxygen, version=1, years=1, report=report(world.jia), **by)


def test_medium_and_label_change_by_rule(world: World) -> None:
    by = {"actor": world.actor(world.jia_admin), "now": NOW}
    one = fit(world.jia, kind_id="seamless_steel", medium="氮气")
    done = changes.change_medium(one, version=1, medium="液氯", report=report(world.jia), **by)
    assert (done.medium, done.nature, done.life_years) == ("氯", "corrosive", 12)
    assert (done.next_inspection_on, done.ends_on) == (date(2028, 11, 30), date(2036, 5, 31))
    with pytest.raises(RuleBroken, match="不能充装"):
        changes.change_medium(
            fit(world.jia), version=1, medium="氧气", report=report(world.jia), **by
        )
    other = fit(world.yi, qr_url="https://qp.example.cn/q/taken")
    with pytest.raises(RuleBroken, match="另一单位登记"):
        changes.replace_label(done, version=2, url=other.qr_url, reason="换码", **by)
    with pytest.raises(RuleBroken) as broken:
        changes.replace_label(done, version=2, url="not a url", reason="换码", **by)
    assert broken.value.field == "qr_url"
    changes.replace_label(done, version=2, url="https://QP.example.cn/q/n", reason="换码", **by)
    assert Cylinder.objects.get(pk=one.pk).qr_url == "https://qp.example.cn/q/n"
    vehicle = fit(world.jia, kind_id="vehicle_cng", medium="压缩天然气", plate="渝A12345")
    with pytest.raises(RuleBroken) as broken:
        changes.change(vehicle, version=1, changes={"plate": ""}, **by)
    assert broken.value.field == "plate"


# ------------------------------------------------------------------ reminders
def test_the_sweep_moves_and_tells_once_a_day(world: World) -> None:
    overdue = fit(world.jia, next_inspection_on=YESTERDAY)
    fit(world.jia, next_inspection_on=TODAY + timedelta(days=30))
    fit(world.jia, ends_on=TODAY + timedelta(days=90))
    fit(world.jia, ends_on=YESTERDAY)
    fit(world.jia, state="scrapped", next_inspection_on=YESTERDAY)
    fit(world.yi)
    assert reminders.remind(now=NOW) == reminders.Told(moved=1, units=1)
    assert reminders.remind(now=NOW) == reminders.Told(moved=0, units=0)
    overdue.refresh_from_db()
    assert (overdue.state, overdue.version) == ("due", 2)
    event = overdue.events.get(kind="moved")
    assert (event.before, event.after) == ({"状态": "在用-空瓶"}, {"状态": "待检"})
    message = OutboxMessage.objects.get(kind=reminders.KIND)
    assert (message.recipient_id, message.link) == (world.jia_admin.pk, "/cylinders/?due=overdue")
    assert message.text == (
        "气瓶提醒：检验已超期 1 只（不得充装，请送检）；30 天内到期检验 1 只；"
        "使用年限已届满 1 只（不得充装，请报废）；90 天内使用年限届满 1 只。"
    )
    assert AuditEntry.objects.filter(verb="cylinder.moved", unit_id=world.jia.pk).count() == 1
    assert reminders.remind(now=NOW + timedelta(days=1)).units == 1
