"""The one door to stored bytes, and how bytes are kept."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import DataError, transaction
from django.test import Client
from django.urls import reverse

from config.actor import SYSTEM
from config.errors import RuleBroken
from tests.factories import pictures
from tests.world import NOW, World
from units import files
from units.models import StoredFile, User
from units.roles import Can

PDF = b"%PDF-1.7\n%test"


@pytest.fixture(autouse=True)
def purposes() -> Iterator[None]:
    """Two purposes of our own: the usual rule, and one that admits nobody."""
    known = dict(files._rules)
    files.register_purpose("test_record", files.own_unit_or_region(Can.RECORD_VIEW))
    files.register_purpose("test_closed", lambda actor, stored_file: False)
    yield
    files._rules.clear()
    files._rules.update(known)


def kept(unit_id: int | None, content: bytes = PDF, **fields: object) -> StoredFile:
    values = {"purpose": "test_record", "original_name": "1号客梯 记录.pdf", "is_served": True}
    return files.store(
        unit_id=unit_id, content=content, actor=SYSTEM, now=NOW, **{**values, **fields}
    )


def door(stored: StoredFile) -> str:
    return reverse("units:file", args=[stored.pk])


def body(response: object) -> bytes:
    return b"".join(response.streaming_content)


# ------------------------------------------------------------------ keeping
def test_a_file_is_kept_under_a_random_dated_name_with_its_hash(world: World) -> None:
    stored = kept(world.jia.pk, original_name="C:\\证书\\..\\a.pdf")
    folder, year, month, day, name = stored.storage_name.split("/")
    assert (folder, year, month, day) == ("test_record", "2026", "11", "20")
    assert name.endswith(".pdf") and len(name) == 36
    assert stored.original_name == "a.pdf"
    assert (stored.sha256, stored.size) == (hashlib.sha256(PDF).hexdigest(), len(PDF))
    assert stored.content_type == "application/pdf"
    assert files.read_bytes(stored) == PDF


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (PDF, "application/pdf"),
        (pictures.jpeg(8, 8), "image/jpeg"),
        (pictures.encoded(pictures.picture(8, 8), "PNG"), "image/png"),
        (pictures.encoded(pictures.picture(8, 8), "WEBP"), "image/webp"),
        (pictures.encoded(pictures.picture(64, 64), "HEIF"), "image/heic"),
        (pictures.encoded(pictures.picture(8, 8), "GIF"), "image/gif"),
        (b"PK\x03\x04xlsx", "application/zip"),
        (b"<html><script>alert(1)</script>", "application/octet-stream"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "application/octet-stream"),
    ],
)
def test_the_type_comes_from_the_bytes(content: bytes, expected: str) -> None:
    assert files.sniff(content) == expected


def test_a_file_of_another_type_than_wanted_is_refused(world: World) -> None:
    with pytest.raises(RuleBroken) as refused:
        kept(world.jia.pk, b"<html>", content_type="application/pdf")
    assert refused.value.code == "wrong_file_type"
    assert StoredFile.objects.count() == 0


def test_an_empty_file_is_refused(world: World) -> None:
    with pytest.raises(RuleBroken) as refused:
        kept(world.jia.pk, b"")
    assert refused.value.code == "empty_file"


def test_a_purpose_without_a_rule_cannot_be_stored(world: World) -> None:
    with pytest.raises(ValueError, match="no rule says"):
        kept(world.jia.pk, purpose="nobody_registered_this")


def test_a_purpose_has_one_rule(world: World) -> None:
    with pytest.raises(ValueError, match="has a rule already"):
        files.register_purpose("test_record", lambda actor, stored_file: True)


def test_a_row_that_cannot_be_written_leaves_no_bytes(world: World) -> None:
    too_long = "p" * 41
    files.register_purpose(too_long, lambda actor, stored_file: True)
    with pytest.raises(DataError), transaction.atomic():
        kept(world.jia.pk, purpose=too_long)
    folder = Path(default_storage.path(too_long))
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_changed_bytes_are_noticed(world: World) -> None:
    stored = kept(world.jia.pk)
    Path(default_storage.path(stored.storage_name)).write_bytes(PDF + b" ")
    with pytest.raises(files.FileDamaged):
        files.read_bytes(stored)


def test_a_long_name_keeps_its_ending() -> None:
    name = files.plain_name("长" * 300 + ".pdf")
    assert (len(name), name[-5:]) == (200, "长.pdf")


def test_a_name_loses_control_characters() -> None:
    assert files.plain_name("a\r\nSet-Cookie: x=1\x00.pdf") == "a Set-Cookie: x=1.pdf"


# ------------------------------------------------------------------ the door
def test_own_people_and_the_regulator_get_the_bytes(
    world: World, as_: Callable[[User], Client]
) -> None:
    stored = kept(world.jia.pk)
    for user in (world.jia_admin, world.li.user, world.wang.user, world.regulator):
        response = as_(user).get(door(stored))
        assert (response.status_code, body(response)) == (200, PDF)


def test_everybody_else_gets_404(world: World, as_: Callable[[User], Client]) -> None:
    stored = kept(world.jia.pk)
    strangers = (world.yi_admin, world.sun.user, world.far_regulator, world.far_admin)
    assert [as_(user).get(door(stored)).status_code for user in strangers] == [404] * 4


def test_a_file_that_does_not_exist_answers_alike(
    world: World, as_: Callable[[User], Client]
) -> None:
    stored = kept(world.jia.pk)
    client = as_(world.yi_admin)
    missing = client.get(reverse("units:file", args=[uuid.uuid4()]))
    foreign = client.get(door(stored))
    assert (missing.status_code, foreign.status_code) == (404, 404)
    assert len(missing.content) == len(foreign.content)


def test_signed_out_visitors_go_to_the_sign_in_page(world: World, client: Client) -> None:
    response = client.get(door(kept(world.jia.pk)))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("units:sign-in"))


def test_evidence_as_received_is_never_served(world: World, as_: Callable[[User], Client]) -> None:
    stored = kept(world.jia.pk, is_served=False)
    users = (world.jia_admin, world.li.user, world.regulator)
    assert [as_(user).get(door(stored)).status_code for user in users] == [404] * 3


def test_the_rule_of_the_purpose_decides(world: World, as_: Callable[[User], Client]) -> None:
    stored = kept(world.jia.pk, purpose="test_closed")
    assert as_(world.jia_admin).get(door(stored)).status_code == 404


def test_a_file_whose_purpose_lost_its_rule_is_closed(
    world: World, as_: Callable[[User], Client]
) -> None:
    stored = kept(world.jia.pk)
    del files._rules["test_record"]
    assert as_(world.jia_admin).get(door(stored)).status_code == 404


def test_the_answer_says_type_name_and_caching(world: World, as_: Callable[[User], Client]) -> None:
    stored = kept(world.jia.pk)
    response = as_(world.jia_admin).get(door(stored))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == (
        "inline; filename*=utf-8''1%E5%8F%B7%E5%AE%A2%E6%A2%AF%20%E8%AE%B0%E5%BD%95.pdf"
    )
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-cache"
    assert response["ETag"] == f'"{stored.sha256}"'
    assert response["Content-Length"] == str(len(PDF))
    assert "script-src" not in response["Content-Security-Policy"]
    assert response["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_download_is_an_attachment(world: World, as_: Callable[[User], Client]) -> None:
    response = as_(world.jia_admin).get(door(kept(world.jia.pk)) + "?download=1")
    assert response["Content-Disposition"].startswith("attachment; ")


def test_what_browsers_cannot_show_safely_is_a_download(
    world: World, as_: Callable[[User], Client]
) -> None:
    stored = kept(world.jia.pk, b"<html><script>alert(1)</script>", original_name="photo.jpg")
    response = as_(world.jia_admin).get(door(stored))
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == 'attachment; filename="photo.jpg"'


def test_a_known_copy_is_not_sent_again(world: World, as_: Callable[[User], Client]) -> None:
    stored = kept(world.jia.pk)
    same = as_(world.jia_admin).get(door(stored), headers={"If-None-Match": f'"{stored.sha256}"'})
    other = as_(world.jia_admin).get(door(stored), headers={"If-None-Match": '"abc"'})
    foreign = as_(world.yi_admin).get(door(stored), headers={"If-None-Match": f'"{stored.sha256}"'})
    assert (same.status_code, same.content) == (304, b"")
    assert (other.status_code, foreign.status_code) == (200, 404)


def test_nginx_sends_the_bytes_when_it_is_there(
    world: World, as_: Callable[[User], Client], settings: object
) -> None:
    settings.FILES_ACCEL_PREFIX = "/protected/"
    stored = kept(world.jia.pk)
    response = as_(world.jia_admin).get(door(stored))
    assert response["X-Accel-Redirect"] == f"/protected/{stored.storage_name}"
    assert response.content == b""
    assert response["Content-Type"] == "application/pdf"


def test_nginx_is_not_asked_for_what_lies_in_a_bucket(
    world: World, as_: Callable[[User], Client], settings: object
) -> None:
    """Compose sets the prefix always; a bucket is a setting beside it."""
    settings.FILES_ACCEL_PREFIX = "/protected/"
    settings.FILES_S3_BUCKET = "shouze"
    stored = kept(world.jia.pk)
    response = as_(world.jia_admin).get(door(stored))
    assert "X-Accel-Redirect" not in response
    assert b"".join(response.streaming_content) == files.read_bytes(stored)


def test_the_door_opens_with_few_queries(
    world: World, as_: Callable[[User], Client], django_assert_num_queries: object
) -> None:
    client, stored = as_(world.jia_admin), kept(world.jia.pk)
    client.get(door(stored))
    # session, user with its unit, file with its unit
    with django_assert_num_queries(3):
        client.get(door(stored))


def test_the_door_only_reads(world: World, as_: Callable[[User], Client]) -> None:
    assert as_(world.jia_admin).post(door(kept(world.jia.pk))).status_code == 405
