"""Drawn photographs for the demo: a machine part with a fault, stamped like a phone picture."""

from __future__ import annotations

import io
import json
import random
from datetime import datetime

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFilter

from config.clock import SHANGHAI

PALETTES = (
    ((92, 102, 112), (190, 62, 48)),
    ((74, 84, 78), (205, 140, 40)),
    ((110, 96, 84), (40, 40, 44)),
)
EXIF_TIME = 36867  # DateTimeOriginal
EXIF_MODEL = 272


def photograph(
    rng: random.Random, taken_at: datetime, *, repaired: bool = False
) -> SimpleUploadedFile:
    """Return an uploaded JPEG (1280×960, EXIF time) showing a worn or a repaired part."""
    metal, fault = rng.choice(PALETTES)
    image = Image.new("RGB", (1280, 960), metal)
    draw = ImageDraw.Draw(image)
    for row in range(0, 960, 8):
        shade = rng.randint(-9, 9) - row // 60
        colour = tuple(max(0, min(255, part + shade)) for part in metal)
        draw.rectangle((0, row, 1280, row + 8), fill=colour)
    left, top = rng.randint(180, 420), rng.randint(140, 300)
    draw.rounded_rectangle(
        (left, top, left + 560, top + 420), 36, fill=(168, 174, 180), outline=(50, 54, 58), width=8
    )
    for corner in ((40, 40), (480, 40), (40, 340), (480, 340)):
        x, y = left + corner[0], top + corner[1]
        draw.ellipse((x, y, x + 44, y + 44), fill=(96, 100, 104), outline=(40, 42, 44), width=4)
    if repaired:
        draw.rectangle((left + 150, top + 170, left + 410, top + 250), fill=(64, 150, 92))
    else:
        points = [(left + 90 + step * 42, top + 210 + rng.randint(-70, 70)) for step in range(10)]
        draw.line(points, fill=fault, width=rng.randint(8, 16), joint="curve")
    image = image.filter(ImageFilter.GaussianBlur(1.2))
    exif = Image.Exif()
    exif[EXIF_MODEL] = "Demo Phone"
    exif.get_ifd(0x8769)[EXIF_TIME] = taken_at.astimezone(SHANGHAI).strftime("%Y:%m:%d %H:%M:%S")
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=82, exif=exif)
    return SimpleUploadedFile("IMG.jpg", buffer.getvalue(), content_type="image/jpeg")


def signature_strokes(rng: random.Random) -> str:
    """Return the JSON of two or three hand-drawn strokes, as signature_pad's toData() gives it."""
    strokes = []
    for number in range(rng.randint(2, 3)):
        x, y = 40.0 + number * 90, 60.0 + rng.random() * 40
        points = []
        for step in range(14):
            x += rng.uniform(2, 9)
            y += rng.uniform(-14, 14)
            points.append({"x": round(x, 1), "y": round(y, 1), "time": step * 16, "pressure": 0.5})
        strokes.append({"penColor": "black", "dotSize": 0, "minWidth": 0.5, "maxWidth": 2.5,
                        "velocityFilterWeight": 0.7, "compositeOperation": "source-over",
                        "points": points})  # fmt: skip
    return json.dumps(strokes)
