"""Id numbers at rest: unreadable, found again, readable with older keys, masked on pages."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from units import crypto

NUMBER = "11010519491231002X"


def test_encrypted_text_is_unreadable_and_different_each_time() -> None:
    first, second = crypto.encrypt(NUMBER), crypto.encrypt(NUMBER)
    assert NUMBER not in first
    assert first != second
    assert [crypto.decrypt(first), crypto.decrypt(second)] == [NUMBER, NUMBER]


def test_nothing_stays_nothing() -> None:
    assert [crypto.encrypt(""), crypto.decrypt(""), crypto.digest(""), crypto.rotate("")] == [
        ""
    ] * 4


def test_a_digest_finds_the_number_again_only_under_its_key(settings: Any) -> None:
    here = crypto.digest(NUMBER)
    assert len(here) == 64
    assert crypto.digest(NUMBER) == here
    settings.DIGEST_KEY = "another"
    assert crypto.digest(NUMBER) != here


def test_keys_can_be_rotated(settings: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_KEYS = [old]
    token = crypto.encrypt(NUMBER)
    settings.FIELD_KEYS = [new, old]
    assert crypto.decrypt(token) == NUMBER
    token = crypto.rotate(token)
    settings.FIELD_KEYS = [new]
    assert crypto.decrypt(token) == NUMBER


def test_a_lost_key_is_said_in_words(settings: Any) -> None:
    token = crypto.encrypt(NUMBER)
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS"):
        crypto.decrypt(token)


@pytest.mark.parametrize(
    ("name", "call"), [("FIELD_KEYS", crypto.encrypt), ("DIGEST_KEY", crypto.digest)]
)
def test_without_keys_nothing_is_stored(settings: Any, name: str, call: Any) -> None:
    setattr(settings, name, [] if name == "FIELD_KEYS" else "")
    with pytest.raises(ImproperlyConfigured, match=name):
        call(NUMBER)


@pytest.mark.parametrize(
    ("text", "masked"), [(NUMBER, "110***********002X"), ("1234567", "*******"), ("", "")]
)
def test_masked(text: str, masked: str) -> None:
    assert crypto.mask_id_number(text) == masked
