"""Papers as files: every bad one is refused in words, a good one is kept as it came."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pypdf
import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile

from config.actor import SYSTEM
from config.errors import RuleBroken
from tests.factories import papers, pictures
from tests.world import NOW, World
from units import files, uploads
from units.models import StoredFile

JPEG = pictures.jpeg(40, 30)
PNG = pictures.encoded(pictures.picture(40, 30), "PNG")
ZIP = b"PK\x03\x04" + b"word/document.xml" * 10
OLD_DOC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100


@pytest.fixture(autouse=True)
def purpose() -> Iterator[None]:
    known = dict(files._rules)
    files.register_purpose("test_paper", files.own_unit_or_region())
    yield
    files._rules.clear()
    files._rules.update(known)


class PdfForm(forms.Form):
    file = uploads.PdfField(label="制度文件")


class ScanForm(forms.Form):
    file = uploads.DocumentField(label="扫描件", required=False)


class ManyForm(forms.Form):
    files = uploads.DocumentsField(label="附件", max_files=2)


def encrypted_pdf() -> bytes:
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(papers.pdf())))
    writer.encrypt(user_password="", owner_password="secret", algorithm="RC4-128")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def test_the_factory_makes_pdfs_that_open() -> None:
    assert len(pypdf.PdfReader(io.BytesIO(papers.pdf("a")), strict=True).pages) == 1


@pytest.mark.parametrize(
    ("content", "name", "code", "words"),
    [
        (b"", "a.pdf", "empty", "文件是空的，请重新选择。"),
        (ZIP, "a.docx", "wrong_file_type", "只能上传 PDF 文件，所选的是压缩包或 Office 文件"),
        (JPEG, "a.jpg", "wrong_file_type", "只能上传 PDF 文件，所选的是JPG 图片。"),
        (b"<script>alert(1)</script>", "a.html", "wrong_file_type", "所选的是其他格式的文件。"),
        (ZIP, "a.pdf", "renamed_file", "文件名以 .pdf 结尾，内容却是压缩包或 Office 文件"),
        (OLD_DOC, "A.PDF", "renamed_file", "内容却是旧版 Office 文件（如 .doc、.xls）"),
        (papers.pdf(), "a.exe", "renamed_file", "请把扩展名改回 .pdf 后再上传。"),
        (papers.pdf()[:-60], "a.pdf", "pdf_broken", "这个 PDF 不完整或已损坏"),
        (b"%PDF-1.7\n", "a.pdf", "pdf_broken", "这个 PDF 不完整或已损坏"),
        (b"%PDF-x\nstartxref\n0\n%%EOF", "a.pdf", "pdf_broken", "这个 PDF 不完整或已损坏"),
        (encrypted_pdf(), "a.pdf", "pdf_encrypted", "这个 PDF 加了密码或编辑限制"),
    ],
)
def test_a_bad_pdf_is_refused_beside_the_field(
    content: bytes, name: str, code: str, words: str
) -> None:
    form = PdfForm(files={"file": papers.upload(content, name)})
    assert not form.is_valid()
    [error] = form.errors.as_data()["file"]
    assert error.code == code
    assert words in form.errors["file"][0]


def test_a_file_above_the_limit_is_refused_with_its_size(settings: Any) -> None:
    settings.DOCUMENT_MAX_BYTES = 1024 * 1024
    form = PdfForm(files={"file": papers.upload(papers.pdf("x" * 1_500_000))})
    assert form.errors["file"] == ["文件有 1.4 MB，超过 1 MB 的上限，请压缩后再上传。"]


def test_a_missing_file_is_asked_for() -> None:
    assert PdfForm(files={}).errors["file"] == ["请选择文件。"]
    optional = ScanForm(files={})
    assert optional.is_valid()
    assert optional.cleaned_data["file"] is None


@pytest.mark.parametrize(
    ("content", "name"),
    [(papers.pdf(), "a.PDF"), (JPEG, "扫描.jpeg"), (PNG, "b.png"), (JPEG, "无扩展名")],
)
def test_papers_of_every_kind_pass(content: bytes, name: str) -> None:
    form = ScanForm(files={"file": papers.upload(content, name)})
    assert form.errors == {}


@pytest.mark.parametrize(("content", "name"), [(JPEG[:200], "a.jpg"), (PNG[:60], "a.png")])
def test_a_damaged_scan_is_refused(content: bytes, name: str) -> None:
    form = ScanForm(files={"file": papers.upload(content, name)})
    assert form.errors["file"] == ["图片文件不完整或已损坏，请重新扫描或重新选择。"]


def test_a_scan_of_too_many_pixels_is_refused(settings: Any) -> None:
    settings.PHOTO_MAX_PIXELS = 1000
    form = ScanForm(files={"file": papers.upload(PNG, "a.png")})
    assert form.errors["file"] == ["图片尺寸过大，超过 0 万像素的上限，请缩小后再上传。"]


def test_several_files_are_refused_by_name_and_taken_as_a_list() -> None:
    good, bad = papers.upload(papers.pdf()), papers.upload(ZIP, "会议.docx")
    form = ManyForm(files={"files": [good, bad]})
    assert [text.split("：")[0] for text in form.errors["files"]] == ["“会议.docx”"]
    form = ManyForm(files={"files": [good, papers.upload(JPEG, "a.jpg")]})
    assert form.is_valid() and len(form.cleaned_data["files"]) == 2
    form = ManyForm(files={"files": [good] * 3})
    assert form.errors["files"] == ["一次最多上传 2 个文件，现在选了 3 个。"]
    assert ManyForm(files={}).errors["files"] == ["请选择文件。"]


def kept(upload: SimpleUploadedFile, unit_id: int, **extra: Any) -> StoredFile:
    return uploads.store_document(
        upload, unit_id=unit_id, purpose="test_paper", actor=SYSTEM, now=NOW, **extra
    )


def test_a_paper_is_kept_as_it_came_under_a_plain_name(world: World) -> None:
    content = papers.pdf("原样")
    upload = papers.upload(content, "a.pdf")
    upload._name = "C:\\制度\\..\\管理\u202e㛃𬭚\x00<b>.pdf"  # past what Django's own setter mends
    stored = kept(upload, world.jia.pk)
    assert files.read_bytes(stored) == content
    assert stored.original_name == "管理㛃𬭚<b>.pdf"
    assert (stored.content_type, stored.unit_id) == ("application/pdf", world.jia.pk)


def test_storing_checks_again_and_names_the_callers_field(world: World) -> None:
    with pytest.raises(RuleBroken) as refused:
        kept(papers.upload(ZIP, "a.pdf"), world.jia.pk, types=("pdf",), field="scan")
    assert (refused.value.code, refused.value.field) == ("renamed_file", "scan")
    with pytest.raises(RuleBroken) as refused:
        kept(None, world.jia.pk)
    assert refused.value.code == "no_file"
    assert StoredFile.objects.count() == 0
