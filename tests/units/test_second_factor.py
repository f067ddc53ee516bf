"""The regulators' second factor: enrolment, codes, recovery codes, limits, reset (F6)."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client

from config.actor import SYSTEM
from config.errors import RuleBroken
from tests.world import NOW, PASSWORD, World
from units import second_factor
from units.models import AuditEntry, User
from units.views.second_factor import LOCKED_OUT

SIGN_IN, CODE, ENROL = "/bureau/sign-in/", "/bureau/sign-in/code/", "/bureau/sign-in/enrol/"
SECRET = base64.b32encode(b"shouze-test-secret-1").decode()
T = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)  # begins a step of 30 s
STEP = timedelta(seconds=30)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The moment that the sign-in pages see, in `clock[0]`."""
    moment = [datetime.now(UTC)]
    monkeypatch.setattr("units.views.second_factor.timezone.now", lambda: moment[0])
    return moment


@pytest.fixture
def enrolled(world: World) -> User:
    second_factor.enrol_with_secret(world.regulator, SECRET, actor=SYSTEM, now=NOW)
    return world.regulator


def password(client: Client, username: str = "yuzhong", **more: Any) -> Any:
    return client.post(SIGN_IN, {"username": username, "password": PASSWORD, **more})


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def enter(client: Client, code: str, url: str = CODE) -> Any:
    return client.post(url, {"code": code})


def sentences(response: Any) -> list[str]:
    return [error for errors in response.context["form"].errors.values() for error in errors]


def present(secret: str = SECRET, at: datetime | None = None) -> str:
    return second_factor.code_at(secret, at or datetime.now(UTC))


def shown_secret(page: Any) -> str:
    found = re.search(r"<strong data-secret>([A-Z2-7 ]+)</strong>", page.content.decode())
    return found.group(1).replace(" ", "")


# ---------------------------------------------------------------- first sign-in
def test_the_first_sign_in_enrols_and_only_then_signs_in(
    world: World, client: Client, clock: list[datetime]
) -> None:
    asked = password(client, next="/bureau/?q=1")
    assert (asked.status_code, asked.url) == (302, ENROL)
    assert not signed_in(client)
    page = client.get(ENROL)
    secret = shown_secret(page)
    assert len(base64.b32decode(secret)) == 20
    assert 'src="data:image/svg+xml' in page.content.decode()
    assert client.get("/bureau/").status_code == 302  # still nobody
    wrong = enter(client, "000000" if present(secret, clock[0]) != "000000" else "111111", ENROL)
    assert (wrong.status_code, sentences(wrong)) == (422, [second_factor.WRONG_NEW])
    assert not signed_in(client)
    assert Authenticator.objects.count() == 0
    done = enter(client, present(secret, clock[0]), ENROL)
    assert done.url == "/account/recovery-codes/?next=%2Fbureau%2F%3Fq%3D1"
    assert signed_in(client)
    verbs = list(AuditEntry.objects.order_by("id").values_list("verb", "actor_kind"))
    assert verbs == [
        ("user.sign_in_failed", "anonymous"),
        ("account.second_factor_set", "bureau"),
        ("user.signed_in", "bureau"),
    ]


def test_an_enrolment_that_was_broken_off_leaves_nothing_and_begins_anew(
    world: World, client: Client
) -> None:
    password(client)
    first = shown_secret(client.get(ENROL))
    assert shown_secret(client.get(ENROL)) == first  # loading again keeps the QR code
    password(client)
    second = shown_secret(client.get(ENROL))
    assert second != first
    assert enter(client, present(first), ENROL).status_code == 422
    assert (Authenticator.objects.count(), signed_in(client)) == (0, False)


def test_of_two_windows_that_enrol_the_first_wins(world: World, client: Client) -> None:
    other = Client()
    password(client)
    password(other)
    mine, theirs = shown_secret(client.get(ENROL)), shown_secret(other.get(ENROL))
    assert enter(client, present(mine), ENROL).status_code == 302
    late = other.post(ENROL, {"code": present(theirs)}, follow=True)
    assert [str(one) for one in late.context["messages"]] == [second_factor.ALREADY]
    assert not signed_in(other)
    assert second_factor.secret_of(world.regulator) == mine


def test_recovery_codes_are_shown_once_and_can_be_taken_along(world: World, client: Client) -> None:
    password(client)
    url = enter(client, present(shown_secret(client.get(ENROL))), ENROL).url
    page = client.get(url)
    codes = page.context["codes"]
    assert (len(codes), len(set(codes))) == (10, 10)
    assert "no-store" in page["Cache-Control"]
    text = client.get("/account/recovery-codes/?download=1")
    assert text["Content-Type"] == "text/plain; charset=utf-8"
    assert text["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E5%AE%88")
    assert [one for one in codes if one not in text.content.decode()] == []
    assert client.post("/account/recovery-codes/", {"next": "/bureau/"}).url == "/bureau/"
    gone = client.get("/account/recovery-codes/")
    assert "备用码不能再次查看" in gone.content.decode()
    assert codes[0] not in gone.content.decode()
    assert codes[0] not in client.get("/account/recovery-codes/?download=1").content.decode()


def test_secret_and_seed_lie_encrypted(enrolled: User) -> None:
    rows = {row.type: row.data for row in Authenticator.objects.all()}
    assert SECRET not in str(rows)
    assert second_factor.secret_of(enrolled) == SECRET
    assert rows["totp"]["secret"].startswith("gAAAA")
    assert rows["recovery_codes"]["seed"].startswith("gAAAA")


def test_the_secret_of_a_sign_in_under_way_lies_encrypted_in_the_session(
    world: World, client: Client
) -> None:
    password(client)
    secret = shown_secret(client.get(ENROL))
    kept = Session.objects.get(pk=client.session.session_key).get_decoded()
    assert secret not in str(kept)


# ---------------------------------------------------------------- later sign-ins
def test_password_alone_signs_nobody_in(enrolled: User, client: Client) -> None:
    asked = password(client)
    assert (asked.status_code, asked.url) == (302, CODE)
    assert not signed_in(client)
    for url in ("/bureau/", "/account/", "/account/recovery-codes/renew/"):
        assert client.get(url).status_code == 302
    assert client.get("/").url == "/sign-in/"
    assert AuditEntry.objects.filter(verb="user.signed_in").count() == 0


def test_a_code_signs_in_with_next_and_remember_kept(enrolled: User, client: Client) -> None:
    before = client.session.session_key
    password(client, next="/bureau/?q=1", remember="on")
    middle = client.session.session_key
    done = enter(client, present())
    assert done.url == "/bureau/?q=1"
    assert signed_in(client)
    assert client.session.session_key not in (before, middle)
    assert done.cookies["sessionid"]["max-age"] == 14 * 24 * 3600
    entry = AuditEntry.objects.get(verb="user.signed_in")
    assert (entry.actor_code, entry.after) == (enrolled.code, {"entrance": "bureau"})


def test_unit_accounts_are_not_asked(world: World, client: Client, as_: Any) -> None:
    client.post("/sign-in/", {"username": "jia", "password": PASSWORD})
    assert signed_in(client)
    for name in ("recovery-codes", "recovery-codes/renew", "second-factor"):
        assert client.get(f"/account/{name}/").status_code == 404
    assert "动态口令" not in client.get("/account/").content.decode()


@pytest.mark.parametrize("url", [CODE, ENROL])
def test_without_a_password_there_is_no_second_step(world: World, client: Client, url: str) -> None:
    assert client.get(url).url == SIGN_IN
    late = client.post(url, {"code": "123456"}, follow=True)
    assert late.redirect_chain[-1][0] == SIGN_IN
    assert "登录已超时" in late.content.decode()


def test_the_enrolment_page_is_closed_to_the_enrolled(enrolled: User, client: Client) -> None:
    password(client)
    assert client.get(ENROL).url == SIGN_IN
    assert second_factor.secret_of(enrolled) == SECRET


def test_a_sign_in_under_way_ends_after_a_quarter_of_an_hour(
    enrolled: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    password(client)
    later = time.time() + 15 * 60 + 5
    monkeypatch.setattr("allauth.account.internal.stagekit.time.time", lambda: later)
    assert enter(client, present()).url == SIGN_IN
    assert not signed_in(client)


def test_an_account_closed_between_password_and_code_stays_out(
    enrolled: User, client: Client
) -> None:
    password(client)
    User.objects.filter(pk=enrolled.pk).update(is_active=False)
    assert "该账号已停用" in client.post(CODE, {"code": present()}, follow=True).content.decode()
    assert not signed_in(client)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "请填写动态口令。"),
        ("12345", "动态口令为 6 位数字，备用码为 8 位数字，请核对。"),
        ("12a456", "动态口令为 6 位数字，备用码为 8 位数字，请核对。"),
        ("<script>", "动态口令为 6 位数字，备用码为 8 位数字，请核对。"),
        ("١٢٣٤٥٦", "动态口令为 6 位数字，备用码为 8 位数字，请核对。"),
        ("𬭚" * 21, "动态口令为 6 位数字，请核对。"),
    ],
)
def test_a_slip_is_no_try(enrolled: User, client: Client, typed: str, sentence: str) -> None:
    password(client)
    for _ in range(6):
        slip = enter(client, typed)
    assert (slip.status_code, sentences(slip)) == (422, [sentence])
    assert AuditEntry.objects.filter(verb="user.sign_in_failed").count() == 0


def test_full_width_digits_and_blanks_are_the_same_code(enrolled: User, client: Client) -> None:
    password(client)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in present())
    assert enter(client, f"{wide[:3]} {wide[3:]}").status_code == 302
    assert signed_in(client)


# ---------------------------------------------------------------- codes themselves
@pytest.mark.parametrize(
    ("off", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_one_step_off(enrolled: User, off: int, fits: bool) -> None:
    code = present(at=T + off * STEP)
    if fits:
        assert second_factor.check(enrolled, code, now=T) == "totp"
    else:
        with pytest.raises(RuleBroken, match="不正确"):
            second_factor.check(enrolled, code, now=T)


def test_a_code_works_once_and_no_earlier_one_after_it(enrolled: User) -> None:
    before, now, after = (present(at=T + off * STEP) for off in (-1, 0, 1))
    second_factor.check(enrolled, now, now=T)
    for used in (now, before):
        with pytest.raises(RuleBroken) as refused:
            second_factor.check(enrolled, used, now=T + timedelta(seconds=29))
        assert (refused.value.code, refused.value.message) == ("code_used", second_factor.USED)
    assert second_factor.check(enrolled, after, now=T) == "totp"


def test_the_code_of_the_enrolment_does_not_sign_in_again(world: World) -> None:
    code = present(at=T)
    second_factor.enrol(world.regulator, SECRET, code=code, actor=SYSTEM, now=T)
    with pytest.raises(RuleBroken, match="已经用过"):
        second_factor.check(world.regulator, code, now=T)


def test_a_replay_on_the_page_is_told(enrolled: User, client: Client) -> None:
    password(client)
    code = present()
    assert enter(client, code).status_code == 302
    thief = Client()
    password(thief)
    again = enter(thief, code)
    assert (again.status_code, sentences(again)) == (422, [second_factor.USED])
    assert not signed_in(thief)


def test_a_recovery_code_works_once(enrolled: User, client: Client) -> None:
    code, other = second_factor.unused_codes(enrolled)[:2]
    password(client)
    assert enter(client, f"{code[:4]} {code[4:]}").status_code == 302
    assert signed_in(client)
    assert second_factor.standing_of(enrolled).codes_left == 9
    again = Client()
    password(again)
    assert sentences(enter(again, code)) == [second_factor.WRONG]
    assert enter(again, other).status_code == 302


def test_somebody_elses_codes_do_not_fit(enrolled: User, world: World) -> None:
    other = base64.b32encode(b"shouze-test-secret-2").decode()
    second_factor.enrol_with_secret(world.far_regulator, other, actor=SYSTEM, now=NOW)
    for code in (present(other, T), second_factor.unused_codes(world.far_regulator)[0]):
        with pytest.raises(RuleBroken, match="不正确"):
            second_factor.check(enrolled, code, now=T)


def test_five_wrong_codes_lock_the_account_even_for_the_right_one(
    enrolled: User, client: Client
) -> None:
    password(client)
    wrong = next(str(n) * 6 for n in range(10) if str(n) * 6 not in _near())
    for _ in range(5):
        assert enter(client, wrong).status_code == 422
    locked = enter(client, present())
    assert (locked.status_code, sentences(locked)) == (429, [LOCKED_OUT])
    assert not signed_in(client)
    # Nor from another address or by a recovery code.
    other = Client(REMOTE_ADDR="10.0.0.9")
    password(other)
    assert enter(other, second_factor.unused_codes(enrolled)[0]).status_code == 429
    reasons = [one.after["reason"] for one in AuditEntry.objects.filter(verb="user.sign_in_failed")]
    assert reasons == ["code_wrong"] * 5


def _near() -> list[str]:
    now = datetime.now(UTC)
    return [present(at=now + off * STEP) for off in (-2, -1, 0, 1, 2)]


# ---------------------------------------------------------------- the account's own pages
def test_the_account_page_says_how_it_stands(enrolled: User, world: World, as_: Any) -> None:
    page = as_(enrolled).get("/account/").content.decode()
    assert "还剩 10 个备用码" in page
    for code in second_factor.unused_codes(enrolled)[:8]:
        second_factor.check(enrolled, code, now=T)
    page = as_(enrolled).get("/account/").content.decode()
    assert "还剩 2 个备用码" in page
    assert "备用码快用完了" in page
    assert "尚未绑定" in as_(world.far_regulator).get("/account/").content.decode()


def test_new_recovery_codes_need_password_and_code_and_end_the_old(
    enrolled: User, as_: Any
) -> None:
    client = as_(enrolled)
    url = "/account/recovery-codes/renew/"
    old = second_factor.unused_codes(enrolled)
    bad = client.post(url, {"password": "wrong", "code": present()})
    assert (bad.status_code, bad.context["form"].errors["password"]) == (422, ["密码不正确。"])
    bad = client.post(url, {"password": PASSWORD, "code": "00000000"})
    assert (bad.status_code, bad.context["form"].errors["code"]) == (422, [second_factor.WRONG])
    assert second_factor.unused_codes(enrolled) == old
    done = client.post(url, {"password": PASSWORD, "code": present()}, follow=True)
    assert [one.replace(" ", "") for one in done.context["codes"]] == second_factor.unused_codes(
        enrolled
    )
    assert set(old) & set(second_factor.unused_codes(enrolled)) == set()


def test_another_phone_is_bound_in_two_steps(enrolled: User, as_: Any) -> None:
    client = as_(enrolled)
    url = "/account/second-factor/"
    assert "data-secret" not in client.get(url).content.decode()
    code = second_factor.unused_codes(enrolled)[0]
    assert client.post(url, {"password": PASSWORD, "code": code}).url == url
    new = shown_secret(client.get(url))
    assert client.post(url, {"code": present()}).status_code == 422  # of the old phone
    assert second_factor.secret_of(enrolled) == SECRET
    assert client.post(url, {"code": present(new)}).url.startswith("/account/recovery-codes/")
    assert second_factor.secret_of(enrolled) == new
    assert AuditEntry.objects.filter(verb="account.second_factor_set").first().after == {
        "replaced": True
    }
    assert "data-secret" not in client.get(url).content.decode()


def test_a_change_that_is_cancelled_or_left_too_long_changes_nothing(
    enrolled: User, as_: Any, clock: list[datetime]
) -> None:
    client = as_(enrolled)
    url = "/account/second-factor/"
    codes = second_factor.unused_codes(enrolled)
    client.post(url, {"password": PASSWORD, "code": codes[0]})
    assert client.post(url, {"do": "cancel"}).url == "/account/"
    assert "data-secret" not in client.get(url).content.decode()
    client.post(url, {"password": PASSWORD, "code": codes[1]})
    clock[0] += timedelta(minutes=16)
    assert "data-secret" not in client.get(url).content.decode()
    assert second_factor.secret_of(enrolled) == SECRET


# ---------------------------------------------------------------- operators and the demo
def test_an_operator_takes_a_lost_phone_off(
    enrolled: User, world: World, client: Client, as_: Callable[[User], Client]
) -> None:
    running, other = as_(enrolled), as_(world.far_regulator)
    assert running.get("/bureau/desk/").status_code == 200
    call_command("reset_second_factor", "YuZhong", verbosity=0)
    assert not second_factor.is_enrolled(enrolled)
    assert running.get("/bureau/desk/").status_code == 302  # whoever has the phone is out
    assert other.get("/bureau/desk/").status_code == 200
    entry = AuditEntry.objects.get(verb="account.second_factor_reset")
    assert (entry.actor_kind, entry.object_code) == ("system", enrolled.code)
    assert password(client).url == ENROL


@pytest.mark.parametrize("username", ["jia", "nobody", "shapingba"])
def test_an_operator_is_told_when_there_is_nothing_to_reset(world: World, username: str) -> None:
    with pytest.raises(CommandError, match="没有"):
        call_command("reset_second_factor", username)


def test_codes_stand_on_the_page_in_the_demo_only(
    enrolled: User, client: Client, settings: Any
) -> None:
    password(client)
    assert "data-demo-code" not in client.get(CODE).content.decode()
    settings.SECOND_FACTOR_SHOW_CODE_ON_PAGE = True
    for _ in range(2):  # the second time the present code is used up: the next one is shown
        visitor = Client()
        password(visitor)
        code = visitor.get(CODE).context["demo_code"]
        assert enter(visitor, code).status_code == 302


def test_enrolling_with_the_same_secret_again_changes_nothing(enrolled: User) -> None:
    before = list(Authenticator.objects.values())
    second_factor.enrol_with_secret(enrolled, SECRET, actor=SYSTEM, now=NOW)
    assert list(Authenticator.objects.values()) == before
