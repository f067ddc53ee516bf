"""Files behind one checked door: how bytes are kept, found again and handed out (decision 20).

Bytes go through Django's default storage under random names; what may be read by whom is said by
the purpose of a file, whose rule the owning app registers in AppConfig.ready().
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import PurePath
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.http import Http404

from config.actor import Actor
from config.clock import local_day
from config.codes import normalise
from config.errors import RuleBroken
from units.models import StoredFile

Rule = Callable[[Actor, StoredFile], bool]

UNKNOWN = "application/octet-stream"
EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
}
# Types a browser may show in the page; everything else is a download.
SHOWN_INLINE = frozenset({"image/jpeg", "image/png", "image/webp", "application/pdf"})
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
)

_PIECE = 1024 * 1024

_rules: dict[str, Rule] = {}


class FileDamaged(RuntimeError):
    """The stored bytes no longer match the hash taken when they were received."""


def register_purpose(purpose: str, may_read: Rule) -> None:
    """Say who may read files of a purpose; called once by the owning app in AppConfig.ready()."""
    if purpose in _rules and _rules[purpose] is not may_read:
        raise ValueError(f"file purpose {purpose!r} has a rule already")
    _rules[purpose] = may_read


def own_unit_or_region(*capabilities: Any) -> Rule:
    """The usual rule: people and account of the file's unit, and the regulator of its region.

    One of `capabilities` is needed besides (none given = whoever belongs there).
    """

    def may_read(actor: Actor, stored_file: StoredFile) -> bool:
        if capabilities and not any(actor.can(one) for one in capabilities):
            return False
        if stored_file.unit is None:
            return False
        if actor.kind == "bureau":
            prefix = actor.region_prefix
            return prefix is not None and stored_file.unit.region_id.startswith(prefix)
        return actor.unit_id is not None and actor.unit_id == stored_file.unit_id

    return may_read


def may_read(actor: Actor, stored_file: StoredFile) -> bool:
    """Whether the door opens: the file is served at all and its purpose's rule admits the actor."""
    rule = _rules.get(stored_file.purpose)
    return stored_file.is_served and rule is not None and bool(rule(actor, stored_file))


def get_file(actor: Actor, file_id: uuid.UUID) -> StoredFile:
    """Return a file the actor may read; Http404 for every other, whether it exists or not."""
    found = StoredFile.objects.select_related("unit").filter(pk=file_id).first()
    if found is None or not may_read(actor, found):
        raise Http404("no such file")
    return found


def sniff(content: bytes) -> str:
    """Return the type told by the leading bytes; octet-stream when they tell nothing."""
    for magic, content_type in _MAGIC:
        if content.startswith(magic):
            return content_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS:
        return "image/heic"
    return UNKNOWN


def digest(content: bytes) -> str:
    """The hash a file is known by."""
    return hashlib.sha256(content).hexdigest()


def store(
    *,
    unit_id: int | None,
    purpose: str,
    content: bytes,
    original_name: str,
    actor: Actor,
    now: datetime,
    content_type: str | None = None,
    is_served: bool = True,
) -> StoredFile:
    """Keep bytes for ever and return their row; the stored type is sniffed from the bytes.

    `content_type` is what the caller expects: other bytes are refused. The random name holds
    nothing of the client's. RuleBroken: empty_file, wrong_file_type. ValueError: unknown purpose.
    """
    if not content:
        raise RuleBroken("empty_file", "文件是空的，请重新选择。", field="file")
    found_type = sniff(content)
    if content_type is not None and found_type != content_type:
        raise RuleBroken("wrong_file_type", "文件内容与要求的格式不符，请重新选择。", field="file")
    return _keep(
        ContentFile(content),
        sha256=digest(content),
        size=len(content),
        content_type=found_type,
        unit_id=unit_id,
        purpose=purpose,
        original_name=original_name,
        actor=actor,
        now=now,
        is_served=is_served,
    )


def store_large(
    upload: Any, *, unit_id: int | None, purpose: str, actor: Actor, now: datetime
) -> StoredFile:
    """As `store`, for an upload larger than memory: read in pieces, never handed out.

    The caller has looked what it is. RuleBroken: empty_file.
    """
    upload.seek(0)
    found_type = sniff(upload.read(16))
    upload.seek(0)
    sha256, size = hashlib.sha256(), 0
    while piece := upload.read(_PIECE):
        sha256.update(piece)
        size += len(piece)
    if not size:
        raise RuleBroken("empty_file", "文件是空的，请重新选择。", field="file")
    upload.seek(0)
    return _keep(
        File(upload),
        sha256=sha256.hexdigest(),
        size=size,
        content_type=found_type,
        unit_id=unit_id,
        purpose=purpose,
        original_name=getattr(upload, "name", "") or "",
        actor=actor,
        now=now,
        is_served=False,
    )


def _keep(
    content: File,
    *,
    content_type: str,
    purpose: str,
    original_name: str,
    actor: Actor,
    now: datetime,
    **fields: Any,
) -> StoredFile:
    """Write the bytes under a random name, then their row."""
    if purpose not in _rules:
        raise ValueError(f"no rule says who may read files of purpose {purpose!r}")
    key = uuid.uuid4()
    suffix = EXTENSIONS.get(content_type, ".bin")
    name = f"{purpose}/{local_day(now):%Y/%m/%d}/{key.hex}{suffix}"
    stored_name = default_storage.save(name, content)
    try:
        return StoredFile.objects.create(
            purpose=purpose,
            content_type=content_type,
            original_name=plain_name(original_name),
            storage_name=stored_name,
            uploaded_by_id=actor.user_id,
            created_at=now,
            **fields,
        )
    except BaseException:
        default_storage.delete(stored_name)
        raise


def discard(*stored_files: StoredFile) -> None:
    """Remove the bytes of rows that were rolled back (the loser of a race); never of kept rows."""
    for stored_file in stored_files:
        default_storage.delete(stored_file.storage_name)


def read_bytes(stored_file: StoredFile) -> bytes:
    """Return the bytes of a file; FileDamaged when they are not those that were stored."""
    with default_storage.open(stored_file.storage_name, "rb") as opened:
        content = opened.read()
    if digest(content) != stored_file.sha256:
        raise FileDamaged(f"stored file {stored_file.pk} does not match its hash")
    return content


def plain_name(name: str) -> str:
    """The client's file name without path and control characters, at most 200 characters."""
    base = normalise(name or "").replace("\\", "/").replace("\n", " ").rsplit("/", 1)[-1]
    if len(base) <= 200:
        return base
    suffix = PurePath(base).suffix[:10]
    return base[: 200 - len(suffix)] + suffix
