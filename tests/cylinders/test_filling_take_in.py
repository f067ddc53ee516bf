"""Taking in what stations send: judged row by row, kept once, answered the same (F89, domain 6.4)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cylinders.actions.changes import replace_label
from cylinders.enums import CylinderState, FillingKind, Stop
from cylinders.filling.asking import may_fill
from cylinders.filling.schema import Answer
from cylinders.filling.take_in import take_in
from cylinders.models import ApiKey, Cylinder, FillingRecord
from cylinders.standing import RELABELLED
from tests.factories import cylinders, filling, licences
from tests.world import NOW, World
from units.models import OutboxMessage

CHECK, FILL, RECHECK = FillingKind.CHECK, FillingKind.FILL, FillingKind.RECHECK


@pytest.fixture
def key(world: World) -> ApiKey:
    return filling.key(filling.station(world.jia))[0]


@pytest.fixture
def bottle(world: World, key: ApiKey) -> Cylinder:
    return cylinders.registered(world.jia)


def only(answer: dict[str, Any]) -> dict[str, Any]:
    (result,) = answer["results"]
    return result


def codes(said: list[dict[str, str]]) -> list[str]:
    return [one["code"] for one in said]


def test_valid_rows_of_every_kind_are_kept_as_sent(bottle: Cylinder, key: ApiKey) -> None:
    for kind, make in ((CHECK, filling.check), (FILL, filling.fill), (RECHECK, filling.recheck)):
        row = make(bottle.qr_url, person="㛃𬭚<script>", record_id="0001")
        answer = take_in(key, kind, [row], now=NOW)
        Answer.model_validate(answer)
        assert (only(answer)["result"], only(answer)["warnings"]) == ("accepted", [])
        kept = FillingRecord.objects.get(kind=kind)
        assert (kept.cylinder, kept.record_id, kept.occurred_at) == (bottle, "0001", NOW)
        assert kept.facts["record"]["person"] == "㛃𬭚<script>"


def test_half_of_a_batch_is_wrong_and_every_row_is_answered(bottle: Cylinder, key: ApiKey) -> None:
    wrong = {
        "amount": ({"amount": "14.5"}, "充装量应为数字，不加引号。"),
        "started_at": ({"started_at": "2026-11-20T09:00:00"}, "开始时间应为带时区的时间，"),
        "ended_at": ({"ended_at": (NOW - timedelta(minutes=1)).isoformat()}, "结束时间早于开始"),
        "medium": ({"medium": "  "}, "请填写充装介质。"),
        "unit": ({"unit": "斤"}, "充装量单位应为以下之一：kg、L、m3。"),
        "person": ({"person": "长" * 41}, "作业人员最多 40 个字符。"),
        "record_id": ({"record_id": "a b"}, "记录编号只能由字母、数字和"),
        "handling": ({"abnormal": "漏气"}, "有异常情况时，请填写处理情况。"),
        "pressure": ({"pressure": -1}, "充装压力（MPa）不能小于 0。"),
        "evacuated": ({"evacuated": 1}, "已抽真空应为 true 或 false，不加引号。"),
        "gun_no": ({"gun_no": "1"}, "不认识的字段“gun_no”，请核对字段名。"),
    }
    rows: list[Any] = []
    for fields, _message in wrong.values():
        rows += [filling.fill(bottle.qr_url), filling.fill(bottle.qr_url, **fields)]
    answer = take_in(key, FILL, [*rows, "no object"], now=NOW)
    Answer.model_validate(answer)
    assert (answer["accepted"], answer["refused"]) == (len(wrong), len(wrong) + 1)
    refused = [one for one in answer["results"] if one["result"] == "refused"]
    said = {one["errors"][0]["field"]: one["errors"][0]["message"] for one in refused}
    assert {name: said[name].startswith(wrong[name][1]) for name in wrong} == dict.fromkeys(
        wrong, True
    )
    assert refused[-1]["errors"][0]["message"] == "每条记录应为一个 JSON 对象。"
    assert FillingRecord.objects.count() == len(wrong)


def test_a_check_may_not_contradict_itself(bottle: Cylinder, key: ApiKey) -> None:
    rows = [
        filling.check(bottle.qr_url, valve="fail"),
        filling.check(bottle.qr_url, valve="fail", conclusion="fail"),
        filling.check(bottle.qr_url, valve="fail", conclusion="fail", reason="瓶阀漏气"),
    ]
    results = take_in(key, CHECK, rows, now=NOW)["results"]
    assert [codes(one.get("errors", [])) for one in results] == [["contradiction"], ["missing"], []]


def test_moments_far_from_now_are_refused(bottle: Cylinder, key: ApiKey) -> None:
    moments = [NOW + timedelta(minutes=6), NOW - timedelta(days=32)]
    rows = [filling.check(bottle.qr_url, at) for at in moments]
    results = take_in(key, CHECK, rows, now=NOW)["results"]
    assert [codes(one["errors"]) for one in results] == [["future"], ["too_old"]]


def test_every_hard_stop_is_answered_and_kept(world: World, key: ApiKey) -> None:
    stopped = {
        Stop.OVERDUE: {"next_inspection_on": date(2026, 11, 19)},
        Stop.PAST_LIFE: {"ends_on": date(2026, 11, 19)},
        Stop.SCRAPPED: {"state": CylinderState.SCRAPPED},
        Stop.STOPPED: {"state": CylinderState.LOST},
        Stop.WRONG_MEDIUM: {"medium": "丙烷"},
    }
    named = {stop: cylinders.registered(world.jia, **fields) for stop, fields in stopped.items()}
    named[Stop.FOREIGN] = cylinders.registered(world.yi)
    rows = [filling.fill(one.qr_url, medium="LPG") for one in named.values()]
    rows.append(filling.fill("https://qp.example.cn/q/unknown"))
    results = take_in(key, FILL, rows, now=NOW)["results"]
    assert [one["result"] for one in results] == ["stopped"] * 7
    assert [codes(one["stops"]) for one in results] == [[stop] for stop in named] + [
        [Stop.UNREGISTERED]
    ]
    assert not any(world.yi.name in one["stops"][0]["message"] for one in results)
    kept = {one.record_id: one.stops for one in FillingRecord.objects.all()}
    assert kept == {one["record_id"]: codes(one["stops"]) for one in results}


def test_a_cylinder_is_meant_by_label_in_any_form_or_by_code(bottle: Cylinder, key: ApiKey) -> None:
    ways = [bottle.qr_url.replace("https://", "HTTPS://"), f" {bottle.registration_code.lower()} "]
    results = take_in(key, CHECK, [filling.check(way) for way in ways], now=NOW)["results"]
    assert [one["result"] for one in results] == ["accepted", "accepted"]
    assert set(FillingRecord.objects.values_list("cylinder", flat=True)) == {bottle.pk}
    kept = cylinders.registered(key.unit, registration_code="cq-old-7a")
    row = filling.check(f" {kept.registration_code} ")
    assert only(take_in(key, CHECK, [row], now=NOW))["result"] == "accepted"


def test_a_label_that_was_replaced_says_so(world: World, bottle: Cylinder, key: ApiKey) -> None:
    old = bottle.qr_url
    given = {"version": bottle.version, "url": "https://qp.example.cn/q/new", "reason": "损坏"}
    replace_label(bottle, **given, actor=world.actor(world.jia_admin), now=NOW)
    rows = [filling.fill(old), filling.fill("https://qp.example.cn/q/never")]
    first, second = take_in(key, FILL, rows, now=NOW)["results"]
    assert first["stops"] == [{"code": "unregistered", "message": RELABELLED}]
    assert second["stops"][0]["message"].startswith("该气瓶未办理使用登记")
    asked = {"code": "", "medium": "", "now": NOW}
    assert may_fill(key, label=old, **asked)["stops"] == first["stops"]


def test_a_replay_changes_nothing_and_says_the_same(bottle: Cylinder, key: ApiKey) -> None:
    rows = [filling.fill(bottle.qr_url), filling.fill("https://qp.example.cn/q/none"), {"x": 1}]
    first = take_in(key, FILL, rows, now=NOW)
    bottle.state = CylinderState.STOPPED
    bottle.save()
    take_in(key, CHECK, [filling.check(bottle.qr_url)], now=NOW)
    again = take_in(key, FILL, rows, now=NOW + timedelta(hours=2))
    assert [one.get("duplicate") for one in again["results"]] == [True, True, None]
    assert [one | {"duplicate": False} for one in again["results"][:2]] == first["results"][:2]
    assert {**again, "results": 0} == {**first, "results": 0}
    assert FillingRecord.objects.filter(kind=FILL).count() == 2


def test_one_number_with_two_contents_is_refused(bottle: Cylinder, key: ApiKey) -> None:
    row = filling.fill(bottle.qr_url, record_id="A1")
    other = row | {"amount": 15}
    in_zulu = row | {"started_at": NOW.astimezone().isoformat(), "amount": 14.50}
    within = take_in(key, FILL, [row, other, in_zulu], now=NOW)["results"]
    assert [one["result"] for one in within] == ["accepted", "refused", "accepted"]
    assert [one.get("duplicate") for one in within] == [False, None, True]
    later = only(take_in(key, FILL, [other], now=NOW))
    assert codes(later["errors"]) == ["record_conflict"]
    elsewhere = filling.key(licences.station(key.unit, "2#"))[0]
    assert codes(only(take_in(elsewhere, FILL, [row], now=NOW))["errors"]) == ["record_conflict"]
    assert FillingRecord.objects.get().facts["record"]["amount"] == 14.5


def test_a_filling_wants_a_check_and_a_recheck_a_filling(bottle: Cylinder, key: ApiKey) -> None:
    def warned(kind: FillingKind, row: dict[str, Any]) -> list[str]:
        return codes(only(take_in(key, kind, [row], now=NOW))["warnings"])

    assert warned(FILL, filling.fill(bottle.qr_url)) == ["no_check"]
    assert warned(CHECK, filling.check(bottle.qr_url, NOW - timedelta(hours=25))) == []
    assert warned(FILL, filling.fill(bottle.qr_url)) == ["no_check"]
    failed = {"conclusion": "fail", "reason": "漆色不符"}
    take_in(key, CHECK, [filling.check(bottle.qr_url, NOW - timedelta(hours=3), **failed)], now=NOW)
    assert warned(FILL, filling.fill(bottle.qr_url)) == ["check_failed"]
    take_in(key, CHECK, [filling.check(bottle.qr_url, NOW - timedelta(hours=1))], now=NOW)
    assert warned(FILL, filling.fill(bottle.qr_url)) == []
    unfilled = cylinders.registered(key.unit)
    assert warned(RECHECK, filling.recheck(unfilled.qr_url)) == ["no_fill"]


def test_what_is_stopped_is_told_once_an_hour(world: World, key: ApiKey) -> None:
    def told() -> list[str]:
        rows = OutboxMessage.objects.filter(kind="filling.stopped").order_by("id")
        return [one.recipient.username for one in rows.select_related("recipient")]

    named = "https://qp.example.cn/q/unknown"
    take_in(key, CHECK, [filling.check(named), filling.check(named)], now=NOW)
    assert told() == ["jia"]
    for _ in range(2):
        take_in(key, FILL, [filling.fill(named)], now=NOW + timedelta(minutes=1))
    assert told() == ["jia", "yuzhong"]
    take_in(key, FILL, [filling.fill(named)], now=NOW + timedelta(hours=1))
    assert told() == ["jia", "yuzhong", "jia", "yuzhong"]
    text = OutboxMessage.objects.filter(recipient=world.regulator).first().text
    assert text == (
        "甲物业管理有限公司上报的充装记录中有 1 条属于禁止充装的气瓶（未办理使用登记 1 条），"
        "请关注。一小时内不再重复提醒。"
    )


@pytest.mark.parametrize("number", [1, 40])
def test_forty_rows_take_as_many_queries_as_one(bottle: Cylinder, key: ApiKey, number: int) -> None:
    rows = [filling.fill(bottle.qr_url) for _ in range(number)]
    take_in(key, FILL, [filling.fill(bottle.qr_url)], now=NOW - timedelta(seconds=1))
    key.refresh_from_db()
    with CaptureQueriesContext(connection) as captured:
        take_in(key, FILL, rows, now=NOW)
    # Known numbers, cylinders, kinds, media, rules, checks before, the insert.
    assert len(captured) == 7
