"""Hand signatures: strokes become a PNG on the server, nearly nothing is refused."""

from __future__ import annotations

import io
import json
import uuid

import pytest
from django.db import IntegrityError, InternalError, transaction
from PIL import Image

from config.errors import RuleBroken
from tests.factories.pictures import jpeg, strokes, upload
from tests.world import NOW, World
from units import files, photos, signatures
from units.models import Photo, Signature

APPEND_ONLY = (IntegrityError, InternalError)


def sign(world: World, text: str = "", photo: Photo | None = None, **fields: object) -> Signature:
    return signatures.store_signature(
        **{
            "strokes_json": text,
            "photo": photo,
            "actor": world.actor(world.li),
            "now": NOW,
            **fields,
        }
    )


def refused(world: World, text: str) -> RuleBroken:
    with pytest.raises(RuleBroken) as broken:
        sign(world, text)
    assert Signature.objects.count() == 0
    assert broken.value.field == "signature"
    return broken.value


def image(signature: Signature) -> Image.Image:
    return Image.open(io.BytesIO(files.read_bytes(signature.image)))


def line(*points: tuple[float, float], step: int = 10) -> dict:
    return {
        "points": [
            {"x": x, "y": y, "pressure": 0.5, "time": 1_800_000_000_000 + step * number}
            for number, (x, y) in enumerate(points)
        ]
    }


def ink_box(picture: Image.Image) -> tuple[int, int, int, int]:
    return picture.point(lambda value: 255 if value < 128 else 0).getbbox()


def test_strokes_become_a_picture_of_fixed_size(world: World) -> None:
    signature = sign(world, strokes())
    picture = image(signature)
    assert (picture.format, picture.mode, picture.size) == ("PNG", "L", (640, 240))
    assert (signature.image.content_type, signature.image.purpose) == ("image/png", "signature")
    assert (signature.unit_id, signature.staff_id) == (world.jia.pk, world.li.pk)
    assert (signature.signer_name, signature.signed_at) == ("李安", NOW)
    assert (signature.image.is_served, signature.photo) == (True, None)


def test_the_ink_is_black_on_white_with_a_margin(world: World) -> None:
    picture = image(sign(world, strokes()))
    assert (min(picture.get_flattened_data()), max(picture.get_flattened_data())) == (0, 255)
    left, top, right, bottom = ink_box(picture)
    assert min(left, top, 640 - right, 240 - bottom) >= signatures.MARGIN - 4
    # Cropped to the ink: it fills the sheet in one direction, and lies in the middle of the other.
    assert max((right - left) / (640 - 32), (bottom - top) / (240 - 32)) > 0.95
    assert abs(left - (640 - right)) <= 6
    assert abs(top - (240 - bottom)) <= 6


def test_the_edges_are_smooth(world: World) -> None:
    greys = [
        value for value in image(sign(world, strokes())).get_flattened_data() if 40 < value < 215
    ]
    assert len(greys) > 500


def test_the_picture_follows_the_strokes(world: World) -> None:
    """An L stands where an L was drawn."""
    corner = [(100.0, 50.0 + 4 * i) for i in range(40)] + [
        (100.0 + 4 * i, 206.0) for i in range(40)
    ]
    picture = image(sign(world, json.dumps([line(*corner)])))
    left, top, right, bottom = ink_box(picture)

    def dark(x: float, y: float) -> bool:
        return (
            picture.getpixel((int(left + (right - left) * x), int(top + (bottom - top) * y))) < 128
        )

    down, along = (bottom - top), (right - left)
    assert (dark(3 / along, 0.5), dark(0.5, 1 - 3 / down)) == (True, True)
    assert (dark(0.5, 0.5), dark(0.9, 0.1)) == (False, False)


def test_a_quick_stroke_is_thinner_than_a_slow_one(world: World) -> None:
    def ink(step: int) -> int:
        path = [(20.0 + 8 * i, 60.0) for i in range(40)]
        picture = image(sign(world, json.dumps([line(*path, step=step)])))
        return sum(value < 128 for value in picture.get_flattened_data())

    assert ink(2) < ink(60)


@pytest.mark.parametrize("factor", [0.5, 1, 4, 30])
def test_every_screen_gives_the_same_sheet(world: World, factor: float) -> None:
    groups = json.loads(strokes())
    for group in groups:
        for point in group["points"]:
            point["x"] *= factor
            point["y"] *= factor
    left, top, right, bottom = ink_box(image(sign(world, json.dumps(groups))))
    assert (left >= 8, top >= 8, right <= 632, bottom <= 232) == (True, True, True, True)
    assert max((right - left) / 608, (bottom - top) / 208) > 0.5


def test_the_kept_strokes_can_be_read_again(world: World) -> None:
    signature = sign(world, strokes())
    again = signatures.parse_strokes(json.dumps(signature.strokes))
    assert again == signatures.parse_strokes(strokes())
    assert [len(group["points"]) for group in signature.strokes] == [60, 12]
    assert set(signature.strokes[0]["points"][0]) == {"x", "y", "pressure", "time"}


BLANK = "签名为空，请重新签名。"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "[]",
        '[{"points": []}]',
        json.dumps([line((100, 100))]),
        json.dumps([line((100, 100), (100, 100), (100, 100))]),
        json.dumps([line((100, 100)), line((200, 140)), line((300, 90))]),
        json.dumps([line((100, 100), (110, 104), (118, 108))]),
        json.dumps([line(*[(100 + i % 2 * 8, 100) for i in range(60)])]),
    ],
    ids=["empty", "space", "none", "no-points", "dot", "held", "dots", "tick", "trembling"],
)
def test_a_blank_sheet_is_refused_in_words(world: World, text: str) -> None:
    broken = refused(world, text)
    assert (broken.code, broken.message) == ("blank_signature", BLANK)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "null",
        "5",
        '"x"',
        '{"points": []}',
        "[1]",
        "[[]]",
        '[{"points": 1}]',
        '[{"points": [1]}]',
        '[{"points": [{"x": "1", "y": 2}]}]',
        '[{"points": [{"x": 1}]}]',
        '[{"points": [{"x": true, "y": 2}]}]',
        '[{"points": [{"x": NaN, "y": 2}]}]',
        '[{"points": [{"x": Infinity, "y": 2}]}]',
        '[{"points": [{"x": 1e300, "y": 2}]}]',
        '[{"points": [{"x": 90000, "y": 2}]}]',
        '[{"points": [{"x": 1, "y": 2, "time": -5}]}]',
        '[{"points": [{"x": 1, "y": 2, "time": 1e15}]}]',
        '[{"points": [{"x": 1, "y": 2, "pressure": "hard"}]}]',
        "[" * 100_000,
        json.dumps([{"points": []}] * 301),
        json.dumps([line(*[(i % 500, i % 300) for i in range(20_001)])])[:600_001],
        " " * 600_001 + "[]",
    ],
)
def test_malformed_strokes_are_refused_in_words(world: World, text: str) -> None:
    if not text.strip():
        text = "[" + text + "]"
    broken = refused(world, text)
    assert (broken.code, broken.message) == ("bad_signature", "签名数据无效，请重新签名。")


def test_the_largest_sheet_is_drawn_in_bounded_time(world: World) -> None:
    """Far jumps between the most points allowed: still a limited number of dots."""
    far = [(0.0 if i % 2 else 19_999.0, float(i % 20_000)) for i in range(6_000)]
    parsed = signatures.parse_strokes(json.dumps([line(*far)]))
    step = signatures._path(parsed) / signatures.MOST_DOTS
    dots = sum(1 for _ in signatures._ink(parsed[0], step))
    assert dots <= signatures.MOST_DOTS + 6_000


def test_a_photographed_signature_stands_in(world: World) -> None:
    photo = photos.store_photo(
        upload(jpeg()), unit_id=world.jia.pk, client_uuid=uuid.uuid4(),
        purpose=signatures.PURPOSE, actor=world.actor(world.li), now=NOW,
    )  # fmt: skip
    signature = sign(world, "", photo)
    assert (signature.photo, signature.image, signature.strokes) == (photo, photo.copy, [])


def test_strokes_win_over_a_photograph(world: World) -> None:
    photo = photos.store_photo(
        upload(jpeg()), unit_id=world.jia.pk, client_uuid=uuid.uuid4(),
        purpose=signatures.PURPOSE, actor=world.actor(world.li), now=NOW,
    )  # fmt: skip
    signature = sign(world, strokes(), photo)
    assert (signature.photo, signature.image.content_type) == (None, "image/png")


def test_another_units_photo_is_no_signature(world: World) -> None:
    photo = photos.store_photo(
        upload(jpeg()), unit_id=world.yi.pk, client_uuid=uuid.uuid4(),
        purpose=signatures.PURPOSE, actor=world.actor(world.sun), now=NOW,
    )  # fmt: skip
    with pytest.raises(RuleBroken) as broken:
        sign(world, "", photo)
    assert broken.value.code == "bad_signature"


@pytest.mark.parametrize("who", ["jia_admin", "regulator"])
def test_only_people_sign(world: World, who: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        sign(world, strokes(), actor=world.actor(getattr(world, who)))
    assert (broken.value.code, broken.value.status) == ("not_staff", 403)


def test_is_blank_answers_without_writing(world: World) -> None:
    assert (signatures.is_blank(strokes()), signatures.is_blank("[]")) == (False, True)
    assert Signature.objects.count() == 0


def test_signatures_are_append_only(world: World) -> None:
    kept = Signature.objects.filter(pk=sign(world, strokes()).pk)
    with pytest.raises(APPEND_ONLY), transaction.atomic():
        kept.update(signer_name="王总")
    with pytest.raises(APPEND_ONLY), transaction.atomic():
        kept.delete()
    assert Signature.objects.get().signer_name == "李安"
