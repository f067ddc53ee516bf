"""Judging photographs: honest time, 完成, two people, the sample and its agreement (F85, D13)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db.models import F

from config.actor import Actor
from config.errors import RuleBroken
from cylinders import queries_checks as queries
from cylinders.actions import checks
from cylinders.actions.review import accept, return_batch, review
from cylinders.check_rules import Progress, give_out, sample_rank
from cylinders.enums import BatchState, CheckStep
from cylinders.models import Batch, ItemPhoto, PhotoCheck
from tests.factories import cylinders as factory
from tests.factories import units as people
from tests.factories.units import NOW
from tests.waiting import PATIENCE
from tests.world import World
from units.models import AuditEntry, User

pytestmark = pytest.mark.django_db
FAST, LONG = 0.2, 2


class Person:
    """Somebody at the page: looks at photographs one after the other on a clock of his own."""

    def __init__(self, world: World, user: User, start: float = 60):
        self.actor: Actor = world.actor(user)
        self.clock = NOW + timedelta(seconds=start)

    def wait(self, seconds: float) -> datetime:
        self.clock += timedelta(seconds=seconds)
        return self.clock

    def token(self, photo: ItemPhoto, step: CheckStep = CheckStep.ACCEPT) -> str:
        about = {"step": step, "round_": photo.item.batch.round, "user_id": self.actor.user_id}
        return give_out(photo.photo.code, now=self.clock, **about)

    def look(
        self,
        photo: ItemPhoto,
        seconds: float = LONG,
        verdict: str = "correct",
        reason: str = "",
        *,
        token: str | None = None,
        step: CheckStep = CheckStep.ACCEPT,
        seen_ms: int | None = 60_000,
    ) -> PhotoCheck:
        token = self.token(photo, step) if token is None else token
        given = {"verdict": verdict, "reason": reason, "seen_ms": seen_ms, "opened_token": token}
        return checks.save_check(
            photo, **given, actor=self.actor, now=self.wait(seconds), step=step
        )


@pytest.fixture(autouse=True)
def _reference(world: World) -> None:
    factory.reference()


def submitted(world: World, cylinders: int = 2, **fields: object) -> Batch:
    batch = factory.batch(world.jia, state=BatchState.SUBMITTED, **fields)
    for _ in range(cylinders):
        factory.complete_item(batch)
    return batch


def photos(batch: Batch, step: CheckStep = CheckStep.ACCEPT) -> list[ItemPhoto]:
    return list(queries.photos_of(batch, step).select_related("photo", "item__batch"))


def colleague(world: World, username: str = "second", name: str = "周审核") -> User:
    return people.account("bureau", username, world.bureau, name=name)


def refused(code: str, call: object, *args: object, **kwargs: object) -> str:
    with pytest.raises(RuleBroken) as broken:
        call(*args, **kwargs)
    assert broken.value.code == code
    return broken.value.message


def test_a_hundred_photographs_in_twenty_seconds_need_a_second_look(world: World) -> None:
    batch = submitted(world, cylinders=25)
    for item in batch.items.all():
        factory.photo(item)
        factory.photo(item)
    person = Person(world, world.regulator)
    rows = photos(batch)
    for photo in rows:
        person.look(photo, FAST)
    assert person.clock - NOW == timedelta(seconds=80)
    assert queries.progress(batch) == Progress(total=100, seen=100, wrong=0, again=100)
    sentence = refused("unfinished", checks.finish, batch, actor=person.actor, now=person.clock)
    assert sentence == "还不能完成：还有 100 张查看时间太短、需复看。"
    # Seen again, long enough, and counted together.
    PhotoCheck.objects.exclude(photo=rows[0]).update(longest_ms=1000)
    judged = person.look(rows[0], LONG)
    assert (judged.seen_ms, judged.longest_ms, judged.looks) == (2200, 2000, 2)
    done = checks.finish(batch, actor=person.actor, now=person.wait(1))
    assert done.checked_at == person.clock
    figures = AuditEntry.objects.get(verb="cylinder_batch.checked").after
    assert figures == {"round": 1, "photos": 100, "wrong": 0, "seconds": 22, "people": 1}


def test_a_used_token_and_pages_side_by_side_count_for_nothing(world: World) -> None:
    batch = submitted(world)
    person = Person(world, world.regulator)
    first, second, *_ = photos(batch)
    opened, beside = person.token(first), person.token(second)
    assert person.look(first, LONG, token=opened).longest_ms == 2000
    assert person.look(second, LONG, token=beside).longest_ms == 0
    again = person.look(first, 30, token=opened)
    assert (again.seen_ms, again.longest_ms, again.looks) == (2000, 2000, 2)


def test_a_photograph_marked_wrong_needs_a_reason_but_no_time(world: World) -> None:
    batch = submitted(world)
    person = Person(world, world.regulator)
    photo, other, *_ = photos(batch)
    refused("reason_needed", person.look, photo, FAST, "wrong", " \u3000\n")
    refused("too_long", person.look, photo, FAST, "wrong", "错" * 201)
    refused("verdict_needed", person.look, photo, FAST, "perhaps")
    judged = person.look(photo, FAST, "wrong", "<b>𬭚</b>\x00 与填报\n不一致")
    assert judged.reason == "<b>𬭚</b> 与填报 不一致"
    person.look(other, FAST, "correct", "没有用的原因")
    assert queries.progress(batch) == Progress(total=4, seen=2, wrong=1, again=1)
    assert checks.wrong_items(batch) == {photo.item_id: "钢印照片：<b>𬭚</b> 与填报 不一致"}


def test_the_last_judgement_stands_but_leafing_past_it_changes_nothing(world: World) -> None:
    batch = submitted(world)
    first, second = Person(world, world.regulator), Person(world, colleague(world), start=600)
    photo = photos(batch)[0]
    first.look(photo, LONG)
    assert second.look(photo, FAST).user_name == world.regulator.name
    judged = second.look(photo, FAST, "wrong", "照片模糊，无法辨认")
    assert (judged.user_name, judged.longest_ms) == ("周审核", 200)
    back = first.look(photo, FAST)
    assert (back.verdict, back.longest_ms, back.looks) == ("correct", 200, 3)
    assert queries.progress(batch).again == 1
    assert PhotoCheck.objects.count() == 1


def test_nothing_is_judged_after_it_was_finished(world: World) -> None:
    batch = submitted(world, cylinders=1)
    person = Person(world, world.regulator)
    rows = photos(batch)
    for photo in rows:
        person.look(photo)
    refused("unfinished", checks.refuse_unfinished, batch)
    done = checks.finish(batch, actor=person.actor, now=person.wait(1))
    checks.refuse_unfinished(done)
    refused("checked", person.look, rows[0], LONG, "wrong", "不是这只气瓶的照片")
    refused("checked", checks.finish, batch, actor=person.actor, now=person.wait(1))
    assert AuditEntry.objects.filter(verb="cylinder_batch.checked").count() == 1


def test_after_a_correction_everything_is_seen_anew(world: World) -> None:
    batch = submitted(world, cylinders=1)
    person = Person(world, world.regulator)
    for photo in photos(batch):
        person.look(photo)
    checks.finish(batch, actor=person.actor, now=person.wait(1))
    returned = return_batch(batch, points="补正", actor=person.actor, now=person.wait(1))
    assert queries.step_open(returned) is None
    Batch.objects.update(state="submitted", round=2, submitted_at=person.wait(9))
    batch.refresh_from_db()
    assert queries.progress(batch) == Progress(total=2, seen=0, wrong=0, again=0)
    refused("unfinished", checks.refuse_unfinished, batch)


@pytest.mark.parametrize("who", ["unit", "far", "city"])
def test_only_the_bureau_of_the_district_judges(world: World, who: str) -> None:
    city = people.account("bureau", "city", people.bureau("500000", "重庆市市场监督管理局"))
    user = {"unit": world.jia_admin, "far": world.far_regulator, "city": city}[who]
    batch = submitted(world, cylinders=1)
    person = Person(world, user)
    refused("not_yours", person.look, photos(batch)[0])
    refused("not_yours", checks.finish, batch, actor=person.actor, now=NOW)
    assert PhotoCheck.objects.count() == 0


# ------------------------------------------------------------------ the sample
def accepted(world: World, cylinders: int = 10, percent: int = 30) -> tuple[Batch, Person]:
    """A batch that 渝中区 has accepted, and the person who did it."""
    factory.setting(sample_percent=percent)
    batch = submitted(world, cylinders=cylinders)
    person = Person(world, world.regulator)
    for photo in photos(batch):
        person.look(photo)
    checks.finish(batch, actor=person.actor, now=person.wait(1))
    return accept(batch, opinion="同意受理", actor=person.actor, now=person.wait(1)), person


def test_the_sample_is_frozen_and_can_be_drawn_again(world: World) -> None:
    colleague(world)
    batch, person = accepted(world)
    drawn = [photo.sha256 for photo in photos(batch, CheckStep.SAMPLE)]
    every = ItemPhoto.objects.values_list("sha256", flat=True)
    ranked = sorted(every, key=lambda sha256: sample_rank(batch.sample_seed, sha256))
    assert set(drawn) == set(ranked[:6])
    assert len(drawn) == 6
    # Neither another setting nor a cylinder that is taken out later changes it.
    factory.setting(sample_percent=100)
    batch.items.filter(number=1).update(removed_at=person.wait(PATIENCE), claim="released")
    assert [photo.sha256 for photo in photos(batch, CheckStep.SAMPLE)] == drawn


def test_cylinders_that_were_taken_out_at_acceptance_are_not_drawn(world: World) -> None:
    factory.setting(sample_percent=100)
    colleague(world)
    batch = submitted(world, cylinders=2)
    person = Person(world, world.regulator)
    wrong, *others = photos(batch)
    person.look(wrong, FAST, "wrong", "照片模糊，无法辨认")
    for photo in others:
        person.look(photo)
    checks.finish(batch, actor=person.actor, now=person.wait(1))
    done = accept(batch, opinion="同意受理", actor=person.actor, now=person.wait(1))
    drawn = [photo.item_id for photo in photos(done, CheckStep.SAMPLE)]
    assert drawn == [others[-1].item_id] * 2
    # What was judged at 受理 is still shown whole.
    assert queries.progress(done) == Progress(total=4, seen=4, wrong=1, again=0)


def test_the_accepting_person_does_not_look_twice(world: World) -> None:
    second = colleague(world)
    batch, person = accepted(world, cylinders=1)
    photo = photos(batch, CheckStep.SAMPLE)[0]
    refused("same_person", person.look, photo, step=CheckStep.SAMPLE)
    refused("wrong_state", person.look, photo, step=CheckStep.ACCEPT)
    User.objects.filter(pk=second.pk).update(is_active=False)
    person.look(photo, step=CheckStep.SAMPLE)
    found = checks.agreement(batch)
    assert (found.sampled, found.looked, found.agreed, found.own) == (1, 1, 1, 1)


def test_who_reviews_has_looked_at_the_whole_sample(world: World) -> None:
    second, third = colleague(world), colleague(world, "third", "吴审核")
    batch, _accepting = accepted(world)
    one, two = Person(world, second, start=900), Person(world, third, start=2000)
    rows = photos(batch, CheckStep.SAMPLE)
    for photo in rows[:-1]:
        one.look(photo, step=CheckStep.SAMPLE)
    two.look(rows[-1], FAST, step=CheckStep.SAMPLE)
    sentence = refused("unsampled", checks.refuse_unsampled, batch, two.actor)
    assert sentence.startswith("抽样复看尚未完成：5 张由他人复看，1 张查看时间太短。")
    for photo in rows:
        two.look(photo, step=CheckStep.SAMPLE)
    checks.refuse_unsampled(batch, two.actor)


def test_the_agreement_of_both_looks(world: World) -> None:
    second = colleague(world)
    batch, _accepting = accepted(world)
    assert checks.agreement(batch).sentence == "抽样 6 张，尚未复看。"
    person = Person(world, second, start=900)
    rows = photos(batch, CheckStep.SAMPLE)
    person.look(rows[0], FAST, "wrong", "制造单位与填报不一致", step=CheckStep.SAMPLE)
    for photo in rows[1:]:
        person.look(photo, step=CheckStep.SAMPLE)
    found = checks.agreement(batch)
    assert found.sentence == "抽样 6 张，已复看 6 张，一致 5 张（83.3%），不一致 1 张。"
    (differing,) = found.disagreements
    assert (differing.first, differing.judged) == ("correct", "wrong")
    assert list(checks.wrong_items(batch)) == [rows[0].item_id]
    said = {"opinion": "同意", "actor": person.actor, "now": person.wait(1)}
    refused("wrong_in_sample", review, batch, **said)
    done = review(batch, removes_wrong=True, **said)
    assert batch.items.standing().count() == 9
    assert checks.agreement(done).sentence == found.sentence
    step = done.steps.get(name="reviewed").details
    assert (step["sampled"], step["agreed"], step["removed"]) == (6, 5, 1)


def test_a_stricter_district_sees_more_again(world: World) -> None:
    batch = submitted(world, cylinders=1)
    person = Person(world, world.regulator)
    for photo in photos(batch):
        person.look(photo, LONG)
    assert queries.progress(batch).is_complete
    factory.setting(least_seconds=2.5)
    batch = Batch.objects.get()
    assert queries.progress(batch).again == 2
    PhotoCheck.objects.update(longest_ms=F("longest_ms") + 500)
    assert queries.progress(batch).is_complete
