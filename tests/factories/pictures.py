"""Photographs and signatures as a phone would send them, made in memory."""

from __future__ import annotations

import io
import json
import math
import struct
import zlib

import pillow_heif
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

pillow_heif.register_heif_opener()


def picture(width: int = 320, height: int = 240, colour: str = "#c03020") -> Image.Image:
    """A plain picture with a white top-left quarter, so that turning it shows."""
    image = Image.new("RGB", (width, height), colour)
    ImageDraw.Draw(image).rectangle((0, 0, width // 2 - 1, height // 2 - 1), fill="#ffffff")
    return image


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def upload(
    content: bytes, name: str = "IMG_0001.jpg", kind: str = "image/jpeg"
) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=kind)


def jpeg(width: int = 320, height: int = 240, colour: str = "#c03020", **options: object) -> bytes:
    return encoded(picture(width, height, colour), "JPEG", quality=90, **options)


def png_claiming(width: int, height: int) -> bytes:
    """A few bytes whose header claims any size: what a decompression bomb looks like."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 1000))
        + chunk(b"IEND", b"")
    )


def strokes(points: int = 60, width: float = 260, height: float = 90) -> str:
    """Two strokes in signature_pad's `toData()` form: a wave and a slash."""
    wave = [
        {
            "x": 20 + width * i / points,
            "y": 80 + height / 2 * math.sin(i / 5),
            "pressure": 0.5,
            "time": 1_800_000_000_000 + 12 * i,
        }
        for i in range(points)
    ]
    slash = [
        {"x": 60 + 6 * i, "y": 30 + 8 * i, "pressure": 0.5, "time": 1_800_000_002_000 + 10 * i}
        for i in range(12)
    ]
    pen = {"penColor": "#000", "dotSize": 0, "minWidth": 1.4, "maxWidth": 3.6}
    return json.dumps([{**pen, "points": wave}, {**pen, "points": slash}])
