"""The bureau's desk of use registration: list, one batch, decisions and their pages, settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.clock import at
from cylinders.models import Batch, BatchStep, DistrictSetting
from tests.cylinders.test_review import look
from tests.factories import cylinders as made
from tests.factories import units as people
from tests.world import NOW, World
from units.models import AuditEntry

As = Callable[[Any], Client]
LIST = "/bureau/cylinders/"
SETTINGS = "/bureau/cylinders/settings/"


@pytest.fixture(autouse=True)
def _at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 9 o'clock on Friday, 20 November 2026 for every view."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def page_of(batch: Batch) -> str:
    return reverse("cylinders:review", args=[batch.code])


def decide_url(batch: Batch) -> str:
    return reverse("cylinders:review-decide", args=[batch.code])


def submitted(world: World, day: int = 20, unit: Any = None, **fields: Any) -> Batch:
    when = at(date(2026, 11, day), 8)
    batch = made.batch(unit or world.jia, state="submitted", now=when, **fields)
    made.complete_item(batch)
    return batch


def in_state(world: World, state: str, **fields: Any) -> Batch:
    moment = {f"{state}_at": NOW}
    batch = made.batch(world.jia, state=state, **moment, **fields)
    made.complete_item(batch)
    return batch


def step(batch: Batch, name: str, user: Any) -> BatchStep:
    return BatchStep.objects.create(
        batch=batch, round=1, name=name, user=user, actor_name=user.name, at=NOW
    )


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def city_of(world: World) -> Any:
    return people.account("bureau", "chongqing", people.bureau("500000", "重庆市局"))


# ------------------------------------------------------------------ list
def listed(client: Client, **asked: str) -> list[str]:
    return [row["one"].number for row in client.get(LIST, asked).context["rows"]]


def test_tabs_and_filters(world: World, as_: As) -> None:
    late = submitted(world, day=12)
    fresh = submitted(world, unit=world.yi, origin="existing")
    foreign = submitted(world, unit=world.far_unit, region="500106")
    draft = made.batch(world.jia)
    client = as_(world.regulator)
    assert listed(client) == [late.number, fresh.number]
    page = client.get(LIST)
    assert [(tab["label"], tab["count"]) for tab in page.context["tabs"]] == [
        ("待受理", 2), ("待审核", 0), ("待审批", 0), ("待发证", 0), ("全部", 2),
    ]  # fmt: skip
    assert [row["waiting"].text for row in page.context["rows"]] == [
        "已超期 1 个工作日",
        "还剩 5 个工作日",
    ]
    product = fresh.items.get().product_no
    asked = [
        {"waiting": "late"},
        {"waiting": "3"},
        {"origin": "existing"},
        {"keyword": product},
        {"keyword": late.number[-6:]},
        {"unit": "乙机械"},
        {"unit": "没有的㛃"},
    ]
    found = [listed(client, **one) for one in asked]
    first, second = [late.number], [fresh.number]
    assert found == [first, first, second, second, first, second, []]
    assert listed(as_(world.far_regulator)) == [foreign.number]
    assert draft.code not in client.get(LIST, {"tab": "all"}).content.decode()


def test_what_a_colleague_has_to_do_is_not_counted_as_mine(world: World, as_: As) -> None:
    batch = in_state(world, "accepted")
    step(batch, "accepted", world.regulator)
    colleague = people.account("bureau", "yuzhong2", world.bureau, name="吴二")
    asked = {"tab": "review", "whose": "own"}
    assert listed(as_(world.regulator), **asked) == []
    assert listed(as_(colleague), **asked) == [batch.number]
    colleague.is_active = False
    colleague.save(update_fields=["is_active"])
    assert listed(as_(world.regulator), **asked) == [batch.number]


def test_a_city_sees_every_district_and_decides_nothing(world: World, as_: As) -> None:
    near = submitted(world)
    far = submitted(world, unit=world.far_unit, region="500106")
    client = as_(city_of(world))
    assert listed(client) == [near.number, far.number]
    assert listed(client, region="500106") == [far.number]
    page = client.get(page_of(near))
    assert (page.status_code, page.context["next"].acts) == (200, [])
    assert "本局只能查看" in page.content.decode()
    for url in (decide_url(near), reverse("cylinders:void", args=[near.code])):
        assert (client.get(url).status_code, client.post(url).status_code) == (403, 403)
    assert as_(world.far_regulator).get(page_of(near)).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_queries(world: World, as_: As, django_assert_num_queries: Any, rows: int) -> None:
    for _ in range(rows):
        batch = in_state(world, "accepted", sample_seed="a", sample_percent=100)
        step(batch, "accepted", world.regulator)
    for _ in range(rows):
        made.complete_item(batch)
    client = as_(world.regulator)
    client.get(LIST)
    with django_assert_num_queries(LIST_QUERIES):
        client.get(LIST, {"tab": "review"})
    with django_assert_num_queries(PAGE_QUERIES):
        client.get(page_of(batch))


LIST_QUERIES = 7
PAGE_QUERIES = 9


# ------------------------------------------------------------------ desk
def test_the_desk_names_each_step(world: World, as_: As) -> None:
    submitted(world)
    for state in ("accepted", "reviewed", "approved", "approved"):
        in_state(world, state)
    client = as_(world.regulator)
    page = client.get("/bureau/desk/")
    todos = {one.label: one for one in page.context["todos"] if "使用登记" in one.label}
    assert list(todos) == [
        "您有 1 条使用登记的受理任务需要处理",
        "您有 1 条使用登记的审核任务需要处理",
        "您有 1 条使用登记的审批任务需要处理",
        "您有 2 条使用登记的发证任务需要处理",
    ]
    for one in todos.values():
        assert client.get(one.url).context["page"].paginator.count == one.count
    badges = {item.label: item.badge for part in page.context["shell"].menu for item in part.items}
    assert badges["气瓶使用登记"] == 5
    city = as_(city_of(world)).get("/bureau/desk/").context["todos"]
    assert [one.label for one in city if "使用登记" in one.label] == []


# ------------------------------------------------------------------ decisions
def test_a_batch_is_accepted_from_its_page(world: World, as_: As) -> None:
    batch = submitted(world)
    client = as_(world.regulator)
    before = client.get(page_of(batch))
    labels = [act.label for act in before.context["next"].acts]
    assert labels == ["审核附件", "告知补正", "不予受理", "驳回（退件）"]
    shown = client.get(decide_url(batch), {"do": "accept"})
    assert "附件尚未审核完成" in shown.content.decode()
    look(batch, world.regulator)
    assert client.get(page_of(batch)).context["next"].acts[0].label == "受理"
    blank = client.post(decide_url(batch), {"do": "accept", "round": 1, "opinion": " "})
    assert (blank.status_code, list(blank.context["form"].errors)) == (422, ["opinion"])
    typed = {"do": "accept", "round": 1, "opinion": "<script>同意𬭚</script>"}
    done = client.post(decide_url(batch), typed)
    assert (done.url, said(done)) == (
        page_of(batch),
        [f"已受理 {batch.number}，等待另一位人员审核。"],
    )
    again = client.post(decide_url(batch), typed)
    text = again.content.decode()
    assert (again.status_code, "当前状态为“已受理”，不能受理" in text) == (409, True)
    assert "&lt;script&gt;同意𬭚" in text
    page = client.get(page_of(batch)).content.decode()
    assert ("&lt;script&gt;同意𬭚" in page, "<script>同意" in page) == (True, False)


def test_the_same_person_is_told_who_may_go_on(world: World, as_: As) -> None:
    batch = in_state(world, "reviewed")
    step(batch, "accepted", world.regulator)
    client = as_(world.regulator)
    assert "同一人办理" in client.get(page_of(batch)).content.decode()
    people.account("bureau", "yuzhong2", world.bureau, name="吴二")
    page = client.get(page_of(batch))
    assert [act.label for act in page.context["next"].acts] == ["驳回（退件）"]
    assert "请由 吴二 办理" in page.content.decode()
    answer = client.post(decide_url(batch), {"do": "approve", "round": 1, "opinion": "同意"})
    assert (answer.status_code, "请由 吴二 办理" in answer.content.decode()) == (409, True)


def test_a_new_submission_is_not_decided_unseen(world: World, as_: As) -> None:
    batch = submitted(world, round=2)
    given = {"do": "decline", "round": 1, "reason": "旧内容"}
    answer = as_(world.regulator).post(decide_url(batch), given)
    assert (answer.status_code, answer.context["seen_round"]) == (409, 2)
    assert "旧内容" in answer.content.decode()
    again = as_(world.regulator).post(decide_url(batch), given | {"round": 2})
    assert again.status_code == 302


def test_wrong_photographs_are_proposed_as_points(world: World, as_: As) -> None:
    batch = submitted(world)
    item = batch.items.get()
    look(batch, world.regulator, {item.pk: "照片模糊，无法辨认"})
    page = as_(world.regulator).get(decide_url(batch), {"do": "return"})
    proposed = page.context["form"]["points"].value()
    assert proposed.startswith(item.product_no)
    assert "照片模糊，无法辨认" in proposed
    marked = as_(world.regulator).get(page_of(batch), {"show": "wrong"})
    assert [row["word"] for row in marked.context["rows"]] == ["错误"]


def test_voiding_wants_the_number_and_happens_once(world: World, as_: As) -> None:
    batch = in_state(world, "approved")
    client, url = as_(world.regulator), reverse("cylinders:void", args=[batch.code])
    assert "作废整批 1 只气瓶，不是单只" in client.get(url).content.decode()
    typed = {"round": 1, "number": "QPSQ", "reason": "整批编号写错"}
    wrong = client.post(url, typed)
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["number"])
    assert "整批编号写错" in wrong.content.decode()
    right = typed | {"number": batch.number}
    assert client.post(url, right).url == page_of(batch)
    twice = client.post(url, right)
    assert (twice.status_code, "不需要再次操作" in twice.content.decode()) == (409, True)
    assert BatchStep.objects.filter(name="voided").count() == 1
    assert client.get(url).status_code == 409


# ------------------------------------------------------------------ settings
def test_a_district_settles_its_own_part(world: World, as_: As) -> None:
    client = as_(world.regulator)
    typed = {"version": 0, "takes_part": "on", "sample_percent": "10", "least_seconds": "2.5"}
    assert said(client.post(SETTINGS, typed)) == ["已保存：渝中区已开通气瓶使用登记。"]
    found = DistrictSetting.objects.get()
    assert (found.pk, found.takes_part, found.sample_percent, found.least_seconds) == (
        "500103",
        True,
        10,
        Decimal("2.5"),
    )
    stale = client.post(SETTINGS, typed | {"sample_percent": "99"})
    text = stale.content.decode()
    assert (stale.status_code, "刚刚被" in text, 'value="99"' in text) == (409, True, True)
    assert stale.context["version"] == 1
    after = AuditEntry.objects.get(verb="cylinder_setting.changed").after
    assert after == {"takes_part": True, "sample_percent": 10, "least_seconds": "2.5"}
    assert "开通，抽样复看比例 10%，每张最短查看 2.5 秒" in client.get(SETTINGS).content.decode()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"sample_percent": "0"}, "sample_percent"),
        ({"sample_percent": "101"}, "sample_percent"),
        ({"least_seconds": "0.1"}, "least_seconds"),
        ({"least_seconds": "1.55"}, "least_seconds"),
        ({"least_seconds": "NaN"}, "least_seconds"),
    ],
)
def test_odd_settings_stand_beside_their_field(
    world: World, as_: As, given: dict[str, str], field: str
) -> None:
    typed = {"version": 0, "sample_percent": "5", "least_seconds": "1"}
    answer = as_(world.regulator).post(SETTINGS, typed | given)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert DistrictSetting.objects.count() == 0


def test_a_city_settles_its_districts_and_nobody_another_one(world: World, as_: As) -> None:
    city, far = as_(city_of(world)), as_(world.far_regulator)
    assert len(city.get(SETTINGS).context["districts"]) > 30
    url = f"{SETTINGS}?region=500103"
    typed = {"version": 0, "sample_percent": "5", "least_seconds": "1", "takes_part": "on"}
    assert (far.get(url).status_code, far.post(url, typed).status_code) == (404, 404)
    assert DistrictSetting.objects.count() == 0
    assert city.post(url, typed).status_code == 302
    assert DistrictSetting.objects.get().changed_by_name == "重庆市局"
