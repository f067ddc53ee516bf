"""Sign-in on top of django-allauth: who may, with what, and in which words it is refused.

allauth supplies the checks (constant-time password check, rate limits, one-time codes, the state of
a sign-in under way, session rotation). Its own pages are not mounted: units.views.sign_in has ours,
one entrance per kind of account, and calls allauth's flows.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from functools import cache
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.stagekit import clear_login
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from config.clock import local_day
from config.prepared import Given, Prepared
from units import queries, sms
from units.models import User

CODE_LENGTH = 6
LOCKED_OUT = (
    "登录失败次数过多，为保护账号已暂停登录，请 5 分钟后再试。忘记密码请联系区县市场监管局。"
)


def may_sign_in(user: User, *, now: datetime) -> bool:
    """Whether an account is open: a person needs employment and an identity that signs in (F7)."""
    if not user.is_active:
        return False
    if user.kind == User.Kind.PERSON:
        return queries.people_who_may_sign_in(local_day(now)).filter(pk=user.pk).exists()
    return True


class ShouzeBackend(AuthenticationBackend):
    """allauth's backend, but only for those who may sign in."""

    def user_can_authenticate(self, user: User) -> bool:
        return may_sign_in(user, now=timezone.now())

    def get_user(self, user_id: int) -> User | None:
        """The user of a session, with what the actor loader needs; None for a closed account.

        Employment and identities are looked at by the actor loader, on every request.
        """
        found = _user().rows(user=user_id)
        return found[0] if found and found[0].is_active else None


@cache
def _user() -> Prepared:
    return Prepared(User.objects.select_related("unit", "bureau__region").filter(pk=Given("user")))


class AccountAdapter(DefaultAccountAdapter):
    """What allauth asks of us: phones, codes, messages, addresses."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": LOCKED_OUT,
        "rate_limited": "操作过于频繁，请稍后再试。",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody registers here: units are opened by their bureau, people by their unit."""
        return False

    def get_login_stages(self) -> list[str]:
        """What stands between a sign-in and the session: people's code, regulators' second factor."""
        return [
            "allauth.account.stages.LoginByCodeStage",
            "units.second_factor.SecondFactorStage",
        ]

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address for rate limits; a server behind a unix socket has none of its own."""
        try:
            return super().get_client_ip(request)
        except PermissionDenied:
            return "127.0.0.1"

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Failures count for the account; allauth adds the Host header, which the visitor writes."""
        return credentials["username"].lower()

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Our pages say what happened themselves; allauth's ready-made notes are left out."""

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        return redirect(settings.LOGIN_URL)

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Look once more, at the very end: employment may have ended since the code was sent."""
        if may_sign_in(user, now=timezone.now()):
            return None
        clear_login(request)
        return self.respond_user_inactive(request, user)

    # ------------------------------------------------------------ phones
    def get_user_by_phone(self, phone: str) -> User | None:
        return queries.person_by_phone(phone, on=local_day(timezone.now()))

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        return (user.phone, True) if user.phone else None

    def set_phone(self, user: User, phone: str, verified: bool) -> None:
        """Phones are registered by the unit (units.actions.staff), never by signing in."""
        raise PermissionDenied

    def set_phone_verified(self, user: User, phone: str) -> None:
        """Nothing to write: whoever enters the code holds the phone, at this moment."""

    def generate_phone_verification_code(self, *, user: User, phone: str) -> str:
        return "".join(secrets.choice("0123456789") for _ in range(CODE_LENGTH))

    def send_verification_code_sms(self, user: User, phone: str, code: str, **kwargs: Any) -> None:
        """Send the code at once, in the background; the page's answer does not wait for it."""
        minutes = settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60
        sms.send_soon(phone, f"登录验证码 {code}，{minutes} 分钟内有效，请勿告诉他人。")

    def send_unknown_account_sms(self, phone: str, **kwargs: Any) -> None:
        """Nothing is sent to strangers' phones; the page answers as for everybody (F5)."""
