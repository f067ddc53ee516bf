"""Papers as files: what a PDF or a scan has to be before it is kept, and the form fields for them.

A form declares `file = PdfField(label="制度文件")` or `DocumentField(...)`; the field refuses a bad
file beside itself, and the action hands the same upload to `store_document`, which checks again.
The checks read bytes only: a PDF is never rendered, an image is decoded small.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from django import forms
from django.conf import settings
from PIL import Image

from config.actor import Actor
from config.errors import RuleBroken
from units import files, photos
from units.models import StoredFile
from units.photos import DAMAGED

PDF_ONLY = ("pdf",)
ANY_PAPER = ("pdf", "jpeg", "png")


@dataclass(frozen=True)
class _Type:
    label: str
    content_type: str
    extensions: tuple[str, ...]


TYPES: dict[str, _Type] = {
    "pdf": _Type("PDF", "application/pdf", (".pdf",)),
    "jpeg": _Type("JPG", "image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif")),
    "png": _Type("PNG", "image/png", (".png",)),
}
# What other bytes turn out to be, for the sentence.
_FOUND_WORDS = {
    "application/zip": "压缩包或 Office 文件（如 .docx、.xlsx）",
    "image/gif": "GIF 图片",
    "image/webp": "WebP 图片",
    "image/heic": "HEIC 照片",
    "application/pdf": "PDF 文件",
    "image/jpeg": "JPG 图片",
    "image/png": "PNG 图片",
}
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# A readable PDF ends with the offset of its cross references; the tail may carry some rubbish.
_TAIL = 4096
_END = re.compile(rb"startxref\s+\d+\s+%%EOF")
_ENCRYPTED = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)")


def store_document(
    upload: Any,
    *,
    unit_id: int | None,
    purpose: str,
    actor: Actor,
    now: datetime,
    types: Collection[str] = ANY_PAPER,
    field: str = "file",
) -> StoredFile:
    """Check an uploaded paper and keep it as it came; return its StoredFile.

    In: a Django UploadedFile (or any object with `read`, `seek`, `size`, `name`), and which `types`
    will do: names of TYPES. RuleBroken beside `field`: no_file, empty_file, file_too_large,
    wrong_file_type, renamed_file, pdf_broken, pdf_encrypted, image_damaged. ValueError: unknown
    purpose. Bytes are kept even if the caller's transaction fails; they are then unreachable.
    """
    content = checked_content(upload, types=types, field=field)
    return files.store(
        unit_id=unit_id,
        purpose=purpose,
        content=content,
        original_name=getattr(upload, "name", "") or "",
        actor=actor,
        now=now,
    )


def preview(upload: Any, *, types: Collection[str] = ANY_PAPER) -> bytes:
    """A small JPEG of an upload that will do, b"" where there is none; RuleBroken as `store_document`."""
    content = checked_content(upload, types=types)
    if not files.sniff(content).startswith("image/"):
        return b""
    try:
        return photos.preview(upload)
    except RuleBroken:  # a scan need not do as a photograph
        return b""


def checked_content(
    upload: Any, *, types: Collection[str] = ANY_PAPER, field: str = "file"
) -> bytes:
    """The bytes of an upload that is what it has to be; RuleBroken in words for every other."""
    try:
        content = _read(upload)
        _check_type(content, getattr(upload, "name", "") or "", types)
        if files.sniff(content) == "application/pdf":
            _check_pdf(content)
        else:
            _check_image(content)
    except RuleBroken as broken:
        raise RuleBroken(broken.code, broken.message, field=field) from broken
    return content


def types_in_words(types: Collection[str]) -> str:
    """PDF、JPG、PNG"""
    return "、".join(TYPES[one].label for one in types)


def _read(upload: Any) -> bytes:
    if upload is None:
        raise RuleBroken("no_file", "请选择文件。")
    limit = settings.DOCUMENT_MAX_BYTES
    size = getattr(upload, "size", None)
    if size is not None and size > limit:
        raise _too_large(size)
    upload.seek(0)
    content: bytes = upload.read(limit + 1)
    if len(content) > limit:
        raise _too_large(len(content))
    if not content:
        raise RuleBroken("empty_file", "文件是空的，请重新选择。")
    return content


def _too_large(size: int) -> RuleBroken:
    limit = settings.DOCUMENT_MAX_BYTES // (1024 * 1024)
    return RuleBroken(
        "file_too_large",
        f"文件有 {size / 1024 / 1024:.1f} MB，超过 {limit} MB 的上限，请压缩后再上传。",
    )


def _check_type(content: bytes, name: str, types: Collection[str]) -> None:
    """Refuse bytes of a type that will not do, and a name whose ending says something else."""
    wanted = types_in_words(types)
    found = files.sniff(content)
    suffix = PurePath(files.plain_name(name)).suffix.lower()
    matching = [one for one in types if TYPES[one].content_type == found]
    if not matching:
        is_renamed = any(suffix in TYPES[one].extensions for one in types)
        what = _what_is(content)
        if is_renamed:
            sentence = (
                f"文件名以 {suffix} 结尾，内容却是{what}；改扩展名不能转换格式，"
                f"请用原来的软件另存为 {wanted} 后再上传。"
            )
            raise RuleBroken("renamed_file", sentence)
        raise RuleBroken("wrong_file_type", f"只能上传 {wanted} 文件，所选的是{what}。")
    if suffix and suffix not in TYPES[matching[0]].extensions:
        label = TYPES[matching[0]].label
        raise RuleBroken(
            "renamed_file",
            f"文件名以 {suffix} 结尾，内容却是 {label}，请把扩展名改回"
            f" {TYPES[matching[0]].extensions[0]} 后再上传。",
        )


def _what_is(content: bytes) -> str:
    if content.startswith(_OLD_OFFICE):
        return "旧版 Office 文件（如 .doc、.xls）"
    return _FOUND_WORDS.get(files.sniff(content), "其他格式的文件")


def _check_pdf(content: bytes) -> None:
    if not re.match(rb"%PDF-[12]\.\d", content) or not _END.search(content[-_TAIL:]):
        raise RuleBroken(
            "pdf_broken", "这个 PDF 不完整或已损坏，无法打开，请重新导出或重新下载后再上传。"
        )
    if _ENCRYPTED.search(content):
        raise RuleBroken(
            "pdf_encrypted", "这个 PDF 加了密码或编辑限制，请去掉保护（或打印为新的 PDF）后再上传。"
        )


def _check_image(content: bytes) -> None:
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > settings.PHOTO_MAX_PIXELS:
                raise _image_too_many_pixels()
            image.draft("RGB", (256, 256))
            image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise _image_too_many_pixels() from bomb
    except DAMAGED as damage:
        raise RuleBroken(
            "image_damaged", "图片文件不完整或已损坏，请重新扫描或重新选择。"
        ) from damage


def _image_too_many_pixels() -> RuleBroken:
    limit = settings.PHOTO_MAX_PIXELS // 10_000
    return RuleBroken(
        "file_too_large", f"图片尺寸过大，超过 {limit} 万像素的上限，请缩小后再上传。"
    )


# ---------------------------------------------------------------- form fields
class DocumentField(forms.FileField):
    """A scan or a PDF; `types` are names of TYPES. Cleans to the UploadedFile, None if left out."""

    def __init__(self, *, types: Sequence[str] = ANY_PAPER, **kwargs: Any):
        self.types = tuple(types)
        limit = settings.DOCUMENT_MAX_BYTES // (1024 * 1024)
        kwargs.setdefault("help_text", f"{types_in_words(types)} 文件，不超过 {limit} MB。")
        kwargs.setdefault("widget", forms.FileInput(attrs={"accept": _accept(types)}))
        kwargs["error_messages"] = {
            "required": "请选择文件。",
            "missing": "请选择文件。",
            "invalid": "文件没有传上来，请重新选择。",
            "empty": "文件是空的，请重新选择。",
            **kwargs.get("error_messages", {}),
        }
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        upload = super().clean(data, initial)
        if upload:
            _refuse_in_form(lambda: checked_content(upload, types=self.types))
        return upload

    def preview(self, upload: Any) -> bytes:
        """See `preview`; for the form's next try (units.carried)."""
        return preview(upload, types=self.types)


class PdfField(DocumentField):
    """A PDF and nothing else."""

    def __init__(self, **kwargs: Any):
        super().__init__(types=PDF_ONLY, **kwargs)


class PhotoField(forms.FileField):
    """A photograph; the action that stores it judges it. `preview` does for a form that is refused."""

    preview = staticmethod(photos.preview)


class _ManyFilesInput(forms.FileInput):
    allow_multiple_selected = True


class DocumentsField(DocumentField):
    """Several papers in one input; cleans to a list. Each refusal names the file it is about."""

    def __init__(self, *, types: Sequence[str] = ANY_PAPER, max_files: int = 20, **kwargs: Any):
        self.max_files = max_files
        limit = settings.DOCUMENT_MAX_BYTES // (1024 * 1024)
        kwargs.setdefault("widget", _ManyFilesInput(attrs={"accept": _accept(types)}))
        kwargs.setdefault(
            "help_text",
            f"可选多个，最多 {max_files} 个；{types_in_words(types)} 文件，每个不超过 {limit} MB。",
        )
        super().__init__(types=types, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        chosen = list(data) if isinstance(data, (list, tuple)) else [data] if data else []
        if not chosen:
            super().clean(None, initial)
            return []
        if len(chosen) > self.max_files:
            raise forms.ValidationError(
                f"一次最多上传 {self.max_files} 个文件，现在选了 {len(chosen)} 个。",
                code="too_many_files",
            )
        problems = []
        for one in chosen:
            try:
                super().clean(one, initial)
            except forms.ValidationError as refused:
                name = files.plain_name(getattr(one, "name", ""))
                problems += [
                    forms.ValidationError(f"“{name}”：{error.message}", code=error.code)
                    for error in refused.error_list
                ]
        if problems:
            raise forms.ValidationError(problems)
        return chosen


def _accept(types: Sequence[str]) -> str:
    endings = [ending for one in types for ending in TYPES[one].extensions]
    return ",".join([*endings, *(TYPES[one].content_type for one in types)])


def _refuse_in_form(check: Callable[[], Any]) -> None:
    try:
        check()
    except RuleBroken as broken:
        raise forms.ValidationError(broken.message, code=broken.code) from broken
