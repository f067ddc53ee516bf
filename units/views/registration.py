"""单位注册 (F1): apply, prove the phone, see the state, mend what was returned; the directory (F2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from config.access import public
from config.clock import local_day
from config.forms import attempt
from units import queries, queries_registration, sms
from units.actions import registration as actions
from units.actions.accounts import seal_password
from units.forms import CodeForm
from units.forms_registration import MendForm, RegistrationForm
from units.models import Registration
from units.models.unit import UnitKind
from units.phone_codes import PhoneCode
from units.registration import refuse_taken
from units.views.sign_in import EXPIRED, SENT_AGAIN, TOO_MANY, TOO_SOON, USED_UP

DRAFT = "registration_draft"  # session: what was typed, until the phone is proved
CODE = "registration_code"  # session: the code under way (units.phone_codes)
MINE = "registration_mine"  # session: the code of the registration handed in last
WHAT_FOR = "单位注册"
LABELS = ("填写信息", "验证手机", "等待审核")
State = Registration.State


@public("a unit without an account applies for one (F1)", writes=True)
@never_cache
@sensitive_post_parameters("password", "repeat")
def register(request: HttpRequest) -> HttpResponse:
    """The application; what is wrong is said at once, what is right waits for the phone's code."""
    if request.actor.is_authenticated:
        return redirect("home")
    now = timezone.now()
    draft = _draft(request)
    kept = draft["facts"] if draft and not draft["of"] else {}
    form = RegistrationForm(request.POST or None, day=local_day(now), initial=kept)
    status = 200
    if request.method == "POST":
        if form.is_valid() and _prepare(request, form, None, now):
            return redirect("units:register-code")
        status = 429 if form.has_error("contact_phone", code="too_many") else 422
    mine = request.session.get(MINE, "")
    context = {"form": form, "labels": LABELS, "mine": mine, "registration": None}
    return render(request, "units/register.html", context, status=status)


@public("who holds the link of a returned application mends it (F1)", writes=True)
@never_cache
@sensitive_post_parameters("password", "repeat")
def register_edit(request: HttpRequest, code: str) -> HttpResponse:
    """The returned application with the bureau's opinion above it; the phone is proved again."""
    now = timezone.now()
    registration = queries_registration.get_registration(code)
    if registration.state != State.RETURNED:
        return redirect("units:register-state", code)
    initial = MendForm.initial_of(registration)
    form = MendForm(request.POST or None, day=local_day(now), initial=initial)
    status = 200
    if request.method == "POST":
        if form.is_valid() and _prepare(request, form, registration, now):
            return redirect("units:register-code")
        status = 429 if form.has_error("contact_phone", code="too_many") else 422
    context = {"form": form, "labels": LABELS, "mine": "", "registration": registration}
    return render(request, "units/register.html", context, status=status)


def _prepare(
    request: HttpRequest, form: RegistrationForm, registration: Registration | None, now: datetime
) -> bool:
    """Keep a valid form in the session and send the code; False with the refusal in the form."""
    if not ratelimit.consume(request, action="register"):
        form.add_error("contact_phone", ValidationError(TOO_MANY, code="too_many"))
        return False
    facts = form.facts()

    def check() -> str:
        refuse_taken(facts["credit_code"], facts["username"], but=registration)
        password = form.cleaned_data["password"]
        if not password:
            return ""
        return seal_password(password, username=facts["username"], name=facts["name"])

    sealed = attempt(form, check)
    if sealed is None:
        return False
    phone = facts["contact_phone"]
    code = PhoneCode(request, CODE)
    is_waiting = code.is_live() and code.phone == phone
    if not is_waiting and not code.send(phone, WHAT_FOR):
        form.add_error("contact_phone", ValidationError(TOO_SOON, code="too_many"))
        return False
    request.session[DRAFT] = {
        "facts": facts,
        "password": sealed,
        "of": registration.code if registration is not None else "",
        "version": form.cleaned_data.get("version", 0),
    }
    return True


@public("an applicant proves the phone with a code (F1)", writes=True)
@never_cache
@sensitive_post_parameters("code")
def register_code(request: HttpRequest) -> HttpResponse:
    """Take the code and hand the application in; every phone is asked and answered alike."""
    draft = _draft(request)
    code = PhoneCode(request, CODE)
    if draft is None or not code.is_live():
        return _again(request, draft, EXPIRED if request.method == "POST" and draft else "")
    if request.method == "POST" and request.POST.get("action") == "resend":
        return _resend(request, draft, code)
    form = CodeForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            response = _hand_in(request, form, draft, code)
            if response is not None:
                return response
            status = 429 if form.has_error("code", code="too_many") else 422
    return _code_page(request, form, draft, code, status)


def _code_page(
    request: HttpRequest, form: CodeForm, draft: dict[str, Any], code: PhoneCode, status: int
) -> HttpResponse:
    context = {
        "form": form,
        "labels": LABELS,
        "draft": draft,
        "number": code.phone,
        "wait": code.seconds_to_wait(),
        "demo_code": code.code if settings.SMS_SHOW_CODE_ON_PAGE else "",
        "is_failing": sms.is_failing(),
    }
    return render(request, "units/register_code.html", context, status=status)


def _resend(request: HttpRequest, draft: dict[str, Any], code: PhoneCode) -> HttpResponse:
    wait = code.seconds_to_wait()
    if wait == 0 and code.send(code.phone, WHAT_FOR):
        messages.info(request, SENT_AGAIN)
        return redirect("units:register-code")
    messages.warning(request, f"请在 {wait} 秒后再重新获取。" if wait else TOO_SOON)
    return _code_page(request, CodeForm(), draft, code, 429)


def _hand_in(
    request: HttpRequest, form: CodeForm, draft: dict[str, Any], code: PhoneCode
) -> HttpResponse | None:
    """Hand the application in, leave for the form, or put the refusal into `form` and return None."""
    if not code.may_try():
        form.add_error("code", ValidationError(TOO_MANY, code="too_many"))
        return None
    if not code.is_right(form.cleaned_data["code"]):
        if code.left() == 0:
            return _again(request, draft, USED_UP)
        form.add_error("code", f"验证码不正确，还可以再试 {code.left()} 次。")
        return None
    made = attempt(form, lambda: _write(request, draft, timezone.now()))
    if made is None:
        return None
    code.forget()
    request.session.pop(DRAFT, None)
    request.session[MINE] = made.code
    return redirect("units:register-state", made.code)


def _write(request: HttpRequest, draft: dict[str, Any], now: datetime) -> Registration:
    facts = dict(draft["facts"])
    facts["region"] = queries_registration.region_of(facts["region"], local_day(now))
    common = {"password_hash": draft["password"], "actor": request.actor, "now": now}
    if draft["of"]:
        registration = queries_registration.get_registration(draft["of"])
        return actions.resubmit(registration, draft["version"], **facts, **common)
    return actions.submit_registration(**facts, **common)


def _again(request: HttpRequest, draft: dict[str, Any] | None, notice: str) -> HttpResponse:
    """Back to the form, which still holds everything but the password."""
    PhoneCode(request, CODE).forget()
    if notice:
        messages.warning(request, notice)
    if draft and draft["of"]:
        return redirect("units:register-edit", draft["of"])
    return redirect("units:register")


def _draft(request: HttpRequest) -> dict[str, Any] | None:
    return request.session.get(DRAFT)


# ---------------------------------------------------------------- what the applicant sees
@public("who holds the link sees how the application stands (F1)")
@never_cache
def register_state(request: HttpRequest, code: str) -> HttpResponse:
    """Step bar, state, opinion, what to do next, whom to phone."""
    registration = queries_registration.get_registration(code)
    claimed = registration.state in {State.CLAIMED, State.OBJECTED}
    opened = registration.state in {State.APPROVED, State.CLAIMED}
    context = {
        "registration": registration,
        "word": WORDS[registration.state],
        "labels": ["提交申请", "核对历史档案" if claimed else "区县局审核", "开通账号"],
        "step": 4 if opened else STEPS.get(registration.state, 2),
        "is_open": opened,
        "facts": [
            ("单位名称", registration.name),
            ("统一社会信用代码", registration.credit_code),
            ("单位类型", "、".join(UnitKind(kind).label for kind in registration.kinds)),
            ("所在区县", queries_registration.full_name(registration.region)),
            ("地址", registration.address),
            ("账号", registration.username),
        ],
        "bureaus": queries.supervisors_of_region(registration.region_id)[:1],
    }
    return render(request, "units/register_state.html", context)


# state -> kind of {% status %}; the step that the bar stands at
WORDS = {
    State.SUBMITTED: "open",
    State.RETURNED: "late",
    State.APPROVED: "done",
    State.CLAIMED: "done",
    State.OBJECTED: "danger",
}
STEPS = {State.SUBMITTED: 2, State.RETURNED: 1, State.OBJECTED: 3}


@public("whom to phone and where to go, for everybody (F2)")
def directory(request: HttpRequest) -> HttpResponse:
    """Bureaus with address and phone by province and city."""
    asked = request.GET.get("q", "")[:60].replace("\0", "")
    kind = request.actor.kind
    layout = "field" if kind == "person" else "desk" if request.actor.is_authenticated else "auth"
    context = {
        "layout": f"layouts/{layout}.html",
        "is_public": layout == "auth",
        "is_field": layout == "field",
        "q": asked,
        "groups": queries_registration.directory(asked),
    }
    return render(request, "units/directory.html", context)
