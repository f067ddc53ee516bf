"""人员管理 in the browser: list, two-step 新增, page, edit, 注销."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.words import cn_date
from tests.factories import units as people
from tests.world import NOW, World
from units.actions.staff import Identity, add_staff, change_staff, deregister_staff
from units.identities import DOUBLE_SENTENCE, EXCLUDED_SENTENCE
from units.models import Appointment, Staff

LIST, ADD, DETAILS = "/staff/", "/staff/add/", "/staff/add/details/"
DATA = {
    "identities": ["safety_officer", "safety_director"],
    "scope_safety_officer": ["lift", "crane"],
    "name": "㛃𬭚<b>",
    "phone": "１３９00000001",
    "id_number": "11010519491231002x",
    "job_number": "A-1",
    "started_on": "2026-11-02",
    "department": "",
    "position": "",
}


@pytest.fixture
def admin(world: World, as_: Any) -> Client:
    return as_(world.jia_admin)


def names(response: Any) -> list[str]:
    return [row["staff"].name for row in response.context["rows"]]


def hidden(response: Any) -> list[tuple[str, str]]:
    """The hidden inputs of the page, without the token and the step."""
    found = re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)">', response.content.decode()
    )
    return [pair for pair in found if pair[0] not in {"csrfmiddlewaretoken", "step"}]


def url(staff: Staff, what: str = "") -> str:
    return f"/staff/{staff.code}/{what}"


def leave(world: World, staff: Staff) -> Staff:
    return deregister_staff(staff, reason="离职", actor=world.actor(world.jia_admin), now=NOW)


# ---------------------------------------------------------------- list
def test_the_list_shows_ones_own_people_in_office(world: World, admin: Client) -> None:
    leave(world, world.zhao)
    response = admin.get(LIST)
    assert names(response) == ["陈责", "王总", "张全", "李安"]
    row = next(row for row in response.context["rows"] if row["staff"] == world.li)
    assert (row["identities"], row["scope"], row["machines"]) == ("安全员", "全部类别", "2 台")
    text = response.content.decode()
    assert "138****0001" in text
    assert "13800000001" not in text


def test_columns_for_scope_and_several_identities(world: World, admin: Client) -> None:
    people.appointment(world.zhao, "safety_officer", ["lift"])
    row = next(r for r in admin.get(LIST).context["rows"] if r["staff"] == world.zhao)
    assert (row["identities"], row["scope"]) == ("安全总监、安全员", "电梯、起重机械")
    row = next(r for r in admin.get(LIST).context["rows"] if r["staff"] == world.chen)
    assert (row["identities"], row["scope"], row["machines"]) == ("主要负责人", "", "")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "李"}, ["李安"]),
        ({"q": "0003"}, ["王总"]),
        ({"q": "１３８００００００03"}, ["王总"]),
        ({"q": "总监"}, ["赵督", "王总"]),
        ({"q": "总监 赵"}, ["赵督"]),
        ({"q": "K-7"}, ["张全"]),
        ({"q": "k-7"}, ["张全"]),
        ({"q": "没有"}, []),
        ({"q": "%"}, []),
        ({"q": "_"}, []),
        ({"role": "principal"}, ["陈责"]),
        ({"role": "tester"}, []),
        ({"state": "left"}, ["旧人"]),
        ({"state": "all", "q": "人"}, ["旧人", "陈责"]),
        ({"state": "rubbish"}, ["陈责", "赵督", "王总", "张全", "李安"]),
        ({"role": "rubbish", "q": "李"}, ["李安"]),
        # Every word is a condition: a thousand of them would keep the database busy for a minute.
        ({"q": "李 " * 31}, ["陈责", "赵督", "王总", "张全", "李安"]),
    ],
)
def test_the_list_is_narrowed(
    world: World, admin: Client, query: dict[str, str], found: list[str]
) -> None:
    Staff.objects.filter(pk=world.zhang.pk).update(job_number="K-7")
    leave(world, people.staff(world.jia, "旧人", "operator"))
    assert names(admin.get(LIST, query)) == found


def test_pages_of_the_list(world: World, admin: Client) -> None:
    for number in range(25):
        people.staff(world.jia, f"人{number:02d}", "operator")
    first, last = admin.get(LIST), admin.get(LIST, {"page": "2"})
    assert (len(names(first)), len(names(last))) == (20, 10)
    assert "共 30 条" in first.content.decode()
    assert len(names(admin.get(LIST, {"size": "50"}))) == 30
    assert names(admin.get(LIST, {"page": "99"})) == names(last)


def test_filtering_swaps_only_the_rows(world: World, admin: Client) -> None:
    response = admin.get(LIST, {"q": "李"}, headers={"HX-Request": "true"})
    assert [template.name for template in response.templates][0] == "units/_staff_rows.html"
    assert "<html" not in response.content.decode()


@pytest.mark.parametrize(
    ("kinds", "roles", "missing"),
    [
        (["using"], [], ["主要负责人", "安全总监", "安全员"]),
        (["using"], ["principal", "safety_officer"], ["安全总监"]),
        (["filling"], ["principal", "safety_officer", "safety_director"], []),
        (["production"], ["safety_officer"], ["主要负责人", "质量安全总监", "质量安全员"]),
        (
            ["using", "production"],
            ["principal", "safety_director"],
            ["质量安全总监", "安全员", "质量安全员"],
        ),
        (["inspection"], [], []),
    ],
)
def test_the_list_says_which_posts_nobody_holds(
    world: World, as_: Any, kinds: list[str], roles: list[str], missing: list[str]
) -> None:
    world.far_unit.kinds = kinds
    world.far_unit.save()
    people.staff(world.far_unit, "一", *roles)
    response = as_(world.far_admin).get(LIST)
    assert response.context["vacant"] == missing
    assert ("本单位尚未登记：" in response.content.decode()) is bool(missing)


def test_an_empty_list_says_what_to_do(world: World, as_: Any) -> None:
    client = as_(world.far_admin)
    page = client.get(LIST).content.decode()
    assert "还没有登记人员" in page
    assert 'href="/staff/add/"' in page
    assert "没有符合条件的人员" in client.get(LIST, {"q": "某"}).content.decode()


def count_queries(client: Client, **headers: str) -> int:
    client.get(LIST, headers=headers)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(LIST, headers=headers).status_code == 200
    return len(captured)


def test_the_list_needs_as_many_queries_for_three_rows_as_for_one(world: World, as_: Any) -> None:
    client = as_(world.far_admin)
    people.staff(world.far_unit, "一", "safety_officer", "principal")
    whole, rows = count_queries(client), count_queries(client, hx_request="true")
    people.staff(world.far_unit, "二", "safety_officer")
    people.staff(world.far_unit, "三", "safety_director")
    assert (count_queries(client), count_queries(client, hx_request="true")) == (whole, rows)
    # Session, account with unit; departments; count, people, identities, machines. The page adds
    # its shell.
    assert rows == 7


@pytest.mark.parametrize("path", [LIST, ADD])
@pytest.mark.parametrize(("who", "status"), [("li", 403), ("chen", 403), ("regulator", 403)])
def test_people_are_the_unit_admins_business(
    world: World, as_: Any, path: str, who: str, status: int
) -> None:
    person = getattr(world, who)
    assert as_(getattr(person, "user", person)).get(path).status_code == status


# ---------------------------------------------------------------- two steps
def test_both_steps_register_a_person(world: World, admin: Client) -> None:
    assert admin.get(ADD).status_code == 200
    chosen = {key: DATA[key] for key in ("identities", "scope_safety_officer")}
    step2 = admin.post(DETAILS, {"step": "identities", **chosen})
    assert step2.context["identities"] == ["安全员（电梯、起重机械）", "安全总监"]
    assert step2.context["warnings"] == [DOUBLE_SENTENCE]
    assert step2.context["form"].errors == {}
    assert hidden(step2) == [
        ("identities", "safety_officer"),
        ("identities", "safety_director"),
        ("scope_safety_officer", "lift"),
        ("scope_safety_officer", "crane"),
    ]
    done = admin.post(DETAILS, {"step": "details", **DATA}, follow=True)
    staff = Staff.objects.get(name="㛃𬭚<b>")
    assert done.redirect_chain == [(url(staff), 302)]
    assert [str(one) for one in done.context["messages"]] == ["已新增人员：㛃𬭚<b>。"]
    assert done.context["warnings"] == [DOUBLE_SENTENCE]
    assert f"入职日期：{cn_date(staff.started_on)}" in done.context["trail"][0]["note"]
    text = done.content.decode()
    assert "㛃𬭚&lt;b&gt;" in text
    assert "<b>" not in text
    assert (staff.user.phone, staff.started_on.isoformat()) == ("13900000001", "2026-11-02")
    assert staff.unit == world.jia
    posts = Appointment.objects.filter(staff=staff).order_by("role_slot")
    assert [(one.role, one.categories) for one in posts] == [
        ("safety_director", []),
        ("safety_officer", ["lift", "crane"]),
    ]


def test_going_back_and_forth_keeps_everything(world: World, admin: Client) -> None:
    typed = {**DATA, "phone": "139", "id_number": "<x>"}
    back = admin.post(ADD, {"step": "details", **typed})
    assert back.context["form"]["identities"].value() == DATA["identities"]
    assert back.context["form"]["scope_safety_officer"].value() == ["lift", "crane"]
    assert hidden(back) == [
        ("name", "㛃𬭚&lt;b&gt;"),
        ("phone", "139"),
        ("department", ""),
        ("position", ""),
        ("id_number", "&lt;x&gt;"),
        ("job_number", "A-1"),
        ("started_on", "2026-11-02"),
    ]
    forth = admin.post(DETAILS, {**typed, "step": "identities"})
    values = {one.name: one.value() for one in forth.context["form"].details()}
    assert values == {key: typed[key] for key in values}
    assert forth.context["form"].errors == {}
    assert Staff.objects.filter(unit=world.jia).count() == 5


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ([], "请至少选择一个身份。"),
        (["emperor"], "所选身份不存在，请重新选择。"),
    ],
)
def test_step_one_says_what_is_missing(
    world: World, admin: Client, chosen: list[str], sentence: str
) -> None:
    response = admin.post(DETAILS, {"step": "identities", "identities": chosen, "name": "甲"})
    assert response.templates[0].name == "units/staff_add.html"
    assert response.context["form"].errors["identities"] == [sentence]
    assert ("name", "甲") in hidden(response)


def test_the_excluded_pair_is_told_on_step_one(world: World, admin: Client) -> None:
    pair = ["quality_director", "quality_officer"]
    response = admin.post(DETAILS, {"step": "identities", "identities": pair})
    assert response.templates[0].name == "units/staff_add.html"
    assert response.context["form"].errors["identities"] == [EXCLUDED_SENTENCE]
    assert response.context["form"]["identities"].value() == pair


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"name": ""}, "name", "请填写姓名。"),
        ({"name": "长" * 61}, "name", "姓名最多 60 个字。"),
        ({"phone": ""}, "phone", "请填写手机号。"),
        ({"phone": "12345"}, "phone", "手机号应为 11 位数字、以 1 开头，现为 5 位，请核对。"),
        ({"phone": "13800000001"}, "phone", "该手机号已登记在本单位的李安名下。"),
        ({"phone": "13800000006"}, "phone", "该手机号已在其他单位登记，请先由原单位注销。"),
        (
            {"id_number": "123"},
            "id_number",
            "身份证件号码应为 18 位（末位可为 X），现为 3 位，请核对。",
        ),
        ({"started_on": "昨天"}, "started_on", "请按“2026-11-20”的样子填写日期。"),
        ({"started_on": "2026-02-30"}, "started_on", "请按“2026-11-20”的样子填写日期。"),
        ({"started_on": "2999-01-01"}, "started_on", "入职日期不能晚于今天。"),
        ({"job_number": "9" * 31}, "job_number", "工号最多 30 个字。"),
    ],
)
def test_bad_details_are_answered_beside_their_field_with_all_typed_text_kept(
    world: World, admin: Client, changes: dict[str, str], field: str, sentence: str
) -> None:
    response = admin.post(DETAILS, {"step": "details", **DATA, **changes})
    form = response.context["form"]
    assert (response.status_code, form.errors) == (422, {field: [sentence]})
    assert {one.name: one.value() for one in form.details()} == {
        key: value
        for key, value in {**DATA, **changes}.items()
        if not key.startswith(("identities", "scope"))
    }
    assert ("scope_safety_officer", "crane") in hidden(response)
    assert Staff.objects.filter(unit=world.jia).count() == 5


@pytest.mark.parametrize(
    "typed", ["2026年11月2日", "２０２６－１１－０２", "2026.11.2", "20261102", "2026/11/2"]
)
def test_a_date_is_read_however_it_is_typed(world: World, admin: Client, typed: str) -> None:
    admin.post(DETAILS, {"step": "details", **DATA, "started_on": typed})
    assert Staff.objects.get(name="㛃𬭚<b>").started_on.isoformat() == "2026-11-02"


def test_sending_twice_registers_once(world: World, admin: Client) -> None:
    first = admin.post(DETAILS, {"step": "details", **DATA})
    second = admin.post(DETAILS, {"step": "details", **DATA})
    assert (first.status_code, second.status_code) == (302, 422)
    assert second.context["form"].errors == {"phone": ["该手机号已登记在本单位的㛃𬭚<b>名下。"]}
    assert Staff.objects.filter(unit=world.jia).count() == 6


def test_step_two_cannot_be_opened_directly(world: World, admin: Client) -> None:
    assert admin.get(DETAILS).url == ADD


# ---------------------------------------------------------------- one person
def test_the_admin_sees_the_whole_phone_and_a_masked_id_number(world: World, admin: Client) -> None:
    staff = add_staff(
        world.jia,
        name="吴",
        phone="13900000001",
        identities=[Identity("safety_officer")],
        id_number="11010519491231002X",
        actor=world.actor(world.jia_admin),
        now=NOW,
    )
    response = admin.get(url(staff))
    assert (response.context["phone"], response.context["id_number"]) == (
        "13900000001",
        "110***********002X",
    )
    assert "11010519491231002X" not in response.content.decode()


def test_the_page_lists_identities_machines_and_what_was_done(world: World, admin: Client) -> None:
    change_staff(
        world.wang,
        version=1,
        name="王总",
        phone="13800000003",
        identities=[Identity("principal")],
        job_number="3",
        actor=world.actor(world.jia_admin),
        now=NOW,
    )
    context = admin.get(url(world.wang)).context
    assert [post["label"] for post in context["posts"]] == ["主要负责人"]
    assert [(post["label"], post["ends"].isoformat()) for post in context["past_posts"]] == [
        ("安全总监", "2026-11-19")
    ]
    assert [(entry["what"], entry["note"]) for entry in context["trail"]] == [
        ("修改人员", "工号：3\n身份：安全总监 → 主要负责人")
    ]
    lines = admin.get(url(world.li)).context["holdings"][0][1]
    assert sorted(lines) == ["1号客梯（电梯，A座大堂）", "2号行车（起重机械，B车间）"]


def test_somebody_who_left_stays_readable_without_phone_and_id(world: World, admin: Client) -> None:
    leave(world, world.zhao)
    response = admin.get(url(world.zhao))
    text = response.content.decode()
    assert (response.context["phone"], response.context["may_manage"]) == ("", False)
    assert ("已注销" in text, "13800000004" in text, "离职" in text) == (True, False, True)
    for what in ("edit/", "deregister/"):
        refused = admin.get(url(world.zhao, what))
        assert (refused.status_code, "赵督已注销，不能再修改。" in refused.content.decode()) == (
            409,
            True,
        )


@pytest.mark.parametrize("what", ["", "edit/", "deregister/"])
def test_people_of_another_unit_are_not_there(world: World, admin: Client, what: str) -> None:
    assert admin.get(url(world.sun, what)).status_code == 404
    assert admin.get(f"/staff/NOSUCHCODE/{what}").status_code == 404
    if what:
        assert admin.post(url(world.sun, what), {"reason": "离职"}).status_code == 404
        world.sun.refresh_from_db()
        assert (world.sun.ended_on, world.sun.version) == (None, 1)


# ---------------------------------------------------------------- edit
def edit_data(staff: Staff, **changes: Any) -> dict[str, Any]:
    return {
        "version": staff.version,
        "name": staff.name,
        "phone": staff.user.phone,
        "identities": ["safety_director"],
        **changes,
    }


def test_a_person_is_edited(world: World, admin: Client) -> None:
    page = admin.get(url(world.wang, "edit/"))
    form = page.context["form"]
    assert (form["name"].value(), form["identities"].value(), form["id_number"].value()) == (
        "王总",
        ["safety_director"],
        None,
    )
    data = edit_data(world.wang, name="王新", scope_safety_director=["lift"], job_number="8")
    done = admin.post(url(world.wang, "edit/"), data, follow=True)
    assert done.redirect_chain == [(url(world.wang), 302)]
    assert [str(one) for one in done.context["messages"]] == ["已保存：王新。"]
    world.wang.refresh_from_db()
    assert (world.wang.name, world.wang.job_number, world.wang.version) == ("王新", "8", 2)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"phone": "13800000001"}, "phone", "该手机号已登记在本单位的李安名下。"),
        ({"name": ""}, "name", "请填写姓名。"),
        ({"identities": []}, "identities", "请至少选择一个身份。"),
        ({"identities": ["quality_officer", "quality_director"]}, "identities", EXCLUDED_SENTENCE),
        (
            {"id_number": "9"},
            "id_number",
            "身份证件号码应为 18 位（末位可为 X），现为 1 位，请核对。",
        ),
    ],
)
def test_a_bad_edit_is_answered_beside_its_field(
    world: World, admin: Client, changes: dict[str, Any], field: str, sentence: str
) -> None:
    data = edit_data(world.wang, job_number="typed", **changes)
    response = admin.post(url(world.wang, "edit/"), data)
    assert response.context["form"].errors == {field: [sentence]}
    assert 'value="typed"' in response.content.decode()
    world.wang.refresh_from_db()
    assert (world.wang.version, world.wang.job_number) == (1, "")


def test_the_second_editor_sees_both_and_decides(world: World, admin: Client) -> None:
    first = edit_data(world.wang, name="王甲")
    second = edit_data(world.wang, name="王乙", job_number="2")
    admin.post(url(world.wang, "edit/"), first)
    told = admin.post(url(world.wang, "edit/"), second)
    assert told.status_code == 409
    assert told.context["current"][0] == ("姓名", "王甲")
    text = told.content.decode()
    assert ('value="王乙"' in text, "别人刚保存的最新内容" in text) == (True, True)
    world.wang.refresh_from_db()
    assert (world.wang.name, world.wang.version) == ("王甲", 2)
    assert '<input type="hidden" name="version" value="2">' in text
    admin.post(url(world.wang, "edit/"), second | {"version": 2})
    world.wang.refresh_from_db()
    assert (world.wang.name, world.wang.job_number, world.wang.version) == ("王乙", "2", 3)


@pytest.mark.parametrize("version", ["", "x", "-1", "99"])
def test_a_made_up_version_overwrites_nothing(world: World, admin: Client, version: str) -> None:
    data = edit_data(world.wang, name="王丙") | {"version": version}
    assert admin.post(url(world.wang, "edit/"), data).status_code in {422, 409}
    world.wang.refresh_from_db()
    assert world.wang.name == "王总"


# ---------------------------------------------------------------- 注销
def test_somebody_without_machines_leaves(world: World, admin: Client) -> None:
    page = admin.get(url(world.wang, "deregister/"))
    assert page.context["holdings"] == []
    assert "无需移交" in page.content.decode()
    done = admin.post(
        url(world.wang, "deregister/"), {"reason": "退休", "note": "年满60"}, follow=True
    )
    assert [str(one) for one in done.context["messages"]] == [
        "已注销：王总。历史记录保留，该手机号可在其他单位登记。"
    ]
    world.wang.refresh_from_db()
    assert world.wang.end_reason == "退休：年满60"


def test_what_moves_is_listed_and_moves(world: World, admin: Client) -> None:
    page = admin.get(url(world.li, "deregister/"))
    text = page.content.decode()
    assert ("绑定设备 2 台，将一并移交" in text, "1号客梯（电梯，A座大堂）" in text) == (True, True)
    choices = list(page.context["form"].fields["hand_over_to"].choices)
    assert [choice[1] for choice in choices] == [
        "请选择",
        "张全（安全员）",
        "暂不移交（设备变为未绑定安全员，待办无人负责）",
    ]
    admin.post(url(world.li, "deregister/"), {"reason": "离职", "hand_over_to": world.zhang.code})
    world.lift.refresh_from_db()
    world.li.refresh_from_db()
    assert (world.lift.officer, world.li.ended_on is None) == (world.zhang, False)


@pytest.mark.parametrize(
    ("data", "field", "sentence"),
    [
        ({"hand_over_to": "nobody"}, "reason", "请选择注销原因。"),
        ({"reason": "离职"}, "hand_over_to", "请选择接手人，或选择暂不移交。"),
        ({"reason": "其他", "hand_over_to": "nobody"}, "note", "请说明原因。"),
        (
            {"reason": "离职", "hand_over_to": "XXXX"},
            "hand_over_to",
            "接手人已不在职，请重新选择。",
        ),
        (
            {"reason": "离职", "hand_over_to": "nobody", "note": "长" * 151},
            "note",
            "说明最多 150 个字。",
        ),
    ],
)
def test_a_bad_deregistration_is_answered_beside_its_field(
    world: World, admin: Client, data: dict[str, str], field: str, sentence: str
) -> None:
    response = admin.post(url(world.li, "deregister/"), data)
    assert response.context["form"].errors == {field: [sentence]}
    world.li.refresh_from_db()
    assert world.li.ended_on is None


def test_a_successor_who_does_not_fit_is_told_beside_the_choice(
    world: World, admin: Client
) -> None:
    data = {"reason": "离职", "hand_over_to": world.wang.code}
    response = admin.post(url(world.li, "deregister/"), data)
    assert list(response.context["form"].errors) == ["hand_over_to"]
    world.li.refresh_from_db()
    assert world.li.ended_on is None


def test_leaving_everything_to_nobody_is_a_choice(world: World, admin: Client) -> None:
    admin.post(url(world.li, "deregister/"), {"reason": "离职", "hand_over_to": "nobody"})
    world.lift.refresh_from_db()
    assert world.lift.officer is None


def test_a_get_changes_nothing(world: World, admin: Client) -> None:
    for what in ("", "edit/", "deregister/"):
        assert admin.get(url(world.li, what)).status_code == 200
    world.li.refresh_from_db()
    assert (world.li.version, world.li.ended_on) == (1, None)
