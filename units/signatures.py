"""Hand signatures (decision 11): strokes drawn on the screen become a PNG made on the server.

What the browser sends is the data of signature_pad (`toData()`), never a picture: the image that
stands in documents is drawn from the strokes here. Without JavaScript a photographed signature
takes their place.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PIL import Image, ImageDraw

from config.actor import Actor
from config.errors import RuleBroken
from units import files
from units.models import Photo, Signature

PURPOSE = "signature"

MOST_CHARACTERS = 600_000
MOST_STROKES = 300
MOST_POINTS = 20_000
FARTHEST = 20_000.0
# Less ink than this is a slip of the finger: path length and extent in CSS pixels.
LEAST_INK = 60.0
LEAST_EXTENT = 20.0

WIDTH, HEIGHT, MARGIN = 640, 240, 16
OVERSAMPLING = 3
# Strokes of a small signature are enlarged at most this much.
MOST_ENLARGED = 2.5
THINNEST, THICKEST = 2.6, 6.4
# Dots this close are a line; however far a client's pen jumps, their number stays bounded.
FINEST_STEP, MOST_DOTS = 0.33, 30_000
VELOCITY_WEIGHT = 0.7


@dataclass(frozen=True, slots=True)
class Point:
    """One sample of the pen: position in CSS pixels, pressure 0–1, milliseconds."""

    x: float
    y: float
    pressure: float
    time: int


Stroke = tuple[Point, ...]


def store_signature(
    *,
    strokes_json: str = "",
    photo: Photo | None = None,
    purpose: str = PURPOSE,
    actor: Actor,
    now: datetime,
) -> Signature:
    """Keep the signature of the signed-in person and return it (F60).

    Strokes win over a photographed signature when both are given. A photo must belong to the
    person's own unit and have been stored for this purpose.
    RuleBroken (field `signature`): blank_signature, bad_signature, not_staff (403).
    """
    if actor.staff_id is None or actor.unit_id is None:
        raise RuleBroken("not_staff", "只有在职人员本人可以签名。", status=403)
    strokes = parse_strokes(strokes_json)
    if strokes:
        require_ink(strokes)
        photo = None
    elif photo is None:
        raise _blank()
    elif photo.unit_id != actor.unit_id or photo.copy.purpose != purpose:
        raise _bad()
    if photo is not None:
        image = photo.copy
    else:
        image = files.store(
            unit_id=actor.unit_id,
            purpose=purpose,
            content=draw(strokes),
            content_type="image/png",
            original_name="签名.png",
            actor=actor,
            now=now,
        )
    return Signature.objects.create(
        unit_id=actor.unit_id,
        staff_id=actor.staff_id,
        signer_name=actor.name,
        image=image,
        photo=photo,
        strokes=to_json(strokes),
        signed_at=now,
    )


def is_blank(strokes_json: str) -> bool:
    """Whether the strokes hold too little ink to be a signature; RuleBroken when malformed."""
    return not _has_ink(parse_strokes(strokes_json))


def parse_strokes(text: str) -> tuple[Stroke, ...]:
    """Read signature_pad's `toData()` JSON; empty text gives no strokes.

    RuleBroken bad_signature for anything malformed or beyond every real signature.
    """
    if not text or not text.strip():
        return ()
    if len(text) > MOST_CHARACTERS:
        raise _bad()
    try:
        groups = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _bad() from error
    if not isinstance(groups, list) or len(groups) > MOST_STROKES:
        raise _bad()
    strokes = tuple(stroke for stroke in map(_stroke, groups) if stroke)
    if sum(map(len, strokes)) > MOST_POINTS:
        raise _bad()
    return strokes


def require_ink(strokes: tuple[Stroke, ...]) -> None:
    """Refuse a blank sheet, a dot, or nearly nothing."""
    if not _has_ink(strokes):
        raise _blank()


def to_json(strokes: tuple[Stroke, ...]) -> list[dict[str, Any]]:
    """The strokes as they are kept; signature_pad's `fromData()` reads them again."""
    return [
        {"points": [{"x": p.x, "y": p.y, "pressure": p.pressure, "time": p.time} for p in stroke]}
        for stroke in strokes
    ]


def draw(strokes: tuple[Stroke, ...]) -> bytes:
    """Draw strokes as a PNG of fixed size: black on white, cropped to the ink with a margin.

    Faster movement draws a thinner line, as signature_pad does on the screen.
    """
    scale, left, top = _fit(strokes)
    step = max(FINEST_STEP, _path(strokes) / MOST_DOTS)
    canvas = Image.new("L", (WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING), 255)
    pen = ImageDraw.Draw(canvas)
    for stroke in strokes:
        for x, y, width in _ink(stroke, step):
            middle_x, middle_y = (left + x * scale) * OVERSAMPLING, (top + y * scale) * OVERSAMPLING
            radius = width * OVERSAMPLING / 2
            pen.ellipse(
                (middle_x - radius, middle_y - radius, middle_x + radius, middle_y + radius), fill=0
            )
    image = canvas.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no coordinate")


def _stroke(group: Any) -> Stroke:
    points = group.get("points") if isinstance(group, dict) else None
    if not isinstance(points, list) or len(points) > MOST_POINTS:
        raise _bad()
    return tuple(map(_point, points))


def _point(value: Any) -> Point:
    if not isinstance(value, dict):
        raise _bad()
    x, y = _number(value.get("x")), _number(value.get("y"))
    if abs(x) > FARTHEST or abs(y) > FARTHEST:
        raise _bad()
    pressure = min(max(_number(value.get("pressure", 0)), 0.0), 1.0)
    time = _number(value.get("time", 0))
    if not 0 <= time < 1e14:
        raise _bad()
    return Point(round(x, 2), round(y, 2), round(pressure, 3), int(time))


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15:
        raise _bad()
    return float(value)


def _bounds(strokes: tuple[Stroke, ...]) -> tuple[float, float, float, float]:
    xs = [point.x for stroke in strokes for point in stroke]
    ys = [point.y for stroke in strokes for point in stroke]
    return min(xs), min(ys), max(xs), max(ys)


def _has_ink(strokes: tuple[Stroke, ...]) -> bool:
    if not strokes:
        return False
    left, top, right, bottom = _bounds(strokes)
    return _path(strokes) >= LEAST_INK and max(right - left, bottom - top) >= LEAST_EXTENT


def _path(strokes: tuple[Stroke, ...]) -> float:
    """How far the pen travelled on the sheet."""
    return sum(
        math.dist((a.x, a.y), (b.x, b.y))
        for stroke in strokes
        for a, b in zip(stroke, stroke[1:], strict=False)
    )


def _fit(strokes: tuple[Stroke, ...]) -> tuple[float, float, float]:
    """Scale and offset that put the ink in the middle of the sheet."""
    left, top, right, bottom = _bounds(strokes)
    room_x, room_y = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
    scale = min(room_x / max(right - left, 1.0), room_y / max(bottom - top, 1.0), MOST_ENLARGED)
    return (
        scale,
        (WIDTH - (left + right) * scale) / 2,
        (HEIGHT - (top + bottom) * scale) / 2,
    )


def _ink(stroke: Stroke, step: float) -> Iterator[tuple[float, float, float]]:
    """Dots so close together that they are a line: (x, y, width) along a smooth curve."""
    if len(stroke) == 1:
        yield stroke[0].x, stroke[0].y, (THINNEST + THICKEST) / 2
        return
    widths = _widths(stroke)
    last = len(stroke) - 1
    for number in range(last):
        before, start = stroke[max(number - 1, 0)], stroke[number]
        end, after = stroke[number + 1], stroke[min(number + 2, last)]
        length = math.dist((start.x, start.y), (end.x, end.y))
        dots = max(int(length / step), 1)
        for dot in range(dots + (number == last - 1)):
            t = dot / dots
            yield (
                _catmull_rom(before.x, start.x, end.x, after.x, t),
                _catmull_rom(before.y, start.y, end.y, after.y, t),
                widths[number] + (widths[number + 1] - widths[number]) * t,
            )


def _widths(stroke: Stroke) -> list[float]:
    velocity, widths = 0.0, [THICKEST * 0.8]
    for a, b in zip(stroke, stroke[1:], strict=False):
        passed = b.time - a.time
        measured = math.dist((a.x, a.y), (b.x, b.y)) / passed if passed > 0 else velocity
        velocity = VELOCITY_WEIGHT * measured + (1 - VELOCITY_WEIGHT) * velocity
        widths.append(max(THICKEST / (velocity + 1), THINNEST))
    return widths


def _catmull_rom(p0: float, p1: float, p2: float, p3: float, t: float) -> float:
    return 0.5 * (
        2 * p1
        + (p2 - p0) * t
        + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t * t
        + (3 * p1 - p0 - 3 * p2 + p3) * t * t * t
    )


def _blank() -> RuleBroken:
    return RuleBroken("blank_signature", "签名为空，请重新签名。", field="signature")


def _bad() -> RuleBroken:
    return RuleBroken("bad_signature", "签名数据无效，请重新签名。", field="signature")
