"""A one-time code that proves a phone before there is an account, kept in the session.

The same length, life, tries and rate limits as a sign-in code (units.auth), and the same door out.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from allauth.core import ratelimit
from allauth.core.internal.cryptokit import compare_user_code
from django.conf import settings
from django.http import HttpRequest

from units import sms
from units.auth import CODE_LENGTH

RESEND_AFTER = 60


class PhoneCode:
    """The code under way in a session, under a key of its own."""

    def __init__(self, request: HttpRequest, key: str):
        self.request = request
        self.key = key

    @property
    def state(self) -> dict[str, Any]:
        return self.request.session.get(self.key, {})

    @property
    def phone(self) -> str:
        return self.state.get("phone", "")

    @property
    def code(self) -> str:
        return self.state.get("code", "")

    def is_live(self) -> bool:
        """Whether a code was sent, is not too old and has tries left."""
        age = time.time() - self.state.get("at", 0)
        return bool(self.code) and age < settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT and self.left() > 0

    def left(self) -> int:
        """How many tries the code has left."""
        return settings.ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS - self.state.get("failed", 0)

    def seconds_to_wait(self) -> int:
        """Until the next code may be asked for."""
        return max(0, RESEND_AFTER - int(time.time() - self.state.get("at", 0)))

    def send(self, phone: str, what_for: str) -> bool:
        """Send a new code; False when this phone or this address asked too often."""
        if not ratelimit.consume(self.request, action="request_login_code", key=phone):
            return False
        code = "".join(secrets.choice("0123456789") for _ in range(CODE_LENGTH))
        self.request.session[self.key] = {
            "phone": phone,
            "code": code,
            "at": time.time(),
            "failed": 0,
        }
        minutes = settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60
        sms.send_soon(phone, f"{what_for}验证码 {code}，{minutes} 分钟内有效，请勿告诉他人。")
        return True

    def may_try(self) -> bool:
        """False for an address that used up its failures: then nothing is compared at all."""
        return ratelimit.consume(self.request, action="login_code_failed", dry_run=True)

    def is_right(self, typed: str) -> bool:
        """Compare a typed code; a wrong one is counted."""
        if compare_user_code(actual=typed, expected=self.code):
            return True
        ratelimit.consume(self.request, action="login_code_failed")
        self.request.session[self.key] = self.state | {"failed": self.state.get("failed", 0) + 1}
        return False

    def forget(self) -> None:
        self.request.session.pop(self.key, None)
