"""Notices: to whom they go, who has read them, withdrawing, what a unit sees (F18)."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.errors import RuleBroken
from tests.factories import notices as made
from tests.factories import units as people
from tests.world import NOW, World
from units import queries_notices
from units.actions import notices as actions
from units.models import AuditEntry, Notice, NoticeReceipt, OutboxMessage, Unit

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n"
WRITE = "/bureau/notices/write/"
GOOD = {"title": "节前检查通知", "text": "请自查。", "audience": "all", "do": "publish"}


def pdf(content: bytes = PDF, name: str = "通知.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def publish(world: World, **changes: Any) -> Notice:
    facts = {"title": "通知", "text": "正文", "audience": "all"} | changes
    return actions.publish(**facts, actor=world.actor(world.regulator), now=NOW)


def receivers(notice: Notice) -> set[str]:
    return set(notice.receipts.values_list("unit__name", flat=True))


# ---------------------------------------------------------------- to whom it goes
def test_all_units_of_the_subtree_and_no_other_receive_it(world: World) -> None:
    notice = publish(world)
    assert receivers(notice) == {"甲物业管理有限公司", "乙机械有限公司"}
    codes = list(notice.receipts.values_list("code", flat=True))
    assert (len(set(codes)), {len(code) for code in codes}) == (2, {12})
    told = OutboxMessage.objects.values_list("recipient__username", "channel", "link")
    assert sorted(told) == [
        ("jia", "in_app", "/regulations/?tab=external"),
        ("yi", "in_app", "/regulations/?tab=external"),
    ]
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.after) == (
        "notice.published",
        {"audience": "辖区全部单位", "kinds": [], "units": 2},
    )


def test_by_kind(world: World) -> None:
    Unit.objects.filter(pk=world.yi.pk).update(kinds=["filling", "using"])
    assert receivers(publish(world, audience="kinds", kinds=["filling", "production"])) == {
        "乙机械有限公司"
    }


def test_chosen_units_of_elsewhere_are_left_out(world: World) -> None:
    codes = [world.jia.code, world.far_unit.code, "NOSUCHCODE"]
    assert receivers(publish(world, audience="chosen", unit_codes=codes)) == {"甲物业管理有限公司"}


def test_the_number_of_queries_does_not_grow_with_the_units(world: World) -> None:
    with CaptureQueriesContext(connection) as few:
        publish(world)
    for number in range(20):
        people.unit(f"又一家{number}公司")
    with CaptureQueriesContext(connection) as many:
        assert publish(world).receipts.count() == 22
    assert len(many) - 1 == len(few)  # the count itself


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"title": " "}, "title_missing", "title"),
        ({"title": "长" * 101}, "title_long", "title"),
        ({"text": "长" * 4001}, "text_long", "text"),
        ({"text": ""}, "no_content", "text"),
        ({"audience": "kinds"}, "kinds_missing", "kinds"),
        ({"audience": "kinds", "kinds": ["inspection"]}, "nobody", "audience"),
        ({"audience": "chosen"}, "units_missing", "look"),
        ({"audience": "chosen", "unit_codes": ["X1"]}, "nobody", "audience"),
        ({"audience": "chosen", "unit_codes": ["X"] * 501}, "too_many_units", "look"),
        ({"audience": "else"}, "audience_wrong", "audience"),
        ({"upload": pdf(b"MZ\x00")}, "renamed_file", "file"),
    ],
)
def test_what_cannot_be_published(
    world: World, changes: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(RuleBroken) as refused:
        publish(world, **changes)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert (Notice.objects.count(), OutboxMessage.objects.count()) == (0, 0)


@pytest.mark.parametrize("who", ["jia_admin", "li"])
def test_only_bureaus_publish(world: World, who: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        actions.publish(
            title="x", text="y", audience="all", actor=world.actor(getattr(world, who)), now=NOW
        )
    assert refused.value.status == 403


# ---------------------------------------------------------------- the page to write
def test_writing_with_odd_text_and_a_pdf(world: World, as_: Any) -> None:
    client = as_(world.regulator)
    odd = "<script>alert(1)</script> 㛃𬭚🛗 007"
    done = client.post(WRITE, GOOD | {"title": odd, "text": odd, "file": pdf()}, follow=True)
    notice = Notice.objects.get()
    assert (notice.title, notice.file.original_name) == (odd, "通知.pdf")
    page = done.content.decode()
    assert "<script>alert" not in page
    assert "已下发到 2 个单位" in page


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"title": ""}, "title", "请填写标题。"),
        ({"text": "长" * 4001}, "text", "正文最多 4000 个字，更长的内容请作为附件。"),
        ({"text": ""}, "text", "请填写正文，或上传一个 PDF 附件。"),
        ({"audience": ""}, "audience", "请选择发送范围。"),
        ({"audience": "kinds"}, "kinds", "请至少选择一个单位类型。"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_keeps_what_was_typed(
    world: World, as_: Any, changes: dict[str, str], field: str, said: str
) -> None:
    answer = as_(world.regulator).post(WRITE, GOOD | {"unit": world.jia.code} | changes)
    assert (answer.status_code, answer.context["form"].errors[field]) == (422, [said])
    page = answer.content.decode()
    assert f'value="{world.jia.code}" checked' in page
    assert Notice.objects.count() == 0


def test_looking_for_units_keeps_what_was_typed_and_ticked(world: World, as_: Any) -> None:
    client = as_(world.regulator)
    typed = GOOD | {"do": "look", "audience": "chosen", "look": "机械", "unit": world.jia.code}
    page = client.post(WRITE, typed)
    assert page.status_code == 200
    assert [one.name for one in page.context["picked"]] == ["甲物业管理有限公司"]
    assert [one.name for one in page.context["found"]] == ["乙机械有限公司"]
    assert 'value="节前检查通知"' in page.content.decode()
    partial = client.post(WRITE, typed, headers={"HX-Request": "true"}).content.decode()
    assert partial.startswith('<div id="notice-units">')
    none = client.post(WRITE, typed | {"look": "丙酒店"})  # of another district
    assert "没有查到“丙酒店”" in none.content.decode()
    assert Notice.objects.count() == 0


# ---------------------------------------------------------------- who has read it
def test_the_unit_reads_and_the_bureau_sees_it(world: World, as_: Any) -> None:
    notice = publish(world, upload=pdf())
    unit, bureau = as_(world.jia_admin), as_(world.regulator)
    actor = world.actor(world.jia_admin)
    assert queries_notices.badge(actor).count() == 1
    receipt = queries_notices.received(actor).get()
    page = unit.get(f"/notices/{receipt.code}/")
    assert (page.status_code, "确认已阅读" in page.content.decode()) == (200, True)
    assert unit.get(f"/files/{notice.file_id}/").status_code == 200
    assert queries_notices.badge(actor).count() == 1  # looking is not confirming
    assert unit.post(f"/notices/{receipt.code}/read/").url == f"/notices/{receipt.code}/"
    first = NoticeReceipt.objects.get(pk=receipt.pk)
    assert (first.read_by_name, first.read_by_id) == (world.jia_admin.name, world.jia_admin.pk)
    unit.post(f"/notices/{receipt.code}/read/")
    assert NoticeReceipt.objects.get(pk=receipt.pk).read_at == first.read_at
    assert AuditEntry.objects.filter(verb="notice.read").count() == 1
    assert queries_notices.badge(actor).count() == 0
    shown = bureau.get(f"/bureau/notices/{notice.code}/?read=no")
    assert [one.unit.name for one in shown.context["page"]] == ["乙机械有限公司"]
    assert (shown.context["reach"].read, shown.context["reach"].unread) == (1, 1)


def test_others_do_not_reach_notice_or_file(world: World, as_: Any) -> None:
    notice = publish(world, audience="chosen", unit_codes=[world.jia.code], upload=pdf())
    receipt = notice.receipts.get()
    for who in (world.yi_admin, world.far_admin):
        assert as_(who).get(f"/notices/{receipt.code}/").status_code == 404
        assert as_(who).post(f"/notices/{receipt.code}/read/").status_code == 404
        assert as_(who).get(f"/files/{notice.file_id}/").status_code == 404
    assert as_(world.far_regulator).get(f"/bureau/notices/{notice.code}/").status_code == 404
    assert as_(world.far_regulator).get(f"/files/{notice.file_id}/").status_code == 404
    assert as_(world.li.user).get(f"/files/{notice.file_id}/").status_code == 404
    assert as_(world.regulator).get(f"/files/{notice.file_id}/").status_code == 200


def test_the_list_filters_and_counts(world: World, as_: Any) -> None:
    city = people.bureau("500000", "重庆市市场监督管理局")
    above = people.account("bureau", "cqsj", city)
    read = made.notice(world.bureau, title="已读的")
    made.receipt(read, world.jia, read_at=NOW, read_by=world.jia_admin, read_by_name="甲")
    unread = made.notice(world.bureau, title="未读的")
    made.receipt(unread, world.jia)
    gone = made.notice(world.bureau, title="撤回的", withdrawn_at=NOW, withdraw_reason="x")
    made.receipt(gone, world.jia)

    def titles(who: Any, query: str) -> list[str]:
        page = as_(who).get(f"/bureau/notices/?{query}").context["page"]
        return [one.title for one in page]

    assert titles(world.regulator, "") == ["撤回的", "未读的", "已读的"]
    assert titles(world.regulator, "state=unread&source=own") == ["未读的"]
    assert queries_notices.unread_notices(world.actor(world.regulator)).count() == 1
    assert titles(world.regulator, "state=read") == ["已读的"]
    assert titles(world.regulator, "state=withdrawn") == ["撤回的"]
    assert titles(world.regulator, "keyword=未") == ["未读的"]
    assert titles(above, "source=below") == ["撤回的", "未读的", "已读的"]
    assert titles(above, "source=own") == []
    assert titles(world.far_regulator, "") == []


@pytest.mark.parametrize("number", [1, 3])
def test_queries_of_the_lists(
    world: World, as_: Any, django_assert_num_queries: Any, number: int
) -> None:
    for _ in range(number):
        notice = made.notice(world.bureau)
        made.receipt(notice, world.jia)
    for extra in range(number - 1):
        made.receipt(notice, people.unit(f"单位{extra}"))
    client = as_(world.regulator)
    client.get("/bureau/notices/")
    with django_assert_num_queries(LIST_QUERIES):
        client.get("/bureau/notices/")
    with django_assert_num_queries(DETAIL_QUERIES):
        client.get(f"/bureau/notices/{notice.code}/")


LIST_QUERIES = 6
DETAIL_QUERIES = 7


def test_the_export_holds_the_filtered_receipts_as_text(world: World, as_: Any) -> None:
    Unit.objects.filter(pk=world.jia.pk).update(name="=1+1", contact_phone="0231234567")
    notice = publish(world)
    answer = as_(world.regulator).get(f"/bureau/notices/{notice.code}/export/?read=no&keyword=%3D1")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    rows = list(sheet.iter_rows(min_row=3, values_only=True))
    assert len(rows) == 2
    assert (rows[1][0], rows[1][4], rows[1][5]) == ("=1+1", "0231234567", "未读")
    assert sheet.cell(4, 1).data_type == "s"


# ---------------------------------------------------------------- withdrawing
def test_a_withdrawn_notice_says_why_and_hides_its_text(world: World, as_: Any) -> None:
    notice = publish(world, text="正文在此", upload=pdf())
    url = f"/bureau/notices/{notice.code}/withdraw/"
    bureau, unit = as_(world.regulator), as_(world.jia_admin)
    assert bureau.post(url, {"reason": " "}).status_code == 422
    assert bureau.post(url, {"reason": "内容有误"}).status_code == 302
    again = bureau.post(url, {"reason": "再撤一次"})
    assert again.status_code == 409
    assert "已经撤回" in again.content.decode()
    receipt = NoticeReceipt.objects.get(notice=notice, unit=world.jia)
    page = unit.get(f"/notices/{receipt.code}/").content.decode()
    assert ("内容有误" in page, "正文在此" in page, "确认已阅读" in page) == (True, False, False)
    assert unit.get(f"/files/{notice.file_id}/").status_code == 404
    assert unit.post(f"/notices/{receipt.code}/read/").status_code == 409
    assert queries_notices.badge(world.actor(world.jia_admin)).count() == 0
    assert OutboxMessage.objects.filter(kind="notice.withdrawn").count() == 2


def test_the_bureau_above_reads_but_does_not_withdraw(world: World, as_: Any) -> None:
    city = people.bureau("500000", "重庆市市场监督管理局")
    above = people.account("bureau", "cqsj", city)
    notice = publish(world)
    page = as_(above).get(f"/bureau/notices/{notice.code}/")
    assert (page.status_code, page.context["may_withdraw"]) == (200, False)
    refused = as_(above).post(f"/bureau/notices/{notice.code}/withdraw/", {"reason": "x"})
    assert refused.status_code == 422
    assert Notice.objects.get().withdrawn_at is None
