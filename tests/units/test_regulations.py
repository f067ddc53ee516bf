"""管理制度: PDF in, replaced by a later edition, never overwritten (F18, unit side)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.actor import SYSTEM
from config.errors import RuleBroken
from tests.factories import organisation as org
from tests.factories import papers
from tests.world import NOW, World
from units.actions.regulations import replace_regulation
from units.audit import Verb
from units.models import AuditEntry, Regulation

LIST, ADD = "/regulations/", "/regulations/add/"


@pytest.fixture
def admin(world: World, as_: Any) -> Client:
    return as_(world.jia_admin)


def names(response: Any) -> list[str]:
    return [one.name for one in response.context["page"]]


def replaced(regulation: Regulation, text: str = "2") -> None:
    regulation.refresh_from_db()
    file = papers.upload(papers.pdf(text), f"第{text}版.pdf")
    replace_regulation(
        regulation, version=regulation.version, file=file, note="修订", actor=SYSTEM, now=NOW
    )


def test_a_rule_is_added_with_its_pdf_and_can_be_downloaded(world: World, admin: Client) -> None:
    content = papers.pdf("电梯")
    data = {"name": "㛃制度<b>", "kind": "operation", "file": papers.upload(content, "规程.pdf")}
    response = admin.post(ADD, data)
    rule = Regulation.objects.get()
    assert response["Location"] == f"/regulations/{rule.code}/"
    [edition] = rule.editions.all()
    assert (edition.number, edition.uploaded_by_name) == (1, world.jia_admin.name)
    got = admin.get(f"/files/{edition.file_id}/", {"download": "1"})
    assert b"".join(got.streaming_content) == content
    assert got["Content-Disposition"].startswith("attachment")
    text = admin.get(LIST).content.decode()
    assert "㛃制度&lt;b&gt;" in text and "第 1 版" in text


def test_strangers_get_no_file(world: World, as_: Any) -> None:
    edition = org.regulation(world.jia).editions.get()
    url = f"/files/{edition.file_id}/"
    assert as_(world.regulator).get(url).status_code == 200
    strangers = (world.yi_admin, world.far_regulator, world.li.user)
    assert [as_(who).get(url).status_code for who in strangers] == [404, 404, 404]


@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        ({"kind": "other"}, "name", "请填写制度名称。"),
        ({"name": "制" * 101, "kind": "other"}, "name", "制度名称最多 100 个字"),
        ({"name": "新制度"}, "kind", "请选择制度类型。"),
        ({"name": "电梯安全管理制度", "kind": "other"}, "name", "已有现行的“电梯安全管理制度”"),
        ({"name": "新", "kind": "other", "file": None}, "file", "请选择文件。"),
        ({"name": "新", "kind": "other", "file": b"PK\x03\x04"}, "file", "改扩展名不能转换格式"),
    ],
)
def test_a_bad_rule_is_refused_beside_its_field(
    data: dict[str, Any], field: str, words: str, world: World, admin: Client
) -> None:
    org.regulation(world.jia)
    file = data.get("file", papers.pdf("新"))
    posted = {key: value for key, value in data.items() if key != "file"}
    if file is not None:
        posted["file"] = papers.upload(file, "a.pdf")
    response = admin.post(ADD, posted)
    assert response.status_code == 422
    assert words in response.context["form"].errors[field][0]
    assert Regulation.objects.count() == 1


def test_a_replacement_is_a_new_edition_and_the_old_one_stays(world: World, admin: Client) -> None:
    rule = org.regulation(world.jia)
    first = rule.editions.get()
    url = f"/regulations/{rule.code}/replace/"
    data = {"version": "1", "note": "按新规修订", "file": papers.upload(papers.pdf("新"), "新.pdf")}
    assert admin.post(url, data).status_code == 302
    page = admin.get(f"/regulations/{rule.code}/")
    editions = page.context["editions"]
    assert [(one.number, one.note) for one in editions] == [(2, "按新规修订"), (1, "")]
    assert f"/files/{first.file_id}/?download=1" in page.content.decode()
    assert admin.get(f"/files/{first.file_id}/").status_code == 200
    entry = AuditEntry.objects.get(verb=Verb.REGULATION_REPLACED)
    assert entry.after == {"edition": 2, "file": "新.pdf", "note": "按新规修订"}


def test_the_second_of_two_who_replace_is_told(world: World, admin: Client) -> None:
    rule = org.regulation(world.jia)
    replaced(rule)
    data = {"version": "1", "note": "晚了", "file": papers.upload(papers.pdf("3"))}
    response = admin.post(f"/regulations/{rule.code}/replace/", data)
    assert response.status_code == 409
    assert "刚刚被他人修改过" in response.content.decode()
    assert rule.editions.count() == 2


def test_the_same_file_again_is_no_edition(world: World) -> None:
    rule = org.regulation(world.jia, text="一样")
    with pytest.raises(RuleBroken) as broken:
        replaced(rule, "一样")
    assert (broken.value.code, broken.value.field) == ("same_file", "file")


def test_name_and_type_are_edited_without_touching_the_file(world: World, admin: Client) -> None:
    rule = org.regulation(world.jia)
    url = f"/regulations/{rule.code}/edit/"
    data = {"name": "新名称", "kind": "training", "version": "1"}
    assert admin.post(url, data).status_code == 302
    assert admin.post(url, {**data, "name": "又一个"}).status_code == 409
    rule.refresh_from_db()
    assert (rule.name, rule.kind, rule.editions.count()) == ("新名称", "training", 1)


def test_a_withdrawn_rule_leaves_the_list_and_cannot_be_changed(
    world: World, admin: Client
) -> None:
    rule = org.regulation(world.jia)
    assert admin.post(f"/regulations/{rule.code}/close/").status_code == 302
    assert names(admin.get(LIST)) == []
    assert names(admin.get(LIST, {"state": "closed"})) == ["电梯安全管理制度"]
    assert admin.get(f"/regulations/{rule.code}/").status_code == 200
    for what in ("edit", "replace"):
        assert admin.get(f"/regulations/{rule.code}/{what}/").status_code == 409
    assert admin.post(f"/regulations/{rule.code}/close/").status_code == 409


def test_the_list_is_filtered_by_name_and_type(world: World, admin: Client) -> None:
    org.regulation(world.jia)
    org.regulation(world.jia, "应急预案", "emergency", text="b")
    org.regulation(world.yi, "乙的制度")
    assert names(admin.get(LIST)) == ["应急预案", "电梯安全管理制度"]
    assert names(admin.get(LIST, {"q": "电梯"})) == ["电梯安全管理制度"]
    assert names(admin.get(LIST, {"kind": "emergency"})) == ["应急预案"]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_and_shows_the_last_edition(
    rows: int, world: World, admin: Client
) -> None:
    for number in range(rows):
        replaced(org.regulation(world.jia, f"制度{number}", text=f"a{number}"), f"b{number}")
    with CaptureQueriesContext(connection) as captured:
        response = admin.get(LIST, headers={"HX-Request": "true"})
    assert len([q for q in captured if "units_regulation" in q["sql"]]) == 3
    assert [one.latest[0].number for one in response.context["page"]] == [2] * rows


def test_the_tab_of_external_sources_says_where_they_come_from(world: World, admin: Client) -> None:
    text = admin.get(LIST, {"tab": "external"}).content.decode()
    assert "区县市场监督管理局下发的通知和制度会出现在这里" in text
