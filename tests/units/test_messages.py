"""消息: who is told what, who sees it, how it is read (B125)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import units as people
from tests.world import NOW, World
from units import outbox, queries_messages
from units.models import OutboxMessage, Unit, User

LIST = "/messages/"
OPEN = "/messages/open/"
As = Callable[[User], Client]


def told(**fields: object) -> list[tuple[str, str]]:
    """(recipient, text) of the messages inside the product."""
    rows = OutboxMessage.objects.filter(channel="in_app", **fields).order_by("id")
    return list(rows.values_list("recipient__username", "text"))


def note(user: User, text: str = "有新的通知。", key: str = "k", **fields: object) -> OutboxMessage:
    outbox.tell_user(user, kind="k", text=text, dedupe_key=key, now=NOW, **fields)
    return OutboxMessage.objects.get(dedupe_key=f"{key}:in_app:{user.pk}")


# ------------------------------------------------------------------ writing
def test_a_text_message_has_its_copy_in_the_product(world: World) -> None:
    sent = outbox.tell(world.li, kind="k", text="有隐患。", dedupe_key="h:1", now=NOW, link="/m/")
    again = outbox.tell(world.li, kind="k", text="有隐患。", dedupe_key="h:1", now=NOW)
    assert (sent, again) == (True, False)
    rows = OutboxMessage.objects.order_by("channel").values_list("channel", "text", "delivered_at")
    assert list(rows) == [("in_app", "有隐患。", NOW), ("sms", "有隐患。", None)]


def test_what_is_due_later_shows_only_then(world: World) -> None:
    later = NOW + timedelta(hours=2)
    outbox.tell(world.li, kind="k", text="今日待办", dedupe_key="h:2", now=NOW, due_at=later)
    actor = world.actor(world.li)
    assert queries_messages.unread_count(actor, now=NOW) == 0
    assert queries_messages.unread_count(actor, now=later) == 1


def test_a_unit_is_told_on_its_accounts_that_can_sign_in(world: World) -> None:
    second = people.account("unit", "jia2", world.jia)
    people.account("unit", "jia3", world.jia)
    User.objects.filter(username="jia3").update(is_active=False)
    message = {"kind": "k", "text": "请核对。", "dedupe_key": "u:1", "now": NOW}
    assert outbox.tell_unit(world.jia.pk, **message) == 2
    assert outbox.tell_unit(world.jia.pk, **message) == 0
    assert told() == [("jia", "请核对。"), (second.username, "请核对。")]


def test_many_units_are_told_by_one_query(
    world: World, django_assert_num_queries: Callable
) -> None:
    units = Unit.objects.filter(region_id="500103").values("pk")
    with django_assert_num_queries(1):
        told_now = outbox.tell_units(units, kind="k", text="通知", dedupe_key="n:1", now=NOW)
    assert told_now == 2
    assert sorted(name for name, _ in told()) == ["jia", "yi"]


@pytest.mark.parametrize(
    ("region", "expected"),
    [("500103", ["yuzhong"]), ("500106", ["shapingba"]), ("500112", ["city"]), ("110101", [])],
)
def test_the_nearest_bureau_at_or_above_a_region_is_told(
    world: World, region: str, expected: list[str]
) -> None:
    people.account("bureau", "city", people.bureau("500000", "重庆市市场监督管理局"))
    outbox.tell_bureau(region, kind="k", text="有注册待审核。", dedupe_key="b:1", now=NOW)
    assert [name for name, _ in told()] == expected


# ------------------------------------------------------------------ reading
def test_everybody_sees_their_own_messages_only(world: World, as_: As) -> None:
    note(world.jia_admin, "给甲的通知")
    note(world.li.user, "给李安的提醒", unit_id=world.jia.pk)
    note(world.regulator, "给渝中的提醒")
    for user, text in (
        (world.jia_admin, "给甲的通知"),
        (world.li.user, "给李安的提醒"),
        (world.regulator, "给渝中的提醒"),
    ):
        page = as_(user).get(LIST)
        assert [one.text for one in page.context["page"]] == [text]
        assert page.content.decode().count("sz-inbox__row") == 1
    assert list(as_(world.yi_admin).get(LIST).context["page"]) == []


def test_who_changed_the_unit_sees_nothing_of_the_old_one(world: World) -> None:
    note(world.li.user, "甲单位的消息", unit_id=world.jia.pk)
    world.li.ended_on = date(2026, 11, 20)
    world.li.save()
    again = people.staff(world.yi, "李安", "safety_officer", mobile="13911110000")
    again.user, user = world.li.user, again.user
    again.save()
    user.delete()
    assert queries_messages.unread_count(world.actor(again), now=NOW) == 0


def test_unread_stand_first_and_alone(world: World, as_: As) -> None:
    for number in (1, 2, 3):
        note(world.jia_admin, f"第{number}条", key=f"k{number}")
    client = as_(world.jia_admin)
    newest = OutboxMessage.objects.get(text="第3条")
    client.post(OPEN, {"message": newest.pk})
    texts = [one.text for one in client.get(LIST).context["page"]]
    assert texts == ["第2条", "第1条", "第3条"]
    unread = client.get(LIST, {"show": "unread"})
    assert [one.text for one in unread.context["page"]] == ["第2条", "第1条"]
    assert unread.context["unread"] == 2


def test_opening_marks_as_read_once_and_leads_on(world: World, as_: As) -> None:
    message = note(world.jia_admin, link="/equipment/")
    client = as_(world.jia_admin)
    before = timezone.now()
    assert client.post(OPEN, {"message": message.pk})["Location"] == "/equipment/"
    message.refresh_from_db()
    first = message.read_at
    assert first >= before
    client.post(OPEN, {"message": message.pk})
    message.refresh_from_db()
    assert message.read_at == first


@pytest.mark.parametrize("link", ["", "//evil.example/", "https://evil.example/"])
def test_a_message_never_leads_outside(world: World, as_: As, link: str) -> None:
    message = note(world.jia_admin, link=link)
    assert as_(world.jia_admin).post(OPEN, {"message": message.pk})["Location"] == LIST


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 30, "１２", "\0"])
def test_no_such_message(world: World, as_: As, number: str) -> None:
    assert as_(world.jia_admin).post(OPEN, {"message": number}).status_code == 404


def test_a_foreign_message_is_not_found_and_stays_unread(world: World, as_: As) -> None:
    message = note(world.jia_admin)
    for user in (world.yi_admin, world.li.user, world.regulator):
        assert as_(user).post(OPEN, {"message": message.pk}).status_code == 404
        as_(user).post("/messages/read-all/")
    message.refresh_from_db()
    assert message.read_at is None


def test_all_are_marked_as_read(world: World, as_: As) -> None:
    for number in range(3):
        note(world.li.user, key=f"k{number}", unit_id=world.jia.pk)
    client = as_(world.li.user)
    told_page = client.post("/messages/read-all/", follow=True)
    assert "3 条消息已标为已读。" in told_page.content.decode()
    assert "全部标为已读" not in told_page.content.decode()
    assert "没有未读消息。" in client.post("/messages/read-all/", follow=True).content.decode()


def test_the_bell_and_my_page_count_what_is_unread(world: World, as_: As) -> None:
    for number in range(2):
        note(world.jia_admin, key=f"k{number}")
        note(world.li.user, key=f"k{number}", unit_id=world.jia.pk)
    desk = as_(world.jia_admin).get(reverse("units:account")).content.decode()
    assert desk.count("条未读") == 2  # the bell and the menu
    phone = as_(world.li.user).get("/m/me/").content.decode()
    assert phone.count("条未读消息") == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_the_same_queries(
    world: World, as_: As, rows: int, django_assert_num_queries: Callable
) -> None:
    for number in range(rows):
        note(world.li.user, key=f"k{number}", unit_id=world.jia.pk)
    client = as_(world.li.user)
    # session, user, employment with posts; unread, count and rows of the page; badges of the tab bar
    with django_assert_num_queries(7):
        client.get(LIST)


def test_odd_text_is_shown_as_it_is(world: World, as_: As) -> None:
    note(world.jia_admin, "<script>alert(1)</script>㛃𬭚🛗")
    page = as_(world.jia_admin).get(LIST).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;㛃𬭚🛗" in page
