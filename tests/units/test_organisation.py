"""部门管理 and 岗位管理: the tree, moving, closing, two editors, bad input (F9, F10)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.actor import SYSTEM
from config.errors import RuleBroken
from tests.factories import organisation as org
from tests.threads import told_at_once
from tests.world import NOW, World
from units.actions import organisation as actions
from units.actions.organisation import TOP
from units.audit import Verb
from units.models import AuditEntry, Department, Position

LIST, ADD = "/departments/", "/departments/add/"


@pytest.fixture
def admin(world: World, as_: Any) -> Client:
    return as_(world.jia_admin)


def close(department: Department, **extra: Any) -> Department:
    return actions.close_department(department, actor=SYSTEM, now=NOW, **extra)


def move(department: Department, parent: Department | None, **extra: Any) -> Department:
    department.refresh_from_db()
    values = {"version": department.version, "name": department.name, **extra}
    return actions.change_department(department, parent=parent, actor=SYSTEM, now=NOW, **values)


def refused(call: Any) -> RuleBroken:
    with pytest.raises(RuleBroken) as broken:
        call()
    return broken.value


def lines(response: Any) -> list[tuple[str, int, int]]:
    return [(row.department.name, row.depth, row.total) for row in response.context["rows"]]


# ---------------------------------------------------------------- departments
def test_the_tree_counts_people_with_those_below(world: World, admin: Client) -> None:
    top = org.department(world.jia, "工程部")
    below = org.department(world.jia, "电梯班", parent=top)
    org.department(world.jia, "办公室")
    org.department(world.yi, "乙的部门")
    org.put(world.li, department=top)
    org.put(world.zhang, world.wang, department=below)
    assert lines(admin.get(LIST)) == [("工程部", 1, 3), ("电梯班", 2, 2), ("办公室", 1, 0)]


def test_the_number_of_people_opens_that_list(world: World, admin: Client) -> None:
    top = org.department(world.jia, "工程部")
    org.put(world.li, department=org.department(world.jia, "电梯班", parent=top))
    org.put(world.zhang, department=top)
    url = f"/staff/?department={top.code}"
    assert f'href="{url}"' in admin.get(LIST).content.decode()
    assert len(admin.get(url).context["rows"]) == 2


def test_the_search_keeps_what_is_above_a_hit(world: World, admin: Client) -> None:
    top = org.department(world.jia, "工程部")
    org.department(world.jia, "电梯班", parent=top, head="李建国")
    org.department(world.jia, "办公室")
    rows = admin.get(LIST, {"q": "李建"}).context["rows"]
    assert [(row.department.name, row.is_match) for row in rows] == [
        ("工程部", False),
        ("电梯班", True),
    ]
    assert admin.get(LIST, {"q": "没有"}).context["rows"] == []
    assert "没有符合条件的部门" in admin.get(LIST, {"q": "没有"}).content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_as_often_for_three_as_for_one(
    rows: int, world: World, admin: Client
) -> None:
    for number in range(rows):
        org.department(world.jia, f"部门{number}")
    admin.get(LIST)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        admin.get(LIST, headers={"HX-Request": "true"})
    tables = [
        q["sql"] for q in captured if "units_department" in q["sql"] or "units_staff" in q["sql"]
    ]
    assert len(tables) == 2


def test_adding_in_the_browser_takes_rare_characters_and_script(
    world: World, admin: Client
) -> None:
    name = "㛃𬭚<script>alert(1)</script>"
    response = admin.post(ADD, {"name": f"  {name}\x00 ", "head": "０１２", "phone": "023"})
    assert response.status_code == 302
    made = Department.objects.get()
    assert (made.name, made.head, made.unit_id) == (name, "012", world.jia.pk)
    assert "<script>alert" not in admin.get(LIST).content.decode()
    entry = AuditEntry.objects.get(verb=Verb.DEPARTMENT_ADDED)
    assert (entry.after, entry.unit_id) == ({"name": name, "parent": ""}, world.jia.pk)


@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        ({}, "name", "请填写部门名称。"),
        ({"name": "部" * 61}, "name", "部门名称最多 60 个字"),
        ({"name": "工程部"}, "name", "第一级已有名为“工程部”的部门。"),
        ({"name": "工程\x00部 "}, "name", "第一级已有名为“工程部”的部门。"),
        ({"name": "新", "parent": "NOSUCH"}, "parent", "所选上级部门已被撤销或不可选"),
    ],
)
def test_a_bad_department_comes_back_with_what_was_typed(
    data: dict[str, str], field: str, words: str, world: World, admin: Client
) -> None:
    org.department(world.jia, "工程部")
    response = admin.post(ADD, {"head": "张三", **data})
    assert response.status_code == 422
    assert words in response.context["form"].errors[field][0]
    assert "张三" in response.content.decode()
    assert Department.objects.count() == 1


def test_a_foreign_parent_is_no_choice(world: World, admin: Client) -> None:
    foreign = org.department(world.yi)
    assert admin.post(ADD, {"name": "新", "parent": foreign.code}).status_code == 422
    broken = refused(
        lambda: actions.add_department(world.jia, name="新", parent=foreign, actor=SYSTEM, now=NOW)
    )
    assert broken.code == "parent_gone"


def test_the_second_of_two_editors_is_told_and_nothing_is_overwritten(
    world: World, admin: Client
) -> None:
    department = org.department(world.jia, "工程部")
    url = f"/departments/{department.code}/edit/"
    first = {"name": "工程一部", "version": "1"}
    assert admin.post(url, first).status_code == 302
    response = admin.post(url, {"name": "工程二部", "version": "1"})
    assert response.status_code == 409
    text = response.content.decode()
    assert "刚刚被他人修改过" in text and "工程一部" in text and "工程二部" in text
    department.refresh_from_db()
    assert (department.name, department.version) == ("工程一部", 2)
    assert response.context["version"] == 2


def test_a_department_moves_with_what_is_below_but_never_below_itself(world: World) -> None:
    top, other = org.department(world.jia, "甲部"), org.department(world.jia, "乙部")
    child = org.department(world.jia, "小组", parent=top)
    for wrong in (top, child):
        assert refused(lambda wrong=wrong: move(top, wrong)).code == "parent_below"
    moved = move(top, other)
    assert moved.parent_id == other.pk
    child.refresh_from_db()
    assert child.parent_id == top.pk
    entry = AuditEntry.objects.filter(verb=Verb.DEPARTMENT_CHANGED).latest("id")
    assert (entry.before, entry.after) == ({"parent": ""}, {"parent": "乙部"})


def test_the_tree_is_eight_levels_deep_at_most(world: World) -> None:
    last = None
    for level in range(1, 9):
        last = org.department(world.jia, f"第{level}级", parent=last)
    assert refused(lambda: org.department(world.jia, "第9级", parent=last)).code == "too_deep"
    pair = org.department(world.jia, "上")
    org.department(world.jia, "下", parent=pair)
    seventh = Department.objects.get(name="第7级")
    assert refused(lambda: move(pair, seventh)).code == "too_deep"


def test_closing_is_refused_in_words_while_people_or_departments_are_in_it(
    world: World, admin: Client
) -> None:
    top = org.department(world.jia, "工程部")
    child = org.department(world.jia, "电梯班", parent=top)
    other = org.department(world.jia, "办公室")
    org.put(world.li, world.zhang, department=top)
    url = f"/departments/{top.code}/close/"
    page = admin.get(url).content.decode()
    assert "部门里还有 2 名人员和 1 个下级部门" in page
    assert [code for code, _ in admin.get(url).context["form"].fields["move_to"].choices] == [
        "", other.code, "nowhere",
    ]  # fmt: skip
    assert admin.post(url).status_code == 422
    assert refused(lambda: close(top)).message.startswith("部门里还有 2 名人员和 1 个下级部门")
    assert admin.post(url, {"move_to": other.code}).status_code == 302
    for row in (world.li, world.zhang, child, top):
        row.refresh_from_db()
    assert (world.li.department_id, world.zhang.department_id) == (other.pk, other.pk)
    assert child.parent_id == other.pk
    assert top.closed_at is not None
    assert admin.post(url).status_code == 409
    assert admin.get(f"/departments/{top.code}/edit/").status_code == 409


def test_closing_may_leave_people_without_a_department(world: World) -> None:
    top = org.department(world.jia, "工程部")
    child = org.department(world.jia, "电梯班", parent=top)
    org.put(world.li, department=top)
    close(top, move_to=TOP)
    world.li.refresh_from_db()
    child.refresh_from_db()
    assert (world.li.department_id, child.parent_id) == (None, None)


def test_closing_into_what_lies_below_or_holds_the_same_name_is_refused(world: World) -> None:
    top = org.department(world.jia, "工程部")
    child = org.department(world.jia, "电梯班", parent=top)
    other = org.department(world.jia, "办公室")
    org.department(world.jia, "电梯班", parent=other)
    assert refused(lambda: close(top, move_to=child)).code == "target_below"
    assert refused(lambda: close(top, move_to=other)).code == "name_taken"
    top.refresh_from_db()
    assert top.closed_at is None


def test_a_closed_name_is_free_again(world: World) -> None:
    close(org.department(world.jia, "工程部"))
    assert org.department(world.jia, "工程部").closed_at is None


def test_only_the_units_own_admin_organises_it(world: World) -> None:
    for who in (world.yi_admin, world.li, world.regulator):
        actor = world.actor(who)
        broken = refused(
            lambda actor=actor: actions.add_department(world.jia, name="部", actor=actor, now=NOW)
        )
        assert (broken.code, broken.status) == ("not_yours", 403)


def test_two_who_move_departments_below_each_other_make_no_circle(committed_world: World) -> None:
    one, two = (org.department(committed_world.jia, name) for name in ("甲部", "乙部"))

    def move(what: Department, below: Department) -> Department:
        return actions.change_department(
            what, version=1, name=what.name, parent=below, actor=SYSTEM, now=NOW
        )

    told = told_at_once(lambda: move(one, two), lambda: move(two, one))
    assert sorted(told) == ["", "parent_below"]


# ---------------------------------------------------------------- posts
def test_posts_are_queried_by_name_and_type(world: World, admin: Client) -> None:
    first = org.position(world.jia, "电梯安全员", "safety_officer")
    org.position(world.jia, "安全总监", "safety_director")
    org.position(world.jia, "前台", "")
    org.position(world.yi, "乙的岗位", "")
    org.put(world.li, position=first)

    def found(**query: str) -> list[tuple[str, int, str]]:
        rows = admin.get("/positions/", query).context["rows"]
        return [(r["position"].name, r["position"].people, r["duty"]) for r in rows]

    assert found() == [("电梯安全员", 1, "守则"), ("安全总监", 0, "职责"), ("前台", 0, "")]
    assert found(q="总监") == [("安全总监", 0, "职责")]
    assert found(role="safety_officer") == [("电梯安全员", 1, "守则")]
    assert found(role="other") == [("前台", 0, "")]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_of_posts_costs_the_same(rows: int, world: World, admin: Client) -> None:
    for number in range(rows):
        org.position(world.jia, f"岗位{number}")
    with CaptureQueriesContext(connection) as captured:
        admin.get("/positions/", headers={"HX-Request": "true"})
    assert len([q for q in captured if "units_position" in q["sql"]]) == 2


@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        ({"role": "other"}, "name", "请填写岗位名称。"),
        ({"name": "岗"}, "role", "请选择岗位类型。"),
        ({"name": "岗", "role": "boss"}, "role", "所选岗位类型不存在"),
        ({"name": "电梯安全员", "role": "other"}, "name", "已有名为“电梯安全员”的岗位。"),
        ({"name": "岗", "role": "other", "note": "长" * 201}, "note", "说明最多 200 个字"),
    ],
)
def test_a_bad_post_is_refused_beside_its_field(
    data: dict[str, str], field: str, words: str, world: World, admin: Client
) -> None:
    org.position(world.jia)
    response = admin.post("/positions/add/", data)
    assert response.status_code == 422
    assert words in response.context["form"].errors[field][0]
    assert Position.objects.count() == 1


def test_a_post_is_added_changed_and_closed(world: World, admin: Client) -> None:
    admin.post("/positions/add/", {"name": "电梯安全员", "role": "safety_officer"})
    admin.post("/positions/add/", {"name": "前台", "role": "other"})
    post, other = Position.objects.order_by("id")
    assert (post.role, other.role) == ("safety_officer", "")
    url = f"/positions/{post.code}/"
    data = {"name": "客梯安全员", "role": "safety_officer", "version": "1"}
    assert admin.post(f"{url}edit/", data).status_code == 302
    assert admin.post(f"{url}edit/", data).status_code == 409
    org.put(world.li, position=post)
    assert "还有 <strong>1</strong> 名人员在此岗位" in admin.get(f"{url}close/").content.decode()
    assert admin.post(f"{url}close/").status_code == 422
    assert admin.post(f"{url}close/", {"move_to": other.code}).status_code == 302
    world.li.refresh_from_db()
    post.refresh_from_db()
    assert world.li.position_id == other.pk
    assert post.closed_at is not None
