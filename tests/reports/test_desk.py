"""The bureau's 待办事项: every number equals the list that it opens; nothing of other districts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from tests.factories import checklists, notices
from tests.factories import declarations as filing
from tests.factories import hazards as finding
from tests.factories import registrations as made
from tests.factories import units as people
from tests.world import NOW, World

DESK = "/bureau/desk/"


def fill(world: World, times: int = 1) -> None:
    """Something of everything in 渝中区, and as much in another district."""
    for number in range(times):
        made.registration()
        made.registration("claimed", unit=people.unit(f"认领{number}公司"))
        notices.receipt(notices.notice(world.bureau), world.jia)
        made.registration(region="500106")
        notices.receipt(notices.notice(world.far_bureau), world.far_unit)
    actor = world.actor(world.jia_admin)
    filing.filed(world.lift, actor=actor)
    filing.filed(world.boiler, proven=True, actor=actor)


def numbers(page: Any) -> dict[str, int]:
    return {one.label: one.count for one in page.context["todos"]}


def test_a_bureau_lands_here(world: World, as_: Any) -> None:
    assert as_(world.regulator).get("/").url == DESK
    assert as_(world.jia_admin).get(DESK).status_code == 403


def test_an_empty_desk_says_so(world: World, as_: Any) -> None:
    page = as_(world.regulator).get(DESK)
    assert set(numbers(page).values()) == {0}
    assert "现在没有要办的事" in page.content.decode()


def test_every_number_is_the_count_of_its_list(world: World, as_: Any) -> None:
    fill(world)
    late = {"state": "pending_rectification", "director": world.wang}
    finding.hazard(world.crane, due_on=date(2026, 11, 20), **late)
    client = as_(world.regulator)
    page = client.get(DESK)
    assert numbers(page) == {
        "单位注册待审核": 1,
        "认领开户待核查": 1,
        "停用、报废、停产待确认": 1,
        "已有回执的申报待核对": 1,
        "逾期未整改的日隐患": 1,
        "通知还有单位未读": 1,
    }
    for one in page.context["todos"]:
        assert (one.label, client.get(one.url).context["page"].paginator.count) == (
            one.label,
            one.count,
        )
        assert [client.get(row.url).status_code for row in one.rows] == [200]


def test_another_district_sees_its_own(world: World, as_: Any) -> None:
    fill(world)
    found = numbers(as_(world.far_regulator).get(DESK))
    assert {label: count for label, count in found.items() if count} == {
        "单位注册待审核": 1,
        "通知还有单位未读": 1,
    }


def test_only_the_oldest_five_are_named(world: World, as_: Any) -> None:
    fill(world, times=7)
    todo = as_(world.regulator).get(DESK).context["todos"][0]
    assert (todo.count, len(todo.rows)) == (7, 5)
    assert "查看全部 7 条" in as_(world.regulator).get(DESK).content.decode()


@pytest.mark.parametrize("times", [1, 3])
def test_queries_of_the_desk(
    world: World, as_: Any, django_assert_num_queries: Any, times: int
) -> None:
    fill(world, times)
    client = as_(world.regulator)
    client.get(DESK)
    with django_assert_num_queries(QUERIES):
        client.get(DESK)


QUERIES = 10


# ---------------------------------------------------------------- one unit, read only
def unit_page(client: Any, world: World, tab: str = "") -> Any:
    return client.get(reverse("reports:region-unit", args=[world.jia.code]), {"tab": tab})


def test_the_unit_with_its_people_and_machines(world: World, as_: Any) -> None:
    client = as_(world.regulator)
    page = unit_page(client, world, "people")
    assert [(tab["label"], tab["count"]) for tab in page.context["tabs"]] == [
        ("概况", None),
        ("人员", 5),
        ("设备", 4),
        ("许可与工位", 0),
        ("管控清单", None),
        ("申报", 0),
    ]
    text = page.content.decode()
    assert ("李安" in text, "138****0001" in text, "13800000001" in text) == (True, True, False)
    assert [one.name for one, _, _ in unit_page(client, world, "machines").context["rows"]] == [
        "3号锅炉",
        "2号行车",
        "1号客梯",
        "4号客梯",
    ]
    filing.filed(world.lift, actor=world.actor(world.jia_admin))
    assert len(unit_page(client, world, "declarations").context["rows"]) == 1
    assert "没有登记许可" in unit_page(client, world, "papers").content.decode()
    assert unit_page(client, world, "nonsense").context["tab"] == "overview"


def test_other_districts_do_not_see_it(world: World, as_: Any) -> None:
    for tab in ("", "people", "machines", "papers", "checklists", "declarations"):
        assert unit_page(as_(world.far_regulator), world, tab).status_code == 404
    url = reverse("reports:reveal-phone", args=[world.jia.code, world.li.code])
    assert as_(world.far_regulator).post(url).status_code == 404


def test_what_the_units_rounds_are_made_of(world: World, as_: Any) -> None:
    """Its fixed lists and those it has enabled, read only; a draft is nobody's business yet."""
    running = checklists.own(world.jia, "门禁专项清单", enabled_at=NOW)
    draft = checklists.own(world.jia, "还没写完的清单")
    foreign = checklists.own(world.yi, "乙的清单", enabled_at=NOW)
    client = as_(world.regulator)
    page = unit_page(client, world, "checklists")
    text = page.content.decode()
    assert [one.name for one, _, _, _ in page.context["own"]] == ["门禁专项清单"]
    assert {one.category for one, _, _ in page.context["fixed"]} == {"lift", "crane", "boiler"}

    def shown(code: str) -> Any:
        return client.get(reverse("reports:unit-checklist", args=[world.jia.code, code]))

    fixed = page.context["fixed"][0][0]
    for one in (running, fixed):
        address = reverse("reports:unit-checklist", args=[world.jia.code, one.code])
        assert f'href="{address}"' in text
        detail = client.get(address).content.decode()
        assert one.items.first().item in detail
        assert "<form" not in detail.split("<main")[1].split("</main>")[0]
    assert [shown(one.code).status_code for one in (draft, foreign)] == [404, 404]
    far = as_(world.far_regulator)
    address = reverse("reports:unit-checklist", args=[world.jia.code, running.code])
    assert far.get(address).status_code == 404


def test_a_phone_is_shown_on_asking_and_the_look_is_on_record(world: World, as_: Any) -> None:
    from units.models import AuditEntry

    client = as_(world.regulator)
    url = reverse("reports:reveal-phone", args=[world.jia.code, world.li.code])
    assert client.get(url).status_code == 405
    part = client.post(url, headers={"HX-Request": "true"}).content.decode()
    assert part.strip() == '<span class="sz-num" data-phone>13800000001</span>'
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.object_code, entry.unit_id, entry.actor_code) == (
        "staff.phone_revealed",
        world.li.code,
        world.jia.pk,
        world.regulator.code,
    )
    assert "13800000001" not in str((entry.before, entry.after, entry.object_name))
    plain = client.post(f"{url}?page=1", follow=True)
    assert "李安的手机号：13800000001" in plain.content.decode()
    assert AuditEntry.objects.count() == 2
    # A person of another unit is not in this one.
    other = reverse("reports:reveal-phone", args=[world.jia.code, world.sun.code])
    assert client.post(other).status_code == 404
    assert AuditEntry.objects.count() == 2
