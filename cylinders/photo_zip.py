"""What is checked of an uploaded ZIP of photographs before anything of it is unpacked (F81).

The directory is looked at first, and before that how long it claims to be: a bomb may lie in it as
well. One picture is unpacked at a time and never beyond the size of a photograph; names are words
to be read and never paths.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from django.conf import settings

from config.codes import normalise
from config.errors import RuleBroken

MB = 1024 * 1024
PICTURES_MOST = 3000
# The directory of 3,000 files with long Chinese names is a third of this.
DIRECTORY_LARGEST = 2 * MB
# Photographs are packed already: unpacked they are hardly larger.
SWELLS_MOST, SWELLS_FROM = 3, 50 * MB
NAME_LONGEST = 300
PHOTOS = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".heic", ".heif"})
ARCHIVES = frozenset({".zip", ".rar", ".7z", ".tar", ".gz", ".tgz"})
_END, _END_64, _LOCATOR = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_END_LONGEST = 22 + 65535
_UNPACKABLE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_IS_UTF8, _IS_ENCRYPTED = 0x800, 0x1
DAMAGED = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, struct.error,
)  # fmt: skip
AGAIN = "请用系统自带的“压缩为 ZIP 文件”重新打包后上传。"


@dataclass(frozen=True)
class Entry:
    """A file of the ZIP: its place in the directory, its path as words; `skipped` says why it is no
    photograph."""

    number: int
    name: str
    skipped: str = ""


def look(upload: BinaryIO) -> list[Entry]:
    """The files of a ZIP in its order, without what systems put in (__MACOSX, Thumbs.db).

    RuleBroken(field="archive"): archive_empty, archive_too_large, not_a_zip, archive_damaged,
    archive_password, archive_bomb, archive_too_many, archive_without_photos.
    """
    limit = settings.PHOTO_ARCHIVE_MAX_BYTES
    size = upload.seek(0, 2)
    upload.seek(0)
    if not size:
        raise _refuse("archive_empty", "压缩包是空的，请重新选择。")
    if size > limit:
        raise _refuse(
            "archive_too_large",
            f"压缩包有 {size / MB:.0f} MB，超过 {limit // MB} MB，请分成几个压缩包，"
            "或改用“选择文件夹”上传。",
        )
    if upload.read(2) != b"PK":
        raise _refuse("not_a_zip", f"这个文件不是 ZIP 压缩包（RAR、7z 等格式不支持）。{AGAIN}")
    try:
        if _directory_size(upload, size) > DIRECTORY_LARGEST:
            raise _too_many()
        with zipfile.ZipFile(upload) as archive:
            parts = archive.infolist()
    except DAMAGED as error:
        raise _refuse("archive_damaged", f"压缩包不完整或已损坏。{AGAIN}") from error
    _check(parts, size)
    entries = [
        Entry(number, name, _skipped(name))
        for number, part in enumerate(parts)
        if (name := _name(part)) and not part.is_dir() and not _is_of_system(name)
    ]
    if len(entries) > PICTURES_MOST:
        raise _too_many()
    if all(one.skipped for one in entries):
        raise _refuse("archive_without_photos", "压缩包里没有照片（只接受 JPG、PNG、WebP、HEIC）。")
    return entries


def read(archive: zipfile.ZipFile, number: int) -> bytes:
    """The bytes of one picture; RuleBroken photo_too_large, photo_damaged in words."""
    part = archive.infolist()[number]
    limit = settings.PHOTO_MAX_BYTES
    if part.file_size > limit:
        raise RuleBroken(
            "photo_too_large",
            f"照片有 {part.file_size / MB:.1f} MB，超过 {limit // MB} MB 的上限，请压缩后再上传。",
        )
    try:
        with archive.open(part) as opened:
            return opened.read(limit + 1)
    except DAMAGED as error:
        raise RuleBroken(
            "photo_damaged", "这张照片在压缩包里已损坏，请重新打包或单独上传。"
        ) from error


def _refuse(code: str, sentence: str) -> RuleBroken:
    return RuleBroken(code, sentence, field="archive", status=422)


def _too_many() -> RuleBroken:
    return _refuse(
        "archive_too_many",
        f"一个压缩包最多 {PICTURES_MOST} 个文件，请分成几个压缩包，或改用“选择文件夹”上传。",
    )


def _directory_size(stream: BinaryIO, size: int) -> int:
    """How long the directory is by the ZIP's last record; zipfile would read all of it at once."""
    stream.seek(max(0, size - _END_LONGEST))
    tail = stream.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        raise zipfile.BadZipFile("no end of directory")
    found = struct.unpack_from("<L", tail, at + 12)[0]
    locator = tail[at - 20 : at] if at >= 20 else b""
    if locator.startswith(_LOCATOR):
        stream.seek(struct.unpack_from("<Q", locator, 8)[0])
        last = stream.read(56)
        if last.startswith(_END_64):
            found = max(struct.unpack_from("<Q", last, 40)[0], 0)
    stream.seek(0)
    return found


def _check(parts: list[zipfile.ZipInfo], size: int) -> None:
    if any(part.flag_bits & _IS_ENCRYPTED for part in parts):
        raise _refuse("archive_password", "压缩包有密码，系统无法打开。请去掉密码后重新打包上传。")
    if any(part.compress_type not in _UNPACKABLE for part in parts):
        raise _refuse("archive_damaged", f"压缩包的压缩方式不支持。{AGAIN}")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > SWELLS_FROM + SWELLS_MOST * size:
        raise _refuse("archive_bomb", f"压缩包解压后异常庞大，已拒绝打开。{AGAIN}")


def _name(part: zipfile.ZipInfo) -> str:
    """The path as words: Windows packs names as GBK without saying so, others as UTF-8."""
    name = part.filename
    if not part.flag_bits & _IS_UTF8:
        packed = name.encode("cp437", "replace")
        for codepage in ("utf-8", "gb18030"):
            try:
                name = packed.decode(codepage)
                break
            except UnicodeDecodeError:
                continue
    parts = [normalise(one) for one in name.replace("\\", "/").split("/")]
    name = "/".join(one for one in parts if one not in {"", ".", ".."})
    return name if len(name) <= NAME_LONGEST else name[-NAME_LONGEST:]


def _is_of_system(name: str) -> bool:
    path = PurePosixPath(name)
    last = path.name.lower()
    return (
        "__MACOSX" in path.parts
        or last.startswith("._")
        or last in {".ds_store", "thumbs.db", "desktop.ini"}
    )


def _skipped(name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in PHOTOS:
        return ""
    if suffix in ARCHIVES:
        return "压缩包里的压缩包不会打开，请解压后重新打包"
    return "不是照片（只接受 JPG、PNG、WebP、HEIC）"
