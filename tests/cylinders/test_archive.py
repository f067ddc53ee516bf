"""气瓶档案: list, page, acts and changes on pages, the public page, access, query counts."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from config.clock import local_day
from cylinders.models import BatchItem, Cylinder, CylinderEvent
from tests.factories import cylinders, papers
from tests.world import World
from units.models import User

As = Callable[[User], Client]
LIST, ACT = "/cylinders/", "/cylinders/act/"


def today() -> date:
    return local_day(timezone.now())


def fit(**fields: Any) -> dict[str, Any]:
    """Facts of a cylinder that may be filled today, whatever day that is."""
    day = today()
    return {
        "made_on": date(day.year - 1, 1, 1),
        "next_inspection_on": day + timedelta(days=400),
    } | fields


@pytest.fixture
def admin(world: World, as_: As) -> Client:
    return as_(world.jia_admin)


def numbers(answer: Any) -> list[str]:
    return [row.one.product_no for row in answer.context["rows"]]


def proof(name: str = "proof.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, papers.pdf(), "application/pdf")


# ------------------------------------------------------------------ list
@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_however_long_it_is(
    world: World, as_: As, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        cylinders.registered(world.jia, **fit())
    for user, cost in ((world.jia_admin, 7), (world.regulator, 7)):
        client = as_(user)
        with django_assert_num_queries(cost):
            answer = client.get(LIST)
        assert len(numbers(answer)) == number


def test_tabs_filters_and_the_bureaus_view(world: World, as_: As, admin: Client) -> None:
    day = today()
    cylinders.registered(world.jia, product_no="A-0001", **fit(next_inspection_on=day))
    cylinders.registered(
        world.jia, product_no="A-0002", **fit(next_inspection_on=day - timedelta(days=1))
    )
    cylinders.registered(world.jia, product_no="A-0003", state="stopped", **fit())
    cylinders.registered(
        world.jia,
        product_no="A-0004",
        old_code="渝旧0004",
        **fit(),
        ends_on=day - timedelta(days=1),
    )
    cylinders.registered(world.far_unit, product_no="A-0005", **fit())
    answer = admin.get(LIST)
    assert [(tab["label"], tab["count"]) for tab in answer.context["tabs"]] == [
        ("全部", "4"),
        ("在用", "3"),
        ("待检、检验中", "0"),
        ("停用", "1"),
        ("丢失", "0"),
        ("报废", "0"),
    ]
    assert numbers(admin.get(LIST, {"due": "overdue"})) == ["A-0002"]
    assert numbers(admin.get(LIST, {"due": "30"})) == ["A-0001"]
    assert numbers(admin.get(LIST, {"life": "past"})) == ["A-0004"]
    assert numbers(admin.get(LIST, {"tab": "stopped"})) == ["A-0003"]
    assert numbers(admin.get(LIST, {"keyword": "旧0004"})) == ["A-0004"]
    bureau = as_(world.regulator)
    assert numbers(bureau.get(LIST, {"keyword": "a-0003"})) == ["A-0003"]
    assert numbers(bureau.get(LIST, {"keyword": "A-000"})) == []
    assert numbers(bureau.get(LIST, {"unit_name": "甲物业"}))[0] == "A-0004"
    assert [tab["count"] for tab in bureau.get(LIST).context["tabs"]][:2] == ["4", "3"]
    assert numbers(as_(world.far_regulator).get(LIST)) == ["A-0005"]


def test_the_summary_table_holds_every_column_and_the_old_code(world: World, admin: Client) -> None:
    one = cylinders.registered(world.jia, old_code="渝旧0001", product_no="=1+1", **fit())
    answer = admin.get("/cylinders/export/")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    head, row = ([cell.value for cell in book.active[number]] for number in (3, 4))
    said = dict(zip(head, row, strict=True))
    assert len(said) == 32
    assert (said["出厂编号"], said["原使用登记代码"]) == ("=1+1", "渝旧0001")
    assert said["气瓶使用登记代码"] == one.registration_code
    assert book.active["A2"].value == "共 1 条"


# ------------------------------------------------------------------ one
def test_a_page_says_facts_standing_history_and_code(
    world: World, as_: As, admin: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    batch = cylinders.batch(world.jia, origin="existing", state="certified")
    one = cylinders.registered(world.jia, old_code="渝旧0001", **fit())
    item = cylinders.complete_item(batch, **fit())
    type(item).objects.filter(pk=item.pk).update(cylinder=one)
    with django_assert_num_queries(10):
        answer = admin.get(f"/cylinders/archive/{one.code}/")
    facts = dict(answer.context["facts"])
    assert facts["原使用登记代码"] == "渝旧0001"
    assert facts["使用登记代码"] == one.registration_code
    assert answer.context["standing"].kind == "done"
    assert len(answer.context["photos"]) == 2
    assert [line["event"].kind for line in answer.context["history"]["lines"]] == ["registered"]
    page = answer.content.decode()
    assert f"/q/{one.token}/" in page
    assert f"/cylinders/progress/{batch.code}/" in page
    assert as_(world.regulator).get(f"/cylinders/archive/{one.code}/").context["acts"] == []
    for stranger in (world.yi_admin, world.far_regulator):
        assert as_(stranger).get(f"/cylinders/archive/{one.code}/").status_code == 404


# ------------------------------------------------------------------ acts
def test_a_bureau_sees_no_photographs_of_another_districts_application(
    world: World, as_: As
) -> None:
    """甲 (渝中区) applied in 沙坪坝区: its own bureau reads the cylinder, not the pictures behind it."""
    batch = cylinders.batch(world.jia, state="certified", region="500106")
    item = cylinders.complete_item(batch)
    one = cylinders.registered(world.jia)
    Cylinder.objects.filter(pk=one.pk).update(region="500106")
    BatchItem.objects.filter(pk=item.pk).update(cylinder=one)
    pages = [
        as_(user).get(f"/cylinders/archive/{one.code}/").context
        for user in (world.jia_admin, world.regulator, world.far_regulator)
    ]
    assert [len(page["photos"]) for page in pages] == [2, 0, 2]
    assert [page["item"] == item for page in pages] == [True, False, True]


def test_a_bulk_act_tells_each_reason_and_then_does_the_rest(world: World, admin: Client) -> None:
    good = cylinders.registered(world.jia, **fit())
    bad = cylinders.registered(world.jia, state="lost", **fit())
    foreign = cylinders.registered(world.yi, **fit())
    shown = admin.get(ACT, {"do": "stop", "c": [good.code, bad.code, foreign.code]})
    chosen = shown.context["chosen"]
    assert [one.pk for one in chosen.rows] == [good.pk, bad.pk]
    given = {
        "do": "stop",
        "chosen": chosen.text,
        "reason": "㛃 <script>库存</script>",
        "on": str(today()),
    }
    answer = admin.post(ACT, given)
    assert answer.status_code == 422
    assert [line.refusal for line in answer.context["lines"]] == [
        "当前为“丢失”，不能停用。",
        "",
    ]
    assert "所选 2 只中有 1 只不能办理，均未改动。" in answer.content.decode()
    assert "<script>库存" not in answer.content.decode()
    good.refresh_from_db()
    assert good.state == "empty"
    answer = admin.post(ACT, given | {"without": bad.code})
    assert answer.status_code == 302
    good.refresh_from_db()
    assert good.state == "stopped"
    # A second press: told, shown anew, nothing twice.
    answer = admin.post(ACT, given | {"without": bad.code})
    assert answer.status_code == 409
    assert "刚刚被他人修改过" in answer.content.decode()
    assert CylinderEvent.objects.filter(cylinder=good, kind="stopped").count() == 1


def test_scrapping_wants_the_word_and_the_proof(world: World, admin: Client) -> None:
    one = cylinders.registered(world.jia, **fit())
    given = {
        "do": "scrap",
        "chosen": f"{one.code}-1",
        "reason": "到期",
        "method": "压扁",
        "on": str(today()),
    }
    answer = admin.post(ACT, given | {"confirm": "同意", "file": proof()})
    assert answer.context["form"].errors == {"confirm": ["报废后不能恢复，请输入“报废”二字确认。"]}
    answer = admin.post(ACT, given | {"confirm": "报废"})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"file": ["请上传去功能化（压扁、切割等）的证明材料。"]}
    bad = SimpleUploadedFile("a.pdf", b"MZ no pdf", "application/pdf")
    assert admin.post(ACT, given | {"confirm": "报废", "file": bad}).status_code == 422
    assert admin.post(ACT, given | {"confirm": "报废", "file": proof()}).status_code == 302
    one.refresh_from_db()
    assert one.state == "scrapped"
    event = one.events.get(kind="scrapped")
    assert admin.get(f"/files/{event.file_id}/").status_code == 200


def test_everything_that_the_filter_leaves_and_no_more_than_a_thousand(
    world: World, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        cylinders.registered(world.jia, **fit())
    cylinders.registered(world.jia, state="stopped", **fit())
    chosen = admin.get(ACT, {"do": "move", "all": "1", "filter": "tab=in_use"}).context["chosen"]
    assert len(chosen.rows) == 3
    monkeypatch.setattr("cylinders.views.acts.MOST", 2)
    answer = admin.get(ACT, {"do": "move", "all": "1", "filter": "tab=in_use"})
    assert "选择的气瓶太多" in answer.content.decode()


def test_nobody_but_the_units_account_acts(world: World, as_: As) -> None:
    one = cylinders.registered(world.jia, **fit())
    for user in (world.regulator, world.li.user):
        assert as_(user).post(ACT, {"do": "stop", "chosen": one.code}).status_code == 403
    answer = as_(world.yi_admin).post(
        ACT, {"do": "stop", "chosen": f"{one.code}-1", "reason": "x", "on": str(today())}
    )
    assert answer.status_code == 422
    assert "还没有选择气瓶" in answer.content.decode()
    assert Cylinder.objects.get().state == "empty"


# ------------------------------------------------------------------ changes
def test_a_stale_change_is_told_and_overwrites_nothing(world: World, admin: Client) -> None:
    one = cylinders.registered(world.jia, **fit())
    url = f"/cylinders/archive/{one.code}/change/"
    assert "plate" not in admin.get(url).context["form"].fields
    given = {"kind": "facts", "version": "1", "inner_no": "0007", "owner": "", "note": ""}
    assert admin.post(url, given).status_code == 302
    answer = admin.post(url, given | {"inner_no": "0008"})
    assert answer.status_code == 409
    assert 'value="0008"' in answer.content.decode()
    one.refresh_from_db()
    assert (one.inner_no, one.version) == ("0007", 2)
    answer = admin.post(url, given | {"version": "2", "inner_no": "9" * 41})
    assert answer.status_code == 422


# ------------------------------------------------------------------ public
def test_the_public_page_says_what_it_is_and_warns(world: World) -> None:
    one = cylinders.registered(world.jia, old_code="渝旧0001", owner="张三", **fit())
    type(world.bureau).objects.filter(pk=world.bureau.pk).update(phone="023-63800000")
    answer = Client().get(f"/q/{one.token}/")
    assert (answer.status_code, answer.context["stops"]) == (200, [])
    facts = {fact.label: fact.text for fact in answer.context["facts"]}
    assert facts["使用单位"] == "甲物业管理有限公司"
    assert facts["原使用登记代码"] == "渝旧0001"
    page = answer.content.decode()
    assert 'href="tel:023-63800000"' in page
    assert "张三" not in page
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    Cylinder.objects.update(state="scrapped")
    page = Client().get(f"/q/{one.token}/").content.decode()
    assert "该气瓶已报废并去功能化，禁止充装。" in page
    assert Client().get("/q/AAAAAAAAAAAAAAAAAAAA/").status_code == 404


def test_the_look_up_finds_by_label_code_and_number(world: World, admin: Client) -> None:
    one = cylinders.registered(
        world.jia, product_no="GP-1", qr_url="https://qp.example.cn/q/1", **fit()
    )
    two = cylinders.registered(world.yi, product_no="GP-1", manufacturer="另一制造厂", **fit())
    client = Client()

    def leads(**asked: str) -> str:
        return client.get("/q/", asked).get("Location", "")

    assert leads(q=" HTTPS://QP.example.cn/q/1 ") == f"/q/{one.token}/"
    assert leads(q=two.registration_code.lower()) == f"/q/{two.token}/"
    assert leads(q="gp-1", maker="另一") == f"/q/{two.token}/"
    assert leads(q=f"https://sz.example.cn/q/{two.token}/") == f"/q/{two.token}/"
    assert [each.pk for each in client.get("/q/", {"q": "GP-1"}).context["rows"]] == [
        one.pk,
        two.pk,
    ]
    given = {
        "kind": "label",
        "version": "1",
        "qr_url": "https://qp.example.cn/q/new",
        "reason": "标签损坏",
    }
    answer = admin.post(f"/cylinders/archive/{one.code}/change/", given)
    assert answer.status_code == 302, answer.context["form"].errors
    assert leads(q="https://qp.example.cn/q/1") == f"/q/{one.token}/?label=old"
    assert "已换码" in client.get(f"/q/{one.token}/?label=old").content.decode()
    assert leads(q="https://qp.example.cn/q/new") == f"/q/{one.token}/"
    for text in ("没有的", "\x00", "'; drop table", "https://qp.example.cn/q/none"):
        assert client.get("/q/", {"q": text}).status_code in {404, 422}


def test_looking_up_too_often_is_told(world: World, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"public_check": "1/m/ip"}
    client = Client()
    assert client.get("/q/", {"q": "X1"}).status_code == 404
    assert client.get("/q/", {"q": "X1"}).status_code == 429
