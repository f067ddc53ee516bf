"""ZIPs of photographs: what is refused, what is listed, how a killed worker goes on (F81)."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import timedelta

import pytest
from django.urls import reverse

from config.errors import RuleBroken
from cylinders import photo_zip
from cylinders.actions import photo_archives
from cylinders.models import Batch, ItemPhoto, PhotoArchive
from cylinders.tasks import unpack_photos
from tests.factories import cylinders, pictures
from tests.factories.units import NOW
from tests.world import World
from units.loader import load_actor

LONG = timedelta(minutes=5)


def photo(number: int) -> bytes:
    return pictures.jpeg(64, 48, f"#{number * 11:06x}")


def packed(files: dict[str, bytes], **options: object) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return named(stream)


def named(stream: io.BytesIO) -> io.BytesIO:
    stream.seek(0)
    stream.name = "照片.zip"
    return stream


@pytest.fixture
def batch(world: World) -> Batch:
    made = cylinders.batch(world.jia)
    for number in ("A1", "A2", "A3"):
        cylinders.item(made, product_no=number)
    return made


def start(batch: Batch, upload: io.BytesIO, world: World, **given: str) -> PhotoArchive:
    return photo_archives.start(
        batch, upload=upload, **given, actor=world.actor(world.jia_admin), now=NOW
    )


def run(archive: PhotoArchive, most: timedelta = LONG) -> bool:
    return photo_archives.run(archive.pk, actor_of=load_actor, clock=lambda: NOW, most=most)


def told(archive: PhotoArchive) -> list[tuple[str, str, str]]:
    rows = archive.pictures.order_by("number")
    return [(one.name, one.state, one.reason) for one in rows]


def test_every_file_of_a_zip_is_accounted_for(world: World, batch: Batch) -> None:
    files = {
        "第一批/A1-钢印.jpg": photo(1),
        "第一批/A1-监检证书.jpg": photo(2),
        "A2-钢印.jpg": photo(1),  # A1's
        "A1-钢印-副本.jpg": photo(1),
        "A2.jpg": photo(3),
        "B9-钢印.jpg": photo(4),
        "A3-钢印.jpg": photo(5)[:500],
        "说明.txt": b"hello",
        "里面.zip": b"PK",
        "__MACOSX/._A1.jpg": b"x",
        "Thumbs.db": b"x",
        "空文件夹/": b"",
    }
    archive = start(batch, packed(files), world)
    assert run(archive) is False
    used = "这张照片已用于另一只气瓶（产品编号 A1，本批次），同一张照片不能用于两只气瓶，请重新拍摄或选择。"
    assert told(archive) == [
        ("第一批/A1-钢印.jpg", "taken", ""),
        ("第一批/A1-监检证书.jpg", "taken", ""),
        ("A2-钢印.jpg", "refused", used),
        ("A1-钢印-副本.jpg", "taken", "这只气瓶已有这张照片"),
        ("A2.jpg", "unmatched", "文件名没有写明是钢印还是监检证书"),
        ("B9-钢印.jpg", "unmatched", "文件名中没有本批次任何气瓶的产品编号"),
        ("A3-钢印.jpg", "refused", "照片文件不完整或已损坏，请重新拍摄或重新选择。"),
        ("说明.txt", "skipped", "不是照片（只接受 JPG、PNG、WebP、HEIC）"),
        ("里面.zip", "skipped", "压缩包里的压缩包不会打开，请解压后重新打包"),
    ]
    rows = ItemPhoto.objects.order_by("pk").values_list("item__product_no", "kind", "file_name")
    assert list(rows) == [
        ("A1", "stamp", "A1-钢印.jpg"),
        ("A1", "certificate", "A1-监检证书.jpg"),
    ]


def test_names_packed_on_windows_are_read(batch: Batch) -> None:
    plain = packed({"A1-??????.jpg": photo(1)}).getvalue()
    content = plain.replace(b"A1-??????", b"A1-" + "钢印照".encode("gb18030"))
    assert [one.name for one in photo_zip.look(io.BytesIO(content))] == ["A1-钢印照.jpg"]


def test_a_path_of_a_zip_is_only_words(batch: Batch) -> None:
    stream = packed({"../../etc/A1-钢印.jpg": photo(1), "C:\\x\\A2\x01.jpg": photo(2)})
    assert [one.name for one in photo_zip.look(stream)] == ["etc/A1-钢印.jpg", "C:/x/A2.jpg"]


def _encrypted() -> io.BytesIO:
    content = bytearray(packed({"A1.jpg": photo(1)}).getvalue())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return named(io.BytesIO(bytes(content)))


def _endless_directory() -> io.BytesIO:
    content = bytearray(packed({"A1.jpg": photo(1)}).getvalue())
    struct.pack_into("<L", content, content.rindex(b"PK\x05\x06") + 12, 900_000_000)
    return named(io.BytesIO(bytes(content)))


GUARDS = [
    (lambda: named(io.BytesIO(b"")), "archive_empty"),
    (lambda: named(io.BytesIO(b"Rar!\x1a\x07")), "not_a_zip"),
    (lambda: named(io.BytesIO(b"PK\x03\x04" + b"x" * 100)), "archive_damaged"),
    (lambda: named(io.BytesIO(packed({"A1.jpg": photo(1)}).getvalue()[:-30])), "archive_damaged"),
    (_encrypted, "archive_password"),
    (_endless_directory, "archive_too_many"),
    (lambda: packed({f"{n}.jpg": b"" for n in range(3001)}), "archive_too_many"),
    (lambda: packed({"A1.jpg": photo(1)}, compression=zipfile.ZIP_LZMA), "archive_damaged"),
    (
        lambda: packed(
            {f"{n}.jpg": bytes(19 * photo_zip.MB) for n in range(3)},
            compression=zipfile.ZIP_DEFLATED,
        ),
        "archive_bomb",
    ),
    (lambda: packed({"a.txt": b"x"}), "archive_without_photos"),
]


@pytest.mark.parametrize(("make", "code"), GUARDS, ids=[code for _, code in GUARDS])
def test_what_is_no_honest_zip_is_refused_unopened(make, code: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        photo_zip.look(make())
    assert (broken.value.code, broken.value.field) == (code, "archive")


def test_a_zip_larger_than_the_setting_is_refused(settings: object) -> None:
    settings.PHOTO_ARCHIVE_MAX_BYTES = 1000
    with pytest.raises(RuleBroken, match="超过 0 MB，请分成几个压缩包"):
        photo_zip.look(packed({"A1.jpg": bytes(2000)}))


def test_a_picture_that_lies_about_its_size_is_refused_alone(
    world: World, batch: Batch, settings: object
) -> None:
    settings.PHOTO_MAX_BYTES = 3000
    archive = start(batch, packed({"A1-钢印.jpg": bytes(4000), "A2-钢印.jpg": photo(2)}), world)
    run(archive)
    assert [row[1] for row in told(archive)] == ["refused", "taken"]


def test_a_killed_worker_leaves_its_picture_to_the_next(
    world: World, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"A1-钢印.jpg": photo(1), "A2-钢印.jpg": photo(2), "A3-钢印.jpg": photo(3)}
    archive = start(batch, packed(files), world)
    real = photo_archives.photo_zip.read

    def dies(opened: zipfile.ZipFile, number: int) -> bytes:
        if number == 1:
            raise KeyboardInterrupt
        return real(opened, number)

    monkeypatch.setattr(photo_archives.photo_zip, "read", dies)
    with pytest.raises(KeyboardInterrupt):
        run(archive)
    assert [row[1] for row in told(archive)] == ["taken", "waiting", "waiting"]
    later = NOW + timedelta(minutes=3)
    assert photo_archives.unfinished(now=NOW) == []
    assert photo_archives.unfinished(now=later) == [archive.pk]
    for _ in range(photo_archives.TRIES_MOST - 1):
        with pytest.raises(KeyboardInterrupt):
            run(archive)
    assert run(archive) is False  # it keeps killing: given up, the others go on
    assert [row[1] for row in told(archive)] == ["taken", "refused", "taken"]
    assert photo_archives.unfinished(now=later) == []


def test_a_run_ends_in_time_and_says_that_some_are_left(world: World, batch: Batch) -> None:
    archive = start(batch, packed({"A1-钢印.jpg": photo(1)}), world)
    assert run(archive, timedelta(0)) is True
    assert (run(archive), ItemPhoto.objects.count()) == (False, 1)
    assert (run(archive), ItemPhoto.objects.count()) == (False, 1)


def test_a_submission_meanwhile_stops_the_rest(world: World, batch: Batch) -> None:
    archive = start(batch, packed({"A1-钢印.jpg": photo(1)}), world)
    Batch.objects.filter(pk=batch.pk).update(
        state="submitted", number="QPSQ-1", round=1, submitted_at=NOW
    )
    run(archive)
    assert told(archive)[0][1:] == (
        "refused",
        "这份申请已提交，照片不能再增加、删除或更换。需要修改的，请等登记机关告知补正。",
    )


def test_the_unmatched_are_given_by_hand_on_the_page(world: World, batch: Batch, as_) -> None:
    client = as_(world.jia_admin)
    url = reverse("cylinders:photo-upload", args=[batch.code])
    upload = packed({"IMG_0001.jpg": photo(1), "A2-钢印.jpg": photo(2)})
    answer = client.post(url, {"archive": upload, "default_kind": ""})
    archive = PhotoArchive.objects.get()
    page = reverse("cylinders:photo-archive", args=[archive.code])
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert "正在处理：1 / 2 个文件" in client.get(page).content.decode()
    unpack_photos(archive.pk)
    assert "文件名是相机编号，没有产品编号" in client.get(page).content.decode()

    give = reverse("cylinders:archive-assign", args=[archive.code, 0])
    wrong = client.post(give, {"0-text": "A9", "0-kind": "stamp"})
    assert wrong.status_code == 422
    assert "本批次没有这个产品编号或序号的气瓶。" in wrong.content.decode()
    assert 'value="A9"' in wrong.content.decode()
    given = client.post(give, {"0-text": "a3", "0-kind": "stamp"}, follow=True)
    assert "已上传到产品编号 A3（钢印）。" in given.content.decode()
    assert client.post(give, {"0-text": "A1", "0-kind": "stamp"}).status_code == 422
    assert list(ItemPhoto.objects.values_list("item__product_no", flat=True).order_by("pk")) == [
        "A2",
        "A3",
    ]
    assert as_(world.yi_admin).get(page).status_code == 404
    bad = client.post(url, {"archive": io.BytesIO(b"nothing"), "default_kind": ""})
    assert (bad.status_code, "不是 ZIP 压缩包" in bad.content.decode()) == (422, True)
