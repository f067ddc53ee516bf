"""The two password entrances: who gets in where, the words of refusal, lock-out, next, sign-out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from tests.world import PASSWORD, World
from units.auth import LOCKED_OUT
from units.models import AuditEntry, AuditOrigin, User

UNIT, BUREAU = "/sign-in/", "/bureau/sign-in/"
WRONG = "账号或密码不正确，请核对后再试。"


def post(client: Client, url: str, username: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post(url, {"username": username, "password": password, **more})


def errors(response: Any) -> list[str]:
    return list(response.context["form"].non_field_errors())


def signed_in(client: Client) -> int | None:
    value = client.session.get("_auth_user_id")
    return int(value) if value is not None else None


# ---------------------------------------------------------------- getting in
def test_the_right_account_gets_in_at_its_entrance(world: World, client: Client) -> None:
    response = post(client, UNIT, "jia")
    assert (response.status_code, response.url) == (302, "/")
    owner = world.jia_admin
    assert signed_in(client) == owner.pk
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.actor_code, entry.object_code, entry.unit_id) == (
        "user.signed_in",
        owner.code,
        owner.code,
        owner.unit_id,
    )
    assert entry.after == {"entrance": "unit"}
    assert AuditOrigin.objects.get().ip == "127.0.0.1"


def test_full_width_and_capital_letters_of_an_account_name_are_the_same(
    world: World, client: Client
) -> None:
    assert post(client, UNIT, " ＪＩＡ ").status_code == 302
    assert signed_in(client) == world.jia_admin.pk


@pytest.mark.parametrize(
    ("url", "username", "sentence", "other"),
    [
        (UNIT, "yuzhong", "这是监管账号，请从监管入口登录。", BUREAU),
        (BUREAU, "jia", "这是单位账号，请从单位入口登录。", UNIT),
    ],
)
def test_the_wrong_entrance_says_which_is_right(
    world: World, client: Client, url: str, username: str, sentence: str, other: str
) -> None:
    response = post(client, url, username)
    assert (response.status_code, errors(response)) == (200, [sentence])
    assert f'href="{other}"' in response.content.decode()
    assert signed_in(client) is None
    assert AuditEntry.objects.get().after["reason"] == "wrong_entrance"


def test_the_wrong_entrance_says_nothing_without_the_password(world: World, client: Client) -> None:
    assert errors(post(client, UNIT, "yuzhong", "guess")) == [WRONG]
    assert errors(post(client, UNIT, "nobody-of-that-name", "guess")) == [WRONG]


def test_a_platform_account_uses_the_bureaus_entrance(world: World, client: Client) -> None:
    root = User(kind="platform", username="root1", name="平台", created_at=world.jia.created_at)
    root.set_password(PASSWORD)
    root.save()
    assert post(client, UNIT, "root1").status_code == 200
    # The second factor of regulators stands between: tests/units/test_second_factor.py.
    assert post(client, BUREAU, "root1").url == reverse("units:second-factor-enrol")
    assert signed_in(client) is None
    client.force_login(root, backend="units.auth.ShouzeBackend")
    assert client.get("/").url == reverse("units:ticket-list")


def test_a_closed_account_is_told(world: World, client: Client) -> None:
    User.objects.filter(pk=world.jia_admin.pk).update(is_active=False)
    assert errors(post(client, UNIT, "jia")) == ["该账号已停用，请联系区县市场监管局。"]
    assert signed_in(client) is None


def test_an_account_closed_while_signed_in_is_out_at_once(world: World, as_: Any) -> None:
    client = as_(world.jia_admin)
    assert client.get(reverse("units:account")).status_code == 200
    User.objects.filter(pk=world.jia_admin.pk).update(is_active=False)
    assert client.get(reverse("units:account")).status_code == 302


def test_safety_people_have_no_password(world: World, client: Client) -> None:
    assert errors(post(client, UNIT, "13800000001")) == [WRONG]


@pytest.mark.parametrize(
    ("data", "field", "sentence"),
    [
        ({"username": "", "password": "x"}, "username", "请填写账号。"),
        ({"username": "jia", "password": ""}, "password", "请填写密码。"),
        ({"username": "j" * 41, "password": "x"}, "username", "账号最多 40 位，请核对。"),
        ({"username": "jia", "password": "x" * 129}, "password", "密码最多 128 位，请核对。"),
    ],
)
def test_bad_input_is_answered_beside_its_field(
    world: World, client: Client, data: dict[str, str], field: str, sentence: str
) -> None:
    response = client.post(UNIT, data)
    assert (response.status_code, response.context["form"].errors[field]) == (200, [sentence])
    assert AuditEntry.objects.count() == 0


def test_the_account_name_stays_and_the_password_does_not(world: World, client: Client) -> None:
    page = post(client, UNIT, '"><script>x', "my-secret-word").content.decode()
    assert 'value="&quot;&gt;&lt;script&gt;x"' in page
    assert "<script>x" not in page
    assert "my-secret-word" not in page


# ---------------------------------------------------------------- trail and lock-out
def test_a_failed_sign_in_stands_in_the_trail(world: World, client: Client) -> None:
    post(client, UNIT, "jia", "wrong")
    post(client, UNIT, "typed-my-password-here", "wrong")
    known, unknown = AuditEntry.objects.order_by("id")
    assert (known.verb, known.object_code, known.unit_id, known.actor_kind) == (
        "user.sign_in_failed",
        world.jia_admin.code,
        world.jia.pk,
        "anonymous",
    )
    assert known.after == {"entrance": "unit", "reason": "wrong_password"}
    # A name nobody has may be a password typed into the wrong box: it is not kept.
    assert (unknown.object_type, unknown.object_code, unknown.unit_id) == (
        "units.user",
        "unknown",
        None,
    )


def test_five_failures_lock_the_account_for_a_while_with_a_sentence(
    world: World, client: Client
) -> None:
    for _ in range(5):
        assert errors(post(client, UNIT, "jia", "wrong")) == [WRONG]
    locked = post(client, UNIT, "jia")
    assert (locked.status_code, errors(locked)) == (429, [LOCKED_OUT])
    assert 'value="jia"' in locked.content.decode()
    assert signed_in(client) is None
    # Somebody else's account is not locked with it.
    assert post(client, UNIT, "yi").status_code == 302


@pytest.mark.parametrize("other", ["testserver:8081", "TESTSERVER", "shouze.example"])
def test_another_host_name_is_no_further_five_tries(
    world: World, client: Client, other: str
) -> None:
    for _ in range(5):
        post(client, UNIT, "jia", "wrong")
    client.defaults["HTTP_HOST"] = other
    assert post(client, UNIT, "jia").status_code == 429


def test_one_address_cannot_try_many_accounts(world: World, client: Client) -> None:
    found = [post(client, UNIT, f"name{n}", "x").status_code for n in range(11)]
    assert found == [200] * 10 + [429]


def test_one_address_cannot_post_for_ever(world: World, client: Client, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login": "2/m/ip"}
    for _ in range(2):
        assert post(client, UNIT, "jia", "wrong").status_code == 200
    refused = post(client, UNIT, "jia")
    assert (refused.status_code, errors(refused)) == (429, ["操作过于频繁，请一分钟后再试。"])


# ---------------------------------------------------------------- next, sessions, out
@pytest.mark.parametrize(
    ("wanted", "landed"),
    [
        ("/staff/?q=1", "/staff/?q=1"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("nowhere", "/"),
        ("duties:task", "/"),
        ("http://testserver/staff/", "http://testserver/staff/"),
    ],
)
def test_next_is_kept_if_it_is_ours(world: World, client: Client, wanted: str, landed: str) -> None:
    assert post(client, UNIT, "jia", next=wanted).url == landed


def test_a_page_that_needs_sign_in_is_come_back_to(world: World, client: Client) -> None:
    away = client.get("/staff/?q=1")
    assert (away.status_code, away.url) == (302, "/sign-in/?next=/staff/%3Fq%3D1")
    page = client.get(away.url)
    assert page.context["next"] == "/staff/?q=1"
    assert '<input type="hidden" name="next" value="/staff/?q=1">' in page.content.decode()


@pytest.mark.parametrize(
    ("wanted", "entrance"),
    [
        ("/m/me/", "/m/sign-in/?next=%2Fm%2Fme%2F"),
        ("/bureau/x/", "/bureau/sign-in/?next=%2Fbureau%2Fx%2F"),
    ],
)
def test_pages_of_others_lead_to_their_own_entrance(
    db: None, client: Client, wanted: str, entrance: str
) -> None:
    response = client.get(UNIT, {"next": wanted})
    assert (response.status_code, response.url) == (302, entrance)


def test_somebody_signed_in_is_sent_on(world: World, as_: Any) -> None:
    client = as_(world.jia_admin)
    for url in (UNIT, BUREAU, "/m/sign-in/", "/m/sign-in/code/"):
        assert client.get(url).url == "/"
        assert client.get(url, {"next": "/staff/"}).url == "/staff/"
        assert client.get(url, {"next": "nowhere"}).url == "/"


def test_the_session_ends_with_the_browser_unless_asked_otherwise(
    world: World, client: Client
) -> None:
    assert post(client, UNIT, "jia").cookies["sessionid"]["max-age"] == ""
    other = Client()
    age = post(other, UNIT, "jia", remember="on").cookies["sessionid"]["max-age"]
    assert timedelta(seconds=age) == timedelta(days=14)


def test_signing_in_gives_a_new_session(world: World, client: Client) -> None:
    client.get(UNIT)
    session = client.session
    session["planted"] = 1
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    post(client, UNIT, "jia")
    assert client.session.session_key != before
    assert Session.objects.filter(session_key=before).count() == 0


@pytest.mark.parametrize(
    ("who", "entrance"), [("jia_admin", UNIT), ("regulator", BUREAU), ("li", "/m/sign-in/")]
)
def test_signing_out_goes_back_to_ones_own_entrance(
    world: World, as_: Any, who: str, entrance: str
) -> None:
    person = getattr(world, who)
    client = as_(person if isinstance(person, User) else person.user)
    assert client.get("/sign-out/").status_code == 405
    assert signed_in(client) is not None
    assert client.post("/sign-out/").url == entrance
    assert signed_in(client) is None
    assert Session.objects.count() == 0


def test_signing_out_twice_does_no_harm(db: None, client: Client) -> None:
    assert client.post("/sign-out/").url == UNIT


def test_pages_are_not_kept_by_the_browser(db: None, client: Client) -> None:
    for url in (UNIT, BUREAU, "/m/sign-in/"):
        assert "no-store" in client.get(url)["Cache-Control"]


def test_a_session_that_ended_elsewhere_is_met_with_a_page_not_an_error(
    world: World, as_: Any
) -> None:
    """Loading such a session removes it: also on pages that may not write."""
    for url, status in (("/", 302), (UNIT, 200), ("/help/", 200), ("/staff/", 302)):
        client = as_(world.jia_admin)
        world.jia_admin.set_password("Another-word-2027")
        world.jia_admin.save()
        assert client.get(url).status_code == status
        assert signed_in(client) is None


# ---------------------------------------------------------------- what is not there
@pytest.mark.parametrize(
    "name",
    [
        "account_login", "account_signup", "account_email", "account_reset_password",
        "account_change_password", "account_confirm_login_code", "account_request_login_code",
    ],
)  # fmt: skip
def test_allauths_own_pages_are_not_mounted(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/accounts/signup/", "/signup/", "/accounts/email/"]
)
def test_nobody_registers_or_resets_here(path: str) -> None:
    with pytest.raises(Resolver404):
        resolve(path)
