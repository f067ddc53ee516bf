"""The form as a document: what it says, from what, and that it freezes without loss."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, replace
from datetime import date, datetime

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from config.clock import at
from config.errors import RuleBroken
from duties.models import Inspection
from equipment.enums import Category
from equipment.models import Equipment
from reports import queries
from reports.documents.daily_check import DailyCheck
from reports.documents.frozen import freeze, thaw
from reports.documents.parts import Citation, Mark
from tests.factories import equipment as machines
from tests.factories import reports as made
from tests.factories.units import appointment
from tests.world import NOW, TODAY, World
from units.models import Appointment, Rule


def form(inspection: Inspection, as_of: datetime = NOW) -> DailyCheck:
    return queries.build_daily_check(Inspection.objects.get(pk=inspection.pk), as_of=as_of)


# ------------------------------------------------------------------ what it says
def test_days_stand_as_in_an_official_document(world: World) -> None:
    Equipment.objects.filter(pk=world.lift.pk).update(next_inspection_on="2027-01-31")
    world.lift.refresh_from_db()
    assert form(made.signed(world.lift, world.li)).next_inspection_on == "2027年1月31日"
    Equipment.objects.filter(pk=world.crane.pk).update(next_inspection_on=None)
    world.crane.refresh_from_db()
    assert form(made.signed(world.crane, world.li)).next_inspection_on == ""


def test_the_head_says_what_was_frozen_at_signing(world: World) -> None:
    inspection = made.signed(world.lift, world.li)
    Equipment.objects.filter(pk=world.lift.pk).update(name="改名后的电梯", place="别处")
    doc = form(inspection)
    facts = inspection.facts
    assert (doc.unit_name, doc.credit_code) == ("甲物业管理有限公司", world.jia.credit_code)
    assert (doc.equipment_name, doc.place) == ("1号客梯", "A座大堂")
    assert (doc.equipment_code, doc.registration_no, doc.inner_no, doc.catalogue_name) == (
        facts["equipment_code"], facts["registration_no"], facts["inner_no"], "曳引驱动乘客电梯",
    )  # fmt: skip
    assert (doc.record_code, doc.number, doc.digest) == (inspection.code, "", inspection.digest)
    assert (doc.period_on, doc.started_at, doc.finished_at) == (
        TODAY, at(TODAY, 8, 30), at(TODAY, 8, 41),
    )  # fmt: skip
    assert (doc.officer_title, doc.officer_name) == ("电梯安全员", "李安")
    assert doc.signature_file_id == str(inspection.signature.image_id)


TITLES = {
    "boiler": "每日锅炉安全检查记录",
    "pressure_vessel": "每日压力容器安全检查记录",
    "cylinder": "每日气瓶安全检查记录",
    "pressure_pipe": "每日压力管道安全检查记录",
    "lift": "每日电梯安全检查记录",
    "crane": "每日起重机械安全检查记录",
    "ropeway": "每日客运索道安全检查记录",
    "ride": "每日大型游乐设施安全检查记录",
    "vehicle": "每日场车安全检查记录",
}


@pytest.mark.parametrize("category", Category.values)
def test_every_category_has_its_own_title_and_list(world: World, category: str) -> None:
    machine = machines.machine(world.jia, category, officer=world.li)
    inspection = made.signed(machine, world.li)
    doc = form(inspection)
    assert (doc.title, doc.category) == (TITLES[category], category)
    assert [line.item for line in doc.lines] == [i["item"] for i in inspection.version.items]
    assert len(doc.lines) >= 10
    assert doc.officer_title == TITLES[category][2:].replace("安全检查记录", "安全员")


def test_a_clean_day_is_a_zero_risk_report(world: World) -> None:
    doc = form(made.signed(world.lift, world.li))
    assert (doc.is_clear, doc.hazard_count, doc.report_to, doc.opinions) == (True, 0, "", ())
    assert doc.conclusion == "共检查 13 项，未发现问题（零风险报告）。"
    assert {line.result_label for line in doc.lines} == {"合格"}
    assert (doc.marks, doc.pictures) == ((), ())


def test_the_table_says_result_hazard_handling_pictures_and_note(world: World) -> None:
    said = {
        2: made.fixed("更换灯管", 2, note="维保 10 分钟到场"),
        3: made.pending(1),
        5: made.absent(),
        7: made.pending(0, no_photo_reason="井道内禁止拍照"),
    }
    inspection = made.signed(world.lift, world.li, said=said)
    hazard = made.report(inspection, 3)
    doc = form(inspection)
    items = {item["number"]: item for item in inspection.version.items}
    rows = {line.number: line for line in doc.lines}
    assert (rows[1].result_label, rows[1].hazard, rows[1].handling) == ("合格", "", "")
    assert (rows[2].result_label, rows[2].hazard) == ("不合格", items[2]["hazard"])
    assert (rows[2].handling, rows[2].pictures) == ("立即处理：更换灯管", (1, 2))
    assert (rows[2].note, rows[2].is_severe) == ("维保 10 分钟到场", False)
    assert rows[3].handling == f"待处理，已上报。隐患编号 {hazard.code}"
    assert (rows[3].is_severe, rows[3].pictures) == (True, (3,))
    assert (rows[5].result_label, rows[5].hazard) == ("无此项", "")
    assert (rows[7].handling, rows[7].no_photo_reason) == ("待处理，已上报。", "井道内禁止拍照")
    assert (doc.passed, doc.failed, doc.not_applicable, doc.hazard_count) == (9, 3, 1, 3)
    assert doc.conclusion == "共检查 13 项：合格 9 项，不合格 3 项，无此项 1 项；发现隐患 3 项。"
    assert (doc.is_clear, doc.is_in_use) == (False, True)


def test_pictures_are_numbered_through_and_are_the_served_copies(world: World) -> None:
    inspection = made.signed(
        world.lift, world.li, said={2: made.fixed(pictures=2), 4: made.pending()}
    )
    doc = form(inspection)
    links = inspection.photos.select_related("photo").order_by("id")
    assert [(p.number, p.item_number) for p in doc.pictures] == [(1, 2), (2, 2), (3, 4)]
    assert [p.file_id for p in doc.pictures] == [str(link.photo.copy_id) for link in links]
    assert doc.pictures[2].caption.startswith("附图3　第 4 项：")
    assert doc.file_ids == (doc.signature_file_id, *(p.file_id for p in doc.pictures))


# ------------------------------------------------------------------ marks nobody removes
def test_a_backfilled_record_says_so_with_its_reason(world: World) -> None:
    inspection = made.signed(
        world.lift, world.li, day=date(2026, 11, 15), state="backfilled", timing="backfilled",
        backfill_reason="手机故障", received_at=at(date(2026, 11, 18), 9, 5),
    )  # fmt: skip
    doc = form(inspection)
    assert doc.marks == (
        Mark(
            "补录",
            "应检日期 2026年11月15日，逾期未检，2026年11月18日 09:05 补录。补录原因：手机故障",
        ),
    )
    assert doc.spans_days is True


def test_a_stopped_machine_says_so_with_its_reason(world: World) -> None:
    doc = form(made.signed(world.crane, world.li, round_status="stopped", stop_reason="断电检修"))
    assert doc.marks == (Mark("停用", "设备停用，未逐项检查。停用原因：断电检修"),)
    assert (doc.is_stopped, doc.is_clear, doc.lines) == (True, False, ())
    assert doc.conclusion == "设备停用，本次未逐项检查。停用原因：断电检修"


def test_an_offline_record_says_so(world: World) -> None:
    inspection = made.signed(
        world.lift, world.li, timing="on_time_offline", received_at=at(date(2026, 11, 21), 7, 30),
        device_started_at=at(TODAY, 16, 0), device_finished_at=at(TODAY, 16, 20),
    )  # fmt: skip
    assert form(inspection).marks == (
        Mark(
            "离线",
            "在无网络环境下完成（设备时间 2026年11月20日 16:20），2026年11月21日 07:30 上传。",
        ),
    )


def test_backfilled_and_stopped_carry_both_marks(world: World) -> None:
    inspection = made.signed(
        world.lift, world.li, day=date(2026, 11, 15), state="backfilled", timing="backfilled",
        backfill_reason="请假", round_status="stopped", stop_reason="停电",
    )  # fmt: skip
    assert [mark.label for mark in form(inspection).marks] == ["补录", "停用"]


# ------------------------------------------------------------------ rules and titles of the date
def cited(inspection: Inspection) -> list[tuple[str, str]]:
    return [(rule.key, rule.number) for rule in form(inspection).rules]


@pytest.mark.parametrize(
    ("day", "edition"),
    [
        (date(2026, 4, 15), "TSG 08—2017"),
        (date(2026, 4, 30), "TSG 08—2017"),
        (date(2026, 5, 1), "TSG 08—2026"),
        (date(2026, 11, 20), "TSG 08—2026"),
    ],
)
def test_the_rules_are_those_of_the_inspections_own_date(
    world: World, day: date, edition: str
) -> None:
    """Built today, months later: the edition of then."""
    assert cited(made.signed(world.lift, world.li, day=day)) == [
        ("order-74", "国家市场监督管理总局令第74号"),
        ("tsg-08", edition),
    ]


def test_a_rule_not_yet_in_force_is_not_cited(world: World) -> None:
    Rule.objects.filter(key="order-74").update(period=DateRange(date(2027, 1, 1), None))
    assert cited(made.signed(world.lift, world.li)) == [("tsg-08", "TSG 08—2026")]


def test_an_article_is_cited_where_the_rule_names_one(world: World) -> None:
    rule = Rule.objects.get(key="order-74")
    rule.articles = {**rule.articles, "daily": {"lift": "第七十三条"}}
    rule.save()
    lift, crane = form(made.signed(world.lift, world.li)), form(made.signed(world.crane, world.li))
    assert str(lift.rules[0]) == (
        "《特种设备使用单位落实使用安全主体责任监督管理规定》（国家市场监督管理总局令第74号）第七十三条"
    )
    assert crane.rules[0].article == ""


def test_a_date_without_titles_is_told_in_words(world: World) -> None:
    with pytest.raises(RuleBroken) as broken:
        form(made.signed(world.lift, world.li, day=date(2023, 5, 4)))
    assert broken.value.code == "no_title"
    assert broken.value.message.startswith("2023年5月4日没有施行中的文书名称")


# ------------------------------------------------------------------ reported to whom, what then
def test_hazards_are_reported_to_the_directors_of_the_category(world: World) -> None:
    lift = form(made.signed(world.lift, world.li, said={1: made.fixed()}))
    crane = form(made.signed(world.crane, world.li, said={1: made.fixed()}))
    assert lift.report_to == "电梯安全总监 王总"
    assert crane.report_to == "起重机械安全总监 王总、起重机械安全总监 赵督"


def test_without_a_director_to_the_principal(world: World) -> None:
    Appointment.objects.filter(role="safety_director").delete()
    doc = form(made.signed(world.lift, world.li, said={1: made.fixed()}))
    assert doc.report_to == "主要负责人 陈责"


def test_the_appointments_of_the_inspections_date_count(world: World) -> None:
    """Who became director since did not get that report; who left since did."""
    day = date(2026, 3, 2)
    Appointment.objects.filter(staff=world.wang).update(period=DateRange(date(2024, 1, 1), TODAY))
    appointment(world.zhang, "safety_director", since=date(2026, 6, 1))
    world.wang.ended_on = TODAY
    world.wang.save()
    doc = form(made.signed(world.lift, world.li, day=day, said={1: made.fixed()}))
    assert doc.report_to == "电梯安全总监 王总"


def test_the_trail_stands_there_up_to_the_moment_of_the_form(world: World) -> None:
    inspection = made.signed(world.lift, world.li, said={3: made.pending()})
    hazard = made.report(inspection, 3)
    made.event(hazard, "ordered", world.wang, at(TODAY, 10), "更换门刀，期限 2026年11月22日")
    made.event(hazard, "rectified", world.li, at(TODAY, 15), "已更换")
    early, noon, late = (form(inspection, at(TODAY, hour)) for hour in (9, 12, 18))
    assert [len(doc.opinions) for doc in (early, noon, late)] == [0, 1, 2]
    told = late.opinions[0]
    assert (told.item_number, told.what, told.who, told.at, told.text) == (
        3, "下达整改措施", "王总", at(TODAY, 10), "更换门刀，期限 2026年11月22日",
    )  # fmt: skip


def test_another_units_hazard_with_the_same_origin_stays_outside(world: World) -> None:
    inspection = made.signed(world.lift, world.li, said={3: made.pending()})
    foreign = made.report(inspection, 3)
    type(foreign).objects.filter(pk=foreign.pk).update(unit=world.yi)
    assert form(inspection).lines[2].handling == "待处理，已上报。"


def test_one_signature_over_several_records_names_the_others(world: World) -> None:
    first = made.signed(world.lift, world.li)
    second = made.signed(world.crane, world.li, signature=first.signature)
    assert form(first).signed_with == (f"2号行车（{second.code}）",)
    assert form(second).signed_with == (f"1号客梯（{first.code}）",)


def test_the_form_is_built_in_few_queries(world: World, django_assert_num_queries: object) -> None:
    """Hazards, trail, photos, titles, rules, appointments, other records: whatever the number."""
    one = made.signed(world.lift, world.li, said={1: made.pending()})
    three = made.signed(world.crane, world.li, said={n: made.pending(2) for n in (1, 2, 3)})
    for number in (1, 2, 3):
        made.report(three, number)
    made.report(one, 1)
    for inspection in (one, three):
        loaded = Inspection.objects.select_related("version", "signature").get(pk=inspection.pk)
        with django_assert_num_queries(7):
            queries.build_daily_check(loaded, as_of=NOW)


# ------------------------------------------------------------------ freezing
def test_a_form_freezes_to_json_and_back_without_loss(world: World) -> None:
    inspection = made.signed(
        world.lift,
        world.li,
        said={2: made.fixed(note="㛃𬭚😀"), 3: made.pending(), 5: made.absent()},
    )
    made.event(made.report(inspection, 3), "ordered", world.wang, at(TODAY, 8, 50), "更换")
    doc = replace(form(inspection), number="日检-20261120-000001")
    content = freeze(doc)
    assert thaw(DailyCheck, content) == doc
    assert content["started_at"] == "2026-11-20T08:30:00+08:00"
    assert content["period_on"] == "2026-11-20"
    assert content["lines"][1]["note"] == "㛃𬭚😀"
    assert [rule["key"] for rule in content["rules"]] == ["order-74", "tsg-08"]


def test_a_form_cannot_be_changed(world: World) -> None:
    doc = form(made.signed(world.lift, world.li))
    with pytest.raises(FrozenInstanceError):
        doc.timing = "on_time"


def test_freezing_refuses_what_json_cannot_hold() -> None:
    @dataclass(frozen=True)
    class Odd:
        value: object

    with pytest.raises(TypeError, match="set cannot stand in a document"):
        freeze(Odd({1}))


@pytest.mark.parametrize("damage", [{"article": 5}, {"article": None}])
def test_thawing_refuses_foreign_data(damage: dict) -> None:
    good = {"key": "k", "number": "n", "title": "t", "article": ""}
    assert thaw(Citation, good) == Citation("k", "n", "t", "")
    with pytest.raises(TypeError):
        thaw(Citation, {**good, **damage})
