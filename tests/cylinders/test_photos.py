"""Photographs of cylinders: each picture once, only while the unit may change the batch (F81)."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection, transaction
from django.urls import reverse

from config.errors import RuleBroken
from config.workflow import lock
from cylinders.actions import photos
from cylinders.actions.batches import discard
from cylinders.enums import BatchState
from cylinders.models import BatchItem, ItemPhoto
from tests.factories import cylinders, pictures
from tests.factories.units import NOW
from tests.threads import begin, told_at_once
from tests.waiting import until
from tests.world import World
from units.models import AuditEntry, Photo, User

RED, BLUE = "#c03020", "#2030c0"


def attach(item: BatchItem, user: User, colour: str = RED, **given: object) -> ItemPhoto:
    from units.loader import load_actor

    content = pictures.jpeg(64, 48, colour)
    values = {
        "upload": pictures.upload(content, "P1-钢印.jpg"),
        "client_uuid": uuid.uuid5(uuid.NAMESPACE_OID, f"{item.batch_id}{colour}"),
        "kind": "stamp",
    } | given
    return photos.attach(item, **values, actor=load_actor(user), now=NOW)


def refused(item: BatchItem, user: User, colour: str = RED, **given: object) -> tuple[str, str]:
    with pytest.raises(RuleBroken) as broken:
        attach(item, user, colour, **given)
    return broken.value.code, broken.value.message


def test_the_same_picture_of_a_cylinder_is_one_photograph(world: World) -> None:
    item = cylinders.item(cylinders.batch(world.jia))
    first = attach(item, world.jia_admin)
    again = attach(item, world.jia_admin)
    other_uuid = attach(item, world.jia_admin, client_uuid=uuid.uuid4(), kind="certificate")
    assert {first.pk, again.pk, other_uuid.pk} == {first.pk}
    assert (first.kind, first.file_name, first.is_live) == ("stamp", "P1-钢印.jpg", True)
    assert AuditEntry.objects.filter(verb="cylinder_batch.photo_added").count() == 1


def test_a_picture_of_another_cylinder_is_refused_with_its_name(world: World) -> None:
    batch = cylinders.batch(world.jia)
    item, other = cylinders.item(batch, product_no="A1"), cylinders.item(batch, product_no="A2")
    elsewhere = cylinders.item(cylinders.batch(world.jia, number="QPSQ-1"))
    foreign = cylinders.item(cylinders.batch(world.yi))
    attach(item, world.jia_admin)
    end = "，同一张照片不能用于两只气瓶，请重新拍摄或选择。"
    assert refused(other, world.jia_admin) == (
        "photo_used",
        f"这张照片已用于另一只气瓶（产品编号 A1，本批次）{end}",
    )
    said = refused(elsewhere, world.jia_admin)[1]
    assert said == f"这张照片已用于另一只气瓶（产品编号 A1，草稿 {batch.code}）{end}"
    assert refused(foreign, world.yi_admin)[1] == f"这张照片已用于另一单位的气瓶{end}"
    assert Photo.objects.count() == 1  # refused before anything was kept


def test_a_removed_photograph_keeps_its_row_and_frees_the_picture(world: World) -> None:
    batch = cylinders.batch(world.jia)
    item, other = cylinders.item(batch), cylinders.item(batch)
    actor = world.actor(world.jia_admin)
    first = attach(item, world.jia_admin)
    photos.remove(first, actor=actor, now=NOW)
    photos.remove(first, actor=actor, now=NOW)
    again = attach(other, world.jia_admin)
    photos.remove(again, actor=actor, now=NOW)
    third = attach(item, world.jia_admin)  # the browser gives the same uuid each time
    rows = ItemPhoto.objects.order_by("pk").values_list("pk", "item_id", "is_live")
    assert list(rows) == [
        (first.pk, item.pk, False),
        (again.pk, other.pk, False),
        (third.pk, item.pk, True),
    ]
    assert AuditEntry.objects.filter(verb="cylinder_batch.photo_removed").count() == 2


def test_four_photographs_are_the_most(world: World) -> None:
    item = cylinders.item(cylinders.batch(world.jia))
    for _ in range(4):
        cylinders.photo(item)
    assert refused(item, world.jia_admin)[0] == "photos_full"
    assert attach(cylinders.item(item.batch), world.jia_admin).kind == "stamp"


@pytest.mark.parametrize("state", [one for one in BatchState if one not in {"draft", "correcting"}])
def test_what_is_submitted_is_not_swapped(world: World, state: str) -> None:
    item = cylinders.item(cylinders.batch(world.jia, state=state))
    photo = cylinders.photo(item)
    actor = world.actor(world.jia_admin)
    assert refused(item, world.jia_admin)[0] == "batch_closed"
    for act in (
        lambda: photos.remove(photo, actor=actor, now=NOW),
        lambda: photos.change_kind(photo, kind="certificate", actor=actor, now=NOW),
    ):
        with pytest.raises(RuleBroken, match="照片不能再增加、删除或更换"):
            act()
    photo.refresh_from_db()
    assert (photo.kind, photo.removed_at) == ("stamp", None)


def test_a_draft_that_was_discarded_takes_no_photograph(world: World) -> None:
    item = cylinders.item(cylinders.batch(world.jia))
    discard(item.batch, actor=world.actor(world.jia_admin), now=NOW)
    assert refused(item, world.jia_admin)[0] == "batch_gone"


def test_correcting_may_change_photographs_again(world: World) -> None:
    item = cylinders.item(cylinders.batch(world.jia, state="correcting"))
    wrong = cylinders.photo(item)
    actor = world.actor(world.jia_admin)
    photos.remove(wrong, actor=actor, now=NOW)
    new = attach(item, world.jia_admin, BLUE)
    photos.change_kind(new, kind="certificate", actor=actor, now=NOW)
    assert list(item.photos.filter(removed_at=None).values_list("kind", flat=True)) == [
        "certificate"
    ]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": "register"}, "wrong_kind"),  # a new cylinder has no old papers
        ({"kind": "<script>"}, "wrong_kind"),
        ({"client_uuid": "no-uuid"}, "photo_refused"),
        ({"upload": None}, "no_photo"),
        ({"upload": pictures.upload(b"")}, "empty_photo"),
        ({"upload": pictures.upload(b"PK\x03\x04 renamed")}, "not_a_photo"),
        ({"upload": pictures.upload(pictures.jpeg()[:600])}, "photo_damaged"),
        ({"upload": pictures.upload(pictures.png_claiming(40000, 40000))}, "photo_too_many_pixels"),
    ],
)
def test_bad_input_is_told(world: World, given: dict, code: str) -> None:
    item = cylinders.item(cylinders.batch(world.jia))
    assert refused(item, world.jia_admin, **given)[0] == code
    assert ItemPhoto.objects.count() == 0


def test_only_its_own_people_photograph(world: World) -> None:
    item = cylinders.item(cylinders.batch(world.jia, state="correcting"))
    for user in (world.yi_admin, world.regulator, world.wang.user):  # a director takes no pictures
        assert refused(item, user)[0] == "not_yours"
    assert attach(item, world.li.user).added_by_name == "李安"


def test_the_picture_is_read_by_its_unit_and_the_bureau_it_was_sent_to(world: World, as_) -> None:
    """The batch of 甲 (渝中区) is handled in 沙坪坝区."""
    draft = attach(cylinders.item(cylinders.batch(world.jia, region="500106")), world.jia_admin)
    sent = attach(
        cylinders.item(cylinders.batch(world.jia, region="500106", state="correcting")),
        world.jia_admin,
        BLUE,
    )
    people = [world.jia_admin, world.li.user, world.yi_admin, world.regulator, world.far_regulator]
    seen = [
        [
            as_(user).get(reverse("units:file", args=[one.photo.copy_id])).status_code
            for user in people
        ]
        for one in (draft, sent)
    ]
    assert seen == [[200, 200, 404, 404, 404], [200, 200, 404, 404, 200]]


def test_the_same_picture_for_two_cylinders_at_once(committed_world: World) -> None:
    world = committed_world
    mine = cylinders.item(cylinders.batch(world.jia))
    foreign = cylinders.item(cylinders.batch(world.yi))
    answers = told_at_once(
        lambda: attach(mine, world.jia_admin), lambda: attach(foreign, world.yi_admin)
    )
    assert sorted(answers) == ["", "photo_used"]
    assert ItemPhoto.objects.filter(is_live=True).count() == 1


def test_a_submission_in_between_keeps_the_photograph_out(committed_world: World) -> None:
    item = cylinders.item(cylinders.batch(committed_world.jia))
    with transaction.atomic():
        batch = lock(item.batch)
        act = begin(lambda: attach(item, committed_world.jia_admin))
        until(_somebody_waits)
        batch.state, batch.number, batch.round = "submitted", "QPSQ-1", 1
        batch.submitted_at = NOW
        batch.save()
    with pytest.raises(RuleBroken) as refused:
        act.result(20)
    assert refused.value.code == "batch_closed"
    assert ItemPhoto.objects.count() == 0


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return cursor.fetchone()[0]
