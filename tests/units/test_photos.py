"""Photographs: what is kept, what is shown, and what is refused in words."""

from __future__ import annotations

import io
import uuid
from datetime import datetime, timedelta, timezone

import pytest
from django.core.files.storage import default_storage
from django.test import override_settings
from PIL import Image, ImageCms, ImageFile
from PIL.ExifTags import GPS, IFD, Base
from PIL.TiffImagePlugin import IFDRational

from config.clock import SHANGHAI
from config.errors import RuleBroken
from tests.factories import pictures
from tests.factories.pictures import encoded, jpeg, picture, upload
from tests.threads import done_at_once
from tests.world import NOW, World
from units import files, photos
from units.models import Photo, PhotoMetadata, StoredFile

PURPOSE = "signature"  # any purpose with a rule will do


def take(world: World, content: bytes, *, key: object = None, **fields: object) -> Photo:
    return photos.store_photo(
        upload(content, fields.pop("name", "IMG_0001.jpg")),
        client_uuid=key or uuid.uuid4(),
        actor=world.actor(world.li),
        now=NOW,
        **{"unit_id": world.jia.pk, "purpose": PURPOSE, **fields},
    )


def shown(photo: Photo) -> Image.Image:
    return Image.open(io.BytesIO(files.read_bytes(photo.copy)))


def refusal(world: World, content: bytes, **fields: object) -> RuleBroken:
    """The refusal of an upload; nothing of it may stay behind."""
    before = (Photo.objects.count(), StoredFile.objects.count())
    with pytest.raises(RuleBroken) as refused:
        take(world, content, **fields)
    assert (Photo.objects.count(), StoredFile.objects.count()) == before
    assert refused.value.field == "photo"
    return refused.value


# ------------------------------------------------------------------ what is kept and shown
@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("HEIF", "image/heic")],
)
def test_the_original_is_kept_as_received_and_a_jpeg_copy_is_shown(
    world: World, kind: str, content_type: str
) -> None:
    content = encoded(picture(), kind)
    photo = take(world, content, name="IMG_20261120.heic")
    assert files.read_bytes(photo.original) == content
    assert (photo.original.is_served, photo.original.content_type) == (False, content_type)
    assert photo.original.original_name == "IMG_20261120.heic"
    assert (photo.copy.is_served, photo.copy.content_type) == (True, "image/jpeg")
    assert (photo.width, photo.height) == shown(photo).size == (320, 240)
    assert (photo.unit_id, photo.uploaded_by_id) == (world.jia.pk, world.li.user_id)


def test_the_copy_is_at_most_1600_pixels(world: World) -> None:
    photo = take(world, jpeg(4000, 3000))
    assert shown(photo).size == (1600, 1200)
    assert (photo.width, photo.height) == (1600, 1200)


def test_a_small_photo_is_not_enlarged(world: World) -> None:
    assert shown(take(world, jpeg(200, 100))).size == (200, 100)


# Which corner the white quarter of picture() lies in after turning it upright.
TURNS = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}


@pytest.mark.parametrize("orientation", TURNS)
def test_the_copy_stands_upright(world: World, orientation: int) -> None:
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    copy = shown(take(world, jpeg(320, 240, exif=exif)))
    assert copy.size == ((320, 240) if orientation < 5 else (240, 320))
    corners = {
        (x, y): copy.getpixel(
            (10 if x == 0 else copy.width - 10, 10 if y == 0 else copy.height - 10)
        )
        for x in (0, 1)
        for y in (0, 1)
    }
    white = [corner for corner, pixel in corners.items() if min(pixel) > 230]
    assert white == [TURNS[orientation]]


def camera_exif() -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Make] = "华为\x00"
    exif[Base.Model] = "ALN-AL00"
    detail = exif.get_ifd(IFD.Exif)
    detail[Base.DateTimeOriginal] = "2026:11:20 08:31:05"
    detail[Base.OffsetTimeOriginal] = "+09:00"
    detail[Base.UserComment] = b"\x00\xff" * 2000
    position = exif.get_ifd(IFD.GPSInfo)
    position[GPS.GPSLatitudeRef] = "N"
    position[GPS.GPSLatitude] = (29.0, 33.0, 30.0)
    position[GPS.GPSLongitudeRef] = "E"
    position[GPS.GPSLongitude] = (106.0, 34.0, 12.0)
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "HEIF", "PNG", "WEBP"])
def test_time_and_place_go_to_the_erasable_table(world: World, kind: str) -> None:
    photo = take(world, encoded(picture(), kind, exif=camera_exif()))
    facts = PhotoMetadata.objects.get(photo=photo)
    assert facts.taken_at == datetime(2026, 11, 20, 8, 31, 5, tzinfo=timezone(timedelta(hours=9)))
    assert (round(facts.latitude, 5), round(facts.longitude, 5)) == (29.55833, 106.57)
    assert facts.exif["Model"] == "ALN-AL00"
    assert facts.exif["UserComment"] == "(4000 bytes)"
    assert "\x00" not in str(facts.exif)


@pytest.mark.parametrize("kind", ["JPEG", "HEIF", "PNG", "WEBP"])
def test_the_copy_carries_no_metadata(world: World, kind: str) -> None:
    extra = {"comment": b"secret"} if kind == "JPEG" else {}
    content = encoded(picture(), kind, exif=camera_exif(), **extra)
    copy = shown(take(world, content))
    assert dict(copy.getexif()) == {}
    assert set(copy.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"ALN-AL00" not in files.read_bytes(Photo.objects.get().copy)


def test_a_time_without_offset_is_chinas(world: World) -> None:
    exif = Image.Exif()
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = "2026:11:20 08:31:05"
    photo = take(world, jpeg(exif=exif))
    assert photo.metadata.taken_at == datetime(2026, 11, 20, 8, 31, 5, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    "text",
    [
        "0000:00:00 00:00:00",
        "yesterday",
        "",
        "2026:13:40 99:00:00",
        "0001:01:01 00:00:00",
        "9999:12:31 23:59:59",
    ],
)
def test_a_nonsense_time_is_no_time(world: World, text: str) -> None:
    exif = Image.Exif()
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = text
    assert take(world, jpeg(exif=exif)).metadata.taken_at is None


@pytest.mark.parametrize(
    "latitude", [(95.0, 0.0, 0.0), (29.0, 0.0), (IFDRational(0, 0), 0.0, 0.0), (29.0,), ()]
)
def test_a_nonsense_position_is_no_position(world: World, latitude: tuple[float, ...]) -> None:
    exif = camera_exif()
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = latitude
    facts = take(world, jpeg(exif=exif)).metadata
    assert (facts.latitude, facts.longitude) == (None, None)


def test_damaged_exif_does_not_cost_the_photo(world: World) -> None:
    content = jpeg(exif=camera_exif())
    at = content.index(b"Exif\x00\x00") + 6
    photo = take(world, content[:at] + b"\xff" * 24 + content[at + 24 :])
    assert (photo.metadata.exif, photo.metadata.taken_at) == ({}, None)


def test_transparency_lies_on_white(world: World) -> None:
    clear = Image.new("RGBA", (40, 40), (200, 0, 0, 0))
    assert shown(take(world, encoded(clear, "PNG"))).getpixel((20, 20)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [("L", 128, (128, 128, 128)), ("1", 1, (255, 255, 255)), ("I;16", 32768, (128, 128, 128))],
)
def test_unusual_modes_are_shown_in_rgb(
    world: World, mode: str, colour: int, expected: tuple[int, int, int]
) -> None:
    copy = shown(take(world, encoded(Image.new(mode, (64, 64), colour), "PNG")))
    assert copy.mode == "RGB"
    assert max(abs(a - b) for a, b in zip(copy.getpixel((32, 32)), expected, strict=True)) <= 2


def test_a_cmyk_jpeg_is_shown_in_rgb(world: World) -> None:
    image = Image.new("CMYK", (64, 64), (0, 255, 255, 0))
    red, green, blue = shown(take(world, encoded(image, "JPEG"))).getpixel((32, 32))
    assert (red > 200, green < 60, blue < 60) == (True, True, True)


def test_a_colour_profile_is_applied_not_carried(world: World) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    copy = shown(take(world, jpeg(64, 64, "#3366cc", icc_profile=profile)))
    assert "icc_profile" not in copy.info
    assert (
        max(abs(a - b) for a, b in zip(copy.getpixel((60, 60)), (0x33, 0x66, 0xCC), strict=True))
        <= 6
    )


def test_a_broken_colour_profile_is_ignored(world: World) -> None:
    assert shown(take(world, jpeg(64, 64, icc_profile=b"not a profile"))).size == (64, 64)


def test_a_phones_jpeg_with_a_second_picture_is_no_animation(world: World) -> None:
    buffer = io.BytesIO()
    picture().save(buffer, "MPO", save_all=True, append_images=[picture(80, 60)])
    assert shown(take(world, buffer.getvalue())).size == (320, 240)


# ------------------------------------------------------------------ what is refused
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7 not a photo", "这个文件不是照片，请选择 JPG、PNG、WebP 或 HEIC 格式的照片。"),
        (b"hello", "这个文件不是照片，请选择 JPG、PNG、WebP 或 HEIC 格式的照片。"),
        (
            b"<?xml version='1.0'?><svg onload='alert(1)'/>",
            "SVG 图形不能作为照片，请上传拍摄的照片。",
        ),
        (encoded(picture(8, 8), "GIF"), "GIF 动图不能作为照片，请上传拍摄的照片。"),
        (
            encoded(picture(8, 8), "BMP"),
            "这个文件不是照片，请选择 JPG、PNG、WebP 或 HEIC 格式的照片。",
        ),
        (
            encoded(picture(8, 8), "TIFF"),
            "这个文件不是照片，请选择 JPG、PNG、WebP 或 HEIC 格式的照片。",
        ),
    ],
    ids=["pdf", "text", "svg", "gif", "bmp", "tiff"],
)
def test_what_is_no_photo(world: World, content: bytes, sentence: str) -> None:
    broken = refusal(world, content, name="photo.jpg")
    assert (broken.code, broken.message) == ("not_a_photo", sentence)


def test_an_empty_file(world: World) -> None:
    broken = refusal(world, b"")
    assert (broken.code, broken.message) == (
        "empty_photo",
        "照片文件是空的，请重新拍摄或重新选择。",
    )


def test_no_file_at_all(world: World) -> None:
    with pytest.raises(RuleBroken) as refused:
        photos.store_photo(
            None, unit_id=world.jia.pk, client_uuid=uuid.uuid4(), purpose=PURPOSE,
            actor=world.actor(world.li), now=NOW,
        )  # fmt: skip
    assert refused.value.code == "no_photo"


class Counted(io.BytesIO):
    """An upload that says its size and counts what is read of it."""

    name = "big.jpg"

    def __init__(self, size: int, told: int | None):
        super().__init__(b"\xff\xd8\xff" + b"\x00" * (size - 3))
        self.taken = 0
        if told is not None:
            self.size = told

    def read(self, amount: int = -1) -> bytes:
        content = super().read(amount)
        self.taken += len(content)
        return content


@pytest.mark.parametrize(("told", "read"), [(40 * 2**20, 0), (None, 20 * 2**20 + 1)])
def test_40_megabytes_are_refused_before_they_are_read(
    world: World, told: int | None, read: int
) -> None:
    big = Counted(40 * 2**20, told)
    with pytest.raises(RuleBroken) as refused:
        photos.store_photo(
            big, unit_id=world.jia.pk, client_uuid=uuid.uuid4(), purpose=PURPOSE,
            actor=world.actor(world.li), now=NOW,
        )  # fmt: skip
    assert (refused.value.code, big.taken) == ("photo_too_large", read)
    if told:
        assert refused.value.message == "照片有 40.0 MB，超过 20 MB 的上限，请压缩后再上传。"


@pytest.mark.parametrize("edge", [12_000, 30_000, 100_000])
def test_a_decompression_bomb_is_refused_by_its_header(world: World, edge: int) -> None:
    broken = refusal(world, pictures.png_claiming(edge, edge))
    assert broken.code == "photo_too_many_pixels"
    assert broken.message.endswith("超过 10000 万像素的上限，请缩小后再上传。")


@override_settings(PHOTO_MAX_PIXELS=10_000)
def test_the_pixel_limit_holds_for_every_format(world: World) -> None:
    for kind in ("JPEG", "PNG", "WEBP", "HEIF"):
        broken = refusal(world, encoded(picture(200, 100), kind))
        assert (
            broken.message == "照片尺寸过大（200×100 像素），超过 1 万像素的上限，请缩小后再上传。"
        )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_a_truncated_photo(world: World, kind: str, share: float) -> None:
    noise = Image.effect_noise((640, 480), 80).convert("RGB")
    content = encoded(noise, kind)
    broken = refusal(world, content[: max(int(len(content) * share), 200)])
    assert (broken.code, broken.message) == (
        "photo_damaged",
        "照片文件不完整或已损坏，请重新拍摄或重新选择。",
    )


def test_a_truncated_photo_is_refused_whatever_else_is_loaded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The PDF library tells Pillow to accept torn pictures: not here."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    content = encoded(Image.effect_noise((640, 480), 80).convert("RGB"))
    assert refusal(world, content[: len(content) // 2]).code == "photo_damaged"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation(world: World, kind: str) -> None:
    content = encoded(picture(), kind, save_all=True, append_images=[picture(colour="#0000ff")])
    assert refusal(world, content).code == "photo_moves"


def test_a_head_of_a_photo_with_nonsense_behind(world: World) -> None:
    assert refusal(world, b"\xff\xd8\xff\xe0" + b"nonsense" * 50).code == "photo_damaged"


# ------------------------------------------------------------------ sent twice
def test_the_same_upload_twice_is_one_photo(world: World) -> None:
    key, content = uuid.uuid4(), jpeg()
    first = take(world, content, key=key)
    second = take(world, content, key=str(key))
    assert (second.pk, Photo.objects.count(), StoredFile.objects.count()) == (first.pk, 1, 2)


def test_other_bytes_under_the_same_uuid_are_refused(world: World) -> None:
    key = uuid.uuid4()
    take(world, jpeg(), key=key)
    assert refusal(world, jpeg(colour="#00ff00"), key=key).code == "photo_refused"


def test_another_units_uuid_tells_nothing(world: World) -> None:
    key, content = uuid.uuid4(), jpeg()
    take(world, content, key=key)
    foreign = refusal(world, content, key=key, unit_id=world.yi.pk)
    nonsense = refusal(world, content, key="not-a-uuid")
    own = refusal(world, jpeg(colour="#00ff00"), key=key)
    assert {(b.code, b.message, b.status) for b in (foreign, nonsense, own)} == {
        ("photo_refused", "这张照片未能保存，请重新拍摄或重新选择。", 409)
    }


def test_a_photo_is_not_taken_over_for_another_purpose(world: World) -> None:
    files.register_purpose("test_other", rule := files.own_unit_or_region())
    key, content = uuid.uuid4(), jpeg()
    take(world, content, key=key)
    try:
        assert refusal(world, content, key=key, purpose="test_other").code == "photo_refused"
    finally:
        assert files._rules.pop("test_other") is rule


def test_two_requests_at_once_make_one_photo(committed_world: World) -> None:
    world, key, content = committed_world, uuid.uuid4(), jpeg()
    made = done_at_once(*[lambda: take(world, content, key=key).pk] * 4)
    assert len(set(made)) == 1
    assert (Photo.objects.count(), StoredFile.objects.count()) == (1, 2)
    kept = {stored.storage_name for stored in StoredFile.objects.all()}
    folder = f"{PURPOSE}/2026/11/20"
    assert {f"{folder}/{name}" for name in default_storage.listdir(folder)[1]} == kept
