"""Id numbers at rest: encrypted to be read back, digested to be found again (decision 17)."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def encrypt(text: str) -> str:
    """Return the ciphertext of a text under the newest of FIELD_KEYS; "" stays ""."""
    return _cipher().encrypt(text.encode()).decode() if text else ""


def decrypt(token: str) -> str:
    """Return the text of a ciphertext under any of FIELD_KEYS; "" stays "".

    Raises ImproperlyConfigured when no key fits: a key was lost, never a user's mistake.
    """
    if not token:
        return ""
    try:
        return _cipher().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise ImproperlyConfigured("none of FIELD_KEYS decrypts a stored id number") from error


def rotate(token: str) -> str:
    """Return the same text encrypted again under the newest key (key rotation)."""
    return _cipher().rotate(token.encode()).decode() if token else ""


def digest(text: str) -> str:
    """Return the keyed digest by which an id number is found again; "" stays ""."""
    if not text:
        return ""
    if not settings.DIGEST_KEY:
        raise ImproperlyConfigured("DIGEST_KEY is not set")
    return hmac.new(settings.DIGEST_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def mask_id_number(text: str) -> str:
    """500***********1234: the first three and last four characters of an id number."""
    return f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}" if len(text) > 7 else "*" * len(text)


def _cipher() -> MultiFernet:
    if not settings.FIELD_KEYS:
        raise ImproperlyConfigured("FIELD_KEYS is not set")
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])
