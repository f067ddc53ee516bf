"""企业信息: required fields by kind, completeness with its links, two editors (F19, F20)."""

from __future__ import annotations

from typing import Any

import pytest

from config.errors import RuleBroken
from tests.factories import units as people
from tests.world import NOW, TODAY, World
from units import profile, queries_profile
from units.actions.profile import change_profile
from units.models import AuditEntry, Unit
from units.profile import Check, Completeness, Missing, assess

URL, EDIT = "/profile/", "/profile/edit/"
FULL = {
    "legal_representative": "㛃法人",
    "address": "渝中区民权路1号",
    "postcode": "400010",
    "contact_name": "𬭚联系",
    "contact_phone": "013800000000",
    "landline": "023-63800000 转 5",
    "email": "anquan@例子.cn",
    "industry": "物业管理",
    "safety_department": "设备部",
    "safety_phone": "023-63800001",
}


def edit(client: Any, unit: Unit, **changed: str) -> Any:
    return client.post(EDIT, FULL | {"version": unit.version} | changed)


# ---------------------------------------------------------------- the figure (pure)
@pytest.mark.parametrize(
    ("kinds", "wanted"),
    [
        (["using"], 7),
        (["production"], 5),
        (["filling"], 6),
        (["inspection"], 5),
        (["using", "production"], 8),
        ([], 0),
    ],
)
def test_required_fields_follow_the_kinds(kinds: list[str], wanted: int) -> None:
    assert len(profile.required(kinds)) == wanted


def weigh(**changed: Any) -> Completeness:
    given = {"posts": 3, "vacant": [], "facts_url": "/f", "posts_url": "/p"}
    return assess(["using"], FULL, **given | changed)


def test_nothing_missing_is_a_hundred() -> None:
    assert (weigh().percent, weigh().done, weigh().total, weigh().missing) == (100, 10, 10, ())


def test_everything_missing_is_named_with_its_page() -> None:
    found = assess(
        ["using"],
        FULL | {"postcode": "", "landline": ""},
        posts=3,
        vacant=["安全总监"],
        facts_url="/f",
        posts_url="/p",
        checks=[Check(), Check(Missing("1 台设备未绑定安全员", "/e"))],
    )
    assert found.missing == (
        Missing("邮政编码未填写", "/f"),
        Missing("未配备安全总监", "/p"),
        Missing("1 台设备未绑定安全员", "/e"),
    )
    assert (found.done, found.total, found.percent, found.is_complete) == (9, 12, 75, False)


def test_one_of_many_missing_is_never_rounded_to_a_hundred() -> None:
    checks = [Check()] * 989 + [Check(Missing("x", "/x"))]
    assert weigh(checks=checks).percent == 99


# ---------------------------------------------------------------- the pages
def test_the_page_says_what_is_missing_and_links_there(world: World, as_: Any) -> None:
    found = queries_profile.completeness(world.actor(world.jia_admin), on=TODAY)
    assert found is not None
    assert [(one.label, one.url) for one in found.missing] == [
        ("法定代表人未填写", EDIT),
        ("邮政编码未填写", EDIT),
        ("联系人未填写", EDIT),
        ("联系电话未填写", EDIT),
        ("安全管理机构未填写", EDIT),
        ("安全管理机构电话未填写", EDIT),
        ("1 台设备未绑定安全员", "/equipment/?officer=none"),
    ]
    assert (found.done, found.total) == (4, 11)
    page = as_(world.jia_admin).get(URL).content.decode()
    assert '<a href="/equipment/?officer=none">' in page
    assert "（4 / 11 项）" in page


def test_a_vacant_post_leads_to_the_people(world: World) -> None:
    missing = queries_profile.completeness(world.actor(world.far_admin), on=TODAY).missing
    assert [(one.label, one.url) for one in missing if "未配备" in one.label] == [
        ("未配备主要负责人", "/staff/add/"),
        ("未配备安全总监", "/staff/add/"),
        ("未配备安全员", "/staff/add/"),
    ]


def test_a_bureau_has_no_figure(world: World) -> None:
    assert queries_profile.completeness(world.actor(world.regulator), on=TODAY) is None


def test_what_is_filled_in_is_kept_as_typed(world: World, as_: Any) -> None:
    assert edit(as_(world.jia_admin), world.jia).url == URL
    world.jia.refresh_from_db()
    assert {name: getattr(world.jia, name) for name in FULL} == FULL
    assert world.jia.version == 2
    entry = AuditEntry.objects.get(verb="unit.changed")
    assert entry.after["postcode"] == "400010"
    assert (entry.after["contact_phone"], "contact_phone" in entry.before) == ("（已修改）", False)


def test_two_editors_do_not_overwrite_each_other(world: World, as_: Any) -> None:
    client = as_(world.jia_admin)
    edit(client, world.jia, industry="先保存的")
    page = edit(client, world.jia, industry="后保存的")
    assert page.status_code == 409
    assert "企业信息刚刚被他人修改过" in page.content.decode()
    assert page.context["form"]["industry"].value() == "后保存的"
    assert Unit.objects.get(pk=world.jia.pk).industry == "先保存的"


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("legal_representative", " ", "请填写法定代表人。"),
        ("address", "长" * 161, "地址最多 160 个字。"),
        ("postcode", "40001", "邮政编码应为 6 位数字，请核对。"),
        ("contact_phone", "没有", "电话应为手机号或带区号的固定电话，如 023-63800000，请核对。"),
        ("landline", "1" * 31, "单位固定电话最多 30 个字。"),
        ("email", "a@b@c.cn", "电子邮箱的格式应如 anquan@example.com，请核对。"),
        ("safety_phone", "", "请填写安全管理机构电话。"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    world: World, as_: Any, field: str, typed: str, sentence: str
) -> None:
    page = edit(as_(world.jia_admin), world.jia, **{field: typed})
    assert page.status_code == 422
    assert list(page.context["form"].errors[field]) == [sentence]
    assert page.context["form"]["contact_name"].value() == "𬭚联系"
    assert Unit.objects.get(pk=world.jia.pk).version == 1


def test_odd_text_is_shown_as_text(world: World, as_: Any) -> None:
    client = as_(world.jia_admin)
    assert edit(client, world.jia, industry="<script>alert(1)\0</script>").status_code == 302
    page = client.get(URL).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_optional_fields_may_be_empty_and_the_same_again_writes_nothing(
    world: World, as_: Any
) -> None:
    client = as_(world.jia_admin)
    assert edit(client, world.jia, landline="", email="", industry="").status_code == 302
    world.jia.refresh_from_db()
    assert edit(client, world.jia, landline="", email="", industry="").status_code == 302
    assert Unit.objects.get(pk=world.jia.pk).version == 2
    assert AuditEntry.objects.filter(verb="unit.changed").count() == 1


@pytest.mark.parametrize("who", ["regulator", "yi_admin", "wang"])
def test_only_the_units_account_changes_it(world: World, who: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        change_profile(
            world.jia,
            version=1,
            changes={"industry": "x"},
            actor=world.actor(getattr(world, who)),
            now=NOW,
        )
    assert (broken.value.code, broken.value.status) == ("not_yours", 403)


def test_a_production_unit_is_asked_for_what_it_needs(db: None, as_: Any) -> None:
    unit = people.unit(kinds=("production",))
    client = as_(people.account("unit", "maker", unit))
    page = client.get(EDIT)
    starred = {bound.name for bound in page.context["form"].shown() if bound.field.required}
    assert starred == {"legal_representative", "address", "contact_name", "contact_phone", "email"}
