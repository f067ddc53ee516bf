"""The second step of a regulator's sign-in, and 动态口令 on the account's own pages (F6).

The checks are in units.second_factor; these views hold the pages, the limits and the words. Nobody
is signed in before the step is passed: until then the session only names the sign-in under way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.internal.stagekit import clear_login
from allauth.account.stages import LoginStageController
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from config import actor as actors
from config.access import page, public
from config.forms import attempt
from config.words import cn_datetime
from units import crypto, second_factor
from units.actions import accounts
from units.auth import may_sign_in
from units.forms_second_factor import NewFactorForm, ProofForm, SecondFactorForm
from units.models import User
from units.roles import Can
from units.second_factor import STAGE, SecondFactorStage
from units.views.sign_in import next_address

LOCKED_OUT = (
    "动态口令连续输错，为保护账号已暂停验证，请 5 分钟后再试。手机不在身边时，可以使用备用码。"
)
EXPIRED = "登录已超时，请重新填写账号和密码。"
CLOSED = "该账号已停用，请联系平台管理员。"
PENDING = "second_factor_change"  # session: a new secret, encrypted, and when it was made
PENDING_SECONDS = 15 * 60
FRESH = "recovery_codes_fresh"  # session: the codes just made may be shown until they are kept
DOWNLOAD_NAME = "守责备用码.txt"


# ---------------------------------------------------------------- sign-in
@public("a regulator's sign-in under way: the code of the second factor", writes=True)
@never_cache
@sensitive_post_parameters("code")
def code(request: HttpRequest) -> HttpResponse:
    """Take a TOTP code or a recovery code and sign in."""
    if request.actor.is_authenticated:
        return redirect(next_address(request) or "home")
    stage = LoginStageController.enter(request, STAGE)
    if stage is None or not second_factor.is_enrolled(stage.login.user):
        return _start_again(request, EXPIRED if request.method == "POST" else "")
    user = stage.login.user
    now = timezone.now()
    form = SecondFactorForm(request.POST or None)
    status = 200
    if request.method == "POST":
        kind = None
        if form.is_valid():
            kind = _guarded(
                request,
                form,
                user,
                lambda: second_factor.check(user, form.cleaned_data["code"], now=now),
            )
        if kind is not None:
            return _finish(request, stage, user)
        status = _refused(form)
    shows = settings.SECOND_FACTOR_SHOW_CODE_ON_PAGE
    context = {
        "form": form,
        "account": user,
        "demo_code": second_factor.next_code(user, now=now) if shows else "",
    }
    return render(request, "units/second_factor.html", context, status=status)


@public("a regulator's first sign-in under way: binding the second factor", writes=True)
@never_cache
@sensitive_post_parameters("code")
def enrol(request: HttpRequest) -> HttpResponse:
    """Show the secret as QR code and text; a code of it binds it and signs in."""
    if request.actor.is_authenticated:
        return redirect(next_address(request) or "home")
    stage = LoginStageController.enter(request, STAGE)
    if stage is None or "secret" not in stage.state:
        return _start_again(request, EXPIRED if request.method == "POST" else "")
    user = stage.login.user
    if second_factor.is_enrolled(user):  # from another window, meanwhile
        return _start_again(request, second_factor.ALREADY)
    secret = crypto.decrypt(stage.state["secret"])
    form = NewFactorForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid() and _bind(request, form, user, secret):
            return _finish(request, stage, user, enrolled=True)
        status = _refused(form)
    context = {"form": form, "account": user, **_offered(user, secret)}
    return render(request, "units/second_factor_enrol.html", context, status=status)


def _finish(
    request: HttpRequest, stage: SecondFactorStage, user: User, *, enrolled: bool = False
) -> HttpResponse:
    """End the sign-in with a session; an account closed since the password is told so."""
    now = timezone.now()
    user.refresh_from_db()
    if not may_sign_in(user, now=now):
        return _start_again(request, CLOSED)
    response = stage.exit()
    actor = actors.load(user).with_request(request.actor.request_id, request.actor.ip)
    accounts.record_sign_in(user, entrance="bureau", actor=actor, now=now)
    return _to_fresh_codes(request, response.url) if enrolled else response


def _start_again(request: HttpRequest, notice: str) -> HttpResponse:
    clear_login(request)
    if notice:
        messages.warning(request, notice)
    return redirect("units:bureau-sign-in")


# ---------------------------------------------------------------- what both ways share
def _guarded(request: HttpRequest, form: Form, user: User, check: Callable[[], Any]) -> Any:
    """Run a check of a code within the limits of tries; None with the refusal in the form.

    A try is counted before anything is compared, and the count is cleared by success: whoever is
    locked out does not learn whether the code was right.
    """
    key = str(user.pk)
    if not ratelimit.consume(request, action="second_factor", key=key):
        form.add_error(None, ValidationError(LOCKED_OUT, code="too_many"))
        return None
    found = attempt(form, check)
    if found is not None:
        ratelimit.clear(request, action="second_factor", key=key)
        return found
    codes = [error.code for errors in form.errors.as_data().values() for error in errors]
    accounts.record_failed_sign_in(
        user,
        entrance="second_factor",
        reason=codes[0] or "refused",
        actor=request.actor,
        now=timezone.now(),
    )
    return None


def _bind(
    request: HttpRequest, form: NewFactorForm, user: User, secret: str, *, replaces: bool = False
) -> bool:
    def bind() -> bool:
        actor = request.actor
        if not actor.is_authenticated:  # the sign-in is not over: the account itself acts
            actor = actors.load(user).with_request(actor.request_id, actor.ip)
        second_factor.enrol(
            user,
            secret,
            code=form.cleaned_data["code"],
            actor=actor,
            now=timezone.now(),
            replaces=replaces,
        )
        return True

    return bool(_guarded(request, form, user, bind))


def _refused(form: Form) -> int:
    too_many = any(
        error.code == "too_many" for errors in form.errors.as_data().values() for error in errors
    )
    return 429 if too_many else 422


def _offered(user: User, secret: str) -> dict[str, Any]:
    shown = second_factor.code_at(secret, timezone.now())
    return {
        **second_factor.offer(user, secret),
        "demo_code": shown if settings.SECOND_FACTOR_SHOW_CODE_ON_PAGE else "",
    }


def _to_fresh_codes(request: HttpRequest, target: str) -> HttpResponse:
    request.session[FRESH] = True
    return redirect(f"{reverse('units:recovery-codes')}?{urlencode({'next': target})}")


def _own_account(request: HttpRequest) -> User:
    """The signed-in account, if it is of those with a second factor; 404 for unit accounts."""
    if not second_factor.is_needed(request.user):
        raise Http404
    return request.user


# ---------------------------------------------------------------- the account's own pages
@page(Can.ACCOUNT_OWN, writes=True)
@never_cache
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Show the recovery codes just made, once: until their holder says they are kept."""
    user = _own_account(request)
    if request.method == "POST":
        request.session.pop(FRESH, None)
        return redirect(next_address(request) or "units:account")
    if FRESH not in request.session:
        return render(request, "units/recovery_codes_gone.html")
    codes = [f"{one[:4]} {one[4:]}" for one in second_factor.unused_codes(user)]
    if request.GET.get("download"):
        return _as_text(user, codes)
    context = {"codes": codes, "account": user, "next": next_address(request)}
    return render(request, "units/recovery_codes.html", context)


def _as_text(user: User, codes: list[str]) -> HttpResponse:
    lines = [
        "守责 · 动态口令备用码",
        f"账号：{user.username}（{user.name}）",
        f"生成时间：{cn_datetime(timezone.now())}",
        "每个备用码只能用一次。手机不在身边时，在登录的第二步代替动态口令填写。请妥善保管，不要告诉他人。",
        "",
        *codes,
        "",
    ]
    response = HttpResponse("\r\n".join(lines), content_type="text/plain; charset=utf-8")
    name = urlencode({"n": DOWNLOAD_NAME}).removeprefix("n=")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


@page(Can.ACCOUNT_OWN, writes=True)
@never_cache
@sensitive_post_parameters("password", "code")
def renew_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes after password and code; the old ones end."""
    user = _own_account(request)
    form = ProofForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid() and _proved(request, form, user):
            second_factor.renew_codes(user, actor=request.actor, now=timezone.now())
            return _to_fresh_codes(request, reverse("units:account"))
        status = _refused(form)
    context = {"form": form, "standing": second_factor.standing_of(user)}
    return render(request, "units/recovery_codes_renew.html", context, status=status)


@page(Can.ACCOUNT_OWN, writes=True)
@never_cache
@sensitive_post_parameters("password", "code")
def change(request: HttpRequest) -> HttpResponse:
    """Bind another phone: password and code of the old one first, then a code of the new one."""
    user = _own_account(request)
    secret = _pending_secret(request)
    form = (NewFactorForm if secret else ProofForm)(request.POST or None)
    status = 200
    if request.method == "POST":
        if request.POST.get("do") == "cancel":
            request.session.pop(PENDING, None)
            return redirect("units:account")
        if form.is_valid():
            response = _change_step(request, form, user, secret)
            if response is not None:
                return response
        status = _refused(form)
    context = {"form": form, "account": user, **(_offered(user, secret) if secret else {})}
    return render(request, "units/second_factor_change.html", context, status=status)


def _change_step(
    request: HttpRequest, form: NewFactorForm, user: User, secret: str
) -> HttpResponse | None:
    if not secret:
        if not _proved(request, form, user):
            return None
        made = crypto.encrypt(second_factor.new_secret())
        request.session[PENDING] = {"secret": made, "at": timezone.now().timestamp()}
        return redirect("units:second-factor-change")
    if not _bind(request, form, user, secret, replaces=True):
        return None
    request.session.pop(PENDING, None)
    messages.success(request, "已改为绑定新的手机，旧手机上的动态口令不再有效。")
    return _to_fresh_codes(request, reverse("units:account"))


def _proved(request: HttpRequest, form: ProofForm, user: User) -> bool:
    def prove() -> bool:
        second_factor.prove(
            user,
            password=form.cleaned_data["password"],
            code=form.cleaned_data["code"],
            now=timezone.now(),
        )
        return True

    return bool(_guarded(request, form, user, prove))


def _pending_secret(request: HttpRequest) -> str:
    pending = request.session.get(PENDING)
    if not pending or timezone.now().timestamp() - pending["at"] > PENDING_SECONDS:
        return ""
    return crypto.decrypt(pending["secret"])
