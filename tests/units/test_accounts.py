"""Opening bureaus, units and accounts; passwords."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from config.actor import SYSTEM
from config.errors import RuleBroken
from tests.world import NOW, PASSWORD, TODAY, World
from units.actions.accounts import change_password, open_account, open_bureau, open_unit
from units.models import AuditEntry, Bureau, Region, Unit, User

CREDIT = "91350100M000100Y43"


def district() -> Region:
    return Region.objects.get(pk="500103")


def unit(**changes: Any) -> Unit:
    values: dict[str, Any] = {
        "name": "丁物业有限公司",
        "credit_code": CREDIT,
        "kinds": ["using"],
        "region": district(),
        "actor": SYSTEM,
        "now": NOW,
    }
    return open_unit(**(values | changes))


def account(owner: Unit, **changes: Any) -> User:
    values: dict[str, Any] = {
        "kind": "unit",
        "username": "ding",
        "password": PASSWORD,
        "name": "丁物业",
        "unit": owner,
        "actor": SYSTEM,
        "now": NOW,
    }
    return open_account(**(values | changes))


# ---------------------------------------------------------------- bureaus and units
def test_a_bureau_is_opened_with_its_trail(db: None) -> None:
    made = open_bureau(name=" 渝中区局 ", region=district(), phone="023-1", actor=SYSTEM, now=NOW)
    assert (made.name, made.region_id, made.phone, made.created_at) == (
        "渝中区局",
        "500103",
        "023-1",
        NOW,
    )
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.actor_name, entry.object_code, entry.after) == (
        "bureau.opened",
        "系统",
        made.code,
        {"name": "渝中区局", "region": "渝中区"},
    )


@pytest.mark.parametrize(
    ("name", "sentence", "field"),
    [
        ("", "请填写监管机构名称。", "name"),
        ("局" * 81, "名称最多 80 个字。", "name"),
        ("渝中区市场监督管理局", "渝中区已有“渝中区市场监督管理局”。", "name"),
    ],
)
def test_a_bureau_is_refused(world: World, name: str, sentence: str, field: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        open_bureau(name=name, region=district(), actor=SYSTEM, now=NOW)
    assert (refused.value.message, refused.value.field) == (sentence, field)
    assert Bureau.objects.count() == 2


def test_a_unit_is_opened_with_several_kinds(db: None) -> None:
    made = unit(kinds=["filling", "using"], credit_code=" 91350100m000100y43 ", address="民权路")
    assert (made.credit_code, made.kinds, made.address) == (CREDIT, ["using", "filling"], "民权路")
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.unit_id) == ("unit.opened", made.pk)
    assert entry.after == {
        "name": "丁物业有限公司",
        "credit_code": CREDIT,
        "kinds": ["使用单位", "充装单位"],
    }


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"name": " "}, "name_missing", "name"),
        ({"name": "公" * 121}, "name_long", "name"),
        ({"credit_code": "91350100M000100Y34"}, "credit_code_wrong", "credit_code"),
        ({"kinds": []}, "kinds_wrong", "kinds"),
        ({"kinds": ["using", "circus"]}, "kinds_wrong", "kinds"),
    ],
)
def test_a_unit_is_refused(db: None, changes: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        unit(**changes)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert Unit.objects.count() == 0


def test_one_credit_code_opens_one_unit(db: None) -> None:
    unit()
    with pytest.raises(RuleBroken) as refused:
        unit(name="另一家")
    assert refused.value.message == "该统一社会信用代码已经开户。"
    assert Unit.objects.count() == 1


def test_a_unit_lies_in_a_district_that_exists(db: None) -> None:
    with pytest.raises(RuleBroken) as refused:
        unit(region=Region.objects.get(pk="500000"))
    assert refused.value.code == "region_too_wide"
    gone = district()
    gone.period = DateRange(None, TODAY)
    gone.save()
    with pytest.raises(RuleBroken) as refused:
        unit(region=gone)
    assert refused.value.message == "渝中区（500103）已撤销。"


def test_a_bureau_opens_units_of_its_own_subtree_only(world: World) -> None:
    regulator = world.actor(world.regulator)
    assert unit(actor=regulator).region_id == "500103"
    with pytest.raises(RuleBroken) as refused:
        unit(actor=replace(regulator, region_prefix="500112"), credit_code=world.jia.credit_code)
    assert (refused.value.code, refused.value.status) == ("region_foreign", 403)


# ---------------------------------------------------------------- accounts
def test_an_account_is_opened_in_small_letters(db: None) -> None:
    owner = unit()
    user = account(owner, username=" Ｄing.01 ")
    assert (user.username, user.kind, user.unit, user.check_password(PASSWORD)) == (
        "ding.01",
        "unit",
        owner,
        True,
    )
    entry = AuditEntry.objects.get(verb="account.opened")
    assert (entry.unit_id, entry.after) == (owner.pk, {"username": "ding.01", "kind": "单位账号"})


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"username": "x"}, "username_wrong", "username"),
        ({"username": "丁物业"}, "username_wrong", "username"),
        ({"name": ""}, "name_missing", "name"),
        ({"password": "short1"}, "password_weak", "password"),
        ({"password": "1234567890"}, "password_weak", "password"),
        ({"password": "password"}, "password_weak", "password"),
        ({"kind": "bureau"}, "owner_wrong", "kind"),
        ({"kind": "person"}, "owner_wrong", "kind"),
        ({"kind": "platform"}, "owner_wrong", "kind"),
        ({"unit": None}, "owner_wrong", "kind"),
    ],
)
def test_an_account_is_refused(db: None, changes: dict[str, Any], code: str, field: str) -> None:
    owner = unit()
    with pytest.raises(RuleBroken) as refused:
        account(owner, **changes)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert User.objects.count() == 0


def test_a_password_too_like_the_account_name_is_refused_in_chinese(db: None) -> None:
    with pytest.raises(RuleBroken) as refused:
        account(unit(), username="dingwuye", password="dingwuye1")
    assert refused.value.message == "密码与账号太相近，容易被猜到。"


def test_an_account_name_is_taken_once_whatever_its_letters(db: None) -> None:
    owner = unit()
    account(owner)
    with pytest.raises(RuleBroken) as refused:
        account(owner, username="DING")
    assert refused.value.message == "该账号名已被使用。"
    assert User.objects.count() == 1


def test_a_platform_account_belongs_to_nobody(db: None) -> None:
    user = account(unit(), kind="platform", unit=None, username="root1")
    assert (user.kind, user.unit_id, user.bureau_id) == ("platform", None, None)


# ---------------------------------------------------------------- passwords
def test_a_password_is_changed(world: World) -> None:
    actor = world.actor(world.jia_admin)
    now = NOW + timedelta(minutes=1)
    changed = change_password(
        world.jia_admin, old_password=PASSWORD, new_password="Chuan-Yu-2027", actor=actor, now=now
    )
    assert changed.check_password("Chuan-Yu-2027") is True
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.at, entry.before, entry.after) == (
        "account.password_changed",
        now,
        {},
        {},
    )


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ("wrong", "Chuan-Yu-2027", "password_wrong", "old_password"),
        (PASSWORD, PASSWORD, "password_same", "new_password"),
        (PASSWORD, "12345678", "password_weak", "new_password"),
    ],
)
def test_a_password_change_is_refused(
    world: World, old: str, new: str, code: str, field: str
) -> None:
    with pytest.raises(RuleBroken) as refused:
        change_password(
            world.jia_admin,
            old_password=old,
            new_password=new,
            actor=world.actor(world.jia_admin),
            now=NOW,
        )
    assert (refused.value.code, refused.value.field) == (code, field)
    world.jia_admin.refresh_from_db()
    assert world.jia_admin.check_password(PASSWORD) is True
