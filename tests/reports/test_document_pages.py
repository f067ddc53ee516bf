"""The form page, its buttons, and the list of issued documents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from config.errors import RuleBroken
from reports import pdf
from reports.actions.issue import issue_daily_check
from reports.models import IssuedDocument
from tests.factories import reports as made
from tests.world import NOW, World
from units.models import User

SignIn = Callable[[User], Client]


def form_url(inspection: object) -> str:
    return reverse("reports:daily-check", args=[inspection.code])


def issue_url(inspection: object) -> str:
    return reverse("reports:issue", args=[inspection.code])


def list_url(**query: object) -> str:
    return f"{reverse('reports:document-list')}?{urlencode(query)}"


def page(response: object) -> str:
    return response.content.decode()


def issued(world: World, inspection: object, who: str = "li") -> IssuedDocument:
    return issue_daily_check(inspection, actor=world.actor(getattr(world, who)), now=NOW)


# ------------------------------------------------------------------ the form page
def test_the_form_is_there_at_once(world: World, as_: SignIn) -> None:
    inspection = made.signed(world.lift, world.li, said={2: made.fixed("更换灯管")})
    for user in (world.li.user, world.wang.user, world.chen.user, world.jia_admin):
        response = as_(user).get(form_url(inspection))
        text = page(response)
        assert response.status_code == 200
        assert '<h1 class="sz-doc-title">每日电梯安全检查记录</h1>' in text
        assert "立即处理：更换灯管" in text
        assert f'action="{issue_url(inspection)}"' in text
        assert "下载 PDF" not in text
    assert IssuedDocument.objects.count() == 0


def test_photos_and_signature_come_through_the_door(world: World, as_: SignIn) -> None:
    inspection = made.signed(world.lift, world.li, said={2: made.fixed()})
    client = as_(world.jia_admin)
    text = page(client.get(form_url(inspection)))
    for stored in (inspection.signature.image, inspection.photos.get().photo.copy):
        url = reverse("units:file", args=[stored.pk])
        assert f'src="{url}"' in text
        assert client.get(url).status_code == 200
    original = inspection.photos.get().photo.original
    assert str(original.pk) not in text
    assert client.get(reverse("units:file", args=[original.pk])).status_code == 404


def test_the_regulator_reads_but_does_not_issue(world: World, as_: SignIn) -> None:
    inspection = made.signed(world.lift, world.li)
    client = as_(world.regulator)
    text = page(client.get(form_url(inspection)))
    assert "使用单位尚未生成该记录的 PDF" in text
    assert issue_url(inspection) not in text
    assert client.post(issue_url(inspection)).status_code == 403
    assert IssuedDocument.objects.count() == 0


def test_other_units_find_nothing(world: World, as_: SignIn) -> None:
    inspection = made.signed(world.lift, world.li)
    document = issued(world, inspection)
    pdf_url = reverse("units:file", args=[document.file_id])
    for user in (world.yi_admin, world.sun.user, world.far_admin):
        client = as_(user)
        assert [
            client.get(form_url(inspection)).status_code,
            client.post(issue_url(inspection)).status_code,
            client.get(pdf_url).status_code,
        ] == [404, 404, 404]
    far = as_(world.far_regulator)
    assert (far.get(form_url(inspection)).status_code, far.get(pdf_url).status_code) == (404, 404)


def test_a_record_that_does_not_exist(world: World, as_: SignIn) -> None:
    assert (
        as_(world.li.user).get(reverse("reports:daily-check", args=["NOSUCH"])).status_code == 404
    )


def test_issuing_leads_back_to_the_form_with_its_number(world: World, as_: SignIn) -> None:
    inspection = made.signed(world.lift, world.li)
    client = as_(world.li.user)
    response = client.post(issue_url(inspection), follow=True)
    document = IssuedDocument.objects.get()
    text = page(response)
    assert response.redirect_chain == [(form_url(inspection), 302)]
    assert f"PDF 已生成，文书编号 {document.number}。" in text
    assert f"文书编号：{document.number}" in text
    pdf_url = reverse("units:file", args=[document.file_id])
    assert (f'href="{pdf_url}"' in text, f'href="{pdf_url}?download=1"' in text) == (True, True)
    assert issue_url(inspection) not in text
    answer = client.get(f"{pdf_url}?download=1")
    assert answer["Content-Type"] == "application/pdf"
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")


def test_a_second_click_gives_the_same_document(world: World, as_: SignIn) -> None:
    inspection = made.signed(world.lift, world.li)
    client = as_(world.li.user)
    assert [client.post(issue_url(inspection)).status_code for _ in range(2)] == [302, 302]
    assert IssuedDocument.objects.count() == 1


def test_issuing_is_never_a_get(world: World, as_: SignIn) -> None:
    inspection = made.signed(world.lift, world.li)
    assert as_(world.li.user).get(issue_url(inspection)).status_code == 405


def test_the_page_shows_what_was_issued(world: World, as_: SignIn) -> None:
    """The trail that grows afterwards belongs to the hazard, not to this document."""
    inspection = made.signed(world.lift, world.li, said={3: made.pending()})
    hazard = made.report(inspection, 3)
    issued(world, inspection)
    made.event(hazard, "ordered", world.wang, NOW, "更换门刀并出具报告")
    text = page(as_(world.li.user).get(form_url(inspection)))
    assert "更换门刀并出具报告" not in text
    assert "本页与 PDF 内容一致、不再改变" in text


@pytest.mark.parametrize(
    ("code", "status", "sentence"),
    [
        ("pdf_unavailable", 503, "本服务器缺少生成 PDF 的系统软件包，请管理员执行：apt-get install libpango-1.0-0"),
        ("pdf_failed", 409, "表单中的照片、签名或字体无法读取，PDF 没有生成，请联系平台管理员。"),
    ],
)  # fmt: skip
def test_a_refusal_stands_on_the_form_page(
    world: World,
    as_: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    status: int,
    sentence: str,
) -> None:
    def refuse(*args: object, **kwargs: object) -> bytes:
        raise RuleBroken(code, sentence, status=status)

    monkeypatch.setattr(pdf, "render", refuse)
    inspection = made.signed(world.lift, world.li)
    response = as_(world.li.user).post(issue_url(inspection))
    text = page(response)
    assert response.status_code == status
    assert sentence in text
    assert (f'action="{issue_url(inspection)}"' in text, "甲物业管理有限公司" in text) == (
        True,
        True,
    )
    assert IssuedDocument.objects.count() == 0
    assert as_(world.li.user).get(form_url(inspection)).status_code == 200


def test_the_marks_are_on_the_page_for_everybody(world: World, as_: SignIn) -> None:
    inspection = made.signed(
        world.lift, world.li, day=date(2026, 11, 15), state="backfilled", timing="backfilled",
        backfill_reason="手机故障", round_status="stopped", stop_reason="停电",
    )  # fmt: skip
    for user in (world.li.user, world.wang.user, world.chen.user, world.jia_admin, world.regulator):
        text = page(as_(user).get(form_url(inspection)))
        assert ("补录原因：手机故障" in text, "停用原因：停电" in text) == (True, True)


def test_what_people_typed_is_text(world: World, as_: SignIn) -> None:
    note = "<script>alert('x')</script>"
    inspection = made.signed(world.lift, world.li, said={2: {"result": "pass", "note": note}})
    text = page(as_(world.li.user).get(form_url(inspection)))
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;" in text
    assert note not in text


# ------------------------------------------------------------------ the list
def numbers(response: object) -> list[str]:
    return [row["document"].number for row in response.context["rows"]]


@pytest.fixture
def three(world: World) -> list[IssuedDocument]:
    """Newest date first: lift 11-20, crane 11-19, boiler 11-15 (补录)."""
    return [
        issued(world, made.signed(world.lift, world.li)),
        issued(world, made.signed(world.crane, world.li, day=date(2026, 11, 19))),
        issued(
            world,
            made.signed(
                world.boiler, world.zhang, day=date(2026, 11, 15), state="backfilled",
                timing="backfilled", backfill_reason="请假",
            ),
            "zhang",
        ),
    ]  # fmt: skip


def test_the_list_shows_the_units_documents_newest_first(
    world: World, as_: SignIn, three: list[IssuedDocument]
) -> None:
    issued(world, made.signed(world.yi_lift, world.sun), "sun")
    response = as_(world.jia_admin).get(list_url())
    text = page(response)
    assert numbers(response) == [document.number for document in three]
    assert "共 3 条" in text
    for document in three:
        assert f'href="{reverse("units:file", args=[document.file_id])}?download=1"' in text
        assert f'href="{reverse("reports:daily-check", args=[document.subject_code])}"' in text
    assert ("补录" in text, "使用单位</th>" in text) == (True, False)


NARROWED = [
    ({"category": "lift"}, [0]),
    ({"category": "ropeway"}, []),
    ({"first_on": "2026-11-19"}, [0, 1]),
    ({"last_on": "2026-11-19"}, [1, 2]),
    ({"first_on": "2026-11-19", "last_on": "2026-11-19"}, [1]),
    ({"keyword": "行车"}, [1]),
    ({"keyword": "张全"}, [2]),
    ({"keyword": "20261115"}, [2]),
    ({"keyword": "安全检查 李安"}, [0, 1]),
    ({"keyword": "李安 锅炉"}, []),
    ({"keyword": "%"}, []),
    ({"keyword": "１号客梯"}, [0]),
    ({"keyword": "客梯", "category": "crane"}, []),
]


def test_the_list_is_narrowed(world: World, as_: SignIn, three: list[IssuedDocument]) -> None:
    client = as_(world.jia_admin)
    of = [document.number for document in three]
    for query, expected in NARROWED:
        response = client.get(list_url(**query))
        found = [of.index(number) for number in numbers(response)]
        is_empty = "没有符合条件的记录表单" in page(response)
        assert (query, found, is_empty) == (query, expected, not expected)


def test_registration_and_equipment_numbers_are_found(
    world: World, as_: SignIn, three: list[IssuedDocument]
) -> None:
    client = as_(world.jia_admin)
    for number in (world.lift.registration_no, world.lift.equipment_code):
        assert numbers(client.get(list_url(keyword=number))) == [three[0].number]


def test_a_wrong_filter_is_told_beside_its_field(
    world: World, as_: SignIn, three: list[IssuedDocument]
) -> None:
    client = as_(world.jia_admin)
    backwards = page(client.get(list_url(first_on="2026-11-20", last_on="2026-11-01")))
    nonsense = page(client.get(list_url(first_on="昨天", category="spaceship")))
    assert "结束日期不能早于开始日期。" in backwards
    assert ("请填写正确的日期。" in nonsense, 'value="昨天"' in nonsense) == (True, True)


def test_the_regulator_sees_the_subtree_with_unit_names(
    world: World, as_: SignIn, three: list[IssuedDocument]
) -> None:
    foreign = issued(world, made.signed(world.yi_lift, world.sun), "sun")
    near, far = (as_(user).get(list_url()) for user in (world.regulator, world.far_regulator))
    assert sorted(numbers(near)) == sorted([*(d.number for d in three), foreign.number])
    assert ("乙机械有限公司" in page(near), "使用单位</th>" in page(near)) == (True, True)
    assert numbers(far) == []
    assert "辖区内还没有生成记录表单" in page(far)


def test_an_empty_list_says_how_to_fill_it(world: World, as_: SignIn) -> None:
    text = page(as_(world.jia_admin).get(list_url()))
    assert "还没有生成记录表单" in text
    assert "再点“生成 PDF”" in text


def test_safety_people_work_on_the_phone(world: World, as_: SignIn) -> None:
    assert as_(world.li.user).get(list_url()).status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_the_same_queries_for_one_and_three(
    world: World, as_: SignIn, rows: int, django_assert_num_queries: object
) -> None:
    for number in range(rows):
        issued(world, made.signed(world.lift, world.li, day=date(2026, 11, 20 - number)))
    client = as_(world.jia_admin)
    client.get(list_url())
    # session, user with unit, count, rows with unit and file
    with django_assert_num_queries(5):
        client.get(list_url())


@pytest.mark.parametrize("photos", [1, 3])
def test_the_form_page_takes_the_same_queries_for_one_and_three(
    world: World, as_: SignIn, photos: int, django_assert_num_queries: object
) -> None:
    said = {number: made.pending() for number in range(1, photos + 1)}
    inspection = made.signed(world.lift, world.li, said=said)
    for number in said:
        made.report(inspection, number)
    client = as_(world.li.user)
    client.get(form_url(inspection))
    # session, user, employment, posts; inspection; issued?; and the seven of the form
    with django_assert_num_queries(12):
        client.get(form_url(inspection))
