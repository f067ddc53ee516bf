"""账号信息, 修改密码, 我的, 联系客服."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import units as people
from tests.world import PASSWORD, World
from units.identities import role_label

NEW = "Chuan-Yu-2027"
GOOD = {"old_password": PASSWORD, "new_password": NEW, "repeat": NEW}


# ---------------------------------------------------------------- account
def test_a_unit_account_sees_its_unit_and_its_bureaus(world: World, as_: Any) -> None:
    above = people.bureau("500000", "重庆市市场监督管理局")
    context = as_(world.jia_admin).get("/account/").context
    assert dict(context["account_facts"]) | {"开通时间": ""} == {
        "账号": "jia",
        "账号名称": "甲物业管理有限公司",
        "账号类别": "单位账号",
        "开通时间": "",
    }
    facts = dict(context["unit_facts"])
    assert (facts["统一社会信用代码"], facts["单位类型"], facts["所在区县"], facts["在职人员"]) == (
        world.jia.credit_code,
        "使用单位",
        "渝中区",
        "5 人",
    )
    assert context["supervisors"] == [world.bureau, above]


def test_a_bureau_account_sees_its_bureau(world: World, as_: Any) -> None:
    context = as_(world.regulator).get("/account/").context
    assert dict(context["bureau_facts"])["辖区"] == "渝中区"
    assert (context["unit_facts"], context["supervisors"]) == ([], [])


@pytest.mark.parametrize("path", ["/account/", "/account/password/"])
def test_safety_people_have_no_account_page(world: World, as_: Any, path: str) -> None:
    assert as_(world.li.user).get(path).status_code == 403


# ---------------------------------------------------------------- password
def test_a_new_password_keeps_this_session_and_ends_the_others(world: World, as_: Any) -> None:
    here, there = as_(world.jia_admin), as_(world.jia_admin)
    done = here.post("/account/password/", GOOD, follow=True)
    assert done.redirect_chain == [("/account/", 302)]
    assert [str(one) for one in done.context["messages"]] == [
        "密码已修改，其他电脑上的登录已退出。"
    ]
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302
    fresh = Client()
    assert fresh.post("/sign-in/", {"username": "jia", "password": NEW}).status_code == 302


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"old_password": ""}, "old_password", "请填写原密码。"),
        ({"old_password": "wrong"}, "old_password", "原密码不正确。"),
        ({"new_password": "", "repeat": ""}, "new_password", "请填写新密码。"),
        ({"repeat": "Other-2027"}, "repeat", "两次填写的新密码不一致。"),
        (
            {"new_password": PASSWORD, "repeat": PASSWORD},
            "new_password",
            "新密码不能与原密码相同。",
        ),
        (
            {"new_password": "q7#kz", "repeat": "q7#kz"},
            "new_password",
            "密码太短，至少要有 8 位。",
        ),
        (
            {"new_password": "83920175", "repeat": "83920175"},
            "new_password",
            "密码不能全是数字。",
        ),
        (
            {"new_password": "password1", "repeat": "password1"},
            "new_password",
            "这个密码太常见，容易被猜到。",
        ),
    ],
)
def test_a_bad_password_is_answered_beside_its_field(
    world: World, as_: Any, changes: dict[str, str], field: str, sentence: str
) -> None:
    client = as_(world.jia_admin)
    response = client.post("/account/password/", GOOD | changes)
    assert (response.status_code, response.context["form"].errors[field]) == (200, [sentence])
    world.jia_admin.refresh_from_db()
    assert world.jia_admin.check_password(PASSWORD) is True


def test_guessing_the_old_password_is_limited(world: World, as_: Any) -> None:
    client = as_(world.jia_admin)
    wrong = GOOD | {"old_password": "wrong"}
    found = [client.post("/account/password/", wrong).status_code for _ in range(6)]
    assert found == [200] * 5 + [429]


# ---------------------------------------------------------------- me
def test_me_says_who_i_am_here(world: World, as_: Any) -> None:
    people.appointment(world.li, "safety_director", ["crane"])
    response = as_(world.li.user).get("/m/me/")
    assert response.context["identities"] == [
        ("安全总监", "分管：起重机械"),
        ("安全员", "分管：全部类别"),
    ]
    assert (response.context["machines"], response.context["missing"]) == ("2 台", "")
    text = response.content.decode()
    assert "13800000001" in text  # one's own phone is not masked (roles.md)
    assert world.jia.name in text


def test_me_says_what_is_missing_and_who_fixes_it(world: World, as_: Any) -> None:
    new = people.staff(world.jia, "新手", "safety_officer")
    world.jia.contact_name, world.jia.contact_phone = "刘主任", "023-1234"
    world.jia.save()
    text = as_(new.user).get("/m/me/").content.decode()
    assert (
        "还没有给您绑定设备，因此没有待办。请联系本单位管理员（刘主任 023-1234），"
        "在“档案管理”中勾选设备并选择您为安全员。"
    ) in text
    assert as_(world.wang.user).get("/m/me/").context["missing"] == ""


def test_menus_say_the_identities(world: World) -> None:
    people.appointment(world.li, "principal")
    assert role_label(world.actor(world.li)) == "主要负责人、安全员"


@pytest.mark.parametrize("who", ["jia_admin", "regulator"])
def test_accounts_have_no_phone_page(world: World, as_: Any, who: str) -> None:
    assert as_(getattr(world, who)).get("/m/me/").status_code == 403


# ---------------------------------------------------------------- help
@pytest.mark.parametrize(
    ("who", "template"),
    [("jia_admin", "units/help_desk.html"), ("li", "units/help_field.html")],
)
def test_help_gives_ones_own_bureau_and_the_request_id(
    world: World, as_: Any, who: str, template: str
) -> None:
    person = getattr(world, who)
    response = as_(getattr(person, "user", person)).get("/help/")
    assert response.templates[0].name == template
    assert response.context["bureaus"] == [world.bureau]
    text = response.content.decode()
    assert ('href="tel:023-63800000"' in text, world.far_bureau.name in text) == (True, False)
    assert f'<strong class="sz-num" data-request-id>{response["X-Request-Id"]}</strong>' in text


def test_help_is_there_before_signing_in(world: World, client: Client) -> None:
    response = client.get("/help/")
    assert response.templates[0].name == "units/help_public.html"
    assert response.context["bureaus"] == [world.bureau, world.far_bureau]


def test_help_names_the_platforms_phone_if_there_is_one(
    db: None, client: Client, settings: Any
) -> None:
    assert "平台尚未公布技术支持电话" in client.get("/help/").content.decode()
    settings.SUPPORT_PHONE = "400-000-0000"
    assert 'href="tel:400-000-0000"' in client.get("/help/").content.decode()


def test_help_without_any_bureau_says_where_to_call(db: None, client: Client) -> None:
    assert "请拨打 12315" in client.get("/help/").content.decode()
