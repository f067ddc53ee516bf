"""Safety people: phone, then one-time code. Nobody learns who is registered (F4, F5)."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from tests.factories import units as people
from tests.units.postbox import Postbox
from tests.waiting import PATIENCE
from tests.world import NOW, World
from units import sms
from units.actions.staff import Identity, add_staff, deregister_staff
from units.models import Appointment, AuditEntry

PHONE, CODE = "/m/sign-in/", "/m/sign-in/code/"
LI, STRANGER = "13800000001", "13999999999"
SENT = "若该手机号已由单位登记，验证码已发送；收不到请联系本单位管理员。"


def ask(client: Client, number: str, **more: str) -> Any:
    return client.post(PHONE, {"phone": number, **more})


def state(client: Client) -> dict[str, Any]:
    return client.session["account_login"]["state"]["stages"]["login_by_code"]["data"]


def code_of(client: Client) -> str:
    return state(client).get("code", "")


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "111111"


def age(client: Client, seconds: float) -> None:
    """Let the code be older by so many seconds."""
    session = client.session
    login = session["account_login"]
    login["state"]["stages"]["login_by_code"]["data"]["at"] -= seconds
    session["account_login"] = login
    session.save()


def enter(client: Client, code: str, **more: str) -> Any:
    return client.post(CODE, {"code": code, **more})


def signed_in(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


# ---------------------------------------------------------------- the way in
@pytest.mark.parametrize("who", ["li", "zhang", "wang", "zhao", "chen"])
def test_every_identity_of_the_phone_gets_in(world: World, client: Client, who: str) -> None:
    staff = getattr(world, who)
    assert ask(client, staff.user.phone).url == CODE
    assert client.get(CODE).status_code == 200
    response = enter(client, code_of(client))
    assert (response.status_code, response.url) == (302, "/")
    assert signed_in(client) == str(staff.user_id)
    assert client.get("/m/me/").status_code == 200
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.object_code, entry.unit_id, entry.after) == (
        "user.signed_in",
        staff.user.code,
        world.jia.pk,
        {"entrance": "phone"},
    )


def test_the_code_is_six_digits_and_goes_to_the_phone_at_once(
    world: World, client: Client, postbox: type[Postbox]
) -> None:
    ask(client, LI)
    sms.settle()
    code = code_of(client)
    assert re.fullmatch(r"\d{6}", code) is not None
    assert postbox.sent == [(LI, f"登录验证码 {code}，5 分钟内有效，请勿告诉他人。")]


@pytest.mark.parametrize("typed", ["１３８００００００01", "138 0000 0001", "+86 13800000001"])
def test_a_phone_is_read_however_it_is_typed(world: World, client: Client, typed: str) -> None:
    ask(client, typed)
    assert state(client)["phone"] == LI


def test_a_code_is_read_however_it_is_typed(world: World, client: Client) -> None:
    ask(client, LI)
    code = code_of(client)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert enter(client, f" {wide[:3]} {wide[3:]} ").status_code == 302


def test_next_survives_both_pages(world: World, client: Client) -> None:
    away = client.get("/m/me/")
    assert away.url == "/sign-in/?next=/m/me/"
    page = client.get(away.url, follow=True)
    assert page.redirect_chain == [("/m/sign-in/?next=%2Fm%2Fme%2F", 302)]
    assert page.context["next"] == "/m/me/"
    assert ask(client, LI, next="/m/me/").url == f"{CODE}?next=%2Fm%2Fme%2F"
    assert enter(client, code_of(client), next="/m/me/").url == "/m/me/"


def test_next_leads_nowhere_else(world: World, client: Client) -> None:
    assert ask(client, LI, next="https://evil.example/").url == CODE
    assert enter(client, code_of(client), next="//evil.example").url == "/"


# ---------------------------------------------------------------- nobody learns who is registered
def page_of(client: Client, response: Any) -> tuple[int, str, str]:
    """Status, address and text of the page that follows, without what is secret or typed."""
    page = client.get(response.url)
    text = page.content.decode()
    text = re.sub(r'value="[A-Za-z0-9]{64}"|[0-9a-f]{16}', "", text)
    for number in (LI, STRANGER):
        text = text.replace(f"{number[:3]} {number[3:7]} {number[7:]}", "PHONE").replace(
            number, "PHONE"
        )
    return response.status_code, response.url, text


def operator(world: World) -> str:
    return people.staff(world.jia, "工", "operator", mobile="13700000001").user.phone


def test_every_phone_gets_the_same_answer(world: World, postbox: type[Postbox]) -> None:
    numbers = [LI, STRANGER, operator(world)]
    seen, answers = [], []
    for number in numbers:
        client = Client()
        status, url, text = page_of(client, ask(client, number))
        seen.append(
            (status, url, text.replace(f"{number[:3]} {number[3:7]} {number[7:]}", "PHONE"))
        )
        answer = enter(client, wrong(code_of(client)))
        answers.append((answer.status_code, answer.context["form"].errors["code"]))
    assert SENT in seen[0][2]
    assert seen[1:] == [seen[0], seen[0]]
    assert answers == [(200, ["验证码不正确，还可以再试 2 次。"])] * 3
    sms.settle()
    assert [number for number, _ in postbox.sent] == [LI]


def test_a_stranger_is_refused_as_often_as_anybody(world: World, client: Client) -> None:
    ask(client, STRANGER)
    assert code_of(client) == ""
    for left in (2, 1):
        answer = enter(client, "123456")
        assert answer.context["form"].errors["code"] == [f"验证码不正确，还可以再试 {left} 次。"]
    assert enter(client, "123456").url == PHONE
    assert signed_in(client) is None


def test_a_strangers_resend_is_answered_alike(world: World) -> None:
    answers = []
    for number in (LI, STRANGER):
        client = Client()
        ask(client, number)
        age(client, 61)
        cache.clear()
        response = client.post(CODE, {"action": "resend"})
        answers.append((response.status_code, response.url))
    assert answers == [(302, CODE)] * 2


def test_an_empty_code_never_opens_a_strangers_session(world: World, client: Client) -> None:
    ask(client, STRANGER)
    for code in ("", "      ", "------"):
        assert enter(client, code).status_code == 200
        assert signed_in(client) is None


def test_the_page_does_not_wait_for_the_gateway(
    world: World, client: Client, postbox: type[Postbox], monkeypatch: Any
) -> None:
    is_answered, waited = threading.Event(), []
    monkeypatch.setattr(
        postbox, "send", lambda self, phone, text: waited.append(is_answered.wait(PATIENCE))
    )
    assert ask(client, LI).status_code == 302
    is_answered.set()
    sms.settle()
    assert waited == [True]


def test_an_outage_is_told_to_every_phone_alike(
    world: World, postbox: type[Postbox], caplog: Any
) -> None:
    postbox.refuses[LI] = sms.SmsError("连接不上短信网关。", is_outage=True)
    for number in (LI, STRANGER):
        client = Client()
        ask(client, number)
        sms.settle()
        assert client.get(CODE).context["is_failing"] is True


# ---------------------------------------------------------------- wrong, expired, too many, too soon
def test_three_wrong_codes_use_it_up_and_the_phone_is_still_there(
    world: World, client: Client
) -> None:
    ask(client, LI)
    code = code_of(client)
    for left in (2, 1):
        answer = enter(client, wrong(code))
        assert (answer.status_code, answer.context["form"].errors["code"]) == (
            200,
            [f"验证码不正确，还可以再试 {left} 次。"],
        )
        assert answer.context["number"] == LI
    assert enter(client, wrong(code)).url == PHONE
    page = client.get(PHONE)
    assert page.context["notice"] == "验证码连续输错 3 次，已作废，请重新获取。"
    assert f'value="{LI}"' in page.content.decode()
    assert enter(client, code).url == PHONE
    assert signed_in(client) is None
    failures = AuditEntry.objects.filter(verb="user.sign_in_failed")
    assert [(one.object_code, one.after["reason"]) for one in failures] == [
        (world.li.user.code, "wrong_code")
    ] * 3


@pytest.mark.parametrize("typed", ["12345", "1234567", "12345a", "一二三四五六", "²²²²²²"])
def test_a_slip_in_the_shape_is_no_try(world: World, client: Client, typed: str) -> None:
    ask(client, LI)
    answer = enter(client, typed)
    assert answer.context["form"].errors["code"] == ["验证码为 6 位数字，请核对。"]
    assert state(client)["failed_attempts"] == 0


def test_an_empty_code_is_asked_for(world: World, client: Client) -> None:
    ask(client, LI)
    assert enter(client, "").context["form"].errors["code"] == ["请填写短信里的验证码。"]


def test_a_code_is_good_for_five_minutes(world: World, client: Client) -> None:
    ask(client, LI)
    code = code_of(client)
    age(client, 299)
    assert client.get(CODE).status_code == 200
    age(client, 2)
    assert enter(client, code).url == PHONE
    page = client.get(PHONE)
    assert page.context["notice"] == "验证码已过期，请重新获取。"
    assert page.context["form"]["phone"].value() == LI
    assert signed_in(client) is None


def test_a_code_page_without_a_code_leads_back(db: None, client: Client) -> None:
    assert client.get(CODE).url == PHONE
    assert client.get(PHONE).context["notice"] == ""
    assert enter(client, "123456").url == PHONE
    assert client.get(PHONE).context["notice"] == "验证码已过期，请重新获取。"


def test_resend_waits_sixty_seconds(world: World, client: Client) -> None:
    ask(client, LI)
    first = code_of(client)
    early = client.post(CODE, {"action": "resend"})
    assert early.status_code == 429
    assert [str(one) for one in early.context["messages"]] == ["请在 60 秒后再重新获取。"]
    assert early.context["wait"] == 60
    assert code_of(client) == first
    age(client, 61)
    cache.clear()  # the limit per phone runs on the clock of the cache
    assert client.post(CODE, {"action": "resend"}).url == CODE
    assert state(client)["failed_attempts"] == 0
    assert client.get(CODE).context["wait"] == 60
    second = code_of(client)
    assert enter(client, second).status_code == 302


def test_one_phone_asks_once_a_minute_also_from_another_browser(
    world: World, client: Client
) -> None:
    ask(client, LI)
    other = ask(Client(), LI)
    assert other.status_code == 429
    assert other.context["form"].errors["phone"] == [
        "获取过于频繁，请稍后再试：同一手机号 60 秒内只能获取一次，每小时最多 10 次。"
    ]
    assert f'value="{LI}"' in other.content.decode()
    assert ask(Client(), STRANGER).status_code == 302
    assert ask(Client(), STRANGER).status_code == 429


def test_one_address_cannot_ask_for_many_phones(world: World) -> None:
    found = [ask(Client(), f"139000001{n:02d}").status_code for n in range(21)]
    assert found == [302] * 20 + [429]


def test_one_address_cannot_try_many_codes(world: World, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_code_failed": "2/m/ip"}
    statuses = []
    for number in (LI, "13800000002", "13800000003"):
        client = Client()
        ask(client, number)
        statuses.append(enter(client, wrong(code_of(client))).status_code)
    assert statuses == [200, 200, 429]


def test_an_address_that_tried_too_many_codes_is_not_even_compared(
    world: World, settings: Any
) -> None:
    """Otherwise tries that are no longer counted would guess one code as often as they like."""
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_code_failed": "1/m/ip"}
    other, client = Client(), Client()
    ask(other, "13800000002")
    enter(other, wrong(code_of(other)))
    ask(client, LI)
    code = code_of(client)
    refused = enter(client, code)
    assert (refused.status_code, signed_in(client)) == (429, None)
    assert state(client)["failed_attempts"] == 0
    cache.clear()
    assert enter(client, code).status_code == 302
    assert signed_in(client) == str(world.li.user_id)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "请填写手机号。"),
        ("1380000", "手机号应为 11 位数字、以 1 开头，现为 7 位，请核对。"),
        ("abcdefghijk", "手机号应为 11 位数字、以 1 开头，现为 11 位，请核对。"),
        ("1" * 31, "手机号应为 11 位数字，请核对。"),
    ],
)
def test_a_malformed_phone_is_answered_beside_the_field(
    db: None, client: Client, typed: str, sentence: str
) -> None:
    page = ask(client, typed)
    assert (page.status_code, page.context["form"].errors["phone"]) == (200, [sentence])


def test_a_pending_code_can_be_gone_back_to(world: World, client: Client) -> None:
    assert client.get(PHONE).context["is_waiting"] is False
    ask(client, LI)
    page = client.get(PHONE)
    assert page.context["is_waiting"] is True
    assert f'href="{CODE}"' in page.content.decode()


# ---------------------------------------------------------------- who may
def test_only_identities_of_the_phone_get_a_code(world: World, client: Client) -> None:
    ask(client, operator(world))
    assert code_of(client) == ""


def test_an_identity_that_ended_gets_no_code(world: World, client: Client) -> None:
    Appointment.objects.filter(staff=world.li).delete()
    people.appointment(world.li, "safety_officer", until=timezone.localdate())
    ask(client, LI)
    assert code_of(client) == ""


def test_leaving_between_code_and_entry_keeps_one_out(world: World, client: Client) -> None:
    ask(client, LI)
    code = code_of(client)
    deregister_staff(world.li, reason="离职", actor=world.actor(world.jia_admin), now=NOW)
    assert enter(client, code).url == PHONE
    assert client.get(PHONE).context["notice"] == "该手机号目前不能登录，请联系本单位管理员。"
    assert signed_in(client) is None


def test_leaving_ends_every_session_at_once(world: World, as_: Any) -> None:
    phones = [as_(world.li.user), as_(world.li.user)]
    assert [client.get("/m/me/").status_code for client in phones] == [200, 200]
    deregister_staff(world.li, reason="离职", actor=world.actor(world.jia_admin), now=NOW)
    assert [client.get("/m/me/").status_code for client in phones] == [302, 302]
    assert [signed_in(client) for client in phones] == [None, None]


def test_an_old_session_does_not_open_the_next_unit(world: World, as_: Any) -> None:
    old_phone = as_(world.zhang.user)
    deregister_staff(world.zhang, reason="离职", actor=world.actor(world.jia_admin), now=NOW)
    add_staff(
        world.yi,
        name="张全",
        phone="13800000002",
        identities=[Identity("safety_officer")],
        actor=world.actor(world.yi_admin),
        now=NOW,
    )
    assert old_phone.get("/m/me/").status_code == 302


# ---------------------------------------------------------------- the demo
def test_the_code_is_shown_only_where_the_demo_says_so(
    world: World, client: Client, settings: Any
) -> None:
    ask(client, LI)
    code = code_of(client)
    assert code not in client.get(CODE).content.decode()
    settings.SMS_SHOW_CODE_ON_PAGE = True
    page = client.get(CODE).content.decode()
    assert f"<strong data-demo-code>{code}</strong>" in page
    assert "本环境不发短信" in page
