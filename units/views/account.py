"""账号信息 and 修改密码 for accounts with a password (unit, bureau, platform)."""

from __future__ import annotations

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from config.access import page
from config.forms import attempt
from config.words import cn_datetime
from units import queries, second_factor
from units.actions.accounts import change_password
from units.actions.settings import set_hazard_review
from units.forms import PasswordChangeForm
from units.models import Bureau, Unit, User
from units.roles import Can

TOO_MANY = "尝试次数过多，请一分钟后再试。"


@page(Can.ACCOUNT_OWN)
def show(request: HttpRequest) -> HttpResponse:
    """The account, whom it belongs to, and whom to phone."""
    actor = request.actor
    unit = queries.own_unit(actor)
    bureau = queries.own_bureau(actor)
    supervisors = queries.supervisors_of(unit) if unit is not None else []
    account = request.user
    context = {
        "account_facts": [
            ("账号", account.username),
            ("账号名称", account.name),
            ("账号类别", User.Kind(account.kind).label),
            ("开通时间", cn_datetime(account.created_at)),
        ],
        "unit_facts": _unit_facts(unit, queries.employed_count(actor)) if unit else [],
        "reviews_hazards": unit.reviews_hazards if unit else False,
        "bureau_facts": _bureau_facts(bureau) if bureau else [],
        "supervisors": supervisors,
        "needs_factor": second_factor.is_needed(account),
        "factor": second_factor.standing_of(account) if second_factor.is_needed(account) else None,
    }
    return render(request, "units/account.html", context)


def _unit_facts(unit: Unit, people: int) -> list[tuple[str, str]]:
    return [
        ("单位名称", unit.name),
        ("统一社会信用代码", unit.credit_code),
        ("单位类型", "、".join(unit.kind_labels)),
        ("所在区县", unit.region.name),
        ("地址", unit.address),
        ("联系人", unit.contact_name),
        ("联系电话", unit.contact_phone),
        ("在职人员", f"{people} 人"),
    ]


def _bureau_facts(bureau: Bureau) -> list[tuple[str, str]]:
    return [
        ("名称", bureau.name),
        ("辖区", bureau.region.name),
        ("联系电话", bureau.phone),
        ("地址", bureau.address),
    ]


@page(Can.UNIT_SETTINGS, writes=True, reads=False)
def hazard_review(request: HttpRequest) -> HttpResponse:
    """Settle whether rectified hazards are re-checked (decision 12)."""
    wanted = request.POST.get("reviews_hazards") == "on"
    set_hazard_review(
        queries.own_unit(request.actor),
        reviews_hazards=wanted,
        actor=request.actor,
        now=timezone.now(),
    )
    messages.success(
        request,
        "已设为整改完成后须由安全总监复查。" if wanted else "已设为整改完成后不需要复查。",
    )
    return redirect("units:account")


@page(Can.ACCOUNT_OWN, writes=True)
@sensitive_post_parameters("old_password", "new_password", "repeat")
def password(request: HttpRequest) -> HttpResponse:
    """Change the password; other sessions of the account end, this one goes on."""
    form = PasswordChangeForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        if not ratelimit.consume(request, action="change_password", user=request.user):
            form.add_error(None, ValidationError(TOO_MANY, code="too_many"))
            status = 429
        else:
            user = attempt(
                form,
                lambda: change_password(
                    request.user,
                    old_password=form.cleaned_data["old_password"],
                    new_password=form.cleaned_data["new_password"],
                    actor=request.actor,
                    now=timezone.now(),
                ),
            )
            if user is not None:
                update_session_auth_hash(request, user)
                messages.success(request, "密码已修改，其他电脑上的登录已退出。")
                return redirect("units:account")
    return render(request, "units/password.html", {"form": form}, status=status)
