"""What a camera wrote into a photo, as JSON-safe values (personal data; decision 17)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from config.clock import SHANGHAI

LONGEST_TEXT = 500
LONGEST_LIST = 64
# At either end of the calendar another zone's year is one that Python cannot read back.
POSSIBLE_YEARS = range(1980, 9999)


@dataclass(frozen=True)
class Facts:
    """EXIF by tag name, the moment and the position (WGS-84) when the camera knew them."""

    exif: dict[str, Any] = field(default_factory=dict)
    taken_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None


def read_facts(image: Image.Image) -> Facts:
    """Return the facts of an opened, not yet decoded image; damaged EXIF counts as none."""
    try:
        exif = image.getexif()
        base = dict(exif)
        detail = dict(exif.get_ifd(ExifTags.IFD.Exif))
        position = dict(exif.get_ifd(ExifTags.IFD.GPSInfo))
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, ArithmeticError):
        return Facts()
    found = {
        **_named(base, ExifTags.TAGS),
        **_named(detail, ExifTags.TAGS),
        **_named(position, ExifTags.GPSTAGS),
    }
    latitude = _degrees(position.get(ExifTags.GPS.GPSLatitude))
    longitude = _degrees(position.get(ExifTags.GPS.GPSLongitude))
    if latitude is None or longitude is None or latitude > 90 or longitude > 180:
        latitude = longitude = None
    else:
        latitude *= -1 if _is(position.get(ExifTags.GPS.GPSLatitudeRef), "S") else 1
        longitude *= -1 if _is(position.get(ExifTags.GPS.GPSLongitudeRef), "W") else 1
    return Facts(found, _moment(found), latitude, longitude)


def _named(ifd: dict[int, Any], names: dict[int, str]) -> dict[str, Any]:
    pointers = {int(one) for one in ExifTags.IFD} if names is ExifTags.TAGS else set()
    return {
        names.get(tag, f"0x{tag:04x}"): json_safe(value)
        for tag, value in ifd.items()
        if tag not in pointers
    }


def json_safe(value: Any) -> Any:
    """A value PostgreSQL's jsonb takes: no NUL, no NaN, no bytes, nothing endless."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float | IFDRational):
        number = _number(value)
        return None if number is None else round(number, 8)
    if isinstance(value, bytes):
        return _text(value) if len(value) <= LONGEST_TEXT else f"({len(value)} bytes)"
    if isinstance(value, str):
        return _clean(value)[:LONGEST_TEXT]
    if isinstance(value, list | tuple):
        return [json_safe(one) for one in value[:LONGEST_LIST]]
    if isinstance(value, dict):
        return {str(key): json_safe(one) for key, one in list(value.items())[:LONGEST_LIST]}
    return _clean(str(value))[:LONGEST_TEXT]


def _text(value: bytes) -> str:
    try:
        return _clean(value.decode("ascii"))
    except UnicodeDecodeError:
        return value.hex()


def _clean(text: str) -> str:
    # Neither NUL nor lone surrogates are storable.
    return text.replace("\x00", "").strip().encode("utf-8", "replace").decode("utf-8")


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return number if math.isfinite(number) else None


def _degrees(parts: Any) -> float | None:
    if not isinstance(parts, tuple) or len(parts) != 3:
        return None
    numbers = [_number(part) for part in parts]
    if any(number is None or number < 0 for number in numbers):
        return None
    degrees, minutes, seconds = numbers
    return degrees + minutes / 60 + seconds / 3600


def _is(reference: Any, letter: str) -> bool:
    text = reference.decode("ascii", "replace") if isinstance(reference, bytes) else reference
    return isinstance(text, str) and text.strip("\x00 ").upper() == letter


def _moment(found: dict[str, Any]) -> datetime | None:
    """When it was taken: the original moment with its offset, China's time when it has none."""
    for name, offset_name in (
        ("DateTimeOriginal", "OffsetTimeOriginal"),
        ("DateTimeDigitized", "OffsetTimeDigitized"),
        ("DateTime", "OffsetTime"),
    ):
        try:
            moment = datetime.strptime(str(found.get(name, "")), "%Y:%m:%d %H:%M:%S").replace(
                tzinfo=_offset(found.get(offset_name))
            )
        except ValueError:
            continue
        if moment.year in POSSIBLE_YEARS:
            return moment
    return None


def _offset(text: Any) -> Any:
    try:
        sign, hours, minutes = str(text)[0], int(str(text)[1:3]), int(str(text)[4:6])
    except (ValueError, IndexError):
        return SHANGHAI
    if sign not in "+-" or hours > 14 or minutes > 59:
        return SHANGHAI
    delta = timedelta(hours=hours, minutes=minutes)
    return timezone(-delta if sign == "-" else delta)
