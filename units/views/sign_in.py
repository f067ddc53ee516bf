"""Signing in and out: one entrance for units, one for bureaus, one for safety people (F3, F4, F6).

The checks are allauth's (see units.auth); these views hold the pages and the words.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.internal.flows.logout import logout
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from allauth.core import ratelimit
from allauth.core.internal.cryptokit import compare_user_code
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from config import actor as actors
from config.access import public
from units import queries, sms
from units.actions import accounts
from units.auth import LOCKED_OUT, AccountAdapter, may_sign_in
from units.forms import CodeForm, PasswordSignInForm, PhoneSignInForm
from units.models import User

RESEND_AFTER = 60
STAGE = "login_by_code"
PHONE_KEY = "sign_in_phone"  # session: the phone typed last, to be there again
NOTICE_KEY = "sign_in_notice"  # session: one sentence for the phone page

TOO_MANY = "操作过于频繁，请一分钟后再试。"
TOO_SOON = "获取过于频繁，请稍后再试：同一手机号 60 秒内只能获取一次，每小时最多 10 次。"
EXPIRED = "验证码已过期，请重新获取。"
USED_UP = "验证码连续输错 3 次，已作废，请重新获取。"
SENT_AGAIN = "已重新获取，请以最新一条短信为准。"
NO_LONGER = "该手机号目前不能登录，请联系本单位管理员。"


@dataclass(frozen=True)
class Entrance:
    """A password entrance: whom it lets in, and its words."""

    name: str
    url_name: str
    kinds: tuple[str, ...]
    label: str
    other_url_name: str
    refusal: str


UNIT = Entrance(
    "unit",
    "units:sign-in",
    (User.Kind.UNIT,),
    "单位登录",
    "units:bureau-sign-in",
    "这是监管账号，请从监管入口登录。",
)
BUREAU = Entrance(
    "bureau",
    "units:bureau-sign-in",
    (User.Kind.BUREAU, User.Kind.PLATFORM),
    "监管登录",
    "units:sign-in",
    "这是单位账号，请从单位入口登录。",
)


@public("the unit account's entrance", writes=True)
@never_cache
@sensitive_post_parameters("password")
def unit(request: HttpRequest) -> HttpResponse:
    """Sign in a unit account; an address of the phone or the bureau leads to its own entrance."""
    target = next_address(request)
    for prefix, url_name in (("/m/", "units:phone-sign-in"), ("/bureau/", BUREAU.url_name)):
        if request.method == "GET" and target.startswith(prefix):
            return redirect(f"{reverse(url_name)}?{urlencode({'next': target})}")
    return _password_entrance(request, UNIT)


@public("the regulators' own entrance", writes=True)
@never_cache
@sensitive_post_parameters("password")
def bureau(request: HttpRequest) -> HttpResponse:
    """Sign in a bureau's or the platform's account (F6)."""
    return _password_entrance(request, BUREAU)


def _password_entrance(request: HttpRequest, entrance: Entrance) -> HttpResponse:
    if request.actor.is_authenticated:
        return redirect(next_address(request) or "home")
    form = PasswordSignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        response = _try_password(request, form, entrance)
        if response is not None:
            return response
    context = {
        "form": form,
        "entrance": entrance,
        "next": next_address(request),
        "is_misplaced": form.has_error(NON_FIELD_ERRORS, code="wrong_entrance"),
    }
    locked = form.is_bound and form.has_error(NON_FIELD_ERRORS, code="too_many")
    return render(request, "units/sign_in.html", context, status=429 if locked else 200)


def _try_password(
    request: HttpRequest, form: PasswordSignInForm, entrance: Entrance
) -> HttpResponse | None:
    """Sign in, or put the refusal into the form and return None."""
    username = form.cleaned_data["username"]
    if not ratelimit.consume(request, action="login"):
        form.add_error(None, ValidationError(TOO_MANY, code="too_many"))
        return None
    try:
        user = AccountAdapter(request).authenticate(
            request, username=username, password=form.cleaned_data["password"]
        )
    except ValidationError:
        form.add_error(None, ValidationError(LOCKED_OUT, code="too_many"))
        return None
    now = timezone.now()
    refusal = _refusal(user, entrance)
    if refusal is not None:
        form.add_error(None, refusal)
        accounts.record_failed_sign_in(
            user or queries.account_by_username(username),
            entrance=entrance.name,
            reason=refusal.code,
            actor=request.actor,
            now=now,
        )
        return None
    login = Login(user=user, redirect_url=next_address(request) or reverse("home"))
    response = perform_password_login(request, {"username": username}, login)
    if not form.cleaned_data["remember"]:
        request.session.set_expiry(0)
    if request.user.is_authenticated:  # regulators are not yet: the second factor follows
        _note_sign_in(request, user, entrance.name)
    return response


def _refusal(user: User | None, entrance: Entrance) -> ValidationError | None:
    if user is None:
        return ValidationError("账号或密码不正确，请核对后再试。", code="wrong_password")
    if user.kind not in entrance.kinds:
        return ValidationError(entrance.refusal, code="wrong_entrance")
    if not may_sign_in(user, now=timezone.now()):
        return ValidationError("该账号已停用，请联系区县市场监管局。", code="closed")
    return None


def _note_sign_in(request: HttpRequest, user: User, entrance: str) -> None:
    actor = actors.load(user).with_request(request.actor.request_id, request.actor.ip)
    accounts.record_sign_in(user, entrance=entrance, actor=actor, now=timezone.now())


# ---------------------------------------------------------------- phone and code
@public("safety people sign in with their phone", writes=True)
@never_cache
def phone(request: HttpRequest) -> HttpResponse:
    """Ask for a code. Every phone gets the same answer and the same next page (F5)."""
    if request.actor.is_authenticated:
        return redirect(next_address(request) or "home")
    initial = {"phone": request.session.get(PHONE_KEY, "")}
    form = PhoneSignInForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        number = form.cleaned_data["phone"]
        request.session[PHONE_KEY] = number
        if _send_code(request, number):
            return redirect(_with_next(request, "units:phone-code"))
        form.add_error("phone", ValidationError(TOO_SOON, code="too_many"))
        status = 429
    context = {
        "form": form,
        "next": next_address(request),
        "notice": request.session.pop(NOTICE_KEY, "") if request.method == "GET" else "",
        "is_waiting": _pending(request) is not None,
    }
    return render(request, "units/phone_sign_in.html", context, status=status)


@public("safety people enter the code sent to their phone", writes=True)
@never_cache
@sensitive_post_parameters("code")
def phone_code(request: HttpRequest) -> HttpResponse:
    """Take the code; a phone nobody registered is asked and refused alike (F5)."""
    if request.actor.is_authenticated:
        return redirect(next_address(request) or "home")
    stage = LoginStageController.enter(request, STAGE)
    if stage is None:
        return _back_to_phone(request, EXPIRED if request.method == "POST" else "")
    process = LoginCodeVerificationProcess.resume(stage)
    if process is None:
        return _back_to_phone(request, EXPIRED)
    number = process.state["phone"]
    if request.method == "POST" and request.POST.get("action") == "resend":
        return _resend(request, process, number)
    form = CodeForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        response = _try_code(request, form, process)
        if response is not None:
            return response
        status = 429 if form.has_error("code", code="too_many") else 200
    return _code_page(request, form, process, status)


def _code_page(
    request: HttpRequest, form: CodeForm, process: LoginCodeVerificationProcess, status: int
) -> HttpResponse:
    context = {
        "form": form,
        "next": next_address(request),
        "number": process.state["phone"],
        "wait": _seconds_to_wait(process),
        "demo_code": process.code if settings.SMS_SHOW_CODE_ON_PAGE else "",
        "is_failing": sms.is_failing(),
    }
    return render(request, "units/phone_code.html", context, status=status)


def _send_code(request: HttpRequest, number: str) -> bool:
    """Start (or start again) the sign-in of a phone; False when it asked too often."""
    if not ratelimit.consume(request, action="request_login_code", key=number):
        return False
    user = AccountAdapter(request).get_user_by_phone(number)
    LoginCodeVerificationProcess.initiate(request=request, user=user, phone=number)
    return True


def _resend(
    request: HttpRequest, process: LoginCodeVerificationProcess, number: str
) -> HttpResponse:
    wait = _seconds_to_wait(process)
    if wait == 0 and _send_code(request, number):
        messages.info(request, SENT_AGAIN)
        return redirect(_with_next(request, "units:phone-code"))
    messages.warning(request, f"请在 {wait} 秒后再重新获取。" if wait else TOO_SOON)
    return _code_page(request, CodeForm(), process, 429)


def _try_code(
    request: HttpRequest, form: CodeForm, process: LoginCodeVerificationProcess
) -> HttpResponse | None:
    """Sign in, leave for the phone page, or put the refusal into the form and return None.

    An address that has used up its failures is refused before anything is compared: a try that is
    not counted must not tell whether it was right.
    """
    if not ratelimit.consume(request, action="login_code_failed", dry_run=True):
        form.add_error("code", ValidationError(TOO_MANY, code="too_many"))
        return None
    if compare_user_code(actual=form.cleaned_data["code"], expected=process.code):
        user = process.user
        response = process.finish(next_address(request) or reverse("home"))
        if not request.user.is_authenticated:
            return _back_to_phone(request, NO_LONGER)
        request.session.pop(PHONE_KEY, None)
        _note_sign_in(request, user, "phone")
        return response
    ratelimit.consume(request, action="login_code_failed")
    accounts.record_failed_sign_in(
        process.user,
        entrance="phone",
        reason="wrong_code",
        actor=request.actor,
        now=timezone.now(),
    )
    if not process.record_invalid_attempt():
        return _back_to_phone(request, USED_UP)
    left = process.max_attempts - process.state["failed_attempts"]
    form.add_error("code", f"验证码不正确，还可以再试 {left} 次。")
    return None


def _back_to_phone(request: HttpRequest, notice: str) -> HttpResponse:
    clear_login(request)
    if notice:
        request.session[NOTICE_KEY] = notice
    return redirect(_with_next(request, "units:phone-sign-in"))


def _pending(request: HttpRequest) -> LoginCodeVerificationProcess | None:
    """The sign-in under way whose code is still good."""
    stage = LoginStageController.enter(request, STAGE)
    process = LoginCodeVerificationProcess(stage) if stage is not None else None
    return process if process is not None and process.is_valid() else None


def _seconds_to_wait(process: LoginCodeVerificationProcess) -> int:
    return max(0, RESEND_AFTER - int(time.time() - process.state["at"]))


# ---------------------------------------------------------------- out, and where to
@public("ends the session; harmless when nobody is signed in", writes=True)
@never_cache
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session and go back to the entrance one came through; POST only."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    entrances = {"person": "units:phone-sign-in", "bureau": BUREAU.url_name}
    target = entrances.get(request.actor.kind, UNIT.url_name)
    logout(request, show_message=False)
    return redirect(target)


def next_address(request: HttpRequest) -> str:
    """Where to go after signing in, if it is an address of ours; "" otherwise (F3)."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_address = wanted.startswith(("/", "http://", "https://"))  # a bare word is a URL name
    return wanted if is_address and AccountAdapter(request).is_safe_url(wanted) else ""


def _with_next(request: HttpRequest, url_name: str) -> str:
    target = next_address(request)
    url = reverse(url_name)
    return f"{url}?{urlencode({'next': target})}" if target else url
