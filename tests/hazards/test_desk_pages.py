"""风险隐患记录 on the desk (F62): tabs, filters, counts, detail, warnings, the regulator's view."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.clock import local_day
from equipment.panels import panels_of
from hazards import queries_turn
from hazards.models import Hazard
from tests.factories import hazards as made
from tests.hazards.conftest import IMMEDIATE
from tests.world import TODAY, World
from units.models import Appointment, User

As = Callable[[User], Client]
LIST = "/hazards/"


def text_of(response: object) -> str:
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", html.unescape(plain))


def listed(response: object) -> set[int]:
    return {row.hazard.pk for row in response.context["rows"]}


def test_tabs_default_to_daily_with_counts(world: World, as_: As) -> None:
    daily = made.hazard(world.lift)
    weekly = made.hazard(world.crane, source="weekly", state="pending_rectification")
    made.hazard(world.yi_lift)
    client = as_(world.jia_admin)
    page = client.get(LIST)
    tabs = [(tab["label"], tab["count"], tab["active"]) for tab in page.context["tabs"]]
    assert tabs == [("日隐患", 1, True), ("周隐患", 1, False), ("月隐患", 0, False)]
    assert listed(page) == {daily.pk}
    assert "共 1 条" in text_of(page)
    assert listed(client.get(LIST, {"source": "weekly"})) == {weekly.pk}


def test_every_filter_narrows(world: World, as_: As) -> None:
    now = timezone.now()
    today = local_day(now)
    late = made.hazard(
        world.lift, state="pending_rectification", found_at=now - timedelta(days=9),
        due_on=today - timedelta(days=2), severity="severe", description="门锁失效",
    )  # fmt: skip
    was_late = made.hazard(
        world.crane, state="rectified", found_at=now - timedelta(days=8), overdue_at=now
    )
    fresh = made.hazard(world.boiler, found_at=now - timedelta(days=1))
    ordered = made.hazard(
        world.boiler, state="pending_rectification", found_at=now - timedelta(days=1),
        due_on=today,
    )  # fmt: skip
    client = as_(world.jia_admin)

    def found(**query: object) -> set[int]:
        return listed(client.get(LIST, query))

    assert found() == {late.pk, was_late.pk, fresh.pk, ordered.pk}
    assert found(state="pending_order") == {fresh.pk}
    assert found(state="open") == {late.pk, fresh.pk, ordered.pk}
    assert found(severity="severe") == {late.pk}
    assert found(category="crane") == {was_late.pk}
    assert found(overdue="now") == {late.pk}
    assert found(overdue="ever") == {late.pk, was_late.pk}
    assert found(date_from=(today - timedelta(days=8)).isoformat()) == {
        was_late.pk, fresh.pk, ordered.pk,
    }  # fmt: skip
    assert found(date_to=(today - timedelta(days=8)).isoformat()) == {late.pk, was_late.pk}
    assert found(keyword="门锁") == {late.pk}
    assert found(keyword="锅炉房") == {fresh.pk, ordered.pk}
    assert found(keyword="张全") == {fresh.pk, ordered.pk}
    assert found(machine=world.crane.code) == {was_late.pk}
    assert found(machine="nothing") == set()
    assert found(date_from="nonsense") == {late.pk, was_late.pk, fresh.pk, ordered.pk}


def test_a_narrowed_list_says_to_what_and_tabs_keep_the_filter(world: World, as_: As) -> None:
    made.hazard(world.lift)
    page = as_(world.jia_admin).get(LIST, {"machine": world.lift.code, "page": "1"})
    assert "仅显示：1号客梯" in text_of(page)
    assert page.context["tabs"][1]["url"] == f"?machine={world.lift.code}&source=weekly"
    foreign = as_(world.jia_admin).get(LIST, {"machine": world.yi_lift.code})
    assert "未找到的设备" in text_of(foreign)
    assert "乙1号客梯" not in text_of(foreign)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [({}, "还没有隐患记录"), ({"keyword": "没有"}, "没有符合条件的隐患")],
)
def test_empty_lists_say_why(world: World, as_: As, query: dict, sentence: str) -> None:
    assert sentence in text_of(as_(world.jia_admin).get(LIST, query))


def test_the_list_costs_the_same_with_one_and_three_rows(world: World, as_: As) -> None:
    client = as_(world.jia_admin)

    def cost() -> int:
        with CaptureQueriesContext(connection) as context:
            assert client.get(LIST).status_code == 200
        return len(context)

    made.hazard(world.lift)
    one = cost()
    made.hazard(world.crane)
    made.hazard(world.boiler, state="reviewed")
    assert cost() == one
    # session, account, unit; principals, officers' warning; tabs, total, rows
    assert one <= 10


def test_pages_of_the_list(world: World, as_: As) -> None:
    for _ in range(12):
        made.hazard(world.lift)
    page = as_(world.jia_admin).get(LIST, {"size": "10", "page": "2"})
    assert [row.number for row in page.context["rows"]] == [11, 12]
    assert "共 12 条" in text_of(page)


def test_the_admin_is_warned_of_what_nobody_can_do(world: World, as_: As) -> None:
    made.hazard(world.lift)
    made.hazard(world.unbound, finder=world.li)
    client = as_(world.jia_admin)
    warnings = [one["text"] for one in client.get(LIST).context["warnings"]]
    assert warnings == ["有 1 条未完成整改的隐患，其设备未绑定安全员，无人整改。"]
    Appointment.objects.exclude(role="safety_officer").filter(staff__unit=world.jia).delete()
    warnings = client.get(LIST).context["warnings"]
    assert warnings[0]["text"].startswith("有 2 条隐患无人下达整改措施")
    assert warnings[0]["url"] == reverse("units:staff-list")
    assert as_(world.regulator).get(LIST).context["warnings"] == []


# ---------------------------------------------------------------- detail
def test_handling_is_shown_of_immediate_ones_only(
    world: World, as_: As, found: Callable[..., Hazard]
) -> None:
    client = as_(world.jia_admin)
    immediate = found(answer=IMMEDIATE)
    text = text_of(client.get(reverse("hazards:detail", args=[immediate.code])))
    assert "处理方式 立即处理 处理结果 现场复位后恢复正常" in text
    assert "整改措施" not in text
    pending = found(origin_code="ACDEFGHJKN")
    text = text_of(client.get(reverse("hazards:detail", args=[pending.code])))
    assert "处理方式" not in text
    assert "处理结果" not in text
    assert "整改措施 未下达" in text


@pytest.mark.parametrize(
    ("state", "fields", "reviews", "steps", "step"),
    [
        ("pending_order", {}, False, ["发现隐患", "下达整改措施", "完成整改"], 2),
        ("pending_rectification", {}, False, ["发现隐患", "下达整改措施", "完成整改"], 3),
        ("rectified", {}, False, ["发现隐患", "下达整改措施", "完成整改"], 4),
        ("rectified", {}, True, ["发现隐患", "下达整改措施", "完成整改", "复查"], 4),
        ("reviewed", {}, False, ["发现隐患", "下达整改措施", "完成整改", "复查"], 5),
        ("rectified", {"immediate": True}, False, ["发现隐患", "立即处理"], 3),
        ("pending_rectification", {"source": "weekly"}, False, ["发现隐患", "完成整改"], 2),
    ],
)
def test_the_step_bar(
    world: World, as_: As, state: str, fields: dict, reviews: bool, steps: list[str], step: int
) -> None:
    world.jia.reviews_hazards = reviews
    world.jia.save()
    hazard = made.hazard(world.lift, state=state, **fields)
    page = as_(world.jia_admin).get(reverse("hazards:detail", args=[hazard.code]))
    assert (page.context["steps"], page.context["step"]) == (steps, step)


def test_the_detail_links_to_machine_and_inspection(world: World, as_: As) -> None:
    hazard = made.hazard(world.lift)
    page = as_(world.jia_admin).get(reverse("hazards:detail", args=[hazard.code]))
    assert page.context["machine_url"] == reverse("equipment:detail", args=[world.lift.code])
    assert page.context["origin_url"] == reverse("duties:record", args=[hazard.origin_code])


def test_the_detail_costs_the_same_however_long_the_trail(
    world: World, as_: As, found: Callable[..., Hazard]
) -> None:
    client = as_(world.jia_admin)
    hazard = found()
    where = reverse("hazards:detail", args=[hazard.code])

    def cost() -> int:
        with CaptureQueriesContext(connection) as context:
            assert client.get(where).status_code == 200
        return len(context)

    before = cost()
    from hazards.actions.steps import write_event
    from hazards.models import HazardEvent
    from tests.world import NOW

    for _ in range(3):
        write_event(hazard, HazardEvent.Name.OVERDUE, actor=world.actor(world.li), now=NOW)
    assert cost() == before


# ---------------------------------------------------------------- who sees what
def test_the_regulator_reads_his_subtree(world: World, as_: As) -> None:
    ours = made.hazard(world.lift)
    theirs = made.hazard(world.yi_lift)
    page = as_(world.regulator).get(LIST)
    assert listed(page) == {ours.pk, theirs.pk}
    assert "甲物业管理有限公司" in text_of(page)
    assert listed(as_(world.regulator).get(LIST, {"unit": world.yi.code})) == {theirs.pk}
    assert listed(as_(world.regulator).get(LIST, {"keyword": "乙机械"})) == {theirs.pk}
    assert listed(as_(world.far_regulator).get(LIST)) == set()
    detail = reverse("hazards:detail", args=[ours.code])
    assert as_(world.regulator).get(detail).status_code == 200
    assert as_(world.regulator).post(detail).status_code == 405


@pytest.mark.parametrize("who", ["yi_admin", "far_regulator", "far_admin", "sun"])
def test_a_foreign_hazard_does_not_exist(world: World, as_: As, who: str) -> None:
    hazard = made.hazard(world.lift)
    person = getattr(world, who)
    client = as_(person if isinstance(person, User) else person.user)
    assert client.get(reverse("hazards:detail", args=[hazard.code])).status_code == 404


def test_people_are_sent_to_the_phones_pages(world: World, as_: As) -> None:
    hazard = made.hazard(world.lift)
    client = as_(world.li.user)
    assert client.get(LIST).url == reverse("hazards:field-list")
    answer = client.get(reverse("hazards:detail", args=[hazard.code]))
    assert answer.url == reverse("hazards:field-detail", args=[hazard.code])


# ---------------------------------------------------------------- for other rooms
def test_the_machines_page_shows_its_open_hazards(world: World) -> None:
    made.hazard(world.lift, severity="severe")
    made.hazard(world.lift, state="reviewed")
    made.hazard(world.crane)
    admin = world.actor(world.jia_admin)
    panel = next(p for p in panels_of(world.lift, admin) if "隐患" in p.title)
    assert (panel.title, [row.word for row in panel.rows]) == ("未完成整改的隐患（1）", ["待下达"])
    assert panel.url == f"/hazards/?machine={world.lift.code}"
    stranger = world.actor(world.yi_admin)
    assert next(p for p in panels_of(world.lift, stranger) if "隐患" in p.title).rows == []


def test_waiting_counts_by_what_is_to_be_done(world: World) -> None:
    world.jia.reviews_hazards = True
    world.jia.save()
    made.hazard(world.lift)
    made.hazard(world.crane)
    made.hazard(world.crane, state="pending_rectification")
    made.hazard(world.crane, state="rectified")
    people = {name: getattr(world, name) for name in ("li", "zhang", "wang", "zhao", "chen")}
    waits = {
        name: queries_turn.waiting(world.actor(who), day=TODAY) for name, who in people.items()
    }
    assert waits == {
        "li": queries_turn.Waiting(to_rectify=1),
        "zhang": queries_turn.Waiting(),
        "wang": queries_turn.Waiting(to_order=2, to_review=1),
        "zhao": queries_turn.Waiting(to_order=1, to_review=1),
        "chen": queries_turn.Waiting(),
    }
    assert waits["wang"].total == 3
    assert queries_turn.waiting(world.actor(world.jia_admin), day=TODAY) == queries_turn.Waiting()
    Appointment.objects.filter(staff=world.wang).delete()
    assert queries_turn.waiting(world.actor(world.chen), day=TODAY) == queries_turn.Waiting(
        to_order=1
    )
