"""联系客服 in writing: what a question carries, who sees and answers it (F24)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories import codes
from tests.factories import units as people
from tests.world import NOW, World
from units.actions import tickets
from units.models import AuditEntry, OutboxMessage, Ticket, User

ASK = "/help/ask/"
RID = "0123456789abcdef"
As = Callable[[User], Client]


@pytest.fixture
def platform(world: World) -> User:
    user = User(kind="platform", username="platform", name="平台客服", created_at=NOW)
    user.set_password(people.PASSWORD)
    user.save()
    return user


def test_the_platform_sees_its_own_name_beside_the_mark(platform: User, as_: As) -> None:
    page = as_(platform).get("/tickets/").content.decode()
    assert '<span class="sz-brand__tag">平台端</span>' in page


def test_the_form_shows_what_goes_with_the_question(world: World, as_: As) -> None:
    client = as_(world.jia_admin)
    page = client.get("/help/", {"from": "/equipment/", "rid": RID}, HTTP_USER_AGENT="Test/1.0")
    carried = dict(page.context["carried"])
    assert carried == {
        "所在页面": "/equipment/",
        "身份": "甲物业管理有限公司（单位管理员）",
        "请求编号": RID,
        "浏览器": "Test/1.0",
    }


def test_the_page_one_came_from_goes_along_without_its_query(world: World, as_: As) -> None:
    client = as_(world.li.user)
    page = client.get("/help/", HTTP_REFERER="http://testserver/m/daily/?keyword=abc")
    assert page.context["form"]["page"].value() == "/m/daily/"
    strange = client.get("/help/", HTTP_REFERER="http://evil.example/m/daily/")
    assert strange.context["form"]["page"].value() == ""


@pytest.mark.parametrize("wrong", ["//evil.example", "https://x", "javascript:1", "/中文", "\0"])
def test_only_our_own_pages_are_carried(world: World, as_: As, wrong: str) -> None:
    page = as_(world.jia_admin).get("/help/", {"from": wrong, "rid": "<script>"})
    form = page.context["form"]
    assert (form["page"].value(), len(form["request_id"].value())) == ("", 16)


def test_a_question_is_kept_with_its_circumstances(world: World, as_: As) -> None:
    text = "找不到导出按钮。<script>1</script>㛃𬭚🛗"
    given = {"text": f" {text}\0", "contact": "０１３８", "page": "/equipment/", "request_id": RID}
    answer = as_(world.li.user).post(ASK, given, HTTP_USER_AGENT="Test/1.0")
    ticket = Ticket.objects.get()
    assert answer["Location"] == f"/tickets/{ticket.code}/"
    assert (ticket.text, ticket.contact, ticket.page) == (text, "0138", "/equipment/")
    assert (ticket.request_id, ticket.browser) == (RID, "Test/1.0")
    assert (ticket.user, ticket.unit, ticket.role_label) == (world.li.user, world.jia, "安全员")
    assert AuditEntry.objects.get(verb="ticket.asked").object_code == ticket.code
    shown = as_(world.li.user).get(f"/tickets/{ticket.code}/").content.decode()
    assert "&lt;script&gt;1&lt;/script&gt;㛃𬭚🛗" in shown


def test_the_same_question_twice_is_one_ticket(world: World) -> None:
    given = {"text": "打不开。", "actor": world.actor(world.li), "now": NOW}
    assert tickets.ask(**given).pk == tickets.ask(**given).pk


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"text": ""}, "text", "请描述遇到的问题。"),
        ({"text": " \u3000"}, "text", "请描述遇到的问题。"),
        ({"text": "长" * 1001}, "text", "问题描述最多 1000 个字。"),
        ({"text": "打不开", "contact": "1" * 41}, "contact", "联系方式最多 40 个字。"),
    ],
)
def test_a_refused_question_keeps_what_was_typed(
    world: World, as_: As, given: dict[str, str], field: str, words: str
) -> None:
    answer = as_(world.jia_admin).post(ASK, {"page": "/equipment/", **given})
    assert answer.status_code == 422
    form = answer.context["form"]
    assert form.errors[field] == [words]
    assert (form["text"].value(), form["page"].value()) == (given["text"], "/equipment/")
    assert Ticket.objects.count() == 0


def test_questions_are_limited(world: World, as_: As) -> None:
    client = as_(world.jia_admin)
    answers = [client.post(ASK, {"text": f"问题{n}"}).status_code for n in range(4)]
    assert answers == [302, 302, 302, 429]
    assert as_(world.li.user).post(ASK, {"text": "另一个人"}).status_code == 302


def test_own_tickets_stand_on_the_help_page(world: World, as_: As) -> None:
    ticket = codes.ticket(world.li)
    assert as_(world.li.user).get("/help/").context["tickets"] == [ticket]
    assert as_(world.zhang.user).get("/help/").context["tickets"] == []
    assert as_(world.zhang.user).get(f"/tickets/{ticket.code}/").status_code == 404


def test_the_platform_answers_and_who_asked_is_told(world: World, as_: As, platform: User) -> None:
    ticket = codes.ticket(world.li)
    client = as_(platform)
    assert [one.code for one in client.get("/tickets/").context["page"]] == [ticket.code]
    answer = client.post(f"/tickets/{ticket.code}/", {"text": "在列表右上角。"})
    assert answer.status_code == 302
    ticket.refresh_from_db()
    assert (ticket.answer, ticket.answered_by_name) == ("在列表右上角。", "平台客服")
    message = OutboxMessage.objects.get()
    assert (message.channel, message.recipient, message.link) == (
        "in_app",
        world.li.user,
        f"/tickets/{ticket.code}/",
    )
    shown = as_(world.li.user).get(message.link).content.decode()
    assert "在列表右上角。" in shown
    assert "<textarea" not in shown


def test_a_second_answer_overwrites_nothing(world: World, as_: As, platform: User) -> None:
    ticket = codes.ticket(world.li)
    tickets.answer(ticket, text="第一个答复", actor=world.actor(platform), now=NOW)
    answer = as_(platform).post(f"/tickets/{ticket.code}/", {"text": "第二个答复"})
    assert answer.status_code == 409
    assert "刚刚被平台客服答复过" in answer.content.decode()
    assert answer.context["form"]["text"].value() == "第二个答复"
    ticket.refresh_from_db()
    assert ticket.answer == "第一个答复"


def test_who_asked_cannot_answer(world: World, as_: As) -> None:
    ticket = codes.ticket(world.li)
    assert as_(world.li.user).post(f"/tickets/{ticket.code}/", {"text": "x"}).status_code == 403
    assert Ticket.objects.get().answered_at is None


@pytest.mark.parametrize(
    ("asked", "expected"),
    [({}, 2), ({"state": "waiting"}, 1), ({"state": "answered"}, 1), ({"keyword": "乙机械"}, 1)],
)
def test_the_platforms_list_is_narrowed(
    world: World, as_: As, platform: User, asked: dict[str, str], expected: int
) -> None:
    codes.ticket(world.li)
    done = codes.ticket(world.yi_admin, text="另一个问题")
    tickets.answer(done, text="好的", actor=world.actor(platform), now=NOW)
    page = as_(platform).get("/tickets/", asked)
    assert page.context["page"].paginator.count == expected


def test_error_pages_lead_to_help_with_their_request_id(world: World, as_: As) -> None:
    client = as_(world.jia_admin)
    missing = client.get("/equipment/AAAAAAAAAA/")
    assert missing.status_code == 404
    carried = f"/help/?from=/equipment/AAAAAAAAAA/&amp;rid={missing['X-Request-Id']}"
    assert carried in missing.content.decode()
    forbidden = client.get("/tickets/")
    assert forbidden.status_code == 403
    assert f"rid={forbidden['X-Request-Id']}" in forbidden.content.decode()


def test_the_platform_begins_with_its_tickets(world: World, as_: As, platform: User) -> None:
    assert as_(platform).get("/")["Location"] == "/tickets/"
