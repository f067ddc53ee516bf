"""Photographs as evidence: the bytes received are kept, an upright copy without metadata is shown.

The order matters: size before reading, pixels from the header before decoding, decoding before any
row is locked or written. Decoded once, small: JPEG scaled while decoding (`draft`).
"""

from __future__ import annotations

import io
import logging
import struct
import uuid
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pillow_heif
from django.conf import settings
from django.db import IntegrityError, transaction
from PIL import Image, ImageCms, ImageFile, ImageOps

from config.actor import Actor
from config.errors import RuleBroken
from units import files
from units.exif import Facts, read_facts
from units.models import Photo, PhotoMetadata, StoredFile

logger = logging.getLogger(__name__)

# Only what stands in every upload is shown to users; no colour or depth extras are decoded.
pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
# Pillow warns above this and refuses above twice this; the exact limit is ours (`_open`).
Image.MAX_IMAGE_PIXELS = settings.PHOTO_MAX_PIXELS

COPY_EDGE = 1600
COPY_QUALITY = 80
PREVIEW_EDGE = 160
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
# What decoders raise on damaged input, besides their own subclasses of these.
DAMAGED = (
    OSError, SyntaxError, ValueError, EOFError, RuntimeError, IndexError, TypeError, OverflowError,
    MemoryError, struct.error, zlib.error,
)  # fmt: skip


@dataclass(frozen=True)
class Developed:
    """A decoded photo: the copy as JPEG bytes, its size, and what the camera wrote."""

    jpeg: bytes
    width: int
    height: int
    facts: Facts = field(repr=False)


def store_photo(
    upload: Any,
    *,
    unit_id: int,
    client_uuid: uuid.UUID | str,
    purpose: str,
    actor: Actor,
    now: datetime,
) -> Photo:
    """Keep an uploaded photograph and return its Photo (F56, B103).

    In: a Django UploadedFile (or any object with `read`, `size`, `name`) and the uuid the phone
    made for this picture. Repeatable: the same uuid with the same bytes returns the same Photo.
    RuleBroken (field `photo`): no_photo, empty_photo, photo_too_large, photo_too_many_pixels,
    not_a_photo, photo_damaged, photo_moves, and photo_refused for a uuid that other bytes or
    another unit hold already (nothing is told of which).
    """
    key = _parse_uuid(client_uuid)
    content = _read(upload)
    taken = _find(key)
    if taken is not None:
        return _same_or_refuse(taken, unit_id, purpose, content)
    developed = develop(content)
    stored: list[StoredFile] = []
    try:
        with transaction.atomic():
            return _create(
                developed, content, getattr(upload, "name", "") or "", stored,
                unit_id=unit_id, key=key, purpose=purpose, actor=actor, now=now,
            )  # fmt: skip
    except IntegrityError:
        # Another request with this uuid was faster: its photo is the one.
        files.discard(*stored)
        taken = _find(key)
        if taken is None:
            raise
        return _same_or_refuse(taken, unit_id, purpose, content)


def preview(upload: Any) -> bytes:
    """A small JPEG of an upload that will do as a photograph; RuleBroken as `store_photo`."""
    return develop(_read(upload), edge=PREVIEW_EDGE).jpeg


def develop(content: bytes, *, edge: int = COPY_EDGE) -> Developed:
    """Decode the bytes of a photo into a copy no larger than `edge`; pure but for the decoder.

    RuleBroken in words.
    """
    # A library that is loaded later must not have switched the check off for the whole process.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with _open(content) as image:
            facts = read_facts(image)
            _refuse_motion(image)
            image.draft("RGB", _copy_size(image.size, edge))
            copy = _upright_rgb(image, edge)
    except RuleBroken:
        raise
    except DAMAGED as damage:
        logger.info("photo refused as damaged: %s: %s", type(damage).__name__, damage)
        raise RuleBroken(
            "photo_damaged", "照片文件不完整或已损坏，请重新拍摄或重新选择。", field="photo"
        ) from damage
    buffer = io.BytesIO()
    copy.save(buffer, "JPEG", quality=COPY_QUALITY, optimize=True)
    return Developed(buffer.getvalue(), copy.width, copy.height, facts)


def _read(upload: Any) -> bytes:
    limit = settings.PHOTO_MAX_BYTES
    if upload is None:
        raise RuleBroken("no_photo", "请选择照片。", field="photo")
    size = getattr(upload, "size", None)
    if size is not None and size > limit:
        raise _too_large(size)
    upload.seek(0)
    content = upload.read(limit + 1)
    if len(content) > limit:
        raise _too_large(len(content))
    if not content:
        raise RuleBroken("empty_photo", "照片文件是空的，请重新拍摄或重新选择。", field="photo")
    return content


def _too_large(size: int) -> RuleBroken:
    limit = settings.PHOTO_MAX_BYTES // (1024 * 1024)
    return RuleBroken(
        "photo_too_large",
        f"照片有 {size / 1024 / 1024:.1f} MB，超过 {limit} MB 的上限，请压缩后再上传。",
        field="photo",
    )


def _open(content: bytes) -> Image.Image:
    """Open without decoding; refuse what is no photo and what has too many pixels."""
    if files.sniff(content) not in {"image/jpeg", "image/png", "image/webp", "image/heic"}:
        raise _not_a_photo(content)
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise _too_many_pixels() from bomb
    width, height = image.size
    if width * height > settings.PHOTO_MAX_PIXELS:
        raise _too_many_pixels(width, height)
    return image


def _not_a_photo(content: bytes) -> RuleBroken:
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in head:
        sentence = "SVG 图形不能作为照片，请上传拍摄的照片。"
    elif files.sniff(content) == "image/gif":
        sentence = "GIF 动图不能作为照片，请上传拍摄的照片。"
    else:
        sentence = "这个文件不是照片，请选择 JPG、PNG、WebP 或 HEIC 格式的照片。"
    return RuleBroken("not_a_photo", sentence, field="photo")


def _too_many_pixels(width: int = 0, height: int = 0) -> RuleBroken:
    limit = settings.PHOTO_MAX_PIXELS // 10_000
    size = f"（{width}×{height} 像素）" if width else ""
    return RuleBroken(
        "photo_too_many_pixels",
        f"照片尺寸过大{size}，超过 {limit} 万像素的上限，请缩小后再上传。",
        field="photo",
    )


def _refuse_motion(image: Image.Image) -> None:
    # JPEG (MPO) and HEIC files of phones hold further frames that are no animation.
    if image.format in {"PNG", "WEBP"} and getattr(image, "is_animated", False):
        raise RuleBroken(
            "photo_moves", "动态图片不能作为照片，请上传拍摄的静态照片。", field="photo"
        )


def _copy_size(size: tuple[int, int], edge: int) -> tuple[int, int]:
    """The size of the copy; a JPEG is decoded at the next larger of 1, 1/2, 1/4, 1/8."""
    share = min(1.0, edge / max(size))
    return max(1, int(size[0] * share)), max(1, int(size[1] * share))


def _upright_rgb(image: Image.Image, edge: int) -> Image.Image:
    """A new image without metadata: scaled, turned upright, in sRGB, transparency on white."""
    profile = image.info.get("icc_profile")
    image.thumbnail((edge, edge), Image.Resampling.LANCZOS, reducing_gap=2.0)
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        image = Image.new("RGBA", layered.size, "white")
        image.alpha_composite(layered)
    if profile and image.mode == "RGB":
        image = _to_srgb(image, profile)
    clean = Image.new("RGB", image.size)
    clean.paste(image.convert("RGB"))
    return clean


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError) as odd:
        logger.info("colour profile ignored: %s", odd)
        return image
    return converted or image


def _create(
    developed: Developed,
    content: bytes,
    name: str,
    stored: list[StoredFile],
    *,
    unit_id: int,
    key: uuid.UUID,
    purpose: str,
    actor: Actor,
    now: datetime,
) -> Photo:
    shared = {"unit_id": unit_id, "purpose": purpose, "actor": actor, "now": now}
    original = files.store(content=content, original_name=name, is_served=False, **shared)
    stored.append(original)
    copy = files.store(
        content=developed.jpeg, original_name="照片.jpg", content_type="image/jpeg", **shared
    )
    stored.append(copy)
    photo = Photo.objects.create(
        unit_id=unit_id,
        client_uuid=key,
        original=original,
        copy=copy,
        width=developed.width,
        height=developed.height,
        uploaded_by_id=actor.user_id,
        created_at=now,
    )
    facts = developed.facts
    PhotoMetadata.objects.create(
        photo=photo,
        exif=facts.exif,
        taken_at=facts.taken_at,
        latitude=facts.latitude,
        longitude=facts.longitude,
    )
    return photo


def _find(key: uuid.UUID) -> Photo | None:
    return Photo.objects.select_related("original").filter(client_uuid=key).first()


def _same_or_refuse(taken: Photo, unit_id: int, purpose: str, content: bytes) -> Photo:
    same = (
        taken.unit_id == unit_id
        and taken.original.purpose == purpose
        and taken.original.sha256 == files.digest(content)
    )
    if not same:
        raise _refused()
    return taken


def _refused() -> RuleBroken:
    return RuleBroken("photo_refused", "这张照片未能保存，请重新拍摄或重新选择。", field="photo")


def _parse_uuid(value: uuid.UUID | str) -> uuid.UUID:
    try:
        return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))
    except ValueError as error:
        raise _refused() from error
