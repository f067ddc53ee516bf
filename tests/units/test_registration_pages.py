"""单位注册 as an applicant sees it: form, phone code, state, mending; the directory (F1, F2)."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.test import Client

from tests.factories import units as people
from tests.units.postbox import Postbox
from tests.world import NOW, World
from units import archives, sms
from units.actions import registration as actions
from units.models import Registration, Unit, User

REGISTER, CODE = "/register/", "/register/code/"
PHONE = "13912345678"
CREDIT = people.credit_code(7001)
PASSWORD = "Zhuce-2026-ok"
FORM = {
    "name": "渝中新城物业有限公司",
    "credit_code": CREDIT,
    "kinds": ["using", "filling"],
    "region": "500103",
    "address": "渝中区民权路9号",
    "contact_name": "㛃𬭚",
    "contact_phone": PHONE,
    "username": "xincheng",
    "password": PASSWORD,
    "repeat": PASSWORD,
}


def apply(client: Client, **changed: Any) -> Any:
    return client.post(REGISTER, FORM | changed)


def code_of(client: Client) -> str:
    return client.session["registration_code"]["code"]


def enter(client: Client, code: str | None = None) -> Any:
    return client.post(CODE, {"code": code or code_of(client)})


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "111111"


def registered(client: Client, **changed: Any) -> Registration:
    assert apply(client, **changed).status_code == 302
    page = enter(client)
    assert page.status_code == 302, page.content.decode()
    return Registration.objects.get(code=page.url.split("/")[2])


@pytest.fixture
def archived(monkeypatch: pytest.MonkeyPatch) -> list[archives.Waiting]:
    """What the archive knows under CREDIT; filled by the test."""
    known: list[archives.Waiting] = []
    monkeypatch.setattr(archives, "_finders", [lambda code: known if code == CREDIT else []])
    return known


# ---------------------------------------------------------------- the way through
def test_an_application_waits_for_the_district_bureau(
    world: World, client: Client, postbox: type[Postbox], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        made = registered(client)
    sms.settle()
    assert (made.state, made.unit, made.kinds, len(made.code)) == (
        "submitted",
        None,
        ["using", "filling"],
        24,
    )
    assert check_password(PASSWORD, made.password)
    assert [phone for phone, _ in postbox.sent] == [PHONE, PHONE]
    assert postbox.sent[1][1].endswith(f"/register/{made.code}/")
    told = world.regulator.messages.get()
    assert told.text == "“渝中新城物业有限公司”申请单位注册，请审核。"
    assert told.link == f"/bureau/registrations/{made.code}/"
    assert list(client.session.keys()) == ["registration_mine"]
    state = client.get(f"/register/{made.code}/").content.decode()
    assert "待审核" in state
    assert "渝中区市场监督管理局" in state
    assert PHONE not in state


def test_the_archive_opens_the_account_at_once(
    world: World, client: Client, archived: list[archives.Waiting]
) -> None:
    archived.append(archives.Waiting("渝中新城物业 有限公司", "500103", 12))
    made = registered(client)
    assert (made.state, made.unit.name, made.password) == ("claimed", FORM["name"], "")
    assert client.login(username="xincheng", password=PASSWORD)
    message = world.regulator.messages.get()
    assert "（12 台）相符，已自动开户" in message.text


@pytest.mark.parametrize(
    "known", [("另一家物业有限公司", "500103"), (FORM["name"], "500106")], ids=["name", "district"]
)
def test_another_name_or_district_goes_to_the_bureau(
    world: World, client: Client, archived: list[archives.Waiting], known: tuple[str, str]
) -> None:
    archived.append(archives.Waiting(*known, 3))
    assert registered(client).state == "submitted"


def test_every_phone_is_answered_alike(world: World) -> None:
    pages = []
    for number in ("13800000001", "13899999999"):
        client = Client()
        apply(client, contact_phone=number)
        page = client.get(CODE).content.decode()
        said = page[page.index("<h1") :].split("<form")[0]
        pages.append(said.replace(number[3:7], "").replace(number[7:], ""))
    assert pages[0] == pages[1]


# ---------------------------------------------------------------- the code
def test_three_wrong_codes_end_it(world: World, client: Client) -> None:
    apply(client)
    bad = wrong(code_of(client))
    assert [enter(client, bad).status_code for _ in range(3)] == [422, 422, 302]
    page = client.get(REGISTER)
    assert "验证码连续输错 3 次" in page.content.decode()
    assert page.context["form"]["name"].value() == FORM["name"]
    assert Registration.objects.count() == 0


def test_an_old_code_is_refused(world: World, client: Client) -> None:
    apply(client)
    code = code_of(client)
    session = client.session
    session["registration_code"] |= {"at": session["registration_code"]["at"] - 301}
    session.save()
    assert enter(client, code).url == REGISTER
    assert Registration.objects.count() == 0


def test_a_phone_is_asked_once_a_minute_also_by_sign_in(world: World, client: Client) -> None:
    Client().post("/m/sign-in/", {"phone": PHONE})
    page = apply(client)
    assert (page.status_code, page.context["form"].errors["contact_phone"][0][:6]) == (
        429,
        "获取过于频繁",
    )


def test_coming_back_to_mend_the_form_keeps_the_code(world: World, client: Client) -> None:
    apply(client)
    code = code_of(client)
    assert apply(client, address="渝中区新地址").status_code == 302
    assert code_of(client) == code
    assert enter(client).status_code == 302
    assert Registration.objects.get().address == "渝中区新地址"


def test_resending_waits(world: World, client: Client) -> None:
    apply(client)
    page = client.post(CODE, {"action": "resend"})
    assert page.status_code == 429
    assert "秒后再重新获取" in page.content.decode()


def test_the_demo_shows_the_code(world: World, client: Client, settings: Any) -> None:
    settings.SMS_SHOW_CODE_ON_PAGE = True
    apply(client)
    assert f"<strong data-demo-code>{code_of(client)}</strong>" in client.get(CODE).content.decode()


def test_without_a_form_there_is_no_code_page(db: None, client: Client) -> None:
    assert (client.get(CODE).url, enter(client, "123456").url) == (REGISTER, REGISTER)


# ---------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "请填写单位名称。"),
        ("name", "长" * 121, "单位名称最多 120 个字。"),
        ("credit_code", "91500103MA", "统一社会信用代码应为 18 位，现为 10 位，请核对。"),
        ("credit_code", CREDIT[:17] + ("0" if CREDIT[17] != "0" else "1"), "统一社会信用代码的校验位不对，请逐位核对。"),
        ("kinds", [], "请至少选择一个单位类型。"),
        ("kinds", ["using", "bank"], "所选单位类型不存在，请重新选择。"),
        ("region", "500000", "所选区县已撤销或不存在，请重新选择。"),
        ("region", "", "请选择所在区县。"),
        ("contact_phone", "023-63800000", "手机号应为 11 位数字、以 1 开头，现为 11 位，请核对。"),
        ("username", "新城", "账号应为 3 至 40 位小写字母、数字、点、横线或下划线，并以字母或数字开头。"),
        ("password", "12345678", "密码不能全是数字。"),
        ("repeat", "another-one", "两次填写的密码不一致。"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_beside_its_field(
    world: World, client: Client, field: str, typed: Any, sentence: str
) -> None:
    changed = {field: typed} | ({"repeat": typed} if field == "password" else {})
    page = apply(client, **changed)
    assert page.status_code == 422
    assert sentence in page.context["form"].errors[field][0]
    assert page.context["form"]["contact_name"].value() == "㛃𬭚"
    assert "registration_code" not in client.session


def test_odd_text_is_shown_as_text(world: World, client: Client) -> None:
    made = registered(
        client,
        name="<script>alert(1)</script>𬭚",
        credit_code=f" {CREDIT.lower()} ",
        address="A\0B",
    )
    assert (made.name, made.credit_code) == ("<script>alert(1)</script>𬭚", CREDIT)
    page = client.get(f"/register/{made.code}/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;𬭚" in page


def test_who_has_an_account_is_told_whom_to_phone(world: World, client: Client) -> None:
    page = apply(client, credit_code=world.jia.credit_code)
    assert page.context["form"].errors["credit_code"] == [
        "该统一社会信用代码已经开户，忘记账号或密码请联系渝中区市场监督管理局（023-63800000）。"
    ]


def test_one_open_registration_a_credit_code(world: World, client: Client) -> None:
    registered(client)
    page = apply(Client(), username="another", contact_phone="13700000000")
    sentence = page.context["form"].errors["credit_code"][0]
    assert sentence.startswith("该统一社会信用代码已有一份注册申请正在办理")
    assert "渝中区市场监督管理局（023-63800000）" in sentence


@pytest.mark.parametrize("taken", ["jia", "xincheng"], ids=["account", "open registration"])
def test_an_account_name_is_taken_once(world: World, client: Client, taken: str) -> None:
    registered(client)
    other = people.credit_code(7002)
    page = apply(Client(), username=taken, credit_code=other, contact_phone="13700000000")
    assert page.context["form"].errors["username"] == ["该账号名已被使用，请换一个。"]


def test_what_was_taken_meanwhile_is_told_on_the_code_page(world: World, client: Client) -> None:
    apply(client)
    people.unit("抢先有限公司")
    Unit.objects.filter(name="抢先有限公司").update(credit_code=CREDIT)
    page = enter(client)
    assert page.status_code == 422
    assert "该统一社会信用代码已经开户" in page.content.decode()
    assert Registration.objects.count() == 0


def test_names_cannot_be_tried_through(world: World, client: Client) -> None:
    """Every try hashes a password and says whether an account name is taken."""
    answers = [apply(Client(), username="jia").status_code for _ in range(21)]
    assert answers == [422] * 20 + [429]
    assert "操作过于频繁" in apply(client).content.decode()


# ---------------------------------------------------------------- state and mending
@pytest.fixture
def returned(world: World, client: Client) -> Registration:
    made = registered(client)
    return actions.send_back(
        made, opinion="名称与执照不符\n请改正", actor=world.actor(world.regulator), now=NOW
    )


def mend(client: Client, made: Registration, **changed: Any) -> Any:
    blank = {"password": "", "repeat": "", "contact_phone": "13700000001"}
    return client.post(
        f"/register/{made.code}/edit/", FORM | blank | {"version": made.version} | changed
    )


def test_a_returned_application_is_mended(client: Client, returned: Registration) -> None:
    state = client.get(f"/register/{returned.code}/").content.decode()
    assert "名称与执照不符<br>请改正" in state
    assert f'href="/register/{returned.code}/edit/"' in state
    assert mend(client, returned, name="渝中新城物业服务有限公司").status_code == 302
    assert enter(client).url == f"/register/{returned.code}/"
    made = Registration.objects.get()
    assert (made.state, made.name, made.contact_phone, made.version) == (
        "submitted",
        "渝中新城物业服务有限公司",
        "13700000001",
        returned.version + 1,
    )
    assert check_password(PASSWORD, made.password)


def test_two_who_mend_do_not_overwrite_each_other(client: Client, returned: Registration) -> None:
    mend(client, returned, name="先改的有限公司")
    other = Client()
    mend(other, returned, name="后改的有限公司", contact_phone="13700000002")
    assert enter(client).status_code == 302
    page = enter(other)
    assert page.status_code == 422
    assert "这份申请刚刚在别处修改过" in page.content.decode()
    assert Registration.objects.get().name == "先改的有限公司"


def test_only_a_returned_application_can_be_edited(world: World, client: Client) -> None:
    made = registered(client)
    assert client.get(f"/register/{made.code}/edit/").url == f"/register/{made.code}/"
    assert mend(client, made).url == f"/register/{made.code}/"


def test_an_approved_application_leads_to_the_sign_in(world: World, client: Client) -> None:
    made = registered(client)
    actions.approve(made, actor=world.actor(world.regulator), now=NOW)
    page = client.get(f"/register/{made.code}/").content.decode()
    assert "用账号 xincheng 登录" in page
    signed = client.post("/sign-in/", {"username": "xincheng", "password": PASSWORD})
    assert signed.status_code == 302
    assert client.session["_auth_user_id"] == str(User.objects.get(username="xincheng").pk)


def test_somebody_signed_in_does_not_register(world: World, as_: Any) -> None:
    assert as_(world.jia_admin).get(REGISTER).status_code == 302


# ---------------------------------------------------------------- the directory
@pytest.mark.parametrize("number", [1, 3])
def test_the_directory_lists_bureaus_by_region(
    db: None, client: Client, number: int, django_assert_num_queries: Any
) -> None:
    for region in ("500103", "500106", "610102")[:number]:
        people.bureau(region, f"{region}局")
    with django_assert_num_queries(1):
        page = client.get("/bureaus/")
    found = [(group.label, len(group.bureaus)) for group in page.context["groups"]]
    assert found == [[("重庆市", 1)], [("重庆市", 2), ("陕西省西安市", 1)]][number == 3]


def test_the_directory_is_searched_and_linked(world: World, client: Client) -> None:
    page = client.get("/bureaus/", {"q": "沙坪坝"})
    assert [b.name for g in page.context["groups"] for b in g.bureaus] == ["沙坪坝区市场监督管理局"]
    assert "没有找到" in client.get("/bureaus/", {"q": "不存在"}).content.decode()
    for linking in ("/sign-in/", "/register/", "/help/"):
        assert 'href="/bureaus/"' in client.get(linking).content.decode()
    assert 'href="/register/"' in client.get("/sign-in/").content.decode()
