"""Two requests at the same moment, on real PostgreSQL with real threads: one round, one record."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from config.clock import end_of, local_day
from duties import generation
from duties.actions.draft import save_answers
from duties.actions.submit import finish, sign
from duties.actions.together import Chosen, sign_several
from duties.answers import Change, base_of
from duties.enums import TaskState
from duties.models import ChecklistVersion, DraftPhoto, Inspection, InspectionDraft, Task
from equipment.actions.binding import assign_officer
from equipment.models import StopDeclaration
from hazards.models import Hazard, HazardEvent
from tests.factories import duties as tasks
from tests.factories import equipment as machines
from tests.factories import licences, pictures, rounds
from tests.factories.rounds import LongForm
from tests.factories.units import staff
from tests.threads import done_and_refused, done_at_once, told_at_once
from tests.world import NOW, TODAY, World
from units.models import AuditEntry, Photo, Signature
from units.signatures import store_signature

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(committed_world: World) -> World:
    return committed_world


@pytest.fixture
def task(world: World) -> Task:
    return tasks.task(world.lift)


def signing(task: Task, world: World, client_uuid: uuid.UUID, **at: object) -> Callable:
    actor = world.actor(world.li)
    now = at.get("now", NOW)
    return lambda: sign(
        task,
        signature=lambda: store_signature(strokes_json=rounds.STROKES, actor=actor, now=now),
        client_uuid=client_uuid,
        actor=actor,
        now=now,
    )


def test_two_submits_at_once_are_one_inspection(world: World, task: Task) -> None:
    client_uuid = rounds.fill(task, world.actor(world.li), answers={1: rounds.failed()})
    finish(task, actor=world.actor(world.li), now=NOW)
    submit = signing(task, world, client_uuid)
    done = done_at_once(*[submit] * 4)
    assert {inspection.pk for inspection in done} == {Inspection.objects.get().pk}
    counts = [model.objects.count() for model in (Signature, Hazard, HazardEvent)]
    assert counts == [1, 1, 1]
    assert AuditEntry.objects.filter(verb="inspection.submitted").count() == 1


def test_two_submits_of_different_pages_tell_the_second(world: World, task: Task) -> None:
    client_uuid = rounds.fill(task, world.actor(world.li))
    finish(task, actor=world.actor(world.li), now=NOW)
    told = told_at_once(signing(task, world, client_uuid), signing(task, world, uuid.uuid4()))
    # The page's UUID only tells a retry from another page; whoever comes first signs.
    assert sorted(told) in (["", ""], ["", "already_done"])
    assert (Inspection.objects.count(), Signature.objects.count()) == (1, 1)


def test_two_submits_through_the_pages(world: World, as_: Callable[..., Client]) -> None:
    now = timezone.now()
    task = tasks.task(world.lift, local_day(now), now=now)
    actor = world.actor(world.li, local_day(now))
    rounds.fill(task, actor, now=now, first=rounds.status("stopped", stop_reason="维保停梯"))
    finish(task, actor=actor, now=now)
    clients = [as_(world.li.user) for _ in range(3)]
    form = LongForm(clients[0], clients[0].get(f"/m/tasks/{task.code}/sign/"), "sign")
    post = {**form.values, "signature_strokes": rounds.STROKES}

    def press(client: Client) -> Callable:
        return lambda: client.post(f"/m/tasks/{task.code}/sign/", post)

    done = done_at_once(*map(press, clients))
    record = f"/m/records/{Inspection.objects.get().code}/"
    assert [(response.status_code, response["Location"]) for response in done] == [
        (302, record)
    ] * 3
    assert (Signature.objects.count(), StopDeclaration.objects.count()) == (1, 1)


def test_two_first_saves_are_one_draft(world: World, task: Task) -> None:
    composed = rounds.listed(task)
    one, two = (item["key"] for item in composed.items[:2])

    def save(key: str) -> Callable:
        return lambda: save_answers(
            task,
            client_uuid=uuid.uuid4(),
            version_hash=composed.content_hash,
            changes={key: Change(rounds.answer(), base_of(key, None), key, 1)},
            actor=world.actor(world.li),
            now=NOW,
        )

    done_at_once(save(one), save(two), save(one))
    assert sorted(InspectionDraft.objects.get().answers) == [one, two]
    assert ChecklistVersion.objects.count() == 1


def test_the_same_list_is_frozen_once_by_many_rounds(world: World) -> None:
    fresh = [tasks.task(machines.machine(world.jia, officer=world.li)) for _ in range(4)]
    actor = world.actor(world.li)

    def begin(task: Task) -> Callable:
        return lambda: rounds.fill(task, actor)

    done_at_once(*map(begin, fresh))
    assert ChecklistVersion.objects.count() == 1


def test_two_tabs_that_disagree_at_the_same_moment(world: World, task: Task) -> None:
    composed = rounds.listed(task)
    key = composed.items[0]["key"]

    def save(tab: str, result: str) -> Callable:
        return lambda: save_answers(
            task,
            client_uuid=uuid.uuid4(),
            version_hash=composed.content_hash,
            changes={key: Change(rounds.answer(result), base_of(key, None), tab, 1)},
            actor=world.actor(world.li),
            now=NOW,
        )

    done = done_at_once(save("a", "pass"), save("b", "not_applicable"))
    assert sorted(len(saved.conflicts) for saved in done) == [0, 1]


def test_one_photo_sent_twice_at_once(world: World, as_: Callable[..., Client]) -> None:
    now = timezone.now()
    task = tasks.task(world.lift, local_day(now), now=now)
    composed = rounds.listed(task, now)
    content = pictures.jpeg()
    post = {
        "client_uuid": uuid.uuid4(),
        "version_hash": composed.content_hash,
        "item_key": composed.items[0]["key"],
        "photo_uuid": uuid.uuid4(),
    }
    clients = [as_(world.li.user) for _ in range(3)]

    def send(client: Client) -> Callable:
        return lambda: client.post(
            f"/m/tasks/{task.code}/photos/",
            {**post, "photo": rounds.upload(content)},
            headers={"X-Requested-With": "fetch"},
        )

    done = done_at_once(*map(send, clients))
    assert {response.status_code for response in done} == {200}
    assert len({response.json()["code"] for response in done}) == 1
    assert (Photo.objects.count(), DraftPhoto.objects.count()) == (1, 1)


def test_signing_while_the_day_is_closed(world: World, task: Task) -> None:
    """The sweep and the signature at 24:00: never both done and missed."""
    client_uuid = rounds.fill(task, world.actor(world.li))
    finish(task, actor=world.actor(world.li), now=NOW)
    after = end_of(TODAY) + timedelta(seconds=1)
    done, refused = done_and_refused(
        signing(task, world, client_uuid, now=after),
        lambda: generation.close_expired(now=after),
    )
    task.refresh_from_db()
    assert task.state == TaskState.MISSED
    assert [broken.code for broken in refused] == ["incomplete"]  # 补录原因 is asked for
    assert (len(done), Inspection.objects.count()) == (1, 0)


@pytest.mark.parametrize("turn", range(3))
def test_signing_while_the_machine_is_re_bound(world: World, turn: int) -> None:
    """Both need machine and to-do: they take them in one order, so neither is thrown out."""
    works = []
    for number in range(3):
        machine = machines.machine(world.jia, officer=world.li)
        task = tasks.task(machine)
        actor = world.actor(world.li)
        stopped = rounds.status("stopped", stop_reason="检修")
        client_uuid = rounds.fill(task, actor, first=stopped if number % 2 else None)
        finish(task, actor=actor, now=NOW)
        works.append(signing(task, world, client_uuid))
        works.append(
            lambda machine=machine: assign_officer(
                [machine], officer=world.zhang, actor=world.actor(world.jia_admin), now=NOW
            )
        )
    told = told_at_once(*works)
    assert set(told) <= {"", "not_yours"}
    assert Inspection.objects.count() == 3 - told.count("not_yours")


def test_two_who_start_one_to_do_of_a_pool(world: World) -> None:
    """Whoever comes first has it; the other is told by whom it was begun."""
    task = tasks.task(licences.licence(licences.licensed(world.jia)))
    people = [staff(world.jia, name, "quality_officer") for name in ("吴质", "郑质", "冯质")]
    done, refused = done_and_refused(
        *(lambda who=who: rounds.fill(task, world.actor(who)) for who in people)
    )
    task.refresh_from_db()
    assert (len(done), [broken.code for broken in refused]) == (1, ["not_yours"] * 2)
    said = f"该待办已由{task.assignee.name}于 11月20日 09:00 开始，您不能填写。"
    assert {broken.message for broken in refused} == {said}
    assert InspectionDraft.objects.get().staff == task.assignee
    assert AuditEntry.objects.filter(verb="task.claimed").count() == 1


def test_one_signature_for_several_against_itself_and_a_re_binding(world: World) -> None:
    """Three double taps and a re-binding of one machine: all records once, or none and told why."""
    actor = world.actor(world.li)
    several = []
    for machine in (world.crane, world.lift):
        task = tasks.task(machine)
        client_uuid = rounds.fill(task, actor, first=rounds.status("stopped", stop_reason="检修"))
        finish(task, actor=actor, now=NOW)
        several.append(Chosen(task, client_uuid))

    def sign_all(order: list[Chosen]) -> Callable:
        return lambda: sign_several(
            order,
            signature=lambda: store_signature(strokes_json=rounds.STROKES, actor=actor, now=NOW),
            actor=actor,
            now=NOW,
        )

    done, refused = done_and_refused(
        sign_all(several),
        sign_all(several[::-1]),
        sign_all(several),
        lambda: assign_officer(
            [world.lift], officer=world.zhang, actor=world.actor(world.jia_admin), now=NOW
        ),
    )
    signed = Inspection.objects.count()
    assert signed in (0, 2)
    assert (Signature.objects.count(), StopDeclaration.objects.count()) == (signed / 2, signed)
    assert {broken.code for broken in refused} == (set() if signed else {"some_refused"})
