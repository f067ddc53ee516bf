"""The machine import: every rule of the form, matching, and the same rows as one by one."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.actor import Actor
from config.excel.kinds import Context
from config.excel.plan import Line, Plan
from duties.models import Task
from equipment.actions.binding import assign_officer
from equipment.actions.machine import add_equipment, change_equipment
from equipment.imports.machines import MACHINES
from equipment.imports.write import COLUMNS
from equipment.models import DeviceCode, Equipment, OfficerBinding, StatusPeriod
from tests.factories import equipment as machines
from tests.factories import units as people
from tests.factories import workbooks
from tests.factories.workbooks import machine_row
from tests.world import NOW, World
from units.models import AuditEntry


def planned(rows: list[dict[str, Any]] | bytes, actor: Actor, *, is_writing: bool = False) -> Plan:
    context = Context(actor, NOW, is_writing=is_writing)
    content = rows if isinstance(rows, bytes) else workbooks.machines(rows)
    return MACHINES.plan(MACHINES.open(io.BytesIO(content), context), context)


def written(rows: list[dict[str, Any]], actor: Actor) -> dict[str, int]:
    with transaction.atomic():
        plan = planned(rows, actor, is_writing=True)
        return MACHINES.apply(plan, Context(actor, NOW, is_writing=True))


def said(line: Line) -> list[tuple[str, str]]:
    return [(problem.address, problem.code) for problem in line.problems]


@pytest.fixture
def admin(world: World) -> Actor:
    return world.actor(world.jia_admin)


# ------------------------------------------------------------------ bad input, column by column
@pytest.mark.parametrize(
    ("cells", "problems"),
    [
        ({"设备类别": "锅炉"}, [("B2", "category_differs")]),
        ({"设备类别": "飞机"}, [("B2", "unknown_choice")]),
        ({"设备品种代码": "9999"}, [("C2", "catalogue_unknown")]),
        ({"设备品种代码": "3000"}, [("C2", "catalogue_not_archived")]),
        ({"设备品种代码": "F220"}, [("C2", "catalogue_not_archived")]),
        ({"设备品种代码": None}, [("C2", "required")]),
        ({"设备品种代码": None, "设备品种名称": "飞艇"}, [("D2", "catalogue_unknown")]),
        ({"设备品种名称": "承压蒸汽锅炉"}, [("D2", "variety_differs")]),
        ({"设备名称": " \u3000"}, [("E2", "required")]),
        ({"设备名称": "梯" * 81}, [("E2", "too_long")]),
        ({"设备代码": 31105001220200001}, [("F2", "number_damaged")]),
        ({"设备代码": 3110500122020}, [("F2", "number_in_code")]),
        ({"设备代码": "=A1"}, [("F2", "formula")]),
        ({"设备代码": "A" * 21}, [("F2", "equipment_code_bad")]),
        ({"设备代码": "客梯一号"}, [("F2", "equipment_code_bad")]),
        ({"使用登记证编号": 12345}, [("G2", "number_in_code")]),
        ({"使用登记证编号": "梯" * 41}, [("G2", "registration_no_bad")]),
        ({"单位内编号": 1}, [("H2", "number_in_code")]),
        ({"单位内编号": "1" * 41}, [("H2", "too_long")]),
        ({"使用地点": None}, [("I2", "required")]),
        ({"使用地点": "楼" * 161}, [("I2", "too_long")]),
        ({"使用状态": None}, [("J2", "required")]),
        ({"使用状态": "好"}, [("J2", "unknown_choice")]),
        ({"数量": "两台"}, [("K2", "integer_bad")]),
        ({"数量": 0}, [("K2", "integer_bad")]),
        ({"数量": 2}, [("K2", "quantity_per_device")]),
        ({"型号": "x" * 61}, [("L2", "too_long")]),
        ({"制造单位": True}, [("M2", "wrong_type")]),
        ({"产品编号": 20200117}, [("N2", "number_in_code")]),
        ({"设备品种代码": "2310", "产品编号": "P1"}, [("N2", "single_cylinder")]),
        ({"投入使用日期": "2026-11-21"}, [("O2", "in_use_in_future")]),
        ({"投入使用日期": "去年"}, [("O2", "date_bad")]),
        ({"下次检验日期": "2027-02-30"}, [("P2", "date_bad")]),
        ({"应急救援电话": "9" * 31}, [("Q2", "too_long")]),
        ({"安全员姓名": "王总"}, [("R2", "officer_unknown")]),
        ({"安全员姓名": "孙安"}, [("R2", "officer_unknown")]),
        ({"安全员手机号": "1380000000"}, [("S2", "phone_bad")]),
        ({"安全员手机号": "13800000006"}, [("S2", "officer_unknown")]),
        ({"安全员姓名": "张全", "安全员手机号": "13800000001"}, [("S2", "officer_differs")]),
        ({"安全员姓名": "李安", "使用状态": "报废"}, [("R2", "officer_scope")]),
        (
            {"设备代码": None, "使用登记证编号": None, "单位内编号": None},
            [("F2", "no_identity")],
        ),
        (
            {"设备名称": None, "使用状态": "好", "数量": "x"},
            [("E2", "required"), ("J2", "unknown_choice"), ("K2", "integer_bad")],
        ),
    ],
)
def test_a_bad_cell_is_refused_at_its_address(
    admin: Actor, cells: dict[str, Any], problems: list[tuple[str, str]]
) -> None:
    plan = planned([machine_row(1, **cells), machine_row(2)], admin)
    assert said(plan.lines[0]) == problems
    assert plan.lines[1].verdict == "create"


def test_an_officer_is_found_by_name_or_phone_and_must_cover_the_category(
    world: World, admin: Actor
) -> None:
    people.staff(world.jia, "李安", ("safety_officer", ["crane"]), mobile="13800000099")
    plan = planned(
        [
            machine_row(1, 安全员姓名="李安"),
            machine_row(2, 安全员姓名="李安", 安全员手机号="13800000001"),
            machine_row(3, 安全员手机号="13800000099"),
            machine_row(4, 安全员手机号="13800000099", 设备品种代码="4110"),
        ],
        admin,
    )
    assert [said(line) for line in plan.lines] == [
        [("S2", "officer_ambiguous")],
        [],
        [("R4", "officer_scope")],
        [],
    ]


def test_twins_in_the_file_are_both_refused(admin: Actor) -> None:
    bare = {"设备代码": None, "使用登记证编号": None}
    plan = planned(
        [
            machine_row(1, 设备代码="ＡＢ１"),
            machine_row(2, 设备代码="ab1"),
            machine_row(3, 使用登记证编号="梯11渝B00004(20)"),
            machine_row(4, 使用登记证编号="梯１１渝B00004（20）"),
            machine_row(5, **bare, 设备名称="甲", 单位内编号="7"),
            machine_row(6, **bare, 设备名称="甲", 单位内编号="7"),
            machine_row(7, **bare, 设备名称="乙", 单位内编号="7"),
        ],
        admin,
    )
    assert [said(line) for line in plan.lines] == [
        [("F2", "duplicate_in_file")],
        [("F3", "duplicate_in_file")],
        [("G4", "duplicate_in_file")],
        [("G5", "duplicate_in_file")],
        [("H6", "duplicate_in_file")],
        [("H7", "duplicate_in_file")],
        [],
    ]
    assert plan.lines[1].problems[0].text == "与第 2 行重复，请只保留正确的一行"


def test_a_foreign_number_is_refused_without_saying_whose(world: World, admin: Actor) -> None:
    plan = planned(
        [
            machine_row(1, 设备代码=world.yi_lift.equipment_code),
            machine_row(2, 使用登记证编号=world.yi_lift.registration_no),
            machine_row(
                3, 设备代码=world.yi_lift.equipment_code, 使用登记证编号=None, 使用状态="报废"
            ),
        ],
        admin,
    )
    assert [said(line) for line in plan.lines] == [
        [("F2", "duplicate_in_file")],
        [("G3", "registration_no_taken")],
        [("F4", "duplicate_in_file")],
    ]
    plan = planned([machine_row(1, 设备代码=world.yi_lift.equipment_code)], admin)
    assert said(plan.lines[0]) == [("F2", "equipment_code_taken")]
    assert world.yi.name not in plan.lines[0].problems[0].text


# ------------------------------------------------------------------ matching what is there
def row_of(machine: Equipment, **cells: Any) -> dict[str, Any]:
    return {
        "设备品种代码": machine.catalogue_id,
        "设备名称": machine.name,
        "设备代码": machine.equipment_code,
        "使用登记证编号": machine.registration_no,
        "单位内编号": machine.inner_no,
        "使用地点": machine.place,
        "使用状态": machine.get_status_display(),
    } | cells


def test_a_machine_is_known_by_code_else_registration_else_inner_number(
    world: World, admin: Actor
) -> None:
    lift, crane, boiler = world.lift, world.crane, world.boiler
    Equipment.objects.filter(pk=boiler.pk).update(equipment_code="", registration_no="")
    plan = planned(
        [
            row_of(lift, 使用登记证编号="梯11渝A99999(26)"),
            row_of(crane, 设备代码="41105009920200009"),
            row_of(boiler, 设备代码="11005009920200009", 使用登记证编号=None),
            row_of(world.unbound),
        ],
        admin,
    )
    assert [(line.verdict, line.key) for line in plan.lines] == [
        ("change", lift.pk),
        ("change", crane.pk),
        ("change", boiler.pk),
        ("same", world.unbound.pk),
    ]
    assert [[(c.label, c.after) for c in line.changes] for line in plan.lines[:3]] == [
        [("使用登记证编号", "梯11渝A99999(26)")],
        [("设备代码", "41105009920200009")],
        [("设备代码", "11005009920200009")],
    ]


def test_numbers_of_two_machines_in_one_row_are_refused(world: World, admin: Actor) -> None:
    crossed = row_of(world.lift, 使用登记证编号=world.unbound.registration_no)
    plan = planned([crossed], admin)
    assert said(plan.lines[0]) == [("G2", "registration_no_taken")]
    assert "本单位的“4号客梯”" in plan.lines[0].problems[0].text
    twice = planned([row_of(world.lift), row_of(world.lift, 设备代码=None, 使用地点="别处")], admin)
    assert {line.problems[0].code for line in twice.lines} == {"duplicate_in_file"}


def test_what_an_import_may_not_change_is_refused(world: World, admin: Actor) -> None:
    zhao = people.staff(world.jia, "周锅", ("safety_officer", ["boiler"]))
    machines.machine(world.jia, "boiler", officer=zhao, name="5号锅炉", place="锅炉房")
    boiler = Equipment.objects.get(name="5号锅炉")
    plan = planned(
        [
            row_of(world.lift, 使用状态="停用"),
            row_of(boiler, 设备品种代码="2170"),
            row_of(world.crane, 安全员姓名="周锅"),
        ],
        admin,
    )
    assert [said(line) for line in plan.lines] == [
        [("J2", "status_differs")],
        [("C3", "officer_scope")],
        [("R4", "officer_scope")],
    ]


def test_an_empty_cell_changes_nothing(world: World, admin: Actor) -> None:
    Equipment.objects.filter(pk=world.lift.pk).update(
        model="M1", next_inspection_on=date(2027, 1, 1)
    )
    plan = planned([row_of(world.lift, 使用登记证编号=None, 型号=None, 安全员姓名=None)], admin)
    assert plan.lines[0].verdict == "same"


def test_a_scrapped_machine_is_known_again_only_as_scrapped(world: World, admin: Actor) -> None:
    gone = machines.machine(world.jia, "lift", name="旧梯", status="scrapped")
    assert planned([row_of(gone)], admin).lines[0].key == gone.pk
    again = planned([row_of(gone, 使用状态="在用")], admin).lines[0]
    assert (again.verdict, again.key) == ("create", None)


# ------------------------------------------------------------------ writing
FACTS = {
    "model": "GPS-3",
    "manufacturer": "某电梯有限公司",
    "product_no": "GT-1",
    "in_use_since": date(2020, 5, 8),
    "next_inspection_on": date(2027, 5, 31),
    "rescue_phone": "023-96333",
}


def _state(prefix: str) -> list[dict[str, Any]]:
    """Everything the database says of the machines whose code begins so, without keys and codes."""
    found = []
    for one in Equipment.objects.filter(equipment_code__startswith=prefix).order_by("name"):
        audits = AuditEntry.objects.filter(object_code=one.code).exclude(verb="device_code.issued")
        found.append(
            {
                **{
                    field.name: getattr(one, field.name)
                    for field in Equipment._meta.concrete_fields
                    if field.name not in {"id", "code", "equipment_code"}
                },
                "statuses": list(
                    StatusPeriod.objects.filter(equipment=one).values_list(
                        "status", "period", "receipt_no", "reason", "exempt_period", "created_at"
                    )
                ),
                "bindings": list(
                    OfficerBinding.objects.filter(equipment=one).values_list(
                        "staff", "period", "created_at"
                    )
                ),
                "codes": DeviceCode.objects.filter(equipment=one, retired_at=None).count(),
                "tasks": list(
                    Task.objects.filter(equipment=one).values_list(
                        "state", "assignee", "category", "period_on"
                    )
                ),
                "audits": [
                    (
                        entry.verb,
                        entry.object_name,
                        entry.object_type,
                        entry.unit_id,
                        entry.actor_name,
                        entry.before,
                        {k: v for k, v in entry.after.items() if k != "equipment_code"},
                    )
                    for entry in audits.order_by("id")
                ],
            }
        )
    return found


def test_the_import_writes_what_one_by_one_would(world: World, admin: Actor) -> None:
    """New and changed machines of every status, by the actions and by the import."""
    plans = [
        ("3110", "甲\\梯", "in_use", 1, world.li),
        ("2310", "丙瓶组", "in_use", 30, None),
        ("4110", "丁吊", "not_yet_in_use", 1, world.li),
        ("1100", "戊炉", "stopped", 1, world.zhang),
        ("3110", "己梯", "scrapped", 1, None),
    ]
    rows = []
    for number, (entry, name, status, quantity, officer) in enumerate(plans):
        facts = FACTS | ({"product_no": ""} if entry == "2310" else {})
        made = add_equipment(
            world.jia,
            catalogue=entry,
            name=name,
            place="一\t楼",
            status=status,
            quantity=quantity,
            inner_no=f"{number}",
            equipment_code=f"ONE{number}",
            **facts,
            actor=admin,
            now=NOW,
        )
        if officer is not None:
            assign_officer([made], officer=officer, actor=admin, now=NOW)
        labels = {
            "in_use": "在用",
            "not_yet_in_use": "未投用",
            "stopped": "停用",
            "scrapped": "报废",
        }
        row = {
            "设备品种代码": entry,
            "设备名称": name,
            "设备代码": f"SET{number}",
            "单位内编号": f"{number}",
            "使用地点": "一\t楼",
            "使用状态": labels[status],
            "数量": quantity,
            "型号": facts["model"],
            "制造单位": facts["manufacturer"],
            "产品编号": facts["product_no"],
            "投入使用日期": facts["in_use_since"],
            "下次检验日期": facts["next_inspection_on"],
            "应急救援电话": facts["rescue_phone"],
            "安全员姓名": officer.name if officer else None,
        }
        rows.append(row)
    assert written(rows, admin) == {"create": 5, "change": 0}
    assert _state("SET") == _state("ONE")

    first = Equipment.objects.get(equipment_code="ONE0")
    changes = {"name": "乙梯", "place": "二楼", "next_inspection_on": date(2028, 1, 1)}
    change_equipment(first, version=1, changes=changes, actor=admin, now=NOW)
    assign_officer([first], officer=world.zhang, actor=admin, now=NOW)
    third = Equipment.objects.get(equipment_code="ONE2")
    change_equipment(third, version=1, changes={"catalogue": "3110"}, actor=admin, now=NOW)
    rows[0] |= {
        "设备名称": "乙梯",
        "使用地点": "二楼",
        "下次检验日期": "2028/1/1",
        "安全员姓名": "张全",
    }
    rows[2] |= {"设备品种代码": "3110"}
    assert written(rows, admin) == {"create": 0, "change": 2}
    assert _state("SET") == _state("ONE")
    assert planned(rows, admin).counts() == {"create": 0, "change": 0, "same": 5, "refused": 0}


def test_the_import_knows_every_column_of_a_machine() -> None:
    assert set(COLUMNS) == {
        field.column for field in Equipment._meta.concrete_fields if not field.generated
    }


def test_the_number_of_statements_does_not_grow_with_the_rows(world: World, admin: Actor) -> None:
    counts = []
    for start, number in ((0, 1), (100, 30)):
        rows = [machine_row(start + n, 安全员姓名="李安") for n in range(number)]
        with CaptureQueriesContext(
            connection,
        ) as asked:
            written(rows, admin)
        counts.append(len(asked))
    assert counts[0] == counts[1]


# ------------------------------------------------------------------ dry run = real run
CELLS = st.one_of(
    st.none(),
    st.sampled_from(
        ["", " ", "3110", "4110", "ONE", "梯11渝A00001(20)", "李安", "张全", "在用", "停用", "报废"]
        + ["2027/1/1", "=1+1", "1号客梯", "１", "ﾊ", "㛃𬭚", "\u200b", "x" * 200, "13800000001"]
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8),
    st.integers(-5, 10**17),
    st.booleans(),
    st.dates(date(1900, 3, 1), date(2100, 1, 1)),
)
LABELS = [label for label in workbooks.MACHINE_LABELS if label not in {"序号", "备注"}]
MUTATIONS = st.lists(
    st.tuples(st.integers(0, 11), st.sampled_from(LABELS), CELLS), min_size=1, max_size=14
)


def _everything() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values_list())
        for model in (Equipment, StatusPeriod, OfficerBinding, DeviceCode, Task, AuditEntry)
    ]


@settings(
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(MUTATIONS)
def test_the_dry_run_says_what_the_real_run_does(world: World, mutations: list) -> None:
    """Mutated workbooks: nothing is written by a dry run, and the writing does row by row what the
    dry run said; a second dry run then finds nothing left to do."""
    admin = world.actor(world.jia_admin)
    rows = [machine_row(n, 安全员姓名="李安") for n in range(9)]
    rows += [row_of(one) for one in (world.lift, world.crane, world.unbound)]
    for place, label, cell in mutations:
        rows[place][label] = cell
    content = workbooks.machines(rows)
    before = _everything()
    dry = planned(content, admin)
    assert _everything() == before
    known = set(Equipment.objects.values_list("pk", flat=True))
    mark = transaction.savepoint()
    try:
        real = planned(content, admin, is_writing=True)
        assert real.digest() == dry.digest()
        assert [(one.number, one.verdict) for one in real.lines] == [
            (one.number, one.verdict) for one in dry.lines
        ]
        counts = MACHINES.apply(real, Context(admin, NOW, is_writing=True))
        said_so = dry.counts()
        assert counts == {"create": said_so["create"], "change": said_so["change"]}
        made = Equipment.objects.exclude(pk__in=known).order_by("pk")
        code = [c.name for c in MACHINES.columns(Context(admin, NOW)) if c.imported].index("name")
        assert [one.name for one in made] == [line.values[code] for line in dry.of("create")]
        again = planned(content, admin)
        wrong = {line.number for line in dry.of("refused")}
        assert {line.verdict for line in again.lines if line.number not in wrong} <= {"same"}
    finally:
        transaction.savepoint_rollback(mark)
