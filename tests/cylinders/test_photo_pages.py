"""Pages of photographs: one cylinder, the phone, the folder's questions, query counts (F81)."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from cylinders.models import BatchItem, ItemPhoto, PhotoCheck
from tests.factories import cylinders, pictures
from tests.factories.units import NOW
from tests.world import World

As = Callable[..., Client]


def of(item: BatchItem, name: str = "item") -> str:
    return reverse(f"cylinders:{name}", args=[item.batch.code, item.code])


def test_a_cylinder_says_what_is_missing_and_leads_to_the_next(world: World, as_: As) -> None:
    batch = cylinders.batch(world.jia)
    first, done, last = cylinders.item(batch), cylinders.complete_item(batch), cylinders.item(batch)
    cylinders.photo(first)
    client = as_(world.jia_admin)
    page = client.get(of(first)).content.decode()
    assert ("还缺监检证书照片。" in page, of(last) in page, of(done) in page) == (True, True, False)
    page = client.get(of(last)).content.decode()
    assert page.count(of(first)) == 2  # 上一只, and 下一只 begins anew
    phone = as_(world.li.user).get(of(done, "field-item")).content.decode()
    assert (of(first, "field-item") in phone, of(last, "field-item") in phone) == (True, True)


def test_what_the_bureau_called_wrong_stands_at_the_photograph(world: World, as_: As) -> None:
    batch = cylinders.batch(world.jia, state="correcting")
    photo = cylinders.photo(cylinders.item(batch))
    PhotoCheck.objects.create(
        photo=photo, step="accept", round=1, verdict="wrong", reason="钢印<b>看不清</b>",
        user=world.regulator, user_name="监管", first_at=NOW, last_at=NOW,
    )  # fmt: skip
    page = as_(world.jia_admin).get(of(photo.item)).content.decode()
    assert "钢印&lt;b&gt;看不清&lt;/b&gt;" in page


def test_who_only_reads_sees_no_form(world: World, as_: As) -> None:
    item = cylinders.complete_item(cylinders.batch(world.jia, state="submitted"))
    for user in (world.jia_admin, world.regulator):
        page = as_(user).get(of(item)).content.decode()
        assert (item.product_no in page, "添加钢印" in page, "删除" in page) == (True, False, False)


@pytest.mark.parametrize("name", ["item", "field-item"])
def test_a_refused_picture_is_told_at_its_input(world: World, as_: As, name: str) -> None:
    item = cylinders.item(cylinders.batch(world.jia))
    client = as_(world.jia_admin if name == "item" else world.li.user)
    data = {"kind": "certificate", "client_uuid": str(uuid.uuid4())}
    bad = client.post(of(item, "photo-add"), data | {"photo": pictures.upload(b"GIF89a")})
    assert bad.status_code == 422
    assert bad.content.decode().count("GIF 动图不能作为照片，请上传拍摄的照片。") == 1

    def post() -> HttpResponse:
        picture = pictures.upload(pictures.jpeg(64, 48))
        return client.post(of(item, "photo-add"), data | {"photo": picture}, follow=True)

    told = post()
    assert told.redirect_chain == [(f"{of(item, name)}#photos", 302)]
    assert "已上传监检证书照片。" in told.content.decode()
    assert "没有重复上传" in post().content.decode()

    photo = ItemPhoto.objects.get()
    other = {"kind": "stamp"}
    kind = reverse("cylinders:photo-kind", args=[photo.photo.code])
    assert "已改为钢印照片。" in client.post(kind, other, follow=True).content.decode()
    gone = reverse("cylinders:photo-remove", args=[photo.photo.code])
    assert "已删除钢印照片。" in client.post(gone, follow=True).content.decode()
    assert client.post(kind, other).status_code == 409


def test_the_folder_asks_by_names_and_by_typed_numbers(world: World, as_: As) -> None:
    batch = cylinders.batch(world.jia)
    item = cylinders.item(batch, product_no="A1")
    photo = cylinders.photo(item)
    url = reverse("cylinders:photo-match", args=[batch.code])
    client = as_(world.jia_admin)
    rows = client.post(url, {"name": ["A1-钢印.jpg", "x\x00.jpg"]}).json()["rows"]
    known = {
        "url": of(item, "photo-add"),
        "label": "A1",
        "there": [str(photo.photo.client_uuid)],
    }
    unknown = {"url": None, "label": "", "there": []}
    reason = "文件名中没有本批次任何气瓶的产品编号"
    assert rows == [
        {"name": "A1-钢印.jpg", "kind": "stamp", "reason": "", **known},
        {"name": "x\x00.jpg", "kind": "", "reason": reason, **unknown},
    ]
    assert client.post(url, {"text": "a1"}).json()["rows"][0]["label"] == "A1"
    fetch = {"headers": {"X-Requested-With": "fetch"}}
    wrong = client.post(url, {"text": "A2"}, **fetch)
    assert (wrong.status_code, wrong.json()["message"]) == (
        422,
        "本批次没有这个产品编号或序号的气瓶。",
    )


@pytest.mark.parametrize("rows", [1, 3])
def test_lists_take_the_same_queries_however_long(
    world: World, as_: As, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    batches = [cylinders.batch(world.jia) for _ in range(rows)]
    for _ in range(rows):
        cylinders.photo(cylinders.item(batches[0]))
        cylinders.photo_archive(batches[0], world.jia_admin)
    code = batches[0].code
    phone, desk = as_(world.li.user), as_(world.jia_admin)
    archive = batches[0].photo_archives.first().code
    for client, name, args, number in (
        (phone, "field-batches", [], 5),
        (phone, "field-batch", [code], 8),
        (desk, "photo-upload", [code], 7),
        (desk, "photo-archive", [archive], 6),
    ):
        url = reverse(f"cylinders:{name}", args=args)
        client.get(url)
        with django_assert_num_queries(number):
            assert client.get(url).status_code == 200
