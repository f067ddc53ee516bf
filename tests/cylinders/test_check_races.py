"""Two people of the bureau at once on the same photograph, and 完成 pressed by both."""

from __future__ import annotations

import pytest

from cylinders.actions import checks
from cylinders.models import PhotoCheck
from tests.cylinders.test_checks import Person, colleague, photos, submitted
from tests.factories import cylinders as factory
from tests.threads import done_and_refused, done_at_once
from tests.world import World
from units.models import AuditEntry

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_row_a_photograph_and_finished_once(committed_world: World) -> None:
    world = committed_world
    factory.reference()
    batch = submitted(world, cylinders=1)
    one, two = Person(world, world.regulator), Person(world, colleague(world))
    for photo in photos(batch):
        done_at_once(
            lambda photo=photo: one.look(photo),
            lambda photo=photo: two.look(photo, verdict="wrong", reason="照片模糊，无法辨认"),
        )
    assert PhotoCheck.objects.count() == 2

    def finish(person: Person) -> object:
        return checks.finish(batch, actor=person.actor, now=person.wait(1))

    done, refused = done_and_refused(lambda: finish(one), lambda: finish(two))
    assert len(done) == 1
    assert [rule.message for rule in refused] == ["本批次的附件审核已经完成，判定不能再修改。"]
    assert AuditEntry.objects.filter(verb="cylinder_batch.checked").count() == 1


def test_pages_of_two_batches_sent_at_once_are_one_look(committed_world: World) -> None:
    """Two tabs opened side by side, of two applications: nobody looks at both (D13)."""
    world = committed_world
    factory.reference()
    tabs = [Person(world, world.regulator) for _ in range(4)]
    shown = [photos(submitted(world, cylinders=1))[0] for _ in tabs]
    done_at_once(
        *[
            lambda tab=tab, photo=photo: tab.look(photo)
            for tab, photo in zip(tabs, shown, strict=True)
        ]
    )
    assert sorted(check.longest_ms for check in PhotoCheck.objects.all()) == [0, 0, 0, 2000]
