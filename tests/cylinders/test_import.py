"""The import of cylinders: every check with its cell, uniqueness, the same file again, dry run = real run."""

from __future__ import annotations

import io
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.errors import RuleBroken
from config.excel import kinds
from config.excel.kinds import Context
from config.excel.plan import Plan
from cylinders.actions.items import change_item, remove_items
from cylinders.models import Batch, BatchItem, ItemPhoto
from tests.factories import cylinders as make
from tests.factories.cylinders import cells
from tests.world import NOW, World
from units.models import AuditEntry, ImportJob

LPG_RULE = "液化石油气钢瓶充装液化石油气的检验周期为 4 年"


def planned(batch: Batch, world: World, *rows: dict[str, Any], writing: bool = False) -> Plan:
    owner = {world.jia.pk: world.jia_admin, world.yi.pk: world.yi_admin}[batch.unit_id]
    kind = kinds.get("cylinders" if batch.origin == "new" else "cylinders-existing")
    context = Context(world.actor(owner), NOW, is_writing=writing, target=batch.code)
    return kind.plan(kind.open(io.BytesIO(make.workbook(batch, *rows)), context), context)


def said(plan: Plan, place: int = 0) -> list[tuple[str, str]]:
    return [(one.address, one.code) for one in plan.lines[place].problems]


@pytest.fixture
def batch(world: World) -> Batch:
    return make.batch(world.jia)


# ------------------------------------------------------------------ one row
# What is typed into a good row -> (column, code) of everything that is wrong with it.
CASES: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({}, []),
    ({"kind": "煤气罐", "medium": "ＬＰＧ", "made_on": "2024年5月", "volume": "35.5L"}, []),
    ({"made_on": datetime.combine(date(2024, 5, 17), time()), "life_years": None}, []),
    ({"made_on": 202405, "next_inspection_on": "2028-05"}, []),
    ({"made_on": 2024.05, "next_inspection_on": None}, []),
    ({"made_on": 2024.1}, [("G", "month_unsure")]),
    ({"made_on": "2024-13"}, [("G", "date_bad")]),
    ({"made_on": "去年五月"}, [("G", "date_bad")]),
    ({"made_on": "2026-12"}, [("G", "date_order")]),
    (
        {"made_on": "2018-05", "next_inspection_on": "2027-05-31"},
        [("M", "past_life"), ("O", "inspection_too_late")],
    ),
    (
        {
            "kind": None,
            "medium": None,
            "manufacturer": None,
            "product_no": None,
            "made_on": None,
            "nominal_pressure": None,
            "volume": None,
            "qr_url": None,
        },
        [(cell, "required") for cell in "ABDFGHJP"],
    ),
    ({"kind": "气球"}, [("A", "kind_unknown")]),
    ({"medium": "可乐"}, [("B", "medium_unknown")]),
    ({"medium": "氧气"}, [("B", "medium_not_allowed")]),
    ({"product_no": 12345}, [("F", "number_in_code")]),
    ({"product_no": "1" * 61}, [("F", "too_long")]),
    ({"nominal_pressure": "很高"}, [("H", "number_bad")]),
    ({"nominal_pressure": 0}, [("H", "number_bad")]),
    ({"nominal_pressure": "2.123"}, [("H", "number_bad")]),
    ({"test_pressure": "1"}, [("I", "pressure")]),
    ({"volume": "99999"}, [("J", "number_bad")]),
    ({"life_years": "12"}, [("M", "life_too_long")]),
    ({"life_years": "0"}, [("M", "integer_bad")]),
    ({"last_inspected_on": "2027-01-01"}, [("N", "date_order")]),
    ({"last_inspected_on": "2023-01-01"}, [("N", "date_order")]),
    ({"next_inspection_on": "2026-11-20"}, [("O", "inspection_due")]),
    ({"next_inspection_on": "2028-06-01"}, [("O", "inspection_too_late")]),
    ({"last_inspected_on": "2026-01", "next_inspection_on": "2030-01-31"}, []),
    ({"qr_url": "8F3K2M"}, [("P", "label_bad")]),
    ({"qr_url": 12345678}, [("P", "label_bad")]),
    ({"inner_no": 7}, [("Q", "number_in_code")]),
    ({"owner": "<script>alert(1)</script>㛃𬭚"}, []),
    ({"note": "备" * 201}, [("V", "too_long")]),
    (
        {
            "kind": "车用压缩天然气气瓶",
            "medium": "CNG",
            "life_years": None,
            "next_inspection_on": None,
        },
        [("T", "vehicle_missing")],
    ),
    (
        {
            "kind": "车用CNG气瓶",
            "medium": "天然气",
            "life_years": None,
            "next_inspection_on": None,
            "vin": "lsvaa4182e2123456",
        },
        [],
    ),
    (
        {
            "kind": "车用CNG气瓶",
            "medium": "天然气",
            "life_years": None,
            "next_inspection_on": None,
            "vin": "LSVAA4182E212345O",
        },
        [("U", "vin_bad")],
    ),
]


def test_each_check_names_its_cell(batch: Batch, world: World) -> None:
    plan = planned(batch, world, *(cells(n, **typed) for n, (typed, _said) in enumerate(CASES, 1)))
    found = [
        [(one.address.removesuffix(str(line.number)), one.code) for one in line.problems]
        for line in plan.lines
    ]
    assert found == [problems for _typed, problems in CASES]


def test_refusals_name_the_rule(batch: Batch, world: World) -> None:
    plan = planned(
        batch,
        world,
        cells(1, next_inspection_on="2029-01-01"),
        cells(
            2,
            made_on="2018-05",
            life_years=None,
            next_inspection_on="2027-01-01",
            last_inspected_on="2024-05",
        ),
    )
    assert [line.problems[0].sentence() for line in plan.lines] == [
        f"下次检验日期（O2）：2029年1月1日太晚：{LPG_RULE}，从制造年月（2024年5月）起最晚为2028年5月31日；"
        "检验过的请填写最近一次检验日期",
        "制造年月（G3）：已超过设计使用年限：制造于2018年5月，8 年至2026年5月31日为止，不能办理使用登记",
    ]


def test_existing_cylinders_bring_their_old_code_and_an_assessed_life(world: World) -> None:
    batch = make.batch(world.jia, origin="existing")
    old = {"made_on": "2016-05", "last_inspected_on": "2024-06", "next_inspection_on": "2028-04-30"}
    plan = planned(
        batch,
        world,
        cells(1, **old, life_years="12"),
        cells(2, **old, life_years="12", old_code="350012000001"),
        cells(3, **old, life_years="8", old_code="350012000002"),
    )
    assert said(plan, 0) == [("S2", "required")]
    assert said(plan, 1) == []
    assert (
        plan.lines[2]
        .problems[0]
        .text.endswith("已评定合格延长使用的，请按评定报告填写设计使用年限（最多 12 年）")
    )


# ------------------------------------------------------------------ written
def test_what_is_written(batch: Batch, world: World) -> None:
    counts = make.imported(
        batch,
        cells(1, medium="lpg", product_no=" 0012 ", life_years=None, next_inspection_on=None),
        cells(
            2,
            kind="缠绕气瓶",
            medium="氢气",
            made_on="2025-02",
            life_years="15",
            next_inspection_on="2028-02",
        ),
        cells(3, qr_url="HTTPS://QP.example.cn/x"),
        cells(4, volume=None),
    )
    assert counts == {"create": 3, "change": 0, "same": 0, "refused": 1}
    first, second, third = batch.items.order_by("number")
    assert (first.number, first.product_no, first.medium, first.nature) == (
        1,
        "0012",
        "液化石油气",
        "lpg",
    )
    assert (first.made_on, first.life_years, first.next_inspection_on) == (
        date(2024, 5, 1),
        8,
        date(2028, 5, 31),
    )
    assert (first.tare, first.wall_thickness, first.claim) == (Decimal("16.50"), None, "draft")
    assert first.identity == "重庆某钢瓶制造有限公司|0012|2024-05"
    assert (second.kind_id, second.nature) == ("wound", "general")
    assert third.qr_url == "https://qp.example.cn/x"
    taken = AuditEntry.objects.get(verb="cylinder_batch.items_taken")
    assert taken.after == {"create": 3, "change": 0}


def test_the_mended_file_again_is_idempotent(batch: Batch, world: World) -> None:
    rows = [cells(n) for n in range(1, 4)]
    make.imported(batch, rows[0], cells(2, volume=None), rows[2])
    assert make.imported(batch, *rows) == {"create": 1, "change": 0, "same": 2, "refused": 0}
    again = planned(batch, world, *rows, cells(1, manufacturer="重庆某钢瓶 制造有限公司"))
    assert again.counts() == {"create": 0, "change": 0, "same": 2, "refused": 2}
    changed = [cells(1, tare="17", inner_no=None), cells(2, next_inspection_on=None), rows[2]]
    plan = planned(batch, world, *changed)
    assert [
        (line.verdict, [(c.label, c.before, c.after) for c in line.changes]) for line in plan.lines
    ] == [
        ("change", [("皮重（kg）", "16.5", "17")]),
        ("same", []),
        ("same", []),
    ]
    assert make.imported(batch, *changed)["change"] == 1
    item = batch.items.get(product_no="A000001")
    assert (item.tare, item.inner_no, item.version) == (Decimal("17.00"), "00001", 2)


# ------------------------------------------------------------------ uniqueness (decision 16)
def test_twins_are_told_where_the_other_one_is(batch: Batch, world: World) -> None:
    maker = cells()["manufacturer"]
    other = make.batch(world.jia)
    make.item(other, product_no="A000003", manufacturer=maker)
    make.item(make.batch(world.yi), product_no="A000004", manufacturer=maker)
    make.item(make.batch(world.yi, state="submitted"), product_no="a 000005", manufacturer=maker)
    own = make.registered(world.jia, product_no="A000006", manufacturer=maker)
    make.registered(world.yi, product_no="A000007", manufacturer=maker)
    make.registered(world.yi, state="scrapped", qr_url=cells(8)["qr_url"])
    make.item(make.batch(world.yi, state="declined"), product_no="A000009", manufacturer=maker)
    make.registered(world.yi, qr_url=cells(10)["qr_url"])
    make.item(batch, qr_url=cells(11)["qr_url"])
    plan = planned(
        batch,
        world,
        cells(1, product_no="X-1"),
        cells(2, product_no="ｘ－１"),
        *(cells(n) for n in range(3, 12)),
        cells(12, qr_url=cells(3)["qr_url"]),
    )
    assert [[one.sentence() for one in line.problems] for line in plan.lines] == [
        ["制造单位+产品编号+制造年月（F2）：与第 3 行重复，请只保留正确的一行"],
        ["制造单位+产品编号+制造年月（F3）：与第 2 行重复，请只保留正确的一行"],
        [
            "二维码标识（URL）（P4）：与第 13 行重复，请只保留正确的一行",
            f"产品编号（F4）：本单位的另一份草稿 {other.code}中已有这只气瓶（序号 1），请先在那里移出",
        ],
        [],
        ["产品编号（F6）：已由另一单位申请使用登记（渝中区）"],
        [
            f"产品编号（F7）：本单位已登记这只气瓶（登记代码 {own.registration_code}），不需要重复办理"
        ],
        ["产品编号（F8）：已由另一单位登记（渝中区）"],
        [],
        [],
        ["二维码标识（URL）（P11）：二维码标识已用于另一单位登记的气瓶（渝中区）"],
        [
            "二维码标识（URL）（P12）：已用于本申请序号 1 的气瓶；若是更正产品编号、制造单位或制造年月，"
            "请在气瓶清单中修改那一只，或先移出"
        ],
        ["二维码标识（URL）（P13）：与第 4 行重复，请只保留正确的一行"],
    ]


# ------------------------------------------------------------------ pages
@pytest.fixture
def client(world: World, as_: Any, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return as_(world.jia_admin)


def upload(client: Client, batch: Batch, *rows: dict[str, Any], region: str = "500103") -> Any:
    file = SimpleUploadedFile("气瓶.xlsx", make.workbook(batch, *rows))
    kind = "cylinders" if batch.origin == "new" else "cylinders-existing"
    return client.post(f"/import/{kind}/?target={batch.code}", {"file": file, "region": region})


def say_yes(client: Client, job: ImportJob, mode: str = "correct") -> Any:
    return client.post(f"/import/jobs/{job.code}/apply/", {"digest": job.plan_digest, "mode": mode})


def test_half_of_the_rows_wrong_from_upload_to_the_application(
    world: World, client: Client
) -> None:
    batch = make.batch(world.jia, region=None)
    make.setting("500103")
    make.setting("500106", takes_part=False)
    page = client.get(f"/import/cylinders/?target={batch.code}").content.decode()
    assert "渝中区" in page
    assert "沙坪坝区" not in page
    assert upload(client, batch, cells(1), region="500106").status_code == 422
    assert ImportJob.objects.count() == 0
    rows = [cells(n) if n % 2 else cells(n, qr_url="二维码") for n in range(1, 21)]
    assert upload(client, batch, *rows).status_code == 302
    job = ImportJob.objects.get()
    batch.refresh_from_db()
    assert (job.target, batch.region_id) == (batch.code, "500103")
    page = client.get(f"/import/jobs/{job.code}/").content.decode()
    assert "二维码标识（URL） P3：应填写二维码对应的 URL" in page
    answer = say_yes(client, job)
    assert answer.url == f"/import/jobs/{job.code}/"
    assert batch.items.count() == 10
    assert client.get(f"/import/jobs/{job.code}/wrong-rows/").status_code == 200
    upload(client, batch, *(cells(n) for n in range(1, 21)))
    job = ImportJob.objects.latest("pk")
    assert job.outcome["counts"] == {"create": 10, "change": 0, "same": 10, "refused": 0}
    assert say_yes(client, job).url == f"/cylinders/applications/{batch.code}/"
    assert batch.items.count() == 20


def test_two_tabs_write_once_and_a_submitted_application_takes_nothing(
    world: World, client: Client, batch: Batch
) -> None:
    upload(client, batch, cells(1), cells(2))
    upload(client, batch, cells(1), cells(2))
    second, first = ImportJob.objects.order_by("-pk")
    assert say_yes(client, first).status_code == 302
    answer = say_yes(client, second)
    assert answer.status_code == 409
    assert "档案在预览之后有变化" in answer.content.decode()
    assert batch.items.count() == 2

    upload(client, batch, cells(3))
    late = ImportJob.objects.latest("pk")
    Batch.objects.filter(pk=batch.pk).update(
        state="submitted", number="QPSQ-1", round=1, submitted_at=NOW
    )
    assert say_yes(client, late).status_code == 302
    late.refresh_from_db()
    assert (late.state, late.message) == (
        "refused",
        "这份申请的状态为“已提交”，不能再导入气瓶。没有写入任何数据。",
    )
    page = client.get(f"/import/cylinders/?target={batch.code}")
    assert "这份申请的状态为“已提交”，不能再导入气瓶。" in page.content.decode()
    assert upload(client, batch, cells(3)).status_code == 422
    assert batch.items.count() == 2


def test_whose_application_it_is(world: World, client: Client, as_: Any, batch: Batch) -> None:
    url = f"/import/cylinders/?target={batch.code}"
    assert client.get("/import/cylinders/").url == "/cylinders/applications/"
    assert client.get(f"/import/cylinders-existing/?target={batch.code}").status_code == 404
    assert as_(world.yi_admin).get(url).status_code == 404
    assert as_(world.regulator).get(url).status_code == 404
    assert client.get("/import/cylinders/template/").status_code == 200
    make.setting("500103", takes_part=False)
    page = client.get(url).content.decode()
    assert (
        "目前没有区县开通气瓶使用登记，暂时不能导入。"
        "请致电渝中区市场监督管理局（023-63800000）咨询。" in page
    )
    assert upload(client, batch, cells(1)).status_code == 422


def test_a_dry_run_asks_as_often_for_one_row_as_for_thirty(batch: Batch, world: World) -> None:
    def asked(number: int) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            planned(batch, world, *(cells(n) for n in range(number)))
        return len(queries)

    assert asked(1) == asked(30)


# ------------------------------------------------------------------ one cylinder
def test_one_cylinder_is_judged_as_a_row(batch: Batch, world: World) -> None:
    make.imported(batch, cells(1), cells(2))
    one, two = batch.items.order_by("number")
    actor = world.actor(world.jia_admin)

    def change(item: BatchItem, **changes: str) -> BatchItem:
        return change_item(item, version=item.version, changes=changes, actor=actor, now=NOW)

    changed = change(one, tare="17.2kg", made_on="2024.6", life_years="", next_inspection_on="")
    assert (changed.tare, changed.version) == (Decimal("17.20"), 2)
    assert changed.identity.endswith("|A000001|2024-06")
    assert changed.next_inspection_on == date(2028, 6, 30)
    for wrong, field, code in (
        ({"medium": "氧气"}, "medium", "medium_not_allowed"),
        ({"qr_url": "二维码"}, "qr_url", "label_bad"),
        ({"volume": ""}, "volume", "required"),
        (
            {"product_no": "a 000002", "made_on": "2024-05", "next_inspection_on": ""},
            "product_no",
            "twin",
        ),
        ({"qr_url": two.qr_url}, "qr_url", "label_taken"),
    ):
        with pytest.raises(RuleBroken) as caught:
            change(changed, **wrong)
        assert (caught.value.field, caught.value.code) == (field, code)
    with pytest.raises(RuleBroken) as caught:
        change_item(one, version=1, changes={"tare": "1"}, actor=actor, now=NOW)
    assert caught.value.code == "stale"
    with pytest.raises(RuleBroken) as caught:
        change_item(
            two, version=1, changes={"tare": "1"}, actor=world.actor(world.yi_admin), now=NOW
        )
    assert caught.value.status == 403


def test_removed_cylinders_are_free_again(batch: Batch, world: World) -> None:
    make.imported(batch, cells(1), cells(2))
    one = batch.items.order_by("number")[0]
    make.photo(one)
    actor = world.actor(world.jia_admin)
    for _click in range(2):
        left = remove_items(batch, [one.code], reason="重复导入", actor=actor, now=NOW)
    assert left == 0
    one.refresh_from_db()
    assert (one.claim, one.removed_reason, batch.items.standing().count()) == (
        "released",
        "重复导入",
        1,
    )
    assert ItemPhoto.objects.get().is_live is False
    assert AuditEntry.objects.filter(verb="cylinder_batch.item_removed").count() == 1
    assert make.imported(batch, cells(1)) == {"create": 1, "change": 0, "same": 0, "refused": 0}
    with pytest.raises(RuleBroken) as refused:
        remove_items(batch, [one.code], reason=" ", actor=actor, now=NOW)
    assert refused.value.code == "reason_missing"


# ------------------------------------------------------------------ dry run = real run
_ODD: dict[str, list[Any]] = {
    "kind": [None, "煤气罐", "气球", "焊接绝热气瓶", "车用LPG钢瓶", 3],
    "medium": [None, "丙烷", "氧气", "液氮", "丙烷+丁烷", "？"],
    "product_no": [None, "1", "１", " 1 ", 1, "A" * 60, "A" * 61, "\t"],
    "made_on": [None, "2024.6", 202406, 2024.1, "2016-05", date(2023, 2, 28), "2027-01", True],
    "nominal_pressure": [None, 2.1, "2.1MPa", "-1", "1e3", "二"],
    "life_years": [None, 8, "9", "1", 8.5],
    "last_inspected_on": [None, "2025-01", "2026-11-20", "2026-11-30", 45000, "2020"],
    "next_inspection_on": [None, "2027-01-05", "2029-01-31", "2026-11-20", 46500, "=A1"],
    "qr_url": [None, "https://qp.example.cn/q/1", "HTTPS://QP.EXAMPLE.CN/q/1", "1", "http://x"],
    "plate": [None, "渝A·12345"],
    "vin": [None, "LSVAA4182E2123456", "1"],
    "note": ["<script>", "㛃𬭚", "\x07"],
}
MUTATION = st.sampled_from([(name, value) for name, odd in _ODD.items() for value in odd])
ROWS = st.lists(
    st.tuples(st.integers(1, 6), st.lists(MUTATION, max_size=3)), min_size=1, max_size=12
)


def clean(value: Any) -> Any:
    return None if value == "\x07" else value


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=ROWS)
def test_the_dry_run_tells_what_the_writing_does(world: World, rows: list[Any]) -> None:
    sid = transaction.savepoint()
    batch = make.batch(world.jia)
    make.item(batch, product_no="A000001", manufacturer=cells()["manufacturer"])
    make.registered(world.yi, product_no="A000002", manufacturer=cells()["manufacturer"])
    typed = [cells(n, **{name: clean(v) for name, v in odd}) for n, odd in rows]
    before = set(batch.items.values_list("pk", flat=True))
    dry = planned(batch, world, *typed)
    assert set(batch.items.values_list("pk", flat=True)) == before
    real = planned(batch, world, *typed, writing=True)
    assert dry.digest() == real.digest()
    kind = kinds.get("cylinders")
    context = Context(world.actor(world.jia_admin), NOW, is_writing=True, target=batch.code)
    written = kind.apply(real, context)
    counts = dry.counts()
    assert written == {"create": counts["create"], "change": counts["change"]}
    assert batch.items.count() == 1 + counts["create"]
    again = planned(batch, world, *typed).counts()
    assert (again["create"], again["change"], again["refused"]) == (0, 0, counts["refused"])
    transaction.savepoint_rollback(sid)
