"""Signing once for several finished daily rounds of a day (decision 11)."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from config.errors import RuleBroken
from duties.actions.submit import finish
from duties.actions.together import Chosen, SomeRefused, sign_several
from duties.enums import TaskState
from duties.models import Inspection, InspectionDraft, Task
from hazards.models import Hazard
from tests.factories import duties as tasks
from tests.factories import equipment as machines
from tests.factories import licences, rounds
from tests.factories.rounds import LongForm
from tests.world import NOW, TODAY, World
from units.models import Signature
from units.signatures import store_signature

pytestmark = pytest.mark.usefixtures("clock")


def finished(world: World, task: Task, **fields: object) -> Task:
    rounds.fill(task, world.actor(world.li), **fields)
    finish(task, actor=world.actor(world.li), now=NOW)
    return task


def chosen(task: Task) -> Chosen:
    draft = InspectionDraft.objects.get(task=task)
    return Chosen(task, draft.client_uuid, draft.rev)


def signed(world: World, several: list[Chosen]) -> list[Inspection]:
    actor = world.actor(world.li)
    return sign_several(
        several,
        signature=lambda: store_signature(strokes_json=rounds.STROKES, actor=actor, now=NOW),
        actor=actor,
        now=NOW,
    )


@pytest.fixture
def two(world: World) -> list[Task]:
    return [
        finished(world, tasks.task(world.crane), answers={1: rounds.failed()}),
        finished(world, tasks.task(world.lift)),
    ]


@pytest.fixture
def li(world: World, as_: Callable[..., Client]) -> Client:
    return as_(world.li.user)


def text_of(response: object) -> str:
    return html.unescape(response.content.decode())


def test_every_record_carries_the_signature_and_the_list(world: World, two: list[Task]) -> None:
    station = tasks.task(licences.station(licences.licensed(world.jia), officer=world.li))
    several = [chosen(task) for task in [*two, finished(world, station)]]
    done = signed(world, several)
    assert [one.task for one in done] == [*two, station]
    assert {one.signature for one in done} == {Signature.objects.get()}
    together = [{"code": one.code, "name": one.facts["subject_name"]} for one in done]
    assert [one.facts["signed_together"] for one in done] == [together] * 3
    assert [row["name"] for row in together] == ["2号行车", "1号客梯", "1#充装工位"]
    assert Task.objects.filter(state=TaskState.DONE).count() == 3
    assert Hazard.objects.get().equipment == world.crane
    # Sent again (a double tap, a retry): the same records, no second signature.
    assert signed(world, several) == done
    assert (Inspection.objects.count(), Signature.objects.count()) == (3, 1)


def test_one_that_became_invalid_is_named_and_nothing_is_signed(
    world: World, two: list[Task]
) -> None:
    several = [chosen(task) for task in two]
    waived = two[1]
    waived.refresh_from_db()
    waived.state, waived.waived_at, waived.waive_reason = "waived", NOW, "已办理停用手续"
    waived.save()
    with pytest.raises(SomeRefused) as broken:
        signed(world, several)
    assert broken.value.reasons == {waived.pk: "该待办已免检（已办理停用手续），不用再填写。"}
    assert broken.value.message.startswith("1号客梯已不能一并签名")
    assert (Inspection.objects.count(), Signature.objects.count()) == (0, 0)
    assert len(signed(world, several[:1])) == 1


def test_what_cannot_be_signed_together(world: World, two: list[Task]) -> None:
    yesterday = tasks.task(world.boiler, TODAY - timedelta(days=1), assignee=world.li)
    weekly = tasks.task(world.jia, assignee=world.li, owner=world.li)
    for several, code in (
        ([], "none_chosen"),
        ([chosen(two[0]), Chosen(yesterday, "x")], "not_one_day"),
        ([Chosen(weekly, "x")], "not_one_day"),
        ([chosen(two[0])] * 2, "chosen_twice"),
        ([chosen(two[0])] * 101, "too_many"),
    ):
        with pytest.raises(RuleBroken) as broken:
            signed(world, several)
        assert broken.value.code == code
    assert Signature.objects.count() == 0


def test_the_sheet_and_its_entrances(world: World, li: Client, two: list[Task]) -> None:
    page = text_of(li.get("/m/sign/"))
    assert "2026年11月20日 日管控，已填写完成 2 条" in page
    assert page.count('name="task"') == 2
    assert "不合格</span> 1 项" in page
    assert 'href="/m/sign/"' in text_of(li.get(f"/m/tasks/{two[0].code}/sign/"))
    assert 'href="/m/sign/"' in text_of(li.get("/m/daily/"))
    form = LongForm(li, li.get("/m/sign/"), "sign")
    post = {**form.values, "task": [task.code for task in two]}
    response = li.post("/m/sign/", post)
    assert (response.status_code, "签名为空，请重新签名。" in text_of(response)) == (422, True)
    assert text_of(response).count(" checked") == 2
    response = li.post("/m/sign/", {**post, "signature_strokes": rounds.STROKES})
    assert response["Location"] == "/m/daily/"
    assert Inspection.objects.count() == 2
    page = text_of(li.get("/m/daily/"))
    assert "2 条巡查已一并提交，发现隐患 1 项。" in page
    assert 'href="/m/sign/"' not in page
    assert "没有等待签名的巡查" in text_of(li.get("/m/sign/"))


def test_a_round_changed_meanwhile_is_named_and_the_rest_stay_ticked(
    world: World, li: Client, two: list[Task]
) -> None:
    form = LongForm(li, li.get("/m/sign/"), "sign")
    rounds.fill(two[0], world.actor(world.li))  # changed in another tab: no longer finished
    post = {
        **form.values,
        "task": [task.code for task in two],
        "signature_strokes": rounds.STROKES,
    }
    response = li.post("/m/sign/", post)
    page = text_of(response)
    assert response.status_code == 409
    assert "2号行车已不能一并签名，本次没有提交任何一条" in page
    assert "2号行车：巡查内容已在其他页面修改" in page
    again = LongForm(li, response, "sign")
    assert again.values["task"] == two[1].code
    assert again.values["signature_strokes"] == rounds.STROKES
    assert li.post("/m/sign/", again.values).status_code == 302
    assert Inspection.objects.get().task == two[1]


def test_made_up_rounds_are_apart(world: World, li: Client, two: list[Task]) -> None:
    day = TODAY - timedelta(days=2)
    late = [
        finished(
            world,
            tasks.task(machines.machine(world.jia, officer=world.li), day, state="missed"),
            first=rounds.status(backfill_reason="外出培训"),
        )
        for _ in range(2)
    ]
    page = text_of(li.get("/m/sign/"))
    assert "11月18日补录" in page
    assert page.count('name="task"') == 2
    form = LongForm(li, li.get("/m/sign/?day=2026-11-18"), "sign")
    post = {**form.values, "task": [one.code for one in late], "signature_strokes": rounds.STROKES}
    assert li.post("/m/sign/", post).status_code == 302
    assert [one.timing for one in Inspection.objects.all()] == ["backfilled"] * 2
    assert li.get("/m/sign/?day=nonsense").status_code == 200


@pytest.mark.parametrize("draft", ["", "x:1", "11111111-1111-4111-8111-111111111111:99999999999"])
def test_mangled_pages_and_foreign_to_dos(
    world: World, li: Client, as_: Callable, two: list[Task], draft: str
) -> None:
    code = two[0].code
    post = {"task": [code], f"{code}-draft": draft, "signature_strokes": rounds.STROKES}
    response = li.post("/m/sign/", post)
    assert (response.status_code, "页面内容不完整" in text_of(response)) == (409, True)
    assert li.post("/m/sign/", {**post, "task": ["\0"]}).status_code == 409
    good = f"{chosen(two[0]).client_uuid}:{chosen(two[0]).rev}"
    for who in (world.sun, world.zhang):  # another unit's officer, a colleague
        response = as_(who.user).post("/m/sign/", {**post, f"{code}-draft": good})
        assert response.status_code == 409
    assert Inspection.objects.count() == 0


def test_the_list_costs_the_same_with_one_row_and_three(
    world: World, li: Client, django_assert_num_queries: Callable
) -> None:
    for number in (1, 2):
        for _ in range(number):
            finished(world, tasks.task(machines.machine(world.jia, officer=world.li)))
        li.get("/m/sign/")
        with django_assert_num_queries(7):
            li.get("/m/sign/")
