"""Department and post of a person (F12): forms, list, search, filter; who is offered in 移交给."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.errors import RuleBroken
from config.panels import Panel, PanelRow
from tests.factories import organisation
from tests.factories import units as people
from tests.factories.people_papers import certificate
from tests.world import NOW, TODAY, World
from units import panels
from units.actions.staff import Identity, add_staff, change_staff
from units.models import Appointment, AuditEntry, Department, Position, Staff
from units.roles import Role

LIST = "/staff/"


@pytest.fixture
def admin(world: World, as_: Any) -> Client:
    return as_(world.jia_admin)


@pytest.fixture
def places(world: World) -> dict[str, Any]:
    """总部 > 工程部 > 一班; 李 in 一班 as 机房值守, 张 in 工程部."""
    head = organisation.department(world.jia, "总部")
    works = organisation.department(world.jia, "工程部", head)
    crew = organisation.department(world.jia, "一班", works)
    post = organisation.position(world.jia, "机房值守")
    organisation.put(world.li, department=crew, position=post)
    organisation.put(world.zhang, department=works)
    return {"head": head, "works": works, "crew": crew, "post": post}


def names(response: Any) -> list[str]:
    return [row["staff"].name for row in response.context["rows"]]


def change(world: World, staff: Staff, **changes: Any) -> Staff:
    given: dict[str, Any] = {
        "version": staff.version,
        "name": staff.name,
        "phone": staff.user.phone,
        "identities": [Identity("safety_officer")],
    }
    return change_staff(staff, **given, **changes, actor=world.actor(world.jia_admin), now=NOW)


def test_chosen_in_step_two_and_shown(world: World, admin: Client, places: dict[str, Any]) -> None:
    typed = {
        "step": "details",
        "identities": ["operator"],
        "name": "马六",
        "phone": "13900000001",
        "department": places["crew"].code,
        "position": places["post"].code,
    }
    admin.post("/staff/add/details/", typed)
    made = Staff.objects.get(name="马六")
    assert (made.department, made.position) == (places["crew"], places["post"])
    entry = AuditEntry.objects.get(verb="staff.added", object_code=made.code)
    assert (entry.after["department"], entry.after["position"]) == ("一班", "机房值守")
    text = admin.get(LIST, {"q": "马六"}).content.decode()
    assert ("一班" in text, "机房值守" in text) == (True, True)


def test_all_nine_categories_can_be_registered(world: World, admin: Client) -> None:
    for number, role in enumerate(Role.values):
        typed = {"step": "details", "identities": [role], "name": f"人{number}"}
        admin.post("/staff/add/details/", {**typed, "phone": f"1390000010{number}"})
    made = Appointment.objects.filter(staff__name__startswith="人").order_by("id")
    assert list(made.values_list("role", flat=True)) == Role.values


def test_changed_and_left_alone(world: World, admin: Client, places: dict[str, Any]) -> None:
    changed = change(world, world.li, department=places["works"], position=None)
    assert (changed.department, changed.position) == (places["works"], None)
    entry = AuditEntry.objects.get(verb="staff.changed")
    assert (entry.before["department"], entry.after["department"]) == ("一班", "工程部")
    same = change(world, changed)
    assert (same.department, same.version) == (places["works"], 2)
    text = admin.get(f"/staff/{world.li.code}/").content.decode()
    assert "部门：一班 → 工程部" in text


def test_a_foreign_or_closed_place_is_refused(world: World, places: dict[str, Any]) -> None:
    foreign = organisation.department(world.yi, "乙工程部")
    Department.objects.filter(pk=places["head"].pk).update(closed_at=NOW)
    Position.objects.filter(pk=places["post"].pk).update(closed_at=NOW)
    for field, one in (
        ("department", foreign),
        ("department", places["head"]),
        ("position", places["post"]),
    ):
        with pytest.raises(RuleBroken) as refusal:
            change(world, world.zhang, **{field: one})
        assert (refusal.value.field, refusal.value.code) == (field, f"{field}_wrong")
    with pytest.raises(RuleBroken) as refusal:
        add_staff(
            world.jia, name="某", phone="13900000009", identities=[Identity("operator")],
            department=foreign, actor=world.actor(world.jia_admin), now=NOW,
        )  # fmt: skip
    assert (refusal.value.field, refusal.value.code) == ("department", "department_wrong")
    assert Staff.objects.filter(name="某").count() == 0


def test_who_holds_a_closed_post_keeps_it_when_edited(
    world: World, admin: Client, places: dict[str, Any]
) -> None:
    Position.objects.filter(pk=places["post"].pk).update(closed_at=NOW)
    url = f"/staff/{world.li.code}/edit/"
    assert "机房值守（已撤销）" in admin.get(url).content.decode()
    typed = {
        "version": 1, "name": "李安", "phone": "13800000001", "identities": ["safety_officer"],
        "department": places["crew"].code, "position": places["post"].code, "job_number": "7",
    }  # fmt: skip
    assert admin.post(url, typed).status_code == 302
    world.li.refresh_from_db()
    assert (world.li.position, world.li.job_number) == (places["post"], "7")


@pytest.mark.parametrize(
    ("department", "words", "found"),
    [
        ("head", "", ["张全", "李安"]),
        ("crew", "", ["李安"]),
        ("", "机房", ["李安"]),
        ("works", "值守", ["李安"]),
        ("none", "", ["陈责", "赵督", "王总"]),
        ("rubbish", "", ["陈责", "赵督", "王总", "张全", "李安"]),
    ],
)
def test_the_list_by_department_and_post(
    world: World,
    admin: Client,
    places: dict[str, Any],
    department: str,
    words: str,
    found: list[str],
) -> None:
    code = places[department].code if department in places else department
    assert names(admin.get(LIST, {"department": code, "q": words})) == found


def test_the_list_shows_the_first_certificate_to_end(world: World, admin: Client) -> None:
    certificate(world.li, TODAY + timedelta(days=400))
    certificate(world.li, TODAY + timedelta(days=10))
    certificate(world.li, TODAY, closed_at=NOW)
    row = next(row for row in admin.get(LIST).context["rows"] if row["staff"] == world.li)
    assert row["until"] == TODAY + timedelta(days=10)


def test_three_hundred_people_page_within_eight_queries(world: World, as_: Any) -> None:
    department = organisation.department(world.jia)
    for number in range(300):
        one = people.staff(world.jia, f"人{number:03d}", "operator")
        organisation.put(one, department=department)
    client = as_(world.jia_admin)
    with CaptureQueriesContext(connection) as captured:
        page = client.get(LIST, {"size": "100", "page": "2"}, headers={"HX-Request": "true"})
    assert (len(page.context["rows"]), page.context["page"].paginator.count) == (100, 305)
    assert len(captured) == 7


def test_only_who_can_take_machines_is_offered(world: World, admin: Client) -> None:
    people.staff(world.jia, "质安", "quality_officer")
    people.appointment(world.chen, "safety_officer", ["lift"])
    form = admin.get(f"/staff/{world.li.code}/deregister/").context["form"]
    assert [label for _, label in form.fields["hand_over_to"].choices] == [
        "请选择",
        "张全（安全员）",
        "陈责（主要负责人、安全员（电梯））",
        "暂不移交（设备变为未绑定安全员，待办无人负责）",
    ]


def test_when_nobody_can_take_over_the_page_says_so(world: World, admin: Client) -> None:
    Appointment.objects.filter(staff=world.zhang).delete()
    page = admin.get(f"/staff/{world.li.code}/deregister/")
    assert page.context["takers"] == "安全员"
    assert "没有其他安全员可以接手" in page.content.decode()


def test_open_todos_stand_on_the_page_and_go_along(world: World, admin: Client) -> None:
    from duties import generation

    generation.generate(TODAY, now=NOW)
    url = f"/staff/{world.li.code}/deregister/"
    assert [share.label for share, _ in admin.get(url).context["holdings"]] == [
        "绑定设备",
        "未完成待办",
    ]
    text = admin.get(f"/staff/{world.li.code}/").content.decode()
    # Two machines today, lift and crane this week and this month.
    assert "未完成待办 6 项" in text


def test_panels_of_other_rooms_stand_on_the_page(world: World, admin: Client) -> None:
    def maker(staff: Staff, actor: Any) -> list[Panel]:
        return [Panel("别的", [PanelRow("一行", word="好", kind="done")])]

    panels.register(maker)
    try:
        titles = [one.title for one in admin.get(f"/staff/{world.li.code}/").context["panels"]]
    finally:
        panels._panels._makers.remove(maker)
    assert titles == ["培训与演练", "请假代班", "任命书", "别的"]
