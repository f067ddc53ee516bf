"""Historical machines: the bureau's archive, claiming and declining by their unit (F1, F29)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.errors import RuleBroken
from equipment.actions import archive as actions
from equipment.models import ArchiveRecord, Equipment, StatusPeriod
from tests.factories import equipment as machines
from tests.factories.registrations import archived
from tests.threads import at_once
from tests.world import NOW, World
from units import archives
from units.models import AuditEntry, OutboxMessage

LIST = "/claims/"
CLAIM, DECLINE = {"action": "claim"}, {"action": "decline", "reason": "转让"}


def own_queries(done: CaptureQueriesContext) -> int:
    """Queries about historical machines; the shell's other badges do not count here."""
    return len([one for one in done if 'FROM "equipment_archiverecord"' in one["sql"]])


def texts(page: Any) -> list[str]:
    return [str(one) for one in page.context["messages"]]


# ---------------------------------------------------------------- claiming
def test_a_claimed_machine_is_archived_like_any_other(world: World) -> None:
    row = archived(
        world.jia,
        world.bureau,
        quantity=1,
        next_inspection_on=date(2027, 3, 31),
        inner_no="007",
        status="not_yet_in_use",
    )
    machine = actions.claim(row, actor=world.actor(world.jia_admin), now=NOW)
    assert (machine.unit, machine.name, machine.inner_no, machine.officer) == (
        world.jia,
        "历史客梯",
        "007",
        None,
    )
    assert (machine.category, machine.status, machine.next_inspection_on) == (
        "lift",
        "not_yet_in_use",
        date(2027, 3, 31),
    )
    assert StatusPeriod.objects.filter(equipment=machine).count() == 1
    row.refresh_from_db()
    assert (row.equipment, row.claimed_at, row.declined_at) == (machine, NOW, None)
    assert AuditEntry.objects.filter(verb="archive.claimed").get().unit == world.jia


@pytest.mark.parametrize("number", ["equipment_code", "registration_no"])
def test_a_machine_that_is_archived_already_is_linked_not_doubled(
    world: World, as_: Any, number: str
) -> None:
    other = {"equipment_code": "X1", "registration_no": "X2"}
    row = archived(world.jia, world.bureau, **other | {number: getattr(world.lift, number)})
    page = as_(world.jia_admin).get(LIST)
    assert "已在档案中" in page.content.decode()
    before = Equipment.objects.count()
    assert actions.claim(row, actor=world.actor(world.jia_admin), now=NOW) == world.lift
    assert Equipment.objects.count() == before


def test_ticked_machines_are_claimed_and_the_refused_say_why(world: World, as_: Any) -> None:
    good = archived(world.jia, world.bureau, name="好的")
    taken = archived(
        world.jia, world.bureau, name="被占的", equipment_code=world.yi_lift.equipment_code
    )
    client = as_(world.jia_admin)
    page = client.post(LIST, CLAIM | {"m": [good.code, taken.code]})
    assert page.status_code == 422
    assert texts(page) == [
        "已认领 1 台设备。请接着绑定安全员，否则无人收到每日待办。",
        "有 1 台没有认领，原因见下表。",
    ]
    assert [(row.record.name, row.problem[:11], row.is_ticked) for row in page.context["rows"]] == [
        ("被占的", "这个设备代码已被登记，", True)
    ]
    assert world.yi.name not in page.content.decode()
    assert client.post(LIST, CLAIM | {"m": [good.code]}).status_code == 422
    assert Equipment.objects.filter(name="好的").count() == 1


def test_what_the_archive_has_wrong_is_told_at_the_claim(world: World) -> None:
    row = archived(world.jia, world.bureau, catalogue="7000")
    with pytest.raises(RuleBroken) as broken:
        actions.claim(row, actor=world.actor(world.jia_admin), now=NOW)
    assert broken.value.field == "catalogue"
    assert ArchiveRecord.objects.waiting().count() == 1


@pytest.mark.parametrize("asked", [CLAIM, DECLINE], ids=["claim", "decline"])
def test_nothing_ticked_or_too_much_is_said(
    world: World, as_: Any, asked: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_(world.jia_admin)
    page = client.post(LIST, asked)
    assert (page.status_code, texts(page)) == (422, ["请先勾选设备。"])
    monkeypatch.setattr("equipment.views.claims.CLAIM_MOST", 1)
    rows = [archived(world.jia, world.bureau).code for _ in range(2)]
    page = client.post(LIST, asked | {"m": rows})
    assert (page.status_code, texts(page)) == (422, ["一次最多处理 1 台，请分批勾选。"])
    assert ArchiveRecord.objects.waiting().count() == 2


def test_a_foreign_record_cannot_be_touched(world: World, as_: Any) -> None:
    row = archived(world.yi, world.bureau)
    client = as_(world.jia_admin)
    for asked in (CLAIM, DECLINE):
        page = client.post(LIST, asked | {"m": [row.code, "\0", "x" * 300]})
        assert texts(page) == ["请先勾选设备。"]
    with pytest.raises(RuleBroken) as broken:
        actions.claim(row, actor=world.actor(world.jia_admin), now=NOW)
    assert (broken.value.code, broken.value.status) == ("foreign_unit", 404)


@pytest.mark.parametrize("who", ["regulator", "li", "wang"])
def test_only_the_units_account_claims(world: World, who: str) -> None:
    row = archived(world.jia, world.bureau)
    person = getattr(world, who)
    with pytest.raises(RuleBroken) as broken:
        actions.claim(row, actor=world.actor(person), now=NOW)
    assert (broken.value.code, broken.value.status) == ("not_yours", 403)


def test_two_tabs_claim_one_machine_once(committed_world: World) -> None:
    world = committed_world
    row = archived(world.jia, world.bureau)
    actor = world.actor(world.jia_admin)
    outcomes = at_once(*[lambda: actions.claim(ArchiveRecord(pk=row.pk), actor=actor, now=NOW)] * 3)
    assert sorted(one.code for one in outcomes) == ["", "not_waiting", "not_waiting"]
    assert [one.value.name for one in outcomes if not one.refusal] == ["历史客梯"]
    assert Equipment.objects.filter(name="历史客梯").count() == 1


# ---------------------------------------------------------------- declining
def test_declined_machines_are_told_to_the_bureau(world: World, as_: Any) -> None:
    rows = [archived(world.jia, world.bureau) for _ in range(2)]
    answer = as_(world.jia_admin).post(
        LIST, DECLINE | {"m": [row.code for row in rows], "reason": "已转让<b>𬭚</b>"}
    )
    assert answer.status_code == 302
    assert [row.decline_reason for row in ArchiveRecord.objects.all()] == ["已转让<b>𬭚</b>"] * 2
    message = OutboxMessage.objects.get(recipient=world.regulator)
    assert message.text == "“甲物业管理有限公司”否认了 2 台历史设备：已转让<b>𬭚</b>"
    assert message.link == "/bureau/archive/?state=declined"
    assert (
        "已转让&lt;b&gt;𬭚&lt;/b&gt;"
        in as_(world.jia_admin).get(LIST, {"state": "declined"}).content.decode()
    )


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (" \u3000 ", "请填写否认原因，市场监管局要据此核对。"),
        ("长" * 201, "否认原因最多 200 个字。"),
    ],
)
def test_declining_wants_a_reason(world: World, as_: Any, reason: str, sentence: str) -> None:
    row = archived(world.jia, world.bureau)
    page = as_(world.jia_admin).post(LIST, DECLINE | {"m": [row.code], "reason": reason})
    assert page.status_code == 422
    assert list(page.context["decline"].errors["reason"]) == [sentence]
    assert [row.is_ticked for row in page.context["rows"]] == [True]
    assert ArchiveRecord.objects.waiting().count() == 1


# ---------------------------------------------------------------- lists
@pytest.mark.parametrize("number", [1, 3])
def test_the_units_list_costs_the_same_for_more_rows(world: World, as_: Any, number: int) -> None:
    for _ in range(number):
        archived(world.jia, world.bureau)
    archived(world.yi, world.bureau)
    client = as_(world.jia_admin)
    client.get(LIST)
    with CaptureQueriesContext(connection) as done:
        page = client.get(LIST)
    assert own_queries(done) == 4  # the page, its count, the tabs, the menu's badge
    assert len(done) <= 20
    assert len(page.context["rows"]) == number
    assert [tab["count"] for tab in page.context["tabs"]] == [number, 0, 0]


@pytest.mark.parametrize("number", [1, 3])
def test_the_bureaus_list_costs_the_same_for_more_rows(world: World, as_: Any, number: int) -> None:
    for _ in range(number):
        archived(world.jia, world.bureau, name="找这个")
    archived(world.yi, world.bureau)
    archived(world.far_unit, world.far_bureau)
    client = as_(world.regulator)
    client.get("/bureau/archive/")
    with CaptureQueriesContext(connection) as done:
        page = client.get("/bureau/archive/", {"keyword": "找这个"})
    assert own_queries(done) == 3  # the page, its count, the tabs
    assert len(done) <= 20
    assert [row.record.name for row in page.context["rows"]] == ["找这个"] * number
    every = client.get("/bureau/archive/").context["tabs"]
    assert [tab["count"] for tab in every] == [number + 1, 0, 0]


def test_empty_lists_say_what_is_missing(world: World, as_: Any) -> None:
    assert "没有待认领的设备" in as_(world.jia_admin).get(LIST).content.decode()
    assert "还没有历史设备" in as_(world.regulator).get("/bureau/archive/").content.decode()
    row = archived(world.jia, world.bureau)
    actions.claim(row, actor=world.actor(world.jia_admin), now=NOW)
    assert "都处理完了" in as_(world.jia_admin).get(LIST).content.decode()


# ---------------------------------------------------------------- taking in, and registration
def test_a_bureau_takes_in_its_own_region_only(world: World) -> None:
    row = actions.ArchiveRow(
        "x", "某单位", "500106", {"catalogue": "3110", "name": "a", "place": "b"}
    )
    with pytest.raises(RuleBroken) as broken:
        actions.take_in(world.bureau, [row], actor=world.actor(world.regulator), now=NOW)
    assert (broken.value.code, broken.value.status) == ("region_foreign", 403)


def test_a_number_waits_once(world: World) -> None:
    archived(world.jia, world.bureau, equipment_code="ONE")
    with pytest.raises(RuleBroken) as broken:
        archived(world.yi, world.bureau, equipment_code="ONE")
    assert broken.value.code == "archive_taken"


def test_registration_knows_what_waits(world: World) -> None:
    archived(world.jia, world.bureau)
    archived(world.jia, world.bureau, unit_name="甲物业管理（有限）公司")
    claimed = archived(world.jia, world.bureau)
    actions.claim(claimed, actor=world.actor(world.jia_admin), now=NOW)
    code = world.jia.credit_code
    assert archives.matching(code, "甲物业管理有限公司", "500103") == 1
    assert archives.matching(code, "甲物业管理(有限)公司", "500103") == 1
    assert archives.matching(code, "甲物业管理有限公司", "500106") == 0
    assert archives.matching(world.yi.credit_code, "甲物业管理有限公司", "500103") == 0


def test_machines_without_officer_stand_in_the_completeness(world: World) -> None:
    from equipment.completeness import checks

    found = checks(world.jia.pk)
    assert [(one.missing.label, one.missing.url) for one in found] == [
        ("1 台设备未绑定安全员", "/equipment/?officer=none")
    ]
    machines.machine(world.far_unit, status="scrapped")
    assert checks(world.far_unit.pk) == []
    assert [one.missing for one in checks(world.yi.pk)] == [None]
