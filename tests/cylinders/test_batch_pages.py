"""The unit's pages of an application: list, new one, its page, submission, progress (F76–F83)."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from config.excel.kinds import Context
from cylinders.actions.batches import submit
from cylinders.enums import Claim
from cylinders.imports.cylinders import CYLINDERS
from cylinders.models import Batch, BatchItem, BatchStep
from tests.factories import cylinders as made
from tests.world import NOW, World

As = Callable[[Any], Client]
LIST = "/cylinders/applications/"


@pytest.fixture(autouse=True)
def _at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def admin(world: World, as_: As) -> Client:
    return as_(world.jia_admin)


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def page(name: str, *args: str) -> str:
    return reverse(f"cylinders:{name}", args=args)


class TestList:
    def test_what_is_to_be_corrected_comes_first(self, admin: Client, world: World) -> None:
        made.item(made.batch(world.jia))
        made.batch(world.jia, state="correcting", number="QPSQ-1")
        made.batch(world.jia, state="accepted", accepted_at=NOW)
        made.batch(world.yi, state="correcting")
        answer = admin.get(LIST)
        tabs = [(one["label"], one["count"], one["active"]) for one in answer.context["tabs"]]
        assert tabs == [
            ("草稿", 1, False),
            ("待补正", 1, True),
            ("办理中", 1, False),
            ("已办结", 0, False),
        ]
        assert [row["one"].number for row in answer.context["rows"]] == ["QPSQ-1"]
        assert '1<span class="visually-hidden">份待补正</span>' in answer.content.decode()
        drafts = admin.get(LIST, {"tab": "draft"}).context["rows"]
        assert [(row["one"].cylinders, row["one"].unphotographed) for row in drafts] == [(1, 1)]

    def test_the_number_of_queries_does_not_grow(
        self, admin: Client, world: World, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for rows in (1, 3):
            while Batch.objects.count() < rows:
                made.complete_item(made.batch(world.jia))
            with django_assert_num_queries(5):
                assert len(admin.get(LIST).context["rows"]) == rows

    def test_nothing_here_says_how_to_begin(self, admin: Client) -> None:
        assert "还没有使用登记申请" in admin.get(LIST).content.decode()


class TestAdd:
    def test_cylinders_begin_here_other_machines_at_the_counter(self, admin: Client) -> None:
        text = admin.get(page("batch-add")).content.decode()
        assert "尚未开通网上气瓶使用登记" in text
        made.setting()
        answer = admin.post(page("batch-add"), {"origin": "existing"})
        batch = Batch.objects.get()
        assert (answer.status_code, answer.url) == (302, page("batch", batch.code))
        assert (batch.origin, batch.region_id) == ("existing", "500103")
        text = admin.get(page("batch-add"), {"kind": "boiler"}).content.decode()
        assert "锅炉的使用登记在窗口办理" in text
        assert "渝中区市场监督管理局　电话 023-63800000" in text

    def test_nothing_chosen_stays_on_the_page(self, admin: Client) -> None:
        answer = admin.post(page("batch-add"), {"origin": "gift"})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["origin"])


class TestPage:
    def test_the_filter_finds_those_without_photographs(self, admin: Client, world: World) -> None:
        batch = made.batch(world.jia)
        made.complete_item(batch, product_no="GP001")
        made.item(batch, product_no="GP002", medium="丙烷")
        made.photo(made.item(batch, product_no="GP003"))
        found = {}
        for photos in ("", "full", "none", "partial", "odd"):
            answer = admin.get(page("batch", batch.code), {"photos": photos})
            found[photos] = [row["one"].product_no for row in answer.context["rows"]]
        every = ["GP001", "GP002", "GP003"]
        assert found == {
            "": every,
            "full": ["GP001"],
            "none": ["GP002"],
            "partial": ["GP003"],
            "odd": every,
        }
        answer = admin.get(page("batch", batch.code), {"keyword": "ｇｐ００３"})
        assert [row["lacking"] for row in answer.context["rows"]] == ["还缺监检证书照片。"]

    def test_the_number_of_queries_does_not_grow(
        self, admin: Client, world: World, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        batch = made.batch(world.jia)
        for rows in (1, 3):
            while batch.items.count() < rows:
                made.complete_item(batch)
            with django_assert_num_queries(10):
                assert len(admin.get(page("batch", batch.code)).context["rows"]) == rows

    def test_the_bureaus_words_stand_on_top_with_the_wrong_ones(
        self, admin: Client, world: World
    ) -> None:
        batch = made.batch(world.jia, state="correcting", returned_at=NOW)
        made.complete_item(batch)
        wrong = made.complete_item(batch, product_no="GP009").photos.first()
        wrong.checks.create(
            step="accept",
            round=1,
            verdict="wrong",
            reason="编号不清",
            user=world.regulator,
            user_name="渝中",
            first_at=NOW,
            last_at=NOW,
        )
        BatchStep.objects.create(
            batch=batch,
            round=1,
            name="returned",
            opinion="1. 照片不清<b>",
            actor_name="刘审",
            owner_name="渝中区市场监督管理局",
            at=NOW,
        )
        text = admin.get(page("batch", batch.code)).content.decode()
        assert "1. 照片不清&lt;b&gt;" in text
        assert "1 只气瓶有照片被标为“错误”" in text
        answer = admin.get(page("batch", batch.code), {"problem": "wrong"})
        assert [(row["one"].product_no, row["wrong"]) for row in answer.context["rows"]] == [
            ("GP009", "钢印照片：编号不清")
        ]

    def test_basics_are_changed_with_what_was_typed_kept(self, admin: Client, world: World) -> None:
        batch = made.batch(world.jia)
        typed = {"version": 1, "region": "500103", "address": "<script>㛃", "postcode": "1\x00"}
        answer = admin.post(page("batch-basics", batch.code), typed)
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["postcode"])
        assert "&lt;script&gt;㛃" in answer.content.decode()
        assert admin.post(page("batch-basics", batch.code), typed | {"postcode": ""}).url == page(
            "batch", batch.code
        )
        answer = admin.post(page("batch-basics", batch.code), typed | {"postcode": "400010"})
        assert answer.status_code == 409
        assert "刚刚被他人修改过" in answer.content.decode()
        part = admin.get(page("batch-basics", batch.code), headers={"HX-Request": "true"})
        assert "<html" not in part.content.decode()


class TestItems:
    def test_ticked_ones_are_taken_out_with_a_reason(self, admin: Client, world: World) -> None:
        batch = made.batch(world.jia)
        items = [made.complete_item(batch) for _ in range(3)]
        url = page("items-remove", batch.code)
        answer = admin.post(url, {"i": [items[0].code], "reason": ""})
        assert (answer.status_code, list(answer.context["remove_form"].errors)) == (422, ["reason"])
        given = {"i": [items[0].code, "\x00"], "reason": "重复"}
        assert said(admin.post(url, given))[-1][:9] == "已移出 1 只气瓶"
        assert said(admin.post(url, given))[-1] == "所选气瓶已经移出，没有再次移出。"
        admin.post(f"{url}?keyword={items[2].product_no}", {"all": "1", "reason": "全部"})
        assert list(batch.items.standing()) == [items[1]]

    def test_everything_wrong_is_said_at_once_beside_its_field(
        self, admin: Client, world: World
    ) -> None:
        item = made.item(made.batch(world.jia))
        url = page("item-change", item.batch.code, item.code)
        form = admin.get(url).context["form"]
        typed = {name: form[name].value() or "" for name in form.fields}
        wrong = {"product_no": "", "qr_url": "007", "volume": "很大", "made_on": "2024-13"}
        answer = admin.post(url, typed | wrong)
        assert (answer.status_code, sorted(answer.context["form"].errors)) == (422, sorted(wrong))
        answer = admin.post(url, typed | {"product_no": "０07A", "note": "㛃𬭚<i>"})
        assert (answer.status_code, answer.url) == (302, page("item", item.batch.code, item.code))
        fresh = BatchItem.objects.get()
        assert (fresh.product_no, fresh.note, fresh.version) == ("007A", "㛃𬭚<i>", 2)
        answer = admin.post(url, typed | {"note": "旧的"})
        assert answer.status_code == 409
        assert "这只气瓶刚刚被他人修改过" in answer.content.decode()

    def test_the_list_goes_out_as_text_and_comes_in_again_unchanged(
        self, admin: Client, world: World
    ) -> None:
        batch = made.batch(world.jia)
        made.complete_item(batch, product_no="007", note="=1+1")
        made.item(batch, product_no="008")
        answer = admin.get(page("items-export", batch.code), {"photos": "full"})
        content = b"".join(answer.streaming_content)
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        heads = [cell.value for cell in sheet[3]]
        row = dict(zip(heads, sheet[4], strict=True))
        assert (row["产品编号"].value, row["照片情况"].value, sheet.max_row) == ("007", "已上传", 4)
        assert (row["备注"].value, row["备注"].data_type) == ("=1+1", "s")
        context = Context(world.actor(world.jia_admin), NOW, target=batch.code)
        plan = CYLINDERS.plan(CYLINDERS.open(io.BytesIO(content), context), context)
        assert plan.counts() == {"create": 0, "change": 0, "same": 1, "refused": 0}


class TestSubmit:
    def test_what_is_missing_stands_there_with_links(self, admin: Client, world: World) -> None:
        batch = made.batch(world.jia, address="")
        text = admin.get(page("submit", batch.code)).content.decode()
        assert f'<a href="{page("batch-basics", batch.code)}">使用单位地址未填写</a>' in text
        assert "气瓶清单为空，请先导入气瓶" in text
        answer = admin.post(page("submit", batch.code), {"is_true": "on"})
        assert answer.status_code == 422
        assert Batch.objects.get().state == "draft"

    def test_it_wants_the_statement_and_is_sent_once(self, admin: Client, world: World) -> None:
        batch = made.batch(world.jia)
        made.complete_item(batch)
        text = admin.get(page("submit", batch.code)).content.decode()
        assert "渝中区市场监督管理局（渝中区），电话 023-63800000" in text
        answer = admin.post(page("submit", batch.code))
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["is_true"])
        answers = [admin.post(page("submit", batch.code), {"is_true": "on"}) for _ in range(2)]
        assert [one.url for one in answers] == [page("progress", batch.code)] * 2
        assert said(answers[1])[-1].endswith("没有重复提交。")
        assert BatchStep.objects.count() == 1

    def test_a_twin_sent_by_another_unit_is_told_beside(self, admin: Client, world: World) -> None:
        mine, theirs = made.batch(world.jia), made.batch(world.yi)
        for batch in (mine, theirs):
            made.complete_item(batch, product_no="GP001")
        text = admin.get(page("submit", mine.code)).content.decode()
        assert "请核对后提交" in text
        submit(theirs, actor=world.actor(world.yi_admin), now=NOW)
        answer = admin.post(page("submit", mine.code), {"is_true": "on"})
        assert answer.status_code == 422
        assert "GP001：已由另一单位申请使用登记（渝中区）" in answer.content.decode()
        rows = admin.get(page("batch", mine.code), {"problem": "twin"}).context["rows"]
        assert [row["one"].product_no for row in rows] == ["GP001"]

    def test_a_draft_is_discarded(self, admin: Client, world: World) -> None:
        batch = made.batch(world.jia)
        made.complete_item(batch)
        assert admin.post(page("batch-discard", batch.code)).url == LIST
        assert Batch.objects.count() == 0
        assert admin.get(page("batch", batch.code)).status_code == 404


class TestProgress:
    def test_a_declined_one_says_why_and_begins_again(self, admin: Client, world: World) -> None:
        batch = made.batch(world.jia, state="declined", closed_at=NOW, closed_reason="不属于本辖区")
        made.complete_item(batch)
        batch.items.get().photos.update(is_live=False)
        text = admin.get(page("progress", batch.code)).content.decode()
        assert "原因：不属于本辖区" in text
        answer = admin.post(page("batch-again", batch.code))
        again = Batch.objects.exclude(pk=batch.pk).get()
        assert answer.url == page("batch", again.code)
        assert (again.items.get().claim, again.items.get().photos.count()) == (Claim.DRAFT, 2)
        assert admin.post(page("batch-again", batch.code)).status_code == 409

    def test_a_certified_one_leads_to_its_certificate(self, admin: Client, world: World) -> None:
        batch = made.batch(world.jia, state="certified", accepted_at=NOW, certified_at=NOW)
        certificate = made.certificate(world.jia)
        certificate.revisions.create(
            revision=2,
            batch=batch,
            added=1,
            total=1,
            unit_name=world.jia.name,
            issued_by_name="渝中区市场监督管理局",
            issued_at=NOW,
        )
        answer = admin.get(page("progress", batch.code))
        assert [(one["number"], one["url"]) for one in answer.context["certificates"]] == [
            (certificate.number, page("certificate", certificate.code))
        ]

    def test_who_sees_it(self, world: World, as_: As) -> None:
        batch = made.batch(world.jia, state="submitted")
        draft = made.batch(world.jia)
        who = [world.jia_admin, world.regulator, world.yi_admin, world.far_regulator, world.li.user]
        seen = [as_(one).get(page("progress", batch.code)).status_code for one in who]
        assert seen == [200, 200, 404, 404, 403]
        assert as_(world.regulator).get(page("progress", draft.code)).status_code == 404
        assert as_(world.regulator).get(page("batch", batch.code)).status_code == 403

    def test_the_list_begins_with_what_is_under_way(
        self, admin: Client, world: World, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        made.batch(world.jia)
        for rows in (1, 3):
            while Batch.objects.exclude(state="draft").count() < rows:
                made.complete_item(made.batch(world.jia, state="submitted"))
            with django_assert_num_queries(5):
                found = admin.get(page("progress-list")).context["rows"]
            assert [row["state"].text for row in found] == ["已提交"] * rows
