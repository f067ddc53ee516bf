"""单位注册 on the bureau's desk: list, checks, decisions, two reviewers at once (F1)."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.hashers import make_password

from tests.factories import registrations as made
from tests.factories import units as people
from tests.world import World
from units import queries_desk
from units.models import AuditEntry, Registration, Unit, User

LIST = "/bureau/registrations/"


def url(registration: Registration) -> str:
    return f"{LIST}{registration.code}/"


def act(client: Any, registration: Registration, do: str, **more: Any) -> Any:
    data = {"do": do, "version": registration.version, "opinion": ""} | more
    return client.post(url(registration), data)


@pytest.fixture
def claimed(world: World) -> Registration:
    unit = people.unit("认领的公司")
    people.account("unit", "claimed1", unit)
    return made.registration("claimed", unit=unit, name=unit.name, username="claimed1")


# ---------------------------------------------------------------- list
def test_tabs_counts_and_badge_are_of_the_subtree(
    world: World, as_: Any, claimed: Registration
) -> None:
    mine = made.registration()
    made.registration("returned")
    made.registration(region="500106")
    actor = world.actor(world.regulator)
    context = as_(world.regulator).get(LIST).context
    assert [(tab["label"], tab["count"]) for tab in context["tabs"]] == [
        ("待审核", 1),
        ("认领待核查", 1),
        ("已退回", 1),
        ("全部", 3),
    ]
    assert queries_desk.badge(actor).count() == 2
    assert list(queries_desk.waiting_registrations(actor)) == [mine]
    assert list(queries_desk.claims_to_check(actor)) == [claimed]
    found = as_(world.regulator).get(LIST, {"state": "to_check"}).context["page"]
    assert [one.pk for one in found] == [claimed.pk]
    found = as_(world.regulator).get(LIST, {"keyword": mine.contact_phone}).context["page"]
    assert [one.pk for one in found] == [mine.pk]
    assert as_(world.far_regulator).get(url(mine)).status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_queries_of_the_list(
    world: World, as_: Any, django_assert_num_queries: Any, number: int
) -> None:
    for _ in range(number):
        made.registration()
    client = as_(world.regulator)
    client.get(LIST)
    with django_assert_num_queries(LIST_QUERIES):
        client.get(LIST)


LIST_QUERIES = 6


def test_an_empty_list_says_where_applications_come_from(world: World, as_: Any) -> None:
    assert "还没有单位注册" in as_(world.regulator).get(LIST).content.decode()
    calm = as_(world.regulator).get(LIST, {"state": "submitted"}).content.decode()
    assert "没有要办的申请" in calm


# ---------------------------------------------------------------- checks
def test_the_credit_code_is_checked(world: World) -> None:
    good = made.registration()
    assert [one.kind for one in queries_desk.code_checks(good)] == ["done", "done"]
    elsewhere = made.registration(credit_code=people.credit_code(9001, "610102"))
    checks = queries_desk.code_checks(elsewhere)
    assert [one.kind for one in checks] == ["done", "late"]
    assert "610102 新城区" in checks[1].text
    taken = made.registration(credit_code=world.jia.credit_code)
    assert queries_desk.code_checks(taken)[-1].text == "该统一社会信用代码已经开户，不能再次通过"
    broken = made.registration(credit_code="91500103MA00000000")
    assert queries_desk.code_checks(broken)[0].kind == "danger"


def test_namesakes_and_other_applications_of_the_subtree(world: World, as_: Any) -> None:
    people.unit("同名（重庆）公司", region="500106")
    same = people.unit("同名（重庆）公司")
    registration = made.registration(name="同名(重庆) 公司")
    earlier = made.registration("approved", name="同名(重庆) 公司", unit=world.yi)
    context = as_(world.regulator).get(url(registration)).context
    assert context["namesakes"] == [same]
    assert [one.pk for one, _, _ in context["others"]] == [earlier.pk]


# ---------------------------------------------------------------- decisions
def test_approving_opens_unit_and_account(world: World, as_: Any) -> None:
    registration = made.registration(
        name="新开户公司", username="newunit", password=make_password("Shouze-2027-new")
    )
    done = as_(world.regulator).post(
        url(registration), {"do": "approve", "version": 1}, follow=True
    )
    assert "已通过“新开户公司”的注册，账号 newunit 可以登录。" in done.content.decode()
    assert User.objects.get(username="newunit").unit == Unit.objects.get(name="新开户公司")
    assert done.context["may_decide"] is False


def test_sending_back_needs_an_opinion_and_keeps_it(world: World, as_: Any) -> None:
    registration = made.registration()
    client = as_(world.regulator)
    bad = act(client, registration, "send_back")
    assert bad.status_code == 422
    assert bad.context["form"].errors["opinion"] == ["请写明退回原因，申请人要按它修改。"]
    long = act(client, registration, "send_back", opinion="长" * 201)
    assert long.context["form"].errors["opinion"] == ["审核意见最多 200 个字。"]
    assert "长" * 201 in long.content.decode()
    odd = "<b>单位名称</b>与执照不符 㛃𬭚"
    page = act(client, registration, "send_back", opinion=odd)
    assert page.status_code == 302
    registration.refresh_from_db()
    assert (registration.state, registration.opinion) == ("returned", odd)
    assert "&lt;b&gt;单位名称" in client.get(url(registration)).content.decode()


@pytest.mark.parametrize(
    "data",
    [{}, {"do": "delete", "version": 1}, {"do": "approve"}, {"do": "approve", "version": "x"}],
)
def test_a_form_that_is_not_ours_changes_nothing(
    world: World, as_: Any, data: dict[str, Any]
) -> None:
    registration = made.registration()
    assert as_(world.regulator).post(url(registration), data).status_code == 422
    registration.refresh_from_db()
    assert registration.state == "submitted"


def test_of_two_reviewers_the_second_is_told(world: World, as_: Any) -> None:
    registration = made.registration()
    other = people.account("bureau", "yuzhong2", world.bureau)
    assert (
        act(as_(world.regulator), registration, "send_back", opinion="请改名称").status_code == 302
    )
    late = act(as_(other), registration, "approve", opinion="写了一半的意见")
    assert late.status_code == 409
    page = late.content.decode()
    assert "刚刚被修改过" in page
    assert (
        "写了一半的意见" not in page
    )  # nothing is left to decide: the page shows what was decided
    assert "请改名称" in page
    assert late.context["may_decide"] is False
    assert Unit.objects.filter(credit_code=registration.credit_code).count() == 0


def test_a_claimed_account_is_looked_at_or_objected_to(
    world: World, as_: Any, claimed: Registration
) -> None:
    client = as_(world.regulator)
    assert act(client, claimed, "accept").status_code == 302
    claimed.refresh_from_db()
    assert (claimed.state, claimed.decided_by_name) == (
        "claimed",
        "渝中区市场监督管理局 渝中区市场监督管理局",
    )
    assert queries_desk.badge(world.actor(world.regulator)).count() == 0
    assert AuditEntry.objects.get(verb="registration.checked").object_code == claimed.code
    assert act(client, claimed, "accept").status_code == 409
    # Later doubts are possible.
    assert act(client, claimed, "object").status_code == 422
    assert act(client, claimed, "object", opinion="不是本单位").status_code == 302
    assert User.objects.get(username="claimed1").is_active is False
    claimed.refresh_from_db()
    assert claimed.state == "objected"


def test_a_decision_that_does_not_fit_the_state_is_told(
    world: World, as_: Any, claimed: Registration
) -> None:
    waiting = made.registration()
    client = as_(world.regulator)
    assert act(client, claimed, "approve").status_code == 409
    assert act(client, waiting, "object", opinion="x").status_code == 409
    assert act(client, waiting, "accept").status_code == 409
