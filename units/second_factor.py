"""The second factor of bureau and platform accounts: TOTP codes and recovery codes (F6).

allauth.mfa supplies the table, the arithmetic and the step of a sign-in; its pages are not mounted
(units.views.second_factor has ours). Two things differ from its own check: a code is remembered by
its time step in the database, under a lock, so that it works once even when the cache is lost, and
the moment is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import segno
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect

from config.actor import Actor
from config.errors import RuleBroken
from units import audit, crypto
from units.audit import Verb
from units.models import User

STAGE = AuthenticateStage.key
KINDS = frozenset({User.Kind.BUREAU, User.Kind.PLATFORM})
FEW_CODES = 3

WRONG = "动态口令或备用码不正确，请核对后再试。"
WRONG_NEW = "动态口令不正确：请确认扫描的是本页二维码，并核对手机时间是否准确。"
USED = "这个动态口令已经用过，请等手机上出现下一个（最多 30 秒）再填写。"
ALREADY = "该账号已绑定动态口令，请重新登录。"


class MfaAdapter(DefaultMFAAdapter):
    """Secrets and seeds of recovery codes lie encrypted in the database."""

    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.decrypt(encrypted_text)


class SecondFactorStage(AuthenticateStage):
    """The step between a regulator's password and the session; unit accounts pass it by."""

    urlname = None

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Lead to the code, or, at the first sign-in, to the enrolment with a secret made for it.

        Until it is confirmed the secret lies, encrypted, in the sign-in under way and nowhere else.
        """
        user = self.login.user
        if user is None or not is_needed(user):
            return None, True
        if is_enrolled(user):
            return redirect("units:second-factor"), True
        self.state["secret"] = crypto.encrypt(new_secret())
        return redirect("units:second-factor-enrol"), True


@dataclass(frozen=True)
class Standing:
    """What the account page says of an enrolled account."""

    since: datetime
    codes_left: int

    @property
    def is_short(self) -> bool:
        return self.codes_left < FEW_CODES


# ---------------------------------------------------------------- reading
def is_needed(user: User) -> bool:
    """Whether an account signs in with a second factor (F6): bureaus and the platform do."""
    return user.kind in KINDS


def is_enrolled(user: User) -> bool:
    return _find(user, Authenticator.Type.TOTP).exists()


def standing_of(user: User) -> Standing | None:
    """Since when an account is enrolled and how many recovery codes are left; None if it is not."""
    totp = _find(user, Authenticator.Type.TOTP).first()
    if totp is None:
        return None
    return Standing(totp.created_at, len(unused_codes(user)))


def unused_codes(user: User) -> list[str]:
    """The recovery codes that still work."""
    found = _find(user, Authenticator.Type.RECOVERY_CODES).first()
    return RecoveryCodes(found).get_unused_codes() if found is not None else []


def secret_of(user: User) -> str:
    """The secret of an enrolled account, "" without one; for the demo, which prints it."""
    found = _find(user, Authenticator.Type.TOTP).first()
    return crypto.decrypt(found.data["secret"]) if found is not None else ""


def new_secret() -> str:
    return generate_totp_secret()


def code_at(secret: str, now: datetime) -> str:
    """The code of a secret at a moment."""
    return _code(secret, _step(now))


def next_code(user: User, *, now: datetime) -> str:
    """The code an enrolled account may enter now: the present one, or, if used, the one after."""
    found = _find(user, Authenticator.Type.TOTP).first()
    if found is None:
        return ""
    step = max(_step(now), found.data.get("last_step", 0) + 1)
    return _code(crypto.decrypt(found.data["secret"]), step)


def offer(user: User, secret: str) -> dict[str, Any]:
    """What the enrolment page shows of a secret: the QR code as a picture, the secret in fours."""
    url = get_adapter().build_totp_url(user, secret)
    return {
        "qr": segno.make(url, error="m").svg_data_uri(scale=5, border=3, light="#fff"),
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
    }


# ---------------------------------------------------------------- writing
@transaction.atomic
def enrol(
    user: User, secret: str, *, code: str, actor: Actor, now: datetime, replaces: bool = False
) -> None:
    """Bind a secret to an account once a code proves that its holder has it; new recovery codes.

    Raises RuleBroken: code wrong; already enrolled (two sign-ins that enrol at once: the first
    wins), unless it `replaces` the present one.
    """
    step = _matching_step(secret, code, now)
    if step is None:
        raise RuleBroken("code_wrong", WRONG_NEW, field="code")
    _lock_user(user)
    if not replaces and is_enrolled(user):
        raise RuleBroken("already_enrolled", ALREADY)
    _bind(user, secret, step)
    audit.record(
        actor,
        Verb.SECOND_FACTOR_SET,
        user,
        now=now,
        unit_id=user.unit_id,
        after={"replaced": replaces},
    )


@transaction.atomic
def enrol_with_secret(user: User, secret: str, *, actor: Actor, now: datetime) -> None:
    """Bind a given secret to an account without asking for a code (demo data, tests).

    Repeatable: an account that has this very secret is left alone.
    """
    _lock_user(user)
    if secret_of(user) == secret:
        return
    _bind(user, secret, 0)
    audit.record(actor, Verb.SECOND_FACTOR_SET, user, now=now, after={"replaced": False})


@transaction.atomic
def check(user: User, code: str, *, now: datetime) -> Authenticator.Type:
    """Take a code of an account and return which kind it was; it never works again.

    A TOTP code fits one step early or late, and no step twice or backwards. Two requests with the
    same code meet at the lock of the row. Raises RuleBroken code_used, code_wrong.
    """
    rows = Authenticator.objects.select_for_update(of=("self",)).filter(user=user).order_by("pk")
    found = {row.type: row for row in rows}
    totp = found.get(Authenticator.Type.TOTP)
    codes = found.get(Authenticator.Type.RECOVERY_CODES)
    if totp is None:
        raise RuleBroken("code_wrong", WRONG, field="code")
    step = _matching_step(crypto.decrypt(totp.data["secret"]), code, now)
    if step is not None:
        if step <= totp.data.get("last_step", 0):
            raise RuleBroken("code_used", USED, field="code")
        totp.data["last_step"] = step
        totp.last_used_at = now
        totp.save(update_fields=["data", "last_used_at"])
        return Authenticator.Type.TOTP
    if codes is not None and RecoveryCodes(codes).validate_code(code):
        Authenticator.objects.filter(pk=codes.pk).update(last_used_at=now)
        return Authenticator.Type.RECOVERY_CODES
    raise RuleBroken("code_wrong", WRONG, field="code")


def prove(user: User, *, password: str, code: str, now: datetime) -> None:
    """Make sure that the account's holder is at the desk: password and a code.

    Raises RuleBroken beside its field: password_wrong, code_wrong, code_used.
    """
    if not user.check_password(password):
        raise RuleBroken("password_wrong", "密码不正确。", field="password")
    check(user, code, now=now)


@transaction.atomic
def renew_codes(user: User, *, actor: Actor, now: datetime) -> None:
    """Make new recovery codes; the old ones stop working at once."""
    _lock_user(user)
    _find(user, Authenticator.Type.RECOVERY_CODES).delete()
    RecoveryCodes.activate(user)
    audit.record(actor, Verb.SECOND_FACTOR_SET, user, now=now, after={"new_codes": True})


@transaction.atomic
def reset(user: User, *, actor: Actor, now: datetime) -> bool:
    """Take the second factor off an account whose phone is lost: the next sign-in enrols anew.

    Every session of the account ends: whoever has the phone may be signed in. False when there was
    nothing to take off.
    """
    _lock_user(user)
    deleted, _ = Authenticator.objects.filter(user=user).delete()
    if deleted:
        _end_sessions(user, now)
        audit.record(actor, Verb.SECOND_FACTOR_RESET, user, now=now)
    return bool(deleted)


# ---------------------------------------------------------------- inside
def _find(user: User, kind: Authenticator.Type) -> Any:
    return Authenticator.objects.filter(user_id=user.pk, type=kind)


def _lock_user(user: User) -> None:
    """Changes of one account's factor take turns."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)


def _end_sessions(user: User, now: datetime) -> None:
    """Sessions name their user inside; a reset is rare enough to look into each."""
    running = Session.objects.filter(expire_date__gt=now)
    own = [
        one.pk for one in running.iterator() if one.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    Session.objects.filter(pk__in=own).delete()


def _bind(user: User, secret: str, step: int) -> None:
    Authenticator.objects.filter(user=user).delete()
    totp = TOTP.activate(user, secret).instance
    totp.data["last_step"] = step
    totp.save(update_fields=["data"])
    RecoveryCodes.activate(user)


def _step(now: datetime) -> int:
    return int(now.timestamp()) // app_settings.TOTP_PERIOD


def _code(secret: str, step: int) -> str:
    return format_hotp_value(hotp_value(secret, step))


def _matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, of the present one and its neighbours; else None."""
    here, drift = _step(now), app_settings.TOTP_TOLERANCE
    steps = range(here - drift, here + drift + 1)
    fitting = [one for one in steps if compare_user_code(actual=code, expected=_code(secret, one))]
    return fitting[-1] if fitting else None
